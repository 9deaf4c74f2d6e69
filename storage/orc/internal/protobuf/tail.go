package protobuf

// PostScript is the message at the file's end that is never compressed.
type PostScript struct {
	FooterLength, ChunkSize, MetadataLength uint64
	Compression                             uint64
	Version                                 []uint64
	WriterVersion                           uint64
	Magic                                   string
}

// ParsePostScript reads a PostScript.
func ParsePostScript(b []byte) (p PostScript, err error) {
	err = each("PostScript", b, func(f field) (err error) {
		switch f.num {
		case 1:
			p.FooterLength = f.value
		case 2:
			p.Compression = f.value
		case 3:
			p.ChunkSize = f.value
		case 4:
			p.Version, err = f.numbers(p.Version, 16)
		case 5:
			p.MetadataLength = f.value
		case 6:
			p.WriterVersion = f.value
		case 8000:
			p.Magic = string(f.bytes)
		}
		return err
	})
	return p, err
}

// Append appends the message.
func (p *PostScript) Append(b []byte) []byte {
	b = appendVarint(b, 1, p.FooterLength)
	b = appendVarint(b, 2, p.Compression)
	if p.Compression != 0 {
		b = appendVarint(b, 3, p.ChunkSize)
	}
	b = appendPacked(b, 4, p.Version)
	b = appendVarint(b, 5, p.MetadataLength)
	b = appendVarint(b, 6, p.WriterVersion)
	return appendString(b, 8000, p.Magic)
}

// Kinds of Type.
const (
	Boolean = iota
	Byte
	Short
	Int
	Long
	Float
	Double
	String
	Binary
	Timestamp
	List
	Map
	Struct
	Union
	Decimal
	Date
	Varchar
	Char
	TimestampInstant
	Geometry
)

// Type is a node of the schema.
type Type struct {
	Kind                            uint64
	Subtypes                        []uint64
	FieldNames                      []string
	MaximumLength, Precision, Scale uint64
	Attributes                      [][2]string
}

// perType is how many subtypes, field names and attributes there may be for each
// type that may be: all of the file's share them.
const perType = 8

// parseType reads a Type; it takes the entries of its lists from left.
func parseType(b []byte, left *int) (t Type, err error) {
	err = each("Type", b, func(f field) (err error) {
		if f.num == 2 || f.num == 3 || f.num == 7 {
			if *left--; *left < 0 {
				return errTooMany
			}
		}
		switch f.num {
		case 1:
			t.Kind = f.value
		case 2:
			before := len(t.Subtypes)
			t.Subtypes, err = f.numbers(t.Subtypes, before+*left)
			*left -= len(t.Subtypes) - before
		case 3:
			t.FieldNames = append(t.FieldNames, string(f.bytes))
		case 4:
			t.MaximumLength = f.value
		case 5:
			t.Precision = f.value
		case 6:
			t.Scale = f.value
		case 7:
			var pair [2]string
			err = each("StringPair", f.bytes, func(f field) error {
				if f.num == 1 || f.num == 2 {
					pair[f.num-1] = string(f.bytes)
				}
				return nil
			})
			t.Attributes = append(t.Attributes, pair)
		}
		return err
	})
	return t, err
}

func (t *Type) append(b []byte) []byte {
	b = appendVarint(b, 1, t.Kind)
	b = appendPacked(b, 2, t.Subtypes)
	for _, name := range t.FieldNames {
		b = appendString(b, 3, name)
	}
	switch t.Kind {
	case Varchar, Char:
		b = appendVarint(b, 4, t.MaximumLength)
	case Decimal:
		b = appendVarint(b, 5, t.Precision)
		b = appendVarint(b, 6, t.Scale)
	}
	for _, a := range t.Attributes {
		b = appendBytes(b, 7, appendString(appendString(nil, 1, a[0]), 2, a[1]))
	}
	return b
}

// Stripe is StripeInformation.
type Stripe struct {
	Offset, IndexLength, DataLength, FooterLength, Rows uint64
}

func parseStripe(b []byte) (s Stripe, err error) {
	err = each("StripeInformation", b, func(f field) error {
		switch f.num {
		case 1:
			s.Offset = f.value
		case 2:
			s.IndexLength = f.value
		case 3:
			s.DataLength = f.value
		case 4:
			s.FooterLength = f.value
		case 5:
			s.Rows = f.value
		}
		return nil
	})
	return s, err
}

// Item is UserMetadataItem.
type Item struct {
	Name  string
	Value []byte
}

// Calendars of Footer.
const (
	UnknownCalendar = iota
	JulianGregorian
	ProlepticGregorian
)

