package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func appendType(b []byte, t types.Type) []byte {
	b = append(b, `{"kind":"`...)
	switch t.Kind() {
	case types.Array:
		return append(appendType(append(b, `array","element":`...), t.Elem()), '}')
	case types.Map:
		b = appendType(append(b, `map","key":`...), t.Key())
		return append(appendType(append(b, `,"value":`...), t.Value()), '}')
	case types.Row:
		b = append(b, `row","fields":[`...)
		for i, f := range t.Fields() {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendType(fmt.Appendf(b, "[%q,", f.Name), f.Type), ']')
		}
		return append(b, "]}"...)
	case types.Decimal:
		return fmt.Appendf(b, `decimal","scale":%d}`, t.Scale())
	case types.Timestamp:
		return append(b, `timestamp"}`...)
	case types.TimestampWithTimeZone:
		return append(b, `instant"}`...)
	case types.Varchar:
		return append(b, `string"}`...)
	case types.Char:
		return append(b, `char"}`...)
	case types.Varbinary:
		return append(b, `binary"}`...)
	}
	return append(b, t.String()+`"}`...)
}

// appendValue appends row i of a plain vector.
func appendValue(b []byte, v vector.Vector, i int) []byte {
	if v.Nulls().Has(i) {
		return append(b, "null"...)
	}
	t := v.Type()
	list := func(from, to int, each func(i int)) []byte {
		b = append(b, '[')
		for c := from; c < to; c++ {
			if c > from {
				b = append(b, ',')
			}
			each(c)
		}
		return append(b, ']')
	}
	switch v := v.(type) {
	case *vector.Flat[bool]:
		return strconv.AppendBool(b, v.Values[i])
	case *vector.Flat[int64]:
		switch t.Kind() {
		case types.Timestamp:
			return appendNanos(b, v.Values[i], 0)
		case types.Decimal:
			return strconv.AppendQuote(b, string(types.AppendDecimal(nil, types.Int128From(v.Values[i]), t.Scale())))
		}
		return fmt.Appendf(b, `"%d"`, v.Values[i])
	case *vector.Flat[float64]:
		return fmt.Appendf(b, `"%s"`, strconv.FormatFloat(v.Values[i], 'g', -1, 64))
	case *vector.Flat[string]:
		if t.Is(types.Varbinary) {
			return fmt.Appendf(b, `"%s"`, hex.EncodeToString([]byte(v.Values[i])))
		}
		text, err := json.Marshal(v.Values[i])
		if err != nil {
			panic(err) // a string is always JSON
		}
		return append(b, text...)
	case *vector.Flat[types.Int128]:
		switch t.Kind() {
		case types.Timestamp:
			return appendNanos(b, v.Values[i].Hi, int64(v.Values[i].Lo/1000))
		case types.TimestampWithTimeZone:
			millis, picos, _ := types.UnpackTimestampTZ(v.Values[i])
			return appendNanos(b, millis*1000, picos/1000)
		}
		return strconv.AppendQuote(b, string(types.AppendDecimal(nil, v.Values[i], t.Scale())))
	case *vector.Array:
		return list(int(v.Offsets[i]), int(v.Offsets[i+1]), func(c int) { b = appendValue(b, vector.Plain(v.Elements), c) })
	case *vector.Map:
		return list(int(v.Offsets[i]), int(v.Offsets[i+1]), func(c int) {
			b = appendValue(append(b, '['), vector.Plain(v.Keys), c)
			b = append(appendValue(append(b, ','), vector.Plain(v.Values), c), ']')
		})
	case *vector.Row:
		return list(0, len(v.Fields), func(f int) { b = appendValue(b, vector.Plain(v.Fields[f]), i) })
	}
	panic(fmt.Sprintf("a vector %T", v))
}

// appendNanos appends nanoseconds since 1970, which may need more than 64 bits.
func appendNanos(b []byte, micros, nanos int64) []byte {
	x := new(big.Int).Mul(big.NewInt(micros), big.NewInt(1000))
	return fmt.Appendf(b, `"%s"`, x.Add(x, big.NewInt(nanos)))
}
