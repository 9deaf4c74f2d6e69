package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
)

// RetentionFrom says from which moment the age of events counts.
type RetentionFrom string

// The origins of age.
const (
	RetentionFromNow    RetentionFrom = "now"
	RetentionFromNewest RetentionFrom = "newest" // the newest event in the store
)

// NeverExpires is before every time that a record can have.
const NeverExpires = -1 << 62

// notBefore returns the time, in milliseconds since 1970, before which events have
// expired. newestMillis is the newest eventTime, 0 if there is none.
func (s *EventDataStore) notBefore(now time.Time, newestMillis int64) int64 {
	period := int64(s.RetentionDays) * millisPerDay
	switch {
	case s.RetentionFrom != RetentionFromNewest:
		return max(s.floor, now.UnixMilli()-period)
	case newestMillis == 0:
		return s.floor
	}
	return max(s.floor, newestMillis-period)
}

// Floor returns the time before which events have expired for good, by a retention period that was shorter or by a purge; ok
// is false if none have.
func (s *EventDataStore) Floor() (at time.Time, ok bool) {
	if s.floor == NeverExpires {
		return time.Time{}, false
	}
	return time.UnixMilli(s.floor).UTC(), true
}

// RetainOptions say what retention may do.
type RetainOptions struct {
	// DryRun only tells what would be removed.
	DryRun bool
	// Force removes by a clock that is in doubt, and takes it as the lake's from then on.
	Force bool
	// MaxClockAhead is how far the clock may be ahead of the last commit; 0 is DefaultMaxClockAhead.
	MaxClockAhead time.Duration
}

// Retained says what retention removed, or would remove.
type Retained struct {
	Purges []Purge
	// Unlinked files are gone from disk; Waiting ones are still there, for queries that may be reading them.
	Unlinked, Waiting int
	// Doubt, where it is an ErrClock, says why nothing was removed, or would be. Nil if the clock is trusted.
	Doubt error
}

// Purge is an entry in the log of what was removed from disk: one for each day and purge.
type Purge struct {
	StoreID, StoreName  string
	At                  time.Time
	Day                 Day
	HasDay              bool // false if a store was removed that had no files
	Files, Events, Size int64
	NotBefore           int64 // milliseconds since 1970: what was older had expired
	HasNotBefore        bool  // false if the whole store was removed
	Rule                string
}

func purgesOf(log []catalog.Purge) (out []Purge) {
	for _, p := range log {
		out = append(out, Purge{StoreID: p.StoreID, StoreName: p.StoreName, At: p.At, Day: dayOfCalendar(p.CalendarDay), HasDay: p.HasDay,
			Files: p.Files, Events: p.Rows, Size: p.Bytes, NotBefore: p.NotBefore, HasNotBefore: p.HasNotBefore, Rule: p.Rule})
	}
	return out
}

// Purges returns the log of what was removed from disk, the oldest entry first; that of
// stores which are gone is part of it.
func (l *Lake) Purges(ctx context.Context) ([]Purge, error) {
	log, err := l.catalog.Purges(ctx, "")
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	return purgesOf(log), nil
}

// Retain removes from disk what has expired, of one store or of all if ref is "": files of whole UTC
// days, and stores whose days of waiting are over. ErrLocked while another process writes; ErrClock,
// and nothing happens, if the clock is in doubt.
//
//	due ──► one transaction a store: out of data_files, into purges and purged_files; from here
//	        on no query sees them ──► unlink, sync the folder ──► out of purged_files
func (l *Lake) Retain(ctx context.Context, ref string, o RetainOptions) (r *Retained, err error) {
	stores := []*EventDataStore{nil}
	if ref != "" {
		if stores[0], err = l.Find(ctx, ref); err != nil {
			return nil, err
		}
	} else if stores, err = l.allStores(ctx); err != nil {
		return nil, err
	}
	ids := make([]string, len(stores))
	for i, s := range stores {
		ids[i] = s.ID
	}
	if o.DryRun {
		return l.wouldRetain(ctx, ids, o)
	}
	unlock, err := l.lock("retention")
	if err != nil {
		return nil, err
	}
	r, err = l.retain(ctx, ids, o)
	return r, errors.Join(err, unlock())
}

