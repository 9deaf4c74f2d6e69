package orc

import (
	"math"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
)

// maxBoundBytes is how long a string may be to stand in statistics whole, as the
// format says; of longer ones a bound is written.
const maxBoundBytes = 1024

// stats collects the statistics of a column over a row group, and is merged into
// those of the stripe and the file. Which fields count depends on the column.
type stats struct {
	values  int64 // that are not NULL
	hasNull bool

	bounded        bool // min and max are set
	unbounded      bool // something came by that no bound can hold: NaN, bytes that are no text
	noSum          bool // the sum overflowed
	minInt, maxInt int64
	sumInt         int64 // of integers, of the lengths of strings and lists, of true booleans
	minF, maxF     float64
	sumF           float64
	minS, maxS     string
	minCut, maxCut bool // minS, maxS are bounds
	minD, maxD     types.Int128
	sumD           types.Int128
}

func (s *stats) addInt(v int64) {
	if !s.bounded {
		s.bounded, s.minInt, s.maxInt = true, v, v
	} else if v < s.minInt {
		s.minInt = v
	} else if v > s.maxInt {
		s.maxInt = v
	}
	sum := s.sumInt + v
	if (s.sumInt^sum)&(v^sum) < 0 {
		s.noSum = true
	}
	s.sumInt = sum
}

func (s *stats) addFloat(v float64) {
	if v != v {
		s.unbounded = true
		return
	}
	if !s.bounded {
		s.bounded, s.minF, s.maxF = true, v, v
	} else if v < s.minF {
		s.minF = v
	} else if v > s.maxF {
		s.maxF = v
	}
	s.sumF += v
}

func (s *stats) addDecimal(v types.Int128) {
	if !s.bounded {
		s.bounded, s.minD, s.maxD = true, v, v
	} else if v.Cmp(s.minD) < 0 {
		s.minD = v
	} else if v.Cmp(s.maxD) > 0 {
		s.maxD = v
	}
	var overflow bool
	if s.sumD, overflow = s.sumD.Add(v); overflow {
		s.noSum = true
	}
}

// addBytes widens the bounds of strings; v may be reused by the caller.
func (s *stats) addBytes(v []byte) {
	if s.unbounded {
		return
	}
	below, above := !s.bounded || string(v) < s.minS, !s.bounded || string(v) > s.maxS
	if !below && !above {
		return
	}
	if !utf8.Valid(v) {
		s.unbounded = true
		return
	}
	s.bounded = true
	if below {
		s.minS, s.minCut = lowerBound(v)
	}
	if above {
		var ok bool
		if s.maxS, s.maxCut, ok = upperBound(v); !ok {
			s.unbounded = true
		}
	}
}

// lowerBound returns v, or something shorter that is no larger.
func lowerBound(v []byte) (bound string, cut bool) {
	if len(v) <= maxBoundBytes {
		return string(v), false
	}
	return string(v[:runeStart(v, maxBoundBytes)]), true
}

// upperBound returns v, or something shorter that is larger: its beginning, the
// last code point of which is counted up.
func upperBound(v []byte) (bound string, cut, ok bool) {
	if len(v) <= maxBoundBytes {
		return string(v), false, true
	}
	end := runeStart(v, maxBoundBytes)
	for end > 0 {
		r, size := utf8.DecodeLastRune(v[:end])
		end -= size
		switch {
		case r == 0xd7ff:
			r = 0xe000 // past the surrogates
		case r < utf8.MaxRune:
			r++
		default:
			continue
		}
		return string(v[:end]) + string(r), true, true
	}
	return "", false, false
}

// runeStart returns the last place at or before at where a code point begins.
func runeStart(v []byte, at int) int {
	for at > 0 && !utf8.RuneStart(v[at]) {
		at--
	}
	return at
}

// merge adds what t says of other rows.
func (s *stats) merge(t *stats) {
	s.values += t.values
	s.hasNull = s.hasNull || t.hasNull
	s.unbounded = s.unbounded || t.unbounded
	sum := s.sumInt + t.sumInt
	overflow := (s.sumInt^sum)&(t.sumInt^sum) < 0
	sumD, overflowD := s.sumD.Add(t.sumD)
	s.noSum = s.noSum || t.noSum || overflow || overflowD
	s.sumInt, s.sumD = sum, sumD
	s.sumF += t.sumF
	if !t.bounded {
		return
	}
	if !s.bounded {
		s.bounded = true
		s.minInt, s.maxInt, s.minF, s.maxF, s.minD, s.maxD = t.minInt, t.maxInt, t.minF, t.maxF, t.minD, t.maxD
		s.minS, s.maxS, s.minCut, s.maxCut = t.minS, t.maxS, t.minCut, t.maxCut
		return
	}
	s.minInt, s.maxInt = min(s.minInt, t.minInt), max(s.maxInt, t.maxInt)
	s.minF, s.maxF = min(s.minF, t.minF), max(s.maxF, t.maxF)
	if t.minD.Cmp(s.minD) < 0 {
		s.minD = t.minD
	}
	if t.maxD.Cmp(s.maxD) > 0 {
		s.maxD = t.maxD
	}
	if t.minS < s.minS {
		s.minS, s.minCut = t.minS, t.minCut
	}
	if t.maxS > s.maxS {
		s.maxS, s.maxCut = t.maxS, t.maxCut
	}
}

