package storage

import (
	"context"
	"fmt"
	"math"
	"path"
	"runtime"
	"sync"
)

const (
	// maxRememberedBytes bounds the memory in which imports that began together know the events of days, 21 to 32 bytes an event. Beyond
	// it the days that were looked at least recently are forgotten, and read again when they are asked for; those that
	// were read twice, and days that are too large, go on in a scratch file. Days with events that no commit has brought
	// into the catalog stay; Import.Crowded tells when those are too many.
	maxRememberedBytes = 128 << 20
	// maxRememberedDays bounds the days that are known of, in memory or in the scratch file.
	maxRememberedDays = 10_000
)

// remembered is what an import knows of the events that the store has: the keys of one day after the other,
// read from its data files when an event of that day first comes. Nothing is kept beside the data files, so
// that there is nothing that could disagree with them.
//
//	Sight(day, key) ──► day known? ──no──► forget others ──► read eventid, recipientaccountid and eventjsonchecksum
//	                        └──yes──► set of the day        of the day's data files
//	                                  │
//	                                  ├── in memory
//	                                  └── in the scratch file, if it is too large, or comes again and again
//
// Of the same event the time is the same, and so is the day. One of the same ID that says something else may
// say so of its time, too: it is looked for in the days before and after as well, but no further.
type remembered struct {
	days  map[Day]*rememberedDay
	near  [3]*rememberedDay // the day of the last event and its neighbours
	bytes int64
	max   int64 // this import's share of maxRememberedBytes; 0 is all of it
	moves int64 // from one day to another
	// again are the days that were read from data files and forgotten: the next time they go into the scratch file.
	again map[Day]bool
	file  *setFile // nil if there is none
	// snapshot is of the last commit; nil if it must be read again. files are its data files by day.
	snapshot *Snapshot
	files    map[Day][]DataFile
	// nothing: there is no store yet.
	nothing bool
}

type rememberedDay struct {
	day      Day
	set      eventSet
	stored   *storedSet // instead of set, if it is not nil
	bytes    int64      // in memory
	used     int64      // the last move that made it near
	fresh    bool       // it has events that are in no committed data file
	recalled bool       // it has events that were read from data files
}

// knows reports whether the day has an event of the key's identity.
func (d *rememberedDay) knows(key EventKey) (bool, error) {
	if d.stored != nil {
		return d.stored.knows(key)
	}
	return d.set.knows(key), nil
}

// Sight reports whether the event of the day with this key is new, and remembers it.
func (im *Import) Sight(ctx context.Context, day Day, key EventKey) (Sighting, error) {
	r := &im.remembered
	if r.near[0] == nil || r.near[0].day != day {
		if err := im.move(ctx, day); err != nil {
			return Repeated, err
		}
	}
	d := r.near[0]
	sighting, err := im.remember(d, key)
	if err != nil || sighting == Repeated {
		return Repeated, err
	}
	d.fresh = true
	for _, other := range r.near[1:] {
		if sighting != First || other == nil {
			continue
		}
		known, err := other.knows(key)
		if err != nil {
			return Repeated, err
		}
		if known {
			sighting = Conflicting
		}
	}
	return sighting, nil
}

// remember adds a key to those of a day.
func (im *Import) remember(d *rememberedDay, key EventKey) (Sighting, error) {
	if d.stored == nil && d.set.full() && im.tooLarge(d.set.larger()) {
		if err := im.setAside(d); err != nil {
			return Repeated, err
		}
	}
	if d.stored != nil {
		return d.stored.add(key)
	}
	sighting := d.set.add(key)
	if d.set.bytes() != d.bytes {
		im.remembered.measure(d)
		if err := im.shed(); err != nil {
			return Repeated, err
		}
	}
	return sighting, nil
}

// move makes a day and its neighbours those that are near.
func (im *Import) move(ctx context.Context, day Day) error {
	r := &im.remembered
	if r.days == nil {
		r.days, r.again = map[Day]*rememberedDay{}, map[Day]bool{}
	}
	r.moves++
	r.near = [3]*rememberedDay{}
	near := []Day{day}
	if day != NoDay {
		near = append(near, day-1, day+1)
	}
	for _, day := range near {
		if d := r.days[day]; d != nil {
			d.used = r.moves
		}
	}
	for i, day := range near {
		d := r.days[day]
		if d == nil {
			d = &rememberedDay{day: day, used: r.moves}
			if err := im.recall(ctx, d); err != nil {
				return err
			}
			r.days[day] = d
			if err := im.shed(); err != nil {
				return err
			}
		}
		r.near[i] = d
	}
	return nil
}

// measure takes account of the size of a day.
func (r *remembered) measure(d *rememberedDay) {
	size := d.set.bytes()
	r.bytes += size - d.bytes
	d.bytes = size
}

// limit is how much memory may be held.
func (r *remembered) limit() int64 {
	if r.max > 0 {
		return r.max
	}
	return maxRememberedBytes
}

// tooLarge reports whether a day of so many slots is not to be in memory.
func (im *Import) tooLarge(slots int) bool {
	return im.dry == nil && int64(slots)*int64(len(EventKey{})) > im.remembered.limit()/2
}

