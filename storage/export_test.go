package storage

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/laketest"
	"github.com/ctlake/ctlake/storage/orc"
)

// exportable is a lake with a store that has all kinds of rows.
func exportable(t *testing.T) *clockedLake {
	t.Helper()
	l := newClockedLake(t)
	store, err := l.Create(t.Context(), CreateEventDataStore{Name: "trail", RetentionDays: 7, Tags: []Tag{{"team", "é"}}})
	if err != nil {
		t.Fatal(err)
	}
	l.ingested("trail", testEvent{id: "old", day: -2}, testEvent{id: "middle", day: -1}, testEvent{id: "new"}, testEvent{id: "timeless", noTime: true})
	im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1, Sources: []string{"logs"}})
	if err != nil {
		t.Fatal(err)
	}
	im.Failed(ImportFailure{Path: "logs/x", Offset: 7, Pointer: "/Records/0", Reason: "no JSON"})
	im.ArchiveDone(ImportedArchive{Digest: [32]byte{1}, Path: "logs/y", Events: 2})
	if err := errors.Join(im.Commit(t.Context(), &ImportCounts{Read: 3, Kept: 2, Failed: 1}), im.Finish(ImportFailed)); err != nil {
		t.Fatal(err)
	}
	l.clock = noon.AddDate(0, 0, 6)
	if r := l.retained(RetainOptions{}); len(r.Purges) != 1 {
		t.Fatalf("%+v", r)
	}
	return l
}

// dumped returns the rows of a store, as they are exported.
func dumped(t *testing.T, l *Lake, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "dump")
	if _, err := l.Export(t.Context(), name, dir); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, exportCatalog))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExportAndImport(t *testing.T) {
	l := exportable(t)
	want := l.visible("trail")
	for _, name := range []string{"trail.tar", "folder"} {
		to := filepath.Join(t.TempDir(), name)
		e, err := l.Export(t.Context(), "trail", to)
		if err != nil || e.Files != 3 || e.Events != 3 {
			t.Fatalf("%+v, %v", e, err)
		}
		if _, err := l.Export(t.Context(), "trail", to); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over what is there: %v", err)
		}
		if left, err := filepath.Glob(filepath.Join(filepath.Dir(to), ".*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
		nobodyElse(t, filepath.Dir(to))
		other := clockedLakeIn(t, laketest.Dir(t))
		other.clock = l.clock
		store, err := other.ImportStore(t.Context(), to, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := other.visible("trail"); !slices.Equal(got, want) {
			t.Errorf("%v is visible, not %v", got, want)
		}
		if found, _ := checked(t, other.Lake, CheckOptions{Deep: true}); found != "" {
			t.Error(found)
		}
		if was, is := dumped(t, l.Lake, "trail"), dumped(t, other.Lake, "trail"); was != is {
			t.Errorf("the rows are\n%s\nwere\n%s", is, was)
		}
		// It is the store that it was: an archive is not imported again, a removed day does not come back.
		im, err := other.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
		if err != nil {
			t.Fatal(err)
		}
		if known, err := im.Imported(t.Context(), [32]byte{1}); !known || err != nil || !im.Expired(testEvent{day: -2}.millis()) {
			t.Errorf("the archive is known: %v, %v", known, err)
		}
		if err := im.Finish(ImportCompleted); err != nil {
			t.Fatal(err)
		}
		for what, name := range map[string]string{"again": "", "under another name": "new"} {
			if _, err := other.ImportStore(t.Context(), to, name); exception(err) != string(ErrExists) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if got := other.visible("trail"); !slices.Equal(got, want) {
			t.Errorf("then: %v is visible", got)
		}
		third := newClockedLake(t)
		third.clock = l.clock
		third.with("Trail", StatusEnabled, true)
		if _, err := third.ImportStore(t.Context(), to, ""); exception(err) != string(ErrExists) {
			t.Errorf("a name that is taken: %v", err)
		}
		if found, _ := checked(t, third.Lake, CheckOptions{}); found != "" {
			t.Errorf("a refused import leaves\n%s", found)
		}
		if store, err := third.ImportStore(t.Context(), to, "second"); err != nil || store.Name != "second" {
			t.Errorf("%+v, %v", store, err)
		}
	}
}

// The rows as they are written: other versions must read them.
func TestTheRowsOfAnExport(t *testing.T) {
	text := dumped(t, exportable(t).Lake, "trail")
	text = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).ReplaceAllString(text, "U")
	text = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(text, "S")
	text = regexp.MustCompile(`[0-9A-Z]{26}`).ReplaceAllString(text, "F")
	text = regexp.MustCompile(`"(Bytes|Stored)":\d+`).ReplaceAllString(text, `"$1":0`)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	slices.Sort(lines[1:3]) // the imports began at the same time
	for i, want := range []string{
		`{"Store":{"ID":"U","Name":"trail","ARN":"arn:aws:cloudtrail:us-east-1:000000000000:eventdatastore/U","Status":"ENABLED","Kind":"CloudTrail","Selectors":"[]",` +
			`"BillingMode":"EXTENDABLE_RETENTION_PRICING","RetentionDays":7,"RetentionFrom":"now","TerminationProtection":true,"MultiRegion":true,"Organization":false,` +
			`"Tags":[{"Key":"team","Value":"é"}],"Created":"2026-03-10T12:00:00Z","Updated":"2026-03-10T12:00:00Z","Newest":"2026-03-10T12:00:00Z",` +
			`"Deleted":"0001-01-01T00:00:00Z","RestoredStatus":"","Floor":1773014400000,"HasFloor":true}}`,
		``,
		`{"Import":{"ID":"U","StoreID":"U","Status":"FAILED","Sources":["logs"],"Started":"2026-03-10T12:00:00Z","Finished":"2026-03-10T12:00:00Z",` +
			`"Counts":{"Read":3,"Kept":2,"Filtered":0,"Expired":0,"Duplicate":0,"Failed":1},"ArchiveCounts":{"Found":0,"Imported":0,"Unchanged":0,"Failed":0,"Ignored":0},` +
			`"ByteCounts":{"Compressed":0,"Raw":0,"Stored":0}}}`,
		`{"Failure":{"ImportID":"U","Number":1,"Path":"logs/x","Offset":7,"Pointer":"/Records/0","Code":"","Reason":"no JSON"}}`,
		`{"Archive":{"StoreID":"U","ImportID":"U","Digest":"S","Path":"logs/y","CompressedBytes":0,"RawBytes":0,"Events":2}}`,
		`{"File":{"ID":"F","StoreID":"U","ImportID":"U","Path":"stores/U/calendarday=__HIVE_DEFAULT_PARTITION__/F.orc","CalendarDay":0,"Rows":1,"Bytes":0,"RawBytes":1,` +
			`"MinEventTime":0,"MaxEventTime":0,"HasEventTime":false,"Checksum":"S","Statistics":null,"Created":"2026-03-10T12:00:00Z"}}`,
	} {
		if want != "" && lines[i] != want {
			t.Errorf("row %d:\n%s\nwant\n%s", i, lines[i], want)
		}
	}
	if len(lines) != 9 || !strings.HasPrefix(lines[8], `{"Purge":{"ID":1,"StoreID":"U","StoreName":"trail","At":"2026-03-16T12:00:00Z","CalendarDay":20260308,`) {
		t.Errorf("%d rows: %s", len(lines), lines[len(lines)-1])
	}
}

// entry is a file in a tar that a test makes.
type entry struct {
	tar.Header
	content []byte
}

// entries reads an exported store.
func entries(t *testing.T, path string) (all []entry) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{*h, content})
	}
}

