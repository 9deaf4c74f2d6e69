package ingest

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/ingest/digest"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
)

// signedTrail writes a small trail with digest files into a new folder, and returns it with the keys to verify them.
// The signature of the newest digest file of each chain lies beside it.
func signedTrail(t *testing.T) (dir string, keys *digest.Keys) {
	t.Helper()
	dir = put(t, map[string]string{})
	const account = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/09/111122223333_CloudTrail_eu-west-1_20260309T"
	for i, at := range []string{"0805Z_aaaaaaaaaaaaaaaa", "0810Z_bbbbbbbbbbbbbbbb", "0905Z_cccccccccccccccc"} {
		write(t, filepath.Join(dir, account+at+".json.gz"), gzipped(records(event(fmt.Sprint("e", i), "2026-03-09T08:00:00Z"))))
	}
	signer, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, newest, err := synth.WriteDigests(dir, "logs", "trail", "us-east-1", signer)
	if err != nil {
		t.Fatal(err)
	}
	metadata, err := newest[0].DigestMetadata()
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, newest[0].Key+".metadata.json"), metadata)
	text, err := synth.PublicKeys(&signer.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	keys = &digest.Keys{}
	if err := keys.Add(text); err != nil {
		t.Fatal(err)
	}
	return dir, keys
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// find returns the one file below dir whose name contains part.
func find(t *testing.T, dir, part string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), part) {
			found = path
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("no %s: %v", part, err)
	}
	return found
}

// integrity says what the summary counts, and what the store knows of some archives.
func (l *testLake) integrity(s *Summary, archives ...string) string {
	l.t.Helper()
	snapshot := l.snapshot()
	known, err := snapshot.Integrity(l.t.Context())
	if err != nil {
		l.t.Fatal(err)
	}
	text := fmt.Sprintf("%d/%d digests, %d/%d logs,", s.Integrity.Digests.Valid, s.Integrity.Digests.Found, s.Integrity.Logs.Valid, s.Integrity.Logs.Listed)
	for _, v := range slices.Sorted(maps.Keys(s.Integrity.Archives)) {
		text += fmt.Sprintf(" %d %s", s.Integrity.Archives[v], v)
	}
	for _, a := range archives {
		v, ok := known.Of(a)
		if !ok {
			v = "NULL"
		}
		text += "; " + string(v)
	}
	return text
}

func (l *testLake) holds(got, want string) {
	l.t.Helper()
	if got != want {
		l.t.Errorf("%s, want %s", got, want)
	}
}

func TestVerifyDigests(t *testing.T) {
	dir, keys := signedTrail(t)
	a, b, c := find(t, dir, "aaaa"), find(t, dir, "bbbb"), find(t, dir, "cccc")
	l := newLake(t, storage.CreateEventDataStore{})
	o := Options{Paths: []string{dir}, Workers: 2}
	plain := l.ingest(o)
	if plain.Integrity != nil {
		t.Error("verified without being asked")
	}
	o.VerifyDigests = true
	l.holds(l.integrity(l.ingest(o), a, b, c), "0/3 digests, 0/3 logs, 3 UNSIGNED; UNSIGNED; UNSIGNED; UNSIGNED")
	o.PublicKeys = keys
	s := l.ingest(o)
	l.holds(l.integrity(s, a, b, c), "3/3 digests, 3/3 logs, 3 VALID; VALID; VALID; VALID")
	if !s.Integrity.Proven() || s.Archives.Imported != 0 {
		t.Errorf("%+v", s)
	}

	// What nobody says anything about keeps the verdict that it has, and what was never seen has none.
	other := o
	other.Paths = []string{b}
	s = l.ingest(other)
	l.holds(l.integrity(s, b, "nowhere"), "0/0 digests, 0/0 logs, 1 NOT_COVERED; VALID; NULL")
	if s.Integrity.Proven() {
		t.Error("proven without digest files")
	}

	// A copy elsewhere is the same archive.
	copied := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	other.Paths = []string{copied}
	l.holds(l.integrity(l.ingest(other), a, find(t, copied, "aaaa")), "3/3 digests, 3/3 logs, 3 VALID; VALID; NULL")

	// An archive that was changed and changed back: its events may be of either.
	good, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	write(t, a, gzipped(records(event("forged", "2026-03-09T08:00:00Z"))))
	s = l.ingest(o)
	l.holds(l.integrity(s, a, b, c), "3/3 digests, 2/3 logs, 1 INVALID 2 VALID; INVALID; VALID; VALID")
	failures, err := l.lake.ImportFailures(t.Context(), s.ImportID, 0, 10)
	if err != nil || len(failures) != 1 || failures[0].Kind != storage.FailureOfIntegrity || failures[0].Path != a {
		t.Errorf("%+v %v", failures, err)
	}
	write(t, a, good)
	l.holds(l.integrity(l.ingest(o), a, b, c), "3/3 digests, 3/3 logs, 3 VALID; INVALID; VALID; VALID")
}

