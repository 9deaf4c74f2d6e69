package types

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxTypeDepth bounds how deep types written by users may nest.
const maxTypeDepth = 100

// MaxVarcharLength is the greatest length of varchar(n).
const MaxVarcharLength = UnboundedLength - 1

// Parse reads the name of a type as users write it, in any case:
//
//	varchar  varchar(10)  char(3)  decimal  decimal(10, 2)  int  double precision
//	timestamp(3) with time zone  time without time zone  interval day to second
//	array(bigint)  array<bigint>  map(varchar, row(a bigint, "b" varchar))
//
// What String writes, Parse reads, functions apart. Errors are *Error: a name
// that is none, or parameters out of range.
func Parse(text string) (Type, error) {
	p := typeParser{text: text}
	t, err := p.typ(0)
	if err == nil && p.peek() != "" {
		err = p.unknown()
	}
	if err != nil {
		return Type{}, err
	}
	return t, nil
}

type typeParser struct {
	text   string
	at     int
	failed error // what unknown returns, which is made once: each name of a row's field is first taken for a type
}

func (p *typeParser) unknown() error {
	if p.failed == nil {
		p.failed = errorf(CodeInvalidType, "Unknown type: %s", p.text)
	}
	return p.failed
}

// next consumes a token: a word in lower case, a number, a quoted name with its
// first quote, or one other character; "" at the end.
func (p *typeParser) next() string {
	for p.at < len(p.text) {
		r, size := utf8.DecodeRuneInString(p.text[p.at:])
		if !unicode.IsSpace(r) {
			break
		}
		p.at += size
	}
	from := p.at
	if from == len(p.text) {
		return ""
	}
	if p.text[from] == '"' {
		for p.at++; p.at < len(p.text); p.at++ {
			if p.text[p.at] != '"' {
				continue
			}
			if !strings.HasPrefix(p.text[p.at:], `""`) {
				name := p.text[from:p.at]
				p.at++
				return `"` + strings.ReplaceAll(name[1:], `""`, `"`)
			}
			p.at++
		}
		return "?" // without its end
	}
	for p.at < len(p.text) && isWord(p.text[p.at]) {
		p.at++
	}
	if p.at == from {
		_, size := utf8.DecodeRuneInString(p.text[from:])
		p.at += size
	}
	return strings.ToLower(p.text[from:p.at])
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (p *typeParser) peek() string {
	at := p.at
	token := p.next()
	p.at = at
	return token
}

// accept consumes the tokens if they are next.
func (p *typeParser) accept(tokens ...string) bool {
	at := p.at
	for _, t := range tokens {
		if p.next() != t {
			p.at = at
			return false
		}
	}
	return true
}

var simpleTypes = map[string]Type{
	"boolean": TBoolean, "tinyint": TTinyint, "smallint": TSmallint, "integer": TInteger, "int": TInteger,
	"bigint": TBigint, "real": TReal, "varbinary": TVarbinary, "json": TJSON, "date": TDate,
	"uuid": TUUID, "ipaddress": TIPAddress, "unknown": TUnknown, "hyperloglog": THyperLogLog, "p4hyperloglog": TP4HyperLogLog,
	"setdigest": TSetDigest, "tdigest": TTDigest,
}

func (p *typeParser) typ(depth int) (Type, error) {
	if depth > maxTypeDepth {
		return Type{}, errorf(CodeNotSupported, "Types nested deeper than %d levels are not supported", maxTypeDepth)
	}
	name := p.next()
	if t, ok := simpleTypes[name]; ok {
		return t, nil
	}
	switch name {
	case "double":
		p.accept("precision")
		return TDouble, nil
	case "varchar":
		n, given, err := p.length()
		if given && err == nil && n > MaxVarcharLength {
			err = errorf(CodeInvalidArg, "VARCHAR length must be in range [0, %d], got %d", MaxVarcharLength, n)
		}
		if err != nil || !given {
			return TVarchar, err
		}
		return VarcharOf(n), nil
	case "char":
		n, given, err := p.length()
		if given && err == nil && n > MaxCharLength {
			err = errorf(CodeInvalidType, "Unknown type: char(%d)", n)
		}
		if !given {
			n = 1
		}
		return CharOf(n), err
	case "decimal", "dec", "numeric":
		return p.decimal()
	case "time":
		return p.time("time", Time, TimeWithTimeZone)
	case "timestamp":
		return p.time("timestamp", Timestamp, TimestampWithTimeZone)
	case "interval":
		switch {
		case p.accept("year", "to", "month"):
			return TYearToMonth, nil
		case p.accept("day", "to", "second"):
			return TDayToSecond, nil
		}
	case "qdigest":
		return p.qdigest(depth)
	case "array", "map", "row":
		return p.nested(name, depth)
	}
	return Type{}, p.unknown()
}

// number consumes an integer; out-of-range ones become the greatest int32.
func (p *typeParser) number() (int, error) {
	token := p.next()
	if token == "" || !allDigits(token) {
		return 0, p.unknown()
	}
	n, err := strconv.ParseInt(token, 10, 32)
	if err != nil {
		n = UnboundedLength
	}
	return int(n), nil
}

// length consumes "(n)" if it is next.
func (p *typeParser) length() (n int, given bool, err error) {
	if !p.accept("(") {
		return 0, false, nil
	}
	n, err = p.number()
	if err == nil && !p.accept(")") {
		err = p.unknown()
	}
	return n, true, err
}

// qdigest consumes the type of its values.
func (p *typeParser) qdigest(depth int) (Type, error) {
	if !p.accept("(") {
		return Type{}, p.unknown()
	}
	of, err := p.typ(depth + 1)
	if err != nil {
		return Type{}, err
	}
	if !p.accept(")") || !of.Is(Bigint) && !of.Is(Double) && !of.Is(Real) {
		return Type{}, p.unknown()
	}
	return QDigestOf(of), nil
}

func (p *typeParser) decimal() (Type, error) {
	precision, scale := MaxDecimalPrecision, 0
	if p.accept("(") {
		var err error
		if precision, err = p.number(); err == nil && p.accept(",") {
			scale, err = p.number()
		}
		if err == nil && !p.accept(")") {
			err = p.unknown()
		}
		if err != nil {
			return Type{}, err
		}
	}
	return NewDecimal(precision, scale)
}

// NewDecimal is DecimalOf with a check of its parameters.
func NewDecimal(precision, scale int) (Type, error) {
	if precision < 1 || precision > MaxDecimalPrecision {
		return Type{}, errorf(CodeInvalidArg, "DECIMAL precision must be in range [1, %d]: %d", MaxDecimalPrecision, precision)
	}
	if scale < 0 || scale > precision {
		return Type{}, errorf(CodeInvalidArg, "DECIMAL scale must be in range [0, precision (%d)]: %d", precision, scale)
	}
	return DecimalOf(precision, scale), nil
}

func (p *typeParser) time(name string, kind, withZone Kind) (Type, error) {
	n, given, err := p.length()
	if err != nil {
		return Type{}, err
	}
	if !given {
		n = 3
	}
	zone := ""
	switch {
	case p.accept("with", "time", "zone"):
		kind = withZone
		zone = " with time zone"
	case p.accept("without", "time", "zone"):
	}
	if n > MaxTimePrecision {
		return Type{}, errorf(CodeInvalidType, "Unknown type: %s(%d)%s", name, n, zone)
	}
	return Type{kind: kind, p: int32(n)}, nil
}

// nested reads the members of an array, map or row, in () or <>.
func (p *typeParser) nested(name string, depth int) (Type, error) {
	end := ")"
	if p.accept("<") {
		end = ">"
	} else if !p.accept("(") {
		return Type{}, p.unknown()
	}
	var fields []Field
	for {
		f, err := p.field(name == "row", depth)
		if err != nil {
			return Type{}, err
		}
		fields = append(fields, f)
		if p.accept(end) {
			break
		}
		if !p.accept(",") {
			return Type{}, p.unknown()
		}
	}
	switch {
	case name == "array" && len(fields) == 1:
		return ArrayOf(fields[0].Type), nil
	case name == "map" && len(fields) == 2:
		if !fields[0].Type.Comparable() {
			return Type{}, errorf(CodeInvalidType, "key type must be comparable, got %s", fields[0].Type)
		}
		return MapOf(fields[0].Type, fields[1].Type), nil
	case name == "row":
		return RowOf(fields...), nil
	}
	return Type{}, p.unknown()
}

// field reads a type; of a row also a name and a type. A word that is a type may
// be a name too: row(date date).
func (p *typeParser) field(named bool, depth int) (Field, error) {
	at := p.at
	quoted := strings.HasPrefix(p.peek(), `"`)
	failed := p.unknown()
	if !quoted {
		t, err := p.typ(depth + 1)
		if next := p.peek(); !named || err == nil && (next == "," || next == ")" || next == ">") {
			return Field{Type: t}, err
		}
		if err != nil {
			failed = err
		}
	}
	p.at = at
	if !named {
		return Field{}, failed
	}
	name := strings.TrimPrefix(p.next(), `"`)
	if !quoted {
		name = strings.TrimSpace(p.text[at:p.at])
		if name == "" || !isWord(name[0]) {
			return Field{}, p.unknown()
		}
		if next := p.peek(); next == "" || !isWord(next[0]) {
			return Field{}, failed // it was meant to be a type
		}
	}
	t, err := p.typ(depth + 1)
	return Field{Name: name, Type: t}, err
}
