package storage

import (
	"context"
	"math"
	"runtime"
	"sync"
)

// maxRememberedBytes bounds the memory in which imports that began together know the events of days. Beyond it the days that
// were looked at least recently are forgotten, and read again when they are asked for. Days with events that no
// commit has brought into the catalog stay; Import.Crowded tells when those are too many. Three days, one and its
// neighbours, are always held whole: 21 to 32 bytes an event.
const maxRememberedBytes = 64 << 20

// remembered is what an import knows of the events that the store has: the keys of one day after the other,
// read from its data files when an event of that day first comes. Nothing is kept beside the data files, so
// that there is nothing that could disagree with them.
//
//	Sight(day, key) ──► day known? ──no──► forget others ──► read eventid, recipientaccountid and eventjsonchecksum
//	                        └──yes──► set of the day        of the day's data files
//
// Of the same event the time is the same, and so is the day. One of the same ID that says something else may
// say so of its time, too: it is looked for in the days before and after as well, but no further.
type remembered struct {
	days  map[Day]*rememberedDay
	near  [3]*rememberedDay // the day of the last event and its neighbours
	bytes int64
	max   int64 // this import's share of maxRememberedBytes; 0 is all of it
	moves int64 // from one day to another
	// snapshot is of the last commit; nil if it must be read again.
	snapshot *Snapshot
	// nothing: there is no store yet.
	nothing bool
}

type rememberedDay struct {
	day   Day
	set   eventSet
	bytes int64
	used  int64 // the last move that made it near
	fresh bool  // it has events that are in no committed data file
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
	sighting := d.set.add(key)
	if sighting == Repeated {
		return Repeated, nil
	}
	d.fresh = true
	r.measure(d)
	for _, other := range r.near[1:] {
		if sighting == First && other != nil && other.set.knows(key) {
			sighting = Conflicting
		}
	}
	return sighting, nil
}

// move makes a day and its neighbours those that are near.
func (im *Import) move(ctx context.Context, day Day) error {
	r := &im.remembered
	if r.days == nil {
		r.days = map[Day]*rememberedDay{}
	}
	r.moves++
	r.near = [3]*rememberedDay{}
	near := []Day{day}
	if day != NoDay {
		near = append(near, day-1, day+1)
	}
	for i, day := range near {
		d := r.days[day]
		if d == nil {
			d = &rememberedDay{day: day}
			if err := im.recall(ctx, d); err != nil {
				return err
			}
			r.days[day] = d
		}
		d.used = r.moves
		r.near[i] = d
		r.forget()
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

// forget drops days until the rest is within the bound, but not those that are near or have fresh events.
func (r *remembered) forget() {
	for r.bytes > r.limit() {
		var oldest *rememberedDay
		for _, d := range r.days {
			if d.used != r.moves && !d.fresh && (oldest == nil || d.used < oldest.used || d.used == oldest.used && d.day < oldest.day) {
				oldest = d
			}
		}
		if oldest == nil {
			return
		}
		r.bytes -= oldest.bytes
		delete(r.days, oldest.day)
	}
}

// committed says that the data files now have all that was remembered.
func (r *remembered) committed() {
	r.snapshot = nil
	for _, d := range r.days {
		d.fresh = false
	}
	r.forget()
}

// Crowded reports whether a commit would set memory free.
func (im *Import) Crowded() bool {
	r := &im.remembered
	if im.dry != nil || r.bytes <= r.limit() {
		return false
	}
	for _, d := range r.days {
		if d.fresh && d.used != r.moves {
			return true
		}
	}
	return false
}

// recall fills the set of a day from its data files.
func (im *Import) recall(ctx context.Context, d *rememberedDay) error {
	r := &im.remembered
	if r.nothing {
		return nil
	}
	if r.snapshot == nil {
		s, err := im.lake.snapshot(ctx, im.store.ID)
		if err != nil {
			return err
		}
		r.snapshot = s
	}
	rows := int64(0)
	var files []DataFile
	for _, f := range r.snapshot.Files {
		if f.Day == d.day {
			files = append(files, f)
			rows += f.Rows
		}
	}
	d.set.reserve(int(min(rows, math.MaxInt32)))
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		first error
		next  = make(chan DataFile)
	)
	for range min(max(1, runtime.GOMAXPROCS(0)), len(files)) {
		wg.Go(func() {
			for f := range next {
				keys, err := r.snapshot.keys(ctx, f)
				mu.Lock()
				if err != nil && first == nil {
					first = err
				}
				for _, k := range keys {
					d.set.add(k)
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