// What broke off is no archive that was imported, but events come from it.
func TestVerifyDigestsOfParts(t *testing.T) {
	dir, keys := signedTrail(t)
	a, b := find(t, dir, "aaaa"), find(t, dir, "bbbb")
	good, err := os.ReadFile(a)
	if err != nil {
		t.Fatal(err)
	}
	write(t, a, []byte(records(event("e9", "2026-03-09T08:00:00Z"))+`{"Records":[{`))
	l := newLake(t, storage.CreateEventDataStore{})
	o := Options{Paths: []string{dir}, VerifyDigests: true, PublicKeys: keys, To: now.AddDate(0, 0, -1)}
	s := l.ingest(o)
	if s.Events.Kept != 3 || s.Archives.Failed != 1 {
		t.Errorf("%s", counts(s))
	}
	l.holds(l.integrity(s, a, b), "3/3 digests, 2/3 logs, 1 INVALID 2 VALID; INVALID; VALID")
	write(t, a, good)
	l.holds(l.integrity(l.ingest(o), a, b), "3/3 digests, 3/3 logs, 3 VALID; INVALID; VALID")
}

func TestVerifyDigestsInsideAnArchive(t *testing.T) {
	dir, keys := signedTrail(t)
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	evidence := filepath.Join(t.TempDir(), "evidence.tar.gz")
	write(t, evidence, gzipped(packed.String()))
	rel, err := filepath.Rel(dir, find(t, dir, "aaaa"))
	if err != nil {
		t.Fatal(err)
	}
	l := newLake(t, storage.CreateEventDataStore{})
	s := l.ingest(Options{Paths: []string{evidence}, VerifyDigests: true, PublicKeys: keys})
	l.holds(l.integrity(s, evidence+memberSign+filepath.ToSlash(rel), evidence), "3/3 digests, 3/3 logs, 1 NOT_COVERED 3 VALID; VALID; NULL") // and the metadata
}