// shed forgets days, or has them go on in the scratch file, until the rest is within the bounds. A dry import, which
// writes nothing, has no scratch file.
func (im *Import) shed() error {
	r := &im.remembered
	for r.bytes > r.limit() {
		d := r.oldest(func(d *rememberedDay) bool { return d.bytes > 0 && !d.fresh })
		switch {
		case d != nil && (im.dry != nil || !r.again[d.day]):
			r.forget(d)
			continue
		case im.dry != nil || d == nil && r.waiting() > r.limit()/4:
			return nil // a commit sets them free
		case d == nil:
			for _, near := range r.days {
				if near.bytes > 0 && near.used == r.moves && (d == nil || near.bytes > d.bytes || near.bytes == d.bytes && near.day < d.day) {
					d = near
				}
			}
		}
		if d == nil {
			return nil
		}
		if err := im.setAside(d); err != nil {
			return err
		}
	}
	for len(r.days) > maxRememberedDays {
		d := r.oldest(func(d *rememberedDay) bool { return !d.fresh })
		if d == nil {
			return nil
		}
		r.forget(d)
	}
	return nil
}

// oldest returns the day that was looked at least recently of those that may go and are not near; nil if there is none.
func (r *remembered) oldest(mayGo func(*rememberedDay) bool) (oldest *rememberedDay) {
	for _, d := range r.days {
		if d.used != r.moves && mayGo(d) && (oldest == nil || d.used < oldest.used || d.used == oldest.used && d.day < oldest.day) {
			oldest = d
		}
	}
	return oldest
}

// waiting returns the memory of days that are not near, and are held since no commit has brought all their events into the catalog.
func (r *remembered) waiting() (bytes int64) {
	for _, d := range r.days {
		if d.fresh && d.used != r.moves {
			bytes += d.bytes
		}
	}
	return bytes
}

// forget drops a day.
func (r *remembered) forget(d *rememberedDay) {
	if d.recalled {
		r.again[d.day] = true
	}
	if d.stored != nil {
		d.stored.leave()
	}
	r.bytes -= d.bytes
	delete(r.days, d.day)
}

// setAside has a day go on in the scratch file.
func (im *Import) setAside(d *rememberedDay) error {
	file, err := im.scratch(d.day)
	if err != nil {
		return err
	}
	if d.stored, err = file.store(&d.set); err != nil {
		return err
	}
	d.set = eventSet{}
	im.remembered.measure(d)
	return nil
}

// scratch returns the scratch file, and makes it in the folder of a day if there is none. If it stays there, it is swept.
func (im *Import) scratch(day Day) (*setFile, error) {
	r := &im.remembered
	if r.file != nil {
		return r.file, nil
	}
	dir := path.Join(storesName, im.store.ID, day.folder())
	if err := im.lake.disk.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", dir, err)
	}
	file, err := im.lake.disk.Scratch(path.Join(dir, "_"+im.lake.ulids.next(im.lake.now())+".ids.tmp"))
	if err != nil {
		return nil, fmt.Errorf("make a scratch file in %s: %w", dir, err)
	}
	r.file = &setFile{file: file}
	return r.file, nil
}

// committed says that the data files now have all that was remembered.
func (im *Import) committed() error {
	r := &im.remembered
	r.snapshot, r.files = nil, nil
	for _, d := range r.days {
		d.fresh = false
	}
	return im.shed()
}

// Crowded reports whether a commit would set much memory free.
func (im *Import) Crowded() bool {
	r := &im.remembered
	switch {
	case im.dry != nil:
		return false
	case len(im.failures) >= maxHeldFailures, len(r.days) > maxRememberedDays:
		return true
	}
	return r.bytes > r.limit() && r.waiting() > r.limit()/4
}

// maxHeldFailures bounds the failures that wait for a commit; those of one archive may come on top.
const maxHeldFailures = 50_000

// committedFiles returns the data files of a day that the last commit named.
func (im *Import) committedFiles(ctx context.Context, day Day) ([]DataFile, error) {
	r := &im.remembered
	if r.nothing {
		return nil, nil
	}
	if r.snapshot == nil {
		s, err := im.lake.snapshot(ctx, im.store.ID)
		if err != nil {
			return nil, err
		}
		r.snapshot, r.files = s, map[Day][]DataFile{}
		for _, f := range s.Files {
			r.files[f.Day] = append(r.files[f.Day], f)
		}
	}
	return r.files[day], nil
}

// recall fills the set of a day from its data files.
func (im *Import) recall(ctx context.Context, d *rememberedDay) error {
	r := &im.remembered
	files, err := im.committedFiles(ctx, d.day)
	if err != nil {
		return err
	}
	rows := int64(0)
	for _, f := range files {
		rows += f.Rows
	}
	if slots := slotsFor(int(min(rows, math.MaxInt32))); rows > 0 && im.tooLarge(slots) {
		file, err := im.scratch(d.day)
		if err != nil {
			return err
		}
		if d.stored, err = file.empty(slots); err != nil {
			return err
		}
	} else if rows > 0 {
		d.set.reserve(slots)
	}
	d.recalled = rows > 0
	add := func(keys []EventKey) error {
		for _, k := range keys {
			if d.stored == nil {
				d.set.add(k)
			} else if _, err := d.stored.add(k); err != nil {
				return err
			}
		}
		return nil
	}
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		first error
		next  = make(chan DataFile)
	)
	for range min(max(1, runtime.GOMAXPROCS(0)), len(files)) {
		wg.Go(func() {
			for f := range next {
				err := r.snapshot.keys(ctx, f, func(keys []EventKey) error {
					mu.Lock()
					defer mu.Unlock()
					return add(keys)
				})
				mu.Lock()
				if err != nil && first == nil {
					first = err
				}
				mu.Unlock()
			}
		})
	}
	for _, f := range files {
		next <- f
	}
	close(next)
	wg.Wait()
	r.measure(d)
	return first
}
