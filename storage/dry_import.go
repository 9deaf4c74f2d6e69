package storage

import (
	"context"
	"errors"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// DryImport returns an import that writes nothing and takes no lock: it knows what the store
// holds, and counts what an import would do. store may be one that Plan returned.
func (l *Lake) DryImport(ctx context.Context, store *EventDataStore) (*Import, error) {
	im := &Import{lake: l, id: newUUID(), store: store, now: l.now(), days: map[Day]*dayWriter{}, dry: &dryDays{timeColumn: store.Table().Index(schema.EventTime)}}
	im.clock = im.now
	if err := store.ingests(im.now); err != nil {
		return nil, err
	}
	im.newest = store.newestMillis()
	switch _, err := l.Find(ctx, store.ID); {
	case errors.Is(err, ErrNotFound):
		im.remembered.nothing = true // a plan
		return im, nil
	case err != nil:
		return nil, err
	}
	return im, nil
}

// Dry reports whether the import writes nothing.
func (im *Import) Dry() bool { return im.dry != nil }

// dryDays stands for the data files of a dry import.
type dryDays struct {
	days       map[Day]dryDay
	timeColumn int // the place of eventtime
}

type dryDay struct {
	rows, maxMillis int64
	hasTime         bool
}

func (d *dryDays) add(day Day, b *vector.Batch) {
	if d.days == nil {
		d.days = map[Day]dryDay{}
	}
	seen := d.days[day]
	seen.rows += int64(b.N)
	if _, last, ok := timesOf(b, d.timeColumn); ok && (!seen.hasTime || last > seen.maxMillis) {
		seen.maxMillis, seen.hasTime = last, true
	}
	d.days[day] = seen
}

// expired returns how many events a commit would leave out, as dropExpired does.
func (d *dryDays) expired(im *Import) (events int64) {
	for _, day := range d.days {
		if day.hasTime && im.Expired(day.maxMillis) {
			events += day.rows
		}
	}
	d.days = nil
	return events
}
