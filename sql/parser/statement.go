package parser

import (
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
)

func (p *parser) singleStatement() ast.Statement {
	s := p.statement()
	for p.tok().name == ";" { // ends a statement in a script; no part of the grammar
		p.next()
	}
	if p.tok().kind != eof {
		p.note("", labelEOF)
		p.unexpected()
	}
	return s
}

// refused holds the first words of statements that are not queries.
var refused = strings.Fields(`ALTER ANALYZE CALL COMMENT COMMIT CREATE DEALLOCATE DELETE DENY DROP EXECUTE GRANT
	INSERT MERGE PREPARE REFRESH RESET REVOKE ROLLBACK SET START TRUNCATE UPDATE USE`)

// refusedHints say what does what some of these statements do elsewhere.
var refusedHints = map[string]string{
	"PREPARE":      "write ? in the statement, and give its value along with it",
	"EXECUTE":      "write ? in the statement, and give its value along with it",
	"SET TIME":     "the time zone is an option of the session",
	"INSERT":       "events come into a store by ctlake ingest",
	"MERGE":        "events come into a store by ctlake ingest",
	"CREATE TABLE": "event data stores are made by ctlake ingest",
	"CREATE VIEW":  "name the query in a WITH clause",
}

// refusedName names the statement at the current token by its first words: CREATE TABLE, DROP
// MATERIALIZED VIEW, SET SESSION.
func (p *parser) refusedName() string {
	words := []string{p.tok().name}
	next := 1
	object := func() string {
		t := p.ahead(next)
		next++
		if t.kind != word {
			return ""
		}
		return strings.ToUpper(p.shown(t))
	}
	switch words[0] {
	case "CREATE", "DROP", "ALTER", "REFRESH", "SET", "RESET", "START", "TRUNCATE":
		w := object()
		if w == "OR" { // OR REPLACE
			object()
			w = object()
		}
		words = append(words, w)
		if w == "MATERIALIZED" {
			words = append(words, object())
		}
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

func (p *parser) statement() ast.Statement {
	p.enter()
	defer p.leave()
	t := p.tok()
	if t.kind == word && slices.Contains(refused, t.name) {
		what := p.refusedName()
		p.fail(sql.Errorf(sql.NOT_SUPPORTED, position(t), "CloudTrail Lake answers queries only: %s is not supported", what).
			WithHint(refusedHints[what]))
		return &ast.Query{}
	}
	switch {
	case p.is("EXPLAIN"):
		return p.explain()
	case p.is("SHOW"):
		return p.show()
	case p.is("DESCRIBE"), p.is("DESC"):
		p.next()
		if w := p.ahead(0).name; (w == "INPUT" || w == "OUTPUT") && p.ahead(1).isIdentifier() {
			p.fail(sql.NotSupported(position(t), "DESCRIBE "+w))
		}
		return &ast.Describe{Pos: position(t), Table: p.table()}
	}
	return p.query()
}

func (p *parser) explain() ast.Statement {
	e := &ast.Explain{Pos: position(p.next())}
	if p.accept("ANALYZE") {
		e.Analyze = true
		e.Verbose = p.accept("VERBOSE")
	}
	if o := p.ahead(1).name; p.tok().name == "(" && (o == "FORMAT" || o == "TYPE") {
		p.next()
		p.commaList(func() { e.Options = append(e.Options, p.explainOption()) })
		p.expect(")")
	}
	e.Statement = p.statement()
	return e
}

func (p *parser) explainOption() ast.ExplainOption {
	for _, option := range []struct {
		name   string
		values []string
	}{
		{"FORMAT", []string{"TEXT", "GRAPHVIZ", "JSON"}},
		{"TYPE", []string{"LOGICAL", "DISTRIBUTED", "VALIDATE", "IO"}},
	} {
		if !p.accept(option.name) {
			continue
		}
		for _, value := range option.values {
			if p.tok().kind == word && strings.EqualFold(p.text(p.tok()), value) {
				p.next()
				return ast.ExplainOption{Name: option.name, Value: value}
			}
			p.note("'", value)
		}
		break
	}
	p.unexpected()
	return ast.ExplainOption{}
}

func (p *parser) show() ast.Statement {
	pos := position(p.next())
	switch {
	case p.accept("TABLES"):
		s := &ast.ShowTables{Pos: pos}
		if p.accept("FROM") || p.accept("IN") {
			s.From = p.qualifiedName()
		}
		s.Pattern = p.likePattern()
		return s
	case p.accept("SCHEMAS"):
		s := &ast.ShowSchemas{Pos: pos}
		if p.accept("FROM") || p.accept("IN") {
			s.From = p.identifier()
		}
		s.Pattern = p.likePattern()
		return s
	case p.accept("CATALOGS"):
		return &ast.ShowCatalogs{Pos: pos, Pattern: p.likePattern()}
	case p.accept("COLUMNS"):
		s := &ast.ShowColumns{Pos: pos}
		if !p.accept("FROM") {
			p.expect("IN")
		}
		s.Table = p.table()
		s.Pattern = p.likePattern()
		return s
	case p.accept("FUNCTIONS"):
		s := &ast.ShowFunctions{Pos: pos}
		if p.accept("FROM") || p.accept("IN") {
			s.From = p.qualifiedName()
		}
		s.Pattern = p.likePattern()
		return s
	case p.are("CREATE", "TABLE"):
		p.next()
		p.next()
		return &ast.ShowCreateTable{Pos: pos, Table: p.table()}
	}
	if t := p.tok(); t.kind == word {
		what := strings.ToUpper(p.text(t))
		switch what {
		case "CREATE":
			if object := p.ahead(1); object.kind == word {
				p.fail(sql.NotSupported(pos, "SHOW CREATE "+strings.ToUpper(p.shown(object))))
			}
			p.next()
			p.expect("TABLE")
		case "STATS", "SESSION", "GRANTS", "ROLES", "ROLE", "CURRENT", "BRANCHES":
			p.fail(sql.NotSupported(pos, "SHOW "+what))
		}
	}
	p.unexpected()
	return &ast.ShowTables{}
}

func (p *parser) likePattern() *ast.Pattern {
	if !p.accept("LIKE") {
		return nil
	}
	n := &ast.Pattern{Like: p.string()}
	if p.accept("ESCAPE") {
		n.Escape = p.string()
	}
	return n
}
