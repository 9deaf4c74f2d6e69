// Package ingest imports archives into an event data store.
//
//	walk ──► workers ──► sequencer ──► groups ──► builders ──► writer ──► storage.Import ──► commit
//	         (open, hash,   (in the order  (of one    (put into   (in the    (compresses and
//	          decompress,    of the walk:   day)       an order,   order of   seals beside)
//	          scan, select)  duplicates,               columns     groups)
//	                         counts)                   built)
//
// Workers run side by side, each on an archive of its own; the sequencer takes what they made in the order of
// the walk, and only decides. Groups are built side by side, and written in their order by one goroutine for each
// store; chunks are compressed and data files sealed beside it. No stage waits for a later one but where what is
// between them is full; a commit waits for all. So the same archives give the same data files, with any number of
// workers. Memory is bounded: each archive under way holds at most piecesAhead pieces, at most twice as many
// archives as workers are under way, groups hold at most maxGroupedBytes, whole pieces counted, and those on their
// way to the writer handedBytes and handedWorkerBytes for each worker; package storage has bounds of its own.
package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/ctlake/ctlake/ingest/digest"
	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/selector"
)

const (
	piecesAhead = 2
	// commitBytes is after how much JSON text what was imported is committed, within an archive, too.
	commitBytes = 1 << 30
	// partBytes is how much of an archive must have come for a commit within it.
	partBytes = 64 << 20
	// commitArchives is after how many archives, whatever they hold.
	commitArchives = 20_000
)

// Options say what to import and how.
type Options struct {
	// Paths are files and folders, and s3://bucket/prefix.
	Paths []string
	// Files is where local paths lie; nil is the file system. Buckets is where s3:// paths lie;
	// nil is nowhere: they are local ones then.
	Files, Buckets source.Files
	// From and To bound the events that are taken, by eventTime: From is included, To is not. Folders of
	// trails that were delivered at other times are not looked into. Zero times are no bounds.
	From, To time.Time
	// Workers is how many archives are read at once; 0 means one.
	Workers int
	// IgnoreSelectors takes every event, whatever the store's selectors say.
	IgnoreSelectors bool
	// Stdin, if not nil, is what the path "-" means.
	Stdin io.Reader
	// Watch goes on after the last archive with those that are new or have changed, until ctx ends.
	Watch bool
	// VerifyDigests verifies the archives by CloudTrail's digest files among them, after they were imported;
	// PublicKeys are what signatures are verified with, nil is none.
	VerifyDigests bool
	PublicKeys    *digest.Keys
	// Again reads archives that were imported before, too.
	Again bool
	// Format is the name of the one form of records that is taken, of format.Forms; "" is any. What has another is a failure.
	Format string
	// Limits bound what archives may expand to; zero fields take format.DefaultLimits.
	Limits format.Limits
	// For tests: after how many bytes of JSON text to commit, also within an archive, and bounds of all stores together; 0 is commitBytes,
	// partBytes, maxGroupedBytes, handedBytes and maxDoubtfulBytes.
	commitAfter, part, grouped, handed, doubted int64
	// Note, if not nil, is told what people may want to know while things go on. It may be called beside Progress.
	Note func(text string)
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
		// Conflicting are those of Kept whose ID and recipient account another event has, that says something else.
		Conflicting int64 `json:"conflicting,omitempty"`
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
	// Unstored counts records of kinds that no store of the import takes, by kind, in order. They
	// are among the filtered ones.
	Unstored []Unstored `json:"unstored,omitempty"`
	// OtherKind counts those filtered ones that are no events of the store's kind.
	OtherKind int64 `json:"-"`
	// OutOfRange counts those filtered ones that happened at other times than were asked for.
	OutOfRange int64 `json:"-"`
	// Forms counts what was read by the form in which it was, by name; of a dry run only.
	Forms []Form `json:"forms,omitempty"`
	// Integrity is what the verification by digest files found; nil if there was none.
	Integrity *Integrity `json:"integrity,omitempty"`
	// Problems lists failures and ignored files, in the order of the walk, up to MaxProblems of each; Unlisted counts further failures.
	Problems []Problem `json:"-"`
	Unlisted int64     `json:"-"`
}

