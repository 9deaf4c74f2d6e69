package function

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
)

// Parts of addresses as java.net.URI finds them, which is RFC 2396 with the IPv6
// addresses of RFC 2732, and characters beyond ASCII allowed:
//
//	scheme:opaque | [scheme:][//authority][path][?query] , all with [#fragment]
//
// A text that breaks these rules is no address, and its parts are NULL; a part that an
// address does not have is empty.

// uri is an address taken apart. Parts are as they are written, with their escapes.
type uri struct {
	scheme, host, path, query, fragment string
	port                                int64 // -1: none
	hasQuery                            bool
}

const (
	uriMarks     = "_-!.~'()*"
	uriPathChars = uriMarks + ":@&=+$,;/"
	uriReserved  = ";/?:@&=+$,[]"
	regNameChars = uriMarks + "$,;:@&=+"
	userChars    = uriMarks + ";:&=+$,"
)

func isAlphanumeric(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' }

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

// onlyURI reports whether s has letters, digits, escapes, characters beyond ASCII and those of marks only.
func onlyURI(s, marks string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlphanumeric(c) || strings.IndexByte(marks, c) >= 0:
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		case c >= utf8.RuneSelf:
			r, n := utf8.DecodeRuneInString(s[i:])
			if unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Z, r) {
				return false
			}
			i += n - 1
		default:
			return false
		}
	}
	return true
}

// parseURL reads an address.
func parseURL(s string) (u uri, ok bool) {
	u.port = -1
	rest, fragment, hasFragment := strings.Cut(s, "#")
	if hasFragment && !onlyURI(fragment, uriMarks+uriReserved) {
		return u, false
	}
	u.fragment = fragment
	if i := strings.IndexAny(rest, ":/?"); i >= 0 && rest[i] == ':' {
		u.scheme = rest[:i]
		if i == 0 || !isLetter(u.scheme[0]) || strings.TrimFunc(u.scheme, isSchemeRune) != "" {
			return u, false
		}
		rest = rest[i+1:]
		if rest == "" {
			return u, false
		}
		if rest[0] != '/' { // opaque
			return u, onlyURI(rest, uriMarks+uriReserved)
		}
	}
	if u.path, u.query, u.hasQuery = strings.Cut(rest, "?"); u.hasQuery && !onlyURI(u.query, uriMarks+uriReserved) {
		return u, false
	}
	if authority, has := strings.CutPrefix(u.path, "//"); has {
		u.path = ""
		if i := strings.IndexByte(authority, '/'); i >= 0 {
			authority, u.path = authority[:i], authority[i:]
		}
		if authority == "" && u.path == "" && !u.hasQuery && !hasFragment || !u.parseAuthority(authority) {
			return u, false
		}
	}
	return u, onlyURI(u.path, uriPathChars)
}

func isSchemeRune(r rune) bool {
	return r < utf8.RuneSelf && (isAlphanumeric(byte(r)) || r == '+' || r == '-' || r == '.')
}

// parseAuthority reads [user@]host[:port]; what is not of that form may still be a name of
// some registry, which has no host.
func (u *uri) parseAuthority(authority string) bool {
	if authority == "" {
		return true
	}
	host := authority
	user, after, hasUser := strings.Cut(authority, "@")
	if hasUser {
		host = after
	}
	if strings.HasPrefix(host, "[") {
		end := strings.IndexByte(host, ']')
		if end < 0 || hasUser && !onlyURI(user, userChars) {
			return false
		}
		address, _, _ := strings.Cut(host[1:end], "%")
		if ip, err := netip.ParseAddr(address); err != nil || !ip.Is6() {
			return false
		}
		port, ok := parsePort(host[end+1:])
		u.host, u.port = host[:end+1], port
		return ok
	}
	name, port := host, ""
	if i := strings.IndexByte(host, ':'); i >= 0 {
		name, port = host[:i], host[i:]
	}
	if n, ok := parsePort(port); ok && isHostName(name) && (!hasUser || onlyURI(user, userChars)) {
		u.host, u.port = name, n
		return true
	}
	return onlyURI(authority, regNameChars)
}

// parsePort reads a colon and digits, of which either all or the digits may lack.
func parsePort(text string) (port int64, ok bool) {
	digits, _ := strings.CutPrefix(text, ":")
	if digits == "" {
		return -1, true
	}
	if len(digits) == len(text) || strings.Trim(digits, "0123456789") != "" {
		return -1, false
	}
	port, err := strconv.ParseInt(digits, 10, 32)
	return port, err == nil
}

// isHostName reports whether s is an IPv4 address, or labels of letters, digits and inner
// hyphens, of which the last begins with a letter. A point may end it.
func isHostName(s string) bool {
	if ip, err := netip.ParseAddr(s); err == nil && ip.Is4() {
		return true
	}
	s = strings.TrimSuffix(s, ".")
	labels := 0
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if !isAlphanumeric(label[i]) && label[i] != '-' {
				return false
			}
		}
		labels++
	}
	last := s[strings.LastIndexByte(s, '.')+1:]
	return labels == 1 || isLetter(last[0]) || last == ""
}

