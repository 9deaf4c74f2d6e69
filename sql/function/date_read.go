package function

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
)

// reader reads a text by a pattern.
type reader struct {
	dateBucket
	text  string
	pivot int64 // the year around which years of two digits lie
}

// parse reads a text by a pattern, in whole.
func (p datePattern) parse(text string, pivot int64) (*reader, error) {
	for i := range p {
		if p[i].kind == zoneNamePart && !p[i].short {
			return nil, invalid("Parsing not supported")
		}
	}
	r := &reader{text: text, pivot: pivot}
	at := r.items(p, 0)
	if at < 0 {
		return nil, errMalformed(text, ^at)
	}
	if at < len(text) {
		return nil, errMalformed(text, at)
	}
	return r, nil
}

// items reads items from a byte on and returns where it got; ^ of where it failed.
func (r *reader) items(p datePattern, at int) int {
	for i := range p {
		if at = r.item(&p[i], at); at < 0 {
			return at
		}
	}
	return at
}

func (r *reader) item(item *patternPart, at int) int {
	switch item.kind {
	case literalPart:
		return r.literal(item.text, at)
	case numberPart:
		return r.number(item, at)
	case twoDigitPart:
		return r.twoDigits(item, at)
	case namePart:
		return r.name(item, at)
	case fractionPart:
		return r.fraction(item, at)
	case offsetPart:
		return r.readOffset(at)
	case zoneNamePart:
		return r.zoneName(at)
	case zoneIDPart:
		return r.zoneID(at)
	}
	return r.choose(item, at)
}

// literal reads a text in any case.
func (r *reader) literal(text string, at int) int {
	end := at
	for range utf8.RuneCountInString(text) {
		_, n := utf8.DecodeRuneInString(r.text[end:])
		end += n
	}
	if !equalFold(r.text[at:end], text) {
		return ^at
	}
	return end
}

func (r *reader) digit(at int) bool {
	return at < len(r.text) && r.text[at] >= '0' && r.text[at] <= '9'
}

// number reads as many digits as the item takes, after a sign where it may have one.
func (r *reader) number(item *patternPart, at int) int {
	start, most := at, item.max
	if item.signed && at < len(r.text) && (r.text[at] == '-' || r.text[at] == '+') {
		if most == 0 || !r.digit(at+1) {
			return ^at
		}
		at++
	}
	from := at
	for r.digit(at) && at-from < most {
		at++
	}
	if at == from {
		return ^start
	}
	value, err := strconv.ParseInt(r.text[start:at], 10, 32)
	if err != nil {
		return ^start
	}
	r.save(item.field, value)
	return at
}

// twoDigits reads a year of two digits; if lenient, other numbers of digits and signed ones stand for themselves.
func (r *reader) twoDigits(item *patternPart, at int) int {
	start := at
	if item.lenient {
		if at < len(r.text) && (r.text[at] == '-' || r.text[at] == '+') {
			at++
		}
		signed, from := at > start, at
		for r.digit(at) {
			at++
		}
		if at == from {
			return ^start
		}
		if signed || at-from != 2 {
			value, err := strconv.ParseInt(r.text[start:at], 10, 32)
			if err != nil {
				return ^start
			}
			r.save(item.field, value)
			return at
		}
		at = from
	}
	if !r.digit(at) || !r.digit(at+1) {
		return ^start
	}
	year := int64(r.text[at]-'0')*10 + int64(r.text[at+1]-'0')
	low := r.pivot - 50
	r.save(item.field, low+types.FloorMod(year-low, 100))
	return at + 2
}

// name reads a long or short name, as it is, in lower or in upper case.
func (r *reader) name(item *patternPart, at int) int {
	names, first := namesOf(item.field)
	best, value := 0, int64(0)
	try := func(name string, v int64) {
		if end := at + len(name); len(name) > best && end <= len(r.text) {
			if t := r.text[at:end]; t == name || t == strings.ToLower(name) || t == strings.ToUpper(name) {
				best, value = len(name), v
			}
		}
	}
	for i, long := range names {
		try(long, first+int64(i))
		try(long[:min(len(long), shortName)], first+int64(i))
	}
	if item.field == eraField {
		try("BCE", 0)
		try("CE", 1)
	}
	if best == 0 {
		return ^at
	}
	r.save(item.field, value)
	return at + best
}

// fraction reads digits after a point, of which milliseconds are kept.
func (r *reader) fraction(item *patternPart, at int) int {
	unit := int64(millisPerSecond)
	switch item.field {
	case fractionOfHourField:
		unit = millisPerHour
	case fractionOfMinuteField:
		unit = millisPerMinute
	}
	start, value, weight := at, int64(0), unit*10
	for r.digit(at) && at-start < min(item.max, maxFractionDigits) {
		weight /= 10
		value += int64(r.text[at]-'0') * weight
		at++
	}
	if at == start {
		return ^at
	}
	r.save(item.field, value/10)
	return at
}

// maxFractionDigits is how many digits of a fraction are read.
const maxFractionDigits = 18

