package engine

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql"
)

// manyRows is a table of a million rows, x and y, of which y has few values.
const manyRows = "(SELECT n * 10000 + i AS x, i % 100 AS y, text || CAST(i AS varchar) AS t FROM numbers CROSS JOIN UNNEST(sequence(1, 10000)) AS u (i))"

// longStatements run long in one operator each.
var longStatements = []string{
	"SELECT * FROM " + manyRows + " ORDER BY t DESC",
	"SELECT * FROM " + manyRows + " ORDER BY t DESC LIMIT 400000",
	"SELECT x, count(*) FROM " + manyRows + " GROUP BY x",
	"SELECT y, count(DISTINCT x), array_agg(t ORDER BY t), array_agg(x), histogram(t) FROM " + manyRows + " GROUP BY y",
	"SELECT x, y, count(*) FROM " + manyRows + " GROUP BY GROUPING SETS ((x, y), (x), ())",
	"SELECT DISTINCT t, x FROM " + manyRows,
	"SELECT count(*) FROM " + manyRows + " a JOIN " + manyRows + " b ON a.x = b.x",
	"SELECT count(*) FROM " + manyRows + " a JOIN " + manyRows + " b ON a.y = b.y",
	"SELECT count(*) FROM " + manyRows + " a LEFT JOIN " + manyRows + " b ON a.x = b.x AND a.y < b.y",
	"SELECT count(*) FROM " + manyRows + " a RIGHT JOIN " + manyRows + " b ON a.x = b.x",
	"SELECT count(*) FROM " + manyRows + " a FULL JOIN " + manyRows + " b ON a.x = b.x",
	"SELECT count(*) FROM " + manyRows + " a JOIN " + manyRows + " b ON a.x < b.x AND a.t = 'none'",
	"SELECT count(*) FROM " + manyRows + " WHERE x NOT IN (SELECT x + 1 FROM " + manyRows + ")",
	"SELECT count(*) FROM " + manyRows + " a WHERE EXISTS (SELECT 1 FROM " + manyRows + " b WHERE b.x = a.x AND b.y <> a.y)",
	"SELECT count(*) FROM " + manyRows + " a, " + manyRows + " b, " + manyRows + " c",
	"SELECT x, rank() OVER (PARTITION BY y ORDER BY t), sum(x) OVER (ORDER BY x) FROM " + manyRows,
	"SELECT sum(x) OVER (ORDER BY x ROWS BETWEEN 100000 PRECEDING AND CURRENT ROW) FROM " + manyRows,
	"SELECT x, t FROM " + manyRows + " INTERSECT SELECT x, t FROM " + manyRows,
	"SELECT x, t FROM " + manyRows + " EXCEPT ALL SELECT x, t FROM " + manyRows,
	"SELECT x FROM " + manyRows + " UNION SELECT x + 1 FROM " + manyRows,
	"WITH RECURSIVE r (a) AS (SELECT n FROM numbers UNION ALL SELECT a * 10 + i FROM r CROSS JOIN UNNEST(sequence(0, 9)) AS u (i)) SELECT count(*) FROM r",
	"SELECT count(*) FROM numbers CROSS JOIN UNNEST(sequence(1, 10000)) AS u (i) CROSS JOIN UNNEST(sequence(1, 10000)) AS v (j)",
	"SELECT (SELECT count(*) FROM " + manyRows + " b WHERE b.x < a.x) FROM " + manyRows + " a",
	"SELECT reduce(sequence(1, 10000), 0, (s, e) -> s + e % 7, s -> s) FROM " + manyRows,
	"SELECT cardinality(filter(transform(sequence(1, 10000), e -> e * 2), e -> e % 3 = x % 3)) FROM " + manyRows,
	"SELECT approx_percentile(x, 0.5), approx_distinct(t), checksum(t) FROM " + manyRows + " GROUP BY y",
	"SELECT * FROM " + manyRows + " MATCH_RECOGNIZE (PARTITION BY y ORDER BY x MEASURES count(*) AS c PATTERN (a+ b) DEFINE b AS b.x < 0)",
}