// allStores is EventDataStores, with those whose days of waiting are over.
func (l *Lake) allStores(ctx context.Context) (stores []*EventDataStore, err error) {
	rows, err := l.catalog.Stores(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	for _, row := range rows {
		s, err := storeOf(row)
		if err != nil {
			return nil, err
		}
		stores = append(stores, s)
	}
	return stores, nil
}

func (o RetainOptions) clockAhead() time.Duration {
	if o.MaxClockAhead == 0 {
		return DefaultMaxClockAhead
	}
	return o.MaxClockAhead
}

// retain is Retain by a process that holds the writer's lock. r is never nil.
func (l *Lake) retain(ctx context.Context, ids []string, o RetainOptions) (r *Retained, err error) {
	r = &Retained{}
	if !o.Force {
		if err := l.checkClock(ctx, o.clockAhead()); err != nil {
			return r, err
		}
	}
	for _, id := range ids {
		s, err := l.snapshot(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue // another process removed it
		}
		if err != nil {
			return r, err
		}
		var log []Purge
		if s.Store.gone(l.now()) {
			log, err = l.dropStore(ctx, s.Store)
		} else {
			log, err = l.purge(ctx, s)
		}
		if err != nil {
			return r, err
		}
		r.Purges = append(r.Purges, log...)
	}
	if r.Unlinked, r.Waiting, err = l.unlink(ctx); err != nil {
		return r, err
	}
	return r, l.setClock(ctx)
}

// expired returns the files of whole days that have expired, and the end of the last of those days.
func (s *Snapshot) expired() (files []DataFile, floor int64) {
	floor = NeverExpires
	for _, f := range s.Files {
		end := (int64(f.Day) + 1) * millisPerDay
		if f.Day != NoDay && end <= s.NotBefore {
			files = append(files, f)
			floor = max(floor, end)
		}
	}
	return files, floor
}

// rule says by which rule events of a store expire.
func (s *EventDataStore) rule() string {
	from := "now"
	if s.RetentionFrom == RetentionFromNewest {
		from = "the newest event"
	}
	return fmt.Sprintf("retention period of %d days, counted from %s", s.RetentionDays, from)
}

// purge takes the whole days that have expired out of a store.
func (l *Lake) purge(ctx context.Context, s *Snapshot) ([]Purge, error) {
	files, floor := s.expired()
	if len(files) == 0 {
		return nil, nil
	}
	ids := make([]string, len(files))
	for i, f := range files {
		ids[i] = f.ID
	}
	log, err := l.catalog.Purge(ctx, catalog.PurgeCommit{StoreID: s.Store.ID, FileIDs: ids, NotBefore: s.NotBefore, Floor: floor,
		Rule: s.Store.rule(), At: l.now()})
	if err != nil {
		return nil, fmt.Errorf("remove what has expired from event data store %s: %w", s.Store.Name, err)
	}
	return purgesOf(log), nil
}

// wouldRetain tells what retain would remove.
func (l *Lake) wouldRetain(ctx context.Context, ids []string, o RetainOptions) (*Retained, error) {
	r := &Retained{}
	if !o.Force {
		if r.Doubt = l.checkClock(ctx, o.clockAhead()); r.Doubt != nil && !errors.Is(r.Doubt, ErrClock) {
			return nil, r.Doubt
		}
	}
	for _, id := range ids {
		s, err := l.snapshot(ctx, id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		files, gone := s.Files, s.Store.gone(l.now())
		entry := Purge{StoreID: id, StoreName: s.Store.Name, At: l.now(), NotBefore: s.NotBefore, HasNotBefore: true, Rule: s.Store.rule()}
		if gone {
			entry.NotBefore, entry.HasNotBefore, entry.Rule = 0, false, s.Store.removalRule()
		} else {
			files, _ = s.expired()
		}
		if gone && len(files) == 0 {
			r.Purges = append(r.Purges, entry)
		}
		for i, f := range files {
			if i == 0 || f.Day != files[i-1].Day {
				entry.Day, entry.HasDay = f.Day, true
				r.Purges = append(r.Purges, entry)
			}
			p := &r.Purges[len(r.Purges)-1]
			p.Files++
			p.Events += f.Rows
			p.Size += f.Bytes
		}
	}
	return r, nil
}

// queryGrace is how long purged files stay on disk while a process has the lake open for
// queries: longer than the hour that CloudTrail Lake gives a query.
const queryGrace = 2 * time.Hour

// unlink removes purged files from disk, except those that queries may be reading, and the
// folders that are empty then. The caller holds the writer's lock.
func (l *Lake) unlink(ctx context.Context) (unlinked, waiting int, err error) {
	files, err := l.catalog.PurgedFiles(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("read catalog: %w", err)
	}
	if len(files) == 0 {
		return 0, 0, nil
	}
	busy, err := l.readers.others()
	if err != nil {
		return 0, 0, err
	}
	var gone, folders []string
	for _, f := range files {
		if busy && l.now().Before(f.Purged.Add(queryGrace)) {
			waiting++
			continue
		}
		if err := l.disk.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unlinked, waiting, fmt.Errorf("remove %s, which has expired: %w", f.Path, err)
		}
		unlinked++
		gone = append(gone, f.Path)
		if folder := path.Dir(f.Path); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	for _, folder := range folders {
		if err := l.disk.SyncDir(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unlinked, waiting, fmt.Errorf("sync folder %s: %w", folder, err)
		}
	}
	if err := l.removeEmpty(ctx, folders); err != nil {
		return unlinked, waiting, err
	}
	if err := l.catalog.ForgetPurgedFiles(ctx, gone); err != nil {
		return unlinked, waiting, fmt.Errorf("write catalog: %w", err)
	}
	return unlinked, waiting, nil
}

// removeEmpty removes those of the folders that are empty, and those of stores that are gone.
func (l *Lake) removeEmpty(ctx context.Context, folders []string) error {
	var stores []string
	for _, folder := range folders {
		if store := path.Dir(folder); !slices.Contains(stores, store) {
			stores = append(stores, store)
		}
	}
	known, err := l.allStores(ctx)
	if err != nil {
		return err
	}
	for _, store := range stores {
		if !slices.ContainsFunc(known, func(s *EventDataStore) bool { return s.ID == path.Base(store) }) {
			folders = append(folders, store) // after its days
		}
	}
	for _, folder := range folders {
		entries, err := l.disk.ReadDir(folder)
		if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) > 0 {
			continue
		}
		if err != nil {
			return fmt.Errorf("list %s: %w", folder, err)
		}
		if err := l.disk.Remove(folder); err != nil {
			return fmt.Errorf("remove folder %s: %w", folder, err)
		}
		if err := l.disk.SyncDir(path.Dir(folder)); err != nil {
			return fmt.Errorf("sync folder %s: %w", path.Dir(folder), err)
		}
	}
	return nil
}
