package function

import (
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// patternCache keeps the matcher of the last pattern: patterns are constant, or tend to repeat.
type patternCache struct {
	text string
	m    *matcher
}

// newPatternCache compiles the pattern of a call, its second argument, if that is constant.
func newPatternCache(b Binding) (p *patternCache, err error) {
	p = &patternCache{}
	if text, ok := constantOf[string](b, 1); ok {
		_, err = p.get(text)
	}
	return p, err
}

func (p *patternCache) get(text string) (*matcher, error) {
	if p.m == nil || p.text != text {
		m, err := compilePattern(text)
		if err != nil {
			return nil, err
		}
		p.text, p.m = strings.Clone(text), m
	}
	return p.m, nil
}

// patternNeverFails is for functions that fail only for their pattern.
func patternNeverFails(b Binding) bool {
	text, ok := constantOf[string](b, 1)
	if !ok {
		return false
	}
	m, err := compilePattern(text)
	return err == nil && m.back == nil // which may take too long
}

// overPattern returns the New of a function of a text, a pattern and more. f
// returns the value of row i, whose text is s.
func overPattern[R vector.Element](f func(c *Call, i int, s string, m *matcher) (r R, ok bool, err error)) newKernel {
	return func(b Binding) (Kernel, error) {
		patterns, err := newPatternCache(b)
		if err != nil {
			return nil, err
		}
		return func(c *Call) (vector.Vector, error) {
			text, pattern := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
			return eachOrNull(c, func(i int) (r R, ok bool, err error) {
				m, err := patterns.get(pattern.Get(i))
				if err != nil {
					return r, false, err
				}
				return f(c, i, text.Get(i), m)
			})
		}, nil
	}
}

// overPatternParts is overPattern for a function that makes arrays of texts.
func overPatternParts(f func(c *Call, i int, s string, m *matcher, part func(s string, ok bool)) error) newKernel {
	return func(b Binding) (Kernel, error) {
		patterns, err := newPatternCache(b)
		if err != nil {
			return nil, err
		}
		return func(c *Call) (vector.Vector, error) {
			text, pattern := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
			out := vector.NewBuilder(c.Result, c.N).(*vector.ArrayBuilder)
			elements := out.Elements.(*vector.FlatBuilder[string])
			part := func(s string, ok bool) {
				if ok {
					elements.AppendValue(s)
				} else {
					elements.AppendNull()
				}
			}
			for i := range c.N {
				if c.Nulls.Has(i) {
					out.AppendNull()
					continue
				}
				m, err := patterns.get(pattern.Get(i))
				if err != nil {
					return nil, err
				}
				if err := f(c, i, text.Get(i), m, part); err != nil {
					return nil, err
				}
				out.Close()
			}
			return out.Build(), nil
		}, nil
	}
}

var _ = scalar("regular expression", "regexp_like", "Tests whether a text contains a match of a pattern", `regexp_like('GetObject', '^Get|^List')`, "true",
	Overload{Params: "varchar,varchar", Result: "boolean", NeverFailsWith: patternNeverFails,
		New: overPattern(func(_ *Call, _ int, s string, m *matcher) (bool, bool, error) {
			ok, err := m.contains(s)
			return ok, true, err
		})})

// groupOf returns a group of a match.
func groupOf(s string, m *matcher, found span, group int64) (text string, ok bool, err error) {
	if err := checkGroup(m, group); err != nil {
		return "", false, err
	}
	if found == nil || found[2*group] < 0 {
		return "", false, nil
	}
	return s[found[2*group]:found[2*group+1]], true, nil
}

func checkGroup(m *matcher, group int64) error {
	if group < 0 {
		return invalid("Group cannot be negative")
	}
	if group > int64(m.groups()) {
		return invalid("Pattern has %d groups. Cannot access group %d", m.groups(), group)
	}
	return nil
}

var _ = scalar("regular expression", "regexp_extract", "Returns the first match of a pattern in a text, or a group of it; NULL if there is none",
	`regexp_extract('i-0abc/i-1def', 'i-(\w+)', 1)`, "0abc",
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFailsWith: patternNeverFails,
		New: overPattern(func(_ *Call, _ int, s string, m *matcher) (string, bool, error) {
			found, err := m.find(s)
			if err != nil {
				return "", false, err
			}
			return groupOf(s, m, found, 0)
		})},
	Overload{Params: "varchar(x),varchar,bigint", Result: "varchar(x)",
		New: overPattern(func(c *Call, i int, s string, m *matcher) (string, bool, error) {
			group := vector.ViewOf[int64](c.Args[2]).Get(i)
			if err := checkGroup(m, group); err != nil {
				return "", false, err
			}
			found, err := m.find(s)
			if err != nil {
				return "", false, err
			}
			return groupOf(s, m, found, group)
		})})

