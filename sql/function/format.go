package function

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// format is Java's String.format, whose rules java.util.Formatter states:
//
//	%[index$][flags][width][.precision]conversion
//
// What SQL hands to it are Java's values: integers of every width are a Long, real a
// Float, decimals a BigDecimal, dates and times those of java.time; all else is text.

// maxFormatWidth bounds width and precision of a format specifier, in characters.
const maxFormatWidth = 10_000

var _ = scalar("conversion", "format", "Formats values as Java's String.format does: %s %d %x %o %f %e %g %b and %t with a letter for times, with flags, width and precision",
	"format('%s has %,d events, %.1f%%', 'store', 12345, 99.5)", "store has 12,345 events, 99.5%",
	Overload{
		Params: "varchar,T...", Result: "varchar", Nullable: true,
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			return args, types.TVarchar, len(args) >= 2
		},
		New: newFormat,
	})

// Formats reports whether format takes values of t.
func Formats(t types.Type) bool { return !t.Is(types.Array) && !t.Is(types.Map) && !t.Is(types.Row) }

func newFormat(b Binding) (Kernel, error) {
	if t := b.Params[0]; !t.Is(types.Varchar) {
		return nil, failf(sql.TYPE_MISMATCH, "Type of first argument to format() must be VARCHAR (actual: %s)", t)
	}
	for _, t := range b.Params[1:] {
		if !Formats(t) {
			return nil, failf(sql.NOT_SUPPORTED, "Type not supported for formatting: %s", t)
		}
	}
	var text string
	var parts []formatPart
	var err error
	parsed := false
	return func(c *Call) (vector.Vector, error) {
		formats := vector.ViewOf[string](c.Args[0])
		all := *c
		all.Nulls = formats.Nulls
		return eachTextOrNull(&all, func(dst []byte, i int) ([]byte, bool, error) {
			if f := formats.Get(i); !parsed || f != text {
				text, parsed = strings.Clone(f), true
				parts, err = parseFormat(text)
			}
			if err != nil {
				return dst, false, err
			}
			dst, err := appendFormat(dst, text, parts, c.Args[1:], i)
			return dst, true, err
		})
	}, nil
}

// formatPart is a text, or a specifier.
type formatPart struct {
	text             string // of a specifier as it is written
	specifier        bool
	index            int // of the argument, from 1; 0: the next one; -1: the one before
	flags            string
	width, precision int  // -1: none
	time             bool // conversion is that of a time: %tY
	conversion       byte // in lower case but for times
	upper            bool
}

func (f *formatPart) has(flag byte) bool { return strings.IndexByte(f.flags, flag) >= 0 }

// badFormat is an error of Java's Formatter: what is its kind, and why.
func badFormat(format, what, why string) error {
	return invalid("Invalid format string: %s (%s: %s)", sql.Printable(format, maxQuotedRunes), what, why)
}

// parseFormat takes a format string apart and checks what can be checked without values.
func parseFormat(format string) ([]formatPart, error) {
	var parts []formatPart
	for rest := format; rest != ""; {
		i := strings.IndexByte(rest, '%')
		if i < 0 {
			return append(parts, formatPart{text: rest}), nil
		}
		if i > 0 {
			parts = append(parts, formatPart{text: rest[:i]})
		}
		f, what, why := parseSpecifier(rest[i:])
		if what == "" {
			what, why = f.check()
		}
		if what != "" {
			return nil, badFormat(format, what, why)
		}
		parts = append(parts, f)
		rest = rest[i+len(f.text):]
	}
	return parts, nil
}

const formatFlags = "-#+ 0,(<"

