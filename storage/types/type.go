// Package types holds every SQL type that ctlake knows: its name as Trino
// writes it, its parameters, how its values are ordered and spelled, and which
// physical kind carries them.
//
// A logical type says what a value means; a physical kind says how a vector
// stores it. Five kinds of scalar carry everything:
//
//	Bool     boolean, unknown
//	Int64    tinyint smallint integer bigint, date (days since 1970-01-01),
//	         time(p) (picoseconds of the day),
//	         timestamp(p<=6) (microseconds since 1970-01-01 00:00:00, no zone),
//	         interval day to second (milliseconds), interval year to month (months),
//	         decimal(p<=18) (unscaled value)
//	Float64  double, real (a real is kept rounded to 32 bits)
//	String   varchar char varbinary json, and sketches (HyperLogLog, P4HyperLogLog,
//	         SetDigest, qdigest, tdigest) as their bytes
//	Int128   decimal(p>18) (unscaled value),
//	         timestamp(p>6) (Hi microseconds, Lo picoseconds of the microsecond),
//	         timestamp(p) with time zone (see PackTimestampTZ),
//	         time(p) with time zone (see PackTimeTZ),
//	         uuid, ipaddress (big-endian bytes; IPv4 mapped into IPv6)
//
// array, map and row are carried by vectors over child vectors.
package types

import (
	"strconv"
	"strings"
)

// Kind names a family of types; with its parameters it makes a Type.
type Kind uint8

// The kinds, in no particular order of meaning. Unknown is the type of a bare NULL.
const (
	Unknown Kind = iota
	Boolean
	Tinyint
	Smallint
	Integer
	Bigint
	Real
	Double
	Decimal
	Varchar
	Char
	Varbinary
	JSON
	Date
	Time
	TimeWithTimeZone
	Timestamp
	TimestampWithTimeZone
	IntervalYearToMonth
	IntervalDayToSecond
	UUID
	IPAddress
	Array
	Map
	Row
	Function // of a lambda: never the type of a column
	HyperLogLog
	P4HyperLogLog // a HyperLogLog of the dense form
	SetDigest
	QDigest // of bigint, double or real
	TDigest
)

var kindNames = [...]string{
	Unknown: "unknown", Boolean: "boolean", Tinyint: "tinyint", Smallint: "smallint",
	Integer: "integer", Bigint: "bigint", Real: "real", Double: "double", Decimal: "decimal",
	Varchar: "varchar", Char: "char", Varbinary: "varbinary", JSON: "json", Date: "date",
	Time: "time", TimeWithTimeZone: "time with time zone", Timestamp: "timestamp",
	TimestampWithTimeZone: "timestamp with time zone",
	IntervalYearToMonth:   "interval year to month", IntervalDayToSecond: "interval day to second",
	UUID: "uuid", IPAddress: "ipaddress", Array: "array", Map: "map", Row: "row", Function: "function",
	HyperLogLog: "HyperLogLog", P4HyperLogLog: "P4HyperLogLog", SetDigest: "SetDigest", QDigest: "qdigest", TDigest: "tdigest",
}

// String returns Trino's name of the kind, without parameters.
func (k Kind) String() string { return kindNames[k] }

// Physical says which Go type, or which nested vector, holds values.
type Physical uint8

// The physical kinds.
const (
	Bool Physical = iota
	Int64
	Float64
	String
	Wide // Int128
	Nested
)

// UnboundedLength is the length of varchar without a length.
const UnboundedLength = 1<<31 - 1

// Limits of type parameters, as Trino has them.
const (
	MaxDecimalPrecision      = 38
	MaxShortDecimalPrecision = 18 // carried by Int64 up to here
	MaxTimePrecision         = 12
	MaxShortTimestamp        = 6 // carried by Int64 up to here
	MaxCharLength            = 65536
)

// Field is a member of a row type. Name is "" when the field has none.
type Field struct {
	Name string
	Type Type
}

// Type is an immutable SQL type. The zero Type is unknown. Types are compared
// with Equal; == does not compile, on purpose.
type Type struct {
	kind   Kind
	p, s   int32
	fields []Field
}

