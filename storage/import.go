package storage

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/vector"
)

// Bounds of what an import holds open. Beyond them the day that was written to least
// recently is sealed; a later event of it starts another file.
const (
	maxOpenDays      = 16
	maxBufferedBytes = 96 << 20
	// maxSealingBytes bounds what is being sealed beside; one file always may be.
	maxSealingBytes = 32 << 20
)

// ImportStatus is the state of an import, in AWS's words.
type ImportStatus string

// The states of an import.
const (
	ImportInProgress ImportStatus = "IN_PROGRESS"
	ImportCompleted  ImportStatus = "COMPLETED"
	ImportFailed     ImportStatus = "FAILED"
	ImportStopped    ImportStatus = "STOPPED"
)

// ImportedArchive is an archive that was read to its end.
type ImportedArchive struct {
	Digest                            [32]byte // SHA-256 of the file
	Path                              string
	CompressedBytes, RawBytes, Events int64
}

// ImportFailure is an archive, or a record of it, that could not be used.
type ImportFailure struct {
	Path    string
	Offset  int64  // in the decompressed text; negative if the file could not be read at all
	Pointer string // JSON pointer of a record; "" for the archive
	Reason  string
	Kind    FailureKind
}

// FailureKind says what a failure is.
type FailureKind string

// The kinds of failures.
const (
	// FailureOfInput: an archive or record could not be used.
	FailureOfInput FailureKind = ""
	// FailureConflict: it is none, but an event that is kept beside another of its ID and recipient account, which it contradicts.
	FailureConflict FailureKind = "CONFLICT"
	// FailureOfIntegrity: an archive, or a digest file, is not as it was delivered.
	FailureOfIntegrity FailureKind = "INTEGRITY"
)

// ImportCounts are the counters of an import since its start.
type ImportCounts struct {
	// Records: Read = Kept + Filtered + Expired + Duplicate + Failed.
	Read, Kept, Filtered, Expired, Duplicate, Failed int64
	// Conflicting are those of Kept whose ID and recipient account another event has, that says something else.
	Conflicting int64
	// Archives: found = Imported + Unchanged + FailedArchives + Ignored.
	Imported, Unchanged, FailedArchives, Ignored int64
	// Bytes of archives as they lie, and of their text.
	CompressedBytes, RawBytes int64
}

// Import is one run of ingestion into one event data store. A lake has one at a time.
// What is written becomes visible at Commit: all of it, or after a crash nothing.
//
//	Write* ── data files ──► sealed beside (fsync, rename) ──┐
//	Sight*, ArchiveDone*, Failed*, … ────────────────────────┴─► Commit: waits for them; one transaction
//
// Imported, ImportedObject, Store and FixedBound may be called by any goroutine. Write may be called by one, the rest by
// one that may be another. Commit, Finish and StoredBytes must not be called beside Write.
type Import struct {
	lake       *Lake
	store      *EventDataStore
	id         string
	unlock     func() error
	remembered remembered
	newest     int64 // milliseconds; the newest eventTime, for retention from newest
	options    ImportOptions
	now        time.Time // the import's start
	clock      time.Time // by which age is judged: the start, or when Tend was called last
	doubtful   bool      // the clock was in doubt at the start

	days     map[Day]*dayWriter
	writes   int64
	sealing  []*sealing              // files that are being sealed, or have been since somebody looked
	fault    error                   // of Write: nothing can be committed any more
	files    []catalog.DataFile      // sealed since the last commit
	written  map[string]*writtenRows // of those files, by path, if they are to be verified
	archives []catalog.Archive
	failures []catalog.Failure
	parts    []catalog.PartialArchive
	objects  []catalog.Object
	stored   int64
	done     bool
	dry      *dryDays // of a dry import, instead of days
	retained *Retained
	// mayBuffer and maySeal are this import's shares of maxBufferedBytes and maxSealingBytes.
	mayBuffer, maySeal int64
	// compressors are those of all imports that began together.
	compressors *orc.Compressors
}

// ImportOptions say how an import writes.
type ImportOptions struct {
	// Sources are recorded in the catalog.
	Sources []string
	// Parallelism is how many chunks may be compressed, and how many files be sealed, at once on goroutines beside
	// that which writes; with 0 and 1 there are none. The data files do not depend on it.
	Parallelism int
	// Verify reads each data file back before the commit that names it, and holds it against what was written.
	Verify bool
	// StripeRows cuts stripes after so many rows; 0 means by size only. For tests.
	StripeRows int
}

// BeginImport starts an import into store. It fails with ErrLocked while another process
// writes. It first removes what an interrupted import left behind.
func (l *Lake) BeginImport(ctx context.Context, store *EventDataStore, o ImportOptions) (*Import, error) {
	imports, err := l.BeginImports(ctx, []*EventDataStore{store}, o)
	if err != nil {
		return nil, err
	}
	return imports[0], nil
}