// cancelled runs a statement and cancels it after some time. It returns how long it then took to end.
func cancelled(t *testing.T, e *Engine, text string, o Options, after time.Duration) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var at time.Time
	timer := time.AfterFunc(after, func() { at = time.Now(); cancel() })
	defer timer.Stop()
	r, err := e.Run(ctx, Query{Text: text, Options: o})
	for err == nil {
		_, err = r.Next()
	}
	if r != nil {
		if e := r.Close(); e != nil {
			t.Errorf("%s: close: %v", text, e)
		}
	}
	if err != io.EOF && sql.CodeOf(err) != sql.USER_CANCELED {
		t.Fatalf("%s: %v", text, err)
	}
	if err == io.EOF {
		return 0
	}
	return time.Since(at)
}

// TestEveryOperatorIsCancelled lets statements run for a while in memory, and on disk; with -large, for a longer while, too.
func TestEveryOperatorIsCancelled(t *testing.T) {
	const tries = 8
	if testing.Short() {
		t.Skip("runs without -short: it waits for statements to be cancelled")
	}
	delays := []time.Duration{30 * time.Millisecond}
	if *large {
		delays = append(delays, 150*time.Millisecond)
	}
	disk := &spill.Counted{Disk: spill.Dir(t.TempDir())}
	e := New(oneTable{&numbers{rows: 100}}, func() time.Time { return time.Unix(0, 0) })
	for _, text := range longStatements {
		for _, o := range []Options{{Threads: 2, SpillDisk: disk, Memory: 256 << 20}, {Threads: 2, SpillDisk: disk, Memory: 256 << 20, SpillBytes: 1 << 18}} {
			for _, after := range delays {
				took := time.Duration(0)
				for try := 0; try == 0 || took > *late && try < tries; try++ {
					took = cancelled(t, e, text, o, after)
				}
				if took > *late {
					t.Errorf("%s ended %s after it was cancelled after %s (spill %d)", text, took, after, o.SpillBytes)
				}
			}
		}
	}
	if n := disk.Open(); n != 0 {
		t.Errorf("%d files are open", n)
	}
}

// TestNothingIsLeft cancels each of the statements sooner and later (with -short once each), with -large a thousand of them.
func TestNothingIsLeft(t *testing.T) {
	disk := &spill.Counted{Disk: spill.Dir(t.TempDir())}
	e := New(oneTable{&numbers{rows: 100}}, func() time.Time { return time.Unix(0, 0) })
	e.LimitMemory(1 << 30)
	before := runtime.NumGoroutine()
	statements := 7 * len(longStatements)
	switch {
	case *large:
		statements = 1000
	case testing.Short():
		statements = len(longStatements)
	}
	for i := range statements {
		o := Options{Threads: 2, Memory: 256 << 20, SpillDisk: disk, SpillBytes: 1 << (12 + i%8)}
		cancelled(t, e, longStatements[i%len(longStatements)], o, time.Duration(i%7)*time.Millisecond)
	}
	for try := 0; try < 100 && runtime.NumGoroutine() > before; try++ {
		time.Sleep(10 * time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines, %d before", n, before)
	}
	if n := disk.Open(); n != 0 {
		t.Errorf("%d files are open", n)
	}
	if n := e.memory.Used(); n != 0 {
		t.Errorf("%d bytes are still charged to the process", n)
	}
}

// TestWorkersThatPanic ends statements that spill by a bug in a worker, and those alone.
func TestWorkersThatPanic(t *testing.T) {
	disk := &spill.Counted{Disk: spill.Dir(t.TempDir())}
	e := New(oneTable{&numbers{rows: 5000, fault: 4321}}, func() time.Time { return time.Unix(0, 0) })
	for _, text := range []string{
		"SELECT n, count(*) FROM numbers GROUP BY n", "SELECT n FROM numbers ORDER BY n DESC",
		"SELECT * FROM numbers a JOIN numbers b ON a.n = b.n", "SELECT rank() OVER (ORDER BY n) FROM numbers",
	} {
		r, err := e.Run(context.Background(), Query{Text: text, Options: Options{Threads: 2, SpillDisk: disk, SpillBytes: 4096}})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		var bug *InternalError
		if !errors.As(err, &bug) {
			t.Errorf("%s: %v", text, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := disk.Open(); n != 0 {
		t.Errorf("%d files are open", n)
	}
}
