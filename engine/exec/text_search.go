package exec

import (
	"math"
	"slices"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// A conjunct that only rows can meet whose text contains another one is looked for by the reader of the column, in
// the text as it lies in the file, before anything is made of it:
//
//	eventjson LIKE '%AuthFailure%'      rows that contain AuthFailure, and all of these
//	eventjson LIKE '%"a":%"b":%'        rows that contain "b":, of which the conjunct is then evaluated
//	eventjson NOT LIKE '%AuthFailure%'  rows that do not contain it, unless the text is needed
//
// Conjuncts of other columns that cannot fail come first, so that the search passes over the rows that they drop.

// textTest is what a condition asks of the text of a column.
type textTest struct {
	column  *plan.ColumnRef
	texts   []string // one of them must be there; or, of without, none
	exact   bool     // that is all that the condition asks
	without bool
}

// maxSearchTexts is for how many texts a column is searched at once.
const maxSearchTexts = 8

// testOf returns what e asks of the text of a column; ok is false if that is not to be said so.
func testOf(e plan.Expr) (t textTest, ok bool) {
	switch e := e.(type) {
	case *plan.Call:
		return testOfCall(e)
	case *plan.Or:
		for i, term := range e.Terms {
			next, ok := testOf(term)
			switch {
			case !ok || next.without:
				return t, false
			case i == 0:
				t = next
				continue
			case next.column.ID != t.column.ID:
				return t, false
			}
			t.texts = append(t.texts, next.texts...)
			t.exact = t.exact && next.exact
		}
		return t, len(e.Terms) > 0 && len(t.texts) <= maxSearchTexts
	case *plan.And: // within OR
		for _, term := range e.Terms {
			next, isTest := testOf(term)
			if isTest && !next.without && (!ok || next.shortest() > t.shortest()) {
				t, ok = next, true
			}
		}
		t.exact = false
		return t, ok
	}
	return t, false
}

// shortest returns how many bytes the shortest of the texts has.
func (t *textTest) shortest() int {
	n := math.MaxInt
	for _, text := range t.texts {
		n = min(n, len(text))
	}
	return n
}

func testOfCall(e *plan.Call) (t textTest, ok bool) {
	switch {
	case e.Fn.Name == "$not":
		t, ok = testOf(e.Args[0])
		t.without = !t.without
		return t, ok && t.exact
	case len(e.Args) < 2:
		return t, false
	case e.Fn.Name == "$like":
		pattern, ok := textOf(e.Args[1])
		if !ok {
			return t, false
		}
		escape := ""
		if len(e.Args) == 3 {
			if escape, ok = textOf(e.Args[2]); !ok {
				return t, false
			}
		}
		text, exact, ok := function.RequiredByLike(pattern, escape, len(e.Args) == 3)
		return testOfColumn(e.Args[0], text, exact, ok)
	case e.Fn.Name == "regexp_like":
		pattern, ok := textOf(e.Args[1])
		if !ok {
			return t, false
		}
		text, exact, ok := function.RequiredByRegexp(pattern)
		return testOfColumn(e.Args[0], text, exact, ok)
	}
	return testOfPosition(e)
}

// testOfColumn is the test whether e, if it is a column of text, contains a text.
func testOfColumn(e plan.Expr, text string, exact, ok bool) (textTest, bool) {
	column, isColumn := e.(*plan.ColumnRef)
	if !ok || !isColumn || !column.Type().Is(types.Varchar) {
		return textTest{}, false
	}
	return textTest{column: column, texts: []string{text}, exact: exact}, true
}

// holdsFor are the comparisons, of a number with another.
var holdsFor = map[string]func(a, b int64) bool{
	"$equal":            func(a, b int64) bool { return a == b },
	"$not_equal":        func(a, b int64) bool { return a != b },
	"$less":             func(a, b int64) bool { return a < b },
	"$less_or_equal":    func(a, b int64) bool { return a <= b },
	"$greater":          func(a, b int64) bool { return a > b },
	"$greater_or_equal": func(a, b int64) bool { return a >= b },
}

// testOfPosition is the test of a comparison of strpos with a number. Places count from 1; 0 says that the text is not there.
func testOfPosition(e *plan.Call) (t textTest, ok bool) {
	holds := holdsFor[e.Fn.Name]
	if holds == nil {
		return t, false
	}
	call, isCall := e.Args[0].(*plan.Call)
	number, isNumber := numberOf(e.Args[1])
	if !isCall {
		flipped := holds
		holds = func(a, b int64) bool { return flipped(b, a) }
		call, isCall = e.Args[1].(*plan.Call)
		number, isNumber = numberOf(e.Args[0])
	}
	if !isCall || !isNumber || call.Fn.Name != "strpos" || len(call.Args) != 2 {
		return t, false
	}
	text, isText := textOf(call.Args[1])
	if !isText || text == "" {
		return t, false
	}
	there, without, exact := askedOfPlace(holds, number)
	if !there && !without {
		return t, false
	}
	t, ok = testOfColumn(call.Args[0], text, exact, true)
	t.without = without
	return t, ok
}

// askedOfPlace says what a comparison of a place, 0 for none, with a number asks: that there is one, or that there is
// none; exact says that it asks no more.
func askedOfPlace(holds func(a, b int64) bool, number int64) (there, without, exact bool) {
	// Comparisons change their answer at the number, or next to it, so that it is one for all places if it is for the
	// first, the last, and those about the number.
	first, same := holds(1, number), true
	for _, place := range []int64{math.MaxInt64, max(number, 2) - 1, max(number, 1), max(min(number, math.MaxInt64-1), 0) + 1} {
		same = same && holds(place, number) == first
	}
	if !holds(0, number) {
		return true, false, same && first
	}
	return false, same && !first, same && !first
}

func textOf(e plan.Expr) (string, bool) {
	l, ok := e.(*plan.Literal)
	if !ok || l.IsNull() || !l.Value.Type().Is(types.Varchar) {
		return "", false
	}
	v, ok := l.Scalar()
	if !ok {
		return "", false
	}
	text, ok := v.(string)
	return text, ok
}

func numberOf(e plan.Expr) (int64, bool) {
	l, ok := e.(*plan.Literal)
	if !ok || l.IsNull() {
		return 0, false
	}
	v, ok := l.Scalar()
	if !ok {
		return 0, false
	}
	number, ok := v.(int64)
	return number, ok && l.Value.Type().IsInteger()
}

// textSearch is a search that a scan leaves to its reader, compiled for one worker.
type textSearch struct {
	column        int // of the early ones
	needles       []*vector.Needle
	without       bool
	keep          bool            // texts of hits are needed
	before, after *expr.Evaluator // of the conjuncts that come before and after it; nil for none
}

// newTextSearch finds the conjunct of a filter that rows are searched by, the one with the longest text; nil for none.
// needed tells which columns others than the filter want.
func newTextSearch(filter plan.Expr, schema []plan.Column, needed func(plan.ColumnID) bool, env *expr.Env) (*textSearch, error) {
	if filter == nil || env.NoDictionaries {
		return nil, nil
	}
	terms := plan.Conjuncts(filter)
	safe := 0 // terms that cannot fail, before the first that can
	for ; safe < len(terms); safe++ {
		e, err := expr.Compile(terms[safe], schema, env)
		if err != nil {
			return nil, err
		}
		if e.CanFail() {
			break
		}
	}
	chosen, at, keep := textTest{}, -1, false
	for i, term := range terms[:safe] {
		t, ok := testOf(term)
		if !ok || at >= 0 && t.shortest() <= chosen.shortest() {
			continue
		}
		wanted := !t.exact || needed(t.column.ID)
		for j, other := range terms {
			wanted = wanted || j != i && uses(other, t.column.ID)
		}
		if !t.without || !wanted {
			chosen, at, keep = t, i, wanted
		}
	}
	if at < 0 {
		return nil, nil
	}
	s := &textSearch{without: chosen.without, keep: keep}
	s.column = slices.IndexFunc(schema, func(c plan.Column) bool { return c.ID == chosen.column.ID })
	for _, text := range chosen.texts {
		s.needles = append(s.needles, vector.NewNeedle(text))
	}
	var before, after []plan.Expr
	for i, term := range terms {
		switch {
		case i == at && chosen.exact:
		case i < safe && !uses(term, chosen.column.ID):
			before = append(before, term)
		default:
			after = append(after, term)
		}
	}
	compile := func(terms []plan.Expr) (*expr.Evaluator, error) {
		if len(terms) == 0 {
			return nil, nil
		}
		return expr.Compile(plan.Conjunction(terms), schema, env)
	}
	var err error
	if s.before, err = compile(before); err != nil {
		return nil, err
	}
	s.after, err = compile(after)
	return s, err
}

func uses(e plan.Expr, id plan.ColumnID) bool {
	found := false
	plan.EachRef(e, func(r *plan.ColumnRef) { found = found || r.ID == id })
	return found
}

// searches reports whether the reader of the split searches for rows.
func (o *scan) searches() (bool, error) {
	if o.search == nil || o.asked {
		return o.searching, nil
	}
	o.asked = true
	s, ok := o.reader.(Searcher)
	if !ok {
		return false, nil
	}
	var err error
	o.searching, err = s.Searchable(o.search.column)
	return o.searching, err
}

// find narrows early, the rows from..to-1, to those among them that are hits, and returns their numbers. Of them, all
// or else the given rows are looked at.
func (o *scan) find(early []vector.Vector, rows []int32, all bool, from, to int) (hits []int32, err error) {
	s := o.search
	if all {
		rows = successiveRows(0, to-from)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	numbers := numbered(rows, from)
	hits, texts, err := o.reader.(Searcher).Search(s.column, numbers, s.needles, s.without, s.keep)
	if err != nil {
		return nil, err
	}
	if texts == nil {
		texts = vector.NewNull(o.columns[s.column].Type, len(hits)) // not looked at
	}
	narrow(early, numbered(hits, -from))
	early[s.column] = texts
	return hits, nil
}
