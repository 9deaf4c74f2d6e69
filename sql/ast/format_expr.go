package ast

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// expr writes e where any expression may stand.
func (p *printer) expr(e Expr) {
	if p.rewritten(e) {
		return
	}
	switch e := e.(type) {
	case *NullLiteral:
		p.s("NULL")
	case *BooleanLiteral:
		p.s([]string{"false", "true"}[btoi(e.Value)])
	case *StringLiteral:
		p.string(e.Value)
	case *BinaryLiteral:
		p.s(fmt.Sprintf("X'%X'", e.Value))
	case *IntegerLiteral:
		p.s(strconv.FormatInt(e.Value, 10))
	case *DecimalLiteral:
		p.s(e.Text)
	case *DoubleLiteral:
		p.s(doubleText(e.Value))
	case *TypedLiteral:
		p.typedLiteral(e)
	case *IntervalLiteral:
		p.interval(e)
	case *Identifier:
		p.ident(e)
	case *Dereference:
		p.base(e.Base)
		p.s(".")
		p.ident(e.Field)
	case *Subscript:
		p.base(e.Base)
		p.s("[")
		p.operand(e.Index)
		p.s("]")
	case *Parameter:
		p.s("?")
	case *FunctionCall:
		p.call(e)
	case *WindowMeasure:
		p.ident(e.Name)
		p.s(" ")
		p.over(e.Over)
	case *Lambda:
		p.s("(")
		list(p, e.Params, p.ident)
		p.s(") -> ")
		p.expr(e.Body)
	case *Cast:
		p.s([]string{"CAST(", "TRY_CAST("}[btoi(e.Try)])
		p.expr(e.Expr)
		p.s(" AS ")
		p.typ(e.Type)
		p.s(")")
	case *Case:
		p.caseExpr(e)
	case *Exists:
		p.s("EXISTS ")
		p.subquery(e.Query)
	case *Subquery:
		p.subquery(e.Query)
	case *Row:
		p.s("ROW(")
		list(p, e.Fields, p.rowField)
		p.s(")")
	case *Array:
		p.s("ARRAY[")
		list(p, e.Items, p.expr)
		p.s("]")
	case *Extract:
		p.s("EXTRACT(")
		p.ident(e.Field)
		p.s(" FROM ")
		p.operand(e.Expr)
		p.s(")")
	case *Current:
		p.s(e.Name.String())
		if e.Precision >= 0 {
			p.s("(", strconv.Itoa(e.Precision), ")")
		}
	case *Unary:
		p.unary(e)
	case *JSONExists, *JSONValue, *JSONQuery, *JSONObject, *JSONArray:
		p.json(e)
	default:
		if c, ok := e.(*Arithmetic); ok && c.Op == Concat && p.message {
			p.s("concat(")
			p.operand(c.Left)
			p.s(", ")
			p.operand(c.Right)
			p.s(")")
			return
		}
		p.s("(")
		p.operator(e)
		p.s(")")
	}
}

