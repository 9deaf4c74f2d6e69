package storage

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"runtime"
	"syscall"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// Sizes of data files. One below smallFileBytes is merged with its neighbours of the same day, into one
// of at most mergedFileBytes.
const (
	smallFileBytes  = 64 << 20
	mergedFileBytes = 256 << 20
)

// What Tidy does after an import: so many neighbours at least are merged, so many bytes at most are read,
// so that an import that brings little does not take long.
const (
	tidyFiles = 8
	tidyBytes = 128 << 20
)

// mergeRows is how many rows are copied at once.
const mergeRows = 1024

// OptimizeOptions say what Optimize does.
type OptimizeOptions struct {
	// DryRun only tells what would be merged.
	DryRun bool
	// MinFiles is how many neighbours are merged at least; 0 is 2.
	MinFiles int
	// MaxBytes bounds what is read in all; 0 does not.
	MaxBytes int64
	// unswept leaves files that the catalog does not know.
	unswept bool
}

// Optimized says what was merged, or would be.
type Optimized struct {
	Merges []Merge
	// Damaged are the files that were left as they are, because they are not what was written.
	Damaged []error
	// Unlinked files are gone from disk; Waiting ones are still there, for queries that may be reading them.
	Unlinked, Waiting int
}

// Merge is one data file that took the place of several.
type Merge struct {
	StoreID, StoreName string
	Day                Day
	Files              int
	Events             int64
	Before, After      int64 // bytes; After is 0 of a dry run
	Path               string
}

// Optimize merges the small data files of each day, of one store or of all if ref is "": the same rows in
// the same order, in files of 64 to 256 MiB or of a whole day. Queries see one or the other; the old files
// stay on disk for those that began before, as purged ones do. ErrLocked while another process writes.
//
//	verify ──► copy to a new file, sealed (fsync, rename) ──► read it back and compare ──► one transaction:
//	the old ones out of data_files into purged_files, the new one in ──► unlink, sync the folder
func (l *Lake) Optimize(ctx context.Context, ref string, o OptimizeOptions) (r *Optimized, err error) {
	stores := []*EventDataStore{nil}
	if ref != "" {
		if stores[0], err = l.Find(ctx, ref); err != nil {
			return nil, err
		}
	} else if stores, err = l.EventDataStores(ctx); err != nil {
		return nil, err
	}
	r = &Optimized{}
	if !o.DryRun {
		unlock, err := l.lock("merging of small files")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, unlock()) }()
	}
	left := o.MaxBytes
	for _, store := range stores {
		if store.Status == StatusPendingDeletion {
			if ref != "" {
				return nil, store.usable()
			}
			continue
		}
		if err := l.optimize(ctx, store.ID, o, &left, r); err != nil {
			return r, err
		}
	}
	if o.DryRun {
		return r, nil
	}
	return r, l.unlinkMerged(ctx, r)
}

// unlinkMerged unlinks files that were merged, if the clock says for how long they have waited.
func (l *Lake) unlinkMerged(ctx context.Context, r *Optimized) (err error) {
	if err := l.checkClock(ctx, DefaultMaxClockAhead); errors.Is(err, ErrClock) {
		return nil // it is not known; a later run unlinks them
	} else if err != nil {
		return err
	}
	r.Unlinked, r.Waiting, err = l.unlink(ctx)
	return errors.Join(err, l.tick(ctx))
}

// Tidy merges small files that this import and earlier ones left, if there are many, and no more
// than can be done in a moment. It comes after Finish. While another process writes it does nothing.
func (im *Import) Tidy(ctx context.Context) (*Optimized, error) {
	if im.dry != nil {
		return &Optimized{}, nil
	}
	r, err := im.lake.Optimize(ctx, im.store.ID, OptimizeOptions{MinFiles: tidyFiles, MaxBytes: tidyBytes})
	if errors.Is(err, ErrLocked) {
		return &Optimized{}, nil
	}
	return r, err
}