// message returns the statistics as the file has them.
func (s *stats) message(c *column) *protobuf.Statistics {
	m := &protobuf.Statistics{Values: uint64(s.values), HasNull: s.hasNull, HasNullKnown: true}
	if s.values == 0 {
		// Some readers take a column without values for one without statistics
		// unless it says that it has NULLs.
		m.HasNull = true
	}
	known := s.bounded && !s.unbounded
	switch c.kind {
	case protobuf.Boolean:
		m.Buckets = []uint64{uint64(s.sumInt)}
	case protobuf.Byte, protobuf.Short, protobuf.Int, protobuf.Long:
		m.Int = &protobuf.IntStatistics{}
		if known {
			m.Int.Min, m.Int.Max = &s.minInt, &s.maxInt
			if !s.noSum {
				m.Int.Sum = &s.sumInt
			}
		}
	case protobuf.Float, protobuf.Double:
		m.Double = &protobuf.DoubleStatistics{}
		if known {
			low, high := s.minF, s.maxF
			if low == 0 {
				low = math.Copysign(0, -1) // 0 and -0 are equal but not everywhere
			}
			if high == 0 {
				high = 0
			}
			m.Double.Min, m.Double.Max = &low, &high
			if !math.IsInf(s.sumF, 0) && !math.IsNaN(s.sumF) {
				m.Double.Sum = &s.sumF
			}
		}
	case protobuf.String, protobuf.Varchar, protobuf.Char:
		m.String = &protobuf.StringStatistics{Sum: &s.sumInt}
		if known {
			if s.minCut {
				m.String.LowerBound = &s.minS
			} else {
				m.String.Min = &s.minS
			}
			if s.maxCut {
				m.String.UpperBound = &s.maxS
			} else {
				m.String.Max = &s.maxS
			}
		}
	case protobuf.Binary:
		m.Binary = &s.sumInt
	case protobuf.Date:
		m.Date = &protobuf.DateStatistics{}
		if known {
			m.Date.Min, m.Date.Max = &s.minInt, &s.maxInt
		}
	case protobuf.Decimal:
		m.Decimal = &protobuf.DecimalStatistics{}
		if known {
			text := func(v types.Int128) *string {
				t := string(types.AppendDecimal(nil, v, c.typ.Scale()))
				return &t
			}
			m.Decimal.Min, m.Decimal.Max = text(s.minD), text(s.maxD)
			if !s.noSum {
				m.Decimal.Sum = text(s.sumD)
			}
		}
	case protobuf.Timestamp, protobuf.TimestampInstant:
		m.Timestamp = &protobuf.TimestampStatistics{}
		if known {
			// Bounds are held in minD and maxD: milliseconds, and nanoseconds beyond.
			low, high := s.minD.Hi, s.maxD.Hi
			m.Timestamp.MinUTC, m.Timestamp.MaxUTC = &low, &high
			if s.minD.Lo != defaultMinNanos {
				m.Timestamp.MinNanos = int64(s.minD.Lo) + 1
			}
			if s.maxD.Lo != defaultMaxNanos {
				m.Timestamp.MaxNanos = int64(s.maxD.Lo) + 1
			}
		}
	case protobuf.List, protobuf.Map:
		if known {
			m.Collection = &protobuf.CollectionStatistics{Min: uint64(s.minInt), Max: uint64(s.maxInt), Total: uint64(s.sumInt)}
		}
	}
	return m
}

// Nanoseconds beyond the milliseconds of timestamp statistics where none are recorded.
const (
	defaultMinNanos = 0
	defaultMaxNanos = 999_999
)

// addTimestamp widens the bounds by an instant: milliseconds and nanoseconds beyond.
func (s *stats) addTimestamp(millis, nanos int64) {
	v := types.Int128{Hi: millis, Lo: uint64(nanos)}
	if !s.bounded {
		s.bounded, s.minD, s.maxD = true, v, v
	} else if v.Cmp(s.minD) < 0 {
		s.minD = v
	} else if v.Cmp(s.maxD) > 0 {
		s.maxD = v
	}
}
