package ingest

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"slices"

	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/vector"
)

const (
	// groupRows is how many records of a day are put into an order together: those of a row group, whose
	// times thus stay those of the archives that were delivered together.
	groupRows = storage.RowGroupRows
	// maxGroupedBytes bounds the memory of all groups, of all stores together, whole pieces where a record
	// of them is in a group. Beyond it the group that was added to least recently is written as it is.
	maxGroupedBytes = 48 << 20
	// sliceRows of a group are built at a time.
	sliceRows = 5000
)

// groups holds the records of each day until there are enough to put them into an order.
type groups struct {
	im       *storage.Import
	order    *record.Order
	builders []*record.Builder
	days     map[storage.Day]*group
	last     *group // that was added to last
	mayHold  int64  // this store's share of maxGroupedBytes
	bytes    int64  // of the records in groups
	held     int64  // of the pieces that they are of
	adds     int64
}

// group holds records of one day.
type group struct {
	day     storage.Day
	records []groupedRecord
	bytes   int64
	used    int64 // when it was added to last, by the count of additions
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

// newGroups returns the groups of one of so many stores.
func newGroups(im *storage.Import, stores, workers int) *groups {
	table := im.Store().Table()
	g := &groups{im: im, order: record.NewOrder(table), days: map[storage.Day]*group{}, mayHold: maxGroupedBytes / int64(stores)}
	for range max(workers, 1) {
		g.builders = append(g.builders, record.NewBuilder(table))
	}
	return g
}

// add adds a record.
func (g *groups) add(day storage.Day, records *held, row int) error {
	d := g.last
	if d == nil || d.day != day {
		if d = g.days[day]; d == nil {
			d = &group{day: day}
			g.days[day] = d
		}
		g.last = d
	}
	g.adds++
	d.used = g.adds
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
		if err := g.flush(slices.MinFunc(g.open(), func(a, b *group) int { return cmp.Compare(a.used, b.used) })); err != nil {
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

// flushAll writes all groups.
func (g *groups) flushAll() error {
	for _, d := range g.open() {
		if err := g.flush(d); err != nil {
			return err
		}
	}
	return nil
}

// built is a slice of a group as columns, or the fault that kept it from becoming them.
type built struct {
	batch *vector.Batch
	bytes int64
	// differing is what storage.Import.Write wants to know.
	differing []bool
	fault     error
}

// flush writes a group. Its slices are built side by side.
func (g *groups) flush(d *group) error {
	for _, r := range d.records {
		g.order.Add(r.of.Records, int(r.row))
	}
	order := g.order.Take()
	slices := make([]chan built, (len(order)+sliceRows-1)/sliceRows)
	for i := range slices {
		slices[i] = make(chan built, 1)
	}
	for b, builder := range g.builders[:min(len(g.builders), len(slices))] {
		go func() {
			for i := b; i < len(slices); i += len(g.builders) {
				slices[i] <- d.build(builder, order[i*sliceRows:min((i+1)*sliceRows, len(order))])
			}
		}()
	}
	var fault error
	for _, s := range slices {
		out := <-s
		if fault == nil {
			fault = out.fault
		}
		if fault == nil {
			fault = g.im.Write(d.day, out.batch, out.bytes, out.differing)
		}
	}
	for _, r := range d.records {
		if r.of.waiting--; r.of.waiting == 0 {
			g.held -= r.of.bytes
		}
	}
	g.bytes -= d.bytes
	delete(g.days, d.day)
	if g.last == d {
		g.last = nil
	}
	return fault
}

// build makes columns of some records of the group.
func (d *group) build(builder *record.Builder, rows []int32) (out built) {
	defer func() {
		if p := recover(); p != nil {
			out = built{fault: fmt.Errorf("a fault in ctlake: %v\n%s", p, debug.Stack())}
		}
	}()
	for _, at := range rows {
		r := d.records[at]
		builder.Append(r.of.Records, int(r.row))
		out.bytes += int64(r.of.Bytes(int(r.row)))
	}
	out.differing = builder.Differing()
	out.batch = builder.Build()
	return out
}