// BeginImports starts imports into several stores, one each, that go on side by side: they share the
// writer's lock, which is given back when the last of them is finished, and what compresses. Each may be written to
// by a goroutine of its own. The stores must differ.
func (l *Lake) BeginImports(ctx context.Context, stores []*EventDataStore, o ImportOptions) (imports []*Import, err error) {
	names := make([]string, len(stores))
	for i, s := range stores {
		names[i] = s.Name
	}
	compressors, err := newCompressors(o.Parallelism)
	if err != nil {
		return nil, err
	}
	release, err := l.lock("import into " + strings.Join(names, ", "))
	if err != nil {
		return nil, err
	}
	var held atomic.Int64
	held.Store(int64(len(stores)))
	unlock := func() error {
		if held.Add(-1) > 0 {
			return nil
		}
		return release()
	}
	for i, s := range stores {
		// The first one ends those that were interrupted.
		im, err := l.beginImport(ctx, s, o, i == 0, unlock)
		if err != nil {
			for range stores[i:] {
				err = errors.Join(err, unlock())
			}
			for _, begun := range imports {
				err = errors.Join(err, begun.Finish(ImportFailed))
			}
			return nil, err
		}
		im.compressors = compressors
		im.remembered.max = maxRememberedBytes / int64(len(stores))
		im.mayBuffer = maxBufferedBytes / int64(len(stores))
		im.maySeal = maxSealingBytes / int64(len(stores))
		imports = append(imports, im)
	}
	return imports, nil
}

func (l *Lake) beginImport(ctx context.Context, store *EventDataStore, o ImportOptions, first bool, unlock func() error) (im *Import, err error) {
	im = &Import{lake: l, id: newUUID(), unlock: unlock, options: o, now: l.now(), days: map[Day]*dayWriter{}}
	im.clock = im.now
	interrupted := ""
	if first {
		interrupted = string(ImportFailed)
	}
	// The store may have changed since the caller found it; from here on it is busy.
	err = l.catalog.BeginImport(ctx, catalog.Import{ID: im.id, StoreID: store.ID, Sources: o.Sources,
		Status: string(ImportInProgress), Started: im.now}, interrupted, func(row catalog.Store) (err error) {
		if im.store, err = storeOf(row); err != nil {
			return err
		}
		return im.store.ingests(im.now)
	})
	if errors.Is(err, catalog.ErrNotFound) {
		err = notFound(store.Name)
	}
	if err != nil {
		return nil, err
	}
	im.newest = im.store.newestMillis()
	err = l.checkClock(ctx, DefaultMaxClockAhead)
	im.doubtful = errors.Is(err, ErrClock)
	if err == nil || im.doubtful {
		err = l.sweep(ctx, store.ID)
	}
	if err != nil {
		return nil, errors.Join(err, l.catalog.FinishImport(ctx, im.id, string(ImportFailed), l.now(), nil))
	}
	return im, nil
}

// ingests refuses a store that takes no events.
func (s *EventDataStore) ingests(now time.Time) error {
	switch {
	case s.gone(now):
		return notFound(s.Name)
	case s.Status == StatusStoppedIngestion:
		return refuse(ErrStatus, "event data store %s is %s; ctlake store start-ingestion lets it go on", s.Name, s.Status)
	}
	return s.usable()
}

// ID returns the import's UUID.
func (im *Import) ID() string { return im.id }

// Store returns the store that is imported into.
func (im *Import) Store() *EventDataStore { return im.store }

// Imported reports whether an archive of this content was imported into the store before.
func (im *Import) Imported(ctx context.Context, digest [32]byte) (bool, error) {
	return im.lake.catalog.HasArchive(ctx, im.store.ID, hex.EncodeToString(digest[:]))
}

// KnownObject is what an earlier import knows of an archive that lies where it can be told whether it has changed.
type KnownObject struct {
	Version string   // what told its content from any other at its path
	Digest  [32]byte // of the archive that was imported from there
	Ignored string   // why it holds no events; "" if it was imported
}

// KnownObject returns what is known of the archive at a path; false if nothing is. Any goroutine may call it.
func (im *Import) KnownObject(ctx context.Context, path string) (known KnownObject, ok bool, err error) {
	o, err := im.lake.catalog.FindObject(ctx, im.store.ID, path)
	if errors.Is(err, catalog.ErrNotFound) {
		return known, false, nil
	}
	if err != nil {
		return known, false, err
	}
	known = KnownObject{Version: o.Version, Ignored: o.Ignored}
	if o.Ignored != "" {
		return known, true, nil
	}
	if n, err := hex.Decode(known.Digest[:], []byte(o.Digest)); err != nil || n != len(known.Digest) || len(o.Digest) != 2*n {
		return known, false, fmt.Errorf("%w: the digest of %s", catalog.ErrDamage, path)
	}
	return known, true, nil
}

