package function

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = scalar("string", "length", "Returns the number of characters of a text, or of bytes of a varbinary", "length('abc')", "3",
	Overload{Params: "varchar(x)", Result: "bigint", NeverFails: true, New: unary(func(s string) int64 { return int64(utf8.RuneCountInString(s)) })},
	Overload{Params: "char(x)", Result: "bigint", NeverFails: true, New: func(b Binding) (Kernel, error) {
		return unary(func(string) int64 { return int64(b.Params[0].Length()) })(b)
	}},
	Overload{Params: "varbinary", Result: "bigint", NeverFails: true, New: unary(func(s string) int64 { return int64(len(s)) })})

var _ = scalar("string", "lower", "Returns a text with its letters in lower case", "lower('GetObject')", "getobject",
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unaryText(lowered)},
	Overload{Params: "char(x)", Result: "char(x)", NeverFails: true, New: unaryText(lowered)})

var _ = scalar("string", "upper", "Returns a text with its letters in upper case", "upper('GetObject')", "GETOBJECT",
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unaryText(uppered)},
	Overload{Params: "char(x)", Result: "char(x)", NeverFails: true, New: unaryText(uppered)})

func lowered(dst []byte, s string) ([]byte, error) { return mapped(dst, s, 'A', unicode.ToLower), nil }
func uppered(dst []byte, s string) ([]byte, error) { return mapped(dst, s, 'a', unicode.ToUpper), nil }

// mapped appends the letters of s in the other case. first is the first of the ASCII letters that change.
func mapped(dst []byte, s string, first byte, other func(rune) rune) []byte {
	at := len(dst)
	dst = append(dst, s...)
	for i, c := range dst[at:] {
		if c >= utf8.RuneSelf {
			dst = dst[:at+i]
			for _, r := range s[i:] {
				dst = utf8.AppendRune(dst, other(r))
			}
			return dst
		}
		if c-first < 26 {
			dst[at+i] = c ^ ('a' - 'A')
		}
	}
	return dst
}

func substringOverloads() []Overload {
	return []Overload{
		{Params: "varchar(x),bigint", Result: "varchar(x)", NeverFails: true,
			New: binary(func(s string, start int64) string { return substring(s, start, math.MaxInt64) })},
		{Params: "varchar(x),bigint,bigint", Result: "varchar(x)", NeverFails: true,
			New: ternary(substring)},
		{Params: "char(x),bigint", Result: "varchar(x)", NeverFails: true, New: padded(func(pad func(string) string) newKernel {
			return binary(func(s string, start int64) string { return substring(pad(s), start, math.MaxInt64) })
		})},
		{Params: "char(x),bigint,bigint", Result: "varchar(x)", NeverFails: true, New: padded(func(pad func(string) string) newKernel {
			return ternary(func(s string, start, length int64) string { return substring(pad(s), start, length) })
		})},
	}
}

// padded returns a New for a function of a char value, which counts with the spaces that fill it up.
func padded(f func(pad func(string) string) newKernel) newKernel { return paddedAt(0, f) }

// paddedAt is padded for the argument at a place.
func paddedAt(place int, f func(pad func(string) string) newKernel) newKernel {
	return func(b Binding) (Kernel, error) {
		length := b.Params[place].Length()
		return f(func(s string) string { return fillUp(s, length) })(b)
	}
}

// fillUp is a char value with the spaces that fill it up to its length.
func fillUp(s string, length int) string {
	if n := utf8.RuneCountInString(s); n < length {
		return s + strings.Repeat(" ", length-n)
	}
	return s
}

var (
	_ = scalar("string", "substring", "Returns the part of a text from a position on, counting from 1 or, if negative, from the end",
		"substring('CloudTrail', 6)", "Trail", substringOverloads()...)
	_ = scalar("string", "substr", "Returns the part of a text or varbinary from a position on, counting from 1 or, if negative, from the end",
		"substr('CloudTrail', 6)", "Trail", append(substringOverloads(),
			Overload{Params: "varbinary,bigint", Result: "varbinary", NeverFails: true,
				New: binary(func(s string, start int64) string { return subbytes(s, start, math.MaxInt64) })},
			Overload{Params: "varbinary,bigint,bigint", Result: "varbinary", NeverFails: true, New: ternary(subbytes)})...)
)