// The types without parameters, and the common ones with.
var (
	TUnknown       = Type{kind: Unknown}
	TBoolean       = Type{kind: Boolean}
	TTinyint       = Type{kind: Tinyint}
	TSmallint      = Type{kind: Smallint}
	TInteger       = Type{kind: Integer}
	TBigint        = Type{kind: Bigint}
	TReal          = Type{kind: Real}
	TDouble        = Type{kind: Double}
	TVarchar       = Type{kind: Varchar, p: UnboundedLength}
	TVarbinary     = Type{kind: Varbinary}
	TJSON          = Type{kind: JSON}
	TDate          = Type{kind: Date}
	TTimestamp     = Type{kind: Timestamp, p: 3}
	TTimestampTZ   = Type{kind: TimestampWithTimeZone, p: 3}
	TYearToMonth   = Type{kind: IntervalYearToMonth}
	TDayToSecond   = Type{kind: IntervalDayToSecond}
	THyperLogLog   = Type{kind: HyperLogLog}
	TP4HyperLogLog = Type{kind: P4HyperLogLog}
	TSetDigest     = Type{kind: SetDigest}
	TTDigest       = Type{kind: TDigest}
	TUUID          = Type{kind: UUID}
	TIPAddress     = Type{kind: IPAddress}
	TMapOfVarchar  = MapOf(TVarchar, TVarchar)
	TArrayOfString = ArrayOf(TVarchar)
)

// VarcharOf returns varchar(length); UnboundedLength gives plain varchar.
func VarcharOf(length int) Type { return Type{kind: Varchar, p: int32(length)} }

// CharOf returns char(length).
func CharOf(length int) Type { return Type{kind: Char, p: int32(length)} }

// DecimalOf returns decimal(precision, scale).
func DecimalOf(precision, scale int) Type {
	return Type{kind: Decimal, p: int32(precision), s: int32(scale)}
}

// TimeOf returns time(precision).
func TimeOf(precision int) Type { return Type{kind: Time, p: int32(precision)} }

// TimeTZOf returns time(precision) with time zone.
func TimeTZOf(precision int) Type { return Type{kind: TimeWithTimeZone, p: int32(precision)} }

// TimestampOf returns timestamp(precision).
func TimestampOf(precision int) Type { return Type{kind: Timestamp, p: int32(precision)} }

// TimestampTZOf returns timestamp(precision) with time zone.
func TimestampTZOf(precision int) Type {
	return Type{kind: TimestampWithTimeZone, p: int32(precision)}
}

// ArrayOf returns array(elem).
func ArrayOf(elem Type) Type { return Type{kind: Array, fields: []Field{{Type: elem}}} }

// MapOf returns map(key, value).
func MapOf(key, value Type) Type {
	return Type{kind: Map, fields: []Field{{Type: key}, {Type: value}}}
}

// QDigestOf returns qdigest(of).
func QDigestOf(of Type) Type { return Type{kind: QDigest, fields: []Field{{Type: of}}} }

// RowOf returns row(fields…). It keeps the slice.
func RowOf(fields ...Field) Type { return Type{kind: Row, fields: fields} }

// FunctionOf returns the type of a lambda with the given parameters and result.
func FunctionOf(result Type, params ...Type) Type {
	fields := make([]Field, 0, len(params)+1)
	for _, p := range params {
		fields = append(fields, Field{Type: p})
	}
	return Type{kind: Function, fields: append(fields, Field{Type: result})}
}

// Kind returns the family of t.
func (t Type) Kind() Kind { return t.kind }

// Is reports whether t is of kind k.
func (t Type) Is(k Kind) bool { return t.kind == k }

// Precision returns the precision of decimals, times and timestamps.
func (t Type) Precision() int { return int(t.p) }

// Scale returns the scale of a decimal.
func (t Type) Scale() int { return int(t.s) }

// Length returns the length of varchar and char, in code points;
// UnboundedLength for plain varchar.
func (t Type) Length() int { return int(t.p) }

// Elem returns the element type of an array, or the type of the values of a qdigest.
func (t Type) Elem() Type { return t.fields[0].Type }

// Key returns the key type of a map.
func (t Type) Key() Type { return t.fields[0].Type }

// Value returns the value type of a map.
func (t Type) Value() Type { return t.fields[1].Type }

// Fields returns the fields of a row, which the caller must not change.
func (t Type) Fields() []Field { return t.fields }

// Params returns the parameter types of a function type.
func (t Type) Params() []Type {
	params := make([]Type, len(t.fields)-1)
	for i := range params {
		params[i] = t.fields[i].Type
	}
	return params
}

