package record

import (
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
)

func isValid(text []byte) bool { return utf8.Valid(text) }

// booleanOf reads true and false, and the strings that some writers make of them.
func booleanOf(token []byte, value Span) (v, ok bool) {
	if value.Kind == String {
		token = token[1 : len(token)-1]
	} else if value.Kind != Bool {
		return false, false
	}
	switch string(token) {
	case "true", "True", "TRUE":
		return true, true
	case "false", "False", "FALSE":
		return false, true
	}
	return false, false
}

// doubleOf reads a number, and a string that is one.
func doubleOf(token []byte, value Span) (v float64, ok bool) {
	if value.Kind == String {
		token = token[1 : len(token)-1]
	} else if value.Kind != Number {
		return 0, false
	}
	if len(token) == 0 || !numeric(token[0]) {
		return 0, false // no Inf, no NaN, no hexadecimal digits
	}
	v, err := strconv.ParseFloat(string(token), 64)
	return v, err == nil
}

// integerOf reads a whole number in the range of an integer, however it is written: 10080, 10080.0, 1.008E4.
func integerOf(token []byte, value Span) (v int64, ok bool) {
	number, ok := doubleOf(token, value)
	if !ok || number != math.Trunc(number) || number < math.MinInt32 || number > math.MaxInt32 {
		return 0, false
	}
	return int64(number), true
}

func timeOf(token []byte, value Span, scratch *[]byte) (millis int64, ok bool) {
	if value.Kind != String {
		return 0, false
	}
	if value.Escaped {
		*scratch = appendString((*scratch)[:0], token, true)
		return ParseTime(*scratch)
	}
	return ParseTime(token[1 : len(token)-1])
}

// ParseTime reads a time as records have it, as milliseconds since 1970 in UTC:
// ISO 8601, extended (2025-01-22T22:05:56Z) or basic (20131102T010628Z), with 'T',
// 't' or a blank, a fraction or none, and 'Z', an offset, " UTC" or nothing (UTC); without seconds; or a day alone, at its midnight. Years
// are 0000..9999. Finer fractions are cut to the millisecond; in the last second before
// 1970 to the second, since no reader of ORC tells these times from those a second later.
func ParseTime(text []byte) (millis int64, ok bool) {
	p := timeParser{text: text, ok: true}
	year := p.digits(4)
	extended := p.accept('-')
	month := p.digits(2)
	p.require(extended, '-')
	day := p.digits(2)
	if p.at == len(text) && extended && p.ok && types.ValidDate(int64(year), month, day) {
		return types.DaysFromCivil(int64(year), month, day) * 24 * 3600 * 1000, true
	}
	if !p.accept('T') && !p.accept('t') && !p.accept(' ') {
		return 0, false
	}
	hour := p.digits(2)
	p.require(extended, ':')
	minute := p.digits(2)
	second, fraction := 0, 0
	if p.at == len(text) || text[p.at] == 'Z' || text[p.at] == 'z' || text[p.at] == '+' || text[p.at] == '-' {
		// No seconds.
	} else {
		p.require(extended, ':')
		second = p.digits(2)
	}
	if p.accept('.') || p.accept(',') {
		scale := 100
		for p.at < len(text) && text[p.at] >= '0' && text[p.at] <= '9' {
			fraction += scale * int(text[p.at]-'0')
			scale /= 10
			p.at++
		}
		if text[p.at-1] == '.' || text[p.at-1] == ',' {
			return 0, false
		}
	}
	offset := 0
	if string(text[p.at:]) == " UTC" {
		p.at = len(text)
	} else if !p.accept('Z') && !p.accept('z') && p.at < len(text) {
		sign := 1
		if p.accept('-') {
			sign = -1
		} else if !p.accept('+') {
			return 0, false
		}
		offset = p.digits(2) * 60
		minutes := 0
		if p.accept(':') || p.at < len(text) {
			minutes = p.digits(2)
		}
		if offset += minutes; minutes > 59 || offset > 18*60 {
			return 0, false
		}
		offset *= sign
	}
	if !p.ok || p.at != len(text) || !types.ValidDate(int64(year), month, day) ||
		hour > 23 || minute > 59 || second > 60 {
		return 0, false
	}
	seconds := (types.DaysFromCivil(int64(year), month, day)*24+int64(hour))*3600 + int64(minute-offset)*60 + int64(second)
	if seconds == -1 {
		fraction = 0
	}
	return seconds*1000 + int64(fraction), true
}

type timeParser struct {
	text []byte
	at   int
	ok   bool
}

func (p *timeParser) digits(n int) int {
	if p.at+n > len(p.text) {
		p.ok = false
		return 0
	}
	v := 0
	for _, c := range p.text[p.at : p.at+n] {
		if c < '0' || c > '9' {
			p.ok = false
		}
		v = v*10 + int(c-'0')
	}
	p.at += n
	return v
}

func (p *timeParser) accept(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *timeParser) require(needed bool, c byte) {
	if needed && !p.accept(c) {
		p.ok = false
	}
}
