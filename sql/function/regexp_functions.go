package function

import (
	"math"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// overPattern returns the New of a function of a text, a pattern and more. f
// returns the value of row i, whose text is s.
func overPattern[R vector.Element](f func(c *Call, i int, s string, m *regexMatcher) (r R, ok bool, err error)) newKernel {
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
				if r, ok, err = f(c, i, text.Get(i), m); err != nil {
					err = patterns.regexFailure(err)
				}
				return r, ok, err
			})
		}, nil
	}
}

// overPatternText is overPattern for a function that appends its result to dst.
func overPatternText(f func(dst []byte, c *Call, i int, s string, m *regexMatcher) ([]byte, error)) newKernel {
	return func(b Binding) (Kernel, error) {
		patterns, err := newPatternCache(b)
		if err != nil {
			return nil, err
		}
		return func(c *Call) (vector.Vector, error) {
			text, pattern := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
			return eachText(c, func(dst []byte, i int) ([]byte, error) {
				m, err := patterns.get(pattern.Get(i))
				if err != nil {
					return nil, err
				}
				if dst, err = f(dst, c, i, text.Get(i), m); err != nil {
					err = patterns.regexFailure(err)
				}
				return dst, err
			})
		}, nil
	}
}

// overPatternParts is overPattern for a function that makes arrays of texts.
func overPatternParts(f func(c *Call, i int, s string, m *regexMatcher, part func(s string, ok bool)) error) newKernel {
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
					return nil, patterns.regexFailure(err)
				}
				out.Close()
			}
			return out.Build(), nil
		}, nil
	}
}

var _ = scalar("regular expression", "regexp_like", "Tests whether a text contains a match of a pattern", `regexp_like('GetObject', '^Get|^List')`, "true",
	Overload{Params: "varchar,varchar", Result: "boolean", NeverFailsWith: patternNeverFails, New: newRegexpLike})

// newRegexpLike has a loop of its own: a match may take less time than calls of functions.
func newRegexpLike(b Binding) (Kernel, error) {
	patterns, err := newPatternCache(b)
	if err != nil {
		return nil, err
	}
	return func(c *Call) (vector.Vector, error) {
		text, pattern := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
		out := make([]bool, c.N)
		for i := range out {
			if c.Nulls.Has(i) {
				continue
			}
			m, err := patterns.get(pattern.Get(i))
			if err != nil {
				return nil, err
			}
			if out[i], err = m.Match(text.Get(i)); err != nil {
				return nil, patterns.regexFailure(err)
			}
		}
		return vector.NewFlat(c.Result, out, nil), nil
	}, nil
}

var _ = scalar("regular expression", "regexp_extract", "Returns the first match of a pattern in a text, or a group of it; NULL if there is none",
	`regexp_extract('i-0abc/i-1def', 'i-(\w+)', 1)`, "0abc",
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFailsWith: patternNeverFails, New: overPattern(regexpExtract)},
	Overload{Params: "varchar(x),varchar,bigint", Result: "varchar(x)", New: overPattern(regexpExtract)})

// groupArgument returns the group that a call asks for.
func groupArgument(c *Call, i int, m *regexMatcher) (int, error) {
	if len(c.Args) < 3 {
		return 0, nil
	}
	group := vector.ViewOf[int64](c.Args[2]).Get(i)
	return int(group), m.checkGroup(group)
}

func regexpExtract(c *Call, i int, s string, m *regexMatcher) (text string, ok bool, err error) {
	group, err := groupArgument(c, i, m)
	if err != nil {
		return "", false, err
	}
	found, err := m.Find(s, 0, m.spans)
	if !found || err != nil {
		return "", false, err
	}
	text, ok = m.group(s, group)
	return text, ok, nil
}

var _ = scalar("regular expression", "regexp_extract_all", "Returns all matches of a pattern in a text, or a group of each",
	`regexp_extract_all('1a 2b 14m', '\d+')`, "[1, 2, 14]",
	Overload{Params: "varchar(x),varchar", Result: "array(varchar(x))", NeverFailsWith: patternNeverFails, New: overPatternParts(regexpExtractAll)},
	Overload{Params: "varchar(x),varchar,bigint", Result: "array(varchar(x))", New: overPatternParts(regexpExtractAll)})

