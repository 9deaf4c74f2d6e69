package ast

import (
	"strconv"

	"github.com/ctlake/ctlake/sql"
)

// MatchRecognize is relation MATCH_RECOGNIZE (…).
type MatchRecognize struct {
	Pos         sql.Pos
	Input       Relation
	PartitionBy []Expr
	OrderBy     []*SortItem
	Rows        RowsPerMatch
	Recognition
}

// Recognition is what MATCH_RECOGNIZE and the frames of windows have in common.
type Recognition struct {
	Measures []*Measure
	Skip     *SkipTo        // nil: PAST LAST ROW
	Search   *PatternSearch // nil: INITIAL
	Pattern  *RowPattern    // nil only in a frame, which is then an error
	Subsets  []*PatternSubset
	Defines  []*PatternDefine
}

// PatternSearch is INITIAL or SEEK.
type PatternSearch struct {
	Pos  sql.Pos
	Seek bool
}

// String returns the word.
func (s *PatternSearch) String() string {
	if s.Seek {
		return "SEEK"
	}
	return "INITIAL"
}

// Measure is expression AS name.
type Measure struct {
	Pos  sql.Pos
	Expr Expr
	Name *Identifier
}

// RowsPerMatch says which rows a match gives.
type RowsPerMatch uint8

// The choices of rows per match. RowsDefault was not written and means OneRow.
const (
	RowsDefault RowsPerMatch = iota
	OneRow
	AllRows
	AllRowsShowEmpty
	AllRowsOmitEmpty
	AllRowsWithUnmatched
)

// String returns the clause.
func (r RowsPerMatch) String() string {
	return [...]string{"", "ONE ROW PER MATCH", "ALL ROWS PER MATCH", "ALL ROWS PER MATCH SHOW EMPTY MATCHES",
		"ALL ROWS PER MATCH OMIT EMPTY MATCHES", "ALL ROWS PER MATCH WITH UNMATCHED ROWS"}[r]
}

// SkipTo is AFTER MATCH SKIP ….
type SkipTo struct {
	Pos  sql.Pos
	Kind SkipKind
	Name *Identifier // of SkipToFirst, SkipToLast and SkipToName
}

// SkipKind says where matching goes on after a match.
type SkipKind uint8

// The places to skip to. SkipToName is SkipToLast, written without LAST.
const (
	SkipPastLast SkipKind = iota
	SkipToNext
	SkipToFirst
	SkipToLast
	SkipToName
)

// PatternSubset is name = (names).
type PatternSubset struct {
	Pos   sql.Pos
	Name  *Identifier
	Items []*Identifier
}

// PatternDefine is name AS condition.
type PatternDefine struct {
	Pos  sql.Pos
	Name *Identifier
	Expr Expr
}

// RowPattern is a part of PATTERN. Parentheses for grouping leave no trace.
type RowPattern struct {
	Pos        sql.Pos
	Kind       PatternKind
	Name       *Identifier   // of PatternVariable
	Items      []*RowPattern // of the kinds that have parts: one of PatternExclusion and PatternQuantified
	Least      int64         // of PatternQuantified; which bounds make sense is for the analyzer to say
	Most       int64         // -1 for no limit
	Reluctant  bool
	Quantifier sql.Pos // of PatternQuantified
}

// PatternKind is a form of patterns.
type PatternKind uint8

// The forms of patterns.
const (
	PatternVariable PatternKind = iota
	PatternEmpty
	PatternStart
	PatternEnd
	PatternConcatenation
	PatternAlternation
	PatternPermutation
	PatternExclusion
	PatternQuantified
)

// ProcessingMode is RUNNING or FINAL before a call.
type ProcessingMode uint8

// The modes of processing.
const (
	ModeDefault ProcessingMode = iota
	ModeRunning
	ModeFinal
)

// WindowMeasure is name OVER window: a measure of the pattern of the window.
type WindowMeasure struct {
	Pos  sql.Pos
	Name *Identifier
	Over *Over
}

func (n *WindowMeasure) Position() sql.Pos  { return n.Pos }
func (n *MatchRecognize) Position() sql.Pos { return n.Pos }
func (n *Measure) Position() sql.Pos        { return n.Pos }
func (n *SkipTo) Position() sql.Pos         { return n.Pos }
func (n *PatternSubset) Position() sql.Pos  { return n.Pos }
func (n *PatternDefine) Position() sql.Pos  { return n.Pos }
func (n *RowPattern) Position() sql.Pos     { return n.Pos }

func (*MatchRecognize) node()     {}
func (*MatchRecognize) relation() {}
func (*WindowMeasure) node()      {}
func (*WindowMeasure) expr()      {}
func (*Measure) node()            {}
func (*SkipTo) node()             {}
func (*PatternSubset) node()      {}
func (*PatternDefine) node()      {}
func (*RowPattern) node()         {}

