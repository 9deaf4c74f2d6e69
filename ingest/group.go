package ingest

import (
	"cmp"
	"container/list"
	"slices"

	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/storage"
)

const (
	// groupRows is how many records of a day are put into an order together: those of two row groups, whose
	// times thus stay those of the archives that were delivered together. More would make files smaller, and
	// what is asked of a few hours dearer.
	groupRows = 2 * storage.RowGroupRows
	// maxGroupedBytes bounds the memory of all groups that are not handed on, of all stores together, whole pieces
	// where a record of them is in a group. Beyond it the group that was added to least recently is handed on as it is.
	maxGroupedBytes = 48 << 20
)

// groups holds the records of each day until there are enough to put them into an order.
type groups struct {
	out     *output
	days    map[storage.Day]*group
	last    *group     // that was added to last
	used    *list.List // of them, that first which was added to least recently
	mayHold int64      // this store's share of maxGroupedBytes
	bytes   int64      // of the records in groups
	held    int64      // of the pieces that they are of
}

// group holds records of one day.
type group struct {
	day     storage.Day
	records []groupedRecord
	bytes   int64
	place   *list.Element // in groups.used
}

// groupedRecord is a record of a piece.
type groupedRecord struct {
	of  *held
	row int32
}

// held are the records of a piece. They stay in memory all together until none of them waits in a group.
type held struct {
	*record.Records
	bytes   int64
	waiting int // how many are in groups
}

func hold(r *record.Records) *held { return &held{Records: r, bytes: r.HeldBytes()} }

// newGroups returns groups that may hold so many bytes.
func newGroups(out *output, mayHold int64) *groups {
	return &groups{out: out, days: map[storage.Day]*group{}, used: list.New(), mayHold: mayHold}
}

// add adds a record.
func (g *groups) add(day storage.Day, records *held, row int) error {
	d := g.last
	if d == nil || d.day != day {
		if d = g.days[day]; d == nil {
			d = &group{day: day}
			d.place = g.used.PushBack(d)
			g.days[day] = d
		}
		g.used.MoveToBack(d.place)
		g.last = d
	}
	d.records = append(d.records, groupedRecord{records, int32(row)})
	if records.waiting++; records.waiting == 1 {
		g.held += records.bytes
	}
	n := records.RowBytes(row)
	d.bytes += n
	g.bytes += n
	if len(d.records) == groupRows {
		return g.flush(d)
	}
	for g.held > g.mayHold && len(g.days) > 0 {
		if g.bytes < g.held/2 {
			g.pack()
			continue
		}
		if err := g.flush(g.used.Front().Value.(*group)); err != nil {
			return err
		}
	}
	return nil
}

// pack copies the records of each group to one place: where archives touch many days, single records
// would keep all the others of their pieces in memory.
func (g *groups) pack() {
	g.held = 0
	for _, d := range g.days {
		packed := hold(record.Pack(len(d.records), func(i int) (*record.Records, int) {
			return d.records[i].of.Records, int(d.records[i].row)
		}))
		for i, r := range d.records {
			r.of.waiting--
			d.records[i] = groupedRecord{packed, int32(i)}
		}
		packed.waiting = len(d.records)
		g.held += packed.bytes
	}
}

// open returns the groups that hold records, by day.
func (g *groups) open() []*group {
	open := make([]*group, 0, len(g.days))
	for _, d := range g.days {
		open = append(open, d)
	}
	slices.SortFunc(open, func(a, b *group) int { return cmp.Compare(a.day, b.day) })
	return open
}

// flushAll hands on all groups.
func (g *groups) flushAll() error {
	for _, d := range g.open() {
		if err := g.flush(d); err != nil {
			return err
		}
	}
	return nil
}

// flush hands a group on.
func (g *groups) flush(d *group) error {
	before := g.held
	for _, r := range d.records {
		if r.of.waiting--; r.of.waiting == 0 {
			g.held -= r.of.bytes
		}
	}
	g.bytes -= d.bytes
	delete(g.days, d.day)
	g.used.Remove(d.place)
	if g.last == d {
		g.last = nil
	}
	return g.out.hand(d, max(d.bytes, before-g.held))
}
