package storage

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// Statistics say what a store holds.
type Statistics struct {
	Store *EventDataStore
	// NotBefore is the time, in milliseconds since 1970, before which events have expired; NeverExpires if none have.
	NotBefore int64
	// Days are those that have events, in order.
	Days []DayStatistics
	// Waiting are the names of files that lie in the store's folder and are not of the store any more: see Retain.
	Waiting []string
}

// DayStatistics sum up the data files of one day. Events that have expired do not count, but the bytes
// of a file do until it is gone.
type DayStatistics struct {
	Day                     Day
	Files                   int
	Events, Bytes, RawBytes int64
	// Earliest and Latest are times of events, in milliseconds since 1970; of no meaning of NoDay.
	Earliest, Latest int64
}

// Statistics returns what a store holds, also of one that is pending deletion. It reads a data
// file only where some of its events have expired and others have not.
func (l *Lake) Statistics(ctx context.Context, store *EventDataStore) (*Statistics, error) {
	s, err := l.snapshot(ctx, store.ID)
	if err != nil {
		return nil, err
	}
	out := &Statistics{Store: s.Store, NotBefore: s.NotBefore}
	for _, f := range s.Files {
		seen, err := s.measure(ctx, f)
		if err != nil {
			return nil, err
		}
		if seen.Events == 0 {
			continue
		}
		if n := len(out.Days); n == 0 || out.Days[n-1].Day != f.Day {
			out.Days = append(out.Days, seen)
			continue
		}
		day := &out.Days[len(out.Days)-1]
		day.Files++
		day.Events += seen.Events
		day.Bytes += seen.Bytes
		day.RawBytes += seen.RawBytes
		day.Earliest, day.Latest = min(day.Earliest, seen.Earliest), max(day.Latest, seen.Latest)
	}
	purged, err := l.catalog.PurgedFiles(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	for _, f := range purged {
		if strings.HasPrefix(f.Path, storesName+"/"+store.ID+"/") {
			out.Waiting = append(out.Waiting, path.Base(f.Path))
		}
	}
	return out, nil
}

// measure returns what of a data file is visible.
func (s *Snapshot) measure(ctx context.Context, f DataFile) (DayStatistics, error) {
	all := DayStatistics{Day: f.Day, Files: 1, Events: f.Rows, Bytes: f.Bytes, RawBytes: f.RawBytes, Earliest: f.MinEventTime, Latest: f.MaxEventTime}
	switch {
	case !f.HasEventTime || f.MinEventTime >= s.NotBefore:
		return all, nil
	case f.MaxEventTime < s.NotBefore:
		return DayStatistics{}, nil
	}
	all.Events, all.Earliest = 0, f.MaxEventTime
	err := s.scan(ctx, f, []string{schema.EventTime}, func(b *vector.Batch) error {
		times := vector.ViewOf[int64](b.Columns[0])
		for row := range b.N {
			if times.Nulls.Has(row) {
				all.Events++
				continue
			}
			if millis := times.Get(row) / 1000; millis >= s.NotBefore {
				all.Events++
				all.Earliest = min(all.Earliest, millis)
			}
		}
		return nil
	})
	all.RawBytes = int64(float64(f.RawBytes) * float64(all.Events) / float64(f.Rows))
	return all, err
}

// Holdings sum up a store.
type Holdings struct {
	Files                   int
	Events, Bytes, RawBytes int64
	// Of the events with a time.
	FirstDay, LastDay Day
	HasDays           bool
}

// Holdings returns the sum of statistics.
func (s *Statistics) Holdings() (h Holdings) {
	for _, d := range s.Days {
		h.Files += d.Files
		h.Events += d.Events
		h.Bytes += d.Bytes
		h.RawBytes += d.RawBytes
		if d.Day == NoDay {
			continue
		}
		if !h.HasDays {
			h.FirstDay, h.HasDays = d.Day, true
		}
		h.LastDay = d.Day
	}
	return h
}

// Holdings returns what a store holds, as Statistics does.
func (l *Lake) Holdings(ctx context.Context, store *EventDataStore) (Holdings, error) {
	s, err := l.Statistics(ctx, store)
	if err != nil {
		return Holdings{}, err
	}
	return s.Holdings(), nil
}
