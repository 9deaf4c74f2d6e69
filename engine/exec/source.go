package exec

import (
	"context"
	"sync/atomic"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Source is a table that a Scan can read: the Table of a plan.Scan must be one.
// It is an immutable snapshot and safe for concurrent use.
//
//	Source ── Units ──► Unit (a data file) ── Splits ──► Split (a stripe) ── Open ──► Reader
//
// Each step knows statistics, so that a scan opens and reads what may hold
// rows that it needs, and nothing else.
type Source interface {
	plan.Table
	// Units returns the parts of the table in its order.
	Units() []Unit
	// Bound returns a set of values of a column such that rows outside do not belong
	// to the table, though its parts hold them (they have expired); ok is false for none.
	Bound() (b Bound, ok bool)
}

// Bound limits the rows of a Source by one column, carried by int64.
type Bound struct {
	Column Column
	Domain domain.Domain
}

// Column is a column to read, or a part of one: Path is as in plan.ScanColumn.
type Column struct {
	Path []string
	Type types.Type
	// Compact says that Read and Gather may return vector.UUIDs.
	Compact bool
}

// Unit is a part of a Source that costs little to know and much to open: a data file.
// It is safe for concurrent use.
type Unit interface {
	Rows() int64
	// Statistics says what is known of a column without opening the unit; ok is false if nothing is.
	Statistics(column Column) (s domain.Statistics, ok bool)
	// Splits opens the unit and returns its parts in order. It is called at most once a query.
	// Whatever it opens is closed when the last of the parts is (Split.Close).
	Splits(ctx context.Context) ([]Split, error)
}

// Split is what one worker reads at a time: a stripe. It is used by one goroutine.
type Split interface {
	Rows() int64
	// Statistics says what is known of a column without reading the split.
	Statistics(column Column) (s domain.Statistics, ok bool)
	// Open prepares to read the given columns, by number: data of a column is read when
	// it is asked for. It is called at most once.
	Open(ctx context.Context, columns []Column) (Reader, error)
	// BytesRead returns how many bytes were read from storage for the split, or for
	// its unit, that no call has returned before.
	BytesRead() int64
	// Close gives up the split. It is called exactly once, opened or not, after all other calls.
	Close() error
}

// Reader reads columns of a split. Rows count from 0; for each column they are
// asked for in ascending order, without overlap.
type Reader interface {
	// RowGroups returns how many rows each row group has; nil means one group of all rows.
	RowGroups() []int64
	// MayMatch reports whether a row of a group may have a value of d in a column,
	// going by statistics and bloom filters; it is false only when certain.
	MayMatch(group, column int, d domain.Domain) (bool, error)
	// Read returns the rows from..to-1 of a column.
	Read(column, from, to int) (vector.Vector, error)
	// Gather returns the given rows of a column, which ascend.
	Gather(column int, rows []int32) (vector.Vector, error)
}

// Searcher is a Reader that can look for texts in a column without making vectors of it.
type Searcher interface {
	// Searchable reports whether Search may be called for a column, instead of Read and Gather.
	Searchable(column int) (bool, error)
	// Search returns those of the given rows, which ascend, whose text contains one of the needles, and with keep their
	// texts; or those whose text contains none, without keep. NULLs are never among them. Needles are not empty.
	Search(column int, rows []int32, needles []*vector.Needle, without, keep bool) (hits []int32, texts vector.Vector, err error)
}

// ParallelReader is a Reader of which several goroutines may read different columns at once, after Prepare.
type ParallelReader interface {
	Reader
	// Prepare returns about how many bytes of each of the columns are in the file, 0 for those that need not be read from there.
	Prepare(columns []int) ([]int64, error)
}

// Expecter is a Reader that wants to know how much will be read, to choose how.
type Expecter interface {
	// Expect is called before the first Read, Gather or Search with how many rows those row groups have that may match.
	Expect(rows int64)
}

// Holder is a Reader that knows how much memory it holds on to, which the query is charged with.
type Holder interface {
	// HeldBytes returns the bytes that the reader holds between two calls, beside the vectors that it gave.
	HeldBytes() int64
}

// Counters say what the scans of a query did, or one of them. They may be read while it runs.
type Counters struct {
	BytesScanned    Counter
	RowsScanned     Counter // rows of the row groups that were read
	RowsMatched     Counter // rows that the scans' filters let pass
	Units           Counter // data files of the tables that were scanned
	UnitsPruned     Counter
	UnitsCounted    Counter // data files that said how many rows have each value, and were not read
	RowsCounted     Counter // their rows
	RowGroups       Counter // row groups of all files that were opened
	RowGroupsPruned Counter
	RowsTotal       Counter // rows of all data files
	RowsDone        Counter // rows that were read to their end, or pruned
	SpilledBytes    Counter // that operators wrote to disk, as they are there
}

// partOf makes what c counts count in all, too.
func (c *Counters) partOf(all *Counters) {
	c.BytesScanned.all, c.RowsScanned.all, c.RowsMatched.all = &all.BytesScanned, &all.RowsScanned, &all.RowsMatched
	c.Units.all, c.UnitsPruned.all = &all.Units, &all.UnitsPruned
	c.UnitsCounted.all, c.RowsCounted.all = &all.UnitsCounted, &all.RowsCounted
	c.RowsTotal.all, c.RowsDone.all = &all.RowsTotal, &all.RowsDone
	c.RowGroups.all, c.RowGroupsPruned.all = &all.RowGroups, &all.RowGroupsPruned
}

// takeBack makes it as if c had counted nothing.
func (c *Counters) takeBack() {
	for _, n := range []*Counter{&c.BytesScanned, &c.RowsScanned, &c.RowsMatched, &c.UnitsPruned, &c.UnitsCounted, &c.RowsCounted,
		&c.RowGroups, &c.RowGroupsPruned, &c.RowsDone} {
		n.Add(-n.Load())
	}
}

// Counter is a number that goroutines add to. It is ready for use.
type Counter struct {
	n   atomic.Int64
	all *Counter // what it is a part of; nil for none
}

// Add adds to the counter, and returns the sum of all that it is a part of.
func (c *Counter) Add(n int64) (total int64) {
	total = c.n.Add(n)
	if c.all != nil {
		return c.all.Add(n)
	}
	return total
}

// Load returns the number.
func (c *Counter) Load() int64 { return c.n.Load() }
