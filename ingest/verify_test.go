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
