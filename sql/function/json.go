package function

import (
	"math"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// overText returns the overloads of a function for varchar and for json, which is text too.
func overText(params, result string, o Overload) []Overload {
	text, json := o, o
	text.Params, text.Result = "varchar"+params, result
	json.Params, json.Result = "json"+params, result
	return []Overload{text, json}
}

// pathFinder is a scanner that finds what a path leads to. It keeps the last path: paths
// are constant, or tend to repeat.
type pathFinder struct {
	jsonScan
	text  string // of path
	path  jsonPath
	known bool
}

// newPathFinder reads the path of a call, its second argument, if that is constant.
func newPathFinder(b Binding) (*pathFinder, error) {
	f := &pathFinder{}
	if text, ok := constantOf[string](b, 1); ok {
		return f, f.set(text)
	}
	return f, nil
}

func (f *pathFinder) set(text string) (err error) {
	if f.known && f.text == text {
		return nil
	}
	if f.path, err = parseJSONPath(text); err == nil {
		f.text, f.known = strings.Clone(text), true
	}
	return err
}

// find moves f to where path leads in json.
func (f *pathFinder) find(json, path string) (*jsonScan, bool, error) {
	if err := f.set(path); err != nil {
		return nil, false, err
	}
	f.jsonScan = jsonScan{text: json}
	return &f.jsonScan, f.path.find(&f.jsonScan), nil
}

func pathNeverFails(b Binding) bool {
	text, ok := constantOf[string](b, 1)
	if ok {
		_, err := parseJSONPath(text)
		ok = err == nil
	}
	return ok
}

// overPath is overText for a function of JSON and a path. f is given a scanner at
// the value that the path leads to; ok is false where there is none.
func overPath[R vector.Element](result string, f func(p *jsonScan) (r R, ok bool)) []Overload {
	return overText(",varchar", result, Overload{NeverFailsWith: pathNeverFails, New: func(b Binding) (Kernel, error) {
		finder, err := newPathFinder(b)
		if err != nil {
			return nil, err
		}
		return func(c *Call) (vector.Vector, error) {
			text, paths := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
			return eachOrNull(c, func(i int) (r R, ok bool, err error) {
				p, ok, err := finder.find(text.Get(i), paths.Get(i))
				if ok {
					r, ok = f(p)
				}
				return r, ok, err
			})
		}, nil
	}})
}

// extractJSON is the kernel of json_extract.
func extractJSON(b Binding) (Kernel, error) {
	finder, err := newPathFinder(b)
	if err != nil {
		return nil, err
	}
	return func(c *Call) (vector.Vector, error) {
		text, paths := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
		return eachTextOrNull(c, func(dst []byte, i int) ([]byte, bool, error) {
			p, ok, err := finder.find(text.Get(i), paths.Get(i))
			if ok {
				dst, ok = p.canonical(dst, false, 0)
			}
			return dst, ok, err
		})
	}, nil
}

var _ = scalar("json", "json_extract", "Returns the JSON value that a path leads to, or NULL if there is none",
	`json_extract('{"a": {"b": [1, 2]}}', '$.a.b')`, "[1,2]",
	overText(",varchar", "json", Overload{NeverFailsWith: pathNeverFails, New: extractJSON})...)

var _ = scalar("json", "json_extract_scalar", "Returns the text of the boolean, number or string that a path leads to, or NULL if there is none",
	`json_extract_scalar('{"a": {"b": ["x", "y"]}}', '$.a.b[0]')`, "x",
	sameLength(overPath("varchar", func(p *jsonScan) (string, bool) { return p.scalarText() }))...)

// sameLength lets the overload for varchar give texts that are not longer than the first argument.
func sameLength(overloads []Overload) []Overload {
	o := &overloads[0]
	o.Params, o.Result = "varchar(x),varchar", "varchar(x)"
	return overloads
}

// scalarText consumes a boolean, number or string and returns its text.
func (p *jsonScan) scalarText() (string, bool) {
	switch p.kind() {
	case jsonString:
		raw, escaped, ok := p.str()
		if !ok {
			return "", false
		}
		return unescape(raw, escaped), true
	case jsonNumber, jsonTrue, jsonFalse:
		from := p.at
		ok := p.skip(0)
		return p.text[from:p.at], ok
	}
	return "", false
}

// JSONMember returns what json_extract_scalar gives of JSON texts by a path of keys.
func JSONMember(texts vector.Vector, keys []string) (vector.Vector, error) {
	var path jsonPath
	for _, k := range keys {
		path = append(path, jsonStep{k, -1})
	}
	out, view := vector.NewTextBuilder(types.TVarchar), vector.ViewOf[string](texts)
	for i := range texts.Len() {
		if view.Nulls.Has(i) {
			out.AppendNull()
			continue
		}
		p := &jsonScan{text: view.Get(i)}
		member, ok := "", path.find(p)
		if ok {
			member, ok = p.scalarText()
		}
		switch {
		case !ok:
			out.AppendNull()
		case len(member) > maxTextBytes-out.Bytes():
			return nil, errTooLong
		default:
			out.AppendString(member)
		}
	}
	return out.Build(), nil
}

var _ = scalar("json", "json_size", "Returns the number of members of the object, or of elements of the array, that a path leads to; 0 for a scalar, NULL if there is nothing",
	`json_size('{"a": [1, 2, 3]}', '$.a')`, "3",
	overPath("bigint", func(p *jsonScan) (n int64, ok bool) {
		switch p.kind() {
		case jsonArray:
			ok = p.array(func(int) bool { n++; return p.skip(1) })
		case jsonObject:
			ok = p.object(func(string, bool) bool { n++; return p.skip(1) })
		default:
			ok = true
		}
		return n, ok
	})...)

var _ = scalar("json", "json_array_length", "Returns the number of elements of a JSON array, or NULL for anything else",
	`json_array_length('[1, 2, 3]')`, "3",
	overText("", "bigint", Overload{NeverFails: true, New: unaryOrNull(func(s string) (n int64, ok bool, err error) {
		p := jsonScan{text: s}
		ok = p.kind() == jsonArray && p.array(func(int) bool { n++; return p.skip(1) })
		return n, ok, nil
	})})...)

var _ = scalar("json", "json_array_get", "Returns an element of a JSON array, counting from 0 or, if negative, from the end; a string comes without its quotes, and is no JSON then",
	`json_array_get('[1, [2, 3]]', 1)`, "[2,3]",
	overText(",bigint", "json", Overload{NeverFails: true, New: binaryOrNull(func(s string, index int64) (string, bool, error) {
		if index < 0 {
			n := int64(0)
			p := jsonScan{text: s}
			if index == math.MinInt64 || p.kind() != jsonArray || !p.array(func(int) bool { n++; return p.skip(1) }) {
				return "", false, nil
			}
			if index += n; index < 0 {
				return "", false, nil
			}
		}
		p := jsonScan{text: s}
		if p.kind() != jsonArray {
			return "", false, nil
		}
		element, found := "", false
		p.array(func(i int) bool {
			if int64(i) != index {
				return p.skip(1)
			}
			if kind := p.kind(); kind == jsonArray || kind == jsonObject {
				var text []byte
				text, found = p.canonical(nil, false, 1)
				element = string(text)
			} else {
				element, found = p.scalarText()
			}
			return false
		})
		return element, found, nil
	})})...)

// containing returns the overloads of json_array_contains for values of type T:
// is tells whether the element that is next is the value.
func containing[T vector.Element](params string, is func(p *jsonScan, value T) bool) []Overload {
	return overText(params, "boolean", Overload{NeverFails: true, New: binaryOrNull(func(s string, value T) (bool, bool, error) {
		p := jsonScan{text: s}
		if p.kind() != jsonArray {
			return false, false, nil
		}
		found := false
		ok := p.array(func(int) bool {
			p.kind()
			from := p.at
			if !p.skip(1) {
				return false
			}
			found = is(&jsonScan{text: p.text[:p.at], at: from}, value)
			return !found
		})
		return found, ok || found, nil
	})})
}

var _ = scalar("json", "json_array_contains", "Tests whether a JSON array has a boolean, number or string among its elements",
	`json_array_contains('[1, 2, 3]', 2)`, "true",
	append(append(append(
		containing(",boolean", func(p *jsonScan, value bool) bool {
			return p.kind() == jsonTrue && value || p.kind() == jsonFalse && !value
		}),
		containing(",bigint", func(p *jsonScan, value int64) bool {
			if p.kind() != jsonNumber {
				return false
			}
			text, float, _ := p.number()
			n, err := strconv.ParseInt(text, 10, 64)
			return !float && err == nil && n == value
		})...),
		containing(",double", func(p *jsonScan, value float64) bool {
			if p.kind() != jsonNumber {
				return false
			}
			text, float, _ := p.number()
			x, err := strconv.ParseFloat(text, 64)
			return float && err == nil && x == value
		})...),
		containing(",varchar", func(p *jsonScan, value string) bool {
			if p.kind() != jsonString {
				return false
			}
			raw, escaped, _ := p.str()
			return unescape(raw, escaped) == value
		})...)...)

var _ = scalar("json", "json_parse", "Reads a text as a JSON value; members of objects are ordered by key", `json_parse('{"b": 1, "a": 2}')`, `{"a":2,"b":1}`,
	Overload{Params: "varchar", Result: "json", New: unaryText(func(dst []byte, s string) ([]byte, error) {
		dst, ok := normalizeJSON(dst, s)
		if !ok {
			return dst, invalid("Cannot convert value to JSON: '%s'", sql.Printable(s, maxQuotedRunes))
		}
		return dst, nil
	})})

var _ = scalar("json", "json_format", "Returns the text of a JSON value", `json_format(JSON '{"a": 1}')`, `{"a":1}`,
	Overload{Params: "json", Result: "varchar", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		return relabel(c.Args[0], types.TVarchar), nil
	})})

var _ = scalar("json", "is_json_scalar", "Tests whether a JSON value is a boolean, number, string or null", `is_json_scalar('[1, 2]')`, "false",
	overText("", "boolean", Overload{New: unaryErr(func(s string) (bool, error) {
		p := jsonScan{text: s}
		kind := p.kind()
		if !p.skip(0) || !p.end() {
			return false, invalid("Invalid JSON value: %s", sql.Printable(s, maxQuotedRunes))
		}
		return kind != jsonArray && kind != jsonObject, nil
	})})...)