// Result returns the result type of a function type.
func (t Type) Result() Type { return t.fields[len(t.fields)-1].Type }

// Physical returns the physical kind that carries values of t.
func (t Type) Physical() Physical {
	switch t.kind {
	case Unknown, Boolean:
		return Bool
	case Tinyint, Smallint, Integer, Bigint, Date, Time, IntervalYearToMonth, IntervalDayToSecond:
		return Int64
	case Timestamp:
		if t.p > MaxShortTimestamp {
			return Wide
		}
		return Int64
	case Decimal:
		if t.p > MaxShortDecimalPrecision {
			return Wide
		}
		return Int64
	case Real, Double:
		return Float64
	case Varchar, Char, Varbinary, JSON, HyperLogLog, P4HyperLogLog, SetDigest, QDigest, TDigest:
		return String
	case TimeWithTimeZone, TimestampWithTimeZone, UUID, IPAddress:
		return Wide
	default:
		return Nested
	}
}

// IsInteger reports whether t is tinyint, smallint, integer or bigint.
func (t Type) IsInteger() bool { return t.kind >= Tinyint && t.kind <= Bigint }

// IsNumeric reports whether t is an integer, real, double or decimal type.
func (t Type) IsNumeric() bool { return t.kind >= Tinyint && t.kind <= Decimal }

// IsString reports whether t is varchar or char.
func (t Type) IsString() bool { return t.kind == Varchar || t.kind == Char }

// IsSketch reports whether t is a HyperLogLog, P4HyperLogLog, SetDigest, qdigest or tdigest.
func (t Type) IsSketch() bool { return t.kind >= HyperLogLog && t.kind <= TDigest }

// Comparable reports whether values of t can be compared with = (and hashed).
func (t Type) Comparable() bool {
	if t.kind == Function || t.IsSketch() {
		return false
	}
	for _, f := range t.fields {
		if !f.Type.Comparable() {
			return false
		}
	}
	return true
}

// Orderable reports whether values of t can be compared with <.
func (t Type) Orderable() bool {
	switch t.kind {
	case Map, Function, JSON, HyperLogLog, P4HyperLogLog, SetDigest, QDigest, TDigest:
		return false
	case Array, Row:
		for _, f := range t.fields {
			if !f.Type.Orderable() {
				return false
			}
		}
	}
	return true
}

// Equal reports whether t and u are the same type. Field names of rows count,
// without regard to case, as in Trino.
func (t Type) Equal(u Type) bool {
	if t.kind != u.kind || t.p != u.p || t.s != u.s || len(t.fields) != len(u.fields) {
		return false
	}
	for i, f := range t.fields {
		if !strings.EqualFold(f.Name, u.fields[i].Name) || !f.Type.Equal(u.fields[i].Type) {
			return false
		}
	}
	return true
}

// String returns Trino's name of the type, such as "timestamp(3)",
// "map(varchar, bigint)" or `row("a" bigint)`.
func (t Type) String() string {
	var b strings.Builder
	t.write(&b)
	return b.String()
}

func (t Type) write(b *strings.Builder) {
	switch t.kind {
	case Decimal:
		b.WriteString("decimal(" + strconv.Itoa(int(t.p)) + "," + strconv.Itoa(int(t.s)) + ")")
	case Varchar:
		b.WriteString("varchar")
		if t.p != UnboundedLength {
			b.WriteString("(" + strconv.Itoa(int(t.p)) + ")")
		}
	case Char, Time, Timestamp:
		b.WriteString(t.kind.String() + "(" + strconv.Itoa(int(t.p)) + ")")
	case TimeWithTimeZone:
		b.WriteString("time(" + strconv.Itoa(int(t.p)) + ") with time zone")
	case TimestampWithTimeZone:
		b.WriteString("timestamp(" + strconv.Itoa(int(t.p)) + ") with time zone")
	case Array, Map, Row, Function, QDigest:
		b.WriteString(t.kind.String())
		b.WriteByte('(')
		for i, f := range t.fields {
			if i > 0 {
				if t.kind == Function {
					b.WriteByte(',')
				} else {
					b.WriteString(", ")
				}
			}
			if f.Name != "" {
				b.WriteString(`"` + strings.ReplaceAll(f.Name, `"`, `""`) + `" `)
			}
			f.Type.write(b)
		}
		b.WriteByte(')')
	default:
		b.WriteString(t.kind.String())
	}
}
