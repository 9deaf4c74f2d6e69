package main

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/synth"
)

// killable is a command that changes a lake, and how one knows that it did all of it or nothing.
type killable struct {
	name    string
	now     string
	prepare []string // commands before it, words parted by blanks; LAKE and DIR stand for folders
	command string
	// again is what a rerun after one that was done already may complain of; "" if it must not complain.
	again string
}

const ingestTime = "2026-03-20T00:00:00Z"

var killables = []killable{
	{name: "merging", now: ingestTime, command: "store optimize"},
	{name: "retention", now: "2026-03-24T00:00:00Z", prepare: []string{"store update trail --retention-days 9"}, command: "retention run"},
	{name: "deletion", now: ingestTime, prepare: []string{"store update trail --no-termination-protection"}, command: "store delete trail",
		again: "InactiveEventDataStoreException"},
	{name: "restoring", now: ingestTime, prepare: []string{"store update trail --no-termination-protection", "store delete trail"}, command: "store restore trail",
		again: "InvalidEventDataStoreStatusException"},
	{name: "removal", now: "2026-03-27T00:00:01Z", prepare: []string{"store update trail --no-termination-protection", "store delete trail"}, command: "retention run"},
	{name: "import of a store", now: "2026-03-27T00:00:01Z", prepare: []string{"store export trail DIR/trail.tar", "store update trail --no-termination-protection", "store delete trail",
		"--now 2026-03-27T00:00:01Z retention run"}, command: "store import DIR/trail.tar", again: "EventDataStoreAlreadyExistsException"},
}

// words splits a command, and puts folders in.
func words(text, dir string) []string { return strings.Fields(strings.ReplaceAll(text, "DIR", dir)) }

// state says what there is to see in a lake: a hash over all events, or that there is no store, or that it waits for its removal.
func state(t *testing.T, lake, now string) string {
	t.Helper()
	status, _, stderr := inProcess(t, "--lake", lake, "--now", now, "query", "SELECT count(*) FROM trail")
	switch {
	case status == exitDone:
		return fingerprintAt(t, lake, now)
	case strings.Contains(string(stderr), "InactiveEventDataStoreException"):
		return "pending deletion"
	case strings.Contains(string(stderr), "does not exist"):
		return "no store"
	}
	t.Fatalf("query: status %d\n%s", status, stderr)
	return ""
}

// Killed at any moment, what changes a lake has done all of it or nothing; run again, it completes.
func TestOperationsKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds; go test without -short runs it")
	}
	seed := *killSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-kill-seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	filled := filepath.Join(t.TempDir(), "lake")
	for i := range uint64(3) { // several files a day
		logs := filepath.Join(t.TempDir(), "logs")
		if _, err := synth.Write(logs, synth.Options{Seed: i + 10, Events: 800, Days: 4, Accounts: 2}); err != nil {
			t.Fatal(err)
		}
		ingestAll(t, filled, logs)
	}
	times := max(1, *kills/2) // of each; with -kills 40 they are 200 with those of ingest
	for _, k := range killables {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			template := filepath.Join(dir, "lake")
			copyLake(t, filled, template)
			for _, c := range k.prepare {
				succeed(t, template, words(c, dir)...)
			}
			calm := filepath.Join(t.TempDir(), "lake")
			copyLake(t, template, calm)
			before := state(t, calm, k.now)
			took := undisturbed(t, calm, append([]string{"--now", k.now}, words(k.command, dir)...)...)
			want := state(t, calm, k.now)
			early, late := 0, 0
			for killed := 0; killed < times && late < 20*times; {
				lake := filepath.Join(t.TempDir(), "lake")
				copyLake(t, template, lake)
				cmd := program(t, lake, append([]string{"--now", k.now}, words(k.command, dir)...)...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(random.Int64N(int64(took))))
				_ = cmd.Process.Kill() // it may have ended
				if cmd.Wait() == nil {
					late++ // it was done already
					continue
				}
				killed++
				succeed(t, lake, "check", "--deep")
				got := state(t, lake, k.now)
				if got != before && got != want {
					t.Errorf("there is %s, neither %s nor %s", got, before, want)
				}
				if got == before {
					early++
				}
				status, _, stderr := inProcess(t, append([]string{"--lake", lake, "--now", k.now}, words(k.command, dir)...)...)
				if status != exitDone && (k.again == "" || got != want || !strings.Contains(string(stderr), k.again)) {
					t.Errorf("again: status %d\n%s", status, stderr)
				}
				if got := state(t, lake, k.now); got != want {
					t.Errorf("in the end there is %s, not %s", got, want)
				}
				succeed(t, lake, "--now", k.now, "retention", "run")
				if out := string(succeed(t, lake, "check", "--deep")); strings.Count(out, "\n") != 1 {
					t.Errorf("in the end the check says:\n%s", out)
				}
			}
			t.Logf("%d of %d runs were killed before they had done it; an undisturbed one takes %v", early, times, took)
		})
	}
}

// copyLake copies a lake that nobody uses.
func copyLake(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.Mkdir(filepath.Join(to, name), 0o700)
		}
		content, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(filepath.Join(to, name), content, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
}
