package parser

import (
	"github.com/ctlake/ctlake/sql/ast"
)

// matchRecognize parses what follows a relation: MATCH_RECOGNIZE (…), and the alias of the result.
func (p *parser) matchRecognize(r ast.Relation) ast.Relation {
	n := &ast.MatchRecognize{Pos: r.Position(), Input: r}
	p.next()
	p.expect("(")
	if p.accept("PARTITION") {
		p.expect("BY")
		p.commaList(func() { n.PartitionBy = append(n.PartitionBy, p.expression()) })
	}
	if p.accept("ORDER") {
		p.expect("BY")
		n.OrderBy = p.sortItems()
	}
	n.Measures = p.measures()
	n.Rows = p.rowsPerMatch()
	p.recognition(&n.Recognition)
	switch {
	case p.err != nil:
	case n.Pattern == nil:
		p.expect("PATTERN")
	case n.Defines == nil:
		p.expect("DEFINE")
	}
	p.expect(")")
	return p.alias(n)
}

func (p *parser) measures() []*ast.Measure {
	if !p.accept("MEASURES") {
		return nil
	}
	var out []*ast.Measure
	p.commaList(func() {
		m := &ast.Measure{Pos: p.pos(), Expr: p.expression()}
		p.expect("AS")
		m.Name = p.identifier()
		out = append(out, m)
	})
	return out
}

// recognition parses the clauses behind MEASURES, and how many rows a match gives or the extent of a frame.
func (p *parser) recognition(n *ast.Recognition) {
	if p.accept("AFTER") {
		p.expect("MATCH")
		n.Skip = p.skipTo()
	}
	n.Search = p.patternSearch()
	if p.accept("PATTERN") {
		p.expect("(")
		n.Pattern = p.rowPattern()
		p.expect(")")
	}
	if p.accept("SUBSET") {
		p.commaList(func() {
			s := &ast.PatternSubset{Pos: p.pos(), Name: p.identifier()}
			p.expect("=", "(")
			s.Items = p.identifiers()
			p.expect(")")
			n.Subsets = append(n.Subsets, s)
		})
	}
	if p.accept("DEFINE") {
		p.commaList(func() {
			d := &ast.PatternDefine{Pos: p.pos(), Name: p.identifier()}
			p.expect("AS")
			d.Expr = p.expression()
			n.Defines = append(n.Defines, d)
		})
	}
}

func (p *parser) patternSearch() *ast.PatternSearch {
	s := &ast.PatternSearch{Pos: p.pos(), Seek: p.is("SEEK")}
	if !p.accept("INITIAL") && !p.accept("SEEK") {
		return nil
	}
	return s
}

func (p *parser) rowsPerMatch() ast.RowsPerMatch {
	switch {
	case p.accept("ONE"):
		p.expect("ROW", "PER", "MATCH")
		return ast.OneRow
	case !p.accept("ALL"):
		return ast.RowsDefault
	}
	p.expect("ROWS", "PER", "MATCH")
	switch {
	case p.accept("SHOW"):
		p.expect("EMPTY", "MATCHES")
		return ast.AllRowsShowEmpty
	case p.accept("OMIT"):
		p.expect("EMPTY", "MATCHES")
		return ast.AllRowsOmitEmpty
	case p.accept("WITH"):
		p.expect("UNMATCHED", "ROWS")
		return ast.AllRowsWithUnmatched
	}
	return ast.AllRows
}

func (p *parser) skipTo() *ast.SkipTo {
	n := &ast.SkipTo{Pos: p.pos()}
	p.expect("SKIP")
	if p.accept("PAST") {
		p.expect("LAST", "ROW")
		return n
	}
	p.expect("TO")
	switch {
	case p.is("NEXT") && p.ahead(1).name == "ROW":
		p.next()
		p.next()
		n.Kind = ast.SkipToNext
		return n
	case p.is("FIRST") && p.ahead(1).isIdentifier() && p.ahead(1).name != "PATTERN":
		p.next()
		n.Kind = ast.SkipToFirst
	case p.is("LAST") && p.ahead(1).isIdentifier() && p.ahead(1).name != "PATTERN":
		p.next()
		n.Kind = ast.SkipToLast
	default:
		n.Kind = ast.SkipToName
	}
	n.Name = p.identifier()
	return n
}

// rowPattern parses alternatives of sequences.
func (p *parser) rowPattern() *ast.RowPattern {
	p.enter()
	defer p.leave()
	pos := p.pos()
	items := []*ast.RowPattern{p.patternSequence()}
	for p.accept("|") {
		items = append(items, p.patternSequence())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &ast.RowPattern{Pos: pos, Kind: ast.PatternAlternation, Items: items}
}

func (p *parser) patternSequence() *ast.RowPattern {
	pos := p.pos()
	items := []*ast.RowPattern{p.patternFactor()}
	for p.err == nil && !p.is(")") && !p.is("|") && !p.is(",") && !p.is("-}") {
		items = append(items, p.patternFactor())
	}
	if len(items) == 1 {
		return items[0]
	}
	return &ast.RowPattern{Pos: pos, Kind: ast.PatternConcatenation, Items: items}
}

// patternFactor parses a primary pattern and its quantifier.
func (p *parser) patternFactor() *ast.RowPattern {
	n := p.patternPrimary()
	q := &ast.RowPattern{Pos: n.Pos, Kind: ast.PatternQuantified, Items: []*ast.RowPattern{n}, Most: -1}
	q.Quantifier = p.pos()
	switch {
	case p.accept("*"):
	case p.accept("+"):
		q.Least = 1
	case p.accept("?"):
		q.Most = 1
	case p.accept("{"):
		if p.tok().kind == integer {
			q.Least = p.patternBound()
			q.Most = q.Least
		}
		if p.accept(",") {
			q.Most = -1
			if p.tok().kind == integer {
				q.Most = p.patternBound()
			}
		} else if q.Most < 0 {
			p.unexpected()
		}
		p.expect("}")
	default:
		return n
	}
	q.Reluctant = p.accept("?")
	return q
}

func (p *parser) patternBound() int64 {
	t := p.tok()
	n, ok := p.number(false, position(t)).(*ast.IntegerLiteral)
	if !ok {
		return 0
	}
	return n.Value
}

func (p *parser) patternPrimary() *ast.RowPattern {
	n := &ast.RowPattern{Pos: p.pos()}
	switch {
	case p.accept("^"):
		n.Kind = ast.PatternStart
	case p.accept("$"):
		n.Kind = ast.PatternEnd
	case p.accept("{-"):
		n.Kind = ast.PatternExclusion
		n.Items = []*ast.RowPattern{p.rowPattern()}
		p.expect("-}")
	case p.accept("("):
		if p.accept(")") {
			n.Kind = ast.PatternEmpty
			return n
		}
		n = p.rowPattern()
		p.expect(")")
	case p.is("PERMUTE") && p.ahead(1).name == "(":
		p.next()
		p.next()
		n.Kind = ast.PatternPermutation
		p.commaList(func() { n.Items = append(n.Items, p.rowPattern()) })
		p.expect(")")
	default:
		n.Name = p.identifier()
	}
	return n
}
