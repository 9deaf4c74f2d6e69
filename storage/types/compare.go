package types

import (
	"cmp"
	"math"
	"strings"
)

// CompareFloat64 orders doubles and reals as Trino's ORDER BY does: NaN is
// equal to itself and larger than everything else, -0.0 equals 0.0.
func CompareFloat64(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return 1
	}
	return -1
}

// CompareBool orders false before true.
func CompareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// CompareChar orders values of a char type: the shorter one counts as padded
// with spaces, so trailing spaces do not matter.
func CompareChar(a, b string) int {
	n := min(len(a), len(b))
	if c := cmp.Compare(a[:n], b[:n]); c != 0 {
		return c
	}
	return compareSpaces(a[n:]) - compareSpaces(b[n:])
}

// compareSpaces compares s with as many spaces as s has bytes.
func compareSpaces(s string) int {
	for i := range len(s) {
		if s[i] != ' ' {
			return cmp.Compare(s[i], ' ')
		}
	}
	return 0
}

// TrimChar returns s without its padding: the form in which equal values of a
// char type are the same string.
func TrimChar(s string) string { return strings.TrimRight(s, " ") }

// OrderKey maps a value of t, a type carried by Int128, to a key such that Cmp
// of keys is the order of the values and equal values have equal keys: the
// instant of a time or timestamp with time zone, the unsigned bytes of a uuid
// or ipaddress. Other values are their own keys.
func (t Type) OrderKey(x Int128) Int128 {
	switch t.kind {
	case TimestampWithTimeZone:
		return Int128{x.Hi, x.Lo >> zoneBits}
	case TimeWithTimeZone:
		return Int128{0, uint64(timeTZInstant(x))}
	case UUID, IPAddress:
		return Int128{x.Hi ^ math.MinInt64, x.Lo}
	}
	return x
}

// zoneBits is how many low bits of a timestamp with time zone hold the zone.
const zoneBits = 16

// timeTZInstant returns the picosecond of the UTC day at which the clock of x's
// offset shows x.
func timeTZInstant(x Int128) int64 {
	return FloorMod(x.Hi-int64(x.Lo)*picosPerMinute, picosPerDay)
}

const picosPerMinute = 60_000_000_000_000

// OneForm reports whether values of t that are not distinct are the same in every respect, so that it does not matter which of them is
// given: zeros of other types have signs, times zones, and CHAR spaces at its end.
func (t Type) OneForm() bool {
	switch t.Physical() {
	case Bool, Int64:
		return true
	case String:
		return !t.Is(Char)
	}
	return false
}
