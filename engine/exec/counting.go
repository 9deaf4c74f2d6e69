package exec

import (
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// CountingSource is a Source that may know the values of a column with their numbers of rows. A scan that reads
// plan.RowsColumn asks for them; where it reads rows, that column is 1.
type CountingSource interface {
	Source
	// CountUnits returns a unit that takes the place of units, which follow one another and of which all rows are wanted as
	// far as the scan's other columns decide. counted is the column that it reads beside; without a Path there is none.
	// The rows of the unit are those of units. Some of its splits may be CountedSplits, in their order.
	CountUnits(units []Unit, counted Column) Unit
}

// CountedSplit is a Split each of whose rows stands for as many rows of the table as plan.RowsColumn says. Its statistics are
// about those. Of a column beside the two that were asked for it gives some value that it has there, the same in all rows.
type CountedSplit interface {
	Split
	// Counted returns how many rows of the table its rows stand for, in how many units.
	Counted() (rows, units int64)
}

// unitsOf returns units of a scan, those that need not be read row by row put together.
func (s *splits) unitsOf(units []Unit) []Unit {
	source, ok := s.source.(CountingSource)
	counted, asked := countedColumn(s.node)
	if !ok || !asked || s.rt.NoPruning {
		return units
	}
	var out, run []Unit
	end := func() {
		if len(run) > 0 {
			out = append(out, source.CountUnits(run, counted))
		}
		run = nil
	}
	for _, u := range units {
		switch {
		case s.prunable(u.Statistics):
			out = append(out, u) // which no row comes from: the run goes on
		case s.covers(u, counted):
			run = append(run, u)
		default:
			end()
			out = append(out, u)
		}
	}
	end()
	return out
}

// countedColumn returns the column that a scan reads the numbers of rows of: the one that it gives on, or else filters by. asked is
// false if it does not read numbers of rows.
func countedColumn(n *plan.Scan) (c Column, asked bool) {
	emitted := map[plan.ColumnID]bool{}
	for _, out := range n.Columns() {
		emitted[out.ID] = true
	}
	found := false
	for _, out := range n.Outputs {
		switch {
		case out.Path[0] == plan.RowsColumn:
			asked = true
		case emitted[out.ID]:
			c, found = Column{Path: out.Path, Type: out.Type}, true
		case !found && out.Type.IsString(): // all others are compared with constants
			c = Column{Path: out.Path, Type: out.Type}
		}
	}
	return c, asked
}

// covers reports whether all rows of a unit are wanted, as far as other columns than the counted one decide.
func (s *splits) covers(u Unit, counted Column) bool {
	if !s.within(u.Statistics) {
		return false
	}
	for _, c := range s.node.Outputs {
		column := Column{Path: c.Path, Type: c.Type}
		if slices.Equal(c.Path, counted.Path) || c.Path[0] == plan.RowsColumn {
			continue
		}
		d, bounded := s.node.Domains[c.ID]
		known, ok := u.Statistics(column)
		if !bounded || !ok || !d.AlwaysMatches(known) {
			return false
		}
	}
	return true
}

// rowsMatched returns how many rows of the table those of b stand for.
func (s *scanner) rowsMatched(t *task, b *vector.Batch) int64 {
	if _, ok := t.split.(CountedSplit); !ok || s.rowsAt < 0 {
		return int64(b.N)
	}
	total, rows := int64(0), vector.ViewOf[int64](b.Columns[s.rowsAt])
	for i := range b.N {
		total += rows.Get(i)
	}
	return total
}
