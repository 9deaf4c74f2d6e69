package function

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
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
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unary(strings.ToLower)},
	Overload{Params: "char(x)", Result: "char(x)", NeverFails: true, New: unary(strings.ToLower)})

var _ = scalar("string", "upper", "Returns a text with its letters in upper case", "upper('GetObject')", "GETOBJECT",
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unary(strings.ToUpper)},
	Overload{Params: "char(x)", Result: "char(x)", NeverFails: true, New: unary(strings.ToUpper)})

var _ = scalar("string", "substr,substring", "Returns the part of a text from a position on, counting from 1 or, if negative, from the end",
	"substr('CloudTrail', 6)", "Trail",
	Overload{Params: "varchar(x),bigint", Result: "varchar(x)", NeverFails: true,
		New: binary(func(s string, start int64) string { return substring(s, start, math.MaxInt64) })},
	Overload{Params: "varchar(x),bigint,bigint", Result: "varchar(x)", NeverFails: true,
		New: ternaryErr(func(s string, start, length int64) (string, error) { return substring(s, start, length), nil })},
	Overload{Params: "varbinary,bigint", Result: "varbinary", NeverFails: true,
		New: binary(func(s string, start int64) string { return subbytes(s, start, math.MaxInt64) })},
	Overload{Params: "varbinary,bigint,bigint", Result: "varbinary", NeverFails: true,
		New: ternaryErr(func(s string, start, length int64) (string, error) { return subbytes(s, start, length), nil })})

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
		return 0, invalid("'instance' must not be equal to zero")
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
	Overload{Params: "varchar,varchar,varchar", Result: "varchar", New: always(func(c *Call) (vector.Vector, error) {
		s, search, with := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1]), vector.ViewOf[string](c.Args[2])
		return each(c, func(i int) (string, error) {
			if grows := len(with.Get(i)) - len(search.Get(i)); grows > 0 {
				n := int64(strings.Count(s.Get(i), search.Get(i)))
				if n > maxTextBytes/int64(grows) {
					return "", errTooLong
				}
				if err := c.charge(n * int64(grows)); err != nil {
					return "", err
				}
			}
			return strings.ReplaceAll(s.Get(i), search.Get(i), with.Get(i)), nil
		})
	})})

var _ = scalar("string", "reverse", "Returns a text, varbinary or array in reverse order", "reverse('abc')", "cba",
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unary(reverseText)},
	Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unary(func(s string) string {
		out := make([]byte, len(s))
		for i := range len(s) {
			out[len(s)-1-i] = s[i]
		}
		return string(out)
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

func reverseText(s string) string {
	out := make([]byte, len(s))
	to := len(s)
	for i := 0; i < len(s); {
		_, size := utf8.DecodeRuneInString(s[i:])
		to -= size
		copy(out[to:], s[i:i+size])
		i += size
	}
	return string(out)
}

// isJavaSpace reports whether Java's Character.isWhitespace does: not for spaces that do not break.
func isJavaSpace(r rune) bool {
	switch r {
	case 0xa0, 0x2007, 0x202f, 0x85:
		return false
	}
	return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
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
	return []Overload{
		{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unary(func(s string) string { return trim(s, isJavaSpace) })},
		{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFails: true, New: binary(func(s, set string) string {
			return trim(s, func(r rune) bool { return strings.ContainsRune(set, r) })
		})},
	}
}

var _ = scalar("string", "trim", "Removes spaces, or the given characters, from both ends of a text", "trim('  a  ')", "a", trimOverloads(true, true)...)
var _ = scalar("string", "ltrim", "Removes spaces, or the given characters, from the start of a text", "ltrim('  a')", "a", trimOverloads(true, false)...)
var _ = scalar("string", "rtrim", "Removes spaces, or the given characters, from the end of a text", "rtrim('a  ')", "a", trimOverloads(false, true)...)

var _ = scalar("string", "lpad", "Pads a text on its left to a length, or cuts it", "lpad('7', 3, '0')", "007", padOverloads(true)...)
var _ = scalar("string", "rpad", "Pads a text on its right to a length, or cuts it", "rpad('ab', 4, '.')", "ab..", padOverloads(false)...)

func padOverloads(left bool) []Overload {
	return []Overload{
		{Params: "varchar,bigint,varchar", Result: "varchar", New: padKernel(left, func(s string) int64 { return int64(utf8.RuneCountInString(s)) }, runeOffset)},
		{Params: "varbinary,bigint,varbinary", Result: "varbinary", New: padKernel(left, func(s string) int64 { return int64(len(s)) },
			func(s string, n int64) int { return int(min(n, int64(len(s)))) })},
	}
}

func padKernel(left bool, length func(string) int64, offset func(s string, n int64) int) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		text, size, padding := vector.ViewOf[string](c.Args[0]), vector.ViewOf[int64](c.Args[1]), vector.ViewOf[string](c.Args[2])
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			s, n, pad := text.Get(i), size.Get(i), padding.Get(i)
			switch {
			case n < 0 || n > math.MaxInt32:
				return dst, invalid("Target length must be in the range [0..%d]", math.MaxInt32)
			case pad == "":
				return dst, invalid("Padding string must not be empty")
			}
			missing := n - length(s)
			if missing <= 0 {
				return append(dst, s[:offset(s, n)]...), nil
			}
			if missing > maxTextBytes/int64(len(pad)) {
				return dst, errTooLong
			}
			whole, rest := missing/length(pad), missing%length(pad)
			if err := c.charge(missing * int64(len(pad)) / length(pad)); err != nil {
				return dst, err
			}
			if !left {
				dst = append(dst, s...)
			}
			for range whole {
				dst = append(dst, pad...)
			}
			dst = append(dst, pad[:offset(pad, rest)]...)
			if left {
				dst = append(dst, s...)
			}
			return dst, nil
		})
	})
}

