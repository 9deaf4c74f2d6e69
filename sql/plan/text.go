package plan

import (
	"sort"
	"strconv"
	"strings"
)

// String returns the text form of a plan, one line a node, inputs indented below
// it, as EXPLAIN shows it and goldens keep it:
//
//	Output eventname#3 AS eventName, count#9 AS n
//	  TopN count#9 DESC: 10
//	    Aggregate eventname#3: count#9 := count(*)
//	      Scan events: eventname#3
//	        filter: (errorcode#8 IS NOT NULL)
//
// Columns are written name#id. The text has no newline at the end.
func String(n Node) string { return Annotated(n, nil) }

// Annotated is String with further lines below each node, which notes returns; a
// nil notes returns none. EXPLAIN ANALYZE says there what the node did.
func Annotated(n Node, notes func(Node) []string) string {
	var b strings.Builder
	writeNode(&b, n, 0, notes)
	return strings.TrimSuffix(b.String(), "\n")
}

// Describe returns the parts of a node's text: its name, its first line, and the lines below it.
func Describe(n Node) (name, first string, details []string) {
	first = line(n)
	name, _, _ = strings.Cut(strings.ReplaceAll(first, ":", " "), " ")
	return name, first, detailsOf(n)
}

func writeNode(b *strings.Builder, n Node, depth int, notes func(Node) []string) {
	indent := strings.Repeat("  ", depth)
	b.WriteString(indent + line(n) + "\n")
	all := detailsOf(n)
	if notes != nil {
		all = append(all, notes(n)...)
	}
	for _, d := range all {
		b.WriteString(indent + "    " + d + "\n")
	}
	for _, in := range n.Inputs() {
		writeNode(b, in, depth+1, notes)
	}
}

// ColumnText returns name#id.
func ColumnText(c Column) string { return c.Name + "#" + strconv.Itoa(int(c.ID)) }

// line returns the first line of a node, without indentation.
func line(n Node) string {
	switch n := n.(type) {
	case *Scan:
		sample := ""
		if n.Sample > 0 {
			sample = " sample " + strconv.FormatFloat(n.Sample, 'g', -1, 64)
		}
		return "Scan " + n.Table.Name() + sample + list(": ", n.Outputs, scanColumnText)
	case *Values:
		return "Values" + list(" ", n.Outputs, ColumnText) + ": " + strconv.Itoa(len(n.Rows)) + " rows"
	case *Sequence:
		return n.text()
	case *Filter:
		return "Filter " + ExprString(n.Predicate)
	case *Project:
		return "Project" + list(" ", n.Outputs, projectionText)
	case *Aggregate:
		keys := columnsOf(n.Input)
		return "Aggregate" + list(" ", n.Keys, keys) + list(": ", n.Aggs, func(a AggCall) string { return aggText(a, keys) })
	case *Sort:
		return "Sort" + list(" ", n.Keys, sortKeyText(n.Input))
	case *TopN:
		s := "TopN" + list(" ", n.Keys, sortKeyText(n.Input)) + ": " + countText(n.Offset, n.Count)
		if n.WithTies {
			s += " with ties"
		}
		return s
	case *Limit:
		return "Limit " + countText(n.Offset, n.Count)
	case *Join:
		return joinText(n)
	case *Union:
		return "Union" + list(" ", n.Outputs, ColumnText)
	case *SetOperation:
		s := "Intersect"
		if n.Except {
			s = "Except"
		}
		if n.All {
			s += " all"
		}
		return s + list(" ", n.Outputs, ColumnText)
	case *Recursion:
		return "Recursion" + list(" ", n.Outputs, ColumnText)
	case *WorkingTable:
		return "WorkingTable" + list(" ", n.Outputs, ColumnText)
	case *Apply:
		return applyText(n)
	case *MatchRecognize:
		return matchText(n)
	case *Unnest:
		return unnestText(n)
	case *Window:
		return windowText(n)
	case *EnforceSingleRow:
		return "EnforceSingleRow"
	case *Output:
		columns := columnsOf(n.Input)
		parts := make([]string, len(n.IDs))
		for i, id := range n.IDs {
			parts[i] = columns(id) + " AS " + n.Labels[i]
		}
		return "Output " + strings.Join(parts, ", ")
	}
	return "?"
}

