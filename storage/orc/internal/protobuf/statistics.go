package protobuf

// Statistics is ColumnStatistics. A pointer is nil where the message lacks the part.
type Statistics struct {
	Values  uint64
	HasNull bool
	// HasNullKnown is false for writers that did not record HasNull.
	HasNullKnown bool
	Int          *IntStatistics
	Double       *DoubleStatistics
	String       *StringStatistics
	Buckets      []uint64
	Decimal      *DecimalStatistics
	Date         *DateStatistics
	Binary       *int64 // sum of lengths
	Timestamp    *TimestampStatistics
	Collection   *CollectionStatistics
}

// IntStatistics bound integers; Sum is nil when it overflowed.
type IntStatistics struct{ Min, Max, Sum *int64 }

// DoubleStatistics bound floating point numbers.
type DoubleStatistics struct{ Min, Max, Sum *float64 }

// StringStatistics bound strings: by values, or by something below and above them.
type StringStatistics struct {
	Min, Max, LowerBound, UpperBound *string
	Sum                              *int64 // of lengths
}

// DecimalStatistics bound decimals, as text.
type DecimalStatistics struct{ Min, Max, Sum *string }

// DateStatistics bound days.
type DateStatistics struct{ Min, Max *int64 }

// TimestampStatistics bound instants: milliseconds, and the nanoseconds beyond
// them plus one (0 when not recorded).
type TimestampStatistics struct {
	Min, Max, MinUTC, MaxUTC *int64
	MinNanos, MaxNanos       int64
}

// CollectionStatistics count the children of lists and maps.
type CollectionStatistics struct{ Min, Max, Total uint64 }

// ParseStatistics reads ColumnStatistics.
func ParseStatistics(b []byte) (s Statistics, err error) {
	err = each("ColumnStatistics", b, func(f field) (err error) {
		switch f.num {
		case 1:
			s.Values = f.value
		case 2:
			x := &IntStatistics{}
			s.Int = x
			return sints("IntegerStatistics", f.bytes, &x.Min, &x.Max, &x.Sum)
		case 3:
			x := &DoubleStatistics{}
			s.Double = x
			return each("DoubleStatistics", f.bytes, func(f field) error {
				v := f.double()
				switch f.num {
				case 1:
					x.Min = &v
				case 2:
					x.Max = &v
				case 3:
					x.Sum = &v
				}
				return nil
			})
		case 4:
			x := &StringStatistics{}
			s.String = x
			return each("StringStatistics", f.bytes, func(f field) error {
				v, n := string(f.bytes), f.sint64()
				switch f.num {
				case 1:
					x.Min = &v
				case 2:
					x.Max = &v
				case 3:
					x.Sum = &n
				case 4:
					x.LowerBound = &v
				case 5:
					x.UpperBound = &v
				}
				return nil
			})
		case 5:
			s.Buckets = []uint64{}
			return each("BucketStatistics", f.bytes, func(f field) (err error) {
				if f.num == 1 {
					s.Buckets, err = f.numbers(s.Buckets, 64)
				}
				return err
			})
		case 6:
			x := &DecimalStatistics{}
			s.Decimal = x
			return each("DecimalStatistics", f.bytes, func(f field) error {
				v := string(f.bytes)
				switch f.num {
				case 1:
					x.Min = &v
				case 2:
					x.Max = &v
				case 3:
					x.Sum = &v
				}
				return nil
			})
		case 7:
			x := &DateStatistics{}
			s.Date = x
			return sints("DateStatistics", f.bytes, &x.Min, &x.Max)
		case 8:
			return sints("BinaryStatistics", f.bytes, &s.Binary)
		case 9:
			x := &TimestampStatistics{}
			s.Timestamp = x
			return each("TimestampStatistics", f.bytes, func(f field) error {
				v := f.sint64()
				switch f.num {
				case 1:
					x.Min = &v
				case 2:
					x.Max = &v
				case 3:
					x.MinUTC = &v
				case 4:
					x.MaxUTC = &v
				case 5:
					x.MinNanos = f.int64()
				case 6:
					x.MaxNanos = f.int64()
				}
				return nil
			})
		case 10:
			s.HasNull, s.HasNullKnown = f.value != 0, true
		case 12:
			x := &CollectionStatistics{}
			s.Collection = x
			return each("CollectionStatistics", f.bytes, func(f field) error {
				switch f.num {
				case 1:
					x.Min = f.value
				case 2:
					x.Max = f.value
				case 3:
					x.Total = f.value
				}
				return nil
			})
		}
		return nil
	})
	return s, err
}

// sints reads a message of sint64 fields 1, 2, ….
func sints(message string, b []byte, fields ...**int64) error {
	return each(message, b, func(f field) error {
		if int(f.num) <= len(fields) {
			v := f.sint64()
			*fields[f.num-1] = &v
		}
		return nil
	})
}

// Append appends the message.
func (s *Statistics) Append(b []byte) []byte {
	b = appendVarint(b, 1, s.Values)
	var m []byte
	if x := s.Int; x != nil {
		b = appendBytes(b, 2, appendSints(m, x.Min, x.Max, x.Sum))
	}
	if x := s.Double; x != nil {
		for i, v := range []*float64{x.Min, x.Max, x.Sum} {
			if v != nil {
				m = appendDouble(m, fieldNumber(i), *v)
			}
		}
		b = appendBytes(b, 3, m)
	}
	if x := s.String; x != nil {
		m = appendStrings(m, 1, x.Min, x.Max)
		if x.Sum != nil {
			m = appendSint(m, 3, *x.Sum)
		}
		m = appendStrings(m, 4, x.LowerBound, x.UpperBound)
		b = appendBytes(b, 4, m)
	}
	if s.Buckets != nil {
		b = appendBytes(b, 5, appendPacked(m, 1, s.Buckets))
	}
	if x := s.Decimal; x != nil {
		b = appendBytes(b, 6, appendStrings(m, 1, x.Min, x.Max, x.Sum))
	}
	if x := s.Date; x != nil {
		b = appendBytes(b, 7, appendSints(m, x.Min, x.Max))
	}
	if s.Binary != nil {
		b = appendBytes(b, 8, appendSints(m, s.Binary))
	}
	if x := s.Timestamp; x != nil {
		m = appendSints(m, x.Min, x.Max, x.MinUTC, x.MaxUTC)
		if x.MinNanos != 0 {
			m = appendVarint(m, 5, uint64(x.MinNanos))
		}
		if x.MaxNanos != 0 {
			m = appendVarint(m, 6, uint64(x.MaxNanos))
		}
		b = appendBytes(b, 9, m)
	}
	hasNull := uint64(0)
	if s.HasNull {
		hasNull = 1
	}
	b = appendVarint(b, 10, hasNull)
	if x := s.Collection; x != nil {
		m = appendVarint(nil, 1, x.Min)
		m = appendVarint(m, 2, x.Max)
		b = appendBytes(b, 12, appendVarint(m, 3, x.Total))
	}
	return b
}
