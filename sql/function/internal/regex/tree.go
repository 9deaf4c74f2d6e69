package regex

import "strings"

// nodeKind is what a node of the tree of a pattern is.
type nodeKind byte

const (
	empty     nodeKind = iota
	codes              // one code of set
	cat                // subs, one behind the other
	alt                // one of subs, the first that leads to a match
	repeat             // subs[0], min to max times
	capture            // subs[0], kept as a group
	atomic             // the first match of subs[0], and no other
	assertion          // a place that looks like assert
	look               // a place that subs[0] matches behind, or, if behind, in front of; or does not
	backref            // the text of a group
)

// A node is a part of a pattern.
type node struct {
	kind     nodeKind
	set      set
	subs     []*node
	min, max int // max is -1 for no limit
	lazy     bool
	group    int
	assert   assert
	behind   bool
	negative bool
	fold     bool // a backref that ignores case
}

// assert is a place in a text.
type assert byte

const (
	beginText    assert = iota // \A, and ^ without (?m)
	beginLine                  // ^ with (?m): but not behind a last \n
	endText                    // \z
	semiEnd                    // \Z, and $ without (?m): also before a last \n
	endLine                    // $ with (?m)
	searchStart                // \G
	wordBound                  // \b
	notWordBound               // \B
)

// nullable reports whether n may match nothing.
func (n *node) nullable() bool {
	switch n.kind {
	case codes:
		return false
	case cat:
		for _, s := range n.subs {
			if !s.nullable() {
				return false
			}
		}
		return true
	case alt:
		for _, s := range n.subs {
			if s.nullable() {
				return true
			}
		}
		return false
	case repeat:
		return n.min == 0 || n.subs[0].nullable()
	case capture, atomic:
		return n.subs[0].nullable()
	}
	return true
}

// length returns of how many codes every match of n is; ok is false if that differs.
// Repetitions without end and the like have none.
func (n *node) length() (codeCount int, ok bool) {
	switch n.kind {
	case codes:
		return 1, true
	case cat:
		for _, s := range n.subs {
			l, ok := s.length()
			if !ok {
				return 0, false
			}
			codeCount += l
		}
		return codeCount, true
	case alt:
		for i, s := range n.subs {
			l, ok := s.length()
			if !ok || i > 0 && l != codeCount {
				return 0, false
			}
			codeCount = l
		}
		return codeCount, true
	case repeat:
		l, ok := n.subs[0].length()
		return l * n.min, ok && n.min == n.max
	case capture, atomic:
		return n.subs[0].length()
	case backref:
		return 0, false
	}
	return 0, true
}

// any reports whether f holds for n or a node below it.
func (n *node) any(f func(*node) bool) bool {
	if f(n) {
		return true
	}
	for _, s := range n.subs {
		if s.any(f) {
			return true
		}
	}
	return false
}

// literalKind is how a pattern that is mere text is matched.
type literalKind byte

const (
	noLiteral literalKind = iota
	contains
	prefix
	suffix // or in front of a last \n
	equal  // or with a \n more
	suffixExactly
	equalExactly
)

// literal is a pattern that package strings can tell whether it matches.
type literal struct {
	kind literalKind
	text string
}

func (l literal) match(s string) bool {
	switch l.kind {
	case contains:
		return strings.Contains(s, l.text)
	case prefix:
		return strings.HasPrefix(s, l.text)
	case suffix:
		return strings.HasSuffix(s, l.text) || strings.HasSuffix(strings.TrimSuffix(s, "\n"), l.text)
	case equal:
		return s == l.text || strings.TrimSuffix(s, "\n") == l.text
	case suffixExactly:
		return strings.HasSuffix(s, l.text)
	}
	return s == l.text
}

// literalOf finds out whether n is mere text.
func literalOf(n *node) literal {
	parts := []*node{n}
	if n.kind == cat {
		parts = n.subs
	}
	isAssert := func(n *node, a assert) bool { return n.kind == assertion && n.assert == a }
	begin, end, exactly := false, false, false
	if len(parts) > 0 && isAssert(parts[0], beginText) {
		begin, parts = true, parts[1:]
	}
	if last := len(parts) - 1; last >= 0 && (isAssert(parts[last], semiEnd) || isAssert(parts[last], endText)) {
		end, exactly, parts = true, parts[last].assert == endText, parts[:last]
	}
	var text []byte
	for _, p := range parts {
		if p.kind == empty {
			continue
		}
		c, ok := p.set.single()
		if p.kind != codes || !ok || c >= invalidByte {
			return literal{}
		}
		text = appendCode(text, c)
	}
	kind := contains
	switch {
	case begin && end && exactly:
		kind = equalExactly
	case begin && end:
		kind = equal
	case begin:
		kind = prefix
	case end && exactly:
		kind = suffixExactly
	case end:
		kind = suffix
	}
	return literal{kind, string(text)}
}

// requiredText returns the longest text that is known to be part of each match of n.
func requiredText(n *node) string {
	best, run := "", []byte(nil)
	end := func() {
		if len(run) > len(best) {
			best = string(run)
		}
		run = run[:0]
	}
	var walk func(n *node)
	walk = func(n *node) {
		switch n.kind {
		case empty, assertion, look:
		case codes:
			if c, ok := n.set.single(); ok && c < invalidByte {
				run = appendCode(run, c)
				return
			}
			end()
		case cat:
			for _, s := range n.subs {
				walk(s)
			}
		case capture, atomic:
			walk(n.subs[0])
		case repeat:
			end()
			if n.min > 0 {
				walk(n.subs[0])
			}
			end()
		default:
			end()
		}
	}
	walk(n)
	end()
	return best
}
