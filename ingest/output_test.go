package ingest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
)

// stages is a disk and a file system on which something happens at a stage of an import: when an archive is opened, when
// a data file is created, written, synced or renamed.
type stages struct {
	storage.Disk
	// at is called at each stage, by its name; nil does nothing.
	at atomic.Pointer[func(stage string) error]
}

func (s *stages) stage(name string) error {
	if at := s.at.Load(); at != nil {
		return (*at)(name)
	}
	return nil
}

func (s *stages) Create(name string) (storage.WriteFile, error) {
	if err := s.stage("create"); err != nil {
		return nil, err
	}
	f, err := s.Disk.Create(name)
	return stagedFile{f, s}, err
}

func (s *stages) Rename(from, to string) error {
	if err := s.stage("rename"); err != nil {
		return err
	}
	return s.Disk.Rename(from, to)
}

type stagedFile struct {
	storage.WriteFile
	of *stages
}

func (f stagedFile) Write(p []byte) (int, error) {
	if err := f.of.stage("write"); err != nil {
		return 0, err
	}
	return f.WriteFile.Write(p)
}

func (f stagedFile) Sync() error {
	if err := f.of.stage("sync"); err != nil {
		return err
	}
	return f.WriteFile.Sync()
}

// stagedArchives are the archives of a staged import.
type stagedArchives struct {
	source.Local
	of *stages
}

func (a stagedArchives) Open(ctx context.Context, file source.File) (io.ReadCloser, error) {
	if err := a.of.stage("open"); err != nil {
		return nil, err
	}
	return a.Local.Open(ctx, file)
}

// stagedEvents is how many events stagedLogs have.
const stagedEvents = 500

// stagedLogs returns an archive of three days.
func stagedLogs(t *testing.T) string {
	t.Helper()
	logs := t.TempDir()
	if _, err := synth.Write(logs, synth.Options{Seed: 9, Events: stagedEvents, Days: 3, Accounts: 2}); err != nil {
		t.Fatal(err)
	}
	return logs
}

// stagedLake returns a lake, and an import of logs into it with several commits.
func stagedLake(t *testing.T, logs string) (l *testLake, s *stages, run func(ctx context.Context, progress func(Progress)) (*Summary, error)) {
	t.Helper()
	s = &stages{}
	l = newLakeOn(t, storage.CreateEventDataStore{}, func(d storage.Disk) storage.Disk {
		s.Disk = d
		return s
	})
	return l, s, func(ctx context.Context, progress func(Progress)) (*Summary, error) {
		return Run(ctx, l.beginWith(storage.ImportOptions{Parallelism: 3}), Options{Paths: []string{logs}, Workers: 3,
			Files: stagedArchives{of: s}, Progress: progress, commitAfter: 200 << 10, handed: 1})
	}
}

// completes holds that the lake has whole commits only, and that another import completes the work.
func completes(t *testing.T, l *testLake, run func(context.Context, func(Progress)) (*Summary, error)) {
	t.Helper()
	before := int64(len(l.rows()))
	s, err := run(t.Context(), nil)
	if err != nil || s.Status != "COMPLETED" {
		t.Fatalf("the import after it: %s, %v", s.Status, err)
	}
	rows := l.rows()
	slices.Sort(rows)
	if n := int64(len(slices.Compact(rows))); n != stagedEvents || s.Events.Kept+before != stagedEvents {
		t.Errorf("%d events in the end, %d of the import after it and %d before; the archives have %d", n, s.Events.Kept, before, stagedEvents)
	}
}

// noGoroutineLeft waits until there are as many goroutines as before.
func noGoroutineLeft(t *testing.T, before int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(deadline) {
			all := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, all[:runtime.Stack(all, true)])
		}
	}
}