var _ = scalar("string", "chr", "Returns the character of a Unicode code point", "chr(65)", "A",
	Overload{Params: "bigint", Result: "varchar(1)", New: unaryErr(func(n int64) (string, error) {
		if n < 0 || n > unicode.MaxRune || n >= 0xd800 && n < 0xe000 {
			return "", invalid("Not a valid Unicode code point: %d", n)
		}
		return string(rune(n)), nil
	})})

var _ = scalar("string", "codepoint", "Returns the Unicode code point of a text of one character", "codepoint('A')", "65",
	Overload{Params: "varchar", Result: "integer", New: unaryErr(func(s string) (int64, error) {
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
	Overload{Params: "varchar,varchar", Result: "bigint", New: binaryErr(func(x, y string) (int64, error) {
		a, b := []rune(x), []rune(y)
		if len(a) > 0 && len(b) > maxLevenshteinCells/len(a) {
			return 0, invalid("The combined inputs for Levenshtein distance are too large")
		}
		row := make([]int64, len(b)+1)
		for j := range row {
			row[j] = int64(j)
		}
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
		return row[len(b)], nil
	})})

var _ = scalar("string", "hamming_distance", "Returns the number of positions at which two texts of the same length differ",
	"hamming_distance('abc', 'axc')", "1",
	Overload{Params: "varchar,varchar", Result: "bigint", New: binaryErr(func(x, y string) (int64, error) {
		a, b := []rune(x), []rune(y)
		if len(a) != len(b) {
			return 0, invalid("The input strings to hamming_distance function must have the same length")
		}
		n := int64(0)
		for i := range a {
			if a[i] != b[i] {
				n++
			}
		}
		return n, nil
	})})

var _ = scalar("string", "luhn_check", "Tests whether a text of digits passes the Luhn check of card numbers", "luhn_check('79927398713')", "true",
	Overload{Params: "varchar", Result: "boolean", New: unaryErr(func(s string) (bool, error) {
		sum := 0
		for i := range len(s) {
			c := s[len(s)-1-i]
			if c < '0' || c > '9' {
				return false, invalid("Invalid input: %s", s)
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

var _ = scalar("string", "normalize", "Returns a text in a Unicode normal form: NFC unless NFD, NFKC or NFKD is given; built for ASCII, which is in all of them",
	"normalize('abc')", "abc",
	Overload{Params: "varchar(x)", Result: "varchar(x)", New: unaryErr(func(s string) (string, error) { return normalForm(s, "NFC") })},
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", New: binaryErr(normalForm)})

var errNormalize = failf(sql.NOT_SUPPORTED, "normalize is not supported for texts with characters beyond ASCII")

func normalForm(s, form string) (string, error) {
	switch form {
	case "NFC", "NFD", "NFKC", "NFKD":
	default:
		return "", invalid("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return "", errNormalize
		}
	}
	return s, nil
}

var _ = scalar("binary", "to_utf8", "Returns the UTF-8 bytes of a text", "to_utf8('ab')", "61 62",
	Overload{Params: "varchar", Result: "varbinary", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		return relabel(c.Args[0], types.TVarbinary), nil
	})})

var _ = scalar("binary", "from_utf8", "Returns the text of UTF-8 bytes; what is none becomes U+FFFD or the given character",
	"from_utf8(X'6162')", "ab",
	Overload{Params: "varbinary", Result: "varchar", NeverFails: true,
		New: unary(func(s string) string { return replaceInvalid(s, "\uFFFD") })},
	Overload{Params: "varbinary,bigint", Result: "varchar", New: binaryErr(func(s string, r int64) (string, error) {
		if r < 0 || r > unicode.MaxRune || !utf8.ValidRune(rune(r)) {
			return "", invalid("Invalid replacement character")
		}
		return replaceInvalid(s, string(rune(r))), nil
	})},
	Overload{Params: "varbinary,varchar", Result: "varchar", New: binaryErr(func(s, with string) (string, error) {
		if utf8.RuneCountInString(with) > 1 {
			return "", invalid("Replacement character string must empty or a single character")
		}
		return replaceInvalid(s, with), nil
	})})

// replaceInvalid replaces each byte of s that is not part of a character.
func replaceInvalid(s, with string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b.WriteString(with)
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}