// ObjectDone takes note of an archive that was read, for KnownObject.
func (im *Import) ObjectDone(path string, o KnownObject) {
	row := catalog.Object{StoreID: im.store.ID, Path: path, Version: o.Version, Ignored: o.Ignored}
	if o.Ignored == "" {
		row.Digest = hex.EncodeToString(o.Digest[:])
	}
	im.objects = append(im.objects, row)
}

// FixedBound returns the time, in milliseconds since 1970, before which events have
// expired, if it does not move with the events themselves.
func (im *Import) FixedBound() (millis int64, ok bool) {
	if im.store.RetentionFrom == RetentionFromNewest {
		return 0, false
	}
	return im.store.notBefore(im.now, 0), true
}

// Expired reports whether an event of the given time is older than the store's period.
func (im *Import) Expired(millis int64) bool {
	return millis < im.store.notBefore(im.clock, im.newest)
}

// ClockInDoubt reports whether age is judged by a clock that is not trusted to remove anything: what has expired by it may be what the
// rule keeps, and should come again.
func (im *Import) ClockInDoubt() bool { return im.doubtful }

// SawTime takes note of the time of an event that is kept. A time in the future does not
// make anything expire.
func (im *Import) SawTime(millis int64) {
	if millis > im.newest && millis <= im.clock.UnixMilli() {
		im.newest = millis
	}
}

// Write adds events of one day. rawBytes is the size of their JSON text. differing says of each of the
// schema's Texts whether it may be something else than what its path into the JSON leads to; nil of all.
// It keeps nothing of the batch. After an error nothing is committed any more.
func (im *Import) Write(day Day, b *vector.Batch, rawBytes int64, differing []bool) error {
	if im.dry != nil {
		im.dry.add(day, b)
		return nil
	}
	if im.fault != nil {
		return im.fault
	}
	if err := im.write(day, b, rawBytes, differing); err != nil {
		im.fault = errors.Join(err, im.awaitSealed())
	}
	return im.fault
}

func (im *Import) write(day Day, b *vector.Batch, rawBytes int64, differing []bool) error {
	if err := im.collectSealed(); err != nil {
		return err
	}
	w := im.days[day]
	if w == nil {
		for len(im.days) >= maxOpenDays {
			if err := im.sealOldest(); err != nil {
				return err
			}
		}
		var err error
		name := im.lake.ulids.next(im.lake.now())
		if w, err = newDayWriter(im.lake.disk, im.store, im.id, day, name, im.compressors, im.options.StripeRows); err != nil {
			return err
		}
		if im.options.Verify {
			w.written = &writtenRows{}
		}
		im.days[day] = w
	}
	im.writes++
	w.used = im.writes
	if err := w.add(b, rawBytes, differing); err != nil {
		return err
	}
	return im.sealBeyond()
}

// sealBeyond seals days until the rest is within the bound.
func (im *Import) sealBeyond() error {
	exact := false
	for len(im.days) > 1 && im.buffered() > im.mayBuffer {
		if !exact {
			// Which days end here must not depend on how far the compressors are.
			for _, w := range im.days {
				if err := w.settle(); err != nil {
					return err
				}
			}
			exact = true
			continue
		}
		if err := im.sealOldest(); err != nil {
			return err
		}
	}
	return nil
}

func (im *Import) buffered() int64 {
	total := int64(0)
	for _, w := range im.days {
		total += w.orc.BufferedBytes()
	}
	return total
}

func (im *Import) sealOldest() error {
	var oldest *dayWriter
	for _, w := range im.days {
		if oldest == nil || w.used < oldest.used {
			oldest = w
		}
	}
	return im.seal(oldest)
}

// ArchiveDone takes note of an archive whose events have all been given to Write.
func (im *Import) ArchiveDone(a ImportedArchive) {
	im.archives = append(im.archives, catalog.Archive{StoreID: im.store.ID, ImportID: im.id, Digest: hex.EncodeToString(a.Digest[:]),
		Path: a.Path, CompressedBytes: a.CompressedBytes, RawBytes: a.RawBytes, Events: a.Events})
}

// Failed takes note of a failure.
func (im *Import) Failed(f ImportFailure) {
	im.failures = append(im.failures, catalogFailure(f))
}

func catalogFailure(f ImportFailure) catalog.Failure {
	return catalog.Failure{Path: f.Path, Offset: f.Offset, Pointer: f.Pointer, Reason: f.Reason, Code: string(f.Kind)}
}

// StoredBytes returns the size of the data files sealed so far.
func (im *Import) StoredBytes() int64 { return im.stored }