// A fault at any stage, and a panic, ends the import with an error that says what it was.
func TestAFaultAtAnyStageEndsTheImport(t *testing.T) {
	logs := stagedLogs(t)
	for _, stage := range []string{"create", "write", "sync", "rename", "open"} {
		for _, panics := range []bool{false, true} {
			if stage == "open" && !panics {
				continue // that is the archive's failure, not the import's
			}
			t.Run(fmt.Sprintf("%s, panic %v", stage, panics), func(t *testing.T) {
				l, s, run := stagedLake(t, logs)
				before := runtime.NumGoroutine()
				var n atomic.Int64
				at := func(name string) error {
					if name != stage || n.Add(1) != 2 {
						return nil
					}
					if panics {
						panic("on purpose")
					}
					return syscall.ENOSPC
				}
				s.at.Store(&at)
				sum, err := run(t.Context(), nil)
				s.at.Store(nil)
				switch {
				case sum.Status != "FAILED":
					t.Errorf("%s, %v", sum.Status, err)
				case panics && !strings.Contains(fmt.Sprint(err), "a fault in ctlake: on purpose"):
					t.Errorf("the error does not name the panic: %v", err)
				case !panics && !errors.Is(err, syscall.ENOSPC):
					t.Errorf("the error is not that of the disk: %v", err)
				}
				noGoroutineLeft(t, before)
				completes(t, l, run)
			})
		}
	}
}

// When the context ends, at whatever stage, what was handed on is committed, and the next import goes on from there.
func TestAnImportIsCancelledAtAnyStage(t *testing.T) {
	logs := stagedLogs(t)
	for _, stage := range []string{"open", "taken in", "create", "write", "sync", "rename"} {
		t.Run(stage, func(t *testing.T) {
			l, s, run := stagedLake(t, logs)
			before := runtime.NumGoroutine()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var n atomic.Int64
			at := func(name string) error {
				if name == stage && n.Add(1) == 2 {
					cancel()
				}
				return nil
			}
			s.at.Store(&at)
			sum, err := run(ctx, func(Progress) { _ = at("taken in") })
			s.at.Store(nil)
			if !errors.Is(err, context.Canceled) || sum.Status != "STOPPED" {
				t.Errorf("%s, %v", sum.Status, err)
			}
			if n := int64(len(l.rows())); n != sum.Events.Kept {
				t.Errorf("%d events are there, %d were kept", n, sum.Events.Kept)
			}
			noGoroutineLeft(t, before)
			completes(t, l, run)
		})
	}
}

// A fault of what orders and builds records ends the import, too; groups behind it are dropped.
func TestAFaultOfABuilder(t *testing.T) {
	l := newLake(t, storage.CreateEventDataStore{})
	im := l.begin()
	collector := record.NewCollector(schema.Events)
	text := event("e1", today)
	var s record.Scanner
	if _, err := s.Scan([]byte(text), true); err != nil {
		t.Fatal(err)
	}
	collector.Read([]byte(text), &s)
	if err := collector.Append([]byte(text), sha256.Sum256([]byte(text)), "a.json"); err != nil {
		t.Fatal(err)
	}
	piece := hold(collector.Take())
	day := storage.DayOf(now.UnixMilli(), true)
	group := func(row int32) *group { return &group{day: day, records: []groupedRecord{{piece, row}}} }
	faults := make(chan error, 1)
	out := newOutput(im, 2, 1, func(err error) { faults <- err })
	if err := out.hand(group(0), 100); err != nil {
		t.Fatal(err)
	}
	_ = out.hand(group(7), 100) // there is no such record
	fault := <-faults
	if !strings.Contains(fault.Error(), "a fault in ctlake: ") {
		t.Errorf("got %v", fault)
	}
	if err := out.hand(group(0), 100); err != fault {
		t.Errorf("handed on after it: %v", err)
	}
	if err := out.drain(); err != fault {
		t.Errorf("drained: %v", err)
	}
	out.close(nil)
	if err := im.Finish(storage.ImportFailed); err != nil {
		t.Error(err)
	}
	if rows := l.rows(); len(rows) > 0 {
		t.Errorf("%d rows", len(rows))
	}
}
