package ingest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage"
)

// respelt returns an event as another program writes it: members in the order of their names, other escapes, other numbers.
func respelt(t *testing.T, event string) string {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(event), &members); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(members, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "ec2.", `\u0065c2\u002e`)
}

// Events that another service delivers in another spelling are the same; those that say something else are kept.
func TestEventsThatAreSpeltOtherwise(t *testing.T) {
	var trail, bridge []string
	for i := range 40 {
		e := event(fmt.Sprintf("e%02d", i), fmt.Sprintf("2026-03-0%dT10:00:00Z", 1+i%3), `,"requestParameters":{"url":"a\/b","n":1.50,"b":[{"y":1,"x":2}]}`)
		trail = append(trail, e)
		bridge = append(bridge, `{"detail-type":"AWS API Call via CloudTrail","detail":`+respelt(t, e)+`}`)
	}
	// One of them contradicts its trail, twice in the same way and once in another.
	changed := func(name string) string {
		return `{"detail-type":"AWS API Call via CloudTrail","detail":` + strings.Replace(respelt(t, trail[7]), "RunInstances", name, 1) + `}`
	}
	bridge = append(bridge, changed("StopInstances"), bridge[3], changed("StopInstances")+" ", changed("StartInstances"))
	want := append(slices.Clone(trail), "StopInstances", "StartInstances")
	check := func(what string, l *testLake, s *Summary) {
		t.Helper()
		if e := s.Events; e.Conflicting != 2 || e.Kept != e.Read-e.Duplicate {
			t.Errorf("%s: %+v", what, e)
		}
		rows := l.rows()
		if len(rows) != len(want) {
			t.Errorf("%s: %d rows, want %d", what, len(rows), len(want))
		}
		for _, w := range want {
			if !slices.ContainsFunc(rows, func(row string) bool { return strings.Contains(row, w) }) {
				t.Errorf("%s: no row with %s", what, w)
			}
		}
		failures, err := l.lake.ImportFailures(t.Context(), s.ImportID, 0, 10)
		if err != nil || len(failures) != 2 || failures[0].Kind != storage.FailureConflict || !strings.HasSuffix(failures[0].Path, "bridge.json") {
			t.Errorf("%s: failures %+v, %v", what, failures, err)
		}
	}
	create := storage.CreateEventDataStore{RetentionFrom: storage.RetentionFromNewest}
	bridges := strings.Join(bridge, "")
	for _, workers := range []int{1, 4} {
		l := newLake(t, create)
		check("two archives", l, l.ingest(Options{Paths: []string{put(t, map[string]string{"a.json": records(trail...), "bridge.json": bridges})}, Workers: workers}))

		l = newLake(t, create)
		l.ingest(Options{Paths: []string{put(t, map[string]string{"a.json": records(trail...)})}, Workers: workers})
		again := put(t, map[string]string{"bridge.json": bridges})
		s := l.ingest(Options{Paths: []string{again}, Workers: workers})
		check("two runs", l, s)
		if e := s.Events; e.Duplicate != 42 {
			t.Errorf("two runs: %+v", e)
		}
		rows := l.rows()
		if e := l.ingest(Options{Paths: []string{again}, Workers: workers, Again: true}).Events; e.Duplicate != 44 || !slices.Equal(l.rows(), rows) {
			t.Errorf("a third run: %+v", e)
		}
	}
	l := newLake(t, create)
	s := l.ingest(Options{Paths: []string{put(t, map[string]string{"bridge.json": strings.Join(trail, "\n") + bridges})}})
	check("one archive", l, s)
}

// Many of them are decided over as they come, with the same result.
func TestManyEventsThatAreSpeltOtherwise(t *testing.T) {
	var trail, other []string
	for i := range 3 * pieceRows {
		e := event(fmt.Sprintf("e%d", i), fmt.Sprintf("2026-03-0%dT10:00:00Z", 1+i%2))
		trail = append(trail, e)
		if i%5 == 0 {
			e = strings.Replace(e, "RunInstances", "StopInstances", 1)
		}
		other = append(other, strings.Replace(e, `"eventID"`, `"event\u0049D"`, 1))
	}
	dir := put(t, map[string]string{"a.json.gz": records(trail...), "b.json.gz": records(other...)})
	var rows []string
	for _, doubted := range []int64{0, 1} {
		l := newLake(t, storage.CreateEventDataStore{RetentionFrom: storage.RetentionFromNewest})
		s := l.ingest(Options{Paths: []string{dir}, Workers: 2, doubted: doubted})
		if e, conflicts := s.Events, int64(len(trail)+4)/5; e.Conflicting != conflicts || e.Kept != int64(len(trail))+conflicts || e.Duplicate != int64(len(trail))-conflicts {
			t.Errorf("%+v", e)
		}
		got := l.rows()
		slices.Sort(got)
		if rows == nil {
			rows = got
		}
		if !slices.Equal(got, rows) {
			t.Errorf("other rows, when %d bytes may wait", doubted)
		}
	}
}

// While what the conflicts of one day have kept is written, those of the next one are decided over.
func TestConflictsOfManyDays(t *testing.T) {
	const days = 9
	var first, second []string
	for i := range 3 * days {
		e := event(fmt.Sprint("e", i), fmt.Sprintf("2026-03-0%dT10:00:00Z", 1+i%days))
		first = append(first, e)
		second = append(second, strings.Replace(e, "RunInstances", "StopInstances", 1))
	}
	dir := put(t, map[string]string{"a.json": records(first...), "b.json": records(second...)})
	l := newLake(t, storage.CreateEventDataStore{RetentionFrom: storage.RetentionFromNewest})
	s := l.ingest(Options{Paths: []string{dir}, Workers: 2, grouped: 1}) // each record is handed on at once
	if e := s.Events; e.Conflicting != 3*days || e.Kept != 6*days || len(l.rows()) != 6*days {
		t.Errorf("%+v, %d rows", e, len(l.rows()))
	}
}
