// Package domain holds sets of values of one column: what a WHERE clause leaves
// of it. The same Domain prunes data files, stripes and row groups; the filter
// itself still runs on what remains, so a domain may be larger than the truth,
// never smaller.
//
// A domain is a sorted list of disjoint ranges, and whether NULL belongs to it:
//
//	x < 5 or x in (7, 9) or x is null
//
//	    ──────────)     •   •          NULL
//	              5     7   9
//
// Values are ordered as Trino orders them: strings by their UTF-8 bytes, char
// values as if padded with spaces, times and timestamps with time zone by their
// instant, NaN above every other number. Comparisons in SQL are false for NaN,
// so Greater ends at Infinity, while a range without an upper end holds NaN.
package domain

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// maxRanges is how many ranges a domain keeps. With more, neighbours are joined,
// which only enlarges the set.
const maxRanges = 4096

// Value is a bool, int64, float64, string or types.Int128: the Go type of the
// column's physical kind.
type Value = any

// Range is a span of values. A nil bound is no bound.
type Range struct {
	Low, High             Value
	LowClosed, HighClosed bool // whether the bound itself belongs to the range; false for a nil bound
}

// Domain is an immutable set of values of one type, and NULL or not. The zero
// Domain is the empty set of type unknown.
type Domain struct {
	typ    types.Type
	ranges []Range // sorted, disjoint, none empty
	null   bool
	// wider says that ranges were joined: the set may hold more than was asked
	// for, so neither its complement nor a promise that all rows match can be made of it.
	wider bool
}

// All returns the set of all values and NULL.
func All(t types.Type) Domain { return Domain{typ: t, ranges: []Range{{}}, null: true} }

// None returns the empty set.
func None(t types.Type) Domain { return Domain{typ: t} }

// OnlyNull returns the set of NULL alone.
func OnlyNull(t types.Type) Domain { return Domain{typ: t, null: true} }

// NotNull returns the set of all values but NULL.
func NotNull(t types.Type) Domain { return Domain{typ: t, ranges: []Range{{}}} }

// Single returns the set of v. Nothing equals NULL (a nil v) or NaN: their sets are empty.
func Single(t types.Type, v Value) Domain { return In(t, v) }

// In returns the set of the values vs. NULL (nil) and NaN among them equal nothing and are left out.
func In(t types.Type, vs ...Value) Domain {
	sorted := make([]Value, 0, len(vs))
	for _, v := range vs {
		if v != nil && !isNaN(v) {
			check(t, v)
			sorted = append(sorted, v)
		}
	}
	slices.SortStableFunc(sorted, func(a, b Value) int { return compare(t, a, b) })
	sorted = slices.CompactFunc(sorted, func(a, b Value) bool { return compare(t, a, b) == 0 })
	ranges := make([]Range, len(sorted))
	for i, v := range sorted {
		ranges[i] = Range{v, v, true, true}
	}
	return build(t, ranges, false, false)
}

// Less returns the set of values x with x < v, NULL not included; likewise the next three.
func Less(t types.Type, v Value) Domain { return between(t, Range{High: v}, v) }

// LessOrEqual returns the set of values x with x <= v.
func LessOrEqual(t types.Type, v Value) Domain {
	return between(t, Range{High: v, HighClosed: true}, v)
}

// Greater returns the set of values x with x > v.
func Greater(t types.Type, v Value) Domain { return between(t, Range{Low: v}, v) }

// GreaterOrEqual returns the set of values x with x >= v.
func GreaterOrEqual(t types.Type, v Value) Domain {
	return between(t, Range{Low: v, LowClosed: true}, v)
}

// Between returns the set of values x with low <= x and x <= high.
func Between(t types.Type, low, high Value) Domain {
	return between(t, Range{low, high, true, true}, low, high)
}

func between(t types.Type, r Range, bounds ...Value) Domain {
	for _, v := range bounds {
		if v == nil || isNaN(v) {
			return None(t)
		}
		check(t, v)
	}
	if r.High == nil && (t.Is(types.Double) || t.Is(types.Real)) {
		r.High, r.HighClosed = math.Inf(1), true
	}
	if empty(t, r) {
		return None(t)
	}
	return build(t, []Range{r}, false, false)
}