// substring returns up to length characters of s from the one at start.
func substring(s string, start, length int64) string {
	if start == 0 || length <= 0 {
		return ""
	}
	if start < 0 {
		n := int64(utf8.RuneCountInString(s))
		if start += n + 1; start < 1 {
			return ""
		}
	}
	s = s[runeOffset(s, start-1):]
	return s[:runeOffset(s, length)]
}

// runeOffset returns where the n-th character of s begins, counting from 0; len(s) if there is none.
func runeOffset(s string, n int64) int {
	if n >= int64(len(s)) {
		return len(s)
	}
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

func subbytes(s string, start, length int64) string {
	n := int64(len(s))
	if start == 0 || length <= 0 {
		return ""
	}
	if start < 0 {
		if start += n + 1; start < 1 {
			return ""
		}
	}
	if start > n {
		return ""
	}
	return s[start-1 : start-1+min(length, n-start+1)]
}

var _ = scalar("string", "strpos", "Returns the position of a text in another, counting from 1, or 0 if there is none; of its n-th occurrence if n is given, from the end if that is negative",
	"strpos('a-b-c', '-')", "2",
	Overload{Params: "varchar,varchar", Result: "bigint", NeverFails: true,
		New: binary(func(s, sub string) int64 { n, _ := stringPosition(s, sub, 1); return n })},
	Overload{Params: "varchar,varchar,bigint", Result: "bigint", New: ternaryErr(stringPosition)})

func stringPosition(s, sub string, instance int64) (int64, error) {
	if instance == 0 {
		return 0, invalid("'instance' must be a positive or negative number.")
	}
	if sub == "" {
		return 1, nil
	}
	at := 0
	if instance > 0 {
		for ; ; instance-- {
			i := strings.Index(s[at:], sub)
			if i < 0 {
				return 0, nil
			}
			if at += i; instance == 1 {
				return int64(utf8.RuneCountInString(s[:at])) + 1, nil
			}
			at++
		}
	}
	for end := len(s); ; instance++ {
		i := strings.LastIndex(s[:end], sub)
		if i < 0 {
			return 0, nil
		}
		if instance == -1 {
			return int64(utf8.RuneCountInString(s[:i])) + 1, nil
		}
		end = i + len(sub) - 1
	}
}

var _ = scalar("string", "starts_with", "Tests whether a text begins with another", "starts_with('GetObject', 'Get')", "true",
	Overload{Params: "varchar,varchar", Result: "boolean", NeverFails: true, New: binary(strings.HasPrefix)})

var _ = scalar("string", "ends_with", "Tests whether a text ends with another", "ends_with('GetObject', 'Object')", "true",
	Overload{Params: "varchar,varchar", Result: "boolean", NeverFails: true, New: binary(strings.HasSuffix)})

var _ = scalar("string", "replace", "Replaces, or without a replacement removes, all occurrences of a text in another",
	"replace('a-b-c', '-', '+')", "a+b+c",
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFails: true,
		New: binary(func(s, search string) string { return strings.ReplaceAll(s, search, "") })},
	Overload{Params: "varchar(x),varchar(y),varchar(z)", Result: "varchar(u)", New: always(replaceText), Derive: replacedLength})

// replacedLength derives the longest result of replace: each character, and the end, may have a replacement before it.
func replacedLength(args []types.Type) ([]types.Type, types.Type, bool) {
	if len(args) != 3 {
		return nil, types.Type{}, false
	}
	params := make([]types.Type, len(args))
	for i, a := range args {
		t, ok := types.CommonSuperType(a, types.VarcharOf(0))
		if !ok || !t.Is(types.Varchar) {
			return nil, types.Type{}, false
		}
		params[i] = t
	}
	text, with := int64(params[0].Length()), int64(params[2].Length())
	if most := int64(types.TVarchar.Length()); text < most && with < most && text+with*(text+1) < most {
		return params, types.VarcharOf(int(text + with*(text+1))), true
	}
	return params, types.TVarchar, true
}

