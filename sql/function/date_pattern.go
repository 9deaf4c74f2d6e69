package function

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
)

// datePattern is a compiled pattern of format_datetime and parse_datetime, or of
// date_format and date_parse, or one of the forms of ISO 8601.
type datePattern []patternPart

// patternPart is a part of a pattern. Exactly one of its ways of being is set, by kind.
type patternPart struct {
	kind     partKind
	field    dateField
	min, max int           // digits written at least, read at most
	signed   bool          // a sign may be read
	short    bool          // the short name, not the long one
	colon    bool          // of an offset: +05:30, not +0530
	lenient  bool          // two digits of a year, or more
	text     string        // of a literal
	choices  []datePattern // of which one is read
	optional bool          // or none
}

type partKind uint8

const (
	literalPart partKind = iota
	numberPart
	twoDigitPart // the year or the week's year, of the century around a pivot
	namePart
	fractionPart
	offsetPart // +0530
	zoneNamePart
	zoneIDPart
	choicePart // only read
)

func literal(text string) patternPart { return patternPart{kind: literalPart, text: text} }

func number(f dateField, min, max int) patternPart {
	return patternPart{kind: numberPart, field: f, min: min, max: max}
}

func signedNumber(f dateField, min, max int) patternPart {
	return patternPart{kind: numberPart, field: f, min: min, max: max, signed: true}
}

func name(f dateField, short bool) patternPart {
	return patternPart{kind: namePart, field: f, short: short}
}

func fraction(f dateField, min, max int) patternPart {
	return patternPart{kind: fractionPart, field: f, min: min, max: max}
}

func optionally(p ...patternPart) patternPart {
	return patternPart{kind: choicePart, choices: []datePattern{p}, optional: true}
}

func oneOf(choices ...datePattern) patternPart {
	return patternPart{kind: choicePart, choices: choices}
}

// maxNumberDigits is how many digits of a year are read.
const maxNumberDigits = 9

// compileJoda compiles a pattern of format_datetime: letters are fields, their number
// the least digits or the form; what is no letter, or in quotes, stands for itself.
func compileJoda(pattern string) (datePattern, error) {
	if pattern == "" {
		return nil, invalid("Invalid pattern specification: Pattern is null or empty")
	}
	var items datePattern
	for pattern != "" {
		var token string
		token, pattern = jodaToken(pattern)
		if token[0] == '\'' {
			if len(token) > 1 {
				items = append(items, literal(token[1:]))
			}
			continue
		}
		item, ok := jodaItem(token[0], len(token), isNumericToken(pattern))
		if !ok {
			return nil, invalid("Illegal pattern component: %s", token)
		}
		items = append(items, item)
	}
	if len(items) == 0 {
		return nil, errNothingToDo
	}
	return items, nil
}

var errNothingToDo = invalid("Both printing and parsing not supported")

func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

// jodaToken takes a run of one letter from the start of a pattern, or a literal text, with a quote before it.
func jodaToken(pattern string) (token, rest string) {
	if c := pattern[0]; isLetter(c) {
		rest = strings.TrimLeft(pattern, string(rune(c)))
		return pattern[:len(pattern)-len(rest)], rest
	}
	text := []byte{'\''}
	quoted := false
	i := 0
	for ; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\'' && i+1 < len(pattern) && pattern[i+1] == '\'':
			text = append(text, c)
			i++
		case c == '\'':
			quoted = !quoted
		case !quoted && isLetter(c):
			return string(text), pattern[i:]
		default:
			text = append(text, c)
		}
	}
	return string(text), ""
}

// isNumericToken reports whether a pattern goes on with digits, which a year of two must then not take.
func isNumericToken(pattern string) bool {
	if pattern == "" {
		return false
	}
	if strings.IndexByte("cCxyYdhHmsSeDFwWkK", pattern[0]) >= 0 {
		return true
	}
	return pattern[0] == 'M' && !strings.HasPrefix(pattern, "MMM")
}

var jodaYears = map[byte]dateField{'x': weekYearField, 'y': yearField, 'Y': yearOfEraField}

// jodaNumbers are the letters of plain numbers, with the digits that are read at most.
var jodaNumbers = map[byte]struct {
	field  dateField
	digits int
}{
	'd': {dayField, 2}, 'h': {clockhourOfHalfdayField, 2}, 'H': {hourField, 2}, 'k': {clockhourField, 2}, 'K': {hourOfHalfdayField, 2},
	'm': {minuteField, 2}, 's': {secondField, 2}, 'e': {dayOfWeekField, 1}, 'D': {dayOfYearField, 3}, 'w': {weekField, 2}, 'M': {monthField, 2},
}