var _ = scalar("regular expression", "regexp_extract_all", "Returns all matches of a pattern in a text, or a group of each",
	`regexp_extract_all('1a 2b 14m', '\d+')`, "[1, 2, 14]",
	Overload{Params: "varchar(x),varchar", Result: "array(varchar(x))", NeverFailsWith: patternNeverFails,
		New: overPatternParts(func(_ *Call, _ int, s string, m *matcher, part func(string, bool)) error {
			return m.all(s, func(found span) (bool, error) {
				part(s[found[0]:found[1]], true)
				return true, nil
			})
		})},
	Overload{Params: "varchar(x),varchar,bigint", Result: "array(varchar(x))",
		New: overPatternParts(func(c *Call, i int, s string, m *matcher, part func(string, bool)) error {
			group := vector.ViewOf[int64](c.Args[2]).Get(i)
			if err := checkGroup(m, group); err != nil {
				return err
			}
			return m.all(s, func(found span) (bool, error) {
				text, ok, err := groupOf(s, m, found, group)
				part(text, ok)
				return true, err
			})
		})})

var _ = scalar("regular expression", "regexp_split", "Splits a text at the matches of a pattern", `regexp_split('1a 2b 14m', '\s*[a-z]+\s*')`, "[1, 2, 14, ]",
	Overload{Params: "varchar(x),varchar", Result: "array(varchar(x))", NeverFailsWith: patternNeverFails,
		New: overPatternParts(func(_ *Call, _ int, s string, m *matcher, part func(string, bool)) error {
			from := 0
			err := m.all(s, func(found span) (bool, error) {
				part(s[from:found[0]], true)
				from = found[1]
				return true, nil
			})
			part(s[from:], true)
			return err
		})})

var _ = scalar("regular expression", "regexp_count", "Returns the number of matches of a pattern in a text", `regexp_count('1a 2b 14m', '\s*[a-z]+\s*')`, "3",
	Overload{Params: "varchar,varchar", Result: "bigint", NeverFailsWith: patternNeverFails,
		New: overPattern(func(_ *Call, _ int, s string, m *matcher) (n int64, ok bool, err error) {
			err = m.all(s, func(span) (bool, error) {
				n++
				return true, nil
			})
			return n, true, err
		})})

var _ = scalar("regular expression", "regexp_position", "Returns the position of the first, or a given, match of a pattern in a text, counting from 1; -1 if there is none",
	`regexp_position('I have 23 apples', '\d+')`, "8",
	Overload{Params: "varchar,varchar", Result: "integer", NeverFailsWith: patternNeverFails, New: overPattern(regexpPosition)},
	Overload{Params: "varchar,varchar,bigint", Result: "integer", New: overPattern(regexpPosition)},
	Overload{Params: "varchar,varchar,bigint,bigint", Result: "integer", New: overPattern(regexpPosition)})

func regexpPosition(c *Call, i int, s string, m *matcher) (position int64, ok bool, err error) {
	start, occurrence := int64(1), int64(1)
	if len(c.Args) > 2 {
		start = vector.ViewOf[int64](c.Args[2]).Get(i)
	}
	if len(c.Args) > 3 {
		occurrence = vector.ViewOf[int64](c.Args[3]).Get(i)
	}
	switch {
	case start < 1:
		return 0, false, invalid("start position cannot be smaller than 1")
	case occurrence < 1:
		return 0, false, invalid("occurrence cannot be smaller than 1")
	case start > int64(utf8.RuneCountInString(s)):
		return -1, true, nil
	}
	from := runeOffset(s, start-1)
	position = -1
	err = m.all(s, func(found span) (bool, error) {
		if found[0] < from {
			return true, nil
		}
		if occurrence--; occurrence > 0 {
			return true, nil
		}
		position = int64(utf8.RuneCountInString(s[:found[0]])) + 1
		return false, nil
	})
	return position, true, err
}

var _ = scalar("regular expression", "regexp_replace", "Replaces, or without a replacement removes, all matches of a pattern in a text; $1 and ${name} in the replacement are groups; it may be a lambda of all groups",
	`regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')`, "3ca 3cb 14m",
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFailsWith: patternNeverFails,
		New: overPattern(func(_ *Call, _ int, s string, m *matcher) (string, bool, error) {
			text, err := replaceMatches(s, m, func(dst []byte, _ span) ([]byte, error) { return dst, nil })
			return text, true, err
		})},
	Overload{Params: "varchar,varchar,varchar", Result: "varchar",
		New: overPattern(func(c *Call, i int, s string, m *matcher) (string, bool, error) {
			template := vector.ViewOf[string](c.Args[2]).Get(i)
			text, err := replaceMatches(s, m, func(dst []byte, found span) ([]byte, error) { return m.expand(dst, template, s, found) })
			return text, true, err
		})},
	Overload{Params: "varchar,varchar,function(array(varchar),varchar)", Result: "varchar", New: replaceByLambda})

