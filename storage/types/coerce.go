package types

import "strings"

// Coerces reports whether a value of type from is taken where one of type to is
// asked for, without a CAST. The rules are Trino's and only widen: integers to
// wider integers, to decimals that hold them, and to real and double; decimals to
// wider ones, real and double; real to double; varchar(n) to longer varchar, char(n)
// to longer char and to varchar; date to timestamp to timestamp with time zone, time
// to time with time zone, each to finer precision; the type of NULL to everything;
// P4HyperLogLog to HyperLogLog; arrays, maps and rows as their members do. A char value becomes a varchar without
// its padding, as in Trino since release 482.
func Coerces(from, to Type) bool {
	_, coercible, ok := compatible(from, to)
	return ok && coercible
}

// CommonSuperType returns the least type to which both coerce: the type of
// COALESCE(a, b), of a comparison's operands, of a column of a UNION. ok is false
// where there is none.
func CommonSuperType(a, b Type) (common Type, ok bool) {
	common, _, ok = compatible(a, b)
	return common, ok
}

// compatible returns the common super type, and whether it is to.
func compatible(from, to Type) (common Type, coercible, ok bool) {
	switch {
	case from.Equal(to) || from.kind == Unknown:
		return to, true, true
	case to.kind == Unknown:
		return from, false, true
	case from.kind == to.kind:
		return compatibleOfKind(from, to)
	}
	if base, ok := coerceKind(from, to.kind); ok {
		return compatible(base, to)
	}
	if base, ok := coerceKind(to, from.kind); ok {
		common, _, ok = compatible(from, base)
		return common, false, ok
	}
	return Type{}, false, false
}

func compatibleOfKind(from, to Type) (common Type, coercible, ok bool) {
	switch from.kind {
	case Decimal:
		scale := max(from.s, to.s)
		// Digits before the point may get lost here; operators check for overflow.
		precision := min(MaxDecimalPrecision, max(from.p-from.s, to.p-to.s)+scale)
		common = Type{kind: Decimal, p: precision, s: scale}
	case Varchar, Char, Time, TimeWithTimeZone, Timestamp, TimestampWithTimeZone:
		common = Type{kind: from.kind, p: max(from.p, to.p)}
	case Array, Map, Row:
		return compatibleFields(from, to)
	default:
		return Type{}, false, false
	}
	return common, common.Equal(to), true
}

func compatibleFields(from, to Type) (common Type, coercible, ok bool) {
	if len(from.fields) != len(to.fields) {
		return Type{}, false, false
	}
	fields := make([]Field, len(from.fields))
	coercible = true
	for i, f := range from.fields {
		t, c, ok := compatible(f.Type, to.fields[i].Type)
		if !ok {
			return Type{}, false, false
		}
		fields[i].Type = t
		if strings.EqualFold(f.Name, to.fields[i].Name) {
			fields[i].Name = f.Name // else the field has no name
		}
		coercible = coercible && c
	}
	return Type{kind: from.kind, fields: fields}, coercible, true
}

// coerceKind returns the least type of kind to that holds every value of t.
func coerceKind(t Type, to Kind) (Type, bool) {
	switch t.kind {
	case Tinyint, Smallint, Integer, Bigint:
		switch {
		case to > t.kind && to <= Bigint, to == Real, to == Double:
			return Type{kind: to}, true
		case to == Decimal:
			return Type{kind: Decimal, p: integerDigits[t.kind]}, true
		}
	case Decimal:
		if to == Real || to == Double {
			return Type{kind: to}, true
		}
	case Real:
		if to == Double {
			return TDouble, true
		}
	case P4HyperLogLog:
		if to == HyperLogLog {
			return THyperLogLog, true
		}
	case Char:
		if to == Varchar {
			return Type{kind: Varchar, p: t.p}, true
		}
	case Date:
		if to == Timestamp || to == TimestampWithTimeZone {
			return Type{kind: to}, true
		}
	case Time:
		if to == TimeWithTimeZone {
			return Type{kind: to, p: t.p}, true
		}
	case Timestamp:
		if to == TimestampWithTimeZone {
			return Type{kind: to, p: t.p}, true
		}
	}
	return Type{}, false
}

// integerDigits is the precision of the decimal that holds every value of an integer type.
var integerDigits = [...]int32{Tinyint: 3, Smallint: 5, Integer: 10, Bigint: 19}