func regexpExtractAll(c *Call, i int, s string, m *regexMatcher, part func(string, bool)) error {
	group, err := groupArgument(c, i, m)
	if err != nil {
		return err
	}
	for matches := (regexMatches{m: m, s: s}); ; {
		if ok, err := matches.find(); !ok || err != nil {
			return err
		}
		part(m.group(s, group))
	}
}

var _ = scalar("regular expression", "regexp_split", "Splits a text at the matches of a pattern", `regexp_split('1a 2b 14m', '\s*[a-z]+\s*')`, "[1, 2, 14, ]",
	Overload{Params: "varchar(x),varchar", Result: "array(varchar(x))", NeverFailsWith: patternNeverFails,
		New: overPatternParts(func(_ *Call, _ int, s string, m *regexMatcher, part func(string, bool)) error {
			from := 0
			for matches := (regexMatches{m: m, s: s}); ; {
				ok, err := matches.find()
				if err != nil {
					return err
				}
				if !ok {
					part(s[from:], true)
					return nil
				}
				part(s[from:m.spans[0]], true)
				from = m.spans[1]
			}
		})})

var _ = scalar("regular expression", "regexp_count", "Returns the number of matches of a pattern in a text", `regexp_count('1a 2b 14m', '\s*[a-z]+\s*')`, "3",
	Overload{Params: "varchar,varchar", Result: "bigint", NeverFailsWith: patternNeverFails,
		New: overPattern(func(_ *Call, _ int, s string, m *regexMatcher) (n int64, ok bool, err error) {
			for matches := (regexMatches{m: m, s: s}); ; n++ {
				if ok, err := matches.find(); !ok || err != nil {
					return n, true, err
				}
			}
		})})

var _ = scalar("regular expression", "regexp_position", "Returns the position of the first, or a given, match of a pattern in a text, counting from 1; -1 if there is none",
	`regexp_position('I have 23 apples', '\d+')`, "8",
	Overload{Params: "varchar,varchar", Result: "integer", NeverFailsWith: patternNeverFails, New: overPattern(regexpPosition)},
	Overload{Params: "varchar,varchar,integer", Result: "integer", New: overPattern(regexpPosition)},
	Overload{Params: "varchar,varchar,integer,integer", Result: "integer", New: overPattern(regexpPosition)})

func regexpPosition(c *Call, i int, s string, m *regexMatcher) (position int64, ok bool, err error) {
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
	for matches := (regexMatches{m: m, s: s, next: runeOffset(s, start-1)}); ; {
		found, err := matches.find()
		if err != nil {
			return 0, false, err
		}
		if !found {
			return -1, true, nil
		}
		if occurrence--; occurrence == 0 {
			return int64(utf8.RuneCountInString(s[:m.spans[0]])) + 1, true, nil
		}
	}
}

var _ = scalar("regular expression", "regexp_replace", "Replaces, or without a replacement removes, all matches of a pattern in a text; $1 and ${name} in the replacement are groups; it may be a lambda of all groups",
	`regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ')`, "3ca 3cb 14m",
	Overload{Params: "varchar(x),varchar", Result: "varchar(x)", NeverFailsWith: patternNeverFails,
		New: overPatternText(func(dst []byte, _ *Call, _ int, s string, m *regexMatcher) ([]byte, error) {
			return replaceMatches(dst, s, "", m)
		})},
	Overload{Params: "varchar(x),varchar,varchar(y)", Result: "varchar(z)", Derive: deriveReplaced,
		New: overPatternText(func(dst []byte, c *Call, i int, s string, m *regexMatcher) ([]byte, error) {
			return replaceMatches(dst, s, vector.ViewOf[string](c.Args[2]).Get(i), m)
		})},
	Overload{Params: "varchar,varchar,function(array(varchar),varchar)", Result: "varchar", New: replaceByLambda})