// detailsOf returns the further lines of a node.
func detailsOf(n Node) []string {
	var out []string
	switch n := n.(type) {
	case *Scan:
		ids := make([]int, 0, len(n.Domains))
		for id := range n.Domains {
			ids = append(ids, int(id))
		}
		sort.Ints(ids)
		for _, id := range ids {
			for _, c := range n.Outputs {
				if c.ID == ColumnID(id) {
					out = append(out, "domain: "+ColumnText(c.Column)+" "+n.Domains[c.ID].String())
				}
			}
		}
		if n.Filter != nil {
			for _, t := range Conjuncts(n.Filter) {
				out = append(out, "filter: "+ExprString(t))
			}
		}
		if n.Emit != nil {
			out = append(out, "emit:"+list(" ", n.Columns(), ColumnText))
		}
	case *Values:
		for i, row := range n.Rows {
			if i == maxValuesShown {
				return append(out, "…")
			}
			out = append(out, "("+strings.TrimPrefix(list(" ", row, ExprString), " ")+")")
		}
	case *Union:
		for i, in := range n.Branches {
			out = append(out, "from:"+list(" ", n.Maps[i], columnsOf(in)))
		}
	case *MatchRecognize:
		out = matchDetails(n)
	case *Recursion:
		out = append(out, "anchor:"+list(" ", n.AnchorMap, columnsOf(n.Anchor)), "step:"+list(" ", n.StepMap, columnsOf(n.Step)))
	case *SetOperation:
		out = append(out, "left:"+list(" ", n.LeftMap, columnsOf(n.Left)), "right:"+list(" ", n.RightMap, columnsOf(n.Right)))
	case *Join:
		if n.Residual != nil {
			out = append(out, "residual: "+ExprString(n.Residual))
		}
	}
	return out
}

// maxValuesShown is how many rows of VALUES a plan's text shows.
const maxValuesShown = 10

// list joins the texts of items by commas, with a prefix unless there are none.
func list[T any](prefix string, items []T, text func(T) string) string {
	if len(items) == 0 {
		return ""
	}
	parts := make([]string, len(items))
	for i, item := range items {
		parts[i] = text(item)
	}
	return prefix + strings.Join(parts, ", ")
}

func columnsOf(n Node) func(ColumnID) string {
	columns := n.Columns()
	return func(id ColumnID) string {
		if c := find(columns, id); c.ID == id {
			return ColumnText(c)
		}
		return "?#" + strconv.Itoa(int(id))
	}
}

func scanColumnText(c ScanColumn) string {
	path := strings.Join(c.Path, ".")
	if path == c.Name {
		return ColumnText(c.Column)
	}
	return ColumnText(c.Column) + " := " + path
}

func projectionText(p Projection) string {
	if ref, ok := p.Expr.(*ColumnRef); ok && ref.ID == p.ID {
		return ColumnText(p.Column)
	}
	return ColumnText(p.Column) + " := " + ExprString(p.Expr)
}

func aggText(a AggCall, columns func(ColumnID) string) string {
	s := ColumnText(a.Column) + " := " + a.Fn.Name + "("
	if a.Distinct {
		s += "DISTINCT "
	}
	if len(a.Args) == 0 {
		s += "*"
	}
	s += list("", a.Args, ExprString) + list(" ORDER BY ", a.OrderBy, func(k SortKey) string { return orderText(k, columns) }) + ")"
	if a.Filter != nil {
		s += " FILTER " + ExprString(a.Filter)
	}
	return s
}

func sortKeyText(in Node) func(SortKey) string {
	columns := columnsOf(in)
	return func(k SortKey) string { return orderText(k, columns) }
}

func orderText(k SortKey, columns func(ColumnID) string) string {
	s := columns(k.ID)
	if k.Descending {
		s += " DESC"
	}
	if k.NullsFirst {
		s += " NULLS FIRST"
	}
	return s
}

