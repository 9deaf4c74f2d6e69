package function

import (
	"errors"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function/internal/regex"
)

// maxPatterns bounds how many compiled patterns a kernel keeps.
const maxPatterns = 64

// patternCache keeps the matchers of a kernel: patterns are constant, or tend to repeat.
type patternCache struct {
	ctx  *Context
	last *regexMatcher
	by   map[string]*regexMatcher
}

// regexMatcher is a matcher with room for what it finds.
type regexMatcher struct {
	*regex.Matcher
	spans []int
}

// newPatternCache compiles the pattern of a call, its second argument, if that is constant.
func newPatternCache(b Binding) (p *patternCache, err error) {
	p = &patternCache{ctx: b.Ctx, by: map[string]*regexMatcher{}}
	if text, ok := constantOf[string](b, 1); ok {
		_, err = p.get(text)
	}
	return p, err
}

// get returns the matcher of a pattern.
func (p *patternCache) get(text string) (*regexMatcher, error) {
	if p.last != nil && p.last.String() == text {
		return p.last, nil
	}
	m := p.by[text]
	if m == nil {
		compiled, err := compileRegex(text)
		if err != nil {
			return nil, err
		}
		m = &regexMatcher{Matcher: compiled.NewMatcher(), spans: make([]int, 2*(compiled.Groups()+1))}
		m.Stop = p.ctx.Interrupted
		if len(p.by) == maxPatterns {
			clear(p.by)
		}
		p.by[compiled.String()] = m
	}
	p.last = m
	return m, nil
}

// compileRegex returns a compiled pattern, or an error of code INVALID_FUNCTION_ARGUMENT.
func compileRegex(text string) (*regex.Pattern, error) {
	p, err := regex.Compile(text)
	if err != nil {
		return nil, invalid("%s", err)
	}
	return p, nil
}

// patternNeverFails is for functions that fail only for their pattern.
func patternNeverFails(b Binding) bool {
	text, ok := constantOf[string](b, 1)
	if !ok {
		return false
	}
	p, err := regex.Compile(text)
	return err == nil && p.Linear()
}

// regexFailure gives an error of a search a code, unless it has one or is the end of the statement.
func (p *patternCache) regexFailure(err error) error {
	var complaint *sql.Error
	if errors.As(err, &complaint) || p.ctx.Interrupted() != nil {
		return err
	}
	return failf(sql.GENERIC_USER_ERROR, "Regular expression matching failed: %s", err)
}

// regexMatches walks the matches in a text from left to right, none overlapping another. Behind
// an empty match the search goes on one character further.
type regexMatches struct {
	m    *regexMatcher
	s    string
	next int // where the search goes on
}

// find moves on to the next match, which is in m.spans then.
func (r *regexMatches) find() (bool, error) {
	ok, err := r.m.Find(r.s, r.next, r.m.spans)
	if !ok || err != nil {
		return false, err
	}
	from, to := r.m.spans[0], r.m.spans[1]
	r.next = to
	if from == to {
		r.next += max(1, runeOffset(r.s[to:], 1))
	}
	return true, nil
}

// group returns the text of a group of the last match; ok is false if it took no part.
func (m *regexMatcher) group(s string, n int) (text string, ok bool) {
	from, to := m.spans[2*n], m.spans[2*n+1]
	if from < 0 || to < 0 {
		return "", false
	}
	return s[from:to], true
}

// checkGroup complains about a group that the pattern does not have.
func (m *regexMatcher) checkGroup(group int64) error {
	if group < 0 {
		return invalid("Group cannot be negative")
	}
	if group > int64(m.Groups()) {
		return invalid("Pattern has %d groups. Cannot access group %d", m.Groups(), group)
	}
	return nil
}
