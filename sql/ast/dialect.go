package ast

import "strings"

// A Dialect says how a tree is written for an engine that reads some of it differently: stock Trino,
// which knows none of CloudTrail Lake's additions. What is an addition, only the analyzer knows.
type Dialect struct {
	// Tables holds the names that are written in place of placeholders and others.
	Tables map[*Table]string
	// Exprs holds what is written in place of expressions, and around them.
	Exprs map[Expr]Rewrite
}

// Rewrite is how an expression is written in a dialect. It is one that any operator may stand beside.
type Rewrite struct {
	Before, After string
	// Instead: the expression itself is left out.
	Instead bool
}

// Format returns n as SQL for another engine, on one line. Names that only CloudTrail Lake reads
// without quotes, such as UUIDs, have them.
func Format(n Node, d *Dialect) string {
	p := printer{dialect: d}
	p.print(n)
	return p.b.String()
}

// rewritten writes e if the dialect has a text of its own for it.
func (p *printer) rewritten(e Expr) bool {
	if p.dialect == nil || p.within == e {
		return false
	}
	r, ok := p.dialect.Exprs[e]
	if !ok {
		return false
	}
	p.s(r.Before)
	if !r.Instead {
		p.within = e
		p.expr(e)
	}
	p.s(r.After)
	return true
}

// isPlain says whether every engine reads name without quotes: letters, digits and _, and no
// reserved word.
func isPlain(name string) bool {
	return isBare(name) && !strings.Contains(name, "-") && (name[0] < '0' || name[0] > '9')
}