// Prefix returns the set of strings that begin with prefix.
func Prefix(t types.Type, prefix string) Domain {
	if prefix == "" {
		return NotNull(t)
	}
	if !t.Is(types.Varchar) { // the order of char values is not that of their bytes
		return Domain{typ: t, ranges: []Range{{}}, wider: true}
	}
	r := Range{Low: prefix, LowClosed: true}
	end := []byte(prefix)
	for len(end) > 0 && end[len(end)-1] == 0xff {
		end = end[:len(end)-1]
	}
	if len(end) > 0 {
		end[len(end)-1]++
		r.High = string(end)
	}
	return Domain{typ: t, ranges: []Range{r}}
}

// build makes a domain of ranges that are sorted and disjoint, and bounds their number.
func build(t types.Type, ranges []Range, null, wider bool) Domain {
	if t.Is(types.Boolean) && contains(t, ranges, false) && contains(t, ranges, true) {
		ranges = []Range{{}}
	}
	if n := len(ranges); n > maxRanges {
		joined := make([]Range, maxRanges)
		for i := range joined {
			first, last := ranges[i*n/maxRanges], ranges[(i+1)*n/maxRanges-1]
			joined[i] = Range{first.Low, last.High, first.LowClosed, last.HighClosed}
		}
		ranges, wider = joined, true
	}
	return Domain{typ: t, ranges: ranges, null: null, wider: wider}
}

// Type returns the type of the values.
func (d Domain) Type() types.Type { return d.typ }

// IsAll reports whether d holds every value and NULL.
func (d Domain) IsAll() bool { return d.null && len(d.ranges) == 1 && d.ranges[0] == Range{} }

// certainlyAll reports whether d is all, and not just for having been enlarged.
func (d Domain) certainlyAll() bool { return d.IsAll() && !d.wider }

// IsNone reports whether d is empty.
func (d Domain) IsNone() bool { return !d.null && len(d.ranges) == 0 }

// IncludesNull reports whether NULL belongs to d.
func (d Domain) IncludesNull() bool { return d.null }

// Ranges returns the ranges of d in ascending order; the caller must not change them.
func (d Domain) Ranges() []Range { return d.ranges }

// Discrete returns the values of d other than NULL in ascending order, if they
// can be listed; ok is false if some range holds more than one value.
func (d Domain) Discrete() (values []Value, ok bool) {
	for _, r := range d.ranges {
		if r.Low == nil || r.High == nil || compare(d.typ, r.Low, r.High) != 0 {
			return nil, false
		}
		values = append(values, r.Low)
	}
	return values, true
}

// Bounds returns the smallest range around all values of d other than NULL;
// ok is false if there are none.
func (d Domain) Bounds() (r Range, ok bool) {
	if len(d.ranges) == 0 {
		return Range{}, false
	}
	first, last := d.ranges[0], d.ranges[len(d.ranges)-1]
	return Range{first.Low, last.High, first.LowClosed, last.HighClosed}, true
}

// Contains reports whether v belongs to d; a nil v is NULL.
func (d Domain) Contains(v Value) bool {
	if v == nil {
		return d.null
	}
	check(d.typ, v)
	return contains(d.typ, d.ranges, v)
}

func contains(t types.Type, ranges []Range, v Value) bool {
	_, found := slices.BinarySearchFunc(ranges, v, func(r Range, v Value) int {
		if r.Low != nil {
			if c := compare(t, r.Low, v); c > 0 || c == 0 && !r.LowClosed {
				return 1
			}
		}
		if r.High != nil {
			if c := compare(t, r.High, v); c < 0 || c == 0 && !r.HighClosed {
				return -1
			}
		}
		return 0
	})
	return found
}

// Intersect returns the set of what belongs to both.
func (d Domain) Intersect(e Domain) Domain {
	d.sameType(e)
	if d.IsNone() || e.certainlyAll() {
		return d
	}
	if e.IsNone() || d.certainlyAll() {
		return e
	}
	var out []Range
	for i, j := 0, 0; i < len(d.ranges) && j < len(e.ranges); {
		a, b := d.ranges[i], e.ranges[j]
		r := a
		if compareLow(d.typ, b, a) > 0 {
			r.Low, r.LowClosed = b.Low, b.LowClosed
		}
		endsFirst := compareHigh(d.typ, a, b)
		if endsFirst > 0 {
			r.High, r.HighClosed = b.High, b.HighClosed
		}
		if !empty(d.typ, r) {
			out = append(out, r)
		}
		if endsFirst <= 0 {
			i++
		} else {
			j++
		}
	}
	return build(d.typ, out, d.null && e.null, d.wider || e.wider)
}

