package exec

import (
	"github.com/ctlake/ctlake/sql/plan"
)

// ScanEstimate is what is known of a scan before it runs.
type ScanEstimate struct {
	Rows               int64 // in the data files that may have to be read
	AllRows            int64 // in all data files
	Units, UnitsPruned int64 // data files, and those of them that need not be read
}

// EstimateScan says what a scan will read at most, going by what is known of whole data
// files. ok is false for a table that the engine cannot read.
func EstimateScan(n *plan.Scan, noPruning bool) (e ScanEstimate, ok bool) {
	source, err := sourceOf(n)
	if err != nil {
		return e, false
	}
	s := newSplits(n, source, &Runtime{NoPruning: noPruning, Counters: &Counters{}})
	for _, u := range source.Units() {
		e.Units++
		e.AllRows += u.Rows()
		if s.prunable(u.Statistics) {
			e.UnitsPruned++
			continue
		}
		e.Rows += u.Rows()
	}
	return e, true
}
