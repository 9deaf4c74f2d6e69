package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// patternWindow is a window whose frames are the matches of a pattern. A MatchRecognize below the Window nodes gives
// each row the measures, and where its frame begins and ends:
//
//	Window: count(*) over ROWS BETWEEN start FOLLOWING AND stop FOLLOWING
//	  MatchRecognize: measures, start, stop
type patternWindow struct {
	frame   *ast.Frame
	window  *windowCall // its partition, order and base frame
	context *patternContext
	// measures are those that calls of measures read, by their index.
	measures []plan.Column
}

// recognition returns the pattern of a window, translated once. w has the partition, order and frame of the window.
func (x *exprs) recognition(w *windowCall, f *ast.Frame) (*patternWindow, error) {
	if f.Match.Pattern == nil {
		return nil, withoutPattern(f)
	}
	for _, known := range x.found.patterns {
		if known.frame == f && known.window.sameWindow(w) {
			return known, nil
		}
	}
	switch {
	case f.Match.Defines == nil:
		return nil, sql.Errorf(sql.MISSING_VARIABLE_DEFINITIONS, f.Pos, "Pattern recognition requires DEFINE clause")
	case f.Unit != ast.Rows:
		return nil, sql.Errorf(sql.INVALID_WINDOW_FRAME, f.Pos, "Pattern recognition requires ROWS frame type")
	case f.Start.Kind != ast.CurrentRow || f.End == nil:
		return nil, sql.Errorf(sql.INVALID_WINDOW_FRAME, f.Pos, "Pattern recognition requires frame specified as BETWEEN CURRENT ROW AND ...")
	}
	m := &plan.MatchRecognize{At: f.Pos, Window: &plan.MatchWindow{Seek: f.Match.Search != nil && f.Match.Search.Seek}}
	p, err := newPatternContext(m, f.Match)
	if err != nil {
		return nil, err
	}
	p.window = true
	if anchor := findPattern(f.Match.Pattern, ast.PatternStart, ast.PatternEnd); anchor != nil {
		return nil, sql.Errorf(sql.INVALID_ROW_PATTERN, anchor.Pos, "Anchor pattern syntax is not allowed in window")
	}
	inner, scope := *x, *x.scope
	scope.closed = true
	inner.scope, inner.outputs = &scope, nil
	fields, err := inner.patternExprs(f.Match, p)
	if err != nil {
		return nil, err
	}
	pw := &patternWindow{frame: f, window: w, context: p}
	for _, field := range fields {
		pw.measures = append(pw.measures, field.column)
	}
	m.Window.Start, m.Window.Stop = x.a.column("start", types.TBigint), x.a.column("stop", types.TBigint)
	x.found.patterns = append(x.found.patterns, pw)
	return pw, nil
}

func withoutPattern(f *ast.Frame) error {
	missing := func(at sql.Pos, what string) error {
		return sql.Errorf(sql.MISSING_ROW_PATTERN, at, "%s PATTERN clause", what)
	}
	switch m := f.Match; {
	case m.Measures != nil:
		return missing(f.Pos, "Row pattern measures require")
	case m.Skip != nil:
		return missing(m.Skip.Pos, "AFTER MATCH SKIP clause requires")
	case m.Search != nil:
		return missing(m.Search.Pos, m.Search.String()+" modifier requires")
	case m.Subsets != nil:
		return missing(m.Subsets[0].Pos, "Union variable definitions require")
	default:
		return missing(m.Defines[0].Pos, "Primary pattern variable definitions require")
	}
}

// reduce makes the matches of pw the frames of w.
func (pw *patternWindow) reduce(w *windowCall) {
	m := pw.context.match.Window
	w.frame = plan.Frame{Mode: plan.FrameRows, Start: plan.Following, End: plan.Following}
	w.start, w.end = frameBound{offset: ref(m.Start, w.at)}, frameBound{offset: ref(m.Stop, w.at)}
}

// windowMeasure translates measure OVER window.
func (x *exprs) windowMeasure(e *ast.WindowMeasure) (plan.Expr, error) {
	spec, err := x.windowSpec(e.Over)
	if err != nil {
		return nil, err
	}
	name, found := e.Name.Canonical(), -1
	if spec.Frame != nil && spec.Frame.Match != nil {
		for i, m := range spec.Frame.Match.Measures {
			if m.Name.Canonical() != name {
				continue
			}
			if found >= 0 {
				return nil, sql.Errorf(sql.AMBIGUOUS_NAME, e.Pos, "Measure %s is defined more than once", e.Name.Name)
			}
			found = i
		}
	}
	if found < 0 {
		return nil, sql.Errorf(sql.INVALID_WINDOW_MEASURE, e.Pos, "Measure %s is not defined in the corresponding window", e.Name.Name)
	}
	if err := windowInWindow(e.Over); err != nil {
		return nil, err
	}
	w := &windowCall{at: e.Pos}
	if err := x.partitionAndOrder(w, spec); err != nil {
		return nil, err
	}
	pw, err := x.frame(w, spec, windowPos(e.Over))
	if err != nil {
		return nil, err
	}
	return ref(pw.measures[found], e.Pos), nil
}

// inputs lists all expressions that need to be computed below the pattern recognition.
func (pw *patternWindow) inputs() []plan.Expr {
	return append(pw.window.inputs(), pw.context.sources...)
}

// gives says whether a column is one of the measures.
func (pw *patternWindow) gives(id plan.ColumnID) bool {
	for _, c := range pw.measures {
		if c.ID == id {
			return true
		}
	}
	return false
}

// planPattern plans the pattern recognition above sel.node.
func (sel *selection) planPattern(pw *patternWindow) {
	m, w := pw.context.match, pw.window
	values := w.inputs()
	own := len(values)
	for _, s := range pw.context.sources {
		values = append(values, sel.above(s))
	}
	node, refs := sel.a.withOwnColumns(sel.node, values)
	columnOf := func(e plan.Expr) plan.ColumnID {
		for i, v := range values[:own] {
			if v == e {
				return refs[i].ID
			}
		}
		return refs[0].ID
	}
	for _, e := range w.partition {
		m.PartitionBy = append(m.PartitionBy, columnOf(e))
	}
	for _, s := range w.order {
		m.OrderBy = append(m.OrderBy, plan.SortKey{ID: columnOf(s.expr), Descending: s.descending, NullsFirst: s.nullsFirst})
	}
	if m.Window.End = w.frame.End; w.end.offset != nil {
		m.Window.EndOffset = columnOf(w.end.offset)
	}
	to := map[plan.ColumnID]*plan.ColumnRef{}
	for i, s := range pw.context.sources {
		to[s.(*plan.ColumnRef).ID] = refs[own+i]
	}
	for i := range m.Pointers {
		q := &m.Pointers[i]
		switch q.Kind {
		case plan.PointerColumn:
			q.Source = to[q.Source].ID
		case plan.PointerAggregate:
			for j, arg := range q.Aggregate.Args {
				q.Aggregate.Args[j] = plan.Replace(arg, func(e plan.Expr) (plan.Expr, bool) {
					if r, ok := e.(*plan.ColumnRef); ok && to[r.ID] != nil {
						return ref(to[r.ID].Column, r.At), true
					}
					return nil, false
				})
			}
		}
	}
	m.Input = node
	for _, c := range node.Columns() {
		m.Emit = append(m.Emit, c.ID)
	}
	sel.node = m
}
