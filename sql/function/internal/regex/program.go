package regex

import "unicode/utf8"

// opcode is what an instruction does. Unless it says otherwise it goes on at out.
type opcode byte

const (
	opCode       opcode = iota // consume the code c
	opSet                      // consume a code of set
	opSplit                    // try out, then other
	opSave                     // put the place into register n
	opAssert                   // go on if the place looks like assert
	opMatch                    // the pattern has matched
	opMark                     // begin n: an atomic group or a look-around
	opCut                      // end the atomic group n: forget its alternatives
	opAhead                    // the same, and go back to where n began
	opNot                      // begin n, a negative look-around: if what follows fails, go on at other
	opNotEnd                   // what must not match did
	opBack                     // go back n codes
	opBackref                  // consume the text of group n
	opEmptyCheck               // go on at out if register n is not this place, else at other
)

type instruction struct {
	op         opcode
	assert     assert
	fold       bool
	c          code
	n          int32
	out, other int32
	set        *codeSet
}

// codeSet is a set with a table of its ASCII part.
type codeSet struct {
	ascii [2]uint64
	set   set
}

func newCodeSet(s set) *codeSet {
	c := &codeSet{set: s}
	for b := code(0); b < utf8.RuneSelf; b++ {
		if s.has(b) {
			c.ascii[b>>6] |= 1 << (b & 63)
		}
	}
	return c
}

func (s *codeSet) has(c code) bool {
	if c < utf8.RuneSelf {
		return s.ascii[c>>6]>>(uint(c)&63)&1 != 0
	}
	return s.set.has(c)
}

// program is a compiled tree: instructions, of which all jumps are by number.
type program struct {
	code      []instruction
	start     int32
	registers int // two for each group, then those of empty loops
	groups    int
	splits    int  // instructions that split, which have numbers n
	linear    bool // none of the instructions from opMark on
	anchored  bool // a match can only begin where the text does
	consuming bool // no match is empty, and nothing looks around
	words     bool // there are \b or \B
	ends      bool // there are assertions of semiEnd
	prefix    string
	first     *[utf8.RuneSelf + 1]bool // what a match can begin with, the last for all beyond ASCII; nil: anything
}

// compiler makes a program of a tree. Instructions are made from the end: each
// function is given where to go on and returns where to begin.
type compiler struct {
	program
	marks int32
	err   error
}

func compile(tree *node, groups int) (*program, error) {
	c := &compiler{}
	c.groups = groups
	c.registers = 2 * (groups + 1)
	c.linear = !tree.any(func(n *node) bool { return n.kind == atomic || n.kind == look || n.kind == backref })
	looks := tree.any(func(n *node) bool { return n.kind == look || n.kind == assertion })
	c.consuming = !looks && !tree.nullable()
	c.words = tree.any(func(n *node) bool {
		return n.kind == assertion && (n.assert == wordBound || n.assert == notWordBound)
	})
	c.ends = tree.any(func(n *node) bool { return n.kind == assertion && n.assert == semiEnd })
	c.anchored = anchored(tree)
	text, _ := leading(tree)
	c.prefix = string(text)
	if !tree.nullable() {
		var table [utf8.RuneSelf + 1]bool
		firsts(tree, &table)
		c.first = &table
	}
	end := c.add(instruction{op: opMatch})
	end = c.add(instruction{op: opSave, n: 1, out: end})
	c.start = c.node(tree, end)
	c.start = c.add(instruction{op: opSave, n: 0, out: c.start})
	for i := range c.code {
		if in := &c.code[i]; in.op == opSplit {
			in.n = int32(c.splits)
			c.splits++
		}
	}
	return &c.program, c.err
}

// anchored reports whether n begins with \A or the like.
func anchored(n *node) bool {
	switch n.kind {
	case assertion:
		return n.assert == beginText
	case cat:
		return anchored(n.subs[0])
	case capture, atomic:
		return anchored(n.subs[0])
	case alt:
		for _, s := range n.subs {
			if !anchored(s) {
				return false
			}
		}
		return true
	}
	return false
}

// leading returns a text that all matches of n begin with, and whether it is all of n.
func leading(n *node) (text []byte, all bool) {
	switch n.kind {
	case empty, assertion, look:
		return nil, true
	case codes:
		if c, ok := n.set.single(); ok && c < invalidByte {
			return appendCode(nil, c), true
		}
	case cat:
		for _, s := range n.subs {
			more, all := leading(s)
			text = append(text, more...)
			if !all {
				return text, false
			}
		}
		return text, true
	case capture, atomic:
		return leading(n.subs[0])
	case repeat:
		if n.min > 0 {
			text, _ = leading(n.subs[0])
		}
	}
	return text, false
}