// readOffset reads Z, or +05, +0530, +05:30 and so on to milliseconds.
func (r *reader) readOffset(at int) int {
	if at < len(r.text) && (r.text[at] == 'Z' || r.text[at] == 'z') {
		r.offset, r.hasOff = 0, true
		return at + 1
	}
	if at+1 >= len(r.text) || r.text[at] != '+' && r.text[at] != '-' {
		return ^at
	}
	negative := r.text[at] == '-'
	at++
	two := func(limit int64) (int64, bool) {
		if !r.digit(at) || !r.digit(at+1) {
			return 0, false
		}
		n := int64(r.text[at]-'0')*10 + int64(r.text[at+1]-'0')
		return n, n <= limit
	}
	hours, ok := two(23)
	if !ok {
		return ^at
	}
	at += 2
	offset := hours * millisPerHour
	colon := at < len(r.text) && r.text[at] == ':'
	for i, unit := range [...]int64{millisPerMinute, millisPerSecond} {
		if colon && (i == 0 || at < len(r.text) && r.text[at] == ':') {
			at++
		} else if colon || !r.digit(at) {
			return r.endOffset(at, offset, negative)
		}
		n, ok := two(59)
		if !ok {
			return ^at
		}
		at += 2
		offset += n * unit
	}
	if colon && at < len(r.text) && (r.text[at] == '.' || r.text[at] == ',') {
		at++
	} else if colon || !r.digit(at) {
		return r.endOffset(at, offset, negative)
	}
	if !r.digit(at) {
		return ^at
	}
	for unit := int64(100); unit > 0 && r.digit(at); unit /= 10 {
		offset += int64(r.text[at]-'0') * unit
		at++
	}
	return r.endOffset(at, offset, negative)
}

func (r *reader) endOffset(at int, offset int64, negative bool) int {
	if negative {
		offset = -offset
	}
	r.offset, r.hasOff = offset, true
	return at
}

// readZoneNames are the names of zones that are read.
var readZoneNames = []struct{ name, zone string }{
	{"UTC", "UTC"}, {"GMT", "UTC"}, {"UT", "UTC"}, {"EST", "America/New_York"}, {"EDT", "America/New_York"},
	{"CST", "America/Chicago"}, {"CDT", "America/Chicago"}, {"MST", "America/Denver"}, {"MDT", "America/Denver"},
	{"PST", "America/Los_Angeles"}, {"PDT", "America/Los_Angeles"},
}

func (r *reader) zoneName(at int) int {
	for _, n := range readZoneNames {
		if strings.HasPrefix(r.text[at:], n.name) {
			zone, err := types.ZoneOf(n.zone)
			if err != nil {
				return ^at
			}
			r.zone, r.zoned = zone, true
			return at + len(n.name)
		}
	}
	return ^at
}

// maxZoneID bounds the bytes of a zone's name.
const maxZoneID = 64

// zoneID reads the longest name of a zone of the IANA database.
func (r *reader) zoneID(at int) int {
	end := at
	for end < len(r.text) && end-at < maxZoneID && (isLetter(r.text[end]) || r.digit(end) || strings.IndexByte("/_+-", r.text[end]) >= 0) {
		end++
	}
	if end > at && !isLetter(r.text[at]) {
		return ^at // an offset is no name
	}
	for ; end > at; end-- {
		if sign := strings.IndexByte(r.text[at:end], '+'); sign >= 0 && !strings.HasPrefix(r.text[at:end], "Etc/") {
			continue // UTC, and an offset after it
		}
		if zone, err := types.ZoneOf(r.text[at:end]); err == nil {
			r.zone, r.zoned = zone, true
			return end
		}
	}
	return ^at
}

// choose reads the choice that reaches furthest; the first of those to reach the end.
func (r *reader) choose(item *patternPart, at int) int {
	saved := r.state()
	best, furthest := at, at
	bestState, found := saved, false
	for i, choice := range item.choices {
		end := r.items(choice, at)
		if end >= 0 && end > best {
			if end >= len(r.text) || i+1 == len(item.choices) {
				return end
			}
			best, bestState, found = end, r.state(), true
		} else if end < 0 {
			furthest = max(furthest, ^end)
		}
		r.restore(saved)
	}
	if found || item.optional {
		r.restore(bestState)
		return best
	}
	return ^furthest
}

func (r *reader) state() dateBucket {
	s := r.dateBucket
	s.fields = append([]readField(nil), s.fields...)
	return s
}

func (r *reader) restore(s dateBucket) {
	r.dateBucket = s
	r.fields = append([]readField(nil), s.fields...)
}

// zoneName returns the name of the zone of a time in the form of the pattern letter z.
// The IANA database has abbreviations, but no long names.
func zoneName(s *shown, short bool) (string, error) {
	if s.zone == types.UTC {
		if short {
			return "UTC", nil
		}
		return "Coordinated Universal Time", nil
	}
	id := s.zone.String()
	if id[0] == '+' || id[0] == '-' {
		return id, nil
	}
	if short {
		if abbreviation := s.zone.Abbreviation(s.second); abbreviation != "" && isLetter(abbreviation[0]) {
			return abbreviation, nil
		}
		return "", sql.NotSupported(sql.Pos{}, "the pattern letter z for the time zone "+id+", which has no abbreviation,")
	}
	return "", sql.NotSupported(sql.Pos{}, "the pattern letters zzzz for the time zone "+id)
}
