package function

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// normalForms are the forms of Unicode Standard Annex 15, by their names.
var normalForms = map[string]norm.Form{"NFC": norm.NFC, "NFD": norm.NFD, "NFKC": norm.NFKC, "NFKD": norm.NFKD}

var _ = scalar("string", "normalize", "Returns a text in a Unicode normal form: NFC unless NFD, NFKC or NFKD is given", "normalize('ﬁ', NFKC)", "fi",
	Overload{Params: "varchar", Result: "varchar", NeverFails: true, New: unary(norm.NFC.String)},
	Overload{Params: "varchar,varchar", Result: "varchar", NeverFailsWith: func(b Binding) bool {
		form, ok := constantOf[string](b, 1)
		_, known := normalForms[form]
		return ok && known
	}, New: binaryErr(func(s, form string) (string, error) {
		f, ok := normalForms[form]
		if !ok {
			return "", invalid("Normalization form must be one of [NFD, NFC, NFKD, NFKC]")
		}
		return f.String(s), nil
	})})

var _ = scalar("string", "to_utf8", "Returns the UTF-8 bytes of a text", "to_utf8('ab')", "61 62",
	Overload{Params: "varchar", Result: "varbinary", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		return relabel(c.Args[0], types.TVarbinary), nil
	})},
	Overload{Params: "char(x)", Result: "varbinary", NeverFails: true, New: padded(func(pad func(string) string) newKernel { return unary(pad) })})

var _ = scalar("string", "from_utf8", "Returns the text of UTF-8 bytes; what is none becomes U+FFFD, or a character that is given, or nothing",
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

// replaceInvalid replaces each sequence of s that encodes no character.
func replaceInvalid(s, with string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
			b.WriteString(s[i : i+size])
			i += size
			continue
		}
		b.WriteString(with)
		i += invalidBytes(s[i:])
	}
	return b.String()
}

// invalidBytes is how many bytes at the start of s are one invalid sequence: a first
// byte with as many of the bytes that continue a sequence as it asks for. What asks for
// five or six bytes was UTF-8 once and counts as a whole.
func invalidBytes(s string) int {
	size := 1
	switch c := s[0]; {
	case c >= 0xc0 && c < 0xe0:
		size = 2
	case c >= 0xe0 && c < 0xf0:
		size = 3
	case c >= 0xf0 && c < 0xf8:
		size = 4
	case c >= 0xf8 && c < 0xfc:
		size = 5
	case c >= 0xfc && c < 0xfe:
		size = 6
	}
	n := 1
	for n < size && n < len(s) && s[n]&0xc0 == 0x80 {
		n++
	}
	return n
}
