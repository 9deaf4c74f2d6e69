package ast

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// String returns n as SQL on one line. Parsing it gives the same tree but for
// positions and quotes around names, as long as its parentheses do not nest deeper than the parser
// allows. Operators stand in parentheses, as in Trino's messages: '(a + 1)'
// must be an aggregate expression or appear in GROUP BY clause.
func String(n Node) string {
	var p printer
	p.print(n)
	return p.b.String()
}

// Key returns a text that two nodes share exactly if they are equal: the same
// tree but for positions, the case of names and whether names are quoted.
func Key(n Node) string {
	p := printer{fold: true}
	p.print(n)
	return p.b.String()
}

// Equal says whether a and b are the same tree but for positions, the case of names and whether
// names are quoted. Comparing many nodes, compare their keys.
func Equal(a, b Node) bool { return a == b || Key(a) == Key(b) }

// Message returns n as messages of Trino show it: String with types spelled as the statement spells them, || as the function
// that it is, and the clauses of SQL/JSON that a statement may leave out.
func Message(n Node) string {
	p := printer{message: true}
	p.print(n)
	return p.b.String()
}

// TypeText returns t as storage/types reads it. Names of fields are in lower case but where they are quoted.
func TypeText(t *Type) string {
	p := printer{lowerFields: true}
	p.typ(t)
	return p.b.String()
}

// printer writes nodes. Its methods mirror the parser's.
type printer struct {
	b    strings.Builder
	fold bool // print for Key
	// message: print for Message
	message bool
	// lowerFields: print for TypeText
	lowerFields bool
	// dialect is that of another engine; nil for our own.
	dialect *Dialect
	within  Expr // the expression whose rewrite is being written
}

func (p *printer) s(texts ...string) {
	for _, t := range texts {
		p.b.WriteString(t)
	}
}

func (p *printer) print(n Node) {
	switch n := n.(type) {
	case *Query:
		p.query(n)
	case Relation:
		p.relation(n)
	case Expr:
		p.expr(n)
	case Statement:
		p.statement(n)
	case QueryBody:
		p.body(n)
	case SelectItem:
		p.selectItem(n)
	case *QualifiedName:
		p.name(n)
	case *With:
		p.with(n)
	case *NamedQuery:
		p.namedQuery(n)
	case *SortItem:
		p.sortItem(n)
	case *Offset:
		p.s("OFFSET ")
		p.expr(n.Count)
		p.s(" ROWS")
	case *Limit:
		p.limit(n)
	case *Fetch:
		p.fetch(n)
	case *GroupBy:
		p.groupBy(n)
	case *GroupingElement:
		p.groupingElement(n)
	case *WindowDefinition:
		p.windowDefinition(n)
	case *TableFunctionArg:
		p.tableFunctionArg(n)
	case *TableArg:
		p.tableArg(n)
	case *Descriptor:
		p.descriptor(n)
	case *DescriptorField:
		p.descriptorField(n)
	case *Overflow:
		p.overflow(n)
	case *Over:
		p.over(n)
	case *WindowSpec:
		p.windowSpec(n)
	case *Frame:
		p.frame(n)
	case *FrameBound:
		p.frameBound(n)
	case *Measure, *SkipTo, *PatternSubset, *PatternDefine, *RowPattern:
		p.patternNode(n)
	case *When:
		p.when(n)
	case *RowField:
		p.rowField(n)
	case *Type:
		p.typ(n)
	case *TypeArg:
		p.typeArg(n)
	case *JSONPath, *JSONArg, *JSONBehavior, *JSONReturning, *JSONMember, *JSONColumn, *JSONPlan, *JSONDefaultPlan:
		p.json(n)
	default:
		panic(fmt.Sprintf("ast: no text form for %T", n))
	}
}

