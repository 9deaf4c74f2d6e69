package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/storage"
)

// For random stores, events and clocks, every way to ask shows what the rule keeps and nothing else: rows, counts
// that need no rows, hidden columns, aggregates that statistics could answer, EXPLAIN ANALYZE, and the statistics of the store.
func TestEveryPathKeepsTheRule(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for run := range 2 {
		random := rand.New(rand.NewPCG(seed, uint64(run)))
		// Leap days and the ends of years are as likely as other days.
		clock := []time.Time{time.Date(2028, 3, 7, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 4, 7, 0, 0, 0, time.FixedZone("", 14*3600)),
			time.Date(2026, 7, 1, 23, 59, 59, 999e6, time.FixedZone("", -11*3600))}[random.IntN(3)]
		dir := t.TempDir()
		lake, err := storage.Open(t.Context(), filepath.Join(dir, "lake"), storage.Options{Create: true, Now: func() time.Time { return clock }})
		if err != nil {
			t.Fatal(err)
		}
		in := storage.CreateEventDataStore{Name: "trail", RetentionDays: storage.MinRetentionDays + random.IntN(5)}
		if random.IntN(3) == 0 {
			in.RetentionFrom = storage.RetentionFromNewest
		}
		store, err := lake.Create(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		period := time.Duration(in.RetentionDays) * 24 * time.Hour
		events := map[string]time.Time{}
		var lines strings.Builder
		for i := range 40 + random.IntN(60) {
			at := clock.Add(-time.Duration(random.Int64N(int64(period)))).UTC().Truncate(time.Second)
			switch random.IntN(4) {
			case 0:
				at = at.Truncate(24 * time.Hour)
			case 1:
				at = at.Truncate(24 * time.Hour).Add(-time.Second)
			}
			id := fmt.Sprintf("e%03d", i)
			if !at.Before(clock.Add(-period)) {
				events[id] = at
				fmt.Fprintf(&lines, `{"eventVersion":"1.11","eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":%q,"recipientAccountId":"111122223333"}`+"\n",
					at.Format(time.RFC3339), id)
			}
		}
		path := filepath.Join(dir, "events.jsonl")
		if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		im, err := lake.BeginImport(t.Context(), store, storage.ImportOptions{Parallelism: 1})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ingest.Run(t.Context(), im, ingest.Options{Paths: []string{path}}); err != nil {
			t.Fatal(err)
		}
		var newest time.Time
		for _, at := range events {
			if at.After(newest) {
				newest = at
			}
		}
		steps := []time.Duration{0, time.Second, time.Millisecond, 24 * time.Hour, time.Duration(random.Int64N(int64(period))), -time.Duration(random.Int64N(int64(period))), 2 * period}
		for _, step := range steps {
			clock = clock.Add(step)
			bound := clock.Add(-period)
			if in.RetentionFrom == storage.RetentionFromNewest {
				bound = newest.Add(-period)
			}
			var ids []string
			days := map[string]int{}
			first, last := "<nil>", "<nil>"
			for id, at := range events {
				if at.Before(bound) {
					continue
				}
				ids = append(ids, id)
				days[at.Format("20060102")]++
				text := at.Format("2006-01-02 15:04:05.000")
				if first == "<nil>" || text < first {
					first = text
				}
				if last == "<nil>" || text > last {
					last = text
				}
			}
			slices.Sort(ids)
			var perDay []string
			for day, n := range days {
				perDay = append(perDay, fmt.Sprint(day, " ", n))
			}
			slices.Sort(perDay)
			for _, q := range []struct{ sql, want string }{
				{`SELECT eventid FROM trail ORDER BY 1`, strings.Join(ids, "\n")},
				{`SELECT count(*) FROM trail`, fmt.Sprint(len(ids))},
				{`SELECT count(eventtime) FROM trail`, fmt.Sprint(len(ids))},
				{`SELECT count(*) FROM trail WHERE eventtime >= TIMESTAMP '1970-01-01 00:00:00'`, fmt.Sprint(len(ids))},
				{`SELECT CAST(min(eventtime) AS varchar), CAST(max(eventtime) AS varchar) FROM trail`, first + " " + last},
				{`SELECT calendarday, count(*) FROM trail GROUP BY 1 ORDER BY 1`, strings.Join(perDay, "\n")},
				{`SELECT DISTINCT count(*) OVER () FROM trail WHERE "$path" <> '' AND hour >= 0 AND "$archive" <> ''`, manyOr(len(ids))},
				{`SELECT count(*) FROM trail AS a JOIN trail AS b ON a.eventid = b.eventid`, fmt.Sprint(len(ids))},
				{`SELECT count(*) FROM (SELECT 1 FROM trail LIMIT 1000)`, fmt.Sprint(len(ids))},
			} {
				if got, err := answerOf(t.Context(), lake, q.sql); err != nil || got != q.want {
					t.Fatalf("seed %d, run %d, %+v at %s: %s: %v\ngot\n%s\nwant\n%s", seed, run, in, clock, q.sql, err, got, q.want)
				}
			}
			plan, err := answerOf(t.Context(), lake, `EXPLAIN ANALYZE SELECT eventid FROM trail`)
			if err != nil {
				t.Fatal(err)
			}
			if rows := regexp.MustCompile(`(?m)actual: ([0-9,]+) rows?`).FindStringSubmatch(plan); rows != nil {
				if n, _ := strconv.Atoi(strings.ReplaceAll(rows[1], ",", "")); n != len(ids) {
					t.Errorf("EXPLAIN ANALYZE tells of %d rows, not %d:\n%s", n, len(ids), plan)
				}
			}
			s, err := lake.Statistics(t.Context(), store)
			if err != nil || s.Holdings().Events != int64(len(ids)) || len(s.Days) != len(days) || s.NotBefore != bound.UnixMilli() {
				t.Errorf("seed %d, run %d: statistics: %+v, %v; there are %d events of %d days from %s on", seed, run, s, err, len(ids), len(days), bound)
			}
		}
		if err := lake.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// manyOr is what a window over all rows gives once: nothing, if there are none.
func manyOr(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
