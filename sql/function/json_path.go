package function

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// jsonPath is a compiled path of Trino's json_extract: $.store.book[0]["author"].
// Each step is a key of an object, and an index of an array if it is a number.
type jsonPath []jsonStep

type jsonStep struct {
	key   string
	index int // -1: no index
}

func parseJSONPath(text string) (jsonPath, error) {
	bad := invalid("Invalid JSON path: '%s'", text)
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return nil, bad
	}
	var path jsonPath
	for rest != "" {
		var key string
		switch {
		case rest[0] == '.':
			key, rest = pathName(rest[1:], true)
			ok = key != ""
		case strings.HasPrefix(rest, `["`), strings.HasPrefix(rest, `['`):
			key, rest, ok = pathQuoted(rest[1:])
		case rest[0] == '[':
			key, rest = pathName(rest[1:], false)
			if ok = key != ""; ok {
				rest, ok = strings.CutPrefix(rest, "]")
			}
		default:
			ok = false
		}
		if !ok {
			return nil, bad
		}
		step := jsonStep{key, -1}
		if n, err := strconv.ParseInt(key, 10, 32); err == nil && n >= 0 {
			step.index = int(n)
		}
		path = append(path, step)
	}
	return path, nil
}

// JSONPathKeys returns the keys of a path of json_extract that names members of objects alone.
func JSONPathKeys(text string) (keys []string, ok bool) {
	path, err := parseJSONPath(text)
	if err != nil {
		return nil, false
	}
	for _, step := range path {
		if step.index >= 0 {
			return nil, false
		}
		keys = append(keys, step.key)
	}
	return keys, true
}

// pathName consumes a name without quotes; after a dot it may have colons and hyphens.
// Trino has no hyphens, nor single quotes around names; queries of CloudTrail Lake have both.
func pathName(text string, dotted bool) (name, rest string) {
	i := 0
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r != '_' && (r != ':' && r != '-' || !dotted) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		i += size
	}
	return text[:i], text[i:]
}

// pathQuoted consumes a name in quotes and the bracket behind it.
func pathQuoted(text string) (name, rest string, ok bool) {
	quote := text[0]
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; c {
		case quote:
			rest, ok = strings.CutPrefix(text[i+1:], "]")
			return b.String(), rest, ok
		case '\\':
			i++
			if i == len(text) || text[i] != quote && text[i] != '\\' {
				return "", "", false
			}
			b.WriteByte(text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", "", false
}

// find moves p to the value that path leads to, and reports whether there is one.
// What comes after it is not looked at, as in Trino.
func (path jsonPath) find(p *jsonScan) bool {
	for depth, step := range path {
		found := false
		switch p.kind() {
		case jsonObject:
			p.object(func(key string, escaped bool) bool {
				found = key == step.key && !escaped || escaped && unescape(key, true) == step.key
				return !found && p.skip(depth+1)
			})
		case jsonArray:
			p.array(func(i int) bool {
				found = i == step.index
				return !found && p.skip(depth+1)
			})
		}
		if !found {
			return false
		}
	}
	return p.kind() != jsonNone
}