// Footer describes the file. Statistics are encoded ColumnStatistics, parts of
// the bytes that the footer was read from.
type Footer struct {
	HeaderLength, ContentLength uint64
	Stripes                     []Stripe
	Types                       []Type
	Metadata                    []Item
	Rows                        uint64
	Statistics                  [][]byte
	RowIndexStride              uint64
	Writer                      uint64
	Encrypted                   bool
	Calendar                    uint64
	SoftwareVersion             string
}

// Limits of what a footer may repeat.
type Limits struct {
	Types int
	// Stripe is asked about each stripe; an error ends the reading.
	Stripe func(before []Stripe, s Stripe) error
}

// maxItems bounds the entries of user metadata.
const maxItems = 1 << 16

// ParseFooter reads a Footer.
func ParseFooter(b []byte, limits Limits) (*Footer, error) {
	t := &Footer{}
	left := perType * limits.Types
	err := each("Footer", b, func(f field) error {
		switch f.num {
		case 1:
			t.HeaderLength = f.value
		case 2:
			t.ContentLength = f.value
		case 3:
			s, err := parseStripe(f.bytes)
			if err == nil {
				err = limits.Stripe(t.Stripes, s)
			}
			if err != nil {
				return err
			}
			t.Stripes = append(t.Stripes, s)
		case 4:
			if len(t.Types) >= limits.Types {
				return errTooMany
			}
			x, err := parseType(f.bytes, &left)
			if err != nil {
				return err
			}
			t.Types = append(t.Types, x)
		case 5:
			if len(t.Metadata) >= maxItems {
				return errTooMany
			}
			var item Item
			err := each("UserMetadataItem", f.bytes, func(f field) error {
				switch f.num {
				case 1:
					item.Name = string(f.bytes)
				case 2:
					item.Value = append([]byte(nil), f.bytes...)
				}
				return nil
			})
			if err != nil {
				return err
			}
			t.Metadata = append(t.Metadata, item)
		case 6:
			t.Rows = f.value
		case 7:
			if len(t.Statistics) >= limits.Types {
				return errTooMany
			}
			t.Statistics = append(t.Statistics, f.bytes)
		case 8:
			t.RowIndexStride = f.value
		case 9:
			t.Writer = f.value
		case 10:
			t.Encrypted = true
		case 11:
			t.Calendar = f.value
		case 12:
			t.SoftwareVersion = string(f.bytes)
		}
		return nil
	})
	return t, err
}

// Append appends the message.
func (t *Footer) Append(b []byte) []byte {
	b = appendVarint(b, 1, t.HeaderLength)
	b = appendVarint(b, 2, t.ContentLength)
	var m []byte
	for _, s := range t.Stripes {
		m = appendVarint(m[:0], 1, s.Offset)
		m = appendVarint(m, 2, s.IndexLength)
		m = appendVarint(m, 3, s.DataLength)
		m = appendVarint(m, 4, s.FooterLength)
		m = appendVarint(m, 5, s.Rows)
		b = appendBytes(b, 3, m)
	}
	for i := range t.Types {
		m = t.Types[i].append(m[:0])
		b = appendBytes(b, 4, m)
	}
	for _, item := range t.Metadata {
		m = appendString(m[:0], 1, item.Name)
		m = appendBytes(m, 2, item.Value)
		b = appendBytes(b, 5, m)
	}
	b = appendVarint(b, 6, t.Rows)
	for _, s := range t.Statistics {
		b = appendBytes(b, 7, s)
	}
	b = appendVarint(b, 8, t.RowIndexStride)
	b = appendVarint(b, 9, t.Writer)
	b = appendVarint(b, 11, t.Calendar)
	return appendString(b, 12, t.SoftwareVersion)
}

// ParseMetadata reads the stripe statistics: for each stripe the encoded
// ColumnStatistics of each column.
func ParseMetadata(b []byte, stripes, types int) ([][][]byte, error) {
	var out [][][]byte
	err := each("Metadata", b, func(f field) error {
		if f.num != 1 {
			return nil
		}
		if len(out) >= stripes {
			return errTooMany
		}
		var columns [][]byte
		err := each("StripeStatistics", f.bytes, func(f field) error {
			if f.num != 1 {
				return nil
			}
			if len(columns) >= types {
				return errTooMany
			}
			columns = append(columns, f.bytes)
			return nil
		})
		out = append(out, columns)
		return err
	})
	return out, err
}

// AppendMetadata appends the message that ParseMetadata reads.
func AppendMetadata(b []byte, stripes [][][]byte) []byte {
	var m []byte
	for _, columns := range stripes {
		m = m[:0]
		for _, c := range columns {
			m = appendBytes(m, 1, c)
		}
		b = appendBytes(b, 1, m)
	}
	return b
}
