package regex

import (
	"errors"
	"strings"
)

// The complaints about patterns, in Joni's words.
var (
	errEndAtEscape    = errors.New("end pattern at escape")
	errEndAtControl   = errors.New("end pattern at control")
	errEndInGroup     = errors.New("end pattern in group")
	errUnmatchedOpen  = errors.New("end pattern with unmatched parenthesis")
	errUnmatchedClose = errors.New("unmatched close parenthesis")
	errGroupOption    = errors.New("undefined group option")
	errNoTarget       = errors.New("target of repeat operator is not specified")
	errRepeatTooBig   = errors.New("too big number for repeat range")
	errRepeatOrder    = errors.New("upper is smaller than lower in repeat range")
	errBackref        = errors.New("invalid backref number/name")
	errLookBehind     = errors.New("invalid pattern in look-behind")
	errNoGroupName    = errors.New("group name is empty")
	errTooBigNumber   = errors.New("too big number")
	errWideChar       = errors.New("too big wide-char value")
	errTooLongChar    = errors.New("too long wide-char value")
	errInternal       = errors.New("internal parser error (bug)")
)

const (
	maxRepeat      = 100_000 // Joni's
	maxBackref     = 1000    // Joni's
	unlimited  int = -1
)

// options are what (?imsx) turn on.
type options struct{ ignoreCase, lines, dotAll, extended bool }

// tokenKind is what a token is.
type tokenKind byte

const (
	tokEnd tokenKind = iota
	tokCode
	tokAny
	tokClass // a set
	tokOpen
	tokClose
	tokAlt
	tokRepeat
	tokAssert
	tokBackref
	tokBracket
	tokQuote
)

type token struct {
	kind     tokenKind
	code     code
	set      set
	min, max int
	lazy     bool
	greed    bool // possessive
	assert   assert
	group    int
}

// parser reads a pattern.
//
//	regexp   = branch { "|" branch }
//	branch   = { item }
//	item     = atom { quantifier }
//	atom     = code | "." | class | "(" … regexp ")" | assertion | backref
//
// An option (?i) in a branch is about all that follows up to the end of its group, with
// the alternatives: a(?i)b|c is a(?i:b|c).
type parser struct {
	text     string
	at       int
	opt      options
	tok      token
	groups   int
	names    map[string]int
	referred int // the highest group that is referred to
	nesting  int
}

func (p *parser) run() (*node, error) {
	p.names = map[string]int{}
	if err := p.next(); err != nil {
		return nil, err
	}
	tree, err := p.alternatives(tokEnd)
	if err == nil && p.referred > p.groups {
		err = errBackref
	}
	return tree, err
}

func (p *parser) left() bool { return p.at < len(p.text) }

func (p *parser) peek(b byte) bool { return p.left() && p.text[p.at] == b }

// fetch consumes one code.
func (p *parser) fetch() code {
	c, size := decode(p.text, p.at)
	p.at += size
	return c
}

func (p *parser) nest() (func(), error) {
	if p.nesting++; p.nesting > maxNesting {
		return nil, errTooComplex
	}
	return func() { p.nesting-- }, nil
}

