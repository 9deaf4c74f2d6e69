package engine

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/vector"
)

var (
	stressStatements = flag.Int("stress", 30, "how many random statements to run with little memory")
	stressSeed       = flag.Uint64("stress.seed", 1, "the seed of the random statements")
)

// stressor writes random statements. Each operator takes relations of the columns a, b and c (bigint), s
// (varchar) and l (array(bigint)), and makes another one, so that operators nest in each other:
//
//	rows ─► group ─► join ─► sort …
type stressor struct{ *rand.Rand }

func (r stressor) pick(texts ...string) string { return texts[r.IntN(len(texts))] }

// rows returns a table of a few thousand to tens of thousands of rows.
func (r stressor) rows() string {
	return fmt.Sprintf("(SELECT n * %[1]d + i AS a, i %% %[2]d AS b, text || CAST(i %% %[3]d AS varchar) AS s, IF(i %% 7 = 0, NULL, (n * 31 + i * 17) %% %[4]d) AS c, %[5]s AS l "+
		"FROM numbers CROSS JOIN UNNEST(sequence(1, %[1]d)) AS u (i))", 10+r.IntN(90), 1+r.IntN(50), 1+r.IntN(400), 1+r.IntN(5000),
		r.pick("ARRAY[n, i]", "sequence(1, i % 9)", "ARRAY[]", "IF(i % 3 = 0, ARRAY[i, n, NULL])", "CAST(NULL AS array(bigint))"))
}

func (r stressor) relation(depth int) string {
	if depth == 0 {
		return r.rows()
	}
	in := r.relation(depth - 1)
	order := r.pick("a, s", "s DESC, a, b", "c NULLS FIRST, a DESC, s", "b, c DESC, a", "l, a")
	keys := r.pick("b", "s", "c", "b, c", "s, b", "a", "l", "a % 3")
	switch r.IntN(13) {
	case 0:
		return "(SELECT * FROM " + in + " ORDER BY " + order + ")"
	case 1:
		return fmt.Sprintf("(SELECT * FROM %s ORDER BY %s FETCH FIRST %d ROWS %s)", in, order, 1+r.IntN(5000), r.pick("ONLY", "WITH TIES"))
	case 2:
		return "(SELECT max(a) AS a, " + r.pick("count(*)", "count(DISTINCT c)", "approx_distinct(s)", "sum(b)", "max_by(b, a)") + " AS b, " +
			r.pick("max(s)", "min_by(s, a)", "array_join(array_agg(s ORDER BY a, s), '', '-')", "CAST(avg(c) AS varchar)", "arbitrary(s)") + " AS s, " +
			r.pick("sum(c)", "count_if(c > b)", "CAST(approx_percentile(c, 0.5) AS bigint)", "bitwise_xor_agg(c)") + " AS c, " +
			r.pick("array_agg(a)", "array_agg(c ORDER BY s, a)", "array_agg(DISTINCT b)", "map_values(map_agg(s, c))", "map_values(histogram(b))", "max(l)", "flatten(array_agg(l))") +
			" AS l FROM " + in + " GROUP BY " + keys + ")"
	case 3:
		return "(SELECT a, b, max(s) AS s, sum(c) AS c, array_agg(c) AS l FROM " + in + " GROUP BY " +
			r.pick("ROLLUP (b, a)", "CUBE (a, b)", "GROUPING SETS ((a, b), (a), ())") + ")"
	case 4:
		return "(SELECT DISTINCT " + r.pick("a, b, s, c, l", "a, b, s, c, NULL AS l", "a % 9 AS a, b, substr(s, 1, 2) AS s, c % 5 AS c, l") + " FROM " + in + ")"
	case 5, 6:
		other := r.relation(depth - 1)
		return "(SELECT " + r.pick("x.a, y.b, x.s, y.c, x.l", "y.a, x.b, coalesce(y.s, x.s) AS s, x.c, y.l") + " FROM " + in + " x " +
			r.pick("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN") + " " + other + " y ON " +
			r.pick("x.a = y.a", "x.a = y.a AND x.s = y.s", "x.a = y.a AND x.b <= y.b", "x.a = y.c AND x.b = y.b", "x.a = y.a AND x.s <> y.s") + ")"
	case 7:
		return "(SELECT * FROM " + in + " x WHERE " + r.pick("a", "c", "s", "(a, c)") + r.pick(" IN", " NOT IN") + " (SELECT " + r.pick("a", "c") + " FROM " + r.relation(depth-1) + "))"
	case 8:
		return "(SELECT * FROM " + in + " " + r.pick("INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL", "UNION", "UNION ALL") + " SELECT * FROM " + r.relation(depth-1) + ")"
	case 9, 10:
		over := "(" + r.pick("", "PARTITION BY b ", "PARTITION BY s, c ") + "ORDER BY a, s, c, b, l" + r.pick("", " ROWS BETWEEN 5 PRECEDING AND 3 FOLLOWING", " DESC") + ")"
		return "(SELECT " + r.pick("sum(a)", "count(*)", "max(c)", "first_value(a)") + " OVER " + over + " AS a, b, " + r.pick("s", "min(s) OVER "+over) + " AS s, c, l FROM " + in + ")"
	case 11:
		return "(SELECT a, e AS b, s, i AS c, l FROM " + in + " CROSS JOIN UNNEST(l) WITH ORDINALITY AS u (e, i))"
	}
	return "(SELECT m AS a, k AS b, f AS s, m AS c, NULL AS l FROM " + in + " MATCH_RECOGNIZE (PARTITION BY b ORDER BY a, s, c, l " +
		"MEASURES match_number() AS m, count(x.*) AS k, first(s) AS f ONE ROW PER MATCH PATTERN (x+ y) DEFINE y AS c > prev(c)))"
}

