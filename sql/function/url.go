package function

import (
	"net/url"
	"strconv"
	"strings"
)

// urlPart registers a function of a part of an address; ok is false where there is none.
func urlPart(name, text, example, result string, part func(u *url.URL) (s string, ok bool)) registered {
	return scalar("url", name, text, example, result,
		Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unaryOrNull(func(s string) (string, bool, error) {
			u, ok := parseURL(s)
			if !ok {
				return "", false, nil
			}
			s, ok = part(u)
			return s, ok, nil
		})})
}

// parseURL reads an address; one that is none gives NULL, as in Trino.
func parseURL(s string) (*url.URL, bool) {
	if strings.ContainsAny(s, " <>\"{}|\\^`") { // which Java refuses
		return nil, false
	}
	u, err := url.Parse(s)
	return u, err == nil
}

var (
	_ = urlPart("url_extract_protocol", "Returns the protocol of an address", "url_extract_protocol('https://a.example/b')", "https",
		func(u *url.URL) (string, bool) { return u.Scheme, u.Scheme != "" })
	_ = urlPart("url_extract_host", "Returns the host of an address", "url_extract_host('https://a.example:8080/b')", "a.example",
		func(u *url.URL) (string, bool) {
			host := u.Hostname()
			if strings.Contains(host, ":") {
				host = "[" + host + "]"
			}
			return host, u.Host != ""
		})
	_ = urlPart("url_extract_path", "Returns the path of an address, decoded", "url_extract_path('https://a.example/b/c?d=e')", "/b/c",
		func(u *url.URL) (string, bool) { return u.Path, true })
	_ = urlPart("url_extract_query", "Returns the query of an address, decoded", "url_extract_query('https://a.example/b?c=d')", "c=d",
		func(u *url.URL) (string, bool) {
			if u.RawQuery == "" && !u.ForceQuery {
				return "", false
			}
			if decoded, err := url.PathUnescape(u.RawQuery); err == nil {
				return decoded, true
			}
			return u.RawQuery, true
		})
	_ = urlPart("url_extract_fragment", "Returns the fragment of an address", "url_extract_fragment('https://a.example/b#c')", "c",
		func(u *url.URL) (string, bool) { return u.Fragment, u.Fragment != "" })
)

var _ = scalar("url", "url_extract_port", "Returns the port of an address", "url_extract_port('https://a.example:8080/b')", "8080",
	Overload{Params: "varchar", Result: "bigint", NeverFails: true, New: unaryOrNull(func(s string) (int64, bool, error) {
		u, ok := parseURL(s)
		if !ok {
			return 0, false, nil
		}
		port, err := strconv.ParseInt(u.Port(), 10, 32)
		return port, err == nil, nil
	})})

var _ = scalar("url", "url_extract_parameter", "Returns the first value of a parameter of an address", "url_extract_parameter('https://a.example/b?c=d&e=f', 'e')", "f",
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFails: true, New: binaryOrNull(func(s, name string) (string, bool, error) {
		u, ok := parseURL(s)
		if !ok {
			return "", false, nil
		}
		for query := u.RawQuery; query != ""; {
			var pair string
			pair, query, _ = strings.Cut(query, "&")
			key, value, _ := strings.Cut(pair, "=")
			key, err := url.QueryUnescape(key)
			if err != nil || key != name {
				continue
			}
			if value, err = url.QueryUnescape(value); err == nil {
				return value, true, nil
			}
		}
		return "", false, nil
	})})

var _ = scalar("url", "url_encode", "Escapes a text for use as a parameter of an address", "url_encode('a b&c')", "a+b%26c",
	Overload{Params: "varchar", Result: "varchar", NeverFails: true, New: unary(func(s string) string {
		// The star stays as it is, and the tilde does not, unlike in Go.
		return strings.NewReplacer("%2A", "*", "~", "%7E").Replace(url.QueryEscape(s))
	})})

var _ = scalar("url", "url_decode", "Removes the escapes of a parameter of an address", "url_decode('a+b%26c')", "a b&c",
	Overload{Params: "varchar(x)", Result: "varchar(x)", New: unaryErr(func(s string) (string, error) {
		decoded, err := url.QueryUnescape(s)
		if err != nil {
			return "", invalid("Cannot decode URL: %s", strings.TrimPrefix(err.Error(), "invalid URL escape "))
		}
		return replaceInvalid(decoded, "\uFFFD"), nil
	})})
