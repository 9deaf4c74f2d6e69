package record

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendString appends the value of a string token, quotes included in token, to dst. escaped says
// that the token holds a backslash. Invalid UTF-8 and lone surrogates are replaced by U+FFFD.
func AppendString(dst, token []byte, escaped bool) []byte { return appendString(dst, token, escaped) }

// appendString appends the value of a string token, quotes included in token, to dst:
// escapes resolved, invalid UTF-8 and lone surrogates replaced by U+FFFD.
func appendString(dst, token []byte, escaped bool) []byte {
	inner := token[1 : len(token)-1]
	if !escaped {
		return appendValid(dst, inner)
	}
	for len(inner) > 0 {
		i := bytes.IndexByte(inner, '\\')
		if i < 0 {
			return appendValid(dst, inner)
		}
		dst = appendValid(dst, inner[:i])
		c := inner[i+1]
		inner = inner[i+2:]
		switch c {
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'n':
			dst = append(dst, '\n')
		case 'r':
			dst = append(dst, '\r')
		case 't':
			dst = append(dst, '\t')
		case 'u':
			r := hex4(inner)
			inner = inner[4:]
			if utf16.IsSurrogate(r) {
				low := rune(-1)
				if len(inner) >= 6 && inner[0] == '\\' && inner[1] == 'u' {
					low = hex4(inner[2:])
				}
				if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
					inner = inner[6:]
				}
			}
			dst = utf8.AppendRune(dst, r)
		default: // " \ /
			dst = append(dst, c)
		}
	}
	return dst
}

func hex4(text []byte) rune {
	r := rune(0)
	for _, c := range text[:4] {
		r = r<<4 | rune(hexDigit(c))
	}
	return r
}

// appendValid appends text with invalid UTF-8 replaced by U+FFFD, one for each invalid byte.
func appendValid(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return append(dst, text...)
	}
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, r)
		text = text[size:]
	}
	return dst
}

// appendCompact appends JSON text without the white space between its tokens, and
// with invalid UTF-8 replaced. text is valid JSON.
func appendCompact(dst, text []byte) []byte {
	for len(text) > 0 {
		switch c := text[0]; c {
		case ' ', '\t', '\n', '\r':
			text = text[1:]
		case '"':
			end := 1
			for text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			dst = appendValid(dst, text[:end+1])
			text = text[end+1:]
		default:
			dst = append(dst, c)
			text = text[1:]
		}
	}
	return dst
}