func jodaItem(letter byte, n int, digitsFollow bool) (patternPart, bool) {
	if f, ok := jodaYears[letter]; ok {
		if n == 2 {
			if letter == 'Y' {
				f = yearField
			}
			return patternPart{kind: twoDigitPart, field: f, lenient: !digitsFollow}, true
		}
		most := max(n, maxNumberDigits)
		if digitsFollow {
			most = n
		}
		item := signedNumber(f, n, most)
		item.signed = letter != 'Y'
		return item, true
	}
	if letter == 'M' && n >= 3 {
		return name(monthField, n == 3), true
	}
	if f, ok := jodaNumbers[letter]; ok {
		return number(f.field, n, max(n, f.digits)), true
	}
	switch letter {
	case 'G':
		return name(eraField, false), true
	case 'C':
		return signedNumber(centuryField, n, n), true
	case 'a':
		return name(halfdayField, false), true
	case 'E':
		return name(dayOfWeekField, n < 4), true
	case 'S':
		return fraction(fractionOfSecondField, n, n), true
	case 'z':
		return patternPart{kind: zoneNamePart, short: n < 4}, true
	case 'Z':
		if n > 2 {
			return patternPart{kind: zoneIDPart}, true
		}
		return patternPart{kind: offsetPart, colon: n == 2}, true
	}
	return patternPart{}, false
}

// mysqlItems are the specifiers of date_format but for %r and %T, which stand for several.
var mysqlItems = map[rune]patternPart{
	'a': name(dayOfWeekField, true), 'W': name(dayOfWeekField, false), 'b': name(monthField, true), 'M': name(monthField, false),
	'c': number(monthField, 1, 2), 'm': number(monthField, 2, 2), 'd': number(dayField, 2, 2), 'e': number(dayField, 1, 2),
	'f': fraction(fractionOfSecondField, 6, 9), 'H': number(hourField, 2, 2), 'k': number(hourField, 1, 2),
	'h': number(clockhourOfHalfdayField, 2, 2), 'I': number(clockhourOfHalfdayField, 2, 2), 'l': number(clockhourOfHalfdayField, 1, 2),
	'i': number(minuteField, 2, 2), 's': number(secondField, 2, 2), 'S': number(secondField, 2, 2), 'j': number(dayOfYearField, 3, 3),
	'p': name(halfdayField, false), 'v': number(weekField, 2, 2), 'x': signedNumber(weekYearField, 4, 4), 'Y': signedNumber(yearField, 4, 4),
	'y': {kind: twoDigitPart, field: yearField},
}

var mysqlSeveral = map[rune]string{'r': "%h:%i:%s %p", 'T': "%H:%i:%s"}

// mysqlPivot is the year around which %y lies: 70 is 1970, and 69 is 2069.
const mysqlPivot = 2020

// compileMySQL compiles a pattern of date_format.
func compileMySQL(pattern string) (datePattern, error) {
	var items datePattern
	escaped := false
	for _, c := range pattern {
		if !escaped {
			if escaped = c == '%'; !escaped {
				items = append(items, literal(string(c)))
			}
			continue
		}
		escaped = false
		switch several, ok := mysqlSeveral[c]; {
		case ok:
			more, _ := compileMySQL(several)
			items = append(items, more...)
		case strings.ContainsRune("DUuVwX", c):
			return nil, invalid("%%%c not supported in date format string", c)
		default:
			item, ok := mysqlItems[c]
			if !ok { // %% and what means nothing else
				item = literal(string(c))
			}
			items = append(items, item)
		}
	}
	if len(items) == 0 {
		return nil, errNothingToDo
	}
	return items, nil
}

// datePatternCache keeps the pattern that was compiled last, which tends to be constant.
type datePatternCache struct {
	compile func(string) (datePattern, error)
	text    string
	items   datePattern
	err     error
	filled  bool
}

func (p *datePatternCache) get(text string) (datePattern, error) {
	if !p.filled || p.text != text {
		p.text, p.filled = strings.Clone(text), true
		p.items, p.err = p.compile(p.text)
	}
	return p.items, p.err
}

var (
	monthNames   = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames     = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	halfdayNames = []string{"AM", "PM"}
	eraNames     = []string{"BC", "AD"}
)

const shortName = 3 // letters

// namesOf returns the texts of a field and the value of the first.
func namesOf(f dateField) (names []string, first int64) {
	switch f {
	case monthField:
		return monthNames, 1
	case dayOfWeekField:
		return dayNames, 1
	case halfdayField:
		return halfdayNames, 0
	}
	return eraNames, 0
}

