package exec

import (
	"context"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
)

// A pattern is compiled to a program that is run by backtracking:
//
//	A B*?        0 match A   1 split 4, 2   2 match B   3 jump 1   4 done
//
// A split names first what is preferred. Repetitions with bounds are written out.

// maxPatternInstructions is how long the program of a pattern may be.
const maxPatternInstructions = 100_000

type patternOp uint8

const (
	opVariable   patternOp = iota // takes the row if it may be labelled x
	opSplit                       // goes on at x; if that fails, at y
	opJump                        // goes on at x
	opStart                       // passes at the first row of the partition
	opEnd                         // passes behind the last row of the partition
	opExclude                     // rows from here on are not for output
	opExcludeEnd                  // rows from here on are
	opMatch
)

type patternInstruction struct {
	op   patternOp
	x, y int32
}

type patternCompiler struct{ code []patternInstruction }

func compilePattern(p *plan.RowPattern, at sql.Pos) ([]patternInstruction, error) {
	c := &patternCompiler{}
	if !c.add(p) || !c.emit(opMatch, 0) {
		return nil, sql.NotSupported(at, "A pattern that is written out to more than 100000 instructions")
	}
	return c.code, nil
}

func (c *patternCompiler) emit(op patternOp, x int) bool {
	c.code = append(c.code, patternInstruction{op: op, x: int32(x)})
	return len(c.code) <= maxPatternInstructions
}

// add appends the program of p; false if it is too long.
func (c *patternCompiler) add(p *plan.RowPattern) bool {
	switch p.Kind {
	case plan.MatchVariable:
		return c.emit(opVariable, p.Variable)
	case plan.MatchStart:
		return c.emit(opStart, 0)
	case plan.MatchEnd:
		return c.emit(opEnd, 0)
	case plan.MatchConcatenation:
		return c.sequence(p.Items)
	case plan.MatchAlternation:
		return c.alternatives(len(p.Items), func(i int) bool { return c.add(p.Items[i]) })
	case plan.MatchPermutation:
		return c.permutations(p.Items)
	case plan.MatchExclusion:
		return c.emit(opExclude, 0) && c.add(p.Items[0]) && c.emit(opExcludeEnd, 0)
	case plan.MatchQuantified:
		return c.quantified(p)
	}
	return true
}

func (c *patternCompiler) sequence(items []*plan.RowPattern) bool {
	for _, item := range items {
		if !c.add(item) {
			return false
		}
	}
	return true
}

// alternatives tries n branches in their order.
func (c *patternCompiler) alternatives(n int, branch func(int) bool) bool {
	var ends []int
	for i := range n {
		split := len(c.code)
		if i < n-1 && !c.emit(opSplit, split+1) || !branch(i) {
			return false
		}
		if i < n-1 {
			ends = append(ends, len(c.code))
			if !c.emit(opJump, 0) {
				return false
			}
			c.code[split].y = int32(len(c.code))
		}
	}
	for _, e := range ends {
		c.code[e].x = int32(len(c.code))
	}
	return true
}

// permutations tries all orders of items, in lexicographic order.
func (c *patternCompiler) permutations(items []*plan.RowPattern) bool {
	var rest func(left []*plan.RowPattern) bool
	rest = func(left []*plan.RowPattern) bool {
		if len(left) == 0 {
			return true
		}
		return c.alternatives(len(left), func(i int) bool {
			others := append(append([]*plan.RowPattern{}, left[:i]...), left[i+1:]...)
			return c.add(left[i]) && rest(others)
		})
	}
	return rest(items)
}

func (c *patternCompiler) quantified(p *plan.RowPattern) bool {
	item := p.Items[0]
	for range p.Least {
		if before := len(c.code); !c.add(item) {
			return false
		} else if len(c.code) == before {
			break // an empty pattern, however often
		}
	}
	// split emits a choice between going on and leaving, whose end is set later.
	split := func() int {
		at := len(c.code)
		c.code = append(c.code, patternInstruction{op: opSplit, x: int32(at + 1), y: int32(at + 1)})
		return at
	}
	leave := func(at int) {
		if p.Reluctant {
			c.code[at].x = int32(len(c.code))
		} else {
			c.code[at].y = int32(len(c.code))
		}
	}
	if p.Most < 0 {
		at := split()
		if !c.add(item) || !c.emit(opJump, at) {
			return false
		}
		leave(at)
		return true
	}
	var splits []int
	for range p.Most - p.Least {
		splits = append(splits, split())
		if !c.add(item) || len(c.code) > maxPatternInstructions {
			return false
		}
	}
	for _, at := range splits {
		leave(at)
	}
	return len(c.code) <= maxPatternInstructions
}