// alternatives reads up to a token of kind end, which it does not consume.
func (p *parser) alternatives(end tokenKind) (*node, error) {
	leave, err := p.nest()
	if err != nil {
		return nil, err
	}
	defer leave()
	var subs []*node
	for {
		n, err := p.branch(end)
		if err != nil {
			return nil, err
		}
		subs = append(subs, n)
		if p.tok.kind != tokAlt {
			break
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if p.tok.kind != end {
		return nil, errUnmatchedOpen
	}
	if len(subs) == 1 {
		return subs[0], nil
	}
	return &node{kind: alt, subs: subs}, nil
}

func (p *parser) branch(end tokenKind) (*node, error) {
	out := &node{kind: cat}
	for p.tok.kind != end && p.tok.kind != tokAlt && p.tok.kind != tokEnd {
		n, done, err := p.item(end)
		if err != nil {
			return nil, err
		}
		if n.kind == cat {
			out.subs = append(out.subs, n.subs...)
		} else if n.kind != empty {
			out.subs = append(out.subs, n)
		}
		if done {
			break
		}
	}
	switch len(out.subs) {
	case 0:
		return &node{kind: empty}, nil
	case 1:
		return out.subs[0], nil
	}
	if p.opt.ignoreCase {
		out.subs = foldSharpS(out.subs)
	}
	return out, nil
}

// foldSharpS lets ss, where case is ignored, match ß too.
func foldSharpS(subs []*node) []*node {
	isS := func(n *node) bool { return n.kind == codes && n.set.has('s') && n.set.has('S') && len(n.set) <= 3 }
	var out []*node
	for i := 0; i < len(subs); i++ {
		if i+1 < len(subs) && isS(subs[i]) && isS(subs[i+1]) {
			out = append(out, &node{kind: alt, subs: []*node{{kind: cat, subs: subs[i : i+2]}, {kind: codes, set: sharpS}}})
			i++
			continue
		}
		out = append(out, subs[i])
	}
	return out
}

var sharpS = normal([]codeRange{{'ß', 'ß'}, {'ẞ', 'ẞ'}})

// literal returns the node of a character that stands for itself.
func (p *parser) literal(c code) *node {
	if !p.opt.ignoreCase {
		return &node{kind: codes, set: setOf(c)}
	}
	if sharpS.has(c) {
		s := &node{kind: codes, set: setOf('s').fold()}
		return &node{kind: alt, subs: []*node{{kind: codes, set: sharpS}, {kind: cat, subs: []*node{s, s}}}}
	}
	return &node{kind: codes, set: setOf(c).fold()}
}

// item reads an atom and its quantifiers. done says that it took all the rest up to end.
func (p *parser) item(end tokenKind) (n *node, done bool, err error) {
	switch t := p.tok; t.kind {
	case tokOpen:
		if n, done, err = p.group(end); done || err != nil {
			return n, done, err
		}
	case tokClose:
		return nil, false, errUnmatchedClose
	case tokRepeat:
		return nil, false, errNoTarget
	case tokCode:
		n = p.literal(t.code)
	case tokClass:
		n = &node{kind: codes, set: t.set}
	case tokAny:
		n = &node{kind: codes, set: anyCode}
		if !p.opt.dotAll {
			n.set = newline.negate()
		}
	case tokAssert:
		n = &node{kind: assertion, assert: t.assert}
	case tokBackref:
		n = &node{kind: backref, group: t.group, fold: p.opt.ignoreCase}
	case tokBracket:
		s, negative, err := p.class()
		if err != nil {
			return nil, false, err
		}
		if p.opt.ignoreCase {
			s = s.fold()
		}
		if negative {
			s = s.negate()
		}
		n = &node{kind: codes, set: s}
	case tokQuote:
		return p.quoted()
	}
	if err := p.next(); err != nil {
		return nil, false, err
	}
	n, err = p.quantifiers(n)
	return n, false, err
}

// quoted reads what stands between \Q and \E, or the end. A quantifier is about the last character.
func (p *parser) quoted() (*node, bool, error) {
	text, _, closed := strings.Cut(p.text[p.at:], `\E`)
	p.at += len(text)
	if closed {
		p.at += 2
	}
	n := &node{kind: cat}
	for i := 0; i < len(text); {
		c, size := decode(text, i)
		i += size
		n.subs = append(n.subs, p.literal(c))
	}
	if err := p.next(); err != nil {
		return nil, false, err
	}
	last := len(n.subs) - 1
	if last < 0 {
		out, err := p.quantifiers(&node{kind: empty})
		return out, false, err
	}
	var err error
	n.subs[last], err = p.quantifiers(n.subs[last])
	return n, false, err
}

func (p *parser) quantifiers(n *node) (*node, error) {
	for p.tok.kind == tokRepeat {
		t := p.tok
		n = &node{kind: repeat, subs: []*node{n}, min: t.min, max: t.max, lazy: t.lazy}
		if t.greed {
			n = &node{kind: atomic, subs: []*node{n}}
		}
		leave, err := p.nest()
		if err != nil {
			return nil, err
		}
		defer leave()
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// group reads what follows an opening parenthesis up to the closing one, which it does
// not consume. done is true for an option like (?i), which is about all the rest up to end.
func (p *parser) group(end tokenKind) (n *node, done bool, err error) {
	if !p.left() {
		return nil, false, errUnmatchedOpen
	}
	if !p.peek('?') {
		p.groups++
		n, err = p.enclosed(&node{kind: capture, group: p.groups})
		return n, false, err
	}
	p.at++
	if !p.left() {
		return nil, false, errEndInGroup
	}
	switch c := p.fetch(); c {
	case ':':
		if err := p.next(); err != nil {
			return nil, false, err
		}
		n, err = p.alternatives(tokClose)
		return n, false, err
	case '=', '!':
		n, err = p.enclosed(&node{kind: look, negative: c == '!'})
		return n, false, err
	case '>':
		n, err = p.enclosed(&node{kind: atomic})
		return n, false, err
	case '<':
		n, err = p.behindOrNamed()
		return n, false, err
	case '-', 'i', 'm', 's', 'x':
		p.at--
		return p.option(end)
	}
	return nil, false, errGroupOption
}

// enclosed reads the inside of n.
func (p *parser) enclosed(n *node) (*node, error) {
	if err := p.next(); err != nil {
		return nil, err
	}
	before := p.opt
	sub, err := p.alternatives(tokClose)
	p.opt = before
	if err != nil {
		return nil, err
	}
	n.subs = []*node{sub}
	if n.behind {
		return lookBehind(n)
	}
	return n, nil
}

func (p *parser) behindOrNamed() (*node, error) {
	if !p.left() {
		return nil, errEndInGroup
	}
	switch {
	case p.peek('='), p.peek('!'):
		return p.enclosed(&node{kind: look, behind: true, negative: p.fetch() == '!'})
	}
	name, err := p.name(false)
	if err != nil {
		return nil, err
	}
	p.groups++
	if _, ok := p.names[name]; ok {
		return nil, errors.New("multiplex defined name <" + name + ">")
	}
	p.names[name] = p.groups
	return p.enclosed(&node{kind: capture, group: p.groups})
}

// name reads the name of a group up to >.
func (p *parser) name(reference bool) (string, error) {
	from := p.at
	if !p.left() || p.peek('>') {
		return "", errNoGroupName
	}
	first := p.fetch()
	digit := first >= '0' && first <= '9'
	bad := ""
	switch {
	case !reference && (digit || first == '-'):
		bad = "invalid group name <"
	case !digit && first != '-' && !wordCodes().has(first):
		bad = "invalid char in group name <"
	}
	to := p.at
	for p.left() {
		to = p.at
		if c := p.fetch(); c == '>' || c == ')' {
			if c == ')' && bad == "" {
				bad, to = "invalid group name <", len(p.text)
			}
			break
		}
		to = p.at
	}
	if bad != "" {
		return "", errors.New(bad + p.text[from:to] + ">")
	}
	return p.text[from:to], nil
}

// lookBehind makes a look-behind of alternatives one of each, since each goes back its own length.
func lookBehind(n *node) (*node, error) {
	bad := n.any(func(n *node) bool {
		return n.kind == backref || n.kind == look && !n.behind
	})
	if n.negative {
		bad = bad || n.any(func(n *node) bool { return n.kind == capture })
	}
	if bad {
		return nil, errLookBehind
	}
	sub := n.subs[0]
	if _, ok := sub.length(); ok {
		return n, nil
	}
	if sub.kind != alt {
		return nil, errLookBehind
	}
	var each []*node
	for _, s := range sub.subs {
		if _, ok := s.length(); !ok {
			return nil, errLookBehind
		}
		each = append(each, &node{kind: look, behind: true, negative: n.negative, subs: []*node{s}})
	}
	if n.negative {
		return &node{kind: cat, subs: each}, nil
	}
	return &node{kind: alt, subs: each}, nil
}

// option reads (?i-s) or (?i-s: … up to the closing parenthesis.
func (p *parser) option(end tokenKind) (n *node, done bool, err error) {
	opt, on := p.opt, true
	for {
		if !p.left() {
			return nil, false, errEndInGroup
		}
		switch p.fetch() {
		case '-':
			on = false
		case 'i':
			opt.ignoreCase = on
		case 'm':
			opt.lines = on
		case 's':
			opt.dotAll = on
		case 'x':
			opt.extended = on
		case ':':
			before := p.opt
			p.opt = opt
			if err := p.next(); err != nil {
				return nil, false, err
			}
			n, err = p.alternatives(tokClose)
			p.opt = before
			return n, false, err
		case ')':
			before := p.opt
			p.opt = opt
			if err := p.next(); err != nil {
				return nil, false, err
			}
			n, err = p.alternatives(end)
			p.opt = before
			return n, true, err
		default:
			return nil, false, errGroupOption
		}
	}
}