// operatorNamed is what an error of memory says.
var operatorNamed = regexp.MustCompile(`while (an?\b|MATCH_RECOGNIZE).* needed`)

// digest runs a statement and returns how many rows it gave, and a hash of them in their order.
func digest(e *Engine, text string, o Options) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := e.Run(ctx, Query{Text: text, Options: o})
	if err != nil {
		return "", err
	}
	h, n := fnv.New64a(), 0
	var line []byte
	for {
		b, err := r.Next()
		if err == io.EOF {
			return fmt.Sprintf("%d rows, %x", n, h.Sum64()), r.Close()
		}
		if err != nil {
			return "", errors.Join(err, r.Close())
		}
		for i := range b.N {
			line = line[:0]
			for _, c := range b.Columns {
				if c.Nulls().Has(i) {
					line = append(line, 0)
				} else {
					line = vector.AppendText(line, c, i)
				}
				line = append(line, 1)
			}
			_, _ = h.Write(line) // never fails
		}
		n += b.N
	}
}

// TestLittleMemory compares the answers of random statements that have almost no memory with those that have
// as much as they like: they are the same, row by row, or the error names who had not enough.
func TestLittleMemory(t *testing.T) {
	count := *stressStatements
	if testing.Short() && count > 8 {
		count = 8
	}
	disk := &spill.Counted{Disk: spill.Dir(t.TempDir())}
	e := New(oneTable{&numbers{rows: 100}}, func() time.Time { return time.Unix(0, 0) })
	refused, spilled := 0, 0
	for i := range count {
		r := stressor{rand.New(rand.NewPCG(*stressSeed, uint64(i)))}
		text := "SELECT * FROM " + r.relation(1+r.IntN(3))
		small := Options{Threads: 1 + r.IntN(3), Memory: 1 << 18 << r.IntN(5), SpillDisk: disk, BatchRows: []int{0, 100, 5000}[r.IntN(3)]}
		got, err := digest(e, text, small)
		if sql.CodeOf(err) == sql.EXCEEDED_LOCAL_MEMORY_LIMIT && operatorNamed.MatchString(err.Error()) && errors.Is(err, ErrMemoryLimit) {
			refused++
			continue
		}
		want, wantErr := digest(e, text, Options{Threads: 2, SpillDisk: disk, Memory: 1 << 30})
		if errors.Is(wantErr, ErrMemoryLimit) || sql.CodeOf(wantErr) == sql.USER_CANCELED || sql.CodeOf(err) == sql.USER_CANCELED {
			continue // too much for a test
		}
		if got != want || fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("statement %d of seed %d: %s, %v\nwith %d bytes, %d threads, batches of %d: %s, %v\n%s", i, *stressSeed, want, wantErr,
				small.Memory, small.Threads, small.BatchRows, got, err, text)
		}
		spilled++
	}
	t.Logf("%d statements compared, %d refused", spilled, refused)
	if n := disk.Open(); n != 0 {
		t.Errorf("%d files are open", n)
	}
}
