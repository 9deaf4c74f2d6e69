package jsonpath

import (
	"regexp"
	"strings"
)

// compileRegex compiles the pattern of like_regex: a regular expression of XQuery, which matches
// anywhere in a text, with the flags i, m, s and x. What Go's regexp has beyond XQuery is refused; what it
// does not have (back references, subtraction of character classes) is refused too.
func compileRegex(pattern, flags string) (func(string) bool, error) {
	prefix := ""
	for i, f := range flags {
		switch {
		case !strings.ContainsRune("imsx", f):
			return nil, &InvalidError{"invalid like_regex flags in JSON path: invalid XQuery regular expression flag: " + string(f)}
		case strings.ContainsRune(flags[:i], f):
			return nil, &InvalidError{"invalid like_regex flags in JSON path: duplicate XQuery regular expression flag: " + string(f)}
		case f == 'x':
			pattern = withoutSpaces(pattern)
		default:
			prefix += string(f)
		}
	}
	if reason := beyondXQuery(pattern); reason != "" {
		return nil, &InvalidError{"invalid like_regex pattern in JSON path: " + reason}
	}
	if prefix != "" {
		prefix = "(?" + prefix + ")"
	}
	re, err := regexp.Compile(prefix + pattern)
	if err != nil {
		return nil, &InvalidError{"invalid like_regex pattern in JSON path: " + strings.TrimPrefix(err.Error(), "error parsing regexp: ")}
	}
	return re.MatchString, nil
}

// withoutSpaces removes white space, as flag x asks, but that in character classes.
func withoutSpaces(pattern string) string {
	var b strings.Builder
	class := 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\' && i+1 < len(pattern):
			b.WriteByte(c)
			i++
		case c == '[':
			class++
		case c == ']' && class > 0:
			class--
		case class == 0 && strings.IndexByte(" \t\r\n", c) >= 0:
			continue
		}
		b.WriteByte(pattern[i])
	}
	return b.String()
}

// beyondXQuery returns why a pattern is none of XQuery although others take it for one, or "".
func beyondXQuery(pattern string) string {
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i+1:]
		switch c := pattern[i]; {
		case c == '\\':
			switch {
			case strings.HasPrefix(rest, "x") && !strings.HasPrefix(rest, "x{"):
				return `\xHH numeric escape is not valid XQuery regex syntax; use \x{HHHH}`
			case strings.HasPrefix(rest, "u"):
				return `\uHHHH numeric escape is not valid XQuery regex syntax; use \x{HHHH}`
			}
			i++
		case c == '[' && strings.HasPrefix(rest, "[:"):
			return "POSIX bracket classes ([[:class:]]) are not valid XQuery regex syntax; use \\p{IsClass}"
		case c == '(' && strings.HasPrefix(rest, "?") && !strings.HasPrefix(rest, "?:"):
			return "groups that begin with (? are not valid XQuery regex syntax; pass flags as the like_regex flag argument"
		case strings.IndexByte("*+?}", c) >= 0 && strings.HasPrefix(rest, "+"):
			return "possessive quantifiers (*+, ++, ?+, }+) are not valid XQuery regex syntax"
		}
	}
	return ""
}