// Commit makes all that was written since the last one visible, in one transaction.
// Where age counts from the newest event, whole days may have expired by events that came
// after theirs: they are left out, and counts, which goes into the catalog, is corrected.
func (im *Import) Commit(ctx context.Context, counts *ImportCounts) error {
	if im.dry != nil {
		expired := im.dry.expired(im)
		counts.Kept -= expired
		counts.Expired += expired
		return nil
	}
	if im.fault == nil {
		im.fault = im.sealAll()
	}
	if im.fault != nil {
		return im.fault
	}
	expired, err := im.dropExpired()
	if err != nil {
		return err
	}
	counts.Kept -= expired
	counts.Expired += expired
	if im.options.Verify {
		if err := im.verifyWritten(ctx); err != nil {
			return err
		}
		im.written = nil
	}
	err = im.lake.catalog.Commit(ctx, catalog.ImportCommit{
		ImportID: im.id, StoreID: im.store.ID, Files: im.files, Archives: im.archives, Parts: im.parts, Objects: im.objects, Failures: im.failures,
		NewestEventTime: im.newestTime(),
		Counts: catalog.Counts{Read: counts.Read, Kept: counts.Kept, Filtered: counts.Filtered, Expired: counts.Expired,
			Duplicate: counts.Duplicate, Failed: counts.Failed, Conflicting: counts.Conflicting},
		ArchiveCounts: catalog.ArchiveCounts{Found: counts.Imported + counts.Unchanged + counts.FailedArchives + counts.Ignored,
			Imported: counts.Imported, Unchanged: counts.Unchanged, Failed: counts.FailedArchives, Ignored: counts.Ignored},
		ByteCounts: catalog.ByteCounts{Compressed: counts.CompressedBytes, Raw: counts.RawBytes, Stored: im.stored},
	})
	if errors.Is(err, catalog.ErrUncertain) {
		// The files stay, since the catalog may know them; if it does not, the next import sweeps them.
		im.files, im.archives, im.parts, im.failures = nil, nil, nil, nil
	}
	if err != nil {
		return fmt.Errorf("commit import %s: %w", im.id, err)
	}
	im.files, im.archives, im.parts, im.objects, im.failures = nil, nil, nil, nil, nil
	return im.committed()
}

// dropExpired removes the files of which every event has expired, and returns how many those are.
func (im *Import) dropExpired() (events int64, err error) {
	kept := im.files[:0]
	for i, f := range im.files {
		if !f.HasEventTime || !im.Expired(f.MaxEventTime) {
			kept = append(kept, f)
			continue
		}
		if err := im.lake.disk.Remove(f.Path); err != nil {
			im.files = append(kept, im.files[i:]...)
			return events, fmt.Errorf("remove %s, whose events have expired: %w", f.Path, err)
		}
		events += f.Rows
		im.stored -= f.Bytes
	}
	im.files = kept
	return events, nil
}

func (im *Import) newestTime() time.Time {
	if im.newest == 0 {
		return time.Time{}
	}
	return time.UnixMilli(im.newest)
}

func (im *Import) openDays() []*dayWriter {
	open := make([]*dayWriter, 0, len(im.days))
	for _, w := range im.days {
		open = append(open, w)
	}
	slices.SortFunc(open, func(a, b *dayWriter) int { return cmp.Compare(a.day, b.day) })
	return open
}

// Finish ends the import: what was not committed is removed, then whole days of the
// store that have expired; the lock is given back.
func (im *Import) Finish(status ImportStatus) error {
	if im.done {
		return nil
	}
	im.done = true
	if im.dry != nil {
		return nil
	}
	var errs []error
	if err := im.awaitSealed(); err != nil && im.fault == nil {
		errs = append(errs, err) // otherwise the caller knows of it
	}
	if f := im.remembered.file; f != nil {
		errs = append(errs, f.close())
		im.remembered = remembered{nothing: true}
	}
	for _, w := range im.openDays() {
		errs = append(errs, w.discard())
	}
	for _, f := range im.files {
		im.stored -= f.Bytes
		errs = append(errs, im.lake.disk.Remove(f.Path))
	}
	ctx, cancel := context.WithTimeout(context.Background(), finishTimeout)
	defer cancel()
	errs = append(errs, im.lake.catalog.FinishImport(ctx, im.id, string(status), im.lake.now(), im.failures))
	if errors.Join(errs...) == nil && status != ImportStopped {
		var err error
		if im.retained, err = im.lake.retain(context.Background(), []string{im.store.ID}, RetainOptions{}); errors.Is(err, ErrClock) {
			im.retained.Doubt, err = err, nil // no fault of the import
		}
		errs = append(errs, err)
	}
	return errors.Join(append(errs, im.unlock())...)
}

// Retained says what retention removed at the end of the import; nil before Finish, and where it did not come to that.
func (im *Import) Retained() *Retained { return im.retained }

// finishTimeout bounds the last transaction of an import, which is small.
const finishTimeout = time.Minute
