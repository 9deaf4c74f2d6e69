package function

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxFormatWidth bounds width and precision of a format specifier, in characters.
const maxFormatWidth = 10_000

var _ = scalar("conversion", "format", "Formats values as Java's String.format does: %s %d %x %o %f %e %c %b and %n, with flags, width and precision",
	"format('%s has %,d events, %.1f%%', 'store', 12345, 99.5)", "store has 12,345 events, 99.5%",
	Overload{
		Params: "varchar,T...", Result: "varchar", Nullable: true,
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) < 2 || !args[0].Is(types.Varchar) && !args[0].Is(types.Unknown) {
				return nil, types.Type{}, false
			}
			params := append([]types.Type{types.TVarchar}, args[1:]...)
			return params, types.TVarchar, true
		},
		New: always(func(c *Call) (vector.Vector, error) {
			formats := vector.ViewOf[string](c.Args[0])
			all := *c
			all.Nulls = formats.Nulls
			return eachTextOrNull(&all, func(dst []byte, i int) ([]byte, bool, error) {
				dst, err := formatRow(dst, formats.Get(i), c.Args[1:], i)
				return dst, true, err
			})
		}),
	})

// formatSpec is one specifier: %[index$][flags][width][.precision]conversion.
type formatSpec struct {
	text             string
	index            int // of the argument, from 1; 0: the next one
	flags            string
	width, precision int // -1: none
	conversion       byte
}

func (f formatSpec) has(flag byte) bool { return strings.IndexByte(f.flags, flag) >= 0 }

// parseSpec reads the specifier at the start of text.
func parseSpec(text string) (f formatSpec, err error) {
	f.width, f.precision = -1, -1
	at := 1
	number := func() (n, digits int) {
		from := at
		for at < len(text) && text[at] >= '0' && text[at] <= '9' {
			at++
		}
		n, _ = strconv.Atoi(text[from:at])
		return n, at - from
	}
	if n, digits := number(); digits > 0 && at < len(text) && text[at] == '$' {
		f.index = n
		at++
	} else {
		at = 1
	}
	from := at
	for at < len(text) && strings.IndexByte("-#+ 0,(", text[at]) >= 0 {
		at++
	}
	f.flags = text[from:at]
	if n, digits := number(); digits > 0 {
		f.width = n
	}
	if at < len(text) && text[at] == '.' {
		at++
		n, digits := number()
		if digits == 0 {
			at = len(text)
		}
		f.precision = n
	}
	if at >= len(text) || f.width > maxFormatWidth || f.precision > maxFormatWidth {
		return f, invalid("Invalid format string: %s", sql.Printable(text, maxQuotedRunes))
	}
	f.conversion = text[at]
	f.text = text[:at+1]
	return f, nil
}

func formatRow(dst []byte, format string, args []vector.Vector, row int) ([]byte, error) {
	next := 0
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 {
			return append(dst, format...), nil
		}
		dst = append(dst, format[:i]...)
		f, err := parseSpec(format[i:])
		if err != nil {
			return dst, err
		}
		format = format[i+len(f.text):]
		switch f.conversion {
		case 'n':
			dst = append(dst, '\n')
			continue
		case '%':
			dst = f.pad(dst, "%")
			continue
		}
		at := f.index - 1
		if f.index == 0 {
			at = next
			next++
		}
		if at < 0 || at >= len(args) {
			return dst, invalid("Invalid format string: %s (Format specifier '%s')", sql.Printable(format, maxQuotedRunes), f.text)
		}
		text, err := f.format(args[at], row)
		if err != nil {
			return dst, err
		}
		dst = f.pad(dst, text)
		if len(dst) > maxTextBytes {
			return dst, errTooLong
		}
	}
}

func (f formatSpec) pad(dst []byte, text string) []byte {
	missing := f.width - utf8.RuneCountInString(text)
	if missing <= 0 {
		return append(dst, text...)
	}
	spaces := strings.Repeat(" ", missing)
	if f.has('-') {
		return append(append(dst, text...), spaces...)
	}
	return append(append(dst, spaces...), text...)
}

func (f formatSpec) misfit(t types.Type) error {
	return invalid("Invalid format string: %s (%c != %s)", f.text, f.conversion, t)
}