// Tend does, behind a Commit and while the import goes on, what waits for its end otherwise, for imports that go on for long: it
// removes whole days of the store that have expired, and merges small files as Tidy does. From then on the import judges
// age by the time that it is now. Nothing may have been given to Write since the commit. An error is no fault of the import.
func (im *Import) Tend(ctx context.Context) (*Optimized, error) {
	r, l := &Optimized{}, im.lake
	if im.dry != nil {
		return r, nil
	}
	im.clock = l.now()
	_, err := l.retain(ctx, []string{im.store.ID}, RetainOptions{})
	if errors.Is(err, ErrClock) {
		err = nil // said at the end
	}
	left := int64(tidyBytes)
	if err == nil {
		err = l.optimize(ctx, im.store.ID, OptimizeOptions{MinFiles: tidyFiles, MaxBytes: tidyBytes, unswept: true}, &left, r)
	}
	if err == nil {
		err = l.unlinkMerged(ctx, r)
	}
	im.remembered.snapshot = nil // files in it may be gone
	return r, err
}

// optimize merges the files of one store. left is how many bytes may still be read.
func (l *Lake) optimize(ctx context.Context, storeID string, o OptimizeOptions, left *int64, r *Optimized) error {
	if !o.DryRun && !o.unswept {
		if err := l.sweep(ctx, storeID); err != nil {
			return err
		}
	}
	s, err := l.snapshot(ctx, storeID)
	if errors.Is(err, ErrNotFound) {
		return nil // removed meanwhile
	}
	if err != nil {
		return err
	}
	for _, group := range s.mergeable(max(2, o.MinFiles)) {
		m := Merge{StoreID: storeID, StoreName: s.Store.Name, Day: group[0].Day, Files: len(group)}
		for _, f := range group {
			m.Events += f.Rows
			m.Before += f.Bytes
		}
		if o.MaxBytes > 0 {
			if m.Before > *left {
				continue
			}
			*left -= m.Before
		}
		if !o.DryRun {
			merged, damage, err := s.merge(ctx, group)
			if err != nil {
				return err
			}
			if damage != nil {
				r.Damaged = append(r.Damaged, damage)
				continue
			}
			m.After, m.Path = merged.Bytes, merged.Path
		}
		r.Merges = append(r.Merges, m)
	}
	return nil
}

// mergeable returns the runs of small files, neighbours in order, that are to be one file each.
// Whole days that have expired are retention's.
func (s *Snapshot) mergeable(least int) (groups [][]DataFile) {
	var run []DataFile
	size := int64(0)
	end := func() {
		if len(run) >= least {
			groups = append(groups, run)
		}
		run, size = nil, 0
	}
	for _, f := range s.Files {
		if len(run) > 0 && f.Day != run[0].Day || size+f.Bytes > mergedFileBytes {
			end()
		}
		if f.Bytes >= smallFileBytes || f.Day != NoDay && (int64(f.Day)+1)*millisPerDay <= s.NotBefore {
			end()
			continue
		}
		run = append(run, f)
		size += f.Bytes
	}
	end()
	return groups
}

