package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/schema"
)

// largeStoreEvents is the number of events from which on a query that reads all of a store is told so.
const largeStoreEvents = 5_000_000

// exampleRange is how far back the time range goes that a notice suggests.
const exampleRange = 7 * 24 * time.Hour

// noticeTimeRange adds a notice for each large store of which the plan reads everything.
func (s *statement) noticeTimeRange(root plan.Node) {
	if s.query.DisableOptimizer || s.query.DisablePruning {
		return // nothing prunes, and the reader knows
	}
	seen := map[string]bool{}
	var walk func(n plan.Node, limited bool)
	walk = func(n plan.Node, limited bool) {
		switch n := n.(type) {
		case *plan.Scan:
			if name := n.Table.Name(); !limited && !seen[name] {
				seen[name] = true
				s.noticeScan(n)
			}
			return
		case *plan.Limit:
			limited = true
		case *plan.Output, *plan.Project:
		default:
			limited = false
		}
		for _, in := range n.Inputs() {
			walk(in, limited)
		}
	}
	walk(root, false)
}

// noticeScan adds the notice for one scan, if it is due.
func (s *statement) noticeScan(n *plan.Scan) {
	if len(n.Outputs) == 0 || !hasColumn(n.Table, schema.EventTime) || timeBounded(n) {
		return // rows are counted, not read; or they have no time; or it is bounded
	}
	e, ok := exec.EstimateScan(n, false)
	if !ok || e.Rows < largeStoreEvents {
		return
	}
	day := s.query.Now.Add(-exampleRange).UTC().Format(time.DateOnly)
	s.warnings = append(s.warnings, analyzer.Warning{Msg: fmt.Sprintf(
		"there is no time range for %s: up to %d events are read; a condition such as eventTime >= '%s' reads less", n.Table.Name(), e.Rows, day)})
}

func hasColumn(t plan.Table, name string) bool {
	return slices.ContainsFunc(t.TableColumns(), func(c plan.TableColumn) bool { return strings.EqualFold(c.Name, name) })
}

// timeBounded says whether a scan's conditions bound the time of events from either side.
func timeBounded(n *plan.Scan) bool {
	for _, out := range n.Outputs {
		if len(out.Path) != 1 || !strings.EqualFold(out.Path[0], schema.EventTime) && !strings.EqualFold(out.Path[0], schema.CalendarDay) {
			continue
		}
		d, ok := n.Domains[out.Column.ID]
		if !ok {
			continue
		}
		if r, some := d.Bounds(); !some || r.Low != nil || r.High != nil {
			return true
		}
	}
	return false
}