func replaceText(c *Call) (vector.Vector, error) {
	s, search, with := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1]), vector.ViewOf[string](c.Args[2])
	made := int64(0)
	return each(c, func(i int) (string, error) {
		if grows := len(with.Get(i)) - len(search.Get(i)); grows > 0 {
			n := int64(strings.Count(s.Get(i), search.Get(i)))
			switch {
			case n > (maxValueBytes-int64(len(s.Get(i))))/int64(grows):
				return "", errValueTooLong
			case n > (maxTextBytes-made)/int64(grows):
				return "", errTooLong
			}
			made += n * int64(grows)
			if err := c.charge(made); err != nil {
				return "", err
			}
		}
		return strings.ReplaceAll(s.Get(i), search.Get(i), with.Get(i)), nil
	})
}

var _ = scalar("string", "reverse", "Returns a text, varbinary or array in reverse order", "reverse('abc')", "cba",
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unaryText(reversed)},
	Overload{Params: "char(x)", Result: "char(x)", NeverFails: true, New: padded(func(pad func(string) string) newKernel {
		return unaryText(func(dst []byte, s string) ([]byte, error) {
			dst, _ = reversed(dst, pad(s))
			return bytes.TrimRight(dst, " "), nil
		})
	})},
	Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unaryText(func(dst []byte, s string) ([]byte, error) {
		for i := range len(s) {
			dst = append(dst, s[len(s)-1-i])
		}
		return dst, nil
	})},
	Overload{Params: "array(T)", Result: "array(T)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		offsets, _, elements := spansOf(c.Args[0])
		rows := make([]int32, 0, elements.Len())
		for i := range c.N {
			for j := offsets[i+1] - 1; j >= offsets[i]; j-- {
				rows = append(rows, j)
			}
		}
		return vector.NewArray(c.Result, offsets, vector.Gather(elements, rows), c.Args[0].Nulls()), nil
	})})

// reversed appends the characters of s from the last to the first.
func reversed(dst []byte, s string) ([]byte, error) {
	for len(s) > 0 {
		_, size := utf8.DecodeLastRuneInString(s)
		dst = append(dst, s[len(s)-size:]...)
		s = s[:len(s)-size]
	}
	return dst, nil
}

func trimOverloads(left, right bool) []Overload {
	trim := func(s string, is func(rune) bool) string {
		if left {
			s = strings.TrimLeftFunc(s, is)
		}
		if right {
			s = strings.TrimRightFunc(s, is)
		}
		return s
	}
	spaces := func(s string) string { return trim(s, types.IsSpace) }
	set := func(s, set string) string {
		return trim(s, func(r rune) bool { return strings.ContainsRune(set, r) })
	}
	return []Overload{
		{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unary(spaces)},
		{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFails: true, New: binary(set)},
		{Params: "char(x)", Result: "varchar(x)", NeverFails: true, New: unary(spaces)},
		{Params: "char(x),varchar", Result: "varchar(x)", NeverFails: true, New: binary(func(s, chars string) string { return types.TrimChar(set(s, chars)) })},
		// The spaces that fill a char value up are among the characters.
		{Params: "varchar(x),char(y)", Result: "varchar(x)", NeverFails: true, New: paddedAt(1, func(pad func(string) string) newKernel {
			return binary(func(s, chars string) string { return set(s, pad(chars)) })
		})},
		{Params: "char(x),char(y)", Result: "varchar(x)", NeverFails: true, New: paddedAt(1, func(pad func(string) string) newKernel {
			return binary(func(s, chars string) string { return types.TrimChar(set(s, pad(chars))) })
		})},
	}
}

