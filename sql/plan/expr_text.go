package plan

import (
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// ExprString returns an expression as plans show it: SQL, but for columns, which
// are written name#id, and for literals, which name their type where it is not
// plain from how they are written.
func ExprString(e Expr) string {
	var b strings.Builder
	writeExpr(&b, e)
	return b.String()
}

// infix holds the signs of operators of two operands.
var infix = map[string]string{
	"$add": "+", "$subtract": "-", "$multiply": "*", "$divide": "/", "$modulus": "%", "concat": "||",
	"$equal": "=", "$not_equal": "<>", "$less": "<", "$less_or_equal": "<=", "$greater": ">", "$greater_or_equal": ">=",
	"$distinct": "IS DISTINCT FROM", "$like": "LIKE",
}

func writeExpr(b *strings.Builder, e Expr) {
	switch e := e.(type) {
	case *ColumnRef:
		b.WriteString(ColumnText(e.Column))
	case *Literal:
		writeLiteral(b, e)
	case *Call:
		writeCall(b, e)
	case *Cast:
		if e.Try {
			b.WriteString("TRY_")
		}
		b.WriteString("CAST(")
		writeExpr(b, e.Arg)
		b.WriteString(" AS " + e.To.String() + ")")
	case *And:
		writeJoined(b, e.Terms, " AND ")
	case *Or:
		writeJoined(b, e.Terms, " OR ")
	case *Case:
		b.WriteString("CASE")
		for _, w := range e.Whens {
			b.WriteString(" WHEN ")
			writeExpr(b, w.Cond)
			b.WriteString(" THEN ")
			writeExpr(b, w.Then)
		}
		b.WriteString(" ELSE ")
		writeExpr(b, e.Else)
		b.WriteString(" END")
	case *Coalesce:
		writeCallText(b, "COALESCE", e.Args)
	case *In:
		b.WriteByte('(')
		writeExpr(b, e.Value)
		b.WriteString(" IN ")
		writeCallText(b, "", e.List)
		b.WriteByte(')')
	case *IsNull:
		b.WriteByte('(')
		writeExpr(b, e.Arg)
		b.WriteString(" IS NULL)")
	case *Try:
		writeCallText(b, "TRY", []Expr{e.Arg})
	case *Field:
		writeExpr(b, e.Arg)
		if name := e.Arg.Type().Fields()[e.Index].Name; name != "" {
			b.WriteString("." + name)
		} else {
			b.WriteString("[" + strconv.Itoa(e.Index+1) + "]")
		}
	case *RowOf:
		writeCallText(b, "ROW", e.Fields)
	case *Lambda:
		b.WriteString("(" + list("", e.Params, ColumnText) + ") -> ")
		writeExpr(b, e.Body)
	}
}

func writeJoined(b *strings.Builder, terms []Expr, word string) {
	b.WriteByte('(')
	for i, t := range terms {
		if i > 0 {
			b.WriteString(word)
		}
		writeExpr(b, t)
	}
	b.WriteByte(')')
}

func writeCall(b *strings.Builder, e *Call) {
	name := e.Fn.Name
	switch {
	case infix[name] != "" && len(e.Args) == 2:
		writeJoined(b, e.Args, " "+infix[name]+" ")
	case name == "$not":
		if null, ok := e.Args[0].(*IsNull); ok {
			b.WriteByte('(')
			writeExpr(b, null.Arg)
			b.WriteString(" IS NOT NULL)")
			return
		}
		b.WriteString("(NOT ")
		writeExpr(b, e.Args[0])
		b.WriteByte(')')
	case name == "$negate":
		b.WriteString("(-")
		writeExpr(b, e.Args[0])
		b.WriteByte(')')
	case name == "$subscript" && len(e.Args) == 2:
		writeExpr(b, e.Args[0])
		b.WriteByte('[')
		writeExpr(b, e.Args[1])
		b.WriteByte(']')
	case name == "$array":
		b.WriteString("ARRAY[" + list("", e.Args, ExprString) + "]")
	default:
		writeCallText(b, name, e.Args)
	}
}

func writeCallText(b *strings.Builder, name string, args []Expr) {
	b.WriteString(name + "(")
	for i, a := range args {
		if i > 0 {
			b.WriteString(", ")
		}
		writeExpr(b, a)
	}
	b.WriteByte(')')
}

func writeLiteral(b *strings.Builder, l *Literal) {
	if l.IsNull() {
		b.WriteString("NULL")
		return
	}
	text := string(vector.AppendText(nil, l.Value, 0))
	switch t := l.Type(); t.Kind() {
	case types.Boolean, types.Integer, types.Bigint, types.Double, types.Decimal, types.Array, types.Map, types.Row:
		b.WriteString(text)
	case types.Varchar:
		b.WriteString(types.QuoteText(text))
	default:
		b.WriteString(strings.ToUpper(t.String()) + " " + types.QuoteText(text))
	}
}
