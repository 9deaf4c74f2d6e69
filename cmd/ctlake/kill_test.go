package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
)

var (
	kills    = flag.Int("kills", 2, "how often to kill ingest on fresh lakes, and again on one; half as often each other command that changes a lake")
	killSeed = flag.Uint64("kill-seed", 0, "when to kill; 0 takes the time")
)

// program returns ctlake, run by this test binary.
func program(t *testing.T, lake string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append([]string{"--lake", lake, "--now", ingestTime}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// succeed runs ctlake and returns its stdout.
func succeed(t *testing.T, lake string, args ...string) []byte {
	t.Helper()
	status, stdout, stderr := inProcess(t, append([]string{"--lake", lake, "--now", ingestTime}, args...)...)
	if status != exitDone {
		t.Fatalf("ctlake %s: status %d\n%s", strings.Join(args, " "), status, stderr)
	}
	return stdout
}

// undisturbed runs ctlake as a process, and returns how long it took.
func undisturbed(t *testing.T, lake string, args ...string) time.Duration {
	t.Helper()
	start := time.Now()
	if out, err := program(t, lake, args...).CombinedOutput(); err != nil {
		t.Fatalf("ctlake %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return time.Since(start)
}

// fingerprint returns the number of events in a lake, and a hash over all columns of them.
func fingerprint(t *testing.T, lake string) string {
	t.Helper()
	return fingerprintAt(t, lake, ingestTime)
}

func fingerprintAt(t *testing.T, lake, now string) string {
	t.Helper()
	rows := succeed(t, lake, "--now", now, "query", `SELECT * FROM trail ORDER BY eventid, recipientaccountid`, "--output", "jsonl")
	return fmt.Sprintf("%d events, %x", bytes.Count(rows, []byte("\n")), sha256.Sum256(rows))
}

// counted is what the summary of an ingest says.
type counted struct {
	Archives struct{ Found, Imported, Unchanged, Failed int64 }
	Events   struct{ Read, Kept, Duplicate int64 }
}

func ingestAll(t *testing.T, lake, logs string) (c counted) {
	t.Helper()
	text := succeed(t, lake, "ingest", logs, "--store", "trail", "--output", "json")
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// whole holds that a rerun after kills ends with the events of an undisturbed run.
func whole(t *testing.T, lake, logs, want string) {
	t.Helper()
	ingestAll(t, lake, logs)
	if got := fingerprint(t, lake); got != want {
		t.Errorf("after the rerun: %s, want %s", got, want)
	}
	if c := ingestAll(t, lake, logs); c.Archives.Unchanged != c.Archives.Found || c.Events.Read != 0 {
		t.Errorf("a further run: %+v", c)
	}
	l, err := storage.Open(t.Context(), lake, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	store, err := l.Find(t.Context(), "trail")
	if err != nil {
		t.Fatal(err)
	}
	snapshot, err := l.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range snapshot.Files {
		known[f.Path] = true
	}
	err = filepath.WalkDir(filepath.Join(lake, "stores"), func(path string, d fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(lake, path); err == nil && !d.IsDir() && !known[filepath.ToSlash(name)] {
			t.Errorf("%s is left behind", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// kill starts an ingest and kills it after a while; it reports whether it was still running.
func kill(t *testing.T, lake, logs string, after time.Duration) bool {
	t.Helper()
	cmd := program(t, lake, "ingest", logs, "--store", "trail", "--output", "json")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may have ended
	err := cmd.Wait()
	return err != nil
}

func TestKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-kill-seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	logs := filepath.Join(t.TempDir(), "logs")
	if _, err := synth.Write(logs, synth.Options{Seed: 2, Events: 4000, Days: 4, Accounts: 3, DuplicatePercent: 5}); err != nil {
		t.Fatal(err)
	}
	calm := filepath.Join(t.TempDir(), "lake")
	took := undisturbed(t, calm, "ingest", logs, "--store", "trail")
	want := fingerprint(t, calm)

	moment := func() time.Duration { return time.Duration(random.Int64N(int64(took))) }
	killed, late := 0, 0
	for killed < *kills && late < 10**kills {
		lake := filepath.Join(t.TempDir(), "lake")
		if !kill(t, lake, logs, moment()) {
			late++ // it was done already
			continue
		}
		killed++
		whole(t, lake, logs, want)
	}
	if killed < *kills {
		t.Errorf("only %d of %d runs were killed before their end", killed, killed+late)
	}
	lake, again := filepath.Join(t.TempDir(), "lake"), 0
	for range *kills {
		if kill(t, lake, logs, moment()/2) {
			again++
		}
	}
	whole(t, lake, logs, want)
	t.Logf("%d runs on fresh lakes and %d on one lake were killed; an undisturbed one takes %v", killed, again, took)
}