var _ = scalar("string", "trim", "Removes spaces, or the given characters, from both ends of a text", "trim('  a  ')", "a", trimOverloads(true, true)...)
var _ = scalar("string", "ltrim", "Removes spaces, or the given characters, from the start of a text", "ltrim('  a')", "a", trimOverloads(true, false)...)
var _ = scalar("string", "rtrim", "Removes spaces, or the given characters, from the end of a text", "rtrim('a  ')", "a", trimOverloads(false, true)...)

var _ = scalar("string", "lpad", "Pads a text on its left to a length, or cuts it", "lpad('7', 3, '0')", "007", padOverloads(true)...)
var _ = scalar("string", "rpad", "Pads a text on its right to a length, or cuts it", "rpad('ab', 4, '.')", "ab..", padOverloads(false)...)

func padOverloads(left bool) []Overload {
	asGiven := func(s string) string { return s }
	text := func(filled func(string) string) newKernel {
		return padKernel(left, "string", filled, runes, runeOffset)
	}
	overloads := []Overload{
		{Params: "varchar,bigint,varchar", Result: "varchar", New: text(asGiven)},
		{Params: "varbinary,bigint,varbinary", Result: "varbinary", New: padKernel(left, "bytes", asGiven, func(s string) int64 { return int64(len(s)) },
			func(s string, n int64) int { return int(min(n, int64(len(s)))) })},
	}
	if left {
		overloads = append(overloads, Overload{Params: "char(x),bigint,varchar", Result: "varchar", New: padded(text)})
	}
	return overloads
}

func runes(s string) int64 { return int64(utf8.RuneCountInString(s)) }

func padKernel(left bool, what string, filled func(string) string, length func(string) int64, offset func(s string, n int64) int) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		text, size, padding := vector.ViewOf[string](c.Args[0]), vector.ViewOf[int64](c.Args[1]), vector.ViewOf[string](c.Args[2])
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			s, n, pad := filled(text.Get(i)), size.Get(i), padding.Get(i)
			switch {
			case n < 0 || n > math.MaxInt32:
				return dst, invalid("Target length must be in the range [0..%d]", math.MaxInt32)
			case pad == "":
				return dst, invalid("Padding %s must not be empty", what)
			}
			missing := n - length(s)
			if missing <= 0 {
				return append(dst, s[:offset(s, n)]...), nil
			}
			whole, rest := missing/length(pad), missing%length(pad)
			if whole > (maxValueBytes-int64(len(s)))/int64(len(pad)) {
				return dst, errValueTooLong
			}
			if err := c.charge(missing * int64(len(pad)) / length(pad)); err != nil {
				return dst, err
			}
			if !left {
				dst = append(dst, s...)
			}
			dst = appendRepeated(dst, pad, int(whole))
			dst = append(dst, pad[:offset(pad, rest)]...)
			if left {
				dst = append(dst, s...)
			}
			return dst, nil
		})
	})
}

// appendRepeated appends n times s, each time as much as there is already.
func appendRepeated(dst []byte, s string, n int) []byte {
	from, size := len(dst), len(s)*n
	dst = slices.Grow(dst, size)
	if size > 0 {
		dst = append(dst, s...)
	}
	for made := len(dst) - from; made < size; made = len(dst) - from {
		dst = append(dst, dst[from:from+min(made, size-made)]...)
	}
	return dst
}

var _ = scalar("string", "chr", "Returns the character of a Unicode code point", "chr(65)", "A",
	Overload{Params: "bigint", Result: "varchar(1)", New: unaryErr(func(n int64) (string, error) {
		if n < 0 || n > unicode.MaxRune || n >= 0xd800 && n < 0xe000 {
			return "", invalid("Not a valid Unicode code point: %d", n)
		}
		return string(rune(n)), nil
	})})

