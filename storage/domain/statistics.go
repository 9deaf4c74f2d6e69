package domain

import (
	"math"
	"sort"

	"github.com/ctlake/ctlake/storage/types"
)

// Statistics say what is known of the values of one column in a file, stripe or row group.
type Statistics struct {
	Rows    int64 // rows, NULL ones included
	HasNull bool  // false only if it is certain that no row is NULL
	AllNull bool  // true only if it is certain that every row is NULL
	// Min and Max bound the values that are not NULL; nil when unknown. They
	// need not occur (string bounds may be cut). NaN is outside of them.
	Min, Max Value
	Type     types.Type
}

// MayMatch reports whether some row that s describes may belong to d; it is
// false only when certain. Bounds of another type than d's say nothing.
func (d Domain) MayMatch(s Statistics) bool {
	if s.Rows == 0 {
		return false
	}
	if d.null && (s.HasNull || s.AllNull) {
		return true
	}
	if s.AllNull || len(d.ranges) == 0 {
		return false
	}
	if d.floating() && contains(d.typ, d.ranges, math.NaN()) {
		return true // bounds do not tell whether there are NaNs
	}
	held := d.bounds(s)
	i := sort.Search(len(d.ranges), func(i int) bool { return !below(d.typ, d.ranges[i], held) })
	return i < len(d.ranges) && !below(d.typ, held, d.ranges[i])
}

// below reports whether all of a is below all of b.
func below(t types.Type, a, b Range) bool {
	return a.High != nil && b.Low != nil &&
		empty(t, Range{Low: b.Low, High: a.High, LowClosed: b.LowClosed, HighClosed: a.HighClosed})
}

// AlwaysMatches reports whether every row that s describes belongs to d; it is
// true only when certain.
func (d Domain) AlwaysMatches(s Statistics) bool {
	switch {
	case s.Rows == 0 || d.certainlyAll():
		return true
	case s.AllNull:
		return d.null
	case d.wider || !d.null && s.HasNull:
		return false
	case d.floating() && !contains(d.typ, d.ranges, math.NaN()):
		return false // bounds do not tell whether there are NaNs
	}
	held := d.bounds(s)
	i := sort.Search(len(d.ranges), func(i int) bool { return !below(d.typ, d.ranges[i], held) })
	return i < len(d.ranges) && compareLow(d.typ, d.ranges[i], held) <= 0 && compareHigh(d.typ, d.ranges[i], held) >= 0
}

func (d Domain) floating() bool { return d.typ.Is(types.Double) || d.typ.Is(types.Real) }

// bounds returns the range of the values that s describes, as far as it can be trusted.
func (d Domain) bounds(s Statistics) Range {
	if !sameValues(d.typ, s.Type) {
		return Range{}
	}
	var r Range
	if s.Min != nil && carries(d.typ, s.Min) && !isNaN(s.Min) {
		r.Low, r.LowClosed = s.Min, true
	}
	if s.Max != nil && carries(d.typ, s.Max) && !isNaN(s.Max) {
		r.High, r.HighClosed = s.Max, true
	}
	if empty(d.typ, r) { // a writer that had nothing to bound, or a wrong one
		return Range{}
	}
	return r
}

// sameValues reports whether a Go value means the same in both types.
func sameValues(a, b types.Type) bool {
	return a.Equal(b) || a.Is(types.Varchar) && b.Is(types.Varchar) || a.IsInteger() && b.IsInteger()
}