func countText(offset, count int64) string {
	s := strconv.FormatInt(count, 10)
	if count < 0 {
		s = "all"
	}
	if offset > 0 {
		s += " after " + strconv.FormatInt(offset, 10)
	}
	return s
}

var joinNames = [...]string{InnerJoin: "InnerJoin", LeftJoin: "LeftJoin", RightJoin: "RightJoin",
	FullJoin: "FullJoin", CrossJoin: "CrossJoin", MarkJoin: "MarkJoin"}

func joinText(n *Join) string {
	left, right := columnsOf(n.Left), columnsOf(n.Right)
	pairs := make([]string, len(n.LeftKeys))
	for i, id := range n.LeftKeys {
		pairs[i] = left(id) + " = " + right(n.RightKeys[i])
	}
	s := joinNames[n.Kind]
	if n.Kind == MarkJoin {
		s += " " + ColumnText(n.Mark)
	}
	return s + list(": ", pairs, func(p string) string { return p })
}

func applyText(n *Apply) string {
	s := "Apply"
	if n.Outer {
		s = "OuterApply"
	}
	left := columnsOf(n.Left)
	return s + list(" ", n.Parameters, func(p Parameter) string {
		if p.ID == p.From {
			return ColumnText(p.Column)
		}
		return ColumnText(p.Column) + " := " + left(p.From)
	})
}

func unnestText(n *Unnest) string {
	columns := columnsOf(n.Input)
	s := "Unnest"
	if n.Outer {
		s = "OuterUnnest"
	}
	s += list(" ", n.Collections, func(c UnnestCollection) string {
		return columns(c.ID) + " AS (" + list("", c.Outputs, ColumnText) + ")"
	})
	if n.Ordinality != nil {
		s += " ordinality " + ColumnText(*n.Ordinality)
	}
	return s
}

func windowText(n *Window) string {
	columns := columnsOf(n.Input)
	top := ""
	if n.Top > 0 {
		top = " top " + strconv.FormatInt(n.Top, 10)
		if n.TopTies {
			top += " with ties"
		}
	}
	return "Window" + list(" partition by ", n.PartitionBy, columns) +
		list(" order by ", n.OrderBy, func(k SortKey) string { return orderText(k, columns) }) + top +
		list(": ", n.Functions, func(w WindowCall) string { return windowCallText(w, columns) })
}

func windowCallText(w WindowCall, columns func(ColumnID) string) string {
	name, distinct := "", ""
	if w.Fn != nil {
		name = w.Fn.Name
	} else {
		name = w.Aggregate.Name
	}
	if w.Distinct {
		distinct = "DISTINCT "
	}
	args := list("", w.Args, ExprString)
	if len(w.Args) == 0 && w.Aggregate != nil {
		args = "*"
	}
	s := ColumnText(w.Column) + " := " + name + "(" + distinct + args +
		list(" ORDER BY ", w.ArgOrder, func(k SortKey) string { return orderText(k, columns) }) + ")"
	if w.Filter != nil {
		s += " FILTER " + ExprString(w.Filter)
	}
	if w.IgnoreNulls {
		s += " IGNORE NULLS"
	}
	return s + frameText(w.Frame)
}

// frameText is empty for the default frame.
func frameText(f Frame) string {
	if f.Mode == FrameRange && f.Start == UnboundedPreceding && f.End == CurrentRow {
		return ""
	}
	bound := func(k BoundKind, offset, value *ColumnRef) string {
		s := [...]string{"UNBOUNDED PRECEDING", "PRECEDING", "CURRENT ROW", "FOLLOWING", "UNBOUNDED FOLLOWING"}[k]
		switch {
		case value != nil:
			s = "UP TO " + ExprString(value) + " " + s
		case offset != nil:
			s = ExprString(offset) + " " + s
		}
		return s
	}
	return " " + [...]string{"RANGE", "ROWS", "GROUPS"}[f.Mode] + " BETWEEN " +
		bound(f.Start, f.StartOffset, f.StartValue) + " AND " + bound(f.End, f.EndOffset, f.EndValue)
}
