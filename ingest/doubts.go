package ingest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/storage"
)

// maxDoubtfulBytes bounds the memory of the events of all stores that wait to be compared.
const maxDoubtfulBytes = 16 << 20

// maxVersions bounds how many events of one ID that say different things an import compares with the next ones of it: further ones
// are kept unless their text is that of an earlier one. All that an ID has are read for each settling.
const maxVersions = 1000

// content is what an event of an ID says.
type content struct {
	id  storage.EventIdentity
	sum [sha256.Size]byte
}

// doubts are events of whose ID and recipient account there is another one on their day, with another text. It may say the same:
// EventBridge, CloudWatch Logs and LookupEvents deliver an event with its members in another order, or with other escapes, than the
// trail does. Reading the earlier event back to compare them takes long, so that they wait until there are many, or
// until the next commit.
//
//	piece ──► Doubtful ──► doubts ──► settle: flush and seal their days, read the earlier events of their IDs
//	                                          ├── says the same ──► a duplicate
//	                                          └── says something else ──► kept, and listed as a conflict
type doubts struct {
	days  map[storage.Day][]doubt
	bytes int64
}

// doubt is one of them. Its records are its own.
type doubt struct {
	records *held
	at      int
	row     row
}

// doubt puts the records of a piece aside that are doubtful.
func (k *sink) doubt(ctx context.Context, p *piece, doubtful []int) error {
	if len(doubtful) == 0 {
		return nil
	}
	d := &k.doubts
	if d.days == nil {
		d.days = map[storage.Day][]doubt{}
	}
	packed := hold(record.Pack(len(doubtful), func(i int) (*record.Records, int) { return p.records.Records, doubtful[i] }))
	for at, i := range doubtful {
		r := p.rows[i]
		day := storage.DayOf(r.millis, r.hasTime)
		d.days[day] = append(d.days[day], doubt{packed, at, r})
	}
	k.doubtful += int64(len(doubtful))
	if d.bytes += packed.bytes; d.bytes > k.mayDoubt {
		return k.settle(ctx)
	}
	return nil
}

// settle decides over all doubtful events, in the order of their days and in that in which they came.
func (k *sink) settle(ctx context.Context) error {
	if len(k.doubts.days) == 0 {
		return nil
	}
	if err := k.groups.flushAll(); err != nil {
		return err
	}
	settled := k.doubts.days
	k.doubts = doubts{}
	for _, day := range slices.Sorted(maps.Keys(settled)) {
		if err := k.settleDay(ctx, day, settled[day]); err != nil {
			return err
		}
	}
	return nil
}

// settleDay decides over those of a day.
func (k *sink) settleDay(ctx context.Context, day storage.Day, doubts []doubt) error {
	// What the day before has kept may be on its way.
	if err := k.out.drain(); err != nil {
		return err
	}
	versions := make(map[storage.EventIdentity]int, len(doubts)) // how many contents each has
	contents := make(map[content]bool, len(doubts))
	for _, d := range doubts {
		versions[d.row.key.Identity()] = 0
	}
	// first reports whether an event is the first one of its ID that says this.
	first := func(id storage.EventIdentity, sum [sha256.Size]byte) bool {
		c := content{id, sum}
		if contents[c] {
			return false
		}
		contents[c] = true
		versions[id]++
		return true
	}
	err := k.im.Alike(ctx, day,
		func(id storage.EventIdentity) bool {
			_, wanted := versions[id]
			return wanted
		},
		func(id storage.EventIdentity, eventjson string) error {
			sum, err := record.ContentSum([]byte(eventjson))
			if err != nil {
				return fmt.Errorf("the eventjson of an event of %s: %w", day, err)
			}
			first(id, sum)
			return nil
		})
	if err != nil {
		return err
	}
	e := &k.sum.Events
	for _, d := range doubts {
		sum, err := record.ContentSum(d.records.Text(d.at))
		if err != nil {
			return err
		}
		id := d.row.key.Identity()
		if !first(id, sum) {
			e.Duplicate++
			continue
		}
		e.Kept++
		k.conflict(d.records.Archive(d.at), d.row.offset)
		if err := k.keep(day, d.records, d.at, d.row); err != nil {
			return err
		}
	}
	for id, n := range versions {
		if n >= maxVersions {
			if k.manifold == nil {
				k.manifold = map[storage.EventIdentity]bool{}
			}
			k.manifold[id] = true
		}
	}
	return nil
}
