package ingest

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
)

// TestGroupsHoldWhatTheyMay: pieces of which each touches many days, so that each group has a few
// records of every piece; and pieces of which all but one record go elsewhere.
func TestGroupsHoldWhatTheyMay(t *testing.T) {
	const days, pieces, each, mayHold = 14, 10, 200, 64 << 10 // so few days have their files open all the time
	for name, dayOf := range map[string]func(i int) int{
		"days in turn":           func(i int) int { return i % days },
		"one day and now others": func(i int) int { return max(0, i%each-each+3) },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLake(t, storage.CreateEventDataStore{})
			im := l.begin()
			out := newOutput(im, 2, handedBytes, func(err error) { t.Error(err) })
			g := newGroups(out, mayHold)
			collector := record.NewCollector(schema.Events)
			var want []string
			for p := range pieces {
				var at []storage.Day
				for i := range each {
					when := now.Add(-time.Duration(dayOf(i)) * 24 * time.Hour)
					day := storage.DayOf(when.UnixMilli(), true)
					at = append(at, day)
					text := event(fmt.Sprint(p, ".", i), when.Format(time.RFC3339))
					want = append(want, fmt.Sprintf("%d %s", day.Calendar(), text))
					var s record.Scanner
					if _, err := s.Scan([]byte(text), true); err != nil {
						t.Fatal(err)
					}
					collector.Read([]byte(text), &s)
					if err := collector.Append([]byte(text), sha256.Sum256([]byte(text)), "a.json"); err != nil {
						t.Fatal(err)
					}
				}
				piece := hold(collector.Take())
				for row, day := range at {
					if err := g.add(day, piece, row); err != nil {
						t.Fatal(err)
					}
					if held := heldBy(g); held > mayHold || held != g.held {
						t.Fatalf("%d bytes are held, %d are counted, %d may be", held, g.held, mayHold)
					}
				}
			}
			if err := g.flushAll(); err != nil {
				t.Fatal(err)
			}
			if err := out.drain(); err != nil {
				t.Fatal(err)
			}
			out.close(nil)
			if g.held != 0 || g.bytes != 0 {
				t.Errorf("empty groups hold %d bytes in pieces of %d", g.bytes, g.held)
			}
			if err := im.Commit(t.Context(), &storage.ImportCounts{}); err != nil {
				t.Fatal(err)
			}
			if err := im.Finish(storage.ImportCompleted); err != nil {
				t.Fatal(err)
			}
			got := l.rows()
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%d rows, %d were added:\n%s", len(got), len(want), strings.Join(got[:min(3, len(got))], "\n"))
			}
		})
	}
}

// heldBy adds up what groups keep in memory.
func heldBy(g *groups) int64 {
	seen, total := map[*held]bool{}, int64(0)
	for _, d := range g.days {
		for _, r := range d.records {
			if !seen[r.of] {
				seen[r.of] = true
				total += r.of.HeldBytes()
			}
		}
	}
	return total
}