func (p *printer) statement(s Statement) {
	switch s := s.(type) {
	case *Query:
		p.query(s)
	case *Explain:
		p.s("EXPLAIN ")
		if s.Analyze {
			p.s("ANALYZE ")
			if s.Verbose {
				p.s("VERBOSE ")
			}
		}
		for i, o := range s.Options {
			p.s([]string{", ", "("}[btoi(i == 0)], o.Name, " ", o.Value)
			if i == len(s.Options)-1 {
				p.s(") ")
			}
		}
		p.statement(s.Statement)
	case *ShowTables:
		p.s("SHOW TABLES")
		p.showFrom(s.From)
		p.pattern(s.Pattern)
	case *ShowSchemas:
		p.s("SHOW SCHEMAS")
		if s.From != nil {
			p.s(" FROM ")
			p.ident(s.From)
		}
		p.pattern(s.Pattern)
	case *ShowCatalogs:
		p.s("SHOW CATALOGS")
		p.pattern(s.Pattern)
	case *ShowColumns:
		p.s("SHOW COLUMNS FROM ")
		p.relation(s.Table)
		p.pattern(s.Pattern)
	case *ShowFunctions:
		p.s("SHOW FUNCTIONS")
		p.showFrom(s.From)
		p.pattern(s.Pattern)
	case *ShowCreateTable:
		p.s("SHOW CREATE TABLE ")
		p.relation(s.Table)
	case *Describe:
		p.s("DESCRIBE ")
		p.relation(s.Table)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (p *printer) showFrom(n *QualifiedName) {
	if n != nil {
		p.s(" FROM ")
		p.name(n)
	}
}

func (p *printer) pattern(n *Pattern) {
	if n == nil {
		return
	}
	p.s(" LIKE ")
	p.expr(n.Like)
	if n.Escape != nil {
		p.s(" ESCAPE ")
		p.expr(n.Escape)
	}
}

func (p *printer) query(q *Query) {
	if q.With != nil {
		p.with(q.With)
		p.s(" ")
	}
	p.body(q.Body)
	if q.OrderBy != nil {
		p.s(" ORDER BY ")
		list(p, q.OrderBy, p.sortItem)
	}
	if q.Offset != nil {
		p.s(" ")
		p.print(q.Offset)
	}
	if q.Limit != nil {
		p.s(" ")
		p.limit(q.Limit)
	}
	if q.Fetch != nil {
		p.s(" ")
		p.fetch(q.Fetch)
	}
}

func (p *printer) with(w *With) {
	p.s("WITH ")
	if w.Recursive {
		p.s("RECURSIVE ")
	}
	list(p, w.Queries, p.namedQuery)
}

func (p *printer) namedQuery(n *NamedQuery) {
	p.ident(n.Name)
	p.columns(n.Columns)
	p.s(" AS (")
	p.query(n.Query)
	p.s(")")
}

// columns writes " (a, b)" if there are any.
func (p *printer) columns(c []*Identifier) {
	if c != nil {
		p.s(" (")
		list(p, c, p.ident)
		p.s(")")
	}
}

func (p *printer) sortItem(n *SortItem) {
	p.expr(n.Expr)
	if n.Descending {
		p.s(" DESC")
	}
	p.s([...]string{"", " NULLS FIRST", " NULLS LAST"}[n.Nulls])
}

func (p *printer) limit(n *Limit) {
	if n.Count == nil {
		p.s("LIMIT ALL")
		return
	}
	p.s("LIMIT ")
	p.expr(n.Count)
}

func (p *printer) fetch(n *Fetch) {
	p.s("FETCH FIRST ")
	if n.Count != nil {
		p.expr(n.Count)
		p.s(" ")
	}
	if n.WithTies {
		p.s("ROWS WITH TIES")
	} else {
		p.s("ROWS ONLY")
	}
}

func (p *printer) body(n QueryBody) {
	switch n := n.(type) {
	case *Query:
		p.s("(")
		p.query(n)
		p.s(")")
	case *Select:
		p.selectBody(n)
	case *SetOperation:
		p.body(n.Left)
		p.s(" ", n.Op.String())
		if n.All {
			p.s(" ALL")
		}
		if n.Corresponding {
			p.s(" CORRESPONDING")
			if n.By != nil {
				p.s(" BY")
				p.columns(n.By)
			}
		}
		p.s(" ")
		p.body(n.Right)
	case *Values:
		p.s("VALUES ")
		list(p, n.Rows, p.expr)
	case *TableRef:
		p.s("TABLE ")
		p.relation(n.Table)
	}
}

func (p *printer) selectBody(n *Select) {
	p.s("SELECT ")
	if n.Distinct {
		p.s("DISTINCT ")
	}
	list(p, n.Items, p.selectItem)
	if n.From != nil {
		p.s(" FROM ")
		p.relation(n.From)
	}
	if n.Where != nil {
		p.s(" WHERE ")
		p.expr(n.Where)
	}
	if n.GroupBy != nil {
		p.s(" ")
		p.groupBy(n.GroupBy)
	}
	if n.Having != nil {
		p.s(" HAVING ")
		p.expr(n.Having)
	}
	if n.Windows != nil {
		p.s(" WINDOW ")
		list(p, n.Windows, p.windowDefinition)
	}
}

func (p *printer) selectItem(n SelectItem) {
	switch n := n.(type) {
	case *SelectExpr:
		p.expr(n.Expr)
		if n.Alias != nil {
			p.s(" AS ")
			p.ident(n.Alias)
		}
	case *AllColumns:
		if n.Target != nil {
			p.base(n.Target)
			p.s(".")
		}
		p.s("*")
		if n.Aliases != nil {
			p.s(" AS")
			p.columns(n.Aliases)
		}
	}
}

func (p *printer) groupBy(n *GroupBy) {
	p.s("GROUP BY ")
	if n.Auto {
		p.s("AUTO")
		return
	}
	if len(n.Elements) == 1 && n.Elements[0].Kind == SimpleGrouping && len(n.Elements[0].Sets[0]) == 1 {
		if id, ok := n.Elements[0].Sets[0][0].(*Identifier); ok && strings.EqualFold(id.Name, "auto") {
			if n.Distinct {
				p.s("DISTINCT ")
			}
			p.s(quoteName(id.Name)) // a column, not the keyword
			return
		}
	}
	if n.Distinct {
		p.s("DISTINCT ")
	}
	list(p, n.Elements, p.groupingElement)
}

func (p *printer) groupingElement(n *GroupingElement) {
	if n.Kind == SimpleGrouping {
		p.groupingSet(n.Sets[0])
		return
	}
	p.s([...]string{Rollup: "ROLLUP", Cube: "CUBE", GroupingSets: "GROUPING SETS"}[n.Kind], " (")
	list(p, n.Sets, p.groupingSet)
	p.s(")")
}

func (p *printer) groupingSet(set []Expr) {
	if len(set) == 1 {
		// Not parenthesised again: "(a)" and "a" are one grouping set.
		p.expr(set[0])
		return
	}
	p.s("(")
	list(p, set, p.expr)
	p.s(")")
}

func (p *printer) windowDefinition(n *WindowDefinition) {
	p.ident(n.Name)
	p.s(" AS (")
	p.windowSpec(n.Spec)
	p.s(")")
}

func (p *printer) name(n *QualifiedName) {
	for i, part := range n.Parts {
		if i > 0 {
			p.s(".")
		}
		p.ident(part)
	}
}

func (p *printer) ident(n *Identifier) {
	switch {
	case p.fold:
		p.s(quoteName(strings.ToLower(n.Name)))
	case n.Quoted || !isBare(n.Name) || p.dialect != nil && !isPlain(n.Name):
		p.s(quoteName(n.Name))
	default:
		p.s(n.Name)
	}
}

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

func (p *printer) typ(t *Type) {
	if p.message && strings.HasPrefix(t.Name, "interval ") {
		p.s(strings.ToUpper(t.Name))
	} else if p.message && t.Spelling != "" {
		p.s(t.Spelling)
	} else if isBare(t.Name) || t.Name == "array" || strings.HasPrefix(t.Name, "interval ") {
		p.s(t.Name)
	} else {
		p.s(quoteName(t.Name)) // of no type: the analyzer will say so
	}
	if t.Args != nil {
		p.s("(")
		list(p, t.Args, p.typeArg)
		p.s(")")
	}
	if t.WithTimeZone {
		p.s(" with time zone")
	}
}

func (p *printer) typeArg(a *TypeArg) {
	if a.Type == nil {
		p.s(strconv.FormatInt(a.Number, 10))
		return
	}
	if a.Name != nil {
		name := a.Name
		if p.lowerFields && !name.Quoted {
			name = &Identifier{Name: strings.ToLower(name.Name)}
		}
		p.ident(name)
		p.s(" ")
	}
	p.typ(a.Type)
}

func (p *printer) string(s string) { p.s(types.QuoteText(s)) }

func list[N any](p *printer, items []N, print func(N)) {
	for i, n := range items {
		if i > 0 {
			p.s(", ")
		}
		print(n)
	}
}