// operator writes the expressions that stand in parentheses, without these.
func (p *printer) operator(e Expr) {
	switch e := e.(type) {
	case *Arithmetic:
		p.operand(e.Left)
		p.s(" ", e.Op.String(), " ")
		p.operand(e.Right)
	case *Comparison:
		p.operand(e.Left)
		p.s(" ", e.Op.String(), " ")
		p.operand(e.Right)
	case *QuantifiedComparison:
		p.operand(e.Left)
		p.s(" ", e.Op.String(), []string{" ANY ", " ALL "}[btoi(e.All)])
		p.subquery(e.Query)
	case *Logical:
		for i, t := range e.Terms {
			if i > 0 {
				p.s(" ", e.Op.String(), " ")
			}
			p.operand(t)
		}
	case *Not:
		p.s("NOT ")
		p.operand(e.Expr)
	case *Between:
		p.operand(e.Expr)
		p.not(e.Not)
		p.s(" BETWEEN ")
		if e.Symmetric {
			p.s("SYMMETRIC ")
		}
		p.operand(e.Low)
		p.s(" AND ")
		p.operand(e.High)
	case *InList:
		p.operand(e.Expr)
		p.not(e.Not)
		p.s(" IN (")
		list(p, e.List, p.expr)
		p.s(")")
	case *InSubquery:
		p.operand(e.Expr)
		p.not(e.Not)
		p.s(" IN ")
		p.subquery(e.Query)
	case *Like:
		p.operand(e.Expr)
		p.not(e.Not)
		p.s(" LIKE ")
		p.operand(e.Pattern)
		if e.Escape != nil {
			p.s(" ESCAPE ")
			p.operand(e.Escape)
		}
	case *IsNull:
		p.operand(e.Expr)
		p.s(" IS")
		p.not(e.Not)
		p.s(" NULL")
	case *IsTruth:
		p.operand(e.Expr)
		p.s(" IS")
		p.not(e.Not)
		p.s(" ", e.Truth.String())
	case *IsDistinctFrom:
		p.operand(e.Left)
		p.s(" IS")
		p.not(e.Not)
		p.s(" DISTINCT FROM ")
		p.operand(e.Right)
	case *AtTimeZone:
		p.operand(e.Expr)
		if e.Zone == nil {
			p.s(" AT LOCAL")
			return
		}
		p.s(" AT TIME ZONE ")
		p.expr(e.Zone)
	default:
		panic(fmt.Sprintf("ast: no text form for %T", e))
	}
}

func (p *printer) not(not bool) {
	if not {
		p.s(" NOT")
	}
}

// operand writes e beside an operator. A lambda would take the rest of the
// expression into its body.
func (p *printer) operand(e Expr) {
	if _, ok := e.(*Lambda); ok {
		p.s("(")
		p.expr(e)
		p.s(")")
		return
	}
	p.expr(e)
}

// base writes e before a dot or an opening bracket, which bind tighter than all else.
func (p *printer) base(e Expr) {
	switch e.(type) {
	case *Identifier, *Dereference, *Subscript, *FunctionCall, *Cast, *Row, *Array, *Parameter, *Subquery,
		*Arithmetic, *Comparison, *Logical:
		p.expr(e)
	default:
		p.s("(")
		p.expr(e)
		p.s(")")
	}
}

func (p *printer) unary(e *Unary) {
	p.s([]string{"+", "-"}[btoi(e.Negative)])
	switch e.Expr.(type) {
	case *IntegerLiteral, *DecimalLiteral, *DoubleLiteral, *Unary: // -5 is a literal, -- a comment
		p.s("(")
		p.expr(e.Expr)
		p.s(")")
	default:
		p.operand(e.Expr)
	}
}

func (p *printer) subquery(q *Query) {
	p.s("(")
	p.query(q)
	p.s(")")
}

func (p *printer) typedLiteral(e *TypedLiteral) {
	if e.Type.Name == "double" {
		p.s("DOUBLE PRECISION ")
	} else {
		p.ident(&Identifier{Name: strings.ToUpper(e.Type.Name)})
		p.s(" ")
	}
	p.string(e.Value)
}

func (p *printer) interval(e *IntervalLiteral) {
	p.s("INTERVAL ")
	if e.Negative {
		p.s("-")
	}
	p.string(e.Value)
	p.s(" ", e.From.String())
	if e.To != NoField {
		p.s(" TO ", e.To.String())
	}
}

func (p *printer) caseExpr(e *Case) {
	p.s("(CASE")
	if e.Operand != nil {
		p.s(" ")
		p.operand(e.Operand)
	}
	for _, w := range e.Whens {
		p.s(" ")
		p.when(w)
	}
	if e.Else != nil {
		p.s(" ELSE ")
		p.expr(e.Else)
	}
	p.s(" END)")
}

func (p *printer) when(w *When) {
	p.s("WHEN ")
	p.expr(w.Condition)
	p.s(" THEN ")
	p.expr(w.Result)
}

func (p *printer) rowField(f *RowField) {
	p.expr(f.Expr)
	if f.Name != nil {
		p.s(" AS ")
		p.ident(f.Name)
	}
}