var _ = scalar("string", "codepoint", "Returns the Unicode code point of a text of one character", "codepoint('A')", "65",
	Overload{Params: "varchar(1)", Result: "integer", New: unaryErr(func(s string) (int64, error) {
		r, size := utf8.DecodeRuneInString(s)
		if size == 0 || size != len(s) {
			return 0, invalid("Input string must be a single character string")
		}
		return int64(r), nil
	})})

var _ = scalar("string", "translate", "Replaces each character of a text that is in the second argument by the one at its place in the third, or removes it if there is none",
	"translate('abcd', 'abc', 'xy')", "xyd",
	Overload{Params: "varchar,varchar,varchar", Result: "varchar", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		text, from, to := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1]), vector.ViewOf[string](c.Args[2])
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			source, target := []rune(from.Get(i)), []rune(to.Get(i))
			by := make(map[rune]rune, len(source))
			for j, r := range source {
				if _, ok := by[r]; ok {
					continue // the first one counts
				}
				by[r] = -1
				if j < len(target) {
					by[r] = target[j]
				}
			}
			for _, r := range text.Get(i) {
				if with, ok := by[r]; !ok {
					dst = utf8.AppendRune(dst, r)
				} else if with >= 0 {
					dst = utf8.AppendRune(dst, with)
				}
			}
			return dst, nil
		})
	})})

// maxLevenshteinCells bounds the work of one distance, in pairs of characters.
const maxLevenshteinCells = 1_000_000

var _ = scalar("string", "levenshtein_distance", "Returns how many characters must be inserted, deleted or changed to make one text of another",
	"levenshtein_distance('apple', 'epple')", "1",
	Overload{Params: "varchar,varchar", Result: "bigint", New: always(func(c *Call) (vector.Vector, error) {
		x, y := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
		var a, b []rune
		var row []int64
		return each(c, func(i int) (int64, error) {
			a, b = appendRunes(a[:0], x.Get(i)), appendRunes(b[:0], y.Get(i))
			if shorter, longer := min(len(a), len(b)), max(len(a), len(b)); shorter > 1 && longer > maxLevenshteinCells/(shorter-1) {
				return 0, invalid("The combined inputs for Levenshtein distance are too large")
			}
			row = row[:0]
			for j := range len(b) + 1 {
				row = append(row, int64(j))
			}
			return levenshtein(a, b, row), nil
		})
	})})

func appendRunes(dst []rune, s string) []rune {
	for _, r := range s {
		dst = append(dst, r)
	}
	return dst
}

// levenshtein returns the distance of two texts. row is that of the empty text to the beginnings of b.
func levenshtein(a, b []rune, row []int64) int64 {
	for i, r := range a {
		diagonal := row[0]
		row[0] = int64(i) + 1
		for j, s := range b {
			cost := diagonal
			if r != s {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

var _ = scalar("string", "hamming_distance", "Returns the number of positions at which two texts of the same length differ",
	"hamming_distance('abc', 'axc')", "1",
	Overload{Params: "varchar,varchar", Result: "bigint", New: binaryErr(func(x, y string) (int64, error) {
		n := int64(0)
		for x != "" && y != "" {
			r, size := utf8.DecodeRuneInString(x)
			s, sizeY := utf8.DecodeRuneInString(y)
			if r != s {
				n++
			}
			x, y = x[size:], y[sizeY:]
		}
		if x != y { // one of them is longer
			return 0, invalid("The input strings to hamming_distance function must have the same length")
		}
		return n, nil
	})})

var _ = scalar("string", "luhn_check", "Tests whether a text of digits passes the Luhn check of card numbers", "luhn_check('79927398713')", "true",
	Overload{Params: "varchar", Result: "boolean", New: unaryErr(func(s string) (bool, error) {
		sum := 0
		for i := range len(s) {
			c := s[len(s)-1-i]
			if c < '0' || c > '9' {
				return false, invalid("Input contains non-digit character")
			}
			d := int(c - '0')
			if i%2 == 1 {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		return s != "" && sum%10 == 0, nil
	})})
