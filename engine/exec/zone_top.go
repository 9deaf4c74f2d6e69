package exec

import (
	"cmp"
	"slices"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
)

// zoneTop tells which data files a top-N directly above a scan without a filter cannot
// need, from the bounds of its first key alone:
//
//	ORDER BY eventtime DESC LIMIT 100       rows   min    max
//	  20260329                             32,000  00:00  23:59   ─┐ max < 20260331 00:00: not read
//	  20260330                             33,000  00:00  23:59   ─┘
//	  20260331                             31,000  00:00  23:44   ◄─ has 100 rows, none before 00:00
//
// A part whose rows all come strictly after the last of enough others has none of the first
// rows, whatever the further keys and the order of ties. Parts with NULLs vouch for nothing
// and are always read.
type zoneTop struct {
	column     Column
	descending bool
	worst      int64 // enough rows have keys that are not worse
}

// newZoneTop returns what the bounds of units tell; nil for nothing.
func (s *splits) newZoneTop(t *topOfScan) *zoneTop {
	if t == nil || s.rt.NoPruning || s.node.Filter != nil {
		return nil
	}
	key := t.keys[0]
	column, ok := s.columns[key.ID]
	if !ok || column.Type.Physical() != types.Int64 {
		return nil
	}
	type zone struct{ worst, rows int64 }
	var zones []zone
	for _, u := range s.units {
		st, ok := u.Statistics(column)
		if !ok || st.HasNull || !s.within(u.Statistics) {
			continue
		}
		low, high, ok := int64Bounds(st)
		switch {
		case !ok:
		case key.Descending:
			zones = append(zones, zone{low, u.Rows()})
		default:
			zones = append(zones, zone{high, u.Rows()})
		}
	}
	slices.SortFunc(zones, func(a, b zone) int {
		if key.Descending {
			a, b = b, a
		}
		return cmp.Compare(a.worst, b.worst)
	})
	rows := int64(0)
	for _, z := range zones {
		if rows += z.rows; rows >= t.need {
			return &zoneTop{column: column, descending: key.Descending, worst: z.worst}
		}
	}
	return nil
}

// int64Bounds returns the bounds of values carried by int64.
func int64Bounds(st domain.Statistics) (low, high int64, ok bool) {
	low, okLow := st.Min.(int64)
	high, okHigh := st.Max.(int64)
	return low, high, okLow && okHigh
}

// prunable reports whether no row of a part is among the first.
func (z *zoneTop) prunable(known statistics) bool {
	if z == nil {
		return false
	}
	st, ok := known(z.column)
	if !ok || st.HasNull {
		return false
	}
	low, high, ok := int64Bounds(st)
	if z.descending {
		return ok && high < z.worst
	}
	return ok && low > z.worst
}