// Form counts the archives of one form, and the records in them.
type Form struct {
	Name     string `json:"form"`
	Archives int64  `json:"archives"`
	Events   int64  `json:"events"`
}

// Unstored counts records of a kind of event data store.
type Unstored struct {
	Kind   string `json:"kind"`
	Events int64  `json:"events"`
}

// MaxProblems bounds the failures that a summary lists, and the ignored files; the catalog has all failures.
const MaxProblems = 10_000

// Run imports archives into the store of im, and ends im. What was committed before an
// error or the end of ctx stays; the summary counts all that was looked at. Files and
// records that fail do not make Run fail: see Summary.Problems.
func Run(ctx context.Context, im *storage.Import, o Options) (*Summary, error) {
	summaries, err := RunAll(ctx, []*storage.Import{im}, o)
	return summaries[0], err
}

// RunAll is Run into several stores in one pass: each takes of every archive what its kind and its
// selectors take, independently of the others. There is a summary for each; all tell the same problems.
func RunAll(ctx context.Context, imports []*storage.Import, o Options) ([]*Summary, error) {
	start := time.Now()
	s := &sequencer{options: o, digests: map[[32]byte]bool{}, unstored: map[string]int64{}, committed: start, tended: start}
	if o.VerifyDigests {
		s.verified = map[[32]byte]bool{}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	summaries, stores := make([]*Summary, len(imports)), int64(len(imports))
	for i, im := range imports {
		store := im.Store()
		summaries[i] = &Summary{ImportID: im.ID(), Store: StoreName{store.ID, store.Name}, DryRun: im.Dry()}
		s.imports = append(s.imports, im)
		out := newOutput(im, o.Workers, cmp.Or(o.handed, handedBytes+handedWorkerBytes*int64(o.Workers))/stores, cancel)
		s.sinks = append(s.sinks, &sink{im: im, sum: summaries[i], out: out, groups: newGroups(out, cmp.Or(o.grouped, maxGroupedBytes)/stores), mayDoubt: cmp.Or(o.doubted, maxDoubtfulBytes) / stores})
	}
	err := s.run(ctx, cancel)
	if err == nil && o.VerifyDigests {
		err = s.verify(ctx)
	}
	if errors.Is(err, context.Canceled) {
		// What was written so far is good: the next run goes on from here.
		err = errors.Join(err, s.commit(context.WithoutCancel(ctx)))
	}
	status := storage.ImportCompleted
	switch {
	case errors.Is(err, context.Canceled):
		status = storage.ImportStopped
	case err != nil, s.failed:
		status = storage.ImportFailed
	}
	for _, k := range s.sinks {
		k.out.close(err)
		k.sum.Status = string(status)
		err = errors.Join(err, k.im.Finish(status))
		k.sum.Bytes.Stored = k.im.StoredBytes()
		k.sum.ElapsedMillis = time.Since(start).Milliseconds()
		k.sum.Problems, k.sum.Unlisted = s.problems, s.unlisted
		for _, kind := range schema.Kinds {
			if n := s.unstored[kind]; n > 0 {
				k.sum.Unstored = append(k.sum.Unstored, Unstored{kind, n})
			}
		}
	}
	return summaries, err
}

// sequencer takes what the workers made in the order of the walk.
type sequencer struct {
	imports []*storage.Import
	sinks   []*sink
	options Options
	// Of all stores:
	problems []Problem
	unlisted int64
	ignored  int  // problems that are none: files that hold no events
	failed   bool // an archive or a record
	unstored map[string]int64
	total    int64 // bytes of all files
	files    int64
	digests  map[[32]byte]bool
	sources  []file
	// verified are the contents that digest files are to say something about; nil if nothing is verified.
	verified map[[32]byte]bool
	// Since the last commit:
	bytes, archives int64
	committed       time.Time
	// Since the stores were looked after:
	commits int
	tended  time.Time
}

// sink is a store that is imported into.
type sink struct {
	im     *storage.Import
	sum    *Summary
	groups *groups
	out    *output
	doubts doubts
	// manifold are IDs of which there are so many different events that further ones are not compared with them.
	manifold map[storage.EventIdentity]bool
	// mayDoubt is this store's share of maxDoubtfulBytes.
	mayDoubt int64
	// Of the archive at hand; doubtful ones are decided over later.
	kept, duplicate, expired, doubtful int64
}

// run imports all there is and commits it. cancel ends ctx, which makes workers stop; whatever does it says why.
func (s *sequencer) run(ctx context.Context, cancel context.CancelCauseFunc) error {
	sources, unreadable, err := s.options.walk(ctx)
	if err != nil {
		return err
	}
	for _, u := range unreadable {
		s.failed = true
		s.problem(Problem{Path: u.path, Offset: -1, Reason: u.err.Error()})
		for _, k := range s.sinks {
			k.sum.Archives.Found++
			k.sum.Archives.Failed++
			k.im.Failed(storage.ImportFailure{Path: u.path, Offset: -1, Reason: u.err.Error()})
		}
	}
	s.files, s.sources = int64(len(sources)), sources
	for _, src := range sources {
		s.total += src.Size
	}
	programs, err := s.programs()
	if err != nil {
		return err
	}
	// Cancelling on return makes workers stop; then all of them are waited for.
	reading, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()

	workers := max(s.options.Workers, 1)
	queue := make(chan *archive)
	order := make(chan *archive, 2*workers)
	wg.Go(func() {
		defer close(order)
		defer close(queue)
		send := func(src file) bool {
			a := &archive{file: src, pieces: make(chan *piece, piecesAhead), takes: make([]taking, len(s.sinks))}
			select {
			case order <- a:
			case <-reading.Done():
				return false
			}
			select {
			case queue <- a:
			case <-reading.Done():
				close(a.pieces)
				return false
			}
			return true
		}
		if s.options.Watch {
			watch(reading, &s.options, sources, send)
			return
		}
		for _, src := range sources {
			if !send(src) {
				return
			}
		}
	})
	for range workers {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					cancel(faultOf(p))
				}
			}()
			w := newWorker(reading, s.imports, programs, &s.options)
			for a := range queue {
				w.run(a)
			}
		})
	}
	err = s.take(ctx, order)
	if cause := context.Cause(ctx); cause != nil && (err == nil || errors.Is(err, context.Canceled)) {
		return cause // a fault ends ctx, too
	}
	if err != nil {
		return err
	}
	return s.commit(ctx)
}

