package main

import (
	"fmt"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// predicate is a condition on a column of predicates.orc, and the ids of the rows
// that fulfil it.
type predicate struct {
	Column string   `json:"column"`
	Kind   string   `json:"type"`
	Op     string   `json:"op"` // =, <, <=, between, in, is null
	Values []string `json:"values"`
	Rows   []int64  `json:"rows"`
}

// filterRows is how many rows the file of predicates has.
const filterRows = 20_000

// predicates makes a file whose columns rise, repeat or are spread, and asks for
// values that are there, that are not, and that lie outside.
func predicates() (*sample, []predicate) {
	schema := types.RowOf(
		field("id", types.TBigint), field("rising", types.TBigint), field("spread", types.TBigint), field("name", types.TVarchar),
		field("key", types.TVarchar), field("price", types.DecimalOf(12, 2)), field("score", types.TDouble), field("day", types.TDate),
		field("at", types.TimestampOf(3)), field("flag", types.TBoolean), field("rare", types.TBigint), field("long", types.TVarchar))
	g := newSource(99, 0)
	b := vector.NewBuilder(schema, filterRows).(*vector.RowBuilder)
	long := make([]byte, 1500) // longer than statistics keep
	for i := range long {
		long[i] = 'a' + byte(i%20)
	}
	for row := range int64(filterRows) {
		ints := func(f int, v int64) { b.Fields[f].(*vector.FlatBuilder[int64]).AppendValue(v) }
		texts := func(f int, v string) { b.Fields[f].(*vector.FlatBuilder[string]).AppendValue(v) }
		mixed := row * 7919 % filterRows
		ints(0, row)
		ints(1, row*3-10_000)
		ints(2, mixed*2)
		texts(3, fmt.Sprintf("name %03d", row/100))
		texts(4, fmt.Sprintf("ключ-%05d", mixed))
		ints(5, row*5-30_000)
		b.Fields[6].(*vector.FlatBuilder[float64]).AppendValue(float64(row)/8 - 100)
		ints(7, row/100-50)
		ints(8, (row-5_000)*86_400_000_000+500_000)
		b.Fields[9].(*vector.FlatBuilder[bool]).AppendValue(row >= 15_000)
		if row < 6_000 || g.IntN(10) == 0 && row < 12_000 {
			b.Fields[10].AppendNull()
		} else {
			ints(10, row%50)
		}
		texts(11, string(long)+fmt.Sprintf("%05d", row))
		b.Close()
	}
	rows := b.Build().(*vector.Row)
	s := &sample{name: "predicates", schema: schema, batches: []*vector.Batch{{N: filterRows, Columns: rows.Fields}},
		options: orc.WriterOptions{Compression: orc.Zstd, RowIndexStride: 500, StripeRows: 6_000,
			BloomFilterColumns: []string{"spread", "key", "name", "score", "day", "at"}}}
	var out []predicate
	ask := func(column, op string, values ...domain.Value) {
		at := -1
		for i, f := range schema.Fields() {
			if f.Name == column {
				at = i
			}
		}
		t := schema.Fields()[at].Type
		d := domain.OnlyNull(t)
		switch op {
		case "=", "in":
			d = domain.In(t, values...)
		case "<":
			d = domain.Less(t, values[0])
		case "<=":
			d = domain.LessOrEqual(t, values[0])
		case "between":
			d = domain.Between(t, values[0], values[1])
		}
		p := predicate{Column: column, Op: op, Values: []string{}, Rows: []int64{}}
		for _, v := range values {
			text := appendValue(nil, vector.NewValue(t, v), 0)
			if text[0] == '"' {
				text = text[1 : len(text)-1]
			}
			p.Values = append(p.Values, string(text))
		}
		kind := appendType(nil, t)
		p.Kind = string(kind[len(`{"kind":"`):])
		for i := range p.Kind {
			if p.Kind[i] == '"' {
				p.Kind = p.Kind[:i]
				break
			}
		}
		for i := range filterRows {
			if d.Contains(vector.ValueAt(rows.Fields[at], i)) {
				p.Rows = append(p.Rows, int64(i))
			}
		}
		out = append(out, p)
	}
	ask("rising", "=", int64(20_000))
	ask("rising", "=", int64(20_001))
	ask("rising", "<", int64(-9_000))
	ask("rising", "<=", int64(-10_000))
	ask("rising", "between", int64(0), int64(300))
	ask("rising", "in", int64(-10_000), int64(49_997), int64(5), int64(1_000_000))
	ask("spread", "=", int64(12_344))
	ask("spread", "=", int64(12_345)) // between the bounds of every row group: only a bloom filter tells
	ask("spread", "in", int64(2), int64(39_998), int64(3))
	ask("name", "=", "name 117")
	ask("name", "=", "name 117x")
	ask("name", "between", "name 010", "name 012")
	ask("name", "<", "name 001")
	ask("key", "=", "ключ-00777")
	ask("key", "=", "ключ-99999")
	ask("key", "=", "ключ-00777 ")
	ask("key", "in", "ключ-00001", "ключ-19999", "other")
	ask("price", "=", int64(-30_000))
	ask("price", "=", int64(65))
	ask("price", "between", int64(-105), int64(105))
	ask("price", "<", int64(-29_000))
	ask("score", "=", 250.125)
	ask("score", "=", 250.1)
	ask("score", "between", -1.0, 1.0)
	ask("score", "<", -99.0)
	ask("day", "=", int64(0))
	ask("day", "between", int64(-50), int64(-48))
	ask("day", "<", int64(-45))
	ask("at", "=", int64(500_000))
	ask("at", "=", int64(-86_399_500_000))
	ask("at", "=", int64(-172_799_500_000))
	ask("at", "between", int64(-86_400_000_000*3), int64(86_400_000_000*3))
	ask("at", "<", int64(-86_400_000_000*4_990))
	ask("flag", "=", true)
	ask("flag", "=", false)
	ask("rare", "is null")
	ask("rare", "=", int64(49))
	ask("rare", "=", int64(50))
	ask("long", "=", string(long)+"12345")
	ask("long", "<", string(long)+"00010")
	return s, out
}
