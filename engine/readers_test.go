package engine

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/vector"
)

var (
	readersFor  = flag.Duration("readers-for", 0, "how long to write beneath readers; 0 is a few operations")
	readersSeed = flag.Uint64("readers-seed", 0, "what to write; 0 takes the time")
)

// The questions that readers ask, and what a state of the store answers: the times of its events by their IDs.
var readersAsk = []struct {
	sql    string
	answer func(s map[string]time.Time) string
}{
	{`SELECT count(*) FROM trail`, func(s map[string]time.Time) string { return fmt.Sprint(len(s)) }},
	{`SELECT count(*), count(DISTINCT eventid), coalesce(min(eventid), ''), coalesce(max(eventid), '') FROM trail`, func(s map[string]time.Time) string {
		ids := []string{"", ""}
		for id := range s {
			if ids[0] == "" || id < ids[0] {
				ids[0] = id
			}
			ids[1] = max(ids[1], id)
		}
		return fmt.Sprint(len(s), " ", len(s), " ", ids[0], " ", ids[1])
	}},
	{`SELECT calendarday, count(*) FROM trail WHERE eventname <> '' GROUP BY 1 ORDER BY 1`, func(s map[string]time.Time) string {
		days := map[string]int{}
		for _, at := range s {
			days[at.Format("20060102")]++
		}
		var lines []string
		for day, n := range days {
			lines = append(lines, fmt.Sprint(day, " ", n))
		}
		slices.Sort(lines)
		return strings.Join(lines, "\n")
	}},
	{`SELECT a.n, b.n FROM (SELECT count(*) AS n FROM trail WHERE "$path" <> '') AS a, (SELECT count(*) AS n FROM trail) AS b`,
		func(s map[string]time.Time) string { return fmt.Sprint(len(s), " ", len(s)) }},
}

// pendingDeletion is the answer of a store that is deleted.
const pendingDeletion = "pending deletion"

// history is what the store was, and is about to be.
type history struct {
	mu     sync.Mutex
	states []map[string]time.Time // nil: pending deletion
	done   int                    // states before it are past
}

// begin adds a state that may be seen from now on; end says that those before it are not any more.
func (h *history) begin(s map[string]time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states = append(h.states, s)
}

func (h *history) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = len(h.states) - 1
	for i := range h.done - 200 { // queries do not last that long
		h.states[i] = nil
	}
}

// Whatever is written beneath them, readers see the states that were committed, each in its time: imports, merging,
// retention, deletion and restoring are all or nothing, and no file goes that a query reads.
func TestReadersSeeCommittedStates(t *testing.T) {
	seed := *readersSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-readers-seed %d", seed)
	const days = 7
	readers, operations := 4, 12
	switch {
	case *readersFor > 0:
		readers = 10
	case testing.Short():
		operations = 6
	}
	random := rand.New(rand.NewPCG(seed, 0))
	dir, clock := t.TempDir(), time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	now := func() time.Time { return clock }
	open := func() *storage.Lake {
		l, err := storage.Open(t.Context(), filepath.Join(dir, "lake"), storage.Options{Create: true, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	lake := open()
	defer func() { _ = lake.Close() }()
	if _, err := lake.Create(t.Context(), storage.CreateEventDataStore{Name: "trail", RetentionDays: days, RetentionFrom: storage.RetentionFromNewest, Unprotected: true}); err != nil {
		t.Fatal(err)
	}
	h := &history{}
	h.begin(map[string]time.Time{})
	ctx, stop := context.WithCancel(t.Context())
	var asked atomic.Int64
	var wg sync.WaitGroup
	for i := range readers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(i+1)))
			for ctx.Err() == nil { // as a process after the other
				l := open()
				for range 20 {
					if ctx.Err() != nil {
						break
					}
					asked.Add(1)
					if err := h.ask(ctx, l, random.IntN(len(readersAsk))); err != nil {
						t.Error(err)
						stop()
					}
				}
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	w := &beneath{t: t, lake: lake, h: h, random: random, dir: dir, newest: clock.AddDate(-1, 0, 0), state: map[string]time.Time{}, period: days * 24 * time.Hour}
	start, did := time.Now(), 0
	for ; ctx.Err() == nil && (did < operations || time.Since(start) < *readersFor); did++ {
		w.write(did)
	}
	for ctx.Err() == nil && asked.Load() < 40 { // on a machine that is busy otherwise
		time.Sleep(time.Millisecond)
	}
	stop()
	wg.Wait()
	t.Logf("%d operations, %d queries in %v", did, asked.Load(), time.Since(start).Round(time.Second))
	if r, err := lake.Check(t.Context(), storage.CheckOptions{Deep: true}); err != nil || r.Damaged() {
		t.Errorf("in the end the check finds %+v, %v", r, err)
	}
}

// ask asks one question, and holds the answer against the states between its beginning and its end.
func (h *history) ask(ctx context.Context, l *storage.Lake, which int) error {
	h.mu.Lock()
	from := h.done
	h.mu.Unlock()
	q := readersAsk[which]
	got, err := answerOf(ctx, l, q.sql)
	if ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, storage.ErrInactive) {
		got, err = pendingDeletion, nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", q.sql, err)
	}
	h.mu.Lock()
	states := slices.Clone(h.states[from:])
	h.mu.Unlock()
	var want []string
	for _, s := range states {
		text := pendingDeletion
		if s != nil {
			text = q.answer(s)
		}
		if text == got {
			return nil
		}
		want = append(want, text)
	}
	return fmt.Errorf("%s: %q is none of the states from %d on: %q", q.sql, got, from, want)
}

// answerOf runs a statement and returns its rows.
func answerOf(ctx context.Context, l *storage.Lake, text string) (answer string, err error) {
	return answerIn(ctx, LakeCatalog{Lake: l}, l.Now, text)
}

func answerIn(ctx context.Context, c LakeCatalog, now func() time.Time, text string) (answer string, err error) {
	r, err := New(c, now).Run(ctx, Query{Text: text})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var lines []string
	for {
		b, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(lines, "\n"), nil
		}
		if err != nil {
			return "", err
		}
		for row := range b.N {
			var cells []string
			for _, c := range b.Columns {
				cells = append(cells, fmt.Sprint(vector.ValueAt(c, row)))
			}
			lines = append(lines, strings.Join(cells, " "))
		}
	}
}