// take takes in archives until there are no more. While new ones are watched for, what came is committed in time.
func (s *sequencer) take(ctx context.Context, order <-chan *archive) error {
	var due <-chan time.Time
	if s.options.Watch {
		ticker := time.NewTicker(commitEvery)
		defer ticker.Stop()
		due = ticker.C
	}
	for {
		select {
		case a, ok := <-order:
			if !ok {
				return nil
			}
			if err := s.archive(ctx, a); err != nil {
				return err
			}
		case <-due:
			if s.archives > 0 {
				if err := s.commit(ctx); err != nil {
					return err
				}
			}
		}
		s.tend(ctx)
	}
}

const (
	// tendCommits is after how many commits a store that is being watched for is looked after.
	tendCommits = 8
	// tendEvery is after which time it is, whatever was committed.
	tendEvery = time.Hour
)

// tend looks after the stores now and then, behind a commit: new files may be watched for without an end.
func (s *sequencer) tend(ctx context.Context) {
	if !s.options.Watch || s.archives > 0 || s.commits < tendCommits && time.Since(s.tended) < tendEvery {
		return
	}
	s.commits, s.tended = 0, time.Now()
	for _, k := range s.sinks {
		r, err := k.im.Tend(ctx)
		if s.options.Note == nil || ctx.Err() != nil {
			continue
		}
		if err != nil {
			s.options.Note(fmt.Sprintf("expired days and small files of %s stay as they are for now: %v", k.im.Store().Name, err))
		}
		for _, d := range r.Damaged {
			s.options.Note(fmt.Sprintf("not merged: %v", d))
		}
	}
}

