package plan

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/function"
)

// MatchRecognize finds sequences of rows that match a pattern, in each partition. Columns are those of the
// input that Emit lists, then the measures.
type MatchRecognize struct {
	Input       Node
	PartitionBy []ColumnID
	OrderBy     []SortKey
	// Variables are the names of the primary pattern variables, by number.
	Variables []string
	Pattern   *RowPattern
	// Pointers are what Measures and Defines refer to: they do not refer to columns of the input.
	Pointers []PatternPointer
	Measures []Projection
	// Defines are the conditions of the variables, nil for those without one.
	Defines []Expr
	Rows    RowsPerMatch
	Skip    PatternSkip
	Emit    []ColumnID
	Window  *MatchWindow // nil for MATCH_RECOGNIZE
	At      sql.Pos
}

// MatchWindow makes a MatchRecognize one of a window: it gives each row of the input, in the order of the window, with
// the measures of the match that is looked for from it on, and the frame that this match is.
type MatchWindow struct {
	// A match lies between the current row and End: CurrentRow, Following by EndOffset, or UnboundedFollowing.
	End       BoundKind
	EndOffset ColumnID // a bigint
	Seek      bool     // it may begin at any row there, else at the current one
	// Start and Stop say how many rows behind the current one the frame begins and ends; Start is greater for no frame.
	Start, Stop Column
}

// RowPattern is a part of a pattern.
type RowPattern struct {
	Kind      PatternKind
	Variable  int // of MatchVariable
	Items     []*RowPattern
	Least     int64 // of MatchQuantified
	Most      int64 // -1 for no limit
	Reluctant bool
}

// PatternKind is a form of patterns.
type PatternKind uint8

// The forms of patterns, as of ast.RowPattern.
const (
	MatchVariable PatternKind = iota
	MatchEmpty
	MatchStart
	MatchEnd
	MatchConcatenation
	MatchAlternation
	MatchPermutation
	MatchExclusion
	MatchQuantified
)

// RowsPerMatch says which rows a MatchRecognize gives.
type RowsPerMatch struct {
	All       bool // all rows of a match, not one
	OmitEmpty bool // nothing for empty matches
	Unmatched bool // rows without a match, too
}

// PatternSkip says where matching goes on after a match: behind it, at its second row (Next), or at the first
// (First) or last row of some variables.
type PatternSkip struct {
	Next, First bool
	Variables   []int
}

// PatternPointer is a value that depends on the rows of a match.
type PatternPointer struct {
	Column // as expressions refer to it
	Kind   PointerKind
	Source ColumnID // of PointerColumn: the input's column
	// Variables are those whose rows count; nil for all.
	Variables []int
	// First counts from the first row of the match, else from the current one (Final: from the last) backwards.
	First, Final bool
	Logical      int64 // how many such rows further
	Physical     int64 // and then how many rows of the partition further, or back
	Aggregate    *PatternAggregate
}

// PointerKind says what a pointer gives of its row.
type PointerKind uint8

// The kinds of pointers.
const (
	PointerColumn PointerKind = iota
	PointerClassifier
	PointerMatchNumber
	PointerAggregate
)

// PatternAggregate is an aggregate over rows of a match. Args refer to columns of the input, and to
// Classifier and MatchNumber.
type PatternAggregate struct {
	Fn                      *function.ResolvedAggregate
	Args                    []Expr
	Classifier, MatchNumber Column
}

// Columns implements Node.
func (n *MatchRecognize) Columns() []Column {
	from := finder(n.Input.Columns())
	var out []Column
	for _, id := range n.Emit {
		out = append(out, from(id))
	}
	return append(out, Defined(n)...)
}

// Inputs implements Node.
func (n *MatchRecognize) Inputs() []Node { return []Node{n.Input} }

// WithInputs implements Node.
func (n *MatchRecognize) WithInputs(in []Node) Node { m := *n; m.Input = in[0]; return &m }

// eachSource calls f for each column of the input that n reads.
func (n *MatchRecognize) eachSource(f func(ColumnID)) {
	for _, id := range n.PartitionBy {
		f(id)
	}
	for _, k := range n.OrderBy {
		f(k.ID)
	}
	for _, id := range n.Emit {
		f(id)
	}
	if n.Window != nil && n.Window.End == Following {
		f(n.Window.EndOffset)
	}
	for _, p := range n.Pointers {
		switch p.Kind {
		case PointerColumn:
			f(p.Source)
		case PointerAggregate:
			for _, arg := range p.Aggregate.Args {
				EachRef(arg, func(r *ColumnRef) {
					if r.ID != p.Aggregate.Classifier.ID && r.ID != p.Aggregate.MatchNumber.ID {
						f(r.ID)
					}
				})
			}
		}
	}
}

func matchText(n *MatchRecognize) string {
	columns := columnsOf(n.Input)
	kind := "MatchRecognize"
	if n.Window != nil {
		kind = "PatternWindow"
	}
	return kind + list(" partition by ", n.PartitionBy, columns) +
		list(" order by ", n.OrderBy, func(k SortKey) string { return orderText(k, columns) }) +
		list(": ", n.Measures, projectionText)
}

func matchDetails(n *MatchRecognize) []string {
	out := []string{"pattern: " + n.patternText(n.Pattern)}
	for v, e := range n.Defines {
		if e != nil {
			out = append(out, "define: "+n.Variables[v]+" AS "+ExprString(e))
		}
	}
	return out
}

func (n *MatchRecognize) patternText(p *RowPattern) string {
	parts := make([]string, len(p.Items))
	for i, item := range p.Items {
		parts[i] = n.patternText(item)
	}
	switch p.Kind {
	case MatchVariable:
		return n.Variables[p.Variable]
	case MatchStart:
		return "^"
	case MatchEnd:
		return "$"
	case MatchConcatenation:
		return "(" + strings.Join(parts, " ") + ")"
	case MatchAlternation:
		return "(" + strings.Join(parts, " | ") + ")"
	case MatchPermutation:
		return "PERMUTE(" + strings.Join(parts, ", ") + ")"
	case MatchExclusion:
		return "{- " + parts[0] + " -}"
	case MatchQuantified:
		s := parts[0] + "{" + countText(0, p.Least) + "," + countText(0, p.Most) + "}"
		if p.Reluctant {
			s += "?"
		}
		return s
	}
	return "()"
}