// deriveReplaced bounds the length of a text of x characters, any of which may be replaced by y or more.
func deriveReplaced(args []types.Type) ([]types.Type, types.Type, bool) {
	if len(args) != 3 {
		return nil, types.Type{}, false
	}
	params := make([]types.Type, 3)
	for i, t := range args {
		switch {
		case t.Is(types.Varchar):
			params[i] = t
		case t.Is(types.Unknown):
			params[i] = types.VarcharOf(0)
		case t.Is(types.Char) && i == 1:
			params[i] = types.VarcharOf(t.Length())
		default:
			return nil, types.Type{}, false
		}
	}
	x, y := params[0].Length(), params[2].Length()
	if x == types.UnboundedLength || y == types.UnboundedLength || float64(max(x*y/2, y))*float64(x+1) > math.MaxInt32 {
		return params, types.TVarchar, true
	}
	return params, types.VarcharOf(x + max(x*y/2, y)*(x+1)), true
}

// replaceMatches appends s with template in the place of each match.
func replaceMatches(dst []byte, s, template string, m *regexMatcher) ([]byte, error) {
	from, checked := 0, 0
	for matches := (regexMatches{m: m, s: s}); ; {
		ok, err := matches.find()
		if err != nil {
			return dst, err
		}
		if !ok {
			return append(dst, s[from:]...), nil
		}
		if len(dst)-checked > bytesBetweenChecks && m.Stop != nil {
			checked = len(dst)
			if err := m.Stop(); err != nil {
				return dst, err
			}
		}
		dst = append(dst, s[from:m.spans[0]]...)
		from = m.spans[1]
		if template != "" {
			if dst, err = m.expand(dst, template, s); err != nil {
				return dst, err
			}
		}
		if len(dst) > maxValueBytes {
			return dst, errValueTooLong
		}
	}
}

// expand appends a replacement, in which $1 and ${name} are groups and a
// backslash takes the meaning of the character behind it away.
func (m *regexMatcher) expand(dst []byte, template, s string) ([]byte, error) {
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
			text, _ := m.group(s, group)
			dst = append(dst, text...)
		default:
			dst = append(dst, c)
		}
	}
	return dst, nil
}

// groupReference reads what follows a dollar sign: the number of a group, as many
// digits as there are groups for, or a name in braces, the last of which may be missing.
func (m *regexMatcher) groupReference(template, text string) (group, n int, err error) {
	if len(text) > 0 && text[0] == '{' {
		n = 1
		for n < len(text) && text[n] != '}' {
			n++
		}
		name := text[1:n]
		group, ok := m.Group(name)
		if !ok {
			return 0, 0, invalid("Illegal replacement sequence: unknown group { %s }", name)
		}
		return group, n + 1, nil
	}
	for n < len(text) && text[n] >= '0' && text[n] <= '9' {
		next := group*10 + int(text[n]-'0')
		if n > 0 && next > m.Groups() {
			break
		}
		group = next
		n++
	}
	switch {
	case n == 0:
		return 0, 0, invalid("Illegal replacement sequence: %s", template)
	case group > m.Groups():
		return 0, 0, invalid("Illegal replacement sequence: unknown group %d", group)
	}
	return group, n, nil
}

// replaceByLambda asks the lambda once, for the matches of all rows. A row is NULL if it, or
// one of its replacements, is.
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
			for matches := (regexMatches{m: m, s: s}); ; {
				ok, err := matches.find()
				if err != nil {
					return nil, patterns.regexFailure(err)
				}
				if !ok {
					break
				}
				for g := range m.Groups() {
					if part, ok := m.group(s, g+1); ok {
						elements.AppendValue(part)
					} else {
						elements.AppendNull()
					}
				}
				groups.Close()
				rows, spans = append(rows, int32(i)), append(spans, [2]int{m.spans[0], m.spans[1]})
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
		return eachTextOrNull(c, func(dst []byte, i int) ([]byte, bool, error) {
			s, from, null := text.Get(i), 0, false
			for ; next < len(rows) && rows[next] == int32(i); next++ {
				if with.Nulls.Has(next) {
					null = true
					continue
				}
				dst = append(dst, s[from:spans[next][0]]...)
				dst = append(dst, with.Get(next)...)
				from = spans[next][1]
				if len(dst) > maxValueBytes {
					return dst, false, errValueTooLong
				}
			}
			return append(dst, s[from:]...), !null, nil
		})
	}, nil
}