// shown is a time that a pattern writes.
type shown struct {
	days, millisOfDay int64
	zone              types.Zone
	second            int64 // since 1970
}

// valueOf returns what a field of the clock is.
func (s *shown) valueOf(f dateField) int64 {
	switch f {
	case eraField:
		if yearOf(s.days) > 0 {
			return 1
		}
		return 0
	case centuryField:
		return max(yearOf(s.days), -yearOf(s.days)) / 100
	case yearField:
		return yearOf(s.days)
	case yearOfEraField:
		return max(yearOf(s.days), 1-yearOf(s.days))
	case weekYearField:
		y, _ := types.WeekYear(s.days)
		return y
	case monthField:
		return monthOf(s.days)
	case weekField:
		_, w := types.WeekYear(s.days)
		return int64(w)
	case dayOfYearField:
		return int64(types.DayOfYear(s.days))
	case dayField:
		return dayOf(s.days)
	case dayOfWeekField:
		return int64(types.DayOfWeek(s.days))
	}
	hour := s.millisOfDay / millisPerHour
	switch f {
	case halfdayField:
		return hour / 12
	case hourField:
		return hour
	case clockhourField:
		return (hour+23)%24 + 1
	case hourOfHalfdayField:
		return hour % 12
	case clockhourOfHalfdayField:
		return (hour+11)%12 + 1
	case minuteField:
		return s.millisOfDay / millisPerMinute % 60
	case secondField:
		return s.millisOfDay / millisPerSecond % 60
	}
	return s.millisOfDay % millisPerSecond
}

// appendPadded appends n with at least width digits.
func appendPadded(dst []byte, n int64, width int) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	var digits [20]byte
	at := len(digits)
	for n > 0 {
		at--
		digits[at] = byte('0' + n%10)
		n /= 10
	}
	for width -= len(digits) - at; width > 0; width-- {
		dst = append(dst, '0')
	}
	return append(dst, digits[at:]...)
}

// append writes a time by the pattern.
func (p datePattern) append(dst []byte, s *shown) ([]byte, error) {
	for i := range p {
		item := &p[i]
		switch item.kind {
		case literalPart:
			dst = append(dst, item.text...)
		case numberPart:
			dst = appendPadded(dst, s.valueOf(item.field), max(item.min, 1))
		case twoDigitPart:
			y := s.valueOf(item.field)
			dst = appendPadded(dst, max(y, -y)%100, 2)
		case namePart:
			names, first := namesOf(item.field)
			text := names[s.valueOf(item.field)-first]
			if item.short {
				text = text[:shortName]
			}
			dst = append(dst, text...)
		case fractionPart:
			dst = appendFraction(dst, s.valueOf(fractionOfSecondField), item.min)
		case offsetPart:
			dst = appendOffset(dst, s.zone.Offset(s.second), item.colon)
		case zoneIDPart:
			dst = s.zone.Append(dst)
		case zoneNamePart:
			text, err := zoneName(s, item.short)
			if err != nil {
				return dst, err
			}
			dst = append(dst, text...)
		}
	}
	return dst, nil
}

// appendFraction writes milliseconds with a number of digits.
func appendFraction(dst []byte, millis int64, digits int) []byte {
	const millisDigits = 3
	for n := digits; n < millisDigits; n++ {
		millis /= 10
	}
	dst = appendPadded(dst, millis, min(digits, millisDigits))
	for ; digits > millisDigits; digits-- {
		dst = append(dst, '0')
	}
	return dst
}

func appendOffset(dst []byte, seconds int, colon bool) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	dst = appendPadded(append(dst, sign), int64(seconds/3600), 2)
	if colon {
		dst = append(dst, ':')
	}
	return appendPadded(dst, int64(seconds/60%60), 2)
}

// errMalformed says that text does not follow a pattern from a byte on.
func errMalformed(text string, at int) error {
	const sample = 32 // characters that are quoted after the place
	shownText := text
	if rest := []rune(text[at:]); len(rest) > sample+len("...") {
		shownText = text[:at] + string(rest[:sample]) + "..."
	}
	switch {
	case at == 0:
		return invalid("Invalid format: \"%s\"", shownText)
	case at >= len(text):
		return invalid("Invalid format: \"%s\" is too short", shownText)
	}
	return invalid("Invalid format: \"%s\" is malformed at \"%s\"", shownText, shownText[at:])
}

// equalFold reports whether texts are equal but for the case of letters.
func equalFold(a, b string) bool {
	for a != "" && b != "" {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y && unicode.ToLower(unicode.ToUpper(x)) != unicode.ToLower(unicode.ToUpper(y)) {
			return false
		}
		a, b = a[n:], b[m:]
	}
	return a == "" && b == ""
}
