package exec

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
)

// task is a unit of work for a worker: a split, or rows of which nothing is read.
type task struct {
	split  Split // nil: rows says all
	rows   int64
	of     *splits // which counts the rows as they are done
	number int64   // of the tasks of an exchange, in their order
}

func (t *task) close() error {
	if t.split == nil {
		return nil
	}
	return t.of.closeSplit(t.split)
}

// closeSplit gives a split up and counts what it read.
func (s *splits) closeSplit(split Split) error {
	if !s.vain {
		s.counters.BytesScanned.Add(split.BytesRead())
	}
	return split.Close()
}

// countBytes counts what the task has read, and fails if that is more than the query may read.
func (t *task) countBytes() error {
	total := t.of.counters.BytesScanned.Add(t.split.BytesRead())
	if most := t.of.rt.MaxScanBytes; most > 0 && total > most {
		return &sql.Error{Code: sql.EXCEEDED_SCAN_LIMIT,
			Msg:  fmt.Sprintf("Query exceeded its scan limit of %s", byteSize(most)),
			Hint: "raise the limit with --max-bytes, or select fewer columns or days"}
	}
	return nil
}

// splits hands out the tasks of a scan, in the order of the table or from its end. It is safe for concurrent use.
type splits struct {
	node    *plan.Scan
	source  Source
	rt      *Runtime
	columns map[plan.ColumnID]Column
	bound   *Bound
	top     *zoneTop // nil for none
	keys    []scanKeys
	// backwards: from the end of the table.
	backwards bool

	counters Counters // of those who do the tasks; part of rt's
	restore  func()   // takes back what the fragment gave; nil for nothing
	vain     bool     // they were taken back

	mu     sync.Mutex
	peeked *task // taken, but not handed out
	units  []Unit
	ready  []Split // of the unit that was opened last
}

func newSplits(n *plan.Scan, source Source, rt *Runtime) *splits {
	rt = rt.forScan(n)
	s := &splits{node: n, source: source, rt: rt, columns: scanColumns(n)}
	if b, ok := source.Bound(); ok {
		s.bound = &b
	}
	units := source.Units()
	rt.Counters.Units.Add(int64(len(units)))
	for _, unit := range units {
		rt.Counters.RowsTotal.Add(unit.Rows())
	}
	s.counters.partOf(rt.Counters)
	s.units = s.unitsOf(units)
	return s
}

// did counts rows that were read, or pruned with their unit.
func (s *splits) did(rows, prunedUnits int64) {
	s.counters.RowsDone.Add(rows)
	s.counters.UnitsPruned.Add(prunedUnits)
}

// again returns the tasks anew, for someone who has the fragment n do all of them, or else none.
func (s *splits) again(n plan.Node) *splits {
	out := &splits{node: s.node, source: s.source, rt: s.rt, columns: s.columns, bound: s.bound, keys: s.keys}
	out.counters.partOf(s.rt.Counters)
	out.restore = s.rt.Profile.mark(n)
	out.units = out.unitsOf(s.source.Units())
	return out
}

// turn has the tasks handed out from the end of the table.
func (s *splits) turn() {
	s.backwards = true
	slices.Reverse(s.units)
}

// endsBetter reports whether the rows at the end of the table seem to come before those at its beginning in the order of a key, as far as
// bounds of data files tell.
func (s *splits) endsBetter(key plan.SortKey) bool {
	column, ok := s.columns[key.ID]
	if !ok || len(s.units) < 2 {
		return false
	}
	var low, high [2]int64 // of the first one and the last one
	for i, u := range []Unit{s.units[0], s.units[len(s.units)-1]} {
		st, ok := u.Statistics(column)
		if !ok {
			return false
		}
		if low[i], high[i], ok = int64Bounds(st); !ok {
			return false
		}
	}
	if key.Descending {
		return high[1] > high[0]
	}
	return low[1] < low[0]
}

// uncount takes back what s has counted, once nobody works on its tasks: someone else does all of them. What was read
// and given up belongs to no answer, and how much it was is a matter of chance.
func (s *splits) uncount() {
	s.vain = true
	s.counters.takeBack()
	if s.restore != nil {
		s.restore()
	}
}

func scanColumns(n *plan.Scan) map[plan.ColumnID]Column {
	out := make(map[plan.ColumnID]Column, len(n.Outputs))
	for _, c := range n.Outputs {
		out[c.ID] = Column{Path: c.Path, Type: c.Type}
	}
	return out
}

// any reports whether there is a task at all. It is to be called before next.
func (s *splits) any(ctx context.Context) (bool, error) {
	t, err := s.next(ctx)
	if err == io.EOF {
		return false, nil
	}
	s.peeked = t
	return err == nil, err
}

// next returns the next task, or io.EOF.
func (s *splits) next(ctx context.Context) (*task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.peeked; t != nil {
		s.peeked = nil
		return t, nil
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for len(s.ready) > 0 {
			split := s.ready[0]
			s.ready = s.ready[1:]
			if s.prunable(split.Statistics) || s.node.Sample > 0 && rand.Float64() >= s.node.Sample {
				s.did(split.Rows(), 0)
				if err := s.closeSplit(split); err != nil {
					return nil, err
				}
				continue
			}
			return &task{split: split, rows: split.Rows(), of: s}, nil
		}
		if len(s.units) == 0 {
			return nil, io.EOF
		}
		unit := s.units[0]
		s.units = s.units[1:]
		if s.prunable(unit.Statistics) {
			s.did(unit.Rows(), 1)
			continue
		}
		if s.node.Sample == 0 && s.rowsOnly() && s.within(unit.Statistics) {
			return &task{rows: unit.Rows(), of: s}, nil
		}
		var err error
		if s.ready, err = unit.Splits(ctx); err != nil {
			return nil, err
		}
		if s.backwards {
			s.ready = slices.Clone(s.ready)
			slices.Reverse(s.ready)
		}
	}
}

// close gives up the splits that were not handed out.
func (s *splits) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var first error
	if s.peeked != nil {
		first = s.peeked.close()
		s.peeked = nil
	}
	for _, split := range s.ready {
		if err := s.closeSplit(split); err != nil && first == nil {
			first = err
		}
	}
	s.ready, s.units = nil, nil
	return first
}

type statistics func(Column) (domain.Statistics, bool)

// prunable reports whether no row of a part is needed.
func (s *splits) prunable(known statistics) bool {
	if s.rt.NoPruning {
		return false
	}
	if s.bound != nil {
		if st, ok := known(s.bound.Column); ok && !s.bound.Domain.MayMatch(st) {
			return true
		}
	}
	if s.top.prunable(known) {
		return true
	}
	for _, k := range s.keys {
		column := s.columns[k.column]
		if values := k.set.known.Load(); values != nil {
			if st, ok := known(column); ok && !values.within(column.Type).MayMatch(st) {
				return true
			}
		}
	}
	for id, d := range s.node.Domains { // in any order: the answer is the same
		if d.IsNone() {
			return true
		}
		if st, ok := known(s.columns[id]); ok && !d.MayMatch(st) {
			return true
		}
	}
	return false
}

// within reports whether all rows of a part are certain to lie within the table's bound.
func (s *splits) within(known statistics) bool {
	if s.bound == nil {
		return true
	}
	st, ok := known(s.bound.Column)
	return ok && s.bound.Domain.AlwaysMatches(st)
}

// rowsOnly reports whether the scan needs no more than the number of rows.
func (s *splits) rowsOnly() bool {
	return s.node.Filter == nil && len(s.node.Columns()) == 0
}