// replaceMatches returns s with what f appends in the place of each match.
func replaceMatches(s string, m *matcher, f func(dst []byte, found span) ([]byte, error)) (string, error) {
	var dst []byte
	from, any := 0, false
	err := m.all(s, func(found span) (bool, error) {
		any = true
		dst = append(dst, s[from:found[0]]...)
		from = found[1]
		var err error
		if dst, err = f(dst, found); err == nil && len(dst) > maxTextBytes {
			err = errTooLong
		}
		return true, err
	})
	if !any || err != nil {
		return s, err
	}
	return string(append(dst, s[from:]...)), nil
}

// expand appends a replacement, in which $1 and ${name} are groups and a
// backslash takes the meaning of the character behind it away.
func (m *matcher) expand(dst []byte, template, s string, found span) ([]byte, error) {
	for i := 0; i < len(template); i++ {
		switch c := template[i]; c {
		case '\\':
			if i++; i == len(template) {
				return dst, invalid("Illegal replacement sequence: %s", template)
			}
			dst = append(dst, template[i])
		case '$':
			group, n, err := m.groupReference(template, template[i+1:])
			if err != nil {
				return dst, err
			}
			i += n
			if found[2*group] >= 0 {
				dst = append(dst, s[found[2*group]:found[2*group+1]]...)
			}
		default:
			dst = append(dst, c)
		}
	}
	return dst, nil
}

// groupReference reads what follows a dollar sign: the number of a group, as many
// digits as there are groups for, or a name in braces.
func (m *matcher) groupReference(template, text string) (group, n int, err error) {
	if name, _, ok := strings.Cut(text, "}"); ok && strings.HasPrefix(name, "{") {
		for i, own := range m.names {
			if own != "" && own == name[1:] {
				return i, len(name) + 1, nil
			}
		}
		return 0, 0, invalid("Illegal replacement sequence: unknown group { %s }", name[1:])
	}
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		next := group*10 + int(text[n]-'0')
		if n > 0 && next > m.groups() {
			break
		}
		group = next
		n++
	}
	switch {
	case n == 0:
		return 0, 0, invalid("Illegal replacement sequence: %s", template)
	case group > m.groups():
		return 0, 0, invalid("Illegal replacement sequence: unknown group %d", group)
	}
	return group, n, nil
}

// replaceByLambda asks the lambda once, for the matches of all rows.
func replaceByLambda(b Binding) (Kernel, error) {
	patterns, err := newPatternCache(b)
	if err != nil {
		return nil, err
	}
	return func(c *Call) (vector.Vector, error) {
		text, pattern := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
		groups := vector.NewBuilder(types.TArrayOfString, c.N).(*vector.ArrayBuilder)
		elements := groups.Elements.(*vector.FlatBuilder[string])
		var rows []int32   // of the matches
		var spans [][2]int // where they are
		for i := range c.N {
			if c.Nulls.Has(i) {
				continue
			}
			s := text.Get(i)
			m, err := patterns.get(pattern.Get(i))
			if err != nil {
				return nil, err
			}
			err = m.all(s, func(found span) (bool, error) {
				for g := 1; g <= m.groups(); g++ {
					if part, ok, _ := groupOf(s, m, found, int64(g)); ok {
						elements.AppendValue(part)
					} else {
						elements.AppendNull()
					}
				}
				groups.Close()
				rows, spans = append(rows, int32(i)), append(spans, [2]int{found[0], found[1]})
				return true, nil
			})
			if err != nil {
				return nil, err
			}
		}
		var with vector.View[string]
		if len(rows) > 0 {
			v, err := c.Lambda[2](rows, groups.Build())
			if err != nil {
				return nil, err
			}
			with = vector.ViewOf[string](v)
		}
		next := 0 // match
		return eachText(c, func(dst []byte, i int) ([]byte, error) {
			s, from := text.Get(i), 0
			for ; next < len(rows) && rows[next] == int32(i); next++ {
				dst = append(dst, s[from:spans[next][0]]...)
				if !with.Nulls.Has(next) {
					dst = append(dst, with.Get(next)...)
				}
				from = spans[next][1]
			}
			return append(dst, s[from:]...), nil
		})
	}, nil
}