// unescapeURI replaces escapes; what is no text then becomes U+FFFD.
func unescapeURI(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			b, _ := strconv.ParseUint(s[i+1:i+3], 16, 8)
			out = append(out, byte(b))
			i += 2
		} else {
			out = append(out, s[i])
		}
	}
	return replaceInvalid(string(out), "\uFFFD")
}

// urlPart registers a function of a part of an address.
func urlPart(name, text, example, result string, part func(u *uri) string) registered {
	return scalar("url", name, text, example, result,
		Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unaryOrNull(func(s string) (string, bool, error) {
			u, ok := parseURL(s)
			return part(&u), ok, nil
		})})
}

var (
	_ = urlPart("url_extract_protocol", "Returns the protocol of an address", "url_extract_protocol('https://a.example/b')", "https",
		func(u *uri) string { return u.scheme })
	_ = urlPart("url_extract_host", "Returns the host of an address", "url_extract_host('https://a.example:8080/b')", "a.example",
		func(u *uri) string { return u.host })
	_ = urlPart("url_extract_path", "Returns the path of an address, decoded", "url_extract_path('https://a.example/b/c?d=e')", "/b/c",
		func(u *uri) string { return unescapeURI(u.path) })
	_ = urlPart("url_extract_query", "Returns the query of an address, decoded", "url_extract_query('https://a.example/b?c=d')", "c=d",
		func(u *uri) string { return unescapeURI(u.query) })
	_ = urlPart("url_extract_fragment", "Returns the fragment of an address, decoded", "url_extract_fragment('https://a.example/b#c')", "c",
		func(u *uri) string { return unescapeURI(u.fragment) })
)

var _ = scalar("url", "url_extract_port", "Returns the port of an address, NULL if it has none", "url_extract_port('https://a.example:8080/b')", "8080",
	Overload{Params: "varchar", Result: "bigint", NeverFails: true, New: unaryOrNull(func(s string) (int64, bool, error) {
		u, ok := parseURL(s)
		return u.port, ok && u.port >= 0, nil
	})})

var _ = scalar("url", "url_extract_parameter", "Returns the first value of a parameter of an address, NULL if it has none", "url_extract_parameter('https://a.example/b?c=d&e=f', 'e')", "f",
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFails: true, New: binaryOrNull(func(s, name string) (string, bool, error) {
		u, ok := parseURL(s)
		if !ok || !u.hasQuery {
			return "", false, nil
		}
		for pair := range strings.SplitSeq(u.query, "&") {
			if key, value, _ := strings.Cut(pair, "="); key == name {
				decoded, err := decodeForm(value)
				return decoded, true, err
			}
		}
		return "", false, nil
	})})

const hexDigits = "0123456789ABCDEF"

// appendForm escapes a text for a form: letters, digits and .-*_ stay, spaces become plus signs.
func appendForm(dst []byte, s string) ([]byte, error) {
	for i := range len(s) {
		switch c := s[i]; {
		case isAlphanumeric(c) || strings.IndexByte(".-*_", c) >= 0:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst, nil
}

// encodedCharacters is how many characters one may become: four bytes of three.
const encodedCharacters = 12

var _ = scalar("url", "url_encode", "Escapes a text for use as a parameter of an address", "url_encode('a b&c')", "a+b%26c",
	Overload{Params: "varchar(x)", Result: "varchar(y)", NeverFails: true, New: unaryText(appendForm),
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			if len(args) != 1 || !types.Coerces(args[0], types.TVarchar) {
				return nil, types.Type{}, false
			}
			length := 0
			switch {
			case args[0].Is(types.Varchar):
				length = args[0].Length()
			case !args[0].Is(types.Unknown):
				return []types.Type{types.TVarchar}, types.TVarchar, true
			}
			if length > types.TVarchar.Length()/encodedCharacters {
				return args, types.TVarchar, true
			}
			return []types.Type{types.VarcharOf(length)}, types.VarcharOf(length * encodedCharacters), true
		}})

// decodeForm reverses appendForm, in the manner of java.net.URLDecoder.
func decodeForm(s string) (string, error) {
	if !strings.ContainsAny(s, "%+") {
		return s, nil
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			pair := firstRunes(s[i+1:], 2)
			if utf8.RuneCountInString(pair) < 2 {
				return "", invalid("URLDecoder: Incomplete trailing escape (%%) pattern")
			}
			n, err := strconv.ParseInt(pair, 16, 16)
			switch {
			case err != nil:
				at := 0
				if isHex(pair[0]) || pair[0] == '-' || pair[0] == '+' {
					at = 1
				}
				return "", invalid("URLDecoder: Illegal hex characters in escape (%%) pattern - Error at index %d in: \"%s\"", at, pair)
			case n < 0:
				return "", invalid("URLDecoder: Illegal hex characters in escape (%%) pattern - negative value")
			}
			out = append(out, byte(n))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return replaceInvalid(string(out), "\uFFFD"), nil
}

var _ = scalar("url", "url_decode", "Removes the escapes of a parameter of an address", "url_decode('a+b%26c')", "a b&c",
	Overload{Params: "varchar(x)", Result: "varchar(x)", New: unaryErr(decodeForm)})
