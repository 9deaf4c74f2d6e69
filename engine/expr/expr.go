// Package expr compiles the typed expressions of a plan into evaluators over
// batches.
//
//	plan.Expr ── Compile(columns) ──► Evaluator ── Eval(batch) ──► Vector
//
// Names of columns become positions when an expression is compiled, constants
// are evaluated once, and every call binds its kernel. What is left for a batch
// is a walk over the tree with one kernel call a node.
//
// The encodings of vectors are used in one place, call.go: a function of
// constants is evaluated for one row, a function of a dictionary for its entries.
// Branches (AND, OR, CASE, COALESCE) are evaluated on the rows that reach them,
// so a row that a branch excludes cannot fail in it. TRY bisects the rows of a
// failing batch.
//
// An Evaluator keeps scratch memory and caches; each worker compiles its own.
package expr

import (
	"fmt"
	"math/bits"
	"sync"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Env is what expressions are compiled against. It does not change while the
// statement runs and may be shared by all workers.
type Env struct {
	Ctx *function.Context
	// Cast finds the conversion between two types that differ.
	Cast func(from, to types.Type) (*function.Resolved, error)
	// NoDictionaries evaluates functions row by row where they could be evaluated
	// once for each entry of a dictionary, or by a search in the text of many rows. Results are the same.
	NoDictionaries bool
}

// Evaluator computes an expression for batches. It is not safe for concurrent use.
type Evaluator struct {
	root  node
	typ   types.Type
	terms []node // of a conjunction: Select narrows term by term
}

// Compile makes an evaluator of e over batches with the given columns.
func Compile(e plan.Expr, columns []plan.Column, env *Env) (*Evaluator, error) {
	s := newScope(columns)
	c := &compiler{env: env}
	root, err := c.compile(e, s)
	if err != nil {
		return nil, err
	}
	out := &Evaluator{root: root, typ: e.Type()}
	if all, ok := root.(*and); ok {
		out.terms = all.terms
	} else {
		out.terms = []node{root}
	}
	return out, nil
}

// Type returns the type of the results.
func (e *Evaluator) Type() types.Type { return e.typ }

// CanFail reports whether some row could make Eval or Select fail.
func (e *Evaluator) CanFail() bool { return e.root.canFail() }

// Eval returns one row for each row of b.
func (e *Evaluator) Eval(b *vector.Batch) (vector.Vector, error) {
	return e.root.eval(&frame{n: b.N, columns: b.Columns})
}

// Select evaluates a predicate and returns the rows for which it is true, in
// order; all says that these are all rows, and rows is nil then.
func (e *Evaluator) Select(b *vector.Batch) (rows []int32, all bool, err error) {
	f := &frame{n: b.N, columns: b.Columns}
	var kept []int32 // rows of b that are left, nil for all
	for _, term := range e.terms {
		if f.n == 0 {
			return nil, b.N == 0, nil
		}
		hits, all, err := trueRows(term, f)
		if err != nil {
			return nil, false, err
		}
		if all {
			continue
		}
		if kept == nil {
			kept = hits
		} else {
			left := make([]int32, len(hits))
			for i, h := range hits {
				left[i] = kept[h]
			}
			kept = left
		}
		f = f.sub(hits)
	}
	return kept, kept == nil, nil
}

// trueRows returns the rows of f for which a predicate is true.
func trueRows(e node, f *frame) (rows []int32, all bool, err error) {
	if e, ok := e.(*isNull); ok {
		return e.rows(f)
	}
	v, err := e.eval(f)
	if err != nil {
		return nil, false, err
	}
	rows, all = TrueRows(v)
	return rows, all, nil
}

// TrueRows returns the rows of a boolean vector that are true.
func TrueRows(v vector.Vector) (rows []int32, all bool) {
	if c, ok := v.(*vector.Constant); ok {
		if !c.IsNull() && c.Value.(*vector.Flat[bool]).Values[0] {
			return nil, true
		}
		return []int32{}, c.N == 0
	}
	w := vector.ViewOf[bool](v)
	room, ok := rowScratch.Get().(*[]int32)
	if !ok || len(*room) < len(w.At) {
		fresh := make([]int32, max(len(w.At), vector.DefaultBatchRows))
		room = &fresh
	}
	defer rowScratch.Put(room)
	rows = (*room)[:len(w.At)]
	n := 0
	if w.Nulls == nil {
		for i, at := range w.At {
			rows[n] = int32(i) // written in any case, so that nothing depends on an unforeseeable branch
			if w.Values[at] {
				n++
			}
		}
	} else {
		for i, at := range w.At {
			rows[n] = int32(i)
			if w.Values[at] && !w.Nulls.Has(i) {
				n++
			}
		}
	}
	if n == len(w.At) {
		return nil, true
	}
	return append(make([]int32, 0, n), rows[:n]...), false
}

// rowScratch is room for the numbers of a batch's rows.
var rowScratch sync.Pool // of *[]int32

// EvalConstant evaluates an expression that refers to no column, and returns one plain row.
func EvalConstant(e plan.Expr, env *Env) (vector.Vector, error) {
	ev, err := Compile(e, nil, env)
	if err != nil {
		return nil, err
	}
	v, err := ev.Eval(&vector.Batch{N: 1})
	if err != nil {
		return nil, err
	}
	return vector.Plain(v), nil
}

// node is a compiled expression.
type node interface {
	// eval returns f.n rows.
	eval(f *frame) (vector.Vector, error)
	// canFail reports whether some row could make eval fail: it must then see only rows that reach it.
	canFail() bool
	// constant reports whether the value is the same for every row of the statement.
	constant() bool
}

// frame is what an expression is evaluated over: rows of a batch, or of lambda
// parameters. Columns of a frame that was made of another are gathered when they are first used.
type frame struct {
	n       int
	columns []vector.Vector
	from    *frame
	rows    []int32 // row i is rows[i] of from
	source  []int   // column i is source[i] of from; nil: the same number
}

func (f *frame) column(i int) vector.Vector {
	if f.columns[i] == nil {
		at := i
		if f.source != nil {
			at = f.source[i]
		}
		f.columns[i] = vector.Gather(f.from.column(at), f.rows)
	}
	return f.columns[i]
}

// sub returns the frame of the given rows of f.
func (f *frame) sub(rows []int32) *frame {
	return &frame{n: len(rows), columns: make([]vector.Vector, len(f.columns)), from: f, rows: rows}
}

// span returns the frame of the rows from..to-1 of f.
func (f *frame) span(from, to int) *frame {
	rows := make([]int32, to-from)
	for i := range rows {
		rows[i] = int32(from + i)
	}
	return f.sub(rows)
}

// scope maps columns to positions in a frame. The scope of a lambda has its
// parent's columns too, which are captured when the body first names them.
type scope struct {
	at       map[plan.ColumnID]int
	parent   *scope
	captured []int // positions in the parent's frame, of the columns after the parameters
}

func newScope(columns []plan.Column) *scope {
	s := &scope{at: make(map[plan.ColumnID]int, len(columns))}
	for i, c := range columns {
		s.at[c.ID] = i
	}
	return s
}

func (s *scope) resolve(id plan.ColumnID) (int, bool) {
	if i, ok := s.at[id]; ok {
		return i, true
	}
	if s.parent == nil {
		return 0, false
	}
	p, ok := s.parent.resolve(id)
	if !ok {
		return 0, false
	}
	i := len(s.at)
	s.at[id] = i
	s.captured = append(s.captured, p)
	return i, true
}

type compiler struct{ env *Env }

func (c *compiler) compileAll(es []plan.Expr, s *scope) ([]node, error) {
	out := make([]node, len(es))
	for i, e := range es {
		n, err := c.compile(e, s)
		if err != nil {
			return nil, err
		}
		out[i] = n
	}
	return out, nil
}

func (c *compiler) compile(e plan.Expr, s *scope) (node, error) {
	switch e := e.(type) {
	case *plan.ColumnRef:
		i, ok := s.resolve(e.ID)
		if !ok {
			return nil, fmt.Errorf("compile expression: column %d (%s) is not among the input's", e.ID, e.Name)
		}
		return column(i), nil
	case *plan.Literal:
		return &literal{e.Value}, nil
	case *plan.Call:
		if e.Fn.Name == "$not" {
			if null, ok := e.Args[0].(*plan.IsNull); ok {
				arg, err := c.compile(null.Arg, s)
				return &isNull{arg: arg, not: true}, err
			}
		}
		n, err := c.call(e, s)
		if err != nil {
			return nil, err
		}
		if u, err := c.unixTime(e, s, n); u != nil || err != nil {
			return u, err
		}
		return n, nil
	case *plan.Cast:
		return c.cast(e, s)
	case *plan.And:
		terms, err := c.compileAll(e.Terms, s)
		return &and{logic{terms}}, err
	case *plan.Or:
		terms, err := c.compileAll(e.Terms, s)
		return &or{logic{terms}}, err
	case *plan.Case:
		return c.caseOf(e, s)
	case *plan.Coalesce:
		args, err := c.compileAll(e.Args, s)
		return &coalesce{args: args, typ: e.Type()}, err
	case *plan.In:
		return c.in(e, s)
	case *plan.IsNull:
		arg, err := c.compile(e.Arg, s)
		return &isNull{arg: arg}, err
	case *plan.Try:
		arg, err := c.compile(e.Arg, s)
		return &try{arg, e.Type()}, err
	case *plan.Field:
		arg, err := c.compile(e.Arg, s)
		return &field{arg, e.Index}, err
	case *plan.RowOf:
		fields, err := c.compileAll(e.Fields, s)
		return &rowOf{fields, e.Type()}, err
	case *plan.Lambda:
		return nil, sql.NotSupported(e.At, "a lambda outside of the arguments of a function")
	}
	return nil, fmt.Errorf("compile expression: no evaluator for %T", e)
}

// column is the value of a column of the frame.
type column int

func (c column) eval(f *frame) (vector.Vector, error) { return f.column(int(c)), nil }
func (c column) canFail() bool                        { return false }
func (c column) constant() bool                       { return false }

type literal struct{ value vector.Vector }

func (l *literal) eval(f *frame) (vector.Vector, error) { return vector.NewConstant(l.value, f.n), nil }
func (l *literal) canFail() bool                        { return false }
func (l *literal) constant() bool                       { return true }

// field is a member of a row value.
type field struct {
	arg   node
	index int
}

func (e *field) eval(f *frame) (vector.Vector, error) {
	v, err := e.arg.eval(f)
	if err != nil {
		return nil, err
	}
	return vector.FieldOf(v, e.index), nil
}
func (e *field) canFail() bool  { return e.arg.canFail() }
func (e *field) constant() bool { return e.arg.constant() }

// rowOf makes row values.
type rowOf struct {
	fields []node
	typ    types.Type
}

func (e *rowOf) eval(f *frame) (vector.Vector, error) {
	fields := make([]vector.Vector, len(e.fields))
	for i, n := range e.fields {
		v, err := n.eval(f)
		if err != nil {
			return nil, err
		}
		fields[i] = v
	}
	return vector.NewRow(e.typ, fields, f.n, nil), nil
}
func (e *rowOf) canFail() bool  { return anyCanFail(e.fields) }
func (e *rowOf) constant() bool { return allConstant(e.fields) }

// isNull never gives NULL. With not it is IS NOT NULL.
type isNull struct {
	arg node
	not bool
}

// nulls returns the rows of the argument that are NULL, and how many they are.
func (e *isNull) nulls(f *frame) (nulls vector.Bitmap, count int, err error) {
	v, err := e.arg.eval(f)
	if err != nil {
		return nil, 0, err
	}
	nulls = v.Nulls()
	return nulls, nulls.Count(f.n), nil
}

func (e *isNull) eval(f *frame) (vector.Vector, error) {
	nulls, count, err := e.nulls(f)
	switch {
	case err != nil:
		return nil, err
	case count == 0 && e.not || count == f.n && !e.not:
		return vector.NewConstant(trueValue, f.n), nil
	case count == 0 || count == f.n:
		return vector.NewConstant(falseValue, f.n), nil
	}
	values := make([]bool, f.n)
	for i := range values {
		values[i] = nulls.Has(i) != e.not
	}
	return vector.NewFlat(types.TBoolean, values, nil), nil
}

// rows returns the rows of f for which e is true.
func (e *isNull) rows(f *frame) (rows []int32, all bool, err error) {
	nulls, count, err := e.nulls(f)
	wanted := count
	if e.not {
		wanted = f.n - count
	}
	if err != nil || wanted == f.n {
		return nil, err == nil, err
	}
	rows = make([]int32, 0, wanted)
	if wanted == 0 {
		return rows, false, nil
	}
	for at, word := range nulls[:(f.n+63)/64] {
		if e.not {
			word = ^word
		}
		if left := f.n - 64*at; left < 64 {
			word &= 1<<left - 1
		}
		for ; word != 0; word &= word - 1 {
			rows = append(rows, int32(64*at+bits.TrailingZeros64(word)))
		}
	}
	return rows, false, nil
}
func (e *isNull) canFail() bool  { return e.arg.canFail() }
func (e *isNull) constant() bool { return e.arg.constant() }

var (
	trueValue  = vector.NewFlat(types.TBoolean, []bool{true}, nil)
	falseValue = vector.NewFlat(types.TBoolean, []bool{false}, nil)
)

func anyCanFail(nodes []node) bool {
	for _, n := range nodes {
		if n.canFail() {
			return true
		}
	}
	return false
}

func allConstant(nodes []node) bool {
	for _, n := range nodes {
		if n != nil && !n.constant() {
			return false
		}
	}
	return true
}

// empty returns no rows of type t.
func empty(t types.Type) vector.Vector { return vector.NewBuilder(t, 0).Build() }