func rowPatternChildren(n Node, f func(Node)) {
	switch n := n.(type) {
	case *MatchRecognize:
		f(n.Input)
		each(n.PartitionBy, f)
		each(n.OrderBy, f)
		n.children(f)
	case *Measure:
		f(n.Expr)
		f(n.Name)
	case *SkipTo:
		one(n.Name, f)
	case *PatternSubset:
		f(n.Name)
		each(n.Items, f)
	case *PatternDefine:
		f(n.Name)
		f(n.Expr)
	case *RowPattern:
		one(n.Name, f)
		each(n.Items, f)
	}
}

func (n *Recognition) children(f func(Node)) {
	each(n.Measures, f)
	one(n.Skip, f)
	one(n.Pattern, f)
	each(n.Subsets, f)
	each(n.Defines, f)
}

func (p *printer) patternNode(n Node) {
	switch n := n.(type) {
	case *MatchRecognize:
		p.matchRecognize(n)
	case *Measure:
		p.expr(n.Expr)
		p.s(" AS ")
		p.ident(n.Name)
	case *SkipTo:
		p.s([...]string{"SKIP PAST LAST ROW", "SKIP TO NEXT ROW", "SKIP TO FIRST ", "SKIP TO LAST ", "SKIP TO "}[n.Kind])
		if n.Name != nil {
			p.ident(n.Name)
		}
	case *PatternSubset:
		p.ident(n.Name)
		p.s(" = (")
		list(p, n.Items, p.ident)
		p.s(")")
	case *PatternDefine:
		p.ident(n.Name)
		p.s(" AS ")
		p.expr(n.Expr)
	case *RowPattern:
		p.rowPattern(n)
	}
}

func (p *printer) matchRecognize(n *MatchRecognize) {
	if _, ok := n.Input.(*Aliased); ok {
		p.relation(n.Input)
	} else {
		p.relationPrimary(n.Input)
	}
	p.s(" MATCH_RECOGNIZE (")
	space := ""
	clause := func(words string) {
		p.s(space, words)
		space = " "
	}
	if n.PartitionBy != nil {
		clause("PARTITION BY ")
		list(p, n.PartitionBy, p.expr)
	}
	if n.OrderBy != nil {
		clause("ORDER BY ")
		list(p, n.OrderBy, p.sortItem)
	}
	p.measures(&n.Recognition, clause)
	if n.Rows != RowsDefault {
		clause(n.Rows.String())
	}
	p.recognition(&n.Recognition, clause)
	p.s(")")
}

// measures and recognition write the clauses of n, each after what clause writes.
func (p *printer) measures(n *Recognition, clause func(string)) {
	if n.Measures != nil {
		clause("MEASURES ")
		list(p, n.Measures, func(m *Measure) { p.patternNode(m) })
	}
}

func (p *printer) recognition(n *Recognition, clause func(string)) {
	if n.Skip != nil {
		clause("AFTER MATCH ")
		p.patternNode(n.Skip)
	}
	if n.Search != nil {
		clause(n.Search.String())
	}
	if n.Pattern != nil {
		clause("PATTERN (")
		p.rowPattern(n.Pattern)
		p.s(")")
	}
	if n.Subsets != nil {
		clause("SUBSET ")
		list(p, n.Subsets, func(s *PatternSubset) { p.patternNode(s) })
	}
	if n.Defines != nil {
		clause("DEFINE ")
		list(p, n.Defines, func(d *PatternDefine) { p.patternNode(d) })
	}
}

// rowPattern writes a pattern; parts of several are in parentheses.
func (p *printer) rowPattern(n *RowPattern) {
	part := func(i *RowPattern) {
		switch i.Kind {
		case PatternConcatenation, PatternAlternation:
			p.s("(")
			p.rowPattern(i)
			p.s(")")
		default:
			p.rowPattern(i)
		}
	}
	parts := func(separator string) {
		for i, item := range n.Items {
			if i > 0 {
				p.s(separator)
			}
			part(item)
		}
	}
	switch n.Kind {
	case PatternVariable:
		p.ident(n.Name)
	case PatternEmpty:
		p.s("()")
	case PatternStart:
		p.s("^")
	case PatternEnd:
		p.s("$")
	case PatternConcatenation:
		parts(" ")
	case PatternAlternation:
		parts(" | ")
	case PatternPermutation:
		p.s("PERMUTE(")
		parts(", ")
		p.s(")")
	case PatternExclusion:
		p.s("{- ")
		p.rowPattern(n.Items[0])
		p.s(" -}")
	case PatternQuantified:
		if n.Items[0].Kind == PatternQuantified {
			p.s("(")
			p.rowPattern(n.Items[0])
			p.s(")")
		} else {
			part(n.Items[0])
		}
		switch {
		case n.Least == 0 && n.Most == -1:
			p.s("*")
		case n.Least == 1 && n.Most == -1:
			p.s("+")
		case n.Least == 0 && n.Most == 1:
			p.s("?")
		case n.Least == n.Most:
			p.s("{", strconv.FormatInt(n.Least, 10), "}")
		case n.Most == -1:
			p.s("{", strconv.FormatInt(n.Least, 10), ",}")
		default:
			p.s("{", strconv.FormatInt(n.Least, 10), ",", strconv.FormatInt(n.Most, 10), "}")
		}
		if n.Reluctant {
			p.s("?")
		}
	}
}
