package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/vector"
)

// emptyLake is a lake with a store, trail, that keeps events for a week.
func emptyLake(t *testing.T, clock *time.Time) (*storage.Lake, *storage.EventDataStore) {
	t.Helper()
	lake, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "lake"), storage.Options{Create: true, Now: func() time.Time { return *clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := lake.Close(); err != nil {
			t.Error(err)
		}
	})
	store, err := lake.Create(t.Context(), storage.CreateEventDataStore{Name: "trail", RetentionDays: 7})
	if err != nil {
		t.Fatal(err)
	}
	return lake, store
}

// countedLake is a lake of four days with two files each, whose first day expires at noon of the clock.
func countedLake(t *testing.T, clock *time.Time) *storage.Lake {
	t.Helper()
	lake, store := emptyLake(t, clock)
	for file := range 2 {
		var lines strings.Builder
		for i := range 80 {
			at := clock.Add(-7*24*time.Hour + time.Duration(i%4)*24*time.Hour + time.Duration(5*i)*time.Minute)
			name, code := []string{"GetObject", "DeleteBucket", "PutObject", "DeleteObject"}[i*i%7%4], ""
			if i%3 == file {
				code = `"errorCode":"AccessDenied",`
			}
			fmt.Fprintf(&lines, `{"eventVersion":"1.11","eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":%q,%s"eventID":"e%d-%d","recipientAccountId":"111122223333","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u%d"}}`+"\n",
				at.UTC().Format(time.RFC3339), name, code, file, i, i)
		}
		importLines(t, lake, store, lines.String())
	}
	return lake
}

// importLines imports records, one a line.
func importLines(t *testing.T, lake *storage.Lake, store *storage.EventDataStore, lines string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "events.jsonl")
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	im, err := lake.BeginImport(t.Context(), store, storage.ImportOptions{Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ingest.Run(t.Context(), im, ingest.Options{Paths: []string{path}}); err != nil {
		t.Fatal(err)
	}
}

// Days of a few events, whose names are no dictionary, do not keep those with many from being counted.
func TestDaysOfFewEventsAreReadBesideThoseThatAreCounted(t *testing.T) {
	clock := time.Date(2026, time.March, 20, 0, 0, 0, 0, time.UTC)
	lake := countedLake(t, &clock)
	store, err := lake.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		var lines strings.Builder
		for j := range 12 {
			fmt.Fprintf(&lines, `{"eventVersion":"1.11","eventTime":"2026-03-%dT10:00:00Z","eventSource":"s3.amazonaws.com","eventName":"Name%d","eventID":"few-%d-%d","recipientAccountId":"111122223333"}`+"\n",
				17+j/4, j, i, j)
		}
		importLines(t, lake, store, lines.String())
	}
	e := New(LakeCatalog{Lake: lake}, lake.Now)
	const query = "SELECT eventname, count(*) FROM trail GROUP BY 1"
	want, _, err := rowsAndStats(t.Context(), e, query, Options{DisablePruning: true})
	if err != nil {
		t.Fatal(err)
	}
	got, stats, err := rowsAndStats(t.Context(), e, query, Options{})
	if err != nil || got != want || stats.EventsCounted != 160 || stats.EventsScanned != 48 {
		t.Errorf("%v; %d rows counted, %d read\ngot\n%swant\n%s", err, stats.EventsCounted, stats.EventsScanned, got, want)
	}
}

// rowsAndStats runs a statement and returns its rows as text, in their order, and what it did.
func rowsAndStats(ctx context.Context, e *Engine, text string, o Options) (string, Stats, error) {
	r, err := e.Run(ctx, Query{Text: text, Options: o})
	if err != nil {
		return "", Stats{}, err
	}
	var out strings.Builder
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", Stats{}, err
		}
		for i := range b.N {
			for _, c := range b.Columns {
				if c.Nulls().Has(i) {
					out.WriteString("NULL ")
				} else {
					out.Write(append(vector.AppendText(nil, c, i), ' '))
				}
			}
			out.WriteByte('\n')
		}
	}
	return out.String(), r.Stats(), r.Close()
}

