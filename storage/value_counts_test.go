package storage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/orc"
)

func TestValueCountsReadBack(t *testing.T) {
	names := orc.ColumnCounts{Path: "eventname", Values: []orc.ValueCount{{Value: "GetObject", Rows: 300}, {Null: true, Rows: 2}, {Value: "", Rows: 1}}}
	small := orc.ColumnCounts{Path: "awsregion", Values: []orc.ValueCount{{Value: "us-east-1", Rows: 303}}}
	large := orc.ColumnCounts{Path: "useragent", Values: []orc.ValueCount{{Value: strings.Repeat("x", 600), Rows: 303}}}
	text := appendValueCounts(nil, []orc.ColumnCounts{large, small, names}, 10_000)
	for _, c := range []orc.ColumnCounts{names, small} {
		found, err := columnCounts(text, c.Path)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseValueCounts(found, 303); err != nil || !slices.Equal(got, c.Values) {
			t.Errorf("%s: %v, %v", c.Path, got, err)
		}
		for _, rows := range []int64{0, 302, 304} {
			if got, err := parseValueCounts(found, rows); !errors.Is(err, orc.ErrCorrupt) {
				t.Errorf("%s in a file of %d rows: %v, %v", c.Path, rows, got, err)
			}
		}
	}
	for _, path := range []string{"useragent", "eventsource"} { // too large for such a small file; unknown
		if found, err := columnCounts(text, path); err != nil || found != nil {
			t.Errorf("%s: %v, %v", path, found, err)
		}
	}
	if len(appendValueCounts(nil, []orc.ColumnCounts{large}, 1<<20)) < 600 {
		t.Error("too large for a large file, too")
	}
	for end := range text { // cut anywhere, or with any byte changed, it is found wrong or something else, and nothing panics
		_, _ = columnCounts(text[:end], "useragent")
		for _, flip := range []byte{1, 0x80, 0xff} {
			bad := slices.Clone(text)
			bad[end] ^= flip
			if found, err := columnCounts(bad, "eventname"); err == nil && found != nil {
				_, _ = parseValueCounts(found, 303)
			}
		}
	}
	if _, _, ok := cutPrefixed(binary.AppendUvarint(nil, 1<<63)); ok {
		t.Error("a length beyond the text")
	}
}

// Imported, merged or copied: what a file says of its values is what check --deep finds in its rows.
func TestFilesCountTheirValues(t *testing.T) {
	l := openLake(t, t.TempDir(), nil)
	defer closeLake(t, l)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	var events []testEvent
	for i := range 40 {
		events = append(events, testEvent{id: fmt.Sprint(i), day: -1})
	}
	for i := range 2 {
		if err := importArchives(t.Context(), l, store, testArchive{fmt.Sprint(i), events[20*i : 20*i+20]}); err != nil {
			t.Fatal(err)
		}
	}
	counted := func(files int) {
		t.Helper()
		s, err := l.Snapshot(t.Context(), store)
		if err != nil || len(s.Files) != files {
			t.Fatal(len(s.Files), err)
		}
		for _, f := range s.Files {
			opened, err := s.Open(f)
			if err != nil {
				t.Fatal(err)
			}
			for path, want := range map[string]string{"recipientaccountid": "111122223333", "errorcode": "<nil>"} {
				values, _, err := ValueCounts(opened.File, []string{path})
				if err != nil || len(values) != 1 || values[0].Rows != f.Rows || values[0].Null != (want == "<nil>") || !values[0].Null && values[0].Value != want {
					t.Errorf("%s: %+v, %v", path, values, err)
				}
			}
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		}
		r, err := l.Check(t.Context(), CheckOptions{Deep: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			if f.Kind != FoundPurged {
				t.Errorf("%+v", f)
			}
		}
	}
	counted(2)
	if _, err := l.Optimize(t.Context(), "trail", OptimizeOptions{}); err != nil {
		t.Fatal(err)
	}
	counted(1)
}

// check --deep finds counts that are not those of the rows.
func TestWrongCountsAreFound(t *testing.T) {
	x := &examination{snapshot: &Snapshot{Store: &EventDataStore{}}, out: &examined{}}
	x.counts = map[string]map[orc.ValueCount]int64{"eventname": {{Value: "GetObject"}: 2}}
	for _, c := range []struct {
		values []orc.ValueCount
		found  int
	}{
		{[]orc.ValueCount{{Value: "GetObject", Rows: 2}}, 0},
		{[]orc.ValueCount{{Value: "PutObject", Rows: 2}}, 1},
		{[]orc.ValueCount{{Value: "GetObject", Rows: 1}, {Null: true, Rows: 1}}, 1},
	} {
		x.found = 0
		x.holdTexts(appendColumnCounts(nil, orc.ColumnCounts{Path: "eventname", Values: c.values}), 2)
		if x.found != c.found {
			t.Errorf("%+v: %d findings", c.values, x.found)
		}
	}
}
