package ingest

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
)

const (
	today     = "2026-03-10T08:00:00Z"
	yesterday = "2026-03-09T08:00:00Z"
	longAgo   = "2023-07-10T12:00:00Z"
	tomorrow  = "2027-01-01T00:00:00Z"
)

var (
	a = event("a", today)
	b = event("b", yesterday)
	c = event("c", today)
)

func TestCountsAddUp(t *testing.T) {
	f := func(name string, files map[string]string, want string, problems ...string) {
		t.Run(name, func(t *testing.T) {
			t.Helper()
			dir := put(t, files)
			s := newLake(t, storage.CreateEventDataStore{}).ingest(Options{Paths: []string{dir}, Workers: 2})
			if got := counts(s); got != want {
				t.Errorf("got %s\nwant %s", got, want)
			}
			var got []string
			for _, p := range s.Problems {
				got = append(got, strings.ReplaceAll(strings.TrimPrefix(p.String(), dir+string(filepath.Separator)), `\`, "/"))
			}
			if !slices.Equal(got, problems) {
				t.Errorf("problems:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(problems, "\n"))
			}
		})
	}
	f("one archive", map[string]string{"x.json": records(a, b)}, "1 imported, 2 kept")
	f("gzipped, whatever its name", map[string]string{"x.json.gz": records(a), "y.txt": records(b)}, "2 imported, 2 kept")
	f("no record", map[string]string{"x.json": records()}, "1 imported")
	f("nothing at all", nil, "")
	f("the same event twice in an archive", map[string]string{"x.json": records(a, b, a)}, "1 imported, 2 kept, 1 duplicate")
	f("in two archives", map[string]string{"x.json": records(a, b), "y.json": records(b, c)}, "2 imported, 3 kept, 1 duplicate")
	f("of two accounts", map[string]string{"x.json": records(a, strings.Replace(a, "111122223333", "444455556666", 1))}, "1 imported, 2 kept")
	f("the same archive twice", map[string]string{"x.json": records(a), "y.json": records(a)}, "1 imported, 1 unchanged, 1 kept")
	f("without an ID", map[string]string{"x.json": records(
		`{"eventVersion":"1.0","eventName":"E","eventSource":"s"}`, `{"eventVersion":"1.0", "eventName":"E", "eventSource":"s"}`,
		`{"eventVersion":"1.0","eventName":"F","eventSource":"s"}`)}, "1 imported, 2 kept, 1 duplicate")
	f("without a time", map[string]string{"x.json": records(event("n", ""), event("m", "yesterday"))}, "1 imported, 2 kept")
	f("in the future", map[string]string{"x.json": records(event("n", tomorrow), a)}, "1 imported, 2 kept")
	f("expired", map[string]string{"x.json": records(a, event("o", longAgo))}, "1 imported, 1 kept, 1 expired")
	f("oversize record", map[string]string{"x.json": records(a, event("big", today, `,"x":"`+strings.Repeat("x", format.MaxRecordBytes)+`"`), b)},
		"1 imported, 2 kept, 1 failed event", "x.json: byte 182 (/Records/1): a record of more than 1048576 bytes")
	f("strangers among records", map[string]string{"x.json": records(a, `7`, b)},
		"1 imported, 2 kept, 1 failed event", "x.json: byte 182 (/Records/1): a value that is no object")
	f("malformed at its end", map[string]string{"x.json": records(a, b) + "}"},
		"1 failed, 2 kept", "x.json: byte 353: '}' where '{' or the end of the file should be")
	f("malformed in the middle", map[string]string{"w.json": records(c), "x.json": `{"Records":[` + a + b + `]}`, "y.json": records(b)},
		"2 imported, 1 failed, 3 kept, 1 duplicate", "x.json: byte 181 (/Records): '{' where ',' or ']' should be")
	f("look-alikes", map[string]string{
		"digest.json": `{"digestStartTime":"a","digestEndTime":"b"}`,
		"empty.json":  "",
		"notice.json": `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`,
		"prose.txt":   "hello",
		"x.json":      records(a),
	}, "1 imported, 4 ignored, 1 kept", "digest.json: ignored: a digest file", "empty.json: ignored: an empty file",
		"notice.json: ignored: an event notification of aws:s3", "prose.txt: ignored: no JSON")
	f("bare records, and a file that is none", map[string]string{"x.json": a + "\n" + b, "y.zip": "PK\x03\x04", "z.7z": "7z\xbc\xaf\x27\x1c"}, "1 imported, 2 failed, 2 kept",
		"y.zip: byte 0: zip: the file is cut off", "z.7z: byte 0: a 7z archive: this form is not read; unpack it first")
	f("a broken file in a container", map[string]string{"x.tar": tarball("AWSLogs/a.json", records(a), "b.json", records(b)[:50], "note.txt", "hello", "c.json", records(c))},
		"1 failed, 2 kept", "x.tar!/b.json: byte 50 (/Records/0/eventTime): the file ends inside a value", "x.tar!/note.txt: ignored: no JSON")
}

// tarball returns a tar archive of names and contents by turns.
func tarball(files ...string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		_ = w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o600, Size: int64(len(files[i+1]))})
		_, _ = io.WriteString(w, files[i+1])
	}
	_ = w.Close()
	return b.String()
}

// counts returns those that are not zero.
func counts(s *Summary) string {
	var parts []string
	for _, c := range []struct {
		n    int64
		name string
	}{
		{s.Archives.Imported, "imported"}, {s.Archives.Unchanged, "unchanged"}, {s.Archives.Failed, "failed"},
		{s.Archives.Ignored, "ignored"}, {s.Events.Kept, "kept"}, {s.Events.Filtered, "filtered"},
		{s.Events.Expired, "expired"}, {s.Events.Duplicate, "duplicate"}, {s.Events.Failed, "failed event"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.name))
		}
	}
	return strings.Join(parts, ", ")
}

func TestAPathThatIsNotThereIsAFailureAndTheRestGoesOn(t *testing.T) {
	dir := put(t, map[string]string{"x.json": records(a)})
	missing := filepath.Join(dir, "missing")
	s := newLake(t, storage.CreateEventDataStore{}).ingest(Options{Paths: []string{missing, dir}})
	if got := counts(s); got != "1 imported, 1 failed, 1 kept" || s.Status != "FAILED" {
		t.Errorf("got %s, %s", got, s.Status)
	}
	if want := missing + ": no such file or directory"; len(s.Problems) != 1 || s.Problems[0].String() != want {
		t.Errorf("got %v, want %s", s.Problems, want)
	}
}

func TestSelectorsFilterEventsAsTheyComeIn(t *testing.T) {
	selectors, err := selector.Parse([]byte(`[{"Name":"writes","FieldSelectors":[
		{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	dir := put(t, map[string]string{"x.json": records(
		event("w", today, `,"readOnly":false,"eventCategory":"Management"`),
		event("r", today, `,"readOnly":true,"eventCategory":"Management"`),
		event("d", today, `,"readOnly":false,"eventCategory":"Data"`),
		event("old", longAgo, `,"readOnly":true,"eventCategory":"Management"`),
	)})
	create := storage.CreateEventDataStore{Selectors: selectors}
	if got := counts(newLake(t, create).ingest(Options{Paths: []string{dir}})); got != "1 imported, 1 kept, 2 filtered, 1 expired" {
		t.Errorf("with selectors: %s", got)
	}
	if got := counts(newLake(t, create).ingest(Options{Paths: []string{dir}, IgnoreSelectors: true})); got != "1 imported, 3 kept, 1 expired" {
		t.Errorf("without: %s", got)
	}
}

func TestRetentionFromNewest(t *testing.T) {
	old := put(t, map[string]string{
		"2023/07/08/x.json": records(event("1", "2023-06-01T00:00:00Z"), event("2", "2023-07-08T00:00:00Z")),
		"2023/07/10/x.json": records(event("3", longAgo), event("4", "2023-06-30T00:00:00Z"), event("future", "2027-01-01T00:00:00Z")),
	})
	l := newLake(t, storage.CreateEventDataStore{RetentionDays: 7, RetentionFrom: storage.RetentionFromNewest})
	// The first event sets the measure; later ones raise it, and a day that has expired by then is not kept.
	// An event in the future does not raise it: it would expire all others.
	if got := counts(l.ingest(Options{Paths: []string{old}})); got != "2 imported, 3 kept, 2 expired" {
		t.Errorf("got %s", got)
	}
	store, err := l.lake.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	if got := store.Newest.Format("2006-01-02T15:04:05Z"); got != longAgo {
		t.Errorf("the newest event is of %s", got)
	}
	later := put(t, map[string]string{"x.json": records(event("5", "2023-07-04T00:00:00Z"), event("6", "2023-07-03T00:00:00Z"))})
	if got := counts(l.ingest(Options{Paths: []string{later}})); got != "1 imported, 1 kept, 1 expired" {
		t.Errorf("then: %s", got)
	}
}

// By a clock that is years ahead of the lake's everything has expired. When it is right again, the archive is taken.
func TestAWrongClockLosesNothing(t *testing.T) {
	l := newLake(t, storage.CreateEventDataStore{})
	l.ingest(Options{Paths: []string{put(t, map[string]string{"x": records(a)})}})
	paths := []string{put(t, map[string]string{"y": records(b)})}
	wrong, err := storage.Open(t.Context(), l.dir, storage.Options{Now: func() time.Time { return now.AddDate(14, 0, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	s := (&testLake{t, wrong, l.name, l.dir}).ingest(Options{Paths: paths})
	if err := wrong.Close(); err != nil {
		t.Fatal(err)
	}
	if got := counts(s); got != "1 imported, 1 expired" {
		t.Errorf("by the wrong clock: %s", got)
	}
	if got := counts(l.ingest(Options{Paths: paths})); got != "1 imported, 1 kept" {
		t.Errorf("by the right clock: %s", got)
	}
	if got := counts(l.ingest(Options{Paths: paths})); got != "1 unchanged" {
		t.Errorf("again: %s", got)
	}
}

func TestASecondRunImportsNothing(t *testing.T) {
	logs := t.TempDir()
	written, err := synth.Write(logs, synth.Options{Seed: 3, Events: 2000, Days: 2, Accounts: 2, DuplicatePercent: 5})
	if err != nil {
		t.Fatal(err)
	}
	l := newLake(t, storage.CreateEventDataStore{})
	s := l.ingest(Options{Paths: []string{logs}, Workers: 2})
	if e := s.Events; e.Kept != int64(written.Events) || e.Duplicate != int64(written.Duplicates) || s.Archives.Imported != int64(written.Files) {
		t.Errorf("%+v of %+v", s, written)
	}
	first := l.rows()
	s = l.ingest(Options{Paths: []string{logs}, Workers: 2})
	if got, want := counts(s), fmt.Sprintf("%d unchanged", written.Files); got != want || s.Bytes.Raw != 0 || s.Bytes.Stored != 0 {
		t.Errorf("second run: %s, want %s", got, want)
	}
	if again := l.rows(); !slices.Equal(first, again) {
		t.Errorf("%d rows, then %d", len(first), len(again))
	}
	// The same events in other archives are duplicates.
	texts := map[string]string{"all.json": records(texts(first)...)}
	if got, want := counts(l.ingest(Options{Paths: []string{put(t, texts)}})), fmt.Sprintf("1 imported, %d duplicate", len(first)); got != want {
		t.Errorf("the same events elsewhere: %s, want %s", got, want)
	}
}

func texts(rows []string) (out []string) {
	for _, r := range rows {
		_, text, _ := strings.Cut(r, " ")
		out = append(out, text)
	}
	return out
}

// The data files are the same for any number of workers and any bounds of what may wait between them.
func TestDataFilesDoNotDependOnWorkers(t *testing.T) {
	logs := t.TempDir()
	if _, err := synth.Write(logs, synth.Options{Seed: 5, Events: 1500, Days: 3, Accounts: 3, DuplicatePercent: 10}); err != nil {
		t.Fatal(err)
	}
	for _, grouped := range []int64{0, 200 << 10} {
		var want []string
		for _, run := range []struct {
			workers int
			handed  int64
		}{{1, 0}, {2, 1}, {4, 100 << 10}, {32, 0}} {
			l := newLake(t, storage.CreateEventDataStore{})
			s, err := Run(t.Context(), l.beginWith(storage.ImportOptions{Parallelism: run.workers}),
				Options{Paths: []string{logs}, Workers: run.workers, grouped: grouped, handed: run.handed, commitAfter: 1 << 20})
			if err != nil {
				t.Fatal(err)
			}
			addsUp(t, s)
			got := l.files()
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d workers, groups of %d bytes on their way, of %d waiting: other data files", run.workers, run.handed, grouped)
			}
		}
	}
}

func TestACancelledImportKeepsWhatItReadAndTheNextGoesOn(t *testing.T) {
	logs := t.TempDir()
	written, err := synth.Write(logs, synth.Options{Seed: 5, Events: 2000, Days: 2, Accounts: 2})
	if err != nil {
		t.Fatal(err)
	}
	l := newLake(t, storage.CreateEventDataStore{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := Run(ctx, l.begin(), Options{Paths: []string{logs}, Workers: 2, Progress: func(p Progress) {
		if p.Archives == 10 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || s.Status != "STOPPED" {
		t.Fatalf("%v, %+v", err, s)
	}
	addsUp(t, s)
	part := l.rows()
	if n := int64(len(part)); n == 0 || n != s.Events.Kept || n >= int64(written.Events) {
		t.Errorf("%d rows of %d, %d kept", n, written.Events, s.Events.Kept)
	}
	l.ingest(Options{Paths: []string{logs}, Workers: 2})
	all := l.rows()
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != written.Events || n != len(all) {
		t.Errorf("%d different of %d rows, want %d", n, len(all), written.Events)
	}
}

func TestOneImportAtATime(t *testing.T) {
	l := newLake(t, storage.CreateEventDataStore{})
	im := l.begin()
	if _, err := l.lake.BeginImport(t.Context(), im.Store(), storage.ImportOptions{}); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("a second one: %v", err)
	}
	if err := im.Finish(storage.ImportStopped); err != nil {
		t.Fatal(err)
	}
	if err := l.begin().Finish(storage.ImportStopped); err != nil {
		t.Error(err)
	}
}

// What is too large to be looked at before is known by its content at its end.
func TestStreamedInput(t *testing.T) {
	l := newLake(t, storage.CreateEventDataStore{})
	text := strings.Repeat(" ", wholeFileBytes) + records(a, b)
	ingest := func() *Summary {
		t.Helper()
		return l.ingest(Options{Paths: []string{"-"}, Stdin: strings.NewReader(text)})
	}
	if s := ingest(); counts(s) != "1 imported, 2 kept" || s.Bytes.Compressed != int64(len(text)) {
		t.Errorf("first: %s, %+v", counts(s), s.Bytes)
	}
	if s := ingest(); counts(s) != "1 imported, 2 duplicate" {
		t.Errorf("again: %s", counts(s))
	}
	if s := l.ingest(Options{Paths: []string{filepath.Join(put(t, map[string]string{"x": text}), "x")}}); counts(s) != "1 unchanged" {
		t.Errorf("as a file: %s", counts(s))
	}
}

func TestADryRunCountsAsTheRunDoes(t *testing.T) {
	for _, from := range []storage.RetentionFrom{storage.RetentionFromNow, storage.RetentionFromNewest} {
		l := newLake(t, storage.CreateEventDataStore{RetentionFrom: from, RetentionDays: storage.MinRetentionDays})
		l.ingest(Options{Paths: []string{put(t, map[string]string{"x.json": records(c)})}})
		dir := put(t, map[string]string{"w.json": records(event("o", "2026-02-01T00:00:00Z"), event("p", "2026-03-04T00:00:00Z")), "x.json": records(c), "y.json": records(a, b, c), "z.json": "{"})
		store, err := l.lake.Find(t.Context(), l.name)
		if err != nil {
			t.Fatal(err)
		}
		im, err := l.lake.DryImport(t.Context(), store)
		if err != nil {
			t.Fatal(err)
		}
		dry, err := Run(t.Context(), im, Options{Paths: []string{dir}})
		if err != nil {
			t.Fatal(err)
		}
		addsUp(t, dry)
		if n := len(l.rows()); n != 1 {
			t.Errorf("the dry run left %d rows", n)
		}
		if wet := l.ingest(Options{Paths: []string{dir}}); counts(wet) != counts(dry) || dry.Events.Kept == 0 || dry.Events.Expired == 0 {
			t.Errorf("from %s: dry %s, then %s", from, counts(dry), counts(wet))
		}
	}
}
