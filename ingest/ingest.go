// Package ingest imports archives into an event data store.
//
//	walk ──► workers ──► sequencer ──► storage.Import ──► day files ──► commit
//	         (open, hash,   (in the order of the walk:
//	          decompress,    duplicates, split by day,
//	          scan, select,  counts)
//	          build columns)
//
// Workers run side by side, each on an archive of its own; the sequencer takes what
// they made in the order of the walk. So the same archives give the same rows in the
// same order, with any number of workers. Memory is bounded: each archive under way
// holds at most piecesAhead pieces, and at most twice as many archives as workers are
// under way.
package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
	"github.com/ctlake/ctlake/storage/vector"
)

const (
	piecesAhead = 2
	// commitBytes is after how much JSON text what was imported is committed, at the end of an archive.
	commitBytes = 1 << 30
	// commitArchives is after how many archives, whatever they hold.
	commitArchives = 20_000
)

// Options say what to import and how.
type Options struct {
	// Paths are files and folders.
	Paths []string
	// Workers is how many archives are read at once; 0 means one.
	Workers int
	// IgnoreSelectors takes every event, whatever the store's selectors say.
	IgnoreSelectors bool
	// Stdin, if not nil, is what the path "-" means.
	Stdin io.Reader
	// Again reads archives that were imported before, too.
	Again bool
	// Limits bound what archives may expand to; zero fields take format.DefaultLimits.
	Limits format.Limits
	// Progress, if not nil, is called from the sequencer as things go on.
	Progress func(Progress)
}

// Progress says how far an import is.
type Progress struct {
	Archives, ArchivesTotal int64
	Bytes, BytesTotal       int64 // of the files
	Events                  int64 // read
}

// Counts of archives and events, as the summary prints them.
type (
	// Archives counts files: found = imported + unchanged + failed + ignored.
	Archives struct {
		Found     int64 `json:"found"`
		Imported  int64 `json:"imported"`
		Unchanged int64 `json:"unchanged"`
		Failed    int64 `json:"failed"`
		Ignored   int64 `json:"ignored"`
	}
	// Events counts records: read = kept + filtered + expired + duplicate + failed.
	Events struct {
		Read      int64 `json:"read"`
		Kept      int64 `json:"kept"`
		Filtered  int64 `json:"filtered"`
		Expired   int64 `json:"expired"`
		Duplicate int64 `json:"duplicate"`
		Failed    int64 `json:"failed"`
	}
	// Bytes counts what was read and what was written.
	Bytes struct {
		Compressed int64 `json:"compressed"`
		Raw        int64 `json:"raw"`
		Stored     int64 `json:"stored"`
	}
	// StoreName is how the summary names the store.
	StoreName struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
)

// Problem is a file, or a record of it, that was not imported. Ignored files hold no CloudTrail records.
type Problem struct {
	Path    string
	Offset  int64 // in the decompressed text; negative if the file could not be read at all
	Pointer string
	Reason  string
	Ignored bool
}

// String returns the problem as a line for people.
func (p Problem) String() string {
	if p.Ignored {
		at := ""
		if p.Pointer != "" {
			at = fmt.Sprintf(" (%s)", p.Pointer)
		}
		return p.Path + at + ": ignored: " + p.Reason
	}
	if p.Offset < 0 {
		return p.Path + ": " + p.Reason
	}
	at := fmt.Sprintf("%s: byte %d", p.Path, p.Offset)
	if p.Pointer != "" {
		at += " (" + p.Pointer + ")"
	}
	return at + ": " + p.Reason
}

// Summary is the outcome of an import.
type Summary struct {
	ImportID      string    `json:"importId"`
	Store         StoreName `json:"store"`
	Status        string    `json:"status"`
	Archives      Archives  `json:"archives"`
	Events        Events    `json:"events"`
	Bytes         Bytes     `json:"bytes"`
	ElapsedMillis int64     `json:"elapsedMillis"`
	// DryRun says that nothing was written.
	DryRun bool `json:"dryRun,omitempty"`
	// Forms counts what was read by the form in which it was, by name; of a dry run only.
	Forms []Form `json:"forms,omitempty"`
	// Problems lists failures and ignored files, in the order of the walk, up to maxProblems; Unlisted counts the rest.
	Problems []Problem `json:"-"`
	Unlisted int64     `json:"-"`
}

// Form counts the archives of one form, and the records in them.
type Form struct {
	Name     string `json:"form"`
	Archives int64  `json:"archives"`
	Events   int64  `json:"events"`
}

// maxProblems bounds the problems that a summary lists; the catalog has all of them.
const maxProblems = 10_000