// programs returns the compiled selectors of each store; nil where it takes every event of its kind.
func (s *sequencer) programs() ([]*selector.Program, error) {
	programs := make([]*selector.Program, len(s.sinks))
	for i, k := range s.sinks {
		selectors := k.im.Store().Selectors
		if len(selectors) == 0 || s.options.IgnoreSelectors {
			continue
		}
		var err error
		if programs[i], err = selector.Compile(selectors); err != nil {
			return nil, err
		}
	}
	return programs, nil
}

// archive takes in one archive, in the order of the walk.
func (s *sequencer) archive(ctx context.Context, a *archive) error {
	repeated, first := false, true
	// How much of it came since the last commit, and whether that was one within the archive.
	within, parted, began := int64(0), false, time.Now()
	for _, k := range s.sinks {
		k.kept, k.duplicate, k.expired, k.doubtful = 0, 0, 0, 0
	}
	for p := range a.pieces {
		if first {
			repeated, first = !a.streamed && s.digests[a.digest], false
		}
		if repeated {
			continue
		}
		if err := s.sinks[p.target].piece(ctx, p); err != nil {
			return err
		}
		for i := range p.rows {
			within += int64(p.records.Bytes(i))
		}
		if s.dueWithin(within, began) && context.Cause(ctx) == nil {
			if err := s.commitWithin(ctx, a); err != nil {
				return err
			}
			within, parted = 0, true
		}
	}
	if err := context.Cause(ctx); err != nil {
		for _, k := range s.sinks {
			k.cutShort(a)
		}
		return err
	}
	if !parted {
		within = a.raw
	}
	s.archives++
	if s.verified != nil && (a.state == imported || a.state == unchanged || a.read > 0) {
		s.verified[a.digest] = true
	}
	if a.state == imported && s.digests[a.digest] {
		a.state = unchanged
	}
	for i, k := range s.sinks {
		k.archive(a, &a.takes[i])
	}
	switch a.state {
	case ignored:
		s.problem(Problem{Path: a.Path, Reason: a.reason, Ignored: true})
	case imported, failedArchive:
		s.bytes += within
		for kind, n := range a.unstored {
			s.unstored[kind] += n
		}
		for _, f := range a.failures {
			s.failure(a, f)
		}
		for _, f := range a.passed {
			s.problem(Problem{Path: memberPath(a.Path, f.Member), Offset: f.Offset, Pointer: f.Pointer, Reason: f.Reason, Ignored: true})
		}
		if a.failed > 0 {
			s.failed = true
		}
		if a.state == imported {
			s.digests[a.digest] = true
			break
		}
		s.failed = true
		if a.err != nil {
			s.failure(a, a.err)
		}
	}
	if s.options.Progress != nil {
		sum := s.sinks[0].sum
		s.options.Progress(Progress{Archives: sum.Archives.Found, ArchivesTotal: s.files, Bytes: sum.Bytes.Compressed, BytesTotal: s.total, Events: sum.Events.Read})
	}
	if s.due(0) {
		return s.commit(ctx)
	}
	return nil
}

// due reports whether it is time for a commit, if so many bytes of text came besides those of the archives that were read.
func (s *sequencer) due(within int64) bool {
	return s.bytes+within >= cmp.Or(s.options.commitAfter, commitBytes) || s.archives >= commitArchives ||
		slices.ContainsFunc(s.imports, func(im *storage.Import) bool { return im.Crowded() })
}