// summed writes the list of sums anew, as one would who forges an export.
func summed(all []entry) []entry {
	var sums bytes.Buffer
	for _, e := range all[:len(all)-1] {
		sum := sha256.Sum256(e.content)
		fmt.Fprintf(&sums, "%s  %s\n", hex.EncodeToString(sum[:]), e.Name)
	}
	all[len(all)-1].content = sums.Bytes()
	return all
}

// Whatever is not as it was exported is refused, and leaves nothing.
func TestHostileExports(t *testing.T) {
	source := exportable(t)
	path := filepath.Join(t.TempDir(), "trail.tar")
	if _, err := source.Export(t.Context(), "trail", path); err != nil {
		t.Fatal(err)
	}
	replaced := func(i int, from, to string) func(all []entry) []entry {
		return func(all []entry) []entry {
			changed := bytes.Replace(all[i].content, []byte(from), []byte(to), 1)
			if bytes.Equal(changed, all[i].content) {
				t.Fatalf("%q is not in %s", from, all[i].content)
			}
			all[i].content = changed
			return summed(all)
		}
	}
	named := func(name string) func(all []entry) []entry {
		return func(all []entry) []entry { all[1].Name = name; return summed(all) }
	}
	const data, rows = 1, 4
	for _, c := range []struct {
		name   string
		change func(all []entry) []entry
		want   string
	}{
		{"as it is", func(all []entry) []entry { return all }, ""},
		{"written anew", summed, ""},
		{"a changed bit", func(all []entry) []entry { all[data].content[100] ^= 1; return all }, "SHA-256"},
		{"a changed bit with its sum", func(all []entry) []entry { all[data].content[100] ^= 1; return summed(all) }, "SHA-256"},
		{"a changed row", func(all []entry) []entry {
			all[rows].content = bytes.Replace(all[rows].content, []byte(`"RetentionDays":7`), []byte(`"RetentionDays":9`), 1)
			return all
		}, "SHA256SUMS"},
		{"upwards", named("../../etc/passwd"), "does not belong"},
		{"upwards within", named("calendarday=20260310/../../x.orc"), "does not belong"},
		{"absolute", named("/etc/passwd"), "does not belong"},
		{"another file", named("catalog.db"), "does not belong"},
		{"another day", named("calendarday=20260311/01KKBSWHG0YR9FPJGCTJA1BCT0.orc"), "missing"},
		{"a link", func(all []entry) []entry {
			all[data].Typeflag, all[data].Linkname, all[data].content = tar.TypeSymlink, "/etc/passwd", nil
			return all
		}, "no plain file"},
		{"a hard link", func(all []entry) []entry {
			all[data].Typeflag, all[data].Linkname, all[data].content = tar.TypeLink, "/etc/passwd", nil
			return all
		}, "no plain file"},
		{"twice", func(all []entry) []entry { return slices.Insert(all, 2, all[data]) }, "is there twice"},
		{"one missing", func(all []entry) []entry { return slices.Delete(all, 2, 3) }, "missing"},
		{"cut short", func(all []entry) []entry { return all[:4] }, "too early"},
		{"without sums", func(all []entry) []entry { return all[:5] }, "too early"},
		{"more behind", func(all []entry) []entry { return append(all, all[0]) }, "more behind"},
		{"empty", func([]entry) []entry { return nil }, "too early"},
		{"no head", func(all []entry) []entry { return all[1:] }, "does not begin"},
		{"a newer version", replaced(0, `"version": 1`, `"version": 2`), "it has version 2, this ctlake knows 1"},
		{"no version", replaced(0, `"version": 1`, `"version": 0`), "version 0"},
		{"another format", replaced(0, "ctlake event", "other event"), "does not say"},
		{"a path as ID", func(all []entry) []entry {
			all[0].content = regexp.MustCompile(`"storeId": "[^"]*"`).ReplaceAll(all[0].content, []byte(`"storeId": "../../../x"`))
			return summed(all)
		}, "of the store"},
		{"another number of files", replaced(0, `"files": 3`, `"files": 2`), "3 data files, not 2"},
		{"a short name", replaced(rows, `"Name":"trail"`, `"Name":"t"`), "invalid store name"},
		{"an odd period", replaced(rows, `"RetentionDays":7`, `"RetentionDays":99999`), "invalid retention period"},
		{"an odd status", replaced(rows, `"Status":"ENABLED"`, `"Status":"X"`), "the store is X"},
		{"odd selectors", replaced(rows, `"Selectors":"[]"`, `"Selectors":"{"`), "selectors"},
		{"odd tags", replaced(rows, `"Key":"team"`, `"Key":"aws:x"`), "aws:"},
		{"a path that leads out", replaced(rows, `/calendarday=20260309/`, `/../x/`), "missing"},
		{"wrong rows", replaced(rows, `"CalendarDay":20260309,"Rows":1`, `"CalendarDay":20260309,"Rows":2`), "1 rows where the catalog says 2"},
		{"a wrong day", replaced(rows, `"CalendarDay":20260309`, `"CalendarDay":20260308`), "another name or day"},
		{"no rows", func(all []entry) []entry { all[rows].content = nil; return summed(all) }, "has no store"},
		{"no JSON", func(all []entry) []entry { all[rows].content = []byte("x\n"); return summed(all) }, "catalog.jsonl"},
		{"an empty row", func(all []entry) []entry {
			all[rows].content = append(all[rows].content, "{}\n"...)
			return summed(all)
		}, "empty"},
		{"the store last", func(all []entry) []entry {
			lines := bytes.SplitAfter(all[rows].content, []byte("\n"))
			slices.Reverse(lines[:len(lines)-1])
			all[rows].content = bytes.Join(lines, nil)
			return summed(all)
		}, "comes first"},
	} {
		all := c.change(entries(t, path))
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, e := range all {
			h := e.Header
			h.Size = int64(len(e.content))
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(e.content); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		from := filepath.Join(t.TempDir(), "x.tar")
		if err := os.WriteFile(from, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		l := newClockedLake(t)
		l.clock = source.clock
		_, err := l.ImportStore(t.Context(), from, "")
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err == nil {
			continue
		}
		if stores, err := l.EventDataStores(t.Context()); len(stores) > 0 || err != nil {
			t.Errorf("%s: there are stores: %v", c.name, err)
		}
		if left, err := filepath.Glob(filepath.Join(l.Dir(), storesName, "*")); len(left) > 0 || err != nil {
			t.Errorf("%s: left behind: %v", c.name, left)
		}
	}
	// What is no tar, and a folder with a link in it.
	garbage, folder := filepath.Join(t.TempDir(), "garbage.tar"), filepath.Join(t.TempDir(), "folder")
	if err := os.WriteFile(garbage, bytes.Repeat([]byte("garbage "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := source.Export(t.Context(), "trail", folder); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(filepath.Join(folder, exportCatalog)), os.Symlink("/etc/passwd", filepath.Join(folder, exportCatalog))); err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{garbage, folder, t.TempDir()} {
		if _, err := newClockedLake(t).ImportStore(t.Context(), from, ""); !errors.Is(err, ErrExport) {
			t.Errorf("%s: %v", from, err)
		}
	}
	if _, err := newClockedLake(t).ImportStore(t.Context(), filepath.Join(folder, "none"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

// A damaged file cannot be exported, nor copied but by a link, and the name of the export stays free.
func TestExportOfDamage(t *testing.T) {
	l := exportable(t)
	f := l.files(must(l.Find(t.Context(), "trail")))[1]
	l.alter(f.Path, func(b []byte) []byte { b[50] ^= 1; return b })
	dir := t.TempDir()
	for _, name := range []string{"trail.tar", "folder"} {
		if _, err := l.Export(t.Context(), "trail", filepath.Join(dir, name)); !errors.Is(err, orc.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := l.Copy(t.Context(), filepath.Join(t.TempDir(), "copy"), CopyOptions{Bytes: true}); !errors.Is(err, orc.ErrCorrupt) {
		t.Errorf("a copy: %v", err)
	}
	if _, err := l.Export(t.Context(), "none", filepath.Join(dir, "x")); exception(err) != string(ErrNotFound) {
		t.Errorf("no store: %v", err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// A lake is copied while an import is under way and files wait for readers; the copy shows the last commit.
func TestCopyOfALakeInUse(t *testing.T) {
	dir := laketest.Dir(t)
	l, reader := clockedLakeIn(t, dir), clockedLakeIn(t, dir)
	store := l.manySmall("trail")
	if _, err := reader.Snapshot(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	if r, err := l.Optimize(t.Context(), "", OptimizeOptions{}); err != nil || r.Waiting == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	want := l.visible("trail")
	im, err := l.BeginImport(t.Context(), store, ImportOptions{Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	e := testEvent{id: "later"}
	if err := im.Write(DayOf(e.millis(), true), batchOf([]testEvent{e}), 1, nil); err != nil {
		t.Fatal(err)
	}
	for _, o := range []CopyOptions{{}, {Bytes: true}} {
		to := filepath.Join(laketest.Dir(t), "copy")
		c, err := l.Copy(t.Context(), to, o)
		if err != nil || c.Stores != 1 || c.Files != 3 || o.Bytes && c.Linked > 0 {
			t.Fatalf("%+v, %v", c, err)
		}
		nobodyElse(t, to)
		copied := clockedLakeIn(t, to)
		if got := copied.visible("trail"); !slices.Equal(got, want) {
			t.Errorf("%v is visible in the copy, not %v", got, want)
		}
		if found, _ := checked(t, copied.Lake, CheckOptions{Deep: true}); found != "" {
			t.Error(found)
		}
		copied.ingested("trail", testEvent{id: "of the copy"})
		if _, err := l.Copy(t.Context(), to, o); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over it: %v", err)
		}
		// What goes in the one stays in the other.
		copied.clock = noon.AddDate(0, 0, 30)
		copied.retained(RetainOptions{})
		if got := l.visible("trail"); !slices.Equal(got, want) {
			t.Errorf("%v is visible in the lake", got)
		}
		contents(t, l.Lake, "trail")
	}
	if err := errors.Join(im.Commit(t.Context(), &ImportCounts{}), im.Finish(ImportCompleted)); err != nil {
		t.Fatal(err)
	}
}

// nobodyElse holds that nothing below a folder can be read by others.
func nobodyElse(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// An export that is cancelled leaves nothing.
func TestAnExportIsCancelled(t *testing.T) {
	l := exportable(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Export(ctx, "trail", filepath.Join(dir, "x.tar")); err == nil {
		t.Error("no error")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What an export says of itself.
func TestTheHeadOfAnExport(t *testing.T) {
	l := exportable(t)
	dir := filepath.Join(t.TempDir(), "folder")
	want, err := l.Export(t.Context(), "trail", dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, exportHead))
	if err != nil {
		t.Fatal(err)
	}
	var got Export
	if err := json.Unmarshal(text, &got); err != nil || got != *want || !got.Exported.Equal(l.clock) {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}