// merge makes one file of several, and puts it in their place. damage says that one of them is not
// what was written: then nothing happens.
func (s *Snapshot) merge(ctx context.Context, files []DataFile) (merged DataFile, damage, err error) {
	for _, f := range files {
		err := s.Verify(ctx, f)
		if isDamage(err) && !errors.Is(err, syscall.EIO) {
			return DataFile{}, err, nil
		}
		if err != nil {
			return DataFile{}, nil, err
		}
	}
	l := s.lake
	compressors, err := newCompressors(runtime.GOMAXPROCS(0))
	if err != nil {
		return DataFile{}, nil, err
	}
	w, err := newDayWriter(l.disk, s.Store, files[len(files)-1].ImportID, files[0].Day, l.ulids.next(l.now()), compressors, 0)
	if err != nil {
		return DataFile{}, nil, err
	}
	wrote := &writtenRows{}
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = f.ID
		if err := s.copyRows(ctx, f, w, wrote); err != nil {
			return DataFile{}, nil, errors.Join(err, w.discard())
		}
		w.rawBytes += f.RawBytes
	}
	summary, err := w.seal()
	if err != nil {
		return DataFile{}, nil, err
	}
	row := catalog.DataFile{ID: path.Base(w.name[:len(w.name)-len(".orc")]), StoreID: s.Store.ID, ImportID: files[len(files)-1].ImportID, Path: w.name,
		CalendarDay: w.day.Calendar(), Rows: w.rows, Bytes: summary.Bytes, RawBytes: w.rawBytes, MinEventTime: w.minMillis, MaxEventTime: w.maxMillis,
		HasEventTime: w.hasTime, Checksum: hex.EncodeToString(w.sum.Sum(nil)), Created: l.now()}
	merged = dataFile(row)
	if err := s.holdsRows(ctx, merged, wrote); err != nil {
		return DataFile{}, nil, errors.Join(fmt.Errorf("merge %d files of %s: %w", len(files), files[0].Day, err), l.disk.Remove(w.name))
	}
	if err := l.catalog.Merge(ctx, catalog.MergeCommit{StoreID: s.Store.ID, FileIDs: ids, File: row, At: l.now()}); err != nil {
		// A transaction that failed may be in the catalog all the same: the file stays. If the catalog does
		// not know it, the next sweep removes it.
		return DataFile{}, nil, fmt.Errorf("merge %d files of %s: %w", len(files), files[0].Day, err)
	}
	return merged, nil, nil
}

// digestColumns identify a row: what was ingested, when it was, and from which archive.
var digestColumns = []string{schema.Checksum, schema.EventTime, schema.EventID, schema.Archive}

// copyRows writes the rows of a file.
func (s *Snapshot) copyRows(ctx context.Context, f DataFile, w *dayWriter, wrote *writtenRows) error {
	table := s.Store.Table()
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	differing, err := s.differing(f)
	if err != nil {
		return err
	}
	return s.scan(ctx, f, names, func(b *vector.Batch) error {
		key := make([]vector.Vector, len(digestColumns))
		for i, name := range digestColumns {
			key[i] = b.Columns[table.Index(name)]
		}
		wrote.add(&vector.Batch{N: b.N, Columns: key})
		return w.add(b, 0, differing)
	})
}

// differing says of each of the schema's Texts whether it may be something else in a file than what the JSON has.
func (s *Snapshot) differing(f DataFile) ([]bool, error) {
	file, err := s.Open(f)
	if err != nil {
		return nil, err
	}
	texts := textsOf(s.Store.Table())
	out := make([]bool, len(texts))
	for i, t := range texts {
		out[i] = !SameAsJSON(file.File, t)
	}
	return out, file.Close()
}

// holdsRows reads a merged file back and compares it with what was written.
func (s *Snapshot) holdsRows(ctx context.Context, f DataFile, wrote *writtenRows) error {
	held, err := s.readBack(ctx, f, digestColumns)
	if err != nil {
		return err
	}
	if !held.equal(wrote) {
		return fmt.Errorf("data file %s does not read back as it was written: %w", f.Path, orc.ErrCorrupt)
	}
	return nil
}

// scan gives the rows of a data file to f, a few at a time: the named columns, in their order.
func (s *Snapshot) scan(ctx context.Context, f DataFile, names []string, each func(b *vector.Batch) error) (err error) {
	file, err := s.Open(f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for i := range file.Stripes() {
		stripe, err := file.Stripe(i)
		if err != nil {
			return err
		}
		columns := make([]*orc.ColumnReader, len(names))
		for c, name := range names {
			if columns[c], err = stripe.Column([]string{name}); err != nil {
				return err
			}
		}
		for from := 0; from < stripe.Rows(); from += mergeRows {
			if err := ctx.Err(); err != nil {
				return err
			}
			b := &vector.Batch{N: min(mergeRows, stripe.Rows()-from), Columns: make([]vector.Vector, len(names))}
			for c := range columns {
				if b.Columns[c], err = columns[c].Read(from, b.N); err != nil {
					return err
				}
			}
			if err := each(b); err != nil {
				return err
			}
		}
	}
	return nil
}
