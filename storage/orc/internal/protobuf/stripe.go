package protobuf

import "encoding/binary"

// Kinds of Stream.
const (
	Present         = 0
	Data            = 1
	Length          = 2
	DictionaryData  = 3
	DictionaryCount = 4
	Secondary       = 5
	RowIndexStream  = 6
	BloomFilter     = 7
	BloomFilterUTF8 = 8
)

// StreamName returns the specification's name of a kind of stream.
func StreamName(kind uint64) string {
	names := [...]string{"PRESENT", "DATA", "LENGTH", "DICTIONARY_DATA", "DICTIONARY_COUNT", "SECONDARY", "ROW_INDEX",
		"BLOOM_FILTER", "BLOOM_FILTER_UTF8", "ENCRYPTED_INDEX", "ENCRYPTED_DATA"}
	if kind < uint64(len(names)) {
		return names[kind]
	}
	return "of unknown kind"
}

// Stream is a part of a stripe.
type Stream struct{ Kind, Column, Length uint64 }

// Encodings of columns.
const (
	Direct       = 0
	Dictionary   = 1
	DirectV2     = 2
	DictionaryV2 = 3
)

// Encoding is ColumnEncoding.
type Encoding struct{ Kind, DictionarySize, BloomEncoding uint64 }

// StripeFooter lists the streams and encodings of a stripe.
type StripeFooter struct {
	Streams   []Stream
	Encodings []Encoding
	Timezone  string
}

// streamsPerColumn is more than any column has.
const streamsPerColumn = 16

// ParseStripeFooter reads a StripeFooter of a file with so many types.
func ParseStripeFooter(b []byte, types int) (*StripeFooter, error) {
	s := &StripeFooter{}
	err := each("StripeFooter", b, func(f field) error {
		switch f.num {
		case 1:
			if len(s.Streams) >= types*streamsPerColumn {
				return errTooMany
			}
			var x Stream
			err := each("Stream", f.bytes, func(f field) error {
				switch f.num {
				case 1:
					x.Kind = f.value
				case 2:
					x.Column = f.value
				case 3:
					x.Length = f.value
				}
				return nil
			})
			if err != nil {
				return err
			}
			s.Streams = append(s.Streams, x)
		case 2:
			if len(s.Encodings) >= types {
				return errTooMany
			}
			var x Encoding
			err := each("ColumnEncoding", f.bytes, func(f field) error {
				switch f.num {
				case 1:
					x.Kind = f.value
				case 2:
					x.DictionarySize = f.value
				case 3:
					x.BloomEncoding = f.value
				}
				return nil
			})
			if err != nil {
				return err
			}
			s.Encodings = append(s.Encodings, x)
		case 3:
			s.Timezone = string(f.bytes)
		}
		return nil
	})
	return s, err
}

// Append appends the message.
func (s *StripeFooter) Append(b []byte) []byte {
	var m []byte
	for _, x := range s.Streams {
		m = appendVarint(m[:0], 1, x.Kind)
		m = appendVarint(m, 2, x.Column)
		m = appendVarint(m, 3, x.Length)
		b = appendBytes(b, 1, m)
	}
	for _, x := range s.Encodings {
		m = appendVarint(m[:0], 1, x.Kind)
		if x.Kind == Dictionary || x.Kind == DictionaryV2 {
			m = appendVarint(m, 2, x.DictionarySize)
		}
		if x.BloomEncoding != 0 {
			m = appendVarint(m, 3, x.BloomEncoding)
		}
		b = appendBytes(b, 2, m)
	}
	return appendString(b, 3, s.Timezone)
}

// IndexEntry is RowIndexEntry; Statistics are encoded ColumnStatistics.
type IndexEntry struct {
	Positions  []uint64
	Statistics []byte
}

// maxPositions is more than the streams of a column need.
const maxPositions = 64

// ParseRowIndex reads a RowIndex of so many row groups at most.
func ParseRowIndex(b []byte, groups int) ([]IndexEntry, error) {
	var entries []IndexEntry
	err := each("RowIndex", b, func(f field) error {
		if f.num != 1 {
			return nil
		}
		if len(entries) >= groups {
			return errTooMany
		}
		var e IndexEntry
		err := each("RowIndexEntry", f.bytes, func(f field) (err error) {
			switch f.num {
			case 1:
				e.Positions, err = f.numbers(e.Positions, maxPositions)
			case 2:
				e.Statistics = f.bytes
			}
			return err
		})
		entries = append(entries, e)
		return err
	})
	return entries, err
}

// AppendRowIndex appends the message.
func AppendRowIndex(b []byte, entries []IndexEntry) []byte {
	var m []byte
	for _, e := range entries {
		m = appendPacked(m[:0], 1, e.Positions)
		m = appendBytes(m, 2, e.Statistics)
		b = appendBytes(b, 1, m)
	}
	return b
}

// Bloom is a BloomFilter: its bits as bytes, the first one's lowest bit first.
type Bloom struct {
	HashFunctions uint64
	Bits          []byte
}

// ParseBloomIndex reads a BloomFilterIndex of so many row groups at most.
func ParseBloomIndex(b []byte, groups int) ([]Bloom, error) {
	var blooms []Bloom
	err := each("BloomFilterIndex", b, func(f field) error {
		if f.num != 1 {
			return nil
		}
		if len(blooms) >= groups {
			return errTooMany
		}
		var x Bloom
		err := each("BloomFilter", f.bytes, func(f field) error {
			switch f.num {
			case 1:
				x.HashFunctions = f.value
			case 2: // longs, one by one or packed
				if f.bytes != nil {
					x.Bits = append(x.Bits, f.bytes...)
				} else {
					x.Bits = binary.LittleEndian.AppendUint64(x.Bits, f.value)
				}
			case 3:
				x.Bits = f.bytes
			}
			return nil
		})
		blooms = append(blooms, x)
		return err
	})
	return blooms, err
}

// AppendBloomIndex appends the message, in the form for UTF-8.
func AppendBloomIndex(b []byte, blooms []Bloom) []byte {
	var m []byte
	for _, x := range blooms {
		m = appendVarint(m[:0], 1, x.HashFunctions)
		m = appendBytes(m, 3, x.Bits)
		b = appendBytes(b, 1, m)
	}
	return b
}