// What data files have counted is what their rows say, in the same order; the number is that of rows that need not be read.
func TestCountsOfValuesAreThoseOfRows(t *testing.T) {
	clock := time.Date(2026, time.March, 20, 0, 0, 0, 0, time.UTC)
	lake := countedLake(t, &clock)
	plain := New(LakeCatalog{Lake: lake}, lake.Now)
	cached := New(LakeCatalog{Lake: lake, Cache: NewCache(leastCacheBytes)}, lake.Now)
	for _, c := range []struct {
		sql     string
		counted int64 // before anything expires
	}{
		{"SELECT count(*) FROM trail", 160},
		{"SELECT count(1), count(*) FILTER (WHERE eventname LIKE 'Del%'), count(errorcode) FROM trail", 0},
		{"SELECT count(errorcode), count(*), min(errorcode), max(errorcode), count(DISTINCT errorcode), approx_distinct(errorcode) FROM trail", 160},
		{"SELECT eventname, count(*) FROM trail GROUP BY 1", 160},
		{"SELECT errorcode, count(*), count(errorcode), arbitrary(errorcode) FROM trail GROUP BY 1", 160},
		{"SELECT DISTINCT eventname FROM trail", 160},
		{"SELECT DISTINCT eventname FROM trail LIMIT 2", 160},
		{"SELECT upper(eventname), count(*) FROM trail WHERE eventname LIKE '%Delete%' GROUP BY 1 HAVING count(*) > 5 ORDER BY 2 DESC LIMIT 3", 160},
		{"SELECT eventname, count(*) FROM trail WHERE eventname IN ('PutObject', 'None') GROUP BY 1", 160},
		{"SELECT count(*) FROM trail WHERE errorcode IS NULL", 160},
		{"SELECT count(*) FROM trail WHERE eventname = 'None'", 160},
		{"SELECT max(errorcode), count(errorcode) FROM trail WHERE errorcode <> 'AccessDenied'", 160},
		{"SELECT eventname, count(*) FROM trail WHERE eventtime >= TIMESTAMP '2026-03-14 00:00:00' GROUP BY 1", 120},
		{"SELECT count(*) FROM trail WHERE eventtime < TIMESTAMP '2026-03-15 01:00:00'", 80},
		{"SELECT errorcode, count(*) FROM trail WHERE eventtime BETWEEN TIMESTAMP '2026-03-13 02:00:00' AND TIMESTAMP '2026-03-15 03:00:00' AND errorcode LIKE 'A%' GROUP BY 1", 40},
		{"SELECT calendarday, count(*) FROM trail WHERE calendarday <> 20260314 GROUP BY 1", 120},
		{"SELECT count(*) FROM (SELECT \"$path\", count(*) FROM trail GROUP BY 1)", 160},
		{"SELECT json_extract_scalar(eventjson, '$.eventName'), count(*) FROM trail GROUP BY 1", 160},
		{"SELECT useridentity.type, count(*), count(useridentity.type) FROM trail GROUP BY 1", 160},
		{"SELECT sum(n) FROM (SELECT eventname, count(*) AS n FROM trail GROUP BY 1) JOIN (SELECT DISTINCT eventname AS other FROM trail) ON eventname = other", 320},
		{"SELECT eventname, awsregion, count(*) FROM trail GROUP BY 1, 2", 0},
		{"SELECT useridentity.arn, count(*) FROM trail GROUP BY 1 ORDER BY 1 LIMIT 3", 0},
		{"SELECT array_agg(eventname ORDER BY eventname)[1], count(*) FROM trail", 0},
		{"SELECT eventname, count(*) FROM trail WHERE hour = 3 GROUP BY 1", 0},
	} {
		for _, step := range []time.Duration{0, 12 * time.Hour} {
			clock = time.Date(2026, time.March, 20, 0, 0, 0, 0, time.UTC).Add(step)
			want, read, err := rowsAndStats(t.Context(), cached, c.sql, Options{DisableOptimizer: true, DisablePruning: true, Threads: 1})
			if err != nil || read.EventsCounted > 0 {
				t.Fatal(c.sql, read.EventsCounted, err)
			}
			for i, e := range []*Engine{plain, cached, cached, cached, cached} {
				for _, o := range []Options{{}, {BatchRows: 1, Threads: 4}, {}, {DisablePruning: true}, {Threads: 1}}[i : i+1] {
					got, stats, err := rowsAndStats(t.Context(), e, c.sql, o)
					if err != nil || got != want {
						t.Errorf("%s\n%s after, engine %d, %+v: %v\ngot\n%swant\n%s", c.sql, step, i, o, err, got, want)
					}
					if step == 0 && !o.DisablePruning && stats.EventsCounted != c.counted {
						t.Errorf("%s: %d rows counted, not %d", c.sql, stats.EventsCounted, c.counted)
					}
				}
			}
		}
	}
}