func (p *printer) call(e *FunctionCall) {
	word := ""
	if n := e.Name.Parts; len(n) == 1 && !n[0].Quoted {
		word = strings.ToUpper(n[0].Name)
	}
	p.s([...]string{"", "RUNNING ", "FINAL "}[e.Mode])
	switch word {
	case "TRIM", "NORMALIZE", "LISTAGG": // reserved, and calls nevertheless
		p.s(word)
	case "GROUPING":
		p.s(word, " ")
	default:
		p.name(e.Name)
	}
	p.s("(")
	if e.StarOf != nil {
		p.ident(e.StarOf)
		p.s(".")
	}
	if e.Star {
		p.s("*")
	}
	if e.Distinct {
		p.s("DISTINCT ")
	}
	for i, a := range e.Args {
		if i > 0 {
			p.s(", ")
		}
		if form, ok := a.(*StringLiteral); ok && i == 1 && word == "NORMALIZE" {
			p.s(form.Value) // a keyword: NFC
			continue
		}
		p.expr(a)
	}
	if e.Overflow != nil {
		p.s(" ")
		p.overflow(e.Overflow)
	}
	if e.OrderBy != nil {
		p.s(" ORDER BY ")
		list(p, e.OrderBy, p.sortItem)
	}
	p.s(")")
	if e.WithinGroup != nil {
		p.s(" WITHIN GROUP (ORDER BY ")
		list(p, e.WithinGroup, p.sortItem)
		p.s(")")
	}
	if e.Filter != nil {
		p.s(" FILTER (WHERE ")
		p.expr(e.Filter)
		p.s(")")
	}
	p.s([...]string{"", " RESPECT NULLS", " IGNORE NULLS"}[e.NullTreatment])
	if e.Over != nil {
		p.s(" ")
		p.over(e.Over)
	}
}

func (p *printer) overflow(o *Overflow) {
	if !o.Truncate {
		p.s("ON OVERFLOW ERROR")
		return
	}
	p.s("ON OVERFLOW TRUNCATE ")
	if o.Filler != nil {
		p.expr(o.Filler)
		p.s(" ")
	}
	p.s([]string{"WITHOUT COUNT", "WITH COUNT"}[btoi(o.Count)])
}

func (p *printer) over(o *Over) {
	p.s("OVER ")
	if o.Name != nil {
		p.ident(o.Name)
		return
	}
	p.s("(")
	p.windowSpec(o.Spec)
	p.s(")")
}

func (p *printer) windowSpec(w *WindowSpec) {
	sep := ""
	if w.Base != nil {
		p.ident(w.Base)
		sep = " "
	}
	if w.PartitionBy != nil {
		p.s(sep, "PARTITION BY ")
		list(p, w.PartitionBy, p.expr)
		sep = " "
	}
	if w.OrderBy != nil {
		p.s(sep, "ORDER BY ")
		list(p, w.OrderBy, p.sortItem)
		sep = " "
	}
	if w.Frame != nil {
		p.s(sep)
		p.frame(w.Frame)
	}
}

func (p *printer) frame(f *Frame) {
	if f.Match != nil {
		p.measures(f.Match, func(words string) { p.s(words) })
		if f.Match.Measures != nil {
			p.s(" ")
		}
	}
	p.s(f.Unit.String(), " ")
	if f.End == nil {
		p.frameBound(f.Start)
	} else {
		p.s("BETWEEN ")
		p.frameBound(f.Start)
		p.s(" AND ")
		p.frameBound(f.End)
	}
	if f.Match != nil {
		p.recognition(f.Match, func(words string) { p.s(" ", words) })
	}
}

func (p *printer) frameBound(b *FrameBound) {
	switch b.Kind {
	case UnboundedPreceding:
		p.s("UNBOUNDED PRECEDING")
	case UnboundedFollowing:
		p.s("UNBOUNDED FOLLOWING")
	case CurrentRow:
		p.s("CURRENT ROW")
	case Preceding:
		p.operand(b.Offset)
		p.s(" PRECEDING")
	case Following:
		p.operand(b.Offset)
		p.s(" FOLLOWING")
	}
}

// doubleText returns v as a literal with an exponent: 1.5E3.
func doubleText(v float64) string {
	if math.IsInf(v, 0) {
		return []string{"1E999", "-1E999"}[btoi(v < 0)] // read as infinite
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'E', -1, 64), "E")
	n, _ := strconv.Atoi(exponent)
	return mantissa + "E" + strconv.Itoa(n)
}