// tarOf returns a tar of files, one behind the other, of which several may have one name.
func tarOf(t *testing.T, files ...[2]string) []byte {
	t.Helper()
	var packed bytes.Buffer
	w := tar.NewWriter(&packed)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o600, Size: int64(len(f[1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(f[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// Of two files with one name nobody can tell from which an event is: the worse verdict counts.
func TestVerifyDigestsOfNamesakes(t *testing.T) {
	dir, keys := signedTrail(t)
	genuine := records(event("e0", "2026-03-09T08:00:00Z"))
	forged := records(event("forged", "2026-03-09T08:00:00Z"))
	f := func(name, first, second, want string) {
		t.Helper()
		l := newLake(t, storage.CreateEventDataStore{})
		evidence := filepath.Join(t.TempDir(), "evidence.tar")
		write(t, evidence, tarOf(t, [2]string{name, first}, [2]string{name, second}))
		s := l.ingest(Options{Paths: []string{dir, evidence}, VerifyDigests: true, PublicKeys: keys})
		l.holds(l.integrity(s, evidence+memberSign+name), want)
		if proven := !strings.Contains(want, "INVALID"); s.Integrity.Proven() != proven {
			t.Errorf("%s: proven: %t", name, !proven)
		}
	}
	f("a.json", genuine, forged, "3/3 digests, 3/3 logs, 1 NOT_COVERED 4 VALID; NOT_COVERED")
	f("a.json", forged, genuine, "3/3 digests, 3/3 logs, 1 NOT_COVERED 4 VALID; NOT_COVERED")
	name := filepath.Base(find(t, dir, "aaaa"))
	f(name, genuine, forged, "3/3 digests, 3/3 logs, 1 INVALID 4 VALID; INVALID")
	f(name, forged, genuine, "3/3 digests, 3/3 logs, 1 INVALID 4 VALID; INVALID")
}

// A folder may have a name as if it were an archive.
func TestVerifyDigestsOfFoldersLikeArchives(t *testing.T) {
	dir, keys := signedTrail(t)
	evidence := filepath.Join(dir, "evidence.tar")
	write(t, evidence, tarOf(t, [2]string{"a/b.json", records(event("e0", "2026-03-09T08:00:00Z"))}))
	l := newLake(t, storage.CreateEventDataStore{})
	o := Options{Paths: []string{dir}, VerifyDigests: true, PublicKeys: keys}
	of := evidence + memberSign + "a/b.json"
	l.holds(l.integrity(l.ingest(o), of), "3/3 digests, 3/3 logs, 4 VALID; VALID")
	write(t, evidence+"!/a/b.json", []byte(records(event("forged", "2026-03-09T08:00:00Z"))))
	l.ingest(Options{Paths: []string{evidence + "!"}})
	snapshot := l.snapshot()
	known, err := snapshot.Integrity(t.Context())
	if v, ok := known.Of(of); ok || err != nil {
		t.Errorf("%s %v, but no content of that name was verified", v, err)
	}
	l.holds(l.integrity(l.ingest(o), of), "3/3 digests, 3/3 logs, 1 NOT_COVERED 4 VALID; NOT_COVERED")
}

// A digest file that says the same over and over takes little room as a file, and much in memory.
func TestVerifyDigestsOfManyLogFiles(t *testing.T) {
	dir, keys := signedTrail(t)
	const end = `{"digestS3Bucket":"b","digestS3Object":"o","digestStartTime":"2026-03-02T12:00:00Z","digestEndTime":"2026-03-02T13:00:00Z","logFiles":[`
	listed := fmt.Sprintf(`{"s3Object":"a/b","hashValue":"%064d"},`, 0)
	write(t, filepath.Join(dir, "bomb.json.gz"), gzipped(end+strings.TrimSuffix(strings.Repeat(listed, 10_000), ",")+"]}"))
	l := newLake(t, storage.CreateEventDataStore{})
	s := l.ingest(Options{Paths: []string{dir}, VerifyDigests: true, PublicKeys: keys})
	l.holds(l.integrity(s), "3/4 digests, 3/3 logs, 3 VALID")
	if f := s.Integrity.Findings; len(f) != 1 || !strings.Contains(f[0].Reason, "it names 10000 log files: more than ") {
		t.Errorf("%+v", f)
	}
}

func TestVerifyDigestsDry(t *testing.T) {
	dir, keys := signedTrail(t)
	l := newLake(t, storage.CreateEventDataStore{})
	store, err := l.lake.Find(t.Context(), l.name)
	if err != nil {
		t.Fatal(err)
	}
	im, err := l.lake.DryImport(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), im, Options{Paths: []string{dir}, VerifyDigests: true, PublicKeys: keys})
	if err != nil {
		t.Fatal(err)
	}
	l.holds(l.integrity(s, find(t, dir, "aaaa")), "3/3 digests, 3/3 logs, 3 VALID; NULL")
}

// Events in what looks like a digest file, or like its metadata, are as unproven as any others.
func TestVerifyDigestsThatHoldEvents(t *testing.T) {
	dir, keys := signedTrail(t)
	forged := `{"digestStartTime":"a","Records":[` + event("f", "2026-03-09T08:00:00Z") + `]}`
	a, b := filepath.Join(dir, "forged.json"), filepath.Join(dir, "forged.metadata.json")
	write(t, a, []byte(forged))
	write(t, b, []byte(strings.Replace(forged, `"f"`, `"g"`, 1)))
	l := newLake(t, storage.CreateEventDataStore{})
	s := l.ingest(Options{Paths: []string{dir}, VerifyDigests: true, PublicKeys: keys})
	if s.Events.Kept != 5 {
		t.Errorf("%s", counts(s))
	}
	l.holds(l.integrity(s, a, b), "3/4 digests, 3/3 logs, 2 NOT_COVERED 3 VALID; NOT_COVERED; NOT_COVERED")
}