func (f formatSpec) format(v vector.Vector, row int) (string, error) {
	null := v.Nulls().Has(row)
	t := v.Type()
	switch lower := f.conversion | 0x20; {
	case lower == 's':
		return f.upper(cut(string(vector.AppendText(nil, v, row)), f.precision)), nil
	case lower == 'b':
		text := strconv.FormatBool(!null)
		if t.Is(types.Boolean) && !null {
			text = strconv.FormatBool(vector.ViewOf[bool](v).Get(row))
		}
		return f.upper(cut(text, f.precision)), nil
	case null:
		return f.upper(cut("null", f.precision)), nil
	case f.conversion == 'd' && t.IsInteger():
		return f.number(big.NewInt(vector.ViewOf[int64](v).Get(row)).String()), nil
	case lower == 'x' && t.IsInteger(), f.conversion == 'o' && t.IsInteger():
		return f.unsigned(vector.ViewOf[int64](v).Get(row), t), nil
	case lower == 'c' && t.IsInteger():
		n := vector.ViewOf[int64](v).Get(row)
		if n < 0 || n > utf8.MaxRune {
			return "", invalid("Invalid format string: %s (Code point = 0x%x)", f.text, n)
		}
		return f.upper(string(rune(n))), nil
	case (f.conversion == 'f' || lower == 'e' || lower == 'g') && (t.Is(types.Double) || t.Is(types.Real) || t.Is(types.Decimal)):
		return f.floating(v, row)
	case lower == 't':
		return "", sql.NotSupported(sql.Pos{}, "the format specifier "+f.text+"…")
	}
	return "", f.misfit(t)
}

// cut leaves the first n characters of s, all if n is negative.
func cut(s string, n int) string {
	if n < 0 {
		return s
	}
	return firstRunes(s, n)
}

// upper returns s in upper case for conversions that are written so.
func (f formatSpec) upper(s string) string {
	if f.conversion >= 'A' && f.conversion <= 'Z' {
		return strings.ToUpper(s)
	}
	return s
}

func (f formatSpec) unsigned(x int64, t types.Type) string {
	width := integerBits[t.Kind()-types.Tinyint]
	u := uint64(x) << (64 - width) >> (64 - width)
	base, prefix := 16, "0x"
	if f.conversion == 'o' {
		base, prefix = 8, "0"
	}
	digits := strconv.FormatUint(u, base)
	if !f.has('#') {
		prefix = ""
	}
	if f.has('0') {
		digits = strings.Repeat("0", max(0, f.width-len(prefix)-len(digits))) + digits
	}
	return f.upper(prefix + digits)
}

func (f formatSpec) floating(v vector.Vector, row int) (string, error) {
	t := v.Type()
	precision := f.precision
	if precision < 0 {
		precision = 6
	}
	text := string(vector.AppendText(nil, v, row))
	if !t.Is(types.Decimal) {
		x := vector.ViewOf[float64](v).Get(row)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return f.upper(text), nil
		}
	}
	exact, ok := new(big.Rat).SetString(text) // the decimal that the text shows, as in Java
	if !ok {
		return "", f.misfit(t)
	}
	size := math.Abs(ratFloat(exact))
	switch lower := f.conversion | 0x20; {
	case lower == 'e', lower == 'g' && size != 0 && (size < 1e-4 || size >= math.Pow10(max(precision, 1))):
		if lower == 'g' {
			precision = max(precision-1, 0)
		}
		return f.upper(f.number(strconv.FormatFloat(ratFloat(exact), 'e', precision, 64))), nil
	case lower == 'g':
		precision = max(precision, 1)
		if size != 0 {
			precision -= int(math.Floor(math.Log10(size))) + 1
		} else {
			precision--
		}
	}
	return f.number(exact.FloatString(precision)), nil
}

func ratFloat(x *big.Rat) float64 {
	y, _ := x.Float64()
	return y
}

// number applies the flags to a number: grouping, a sign or parentheses, and zeros.
func (f formatSpec) number(text string) string {
	digits, negative := strings.CutPrefix(text, "-")
	if f.has(',') {
		whole, rest := digits, ""
		if i := strings.IndexAny(digits, ".e"); i >= 0 {
			whole, rest = digits[:i], digits[i:]
		}
		var b strings.Builder
		for i := range len(whole) {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteByte(',')
			}
			b.WriteByte(whole[i])
		}
		digits = b.String() + rest
	}
	before, after := "", ""
	switch {
	case negative && f.has('('):
		before, after = "(", ")"
	case negative:
		before = "-"
	case f.has('+'):
		before = "+"
	case f.has(' '):
		before = " "
	}
	if f.has('0') {
		digits = strings.Repeat("0", max(0, f.width-len(before)-len(digits)-len(after))) + digits
	}
	return before + digits + after
}

var _ = scalar("conversion", "format_number", "Writes a number with a unit: K for thousands, M for millions, and so on", "format_number(123456)", "123K",
	Overload{Params: "bigint", Result: "varchar", NeverFails: true, New: unary(func(x int64) string { return formatNumber(float64(x)) })},
	Overload{Params: "double", Result: "varchar", NeverFails: true, New: unary(formatNumber)})

// formatNumber writes three digits and a unit.
func formatNumber(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return string(types.AppendDouble(nil, x))
	}
	units := []string{"", "K", "M", "B", "T", "Q"}
	n := 0
	for math.Abs(x) >= 1000 && n < len(units)-1 {
		x /= 1000
		n++
	}
	digits := 2
	switch size := math.Abs(x); {
	case size >= 100:
		digits = 0
	case size >= 10:
		digits = 1
	}
	text := strconv.FormatFloat(x, 'f', digits, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + units[n]
}