// parseSpecifier reads the specifier at the start of text; what and why say what is wrong with it.
func parseSpecifier(text string) (f formatPart, what, why string) {
	f = formatPart{specifier: true, width: -1, precision: -1}
	at := 1
	unknown := func() (formatPart, string, string) {
		last := text[min(at, len(text))-1:]
		if at < len(text) {
			last = text[at:]
		}
		_, n := utf8.DecodeRuneInString(last)
		return f, "UnknownFormatConversion", "Conversion = '" + last[:n] + "'"
	}
	digits := func() string {
		from := at
		for at < len(text) && text[at] >= '0' && text[at] <= '9' {
			at++
		}
		return text[from:at]
	}
	if n := digits(); n != "" && at < len(text) && text[at] == '$' {
		at++
		if f.index, _ = strconv.Atoi(n); f.index == 0 || f.index > maxFormatWidth {
			return f, "IllegalFormatArgumentIndex", "Illegal format argument index = " + n
		}
	} else {
		at = 1
	}
	for at < len(text) && strings.IndexByte(formatFlags, text[at]) >= 0 {
		if f.has(text[at]) {
			return f, "DuplicateFormatFlags", "Flags = '" + text[at:at+1] + "'"
		}
		f.flags += text[at : at+1]
		at++
	}
	if f.has('<') {
		f.index = -1
		f.flags = strings.Replace(f.flags, "<", "", 1)
	}
	if n := digits(); n != "" {
		var err error
		if f.width, err = strconv.Atoi(n); err != nil || f.width > maxFormatWidth {
			return f, "IllegalFormatWidth", n
		}
	}
	if at < len(text) && text[at] == '.' {
		at++
		n := digits()
		if n == "" {
			at--
			return unknown()
		}
		var err error
		if f.precision, err = strconv.Atoi(n); err != nil || f.precision > maxFormatWidth {
			return f, "IllegalFormatPrecision", n
		}
	}
	if at+1 < len(text) && (text[at] == 't' || text[at] == 'T') {
		f.time, f.upper = true, text[at] == 'T'
		at++
	}
	if at >= len(text) {
		return unknown()
	}
	f.conversion = text[at]
	f.text = text[:at+1]
	if f.time {
		if strings.IndexByte(timeConversions, f.conversion) < 0 {
			return f, "UnknownFormatConversion", "Conversion = 't" + f.text[at:] + "'"
		}
		return f, "", ""
	}
	if strings.IndexByte("BHSCXEGA", f.conversion) >= 0 {
		f.upper = true
		f.conversion |= 0x20
	}
	if strings.IndexByte("bhscdoxefga%n", f.conversion) < 0 {
		return unknown()
	}
	return f, "", ""
}

// mismatch is the first of some flags that f has, as Java complains of it.
func (f *formatPart) mismatch(flags string) (what, why string) {
	for i := range len(flags) {
		if f.has(flags[i]) {
			return "FormatFlagsConversionMismatch", "Conversion = " + string(rune(f.conversion)) + ", Flags = " + flags[i:i+1]
		}
	}
	return "", ""
}

// sortedFlags are the flags in the order in which Java names them.
func (f *formatPart) sortedFlags() string {
	var out []byte
	for i := range len(formatFlags) {
		if f.has(formatFlags[i]) {
			out = append(out, formatFlags[i])
		}
	}
	return string(out)
}

// check says what is wrong with a specifier, whatever its value is.
func (f *formatPart) check() (what, why string) {
	noPrecision := f.time || strings.IndexByte("cdox%n", f.conversion) >= 0
	numeric := !f.time && strings.IndexByte("doxefga", f.conversion) >= 0
	var bad string
	switch {
	case f.conversion == 'n' && !f.time && f.width >= 0:
		return "IllegalFormatWidth", strconv.Itoa(f.width)
	case numeric && f.width < 0 && (f.has('-') || f.has('0')):
		return "MissingFormatWidth", f.text
	case numeric && (f.has('+') && f.has(' ') || f.has('-') && f.has('0')):
		return "IllegalFormatFlags", "Flags = '" + f.sortedFlags() + "'"
	case noPrecision && f.precision >= 0:
		return "IllegalFormatPrecision", strconv.Itoa(f.precision)
	case !f.time && (f.conversion == 'n' && f.flags != "" || f.conversion == '%' && f.flags != "" && f.flags != "-"):
		return "IllegalFormatFlags", "Flags = '" + f.sortedFlags() + "'"
	case f.time || f.conversion == 'c':
		bad = "#+ 0,("
	case f.conversion == 'b' || f.conversion == 'h':
		bad = "#+ 0,("
	case f.conversion == 's':
		bad = "+ 0,("
	case f.conversion == 'd':
		bad = "#"
	case f.conversion == 'o', f.conversion == 'x', f.conversion == 'e':
		bad = ","
	case f.conversion == 'a':
		bad = "(,"
	case f.conversion == 'g':
		bad = "#"
	}
	if what, why = f.mismatch(bad); what != "" {
		return what, why
	}
	if f.has('-') && f.width < 0 {
		return "MissingFormatWidth", f.text
	}
	return "", ""
}

