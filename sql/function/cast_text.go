package function

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func init() {
	// From text.
	for _, kind := range integerKinds {
		conversions[[2]types.Kind{types.Varchar, kind}] = fixed(fallible(integerOf(kind).parse))
	}
	conversions[[2]types.Kind{types.Varchar, types.Boolean}] = fixed(fallible(parseBoolean))
	conversions[[2]types.Kind{types.Varchar, types.Double}] = fixed(fallible(func(s string) (float64, error) { return parseFloat(s, 64) }))
	conversions[[2]types.Kind{types.Varchar, types.Real}] = fixed(fallible(func(s string) (float64, error) { return parseFloat(s, 32) }))
	conversions[[2]types.Kind{types.Varchar, types.Decimal}] = func(_, to types.Type) conversion {
		return toDecimal(func(s string) (types.Int128, error) { return types.ParseDecimal(s, to) })
	}
	conversions[[2]types.Kind{types.Varchar, types.Varbinary}] = fixed(relabelled)
	conversions[[2]types.Kind{types.Char, types.Varbinary}] = func(from, _ types.Type) conversion {
		return safe(func(s string) string { return fillUp(s, from.Length()) })
	}
	conversions[[2]types.Kind{types.Varchar, types.UUID}] = fixed(fallible(types.ParseUUID))
	conversions[[2]types.Kind{types.Varchar, types.IPAddress}] = fixed(fallible(types.ParseIPAddress))
	conversions[[2]types.Kind{types.Varchar, types.Date}] = fixed(fallible(types.ParseDate))
	conversions[[2]types.Kind{types.Varbinary, types.UUID}] = fixed(fallible(types.UUIDFromBytes))
	conversions[[2]types.Kind{types.Varbinary, types.IPAddress}] = fixed(fallible(types.IPAddressFromBytes))
	conversions[[2]types.Kind{types.UUID, types.Varbinary}] = fixed(safe(types.Int128.Bytes))
	conversions[[2]types.Kind{types.IPAddress, types.Varbinary}] = fixed(safe(types.Int128.Bytes))

	for _, kind := range append([]types.Kind{types.Boolean, types.Double, types.Real, types.Date}, integerKinds...) {
		conversions[[2]types.Kind{types.Char, kind}] = conversions[[2]types.Kind{types.Varchar, kind}]
	}

	// Between texts.
	conversions[[2]types.Kind{types.Varchar, types.Varchar}] = func(from, to types.Type) conversion {
		if to.Length() >= from.Length() {
			return relabelled
		}
		return safe(func(s string) string { return firstRunes(s, to.Length()) })
	}
	conversions[[2]types.Kind{types.Varchar, types.Char}] = toChar
	conversions[[2]types.Kind{types.Char, types.Char}] = toChar
	conversions[[2]types.Kind{types.Char, types.Varchar}] = func(_, to types.Type) conversion {
		return safe(func(s string) string { return firstRunes(types.TrimChar(s), to.Length()) })
	}

	// To text.
	byItself := func(refused string) func(from, to types.Type) conversion {
		return func(_, to types.Type) conversion {
			return toVarchar(to, func(dst []byte, v vector.Vector, i int) []byte { return vector.AppendText(dst, v, i) }, refused)
		}
	}
	for _, kind := range []types.Kind{types.Tinyint, types.Smallint, types.Integer, types.Bigint, types.Decimal, types.Date, types.IPAddress} {
		conversions[[2]types.Kind{kind, types.Varchar}] = byItself("Value %s cannot be represented as varchar(%d)")
	}
	for _, kind := range []types.Kind{types.Boolean, types.Time, types.TimeWithTimeZone, types.Timestamp, types.TimestampWithTimeZone,
		types.IntervalDayToSecond, types.IntervalYearToMonth, types.UUID} {
		conversions[[2]types.Kind{kind, types.Varchar}] = byItself("Cannot cast '%s' to varchar(%d)")
	}
	for _, kind := range []types.Kind{types.Double, types.Real} {
		conversions[[2]types.Kind{kind, types.Varchar}] = func(from, to types.Type) conversion {
			return toVarchar(to, func(dst []byte, v vector.Vector, i int) []byte {
				return appendScientific(dst, vector.ViewOf[float64](v).Get(i), from)
			}, "Value %s (%s) cannot be represented as varchar(%d)")
		}
	}
}