// dueWithin is due while an archive is being read, of which so much came since the last commit. Small archives are committed whole.
func (s *sequencer) dueWithin(within int64, began time.Time) bool {
	if within >= cmp.Or(s.options.part, partBytes) && s.due(within) {
		return true
	}
	return s.options.Watch && time.Since(began) >= commitEvery && time.Since(s.committed) >= commitEvery
}

// commitWithin commits while an archive is being read: what came of it counts, but it is no archive found. If the import is
// interrupted, the archive is read again, and what is there counts as duplicate then.
func (s *sequencer) commitWithin(ctx context.Context, a *archive) error {
	for _, k := range s.sinks {
		k.cutShort(a)
	}
	if err := s.commit(ctx); err != nil {
		return err // and nothing more comes of the archive
	}
	for _, k := range s.sinks {
		e := &k.sum.Events
		e.Read -= k.kept + k.duplicate + k.expired + k.doubtful
		e.Kept -= k.kept
		e.Duplicate -= k.duplicate
		e.Expired -= k.expired
	}
	return nil
}

// cutShort counts an archive that was not read to its end: what came of it counts, but it is no archive found.
func (k *sink) cutShort(a *archive) {
	e := &k.sum.Events
	e.Read += k.kept + k.duplicate + k.expired + k.doubtful
	e.Kept += k.kept
	e.Duplicate += k.duplicate
	e.Expired += k.expired
	if k.kept+k.doubtful > 0 && !a.streamed {
		k.im.ArchivePart(a.Path, a.digest)
	}
}

// archive counts an archive that was read.
func (k *sink) archive(a *archive, t *taking) {
	sum := k.sum
	sum.Archives.Found++
	sum.Bytes.Compressed += a.Size
	switch {
	case a.state == unchanged, t.passed:
		sum.Archives.Unchanged++
		k.remember(a)
		return
	case a.state == ignored:
		sum.Archives.Ignored++
		if a.version != "" {
			k.im.ObjectDone(a.Path, storage.KnownObject{Version: ignoredVersion(a.version), Ignored: a.reason})
		}
		return
	}
	sum.Events.Read += a.read
	sum.Events.Kept += k.kept
	sum.Events.Duplicate += k.duplicate
	sum.Events.Expired += t.expired + k.expired
	sum.Events.Filtered += t.filtered + t.otherKind + t.outOfRange
	sum.OtherKind += t.otherKind
	sum.OutOfRange += t.outOfRange
	sum.Events.Failed += a.failed
	sum.Bytes.Raw += a.raw
	// What was left out may be wanted later.
	partly := t.outOfRange > 0 || t.expired+k.expired > 0 && k.im.ClockInDoubt()
	if k.kept+k.doubtful > 0 && (a.state == failedArchive || !t.known && partly) {
		k.im.ArchivePart(a.Path, a.digest)
	}
	if a.state == failedArchive {
		sum.Archives.Failed++
		if a.read > 0 {
			k.form(a)
		}
		return
	}
	sum.Archives.Imported++
	k.form(a)
	if !t.known && !partly {
		k.im.ArchiveDone(storage.ImportedArchive{Digest: a.digest, Path: a.Path, CompressedBytes: a.Size, RawBytes: a.raw, Events: a.read})
		k.remember(a)
	}
}

// remember takes note of an archive that need not be read again where it lies while it stays as it was listed.
func (k *sink) remember(a *archive) {
	if a.version != "" {
		k.im.ObjectDone(a.Path, storage.KnownObject{Version: a.version, Digest: a.digest})
	}
}