// matcher runs the program of a pattern over the rows of one partition.
type matcher struct {
	code []patternInstruction
	rows int
	// accepts reports whether the row may be labelled as a variable, after the labels of the rows from start on.
	accepts func(variable, start, row int, labels []int32) (bool, error)
	// independent: accepts does not look at labels. Then what failed once at a row fails there always.
	independent bool
	failed      []uint64 // bits of instruction × row, if independent
	trail       []int    // bits that this attempt set
	forgets     bool     // what failed in one attempt need not fail in the next

	labels   []int32 // of the rows of the match
	excluded []bool
	depth    int32
	marks    []int32 // where each split was met last on this path, plus one
	undo     []patternUndo
	stack    []patternFrame
	steps    int
}

type patternUndo struct{ at, old int32 }

type patternFrame struct {
	at, taken, depth, undo int32
}

// stepsPerCheck is how many instructions run between two looks at the query's context.
const stepsPerCheck = 1 << 10

// matcherBytes is what a matcher holds at most: the bits, or for each row its label and what backtracking comes back to.
func matcherBytes(code []patternInstruction, rows int, independent bool) int64 {
	if independent {
		return int64(len(code)) * int64(rows+1) / 8
	}
	return int64(rows) * 64
}

func newMatcher(code []patternInstruction, rows int, independent bool) *matcher {
	m := &matcher{code: code, rows: rows, independent: independent}
	if independent {
		m.failed = make([]uint64, (len(code)*(rows+1)+63)/64)
	} else {
		m.marks = make([]int32, len(code))
	}
	return m
}

// match looks for a match that begins at row start and lies before row end. labels and excluded then hold it, until the next call.
func (m *matcher) match(ctx context.Context, start, end int) (bool, error) {
	m.unwind(0)
	if m.forgets {
		m.forget()
	}
	m.labels, m.excluded, m.stack, m.trail, m.depth = m.labels[:0], m.excluded[:0], m.stack[:0], m.trail[:0], 0
	at := int32(0)
	for {
		if m.steps++; m.steps%stepsPerCheck == 0 {
			if err := ctx.Err(); err != nil {
				return false, err
			}
		}
		ok := true
		row := start + len(m.labels)
		switch i := m.code[at]; i.op {
		case opMatch:
			m.forget()
			return true, nil
		case opJump:
			at = i.x
		case opSplit:
			if ok = m.enter(at, row); ok {
				m.stack = append(m.stack, patternFrame{i.y, int32(len(m.labels)), m.depth, int32(len(m.undo))})
				at = i.x
			}
		case opVariable:
			if ok = row < end; ok {
				var err error
				if ok, err = m.accepts(int(i.x), start, row, m.labels); err != nil {
					return false, err
				}
			}
			if ok {
				m.labels, m.excluded = append(m.labels, i.x), append(m.excluded, m.depth > 0)
				at++
			}
		case opStart:
			ok = row == 0
			at++
		case opEnd:
			ok = row == m.rows
			at++
		case opExclude:
			m.depth++
			at++
		case opExcludeEnd:
			m.depth--
			at++
		}
		if ok {
			continue
		}
		if len(m.stack) == 0 {
			return false, nil
		}
		f := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		at, m.depth = f.at, f.depth
		m.labels, m.excluded = m.labels[:f.taken], m.excluded[:f.taken]
		m.unwind(int(f.undo))
	}
}

// forget drops what the last attempt found to fail.
func (m *matcher) forget() {
	for _, bit := range m.trail {
		m.failed[bit/64] &^= 1 << (bit % 64)
	}
	m.trail = m.trail[:0]
}

// unwind sets marks back to what they were when there were so many changes.
func (m *matcher) unwind(to int) {
	for i := len(m.undo) - 1; i >= to; i-- {
		m.marks[m.undo[i].at] = m.undo[i].old
	}
	m.undo = m.undo[:to]
}

// enter notes that a split is met at a row. It is false if it was before and nothing was taken since, which is
// an empty round of a loop, or if it is known to fail.
func (m *matcher) enter(at int32, row int) bool {
	if m.independent {
		bit := int(at)*(m.rows+1) + row
		if m.failed[bit/64]>>(bit%64)&1 != 0 {
			return false
		}
		m.failed[bit/64] |= 1 << (bit % 64)
		m.trail = append(m.trail, bit)
		return true
	}
	if m.marks[at] == int32(row)+1 {
		return false
	}
	m.undo = append(m.undo, patternUndo{at, m.marks[at]})
	m.marks[at] = int32(row) + 1
	return true
}