// toVarchar writes values by f. refused is what is said of a value that is too long: it shows
// the value itself, what f makes of it if that differs, and the length.
func toVarchar(to types.Type, f func(dst []byte, v vector.Vector, i int) []byte, refused string) conversion {
	unbounded := to.Length() == types.UnboundedLength
	return conversion{unbounded, always(func(c *Call) (vector.Vector, error) {
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			dst = f(dst, c.Args[0], i)
			if !unbounded && utf8.RuneCount(dst) > to.Length() {
				shown := []any{vector.AppendText(nil, c.Args[0], i)}
				if strings.Count(refused, "%s") == 2 {
					shown = append(shown, dst)
				}
				return dst, failf(sql.INVALID_CAST_ARGUMENT, refused, append(shown, to.Length())...)
			}
			return dst, nil
		})
	})}
}

// realDigits is how many digits the text of a real has at most, which is fewer than tell all reals apart.
const realDigits = 7

// appendScientific appends a double or real as its cast to varchar is: 1.5E0, 1.0E10.
func appendScientific(dst []byte, x float64, t types.Type) []byte {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return types.AppendDouble(dst, x)
	case x == 0:
		if math.Signbit(x) {
			dst = append(dst, '-')
		}
		return append(dst, "0E0"...)
	}
	var buffer [32]byte
	var text []byte // -d.ddde±dd
	if t.Is(types.Real) {
		shortest, _ := strconv.ParseFloat(string(appendTwoDigits(buffer[:0], x, 32)), 64)
		rounded, _ := strconv.ParseFloat(string(strconv.AppendFloat(buffer[:0], shortest, 'e', realDigits-1, 64)), 64)
		text = strconv.AppendFloat(buffer[:0], rounded, 'e', -1, 64)
	} else {
		text = appendTwoDigits(buffer[:0], x, 64)
	}
	mantissa, exponent, _ := strings.Cut(string(text), "e")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	n, _ := strconv.Atoi(exponent)
	return strconv.AppendInt(append(dst, 'E'), int64(n), 10)
}

// appendTwoDigits appends the shortest text of x, or the nearest one of two digits: that of the smallest double is 4.9e-324, not 5e-324.
// Of doubles the digits keep the first one's place.
func appendTwoDigits(dst []byte, x float64, bits int) []byte {
	start := len(dst)
	dst = strconv.AppendFloat(dst, x, 'e', -1, bits)
	if bytes.IndexByte(dst[start:], '.') >= 0 {
		return dst
	}
	two := strconv.AppendFloat(nil, x, 'e', 1, bits)
	if sameExponent := bytes.HasSuffix(two, dst[bytes.IndexByte(dst, 'e'):]); bytes.Contains(two, []byte(".0")) || bits == 64 && !sameExponent {
		return dst
	}
	return append(dst[:start], two...)
}

func toChar(from, to types.Type) conversion {
	if from.Is(types.Char) && from.Length() <= to.Length() {
		return relabelled
	}
	return safe(func(s string) string { return types.TrimChar(firstRunes(s, to.Length())) })
}

// firstRunes returns the first n characters of s.
func firstRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// trimJava removes what Java's String.trim does: characters up to the space.
func trimJava(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

func parseBoolean(s string) (bool, error) {
	switch {
	case s == "1" || strings.EqualFold(s, "t") || strings.EqualFold(s, "true"):
		return true, nil
	case s == "0" || strings.EqualFold(s, "f") || strings.EqualFold(s, "false"):
		return false, nil
	}
	return false, failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast '%s' to BOOLEAN", s)
}

// parseFloat reads a text as Java's Double.parseDouble does.
func parseFloat(text string, bits int) (float64, error) {
	if x, ok := javaFloat(trimJava(text), bits); ok {
		return x, nil
	}
	name := "DOUBLE"
	if bits == 32 {
		name = "REAL"
	}
	return 0, failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast '%s' to %s", text, name)
}

func javaFloat(s string, bits int) (float64, bool) {
	sign, rest := 1.0, s
	switch {
	case strings.HasPrefix(s, "-"):
		sign, rest = -1, s[1:]
	case strings.HasPrefix(s, "+"):
		rest = s[1:]
	}
	switch rest {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(int(sign)), true
	}
	if strings.HasSuffix(rest, "d") || strings.HasSuffix(rest, "D") || strings.HasSuffix(rest, "f") || strings.HasSuffix(rest, "F") {
		if !strings.HasPrefix(rest, "0x") && !strings.HasPrefix(rest, "0X") {
			rest = rest[:len(rest)-1]
		}
	}
	// Go reads more than Java: words, and underscores.
	if rest == "" || strings.Trim(rest, "0123456789.eE+-") != "" || strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "-") {
		return 0, false
	}
	x, err := strconv.ParseFloat(rest, bits)
	if err != nil && !math.IsInf(x, 0) {
		return 0, false
	}
	return math.Copysign(x, sign), true
}