// Union returns the set of what belongs to d, e or both.
func (d Domain) Union(e Domain) Domain {
	d.sameType(e)
	if d.certainlyAll() || e.IsNone() {
		return d
	}
	if e.certainlyAll() || d.IsNone() {
		return e
	}
	all := make([]Range, 0, len(d.ranges)+len(e.ranges))
	all = append(append(all, d.ranges...), e.ranges...)
	slices.SortStableFunc(all, func(a, b Range) int { return compareLow(d.typ, a, b) })
	out := all[:0]
	for _, r := range all {
		if n := len(out); n > 0 && touch(d.typ, out[n-1], r) {
			if compareHigh(d.typ, r, out[n-1]) > 0 {
				out[n-1].High, out[n-1].HighClosed = r.High, r.HighClosed
			}
			continue
		}
		out = append(out, r)
	}
	return build(d.typ, out, d.null || e.null, d.wider || e.wider)
}

// Complement returns the set of what does not belong to d; NULL belongs to just one of them.
// What is left of SQL's NOT is Complement without NULL.
func (d Domain) Complement() Domain {
	if d.wider {
		return Domain{typ: d.typ, ranges: []Range{{}}, null: !d.null, wider: true}
	}
	var out []Range
	rest := Range{} // what follows the ranges seen so far
	open := true
	for _, r := range d.ranges {
		gap := rest
		gap.High, gap.HighClosed = r.Low, r.Low != nil && !r.LowClosed
		if r.Low != nil && !empty(d.typ, gap) {
			out = append(out, gap)
		}
		if r.High == nil {
			open = false
			break
		}
		rest = Range{Low: r.High, LowClosed: !r.HighClosed}
	}
	if open {
		out = append(out, rest)
	}
	return build(d.typ, out, !d.null, false)
}

func (d Domain) sameType(e Domain) {
	if !d.typ.Equal(e.typ) {
		panic(fmt.Sprintf("domains of %s and %s have nothing in common", d.typ, e.typ))
	}
}

// compareLow orders ranges by where they begin.
func compareLow(t types.Type, a, b Range) int {
	switch {
	case a.Low == nil && b.Low == nil:
		return 0
	case a.Low == nil:
		return -1
	case b.Low == nil:
		return 1
	}
	if c := compare(t, a.Low, b.Low); c != 0 {
		return c
	}
	return types.CompareBool(b.LowClosed, a.LowClosed)
}

// compareHigh orders ranges by where they end.
func compareHigh(t types.Type, a, b Range) int {
	switch {
	case a.High == nil && b.High == nil:
		return 0
	case a.High == nil:
		return 1
	case b.High == nil:
		return -1
	}
	if c := compare(t, a.High, b.High); c != 0 {
		return c
	}
	return types.CompareBool(a.HighClosed, b.HighClosed)
}

// touch reports whether no value lies between a and b, which begins no earlier than a.
func touch(t types.Type, a, b Range) bool {
	if a.High == nil || b.Low == nil {
		return true
	}
	c := compare(t, a.High, b.Low)
	return c > 0 || c == 0 && (a.HighClosed || b.LowClosed)
}

func empty(t types.Type, r Range) bool {
	if r.Low == nil || r.High == nil {
		return false
	}
	c := compare(t, r.Low, r.High)
	return c > 0 || c == 0 && !(r.LowClosed && r.HighClosed)
}

// compare orders two values of t.
func compare(t types.Type, a, b Value) int {
	switch a := a.(type) {
	case bool:
		return types.CompareBool(a, b.(bool))
	case int64:
		b := b.(int64)
		switch {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	case float64:
		return types.CompareFloat64(a, b.(float64))
	case string:
		if t.Is(types.Char) {
			return types.CompareChar(a, b.(string))
		}
		return strings.Compare(a, b.(string))
	case types.Int128:
		return t.OrderKey(a).Cmp(t.OrderKey(b.(types.Int128)))
	}
	panic(fmt.Sprintf("domain over a Go %T", a))
}

// check panics unless v is of the Go type that carries values of t.
func check(t types.Type, v Value) {
	if !carries(t, v) {
		panic(fmt.Sprintf("a Go %T is no value of type %s", v, t))
	}
}

func carries(t types.Type, v Value) bool {
	ok := false
	switch t.Physical() {
	case types.Bool:
		_, ok = v.(bool)
	case types.Int64:
		_, ok = v.(int64)
	case types.Float64:
		_, ok = v.(float64)
	case types.String:
		_, ok = v.(string)
	case types.Wide:
		_, ok = v.(types.Int128)
	}
	return ok
}

func isNaN(v Value) bool {
	f, ok := v.(float64)
	return ok && math.IsNaN(f)
}