// Run imports archives into the store of im, and ends im. What was committed before an
// error or the end of ctx stays; the summary counts all that was looked at. Files and
// records that fail do not make Run fail: see Summary.Problems.
func Run(ctx context.Context, im *storage.Import, o Options) (*Summary, error) {
	start := time.Now()
	s := &sequencer{im: im, options: o, digests: map[[32]byte]bool{}}
	store := im.Store()
	s.sum = Summary{ImportID: im.ID(), Store: StoreName{store.ID, store.Name}, DryRun: im.Dry()}
	err := s.run(ctx)
	if errors.Is(err, context.Canceled) {
		// What was written so far is good: the next run goes on from here.
		err = errors.Join(err, s.commit(context.WithoutCancel(ctx)))
	}
	status := storage.ImportCompleted
	switch {
	case errors.Is(err, context.Canceled):
		status = storage.ImportStopped
	case err != nil, s.sum.Archives.Failed > 0 || s.sum.Events.Failed > 0:
		status = storage.ImportFailed
	}
	s.sum.Status = string(status)
	err = errors.Join(err, im.Finish(status))
	s.sum.Bytes.Stored = im.StoredBytes()
	s.sum.ElapsedMillis = time.Since(start).Milliseconds()
	return &s.sum, err
}

type sequencer struct {
	im      *storage.Import
	options Options
	sum     Summary
	total   int64 // bytes of all files
	files   int64
	digests map[[32]byte]bool
	// Since the last commit:
	bytes, archives int64
}

func (s *sequencer) run(ctx context.Context) error {
	sources, unreadable := walk(s.options.Paths, s.options.Stdin)
	for _, u := range unreadable {
		s.sum.Archives.Found++
		s.sum.Archives.Failed++
		s.problem(Problem{Path: u.path, Offset: -1, Reason: u.err.Error()})
		s.im.Failed(storage.ImportFailure{Path: u.path, Offset: -1, Reason: u.err.Error()})
	}
	s.files = int64(len(sources))
	for _, src := range sources {
		s.total += src.size
	}
	var program *selector.Program
	if selectors := s.im.Store().Selectors; len(selectors) > 0 && !s.options.IgnoreSelectors {
		var err error
		if program, err = selector.Compile(selectors); err != nil {
			return err
		}
	}
	// Cancelling on return makes workers stop; then all of them are waited for.
	ctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel(nil)

	workers := max(s.options.Workers, 1)
	queue := make(chan *archive)
	order := make(chan *archive, 2*workers)
	wg.Go(func() {
		defer close(order)
		defer close(queue)
		for _, src := range sources {
			a := &archive{source: src, pieces: make(chan *piece, piecesAhead)}
			select {
			case order <- a:
			case <-ctx.Done():
				return
			}
			select {
			case queue <- a:
			case <-ctx.Done():
				close(a.pieces)
				return
			}
		}
	})
	for range workers {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					cancel(fmt.Errorf("a fault in ctlake: %v\n%s", p, debug.Stack()))
				}
			}()
			w := newWorker(ctx, s.im, program, s.options)
			for a := range queue {
				w.run(a)
			}
		})
	}
	for a := range order {
		if err := s.archive(ctx, a); err != nil {
			return err
		}
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return s.commit(ctx)
}

// archive takes in one archive, in the order of the walk.
func (s *sequencer) archive(ctx context.Context, a *archive) error {
	repeated, first := false, true
	var kept, duplicate, expired int64
	for p := range a.pieces {
		if first {
			repeated, first = !a.streamed && s.digests[a.digest], false
		}
		if repeated {
			continue
		}
		k, d, e, err := s.piece(p)
		if err != nil {
			return err
		}
		kept, duplicate, expired = kept+k, duplicate+d, expired+e
	}
	sum := &s.sum
	if err := context.Cause(ctx); err != nil {
		// The archive was not read to its end: what came of it counts, but it is no archive found.
		sum.Events.Read += kept + duplicate + expired
		sum.Events.Kept += kept
		sum.Events.Duplicate += duplicate
		sum.Events.Expired += expired
		return err
	}
	sum.Archives.Found++
	s.archives++
	if a.state == imported && s.digests[a.digest] {
		a.state = unchanged
	}
	switch a.state {
	case unchanged:
		sum.Archives.Unchanged++
	case ignored:
		sum.Archives.Ignored++
		s.problem(Problem{Path: a.path, Reason: a.reason, Ignored: true})
	case imported, failedArchive:
		sum.Events.Read += a.read
		sum.Events.Kept += kept
		sum.Events.Duplicate += duplicate
		sum.Events.Expired += a.expired + expired
		sum.Events.Filtered += a.filtered
		sum.Events.Failed += a.failed
		sum.Bytes.Raw += a.raw
		s.bytes += a.raw
		for _, f := range a.failures {
			s.failure(a, f)
		}
		for _, f := range a.passed {
			s.problem(Problem{Path: memberPath(a.path, f.Member), Offset: f.Offset, Pointer: f.Pointer, Reason: f.Reason, Ignored: true})
		}
		if a.state == failedArchive {
			sum.Archives.Failed++
			if a.read > 0 {
				s.form(a)
			}
			if a.err != nil {
				s.failure(a, a.err)
			}
			break
		}
		sum.Archives.Imported++
		s.form(a)
		s.digests[a.digest] = true
		if a.known {
			break
		}
		s.im.ArchiveDone(storage.ImportedArchive{Digest: a.digest, Path: a.path, CompressedBytes: a.size, RawBytes: a.raw, Events: a.read})
	}
	sum.Bytes.Compressed += a.size
	if s.options.Progress != nil {
		s.options.Progress(Progress{Archives: sum.Archives.Found, ArchivesTotal: s.files, Bytes: sum.Bytes.Compressed, BytesTotal: s.total, Events: sum.Events.Read})
	}
	if s.bytes >= commitBytes || s.archives >= commitArchives {
		return s.commit(ctx)
	}
	return nil
}