// commit brings all that was taken in into the catalogs: it waits for the data files.
func (s *sequencer) commit(ctx context.Context) error {
	s.bytes, s.archives, s.committed = 0, 0, time.Now()
	s.commits++
	for _, k := range s.sinks {
		if err := k.groups.flushAll(); err != nil {
			return err
		}
	}
	for _, k := range s.sinks {
		if err := k.commit(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (k *sink) commit(ctx context.Context) error {
	if err := k.settle(ctx); err != nil {
		return err
	}
	if err := k.groups.flushAll(); err != nil { // what was settled
		return err
	}
	e := &k.sum.Events
	a, b := k.sum.Archives, k.sum.Bytes
	counts := storage.ImportCounts{
		Read: e.Read, Kept: e.Kept, Filtered: e.Filtered, Expired: e.Expired, Duplicate: e.Duplicate, Failed: e.Failed, Conflicting: e.Conflicting,
		Imported: a.Imported, Unchanged: a.Unchanged, FailedArchives: a.Failed, Ignored: a.Ignored,
		CompressedBytes: b.Compressed, RawBytes: b.Raw,
	}
	if err := k.out.drain(); err != nil {
		return err
	}
	err := k.im.Commit(ctx, &counts)
	e.Kept, e.Expired = counts.Kept, counts.Expired
	return err
}

// form counts the archive under the form of its records.
func (k *sink) form(a *archive) {
	sum := k.sum
	if !sum.DryRun {
		return
	}
	i, found := slices.BinarySearchFunc(sum.Forms, a.form, func(f Form, name string) int { return cmp.Compare(f.Name, name) })
	if !found {
		sum.Forms = slices.Insert(sum.Forms, i, Form{Name: a.form})
	}
	sum.Forms[i].Archives++
	sum.Forms[i].Events += a.read
}

// failure lists a part of an archive that could not be used, in the catalog too.
func (s *sequencer) failure(a *archive, e *format.Error) {
	p := Problem{Path: memberPath(a.Path, e.Member), Offset: e.Offset, Pointer: e.Pointer, Reason: e.Reason}
	s.problem(p)
	for i, k := range s.sinks {
		if !a.takes[i].passed {
			k.im.Failed(storage.ImportFailure{Path: p.Path, Offset: p.Offset, Pointer: p.Pointer, Reason: p.Reason})
		}
	}
}

func (s *sequencer) problem(p Problem) {
	switch {
	case p.Ignored:
		// A tree may have digest files by the ten thousand: they leave room for failures.
		if s.ignored++; s.ignored > MaxProblems {
			return
		}
	case len(s.problems)-min(s.ignored, MaxProblems) >= MaxProblems:
		s.unlisted++
		return
	}
	s.problems = append(s.problems, p)
}

// piece puts the records that are new to those of their days.
func (k *sink) piece(ctx context.Context, p *piece) error {
	var doubtful []int
	for i, r := range p.rows {
		switch {
		case r.hasTime && k.im.Expired(r.millis):
			k.expired++
			continue
		}
		day := storage.DayOf(r.millis, r.hasTime)
		sighting, err := k.im.Sight(ctx, day, r.key)
		switch {
		case err != nil:
			return err
		case sighting == storage.Repeated:
			k.duplicate++
			continue
		case sighting == storage.Doubtful && !k.manifold[r.key.Identity()]:
			doubtful = append(doubtful, i)
			continue
		case sighting != storage.First:
			k.conflict(p.records.Archive(i), r.offset)
		}
		k.kept++
		if err := k.keep(day, p.records, i, r); err != nil {
			return err
		}
	}
	return k.doubt(ctx, p, doubtful)
}

// keep puts a record to those of its day.
func (k *sink) keep(day storage.Day, records *held, at int, r row) error {
	if r.hasTime {
		k.im.SawTime(r.millis)
	}
	return k.groups.add(day, records, at)
}

// maxConflicts bounds the conflicts that an import lists; further ones are counted.
const maxConflicts = 10_000

// conflict takes note of an event that is kept, though another of its ID says something else.
func (k *sink) conflict(path string, offset int64) {
	if k.sum.Events.Conflicting++; k.sum.Events.Conflicting > maxConflicts {
		return
	}
	k.im.Failed(storage.ImportFailure{Path: path, Offset: offset, Kind: storage.FailureConflict,
		Reason: "the event has the ID and recipient account of another, and its content differs: both are kept"})
}
