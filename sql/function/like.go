package function

import (
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = register(Scalar{
	Doc: Doc{Name: "$like", Text: "Tests whether a text matches a pattern: % stands for any text, _ for any character",
		Example: "'CreateUser' LIKE 'Create%'", Result: "true", Group: "comparison"},
	Overloads: []Overload{
		{Params: "varchar,varchar", Result: "boolean", NeverFailsWith: likeNeverFails, New: newLike},
		{Params: "char,varchar", Result: "boolean", NeverFailsWith: likeNeverFails, New: newLike},
		{Params: "varchar,varchar,varchar", Result: "boolean", NeverFailsWith: likeNeverFails, New: newLike},
		{Params: "char,varchar,varchar", Result: "boolean", NeverFailsWith: likeNeverFails, New: newLike},
	},
})

// constantLike returns the matcher of a call with a constant pattern.
func constantLike(b Binding) (m likeMatcher, ok bool, err error) {
	pattern, ok := constantOf[string](b, 1)
	escape, hasEscape := "", len(b.Params) == 3
	if ok && hasEscape {
		escape, ok = constantOf[string](b, 2)
	}
	if !ok {
		return m, false, nil
	}
	m, err = newLikeMatcher(pattern, escape, hasEscape)
	return m, true, err
}

func likeNeverFails(b Binding) bool {
	_, ok, err := constantLike(b)
	return ok && err == nil
}

func newLike(b Binding) (Kernel, error) {
	padded := b.Params[0].Is(types.Char)
	pad := func(s string) string {
		if !padded {
			return s
		}
		return string(types.AppendStringText(nil, b.Params[0], s))
	}
	if m, ok, err := constantLike(b); ok {
		// A pattern that is none fails when a row needs it.
		m.stop = b.Ctx.Interrupted
		return func(c *Call) (vector.Vector, error) {
			if err != nil {
				return nil, err
			}
			text := vector.ViewOf[string](c.Args[0])
			out := make([]bool, c.N)
			for i := range out {
				if c.Nulls.Has(i) {
					continue
				}
				s := text.Get(i)
				if padded {
					s = pad(s)
				}
				var err error
				if out[i], err = m.match(s); err != nil {
					return nil, err
				}
			}
			return vector.NewFlat(c.Result, out, nil), nil
		}, nil
	}
	// The matcher of the last pattern is kept: patterns tend to repeat.
	var m likeMatcher
	var last, lastEscape string
	known := false
	return func(c *Call) (vector.Vector, error) {
		text, pattern := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
		var escapes vector.View[string]
		if len(c.Args) == 3 {
			escapes = vector.ViewOf[string](c.Args[2])
		}
		return each(c, func(i int) (bool, error) {
			p, e := pattern.Get(i), ""
			if len(c.Args) == 3 {
				e = escapes.Get(i)
			}
			if !known || p != last || e != lastEscape {
				var err error
				if m, err = newLikeMatcher(p, e, len(c.Args) == 3); err != nil {
					return false, err
				}
				m.stop = b.Ctx.Interrupted
				last, lastEscape, known = strings.Clone(p), strings.Clone(e), true
			}
			return m.match(pad(text.Get(i)))
		})
	}, nil
}

// likeMatcher is a compiled LIKE pattern: parts with any text between them. The
// first stands at the start and the last at the end, unless they are empty, so
//
//	abc      one part, which is everything
//	abc%     "abc", ""       a prefix
//	%abc     "", "abc"       a suffix
//	%abc%    "", "abc", ""   anywhere
//
// Each part in the middle is taken where it comes first, which is always right,
// so nothing is tried twice.
//
// Looking for a part with gaps takes time that grows with the text times the part, so
// match asks stop from time to time whether it is to end.
type likeMatcher struct {
	parts []likePart
	stop  func() error
	steps int
}

// likeStepsPerCheck is how many characters are compared before match asks whether to stop.
const likeStepsPerCheck = 1 << 16

// likePart is a text in which some characters may be any.
type likePart struct {
	literals []string       // one more than gaps
	gaps     []int          // characters between literals[i] and literals[i+1]
	cost     int            // characters in gaps, and one for each literal
	needle   *vector.Needle // of a part without gaps; nil where there are too many
}

func newLikeMatcher(pattern, escape string, hasEscape bool) (likeMatcher, error) {
	var esc rune = -1
	if hasEscape {
		r, size := utf8.DecodeRuneInString(escape)
		if size == 0 || size != len(escape) || r > 0xFFFF { // Java has no such character
			return likeMatcher{}, invalid("Escape string must be a single character")
		}
		esc = r
	}
	var m likeMatcher
	var part likePart
	var literal []byte
	single := func() { // an underscore
		if len(literal) == 0 && len(part.gaps) > 0 {
			part.gaps[len(part.gaps)-1]++
			return
		}
		part.literals, part.gaps = append(part.literals, string(literal)), append(part.gaps, 1)
		literal = literal[:0]
	}
	end := func() {
		part.literals = append(part.literals, string(literal))
		part.cost = len(part.literals)
		for _, gap := range part.gaps {
			part.cost += gap
		}
		m.parts = append(m.parts, part)
		part, literal = likePart{}, literal[:0]
	}
	for i := 0; i < len(pattern); {
		r, size := utf8.DecodeRuneInString(pattern[i:])
		if r == esc && size > 0 && hasEscape {
			i += size
			next, nextSize := utf8.DecodeRuneInString(pattern[i:])
			if nextSize == 0 || next != '%' && next != '_' && next != esc {
				return likeMatcher{}, invalid("Escape character must be followed by '%%', '_' or the escape character itself")
			}
			literal = append(literal, pattern[i:i+nextSize]...)
			i += nextSize
			continue
		}
		switch r {
		case '%':
			end()
		case '_':
			single()
		default:
			literal = append(literal, pattern[i:i+size]...)
		}
		i += size
	}
	end()
	for i := 1; i < len(m.parts)-1 && i <= maxNeedles; i++ { // of those that are looked for
		if p := &m.parts[i]; len(p.gaps) == 0 {
			p.needle = vector.NewNeedle(p.literals[0])
		}
	}
	return m, nil
}

// maxNeedles is how many parts of a pattern have a needle, which takes a kilobyte.
const maxNeedles = 16

// match reports whether the whole of s matches.
func (m *likeMatcher) match(s string) (bool, error) {
	first := &m.parts[0]
	n, ok := first.matchStart(s)
	if !ok {
		return false, nil
	}
	if len(m.parts) == 1 {
		return n == len(s), nil
	}
	s = s[n:]
	last := len(m.parts) - 1
	for i := 1; i < last; i++ {
		n, ok, err := m.find(&m.parts[i], s)
		if !ok || err != nil {
			return false, err
		}
		s = s[n:]
	}
	return m.parts[last].matchEnd(s), nil
}

// matchStart returns how many bytes of s the part takes at its start.
func (p *likePart) matchStart(s string) (n int, ok bool) {
	if !strings.HasPrefix(s, p.literals[0]) {
		return 0, false
	}
	n = len(p.literals[0])
	for i, gap := range p.gaps {
		for ; gap > 0; gap-- {
			if n == len(s) {
				return 0, false
			}
			_, size := utf8.DecodeRuneInString(s[n:])
			n += size
		}
		if !strings.HasPrefix(s[n:], p.literals[i+1]) {
			return 0, false
		}
		n += len(p.literals[i+1])
	}
	return n, true
}

// find returns where the first match of a part in s ends.
func (m *likeMatcher) find(p *likePart, s string) (end int, ok bool, err error) {
	if len(p.gaps) == 0 {
		i := 0
		if p.needle != nil {
			i = p.needle.Index(s)
		} else {
			i = strings.Index(s, p.literals[0])
		}
		return i + len(p.literals[0]), i >= 0, nil
	}
	for from := 0; ; {
		i := strings.Index(s[from:], p.literals[0])
		if i < 0 {
			return 0, false, nil
		}
		from += i
		if n, ok := p.matchStart(s[from:]); ok {
			return from + n, true, nil
		}
		if from == len(s) {
			return 0, false, nil
		}
		_, size := utf8.DecodeRuneInString(s[from:])
		from += size
		if m.steps += p.cost; m.steps > likeStepsPerCheck {
			m.steps = 0
			if err := m.stop(); err != nil {
				return 0, false, err
			}
		}
	}
}

// matchEnd reports whether the part matches at the end of s.
func (p *likePart) matchEnd(s string) bool {
	for i := len(p.gaps); ; i-- {
		if !strings.HasSuffix(s, p.literals[i]) {
			return false
		}
		s = s[:len(s)-len(p.literals[i])]
		if i == 0 {
			return true
		}
		for gap := p.gaps[i-1]; gap > 0; gap-- {
			if s == "" {
				return false
			}
			_, size := utf8.DecodeLastRuneInString(s)
			s = s[:len(s)-size]
		}
	}
}
