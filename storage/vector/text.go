package vector

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
)

// AppendText appends row i of v as Trino's CLI shows it: scalars as
// types.AppendText has them, arrays [a, b], maps {k=v}, rows {name=value}, NULL
// (also the row itself) null.
func AppendText(dst []byte, v Vector, i int) []byte {
	v, i, null := plainAt(v, i)
	if null {
		return append(dst, "null"...)
	}
	switch v := v.(type) {
	case *Flat[bool]:
		return strconv.AppendBool(dst, v.Values[i])
	case *Flat[int64]:
		return types.AppendInt64Text(dst, v.typ, v.Values[i])
	case *Flat[float64]:
		return types.AppendFloat64Text(dst, v.typ, v.Values[i])
	case *Flat[string]:
		return types.AppendStringText(dst, v.typ, v.Values[i])
	case *Flat[types.Int128]:
		return types.AppendInt128Text(dst, v.typ, v.Values[i])
	case *Array:
		dst = append(dst, '[')
		from := int(v.Offsets[i])
		for c := from; c < int(v.Offsets[i+1]); c++ {
			dst = AppendText(appendComma(dst, c > from), v.Elements, c)
		}
		return append(dst, ']')
	case *Map:
		dst = append(dst, '{')
		from := int(v.Offsets[i])
		for c := from; c < int(v.Offsets[i+1]); c++ {
			dst = AppendText(appendComma(dst, c > from), v.Keys, c)
			dst = AppendText(append(dst, '='), v.Values, c)
		}
		return append(dst, '}')
	case *Row:
		dst = append(dst, '{')
		for f, field := range v.Fields {
			dst = appendFieldName(appendComma(dst, f > 0), v.typ, f)
			dst = AppendText(append(dst, '='), field, i)
		}
		return append(dst, '}')
	}
	panic(fmt.Sprintf("text of a vector %T", v))
}

func appendComma(dst []byte, yes bool) []byte {
	if yes {
		return append(dst, ", "...)
	}
	return dst
}

// appendFieldName appends the name of field f of a row type; those without one are field0, field1, ….
func appendFieldName(dst []byte, t types.Type, f int) []byte {
	if name := t.Fields()[f].Name; name != "" {
		return append(dst, name...)
	}
	return strconv.AppendInt(append(dst, "field"...), int64(f), 10)
}

// AppendJSON appends row i of v as a JSON value: booleans and numbers as such
// (NaN and infinities as strings), other scalars as strings of their text,
// varbinary in base64, arrays as arrays, maps and rows as objects, json as it is,
// on one line. Bytes that are not UTF-8 become U+FFFD.
func AppendJSON(dst []byte, v Vector, i int) []byte {
	v, i, null := plainAt(v, i)
	if null {
		return append(dst, "null"...)
	}
	switch v := v.(type) {
	case *Flat[bool]:
		return strconv.AppendBool(dst, v.Values[i])
	case *Flat[int64]:
		if v.typ.IsInteger() {
			return strconv.AppendInt(dst, v.Values[i], 10)
		}
		return append(types.AppendInt64Text(append(dst, '"'), v.typ, v.Values[i]), '"')
	case *Flat[float64]:
		if x := v.Values[i]; math.IsNaN(x) || math.IsInf(x, 0) {
			return append(types.AppendFloat64Text(append(dst, '"'), v.typ, x), '"')
		}
		return types.AppendFloat64Text(dst, v.typ, v.Values[i])
	case *Flat[string]:
		return appendJSONString(dst, v.typ, v.Values[i])
	case *Flat[types.Int128]:
		return append(types.AppendInt128Text(append(dst, '"'), v.typ, v.Values[i]), '"')
	case *Array:
		dst = append(dst, '[')
		from := int(v.Offsets[i])
		for c := from; c < int(v.Offsets[i+1]); c++ {
			if c > from {
				dst = append(dst, ',')
			}
			dst = AppendJSON(dst, v.Elements, c)
		}
		return append(dst, ']')
	case *Map:
		dst = append(dst, '{')
		from := int(v.Offsets[i])
		var key []byte
		for c := from; c < int(v.Offsets[i+1]); c++ {
			if c > from {
				dst = append(dst, ',')
			}
			key = AppendText(key[:0], v.Keys, c)
			dst = AppendQuoted(dst, string(key))
			dst = AppendJSON(append(dst, ':'), v.Values, c)
		}
		return append(dst, '}')
	case *Row:
		dst = append(dst, '{')
		for f, field := range v.Fields {
			if f > 0 {
				dst = append(dst, ',')
			}
			dst = AppendQuoted(dst, string(appendFieldName(nil, v.typ, f)))
			dst = AppendJSON(append(dst, ':'), field, i)
		}
		return append(dst, '}')
	}
	panic(fmt.Sprintf("JSON of a vector %T", v))
}

func appendJSONString(dst []byte, t types.Type, s string) []byte {
	switch t.Kind() {
	case types.Varbinary, types.HyperLogLog, types.P4HyperLogLog, types.SetDigest, types.QDigest, types.TDigest:
		dst = base64.StdEncoding.AppendEncode(append(dst, '"'), []byte(s))
		return append(dst, '"')
	case types.JSON:
		var line bytes.Buffer
		// json_array_get can make what is no JSON; it is shown as a string.
		if json.Compact(&line, []byte(s)) == nil && utf8.ValidString(s) {
			return append(dst, line.Bytes()...)
		}
	case types.Char:
		return AppendQuoted(dst, string(types.AppendStringText(nil, t, s)))
	}
	return AppendQuoted(dst, s)
}

// AppendQuoted appends s as a JSON string.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[done:i]...), "\uFFFD"...)
				done = i + 1
			}
			i += size
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[done:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		done = i
	}
	return append(append(dst, s[done:]...), '"')
}
