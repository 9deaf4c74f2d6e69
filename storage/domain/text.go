package domain

import (
	"fmt"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// maxShownRanges is how many ranges String writes out.
const maxShownRanges = 50

// String returns d as plans show it: "ALL", "NONE", "NULL", "NOT NULL", or
// ranges in the notation of mathematics such as "[1, 5) or {7, 9} or NULL", of
// which it writes out the first ones.
func (d Domain) String() string {
	switch {
	case d.IsAll():
		return "ALL"
	case d.IsNone():
		return "NONE"
	case len(d.ranges) == 0:
		return "NULL"
	case !d.null && d.ranges[0] == Range{}:
		return "NOT NULL"
	}
	var parts, values []string
	flush := func() {
		if len(values) > 0 {
			parts = append(parts, "{"+strings.Join(values, ", ")+"}")
			values = nil
		}
	}
	for i, r := range d.ranges {
		if i == maxShownRanges {
			flush()
			parts = append(parts, fmt.Sprintf("%d more", len(d.ranges)-i))
			break
		}
		if r.Low != nil && r.High != nil && compare(d.typ, r.Low, r.High) == 0 {
			values = append(values, d.text(r.Low))
			continue
		}
		flush()
		parts = append(parts, d.rangeText(r))
	}
	flush()
	if d.null {
		parts = append(parts, "NULL")
	}
	return strings.Join(parts, " or ")
}

func (d Domain) rangeText(r Range) string {
	open, low, high, end := "(", "-∞", "∞", ")"
	if r.Low != nil {
		low = d.text(r.Low)
	}
	if r.High != nil {
		high = d.text(r.High)
	}
	if r.LowClosed {
		open = "["
	}
	if r.HighClosed {
		end = "]"
	}
	return open + low + ", " + high + end
}

func (d Domain) text(v Value) string {
	if s, ok := v.(string); ok {
		return types.QuoteText(s)
	}
	return string(types.AppendText(nil, d.typ, v))
}