// firsts notes the ASCII characters that matches of n can begin with, and whether there
// are others; it reports whether a match may be empty.
func firsts(n *node, table *[utf8.RuneSelf + 1]bool) (nullable bool) {
	switch n.kind {
	case codes:
		for b := code(0); b < utf8.RuneSelf; b++ {
			table[b] = table[b] || n.set.has(b)
		}
		if len(n.set) > 0 && n.set[len(n.set)-1].hi >= utf8.RuneSelf {
			table[utf8.RuneSelf] = true
		}
		return false
	case cat:
		for _, s := range n.subs {
			if !firsts(s, table) {
				return false
			}
		}
		return true
	case alt:
		for _, s := range n.subs {
			nullable = firsts(s, table) || nullable
		}
		return nullable
	case repeat:
		return firsts(n.subs[0], table) || n.min == 0
	case capture, atomic:
		return firsts(n.subs[0], table)
	case backref:
		for i := range table {
			table[i] = true
		}
	}
	return true
}

func (c *compiler) add(in instruction) int32 {
	if len(c.code) == maxInstructions {
		c.err = errTooComplex
		return 0
	}
	c.code = append(c.code, in)
	return int32(len(c.code) - 1)
}

func (c *compiler) split(first, second int32, lazy bool) int32 {
	if lazy {
		first, second = second, first
	}
	return c.add(instruction{op: opSplit, out: first, other: second})
}

// node compiles n, behind which next follows.
func (c *compiler) node(n *node, next int32) int32 {
	if c.err != nil {
		return 0
	}
	switch n.kind {
	case codes:
		if one, ok := n.set.single(); ok {
			return c.add(instruction{op: opCode, c: one, out: next})
		}
		return c.add(instruction{op: opSet, set: newCodeSet(n.set), out: next})
	case cat:
		for i := len(n.subs) - 1; i >= 0; i-- {
			next = c.node(n.subs[i], next)
		}
		return next
	case alt:
		at := c.node(n.subs[len(n.subs)-1], next)
		for i := len(n.subs) - 2; i >= 0; i-- {
			at = c.split(c.node(n.subs[i], next), at, false)
		}
		return at
	case repeat:
		return c.repeat(n, next)
	case capture:
		next = c.add(instruction{op: opSave, n: int32(2*n.group + 1), out: next})
		next = c.node(n.subs[0], next)
		return c.add(instruction{op: opSave, n: int32(2 * n.group), out: next})
	case atomic:
		mark := c.mark()
		next = c.add(instruction{op: opCut, n: mark, out: next})
		return c.add(instruction{op: opMark, n: mark, out: c.node(n.subs[0], next)})
	case assertion:
		return c.add(instruction{op: opAssert, assert: n.assert, out: next})
	case look:
		return c.look(n, next)
	case backref:
		return c.add(instruction{op: opBackref, n: int32(n.group), fold: n.fold, out: next})
	}
	return next
}

func (c *compiler) mark() int32 {
	c.marks++
	return c.marks
}

func (c *compiler) look(n *node, next int32) int32 {
	mark := c.mark()
	end := instruction{op: opAhead, n: mark, out: next}
	if n.negative {
		end.op = opNotEnd
	}
	inside := c.node(n.subs[0], c.add(end))
	if n.behind {
		length, _ := n.subs[0].length()
		inside = c.add(instruction{op: opBack, n: int32(length), out: inside})
	}
	if n.negative {
		return c.add(instruction{op: opNot, n: mark, out: inside, other: next})
	}
	return c.add(instruction{op: opMark, n: mark, out: inside})
}

// repeat writes a repetition out: x{2,4} is xx(?:x(?:x)?)?, and x{2,} is xxx*.
func (c *compiler) repeat(n *node, next int32) int32 {
	sub := n.subs[0]
	at := next
	switch {
	case n.max == unlimited && n.min > 0 && !sub.nullable():
		// The last of the repetitions that must be loops.
		at = c.loop(n, next, true)
		for range n.min - 1 {
			at = c.node(sub, at)
		}
		return at
	case n.max == unlimited:
		at = c.loop(n, next, false)
	default:
		for range n.max - n.min {
			if c.err != nil {
				return 0
			}
			at = c.split(c.node(sub, at), next, n.lazy)
		}
	}
	for range n.min {
		if c.err != nil {
			return 0
		}
		at = c.node(sub, at)
	}
	return at
}

// loop compiles x*, or x+ if once. Of a repetition that matched nothing there is no further one.
func (c *compiler) loop(n *node, next int32, once bool) int32 {
	sub := n.subs[0]
	back := c.split(0, next, n.lazy)
	entry := back
	set := func(to int32) {
		if n.lazy {
			c.code[back].other = to
		} else {
			c.code[back].out = to
		}
	}
	switch {
	case c.err != nil:
		return 0
	case once || !sub.nullable():
		body := c.node(sub, back)
		set(body)
		if once {
			entry = body
		}
	case c.linear:
		// What was reached once is not tried again, so an empty repetition ends by itself.
		body := c.node(sub, back)
		set(body)
		entry = c.split(body, next, n.lazy)
	default:
		register := int32(c.registers)
		c.registers++
		check := c.add(instruction{op: opEmptyCheck, n: register, out: back, other: next})
		set(c.add(instruction{op: opSave, n: register, out: c.node(sub, check)}))
	}
	return entry
}
