package analyzer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql/plan"
)

// manyExprs is from how many on expressions are looked up by their text: what is equal has the same.
const manyExprs = 16

// exprIndex finds expressions among those that were added, in time that does not grow with their number.
type exprIndex struct {
	exprs  []plan.Expr
	byText map[string][]int
}

func (x *exprIndex) len() int { return len(x.exprs) }

func (x *exprIndex) add(e plan.Expr) {
	x.exprs = append(x.exprs, e)
	if len(x.exprs) <= manyExprs {
		return
	}
	if x.byText == nil {
		x.byText = map[string][]int{}
		for i, e := range x.exprs[:manyExprs] {
			x.enter(e, i)
		}
	}
	x.enter(e, len(x.exprs)-1)
}

func (x *exprIndex) enter(e plan.Expr, i int) {
	text := plan.ExprString(e)
	for _, j := range x.byText[text] {
		if plan.Equal(x.exprs[j], e) {
			return // the first is what is found
		}
	}
	x.byText[text] = append(x.byText[text], i)
}

// find returns the index of the first expression that is equal to e, or -1.
func (x *exprIndex) find(e plan.Expr) int {
	if x.byText != nil {
		for _, i := range x.byText[plan.ExprString(e)] {
			if plan.Equal(x.exprs[i], e) {
				return i
			}
		}
		return -1
	}
	for i, o := range x.exprs {
		if plan.Equal(o, e) {
			return i
		}
	}
	return -1
}

// projection is a Project that is being made.
type projection struct {
	*plan.Project
	index exprIndex
}

// find returns the index of the first output that computes e, or -1.
func (p *projection) find(e plan.Expr) int {
	for i := p.index.len(); i < len(p.Outputs); i++ {
		p.index.add(p.Outputs[i].Expr)
	}
	return p.index.find(e)
}

// nameIndex are the indexes of names, in any case, in ascending order.
type nameIndex map[string][]int

func namesOf(n int, name func(i int) string) nameIndex {
	x := make(nameIndex, n)
	for i := range n {
		key := foldedName(name(i))
		x[key] = append(x[key], i)
	}
	return x
}

func (x nameIndex) find(name string) []int { return x[foldedName(name)] }

// foldedName is the same for names that strings.EqualFold takes for equal.
func foldedName(name string) string {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return strings.Map(leastFold, name)
		}
	}
	return strings.ToUpper(name)
}

// leastFold returns the first of the characters that differ from c in case only.
func leastFold(c rune) rune {
	least := c
	for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}