// appendFormat writes a row of values.
func appendFormat(dst []byte, format string, parts []formatPart, args []vector.Vector, row int) ([]byte, error) {
	next, last := 0, -1
	for i := range parts {
		f := &parts[i]
		switch {
		case !f.specifier:
			dst = append(dst, f.text...)
			continue
		case f.conversion == 'n' && !f.time:
			dst = append(dst, '\n')
			continue
		case f.conversion == '%' && !f.time:
			dst = f.pad(dst, "%")
			continue
		case f.index > 0:
			last = f.index - 1
		case f.index == 0:
			last = next
			next++
		}
		if last < 0 || last >= len(args) {
			return dst, badFormat(format, "MissingFormatArgument", "Format specifier '"+f.text+"'")
		}
		text, what, why, err := f.format(args[last], row)
		if what != "" {
			err = badFormat(format, what, why)
		}
		if err != nil {
			return dst, err
		}
		if f.upper {
			text = strings.ToUpper(text)
		}
		if dst = f.pad(dst, text); len(dst) > maxTextBytes {
			return dst, errTooLong
		}
	}
	return dst, nil
}

func (f *formatPart) pad(dst []byte, text string) []byte {
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

// javaClass is what Java calls the values of a type.
func javaClass(t types.Type) string {
	switch {
	case t.IsInteger():
		return "java.lang.Long"
	case t.Is(types.Real):
		return "java.lang.Float"
	case t.Is(types.Double):
		return "java.lang.Double"
	case t.Is(types.Decimal):
		return "java.math.BigDecimal"
	case t.Is(types.Boolean):
		return "java.lang.Boolean"
	case t.Is(types.Date):
		return "java.time.LocalDate"
	case t.Is(types.Time):
		return "java.time.LocalTime"
	case t.Is(types.Timestamp):
		return "java.time.LocalDateTime"
	case t.Is(types.TimestampWithTimeZone):
		return "java.time.ZonedDateTime"
	}
	return "java.lang.String"
}

// format writes a value. what and why say that the conversion is not for such a value.
func (f *formatPart) format(v vector.Vector, row int) (text, what, why string, err error) {
	t, null := v.Type(), v.Nulls().Has(row)
	misfit := func(conversion byte) (string, string, string, error) {
		return "", "IllegalFormatConversion", string(rune(conversion)) + " != " + javaClass(t), nil
	}
	switch {
	case !f.time && f.conversion == 'b':
		value := !null
		if t.Is(types.Boolean) && !null {
			value = vector.ViewOf[bool](v).Get(row)
		}
		return cut(strconv.FormatBool(value), f.precision), "", "", nil
	case null:
		n := -1
		if !f.time && strings.IndexByte("sh", f.conversion) >= 0 {
			n = f.precision
		}
		return cut("null", n), "", "", nil
	case f.time:
		if !isTimeOfJava(t) {
			if t.IsInteger() {
				return "", "", "", sql.NotSupported(sql.Pos{}, "the format specifier "+f.text+" of a number")
			}
			return misfit(f.conversion)
		}
		text, bad, err := formatTime(timeValueOf(v, row), f.conversion)
		if bad != 0 {
			return misfit(bad)
		}
		return text, "", "", err
	case f.conversion == 's':
		if f.has('#') {
			what, why = f.mismatch("#")
			return "", what, why, nil
		}
		return cut(javaText(v, row), f.precision), "", "", nil
	case f.conversion == 'h':
		hash, err := f.javaHash(v, row)
		return cut(hash, f.precision), "", "", err
	case f.conversion == 'd' && t.IsInteger():
		return f.number(strconv.FormatInt(vector.ViewOf[int64](v).Get(row), 10)), "", "", nil
	case (f.conversion == 'x' || f.conversion == 'o') && t.IsInteger():
		if what, why = f.mismatch("( +"); what != "" {
			return "", what, why, nil
		}
		return f.unsigned(uint64(vector.ViewOf[int64](v).Get(row))), "", "", nil
	case strings.IndexByte("efga", f.conversion) >= 0 && (t.Is(types.Double) || t.Is(types.Real) || t.Is(types.Decimal)):
		if f.conversion == 'a' && t.Is(types.Decimal) {
			return misfit('a')
		}
		text, err := f.floating(v, row)
		return text, "", "", err
	}
	return misfit(f.conversion)
}

// javaText is what Java's toString makes of a value.
func javaText(v vector.Vector, row int) string {
	t := v.Type()
	switch {
	case isTimeOfJava(t):
		return timeValueOf(v, row).String()
	case t.Is(types.Char):
		text := vector.ViewOf[string](v).Get(row)
		return text + strings.Repeat(" ", max(0, t.Length()-utf8.RuneCountInString(text)))
	}
	return string(vector.AppendText(nil, v, row))
}

// cut leaves the first n characters of s, all if n is negative.
func cut(s string, n int) string {
	if n < 0 {
		return s
	}
	return firstRunes(s, n)
}