// beneath is who writes beneath the readers.
type beneath struct {
	t      *testing.T
	lake   *storage.Lake
	h      *history
	random *rand.Rand
	dir    string
	newest time.Time
	state  map[string]time.Time
	period time.Duration
	events int
}

func (w *beneath) write(n int) {
	ctx, t := w.t.Context(), w.t
	switch step := n % 6; {
	case step < 3:
		w.ingest(n)
	case step == 3:
		if _, err := w.lake.Optimize(ctx, "", storage.OptimizeOptions{}); err != nil {
			t.Errorf("merging: %v", err)
		}
	case step == 4:
		if _, err := w.lake.Retain(ctx, "", storage.RetainOptions{}); err != nil {
			t.Errorf("retention: %v", err)
		}
	default:
		w.h.begin(nil)
		if _, err := w.lake.Delete(ctx, "trail"); err != nil {
			t.Errorf("delete: %v", err)
		}
		w.h.end()
		w.h.begin(w.state)
		if _, err := w.lake.Restore(ctx, "trail"); err != nil {
			t.Errorf("restore: %v", err)
		}
		w.h.end()
	}
}

// ingest adds events of the last days, some of them late; by the newest, others expire.
func (w *beneath) ingest(n int) {
	w.newest = w.newest.Add(time.Duration(w.random.IntN(36)) * time.Hour)
	next := map[string]time.Time{}
	for id, at := range w.state {
		next[id] = at
	}
	var lines strings.Builder
	for i := range 1 + w.random.IntN(300) {
		at := w.newest
		if i > 0 {
			at = at.Add(-time.Duration(w.random.Int64N(int64(w.period/time.Second/2))) * time.Second)
		}
		w.events++
		id := fmt.Sprintf("e%08d", w.events)
		next[id] = at
		fmt.Fprintf(&lines, `{"eventVersion":"1.11","eventTime":%q,"eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":%q,"recipientAccountId":"111122223333"}`+"\n",
			at.Format(time.RFC3339), id)
	}
	for id, at := range next {
		if at.Before(w.newest.Add(-w.period)) {
			delete(next, id)
		}
	}
	path := filepath.Join(w.dir, "events.jsonl")
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		w.t.Fatal(err)
	}
	store, err := w.lake.Find(w.t.Context(), "trail")
	if err != nil {
		w.t.Fatal(err)
	}
	im, err := w.lake.BeginImport(w.t.Context(), store, storage.ImportOptions{Parallelism: 1})
	if err != nil {
		w.t.Fatal(err)
	}
	w.h.begin(next)
	if s, err := ingest.Run(w.t.Context(), im, ingest.Options{Paths: []string{path}}); err != nil || s.Events.Failed > 0 {
		w.t.Errorf("ingest %d: %+v, %v", n, s, err)
	}
	w.state = next
	w.h.end()
}
