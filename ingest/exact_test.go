package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/laketest"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// What TestNothingIsLostNothingComesTwice runs over; the figures of a large run:
//
//	go test ./ingest -run Nothing -v -timeout 2h -args -exact.events 1000000 -exact.kills 50
var (
	exactEvents = flag.Int("exact.events", 1_000, "events of the archive")
	exactKills  = flag.Int("exact.kills", 2, "how often an import is killed")
	childLake   = flag.String("child.lake", "", "import into this lake, as the process that is killed")
	childLogs   = flag.String("child.logs", "", "… this archive")
)

// exactCommitBytes makes imports commit often, so that there is something to resume from.
func exactCommitBytes() int64 { return int64(*exactEvents) * 1400 / 10 }

// rowsDigest does not depend on the order of rows.
type rowsDigest struct {
	n   int64
	sum [4]uint64
}

func (d *rowsDigest) add(text []byte) {
	sum := sha256.Sum256(text)
	d.n++
	for i := range d.sum {
		d.sum[i] += binary.LittleEndian.Uint64(sum[8*i:])
	}
}

// digestOfArchive reads the archive with the standard library: day and compact text of each record.
func digestOfArchive(t *testing.T, logs string) (d rowsDigest, paths []string) {
	t.Helper()
	err := filepath.WalkDir(logs, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		paths = append(paths, path)
		file, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		z, err := gzip.NewReader(bytes.NewReader(file))
		if err != nil {
			return err
		}
		var archive struct{ Records []json.RawMessage }
		if err := json.NewDecoder(z).Decode(&archive); err != nil {
			return err
		}
		for _, record := range archive.Records {
			var compact bytes.Buffer
			var event struct{ EventTime time.Time }
			if err := errors.Join(json.Compact(&compact, record), json.Unmarshal(record, &event)); err != nil {
				return err
			}
			d.add(fmt.Appendf(nil, "%s %s", event.EventTime.Format("20060102"), compact.Bytes()))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, paths
}

// digestsOfStore returns the digest of day and eventjson, and that of all columns but _archive.
func digestsOfStore(t *testing.T, l *storage.Lake) (texts, all rowsDigest) {
	t.Helper()
	store, err := l.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := l.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range snapshot.Files {
		file, err := snapshot.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range file.Stripes() {
			stripe, err := file.Stripe(i)
			if err != nil {
				t.Fatal(err)
			}
			var columns []vector.Vector
			var json vector.View[string]
			for _, c := range schema.Events.Columns {
				reader, err := stripe.Column([]string{c.Name})
				if err != nil {
					t.Fatal(err)
				}
				v, err := reader.Read(0, stripe.Rows())
				if err != nil {
					t.Fatal(err)
				}
				switch c.Name {
				case schema.EventJSON:
					json = vector.ViewOf[string](v)
				case schema.Archive:
				default:
					columns = append(columns, v)
				}
			}
			var row []byte
			for r := range stripe.Rows() {
				texts.add(fmt.Appendf(row[:0], "%d %s", f.Day.Calendar(), json.Get(r)))
				row = append(row[:0], json.Get(r)...)
				for _, c := range columns {
					row = append(row, 0)
					if !c.Nulls().Has(r) {
						row = vector.AppendText(append(row, 1), c, r)
					}
				}
				all.add(row)
			}
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return texts, all
}

// exactLake opens the lake in dir, which it makes if it is not there.
func exactLake(t *testing.T, dir string) *storage.Lake {
	t.Helper()
	l, err := storage.Open(t.Context(), dir, storage.Options{Create: true, Now: func() time.Time { return now.AddDate(1, 0, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Find(t.Context(), "trail"); errors.Is(err, storage.ErrNotFound) {
		_, err := l.Create(t.Context(), storage.CreateEventDataStore{Name: "trail", RetentionFrom: storage.RetentionFromNewest, RetentionDays: storage.MaxRetentionDays})
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func exactImport(t *testing.T, l *storage.Lake, workers int, paths ...string) *Summary {
	t.Helper()
	store, err := l.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	im, err := l.BeginImport(t.Context(), store, storage.ImportOptions{Parallelism: workers})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Run(t.Context(), im, Options{Paths: paths, Workers: workers, commitAfter: exactCommitBytes()})
	if err != nil {
		t.Fatal(err)
	}
	addsUp(t, s)
	return s
}

// However an archive comes in, the store has each of its events once, and holds the same in every column.
func TestNothingIsLostNothingComesTwice(t *testing.T) {
	logs := filepath.Join(t.TempDir(), "logs")
	if _, err := synth.Write(logs, synth.Options{Events: *exactEvents, Days: 30, Accounts: 10, Seed: 11, EventsPerFile: max(20, *exactEvents/2500)}); err != nil {
		t.Fatal(err)
	}
	want, paths := digestOfArchive(t, logs)
	if want.n != int64(*exactEvents) {
		t.Fatalf("%d events were generated", want.n)
	}
	random := rand.New(rand.NewPCG(1, 2))
	shuffled := func(paths []string) []string {
		out := append([]string(nil), paths...)
		random.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out
	}
	var reference rowsDigest
	check := func(name string, run func(t *testing.T, dir string)) {
		t.Run(name, func(t *testing.T) {
			dir := laketest.Dir(t)
			run(t, dir)
			l := exactLake(t, dir)
			defer func() {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}()
			texts, all := digestsOfStore(t, l)
			if texts != want {
				t.Errorf("%d rows %x; the archive has %d %x", texts.n, texts.sum, want.n, want.sum)
			}
			if reference.n == 0 {
				reference = all
			}
			if all != reference {
				t.Errorf("columns %x; the first import gave %x", all.sum, reference.sum)
			}
		})
	}
	with := func(workers int, runs ...[]string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			l := exactLake(t, dir)
			defer func() {
				if err := l.Close(); err != nil {
					t.Error(err)
				}
			}()
			for _, paths := range runs {
				exactImport(t, l, workers, paths...)
			}
		}
	}
	check("one worker", with(1, []string{logs}))
	check("two workers", with(2, []string{logs}))
	check("four workers", with(4, []string{logs}))
	check("shuffled", with(2, shuffled(paths)))
	check("in halves, shuffled, which overlap", with(2, shuffled(paths[:2*len(paths)/3]), shuffled(paths[len(paths)/3:])))
	check("files repeated", with(4, shuffled(append(paths[:len(paths):len(paths)], repacked(t, paths)...))))
	check("killed", func(t *testing.T, dir string) { killed(t, dir, logs, random) })
}

// repacked returns copies of each third file, in other bytes but of the same text.
func repacked(t *testing.T, paths []string) (copies []string) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(paths); i += 3 {
		file, err := os.ReadFile(paths[i])
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.json.gz", i))
		var nothing bytes.Buffer
		z := gzip.NewWriter(&nothing) // a member without text
		if err := errors.Join(z.Close(), os.WriteFile(path, append(file, nothing.Bytes()...), 0o600)); err != nil {
			t.Fatal(err)
		}
		copies = append(copies, path)
	}
	return copies
}

// killed lets another process import, kills it at a random moment, and lets the next one go on.
func killed(t *testing.T, dir, logs string, random *rand.Rand) {
	t.Helper()
	began := time.Now()
	if err := importOfChild(t.Context(), t.TempDir(), logs, 0); err != nil {
		t.Fatal(err)
	}
	whole := time.Since(began)
	died := 0
	for range *exactKills {
		if importOfChild(t.Context(), dir, logs, time.Duration(random.Int64N(int64(whole)))) != nil {
			died++
		}
	}
	t.Logf("killed %d of %d times within %s", died, *exactKills, whole)
	if err := importOfChild(t.Context(), dir, logs, 0); err != nil {
		t.Fatal(err)
	}
}

// importOfChild runs an import as a process of its own, and kills it after a while unless that is 0.
func importOfChild(ctx context.Context, dir, logs string, after time.Duration) error {
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestImportOfAChild$", "-exact.events", fmt.Sprint(*exactEvents),
		"-child.lake", dir, "-child.logs", logs)
	var out bytes.Buffer
	child.Stdout, child.Stderr = &out, &out
	if err := child.Start(); err != nil {
		return err
	}
	if after > 0 {
		defer time.AfterFunc(after, func() { _ = child.Process.Kill() }).Stop()
	}
	if err := child.Wait(); err != nil {
		return fmt.Errorf("%w: %s", err, out.Bytes())
	}
	return nil
}

// TestImportOfAChild is what importOfChild runs.
func TestImportOfAChild(t *testing.T) {
	if *childLake == "" {
		t.Skip("it is for a process of its own")
	}
	l := exactLake(t, *childLake)
	exactImport(t, l, 2, *childLogs)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
