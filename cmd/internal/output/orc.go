package output

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = register(format{names: []string{"orc", "ORC"}, doc: "an Apache ORC file, which needs a file to be written to", file: true,
	new: func(w io.Writer, _ Options) Writer { return &orcFile{to: w} }})

// maxParallelCompression bounds the goroutines that compress a stripe.
const maxParallelCompression = 8

// orcFile writes a result as one ORC file, compressed with zstd. Columns keep their types where ORC
// has them; times of day, intervals, uuid, ipaddress and timestamps finer than nanoseconds become
// texts as the other formats write them.
type orcFile struct {
	to     io.Writer
	writer *orc.Writer
	texts  []bool // the columns that are written as texts
}

func (o *orcFile) Begin(columns []engine.Column) error {
	var fields []types.Field
	seen := map[string]bool{}
	for _, c := range columns {
		if lower := strings.ToLower(c.Name); seen[lower] {
			return fmt.Errorf("two columns of the result are named %q, which an ORC file cannot have: name one with AS", c.Name)
		} else {
			seen[lower] = true
		}
		t, text := c.Type, false
		if !orcHas(t) {
			t, text = types.TVarchar, true
		}
		fields = append(fields, types.Field{Name: c.Name, Type: t})
		o.texts = append(o.texts, text)
	}
	var err error
	o.writer, err = orc.NewWriter(o.to, types.RowOf(fields...), orc.WriterOptions{Compression: orc.Zstd,
		Parallelism: min(runtime.GOMAXPROCS(0), maxParallelCompression)})
	if err != nil {
		return fmt.Errorf("%w: cast it to a type that ORC has", err)
	}
	return nil
}

// orcHas reports whether ORC has a column of type t. What is nested in others is for the writer to refuse.
func orcHas(t types.Type) bool {
	switch t.Kind() {
	case types.Time, types.TimeWithTimeZone, types.IntervalDayToSecond, types.IntervalYearToMonth, types.UUID, types.IPAddress, types.Unknown:
		return false
	case types.Timestamp, types.TimestampWithTimeZone:
		return t.Precision() <= 9
	}
	return true
}

func (o *orcFile) Write(b *vector.Batch) error {
	columns := make([]vector.Vector, len(b.Columns))
	for i, v := range b.Columns {
		if columns[i] = v; o.texts[i] {
			columns[i] = asText(v)
		}
	}
	return o.writer.Write(&vector.Batch{N: b.N, Columns: columns})
}

// asText returns the values as the text formats write them.
func asText(v vector.Vector) vector.Vector {
	n := v.Len()
	texts := vector.NewFlatBuilder[string](types.TVarchar, n)
	var scratch []byte
	for i := range n {
		if v.Nulls().Has(i) {
			texts.AppendNull()
			continue
		}
		scratch = vector.AppendText(scratch[:0], v, i)
		texts.AppendValue(string(scratch))
	}
	return texts.Build()
}

func (o *orcFile) End(engine.Stats) error {
	_, err := o.writer.Close()
	return err
}

// Fail leaves the file without its end: it is for the caller to remove it.
func (o *orcFile) Fail(error) error { return nil }