func (s *sequencer) commit(ctx context.Context) error {
	s.bytes, s.archives = 0, 0
	e := &s.sum.Events
	a, b := s.sum.Archives, s.sum.Bytes
	counts := storage.ImportCounts{
		Read: e.Read, Kept: e.Kept, Filtered: e.Filtered, Expired: e.Expired, Duplicate: e.Duplicate, Failed: e.Failed,
		Imported: a.Imported, Unchanged: a.Unchanged, FailedArchives: a.Failed, Ignored: a.Ignored,
		CompressedBytes: b.Compressed, RawBytes: b.Raw,
	}
	err := s.im.Commit(ctx, &counts)
	e.Kept, e.Expired = counts.Kept, counts.Expired
	return err
}

// form counts the archive under the form of its records.
func (s *sequencer) form(a *archive) {
	if !s.sum.DryRun {
		return
	}
	i, found := slices.BinarySearchFunc(s.sum.Forms, a.form, func(f Form, name string) int { return cmp.Compare(f.Name, name) })
	if !found {
		s.sum.Forms = slices.Insert(s.sum.Forms, i, Form{Name: a.form})
	}
	s.sum.Forms[i].Archives++
	s.sum.Forms[i].Events += a.read
}

// failure lists a part of an archive that could not be used, in the catalog too.
func (s *sequencer) failure(a *archive, e *format.Error) {
	p := Problem{Path: memberPath(a.path, e.Member), Offset: e.Offset, Pointer: e.Pointer, Reason: e.Reason}
	s.problem(p)
	s.im.Failed(storage.ImportFailure{Path: p.Path, Offset: p.Offset, Pointer: p.Pointer, Reason: p.Reason})
}

func (s *sequencer) problem(p Problem) {
	if len(s.sum.Problems) >= maxProblems {
		s.sum.Unlisted++
		return
	}
	s.sum.Problems = append(s.sum.Problems, p)
}

// piece hands the rows that are new to the files of their days.
func (s *sequencer) piece(p *piece) (kept, duplicate, expired int64, err error) {
	days := make([]storage.Day, len(p.rows))
	keep := make([]int32, 0, len(p.rows))
	oneDay := true
	for i, r := range p.rows {
		switch {
		case r.hasTime && s.im.Expired(r.millis):
			expired++
		case !s.im.FirstSeen(r.key):
			duplicate++
		default:
			days[i] = storage.DayOf(r.millis, r.hasTime)
			if len(keep) > 0 && days[i] != days[keep[0]] {
				oneDay = false
			}
			keep = append(keep, int32(i))
			if r.hasTime {
				s.im.SawTime(r.millis)
			}
		}
	}
	kept = int64(len(keep))
	if kept == 0 {
		return kept, duplicate, expired, nil
	}
	share := func(rows []int32) int64 { return p.bytes * int64(len(rows)) / int64(len(p.rows)) }
	if oneDay {
		return kept, duplicate, expired, s.im.Write(days[keep[0]], gather(p.batch, keep), share(keep))
	}
	byDay := map[storage.Day][]int32{}
	for _, i := range keep {
		byDay[days[i]] = append(byDay[days[i]], i)
	}
	order := make([]storage.Day, 0, len(byDay))
	for day := range byDay {
		order = append(order, day)
	}
	slices.Sort(order)
	for _, day := range order {
		if err := s.im.Write(day, gather(p.batch, byDay[day]), share(byDay[day])); err != nil {
			return kept, duplicate, expired, err
		}
	}
	return kept, duplicate, expired, nil
}

func gather(b *vector.Batch, rows []int32) *vector.Batch {
	if len(rows) == b.N {
		return b
	}
	out := &vector.Batch{N: len(rows)}
	for _, c := range b.Columns {
		out.Columns = append(out.Columns, vector.Gather(c, rows))
	}
	return out
}
