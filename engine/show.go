package engine

import (
	"strings"

	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// show answers the statements that describe the catalog, in the columns in which Trino does.
func (s *statement) show(a *analyzer.Analysis) (*Result, error) {
	matches := func(string) bool { return true }
	if a.Pattern != nil {
		matches = func(name string) bool { return like(name, a.Pattern.Like, a.Pattern.Escape) }
	}
	switch a.Kind {
	case analyzer.ShowTables:
		return s.texts([]string{"Table"}, matching(matches, s.tables.TableNames()...)), nil
	case analyzer.ShowSchemas:
		return s.texts([]string{"Schema"}, matching(matches, analyzer.SchemaName)), nil
	case analyzer.ShowCatalogs:
		return s.texts([]string{"Catalog"}, matching(matches, analyzer.CatalogName)), nil
	case analyzer.ShowColumns:
		return s.texts([]string{"Column", "Type", "Extra", "Comment"}, showColumns(a.Table, matches)), nil
	case analyzer.ShowCreateTable:
		return s.texts([]string{"Create Table"}, [][]string{{createTable(a.Table)}}), nil
	}
	return s.texts([]string{"Function", "Return Type", "Argument Types", "Function Type", "Deterministic", "Description"},
		showFunctions(matches)), nil
}

// matching returns a row for each name that matches.
func matching(matches func(string) bool, names ...string) [][]string {
	var rows [][]string
	for _, name := range names {
		if matches(name) {
			rows = append(rows, []string{name})
		}
	}
	return rows
}

// showColumns lists the columns that * includes, then the hidden ones, which Extra marks.
func showColumns(t plan.Table, matches func(string) bool) [][]string {
	var rows, hidden [][]string
	for _, c := range t.TableColumns() {
		switch {
		case !matches(c.Name):
		case c.Hidden:
			hidden = append(hidden, []string{c.Name, c.Type.String(), "hidden", ""})
		default:
			rows = append(rows, []string{c.Name, c.Type.String(), "", ""})
		}
	}
	return append(rows, hidden...)
}

// createTable returns the statement that would make a table like t, in Trino's layout.
func createTable(t plan.Table) string {
	var columns []string
	for _, c := range t.TableColumns() {
		if !c.Hidden {
			columns = append(columns, "   "+identifier(c.Name)+" "+c.Type.String())
		}
	}
	return "CREATE TABLE " + identifier(t.Name()) + " (\n" + strings.Join(columns, ",\n") + "\n)"
}

// identifier returns a name as a statement can hold it.
func identifier(name string) string {
	for i, r := range name {
		if r == '_' || r >= 'a' && r <= 'z' || i > 0 && r >= '0' && r <= '9' {
			continue
		}
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	if name == "" {
		return `""`
	}
	return name
}

// like reports whether name, without regard to case, matches a LIKE pattern. escape is 0 for none.
func like(name, pattern string, escape rune) bool {
	type token struct {
		r    rune
		wild bool // r is % or _
	}
	var tokens []token
	escaped := false
	for _, r := range strings.ToLower(pattern) {
		switch {
		case escaped:
			tokens, escaped = append(tokens, token{r, false}), false
		case escape != 0 && r == escape:
			escaped = true
		default:
			tokens = append(tokens, token{r, r == '%' || r == '_'})
		}
	}
	text := []rune(strings.ToLower(name))
	// The usual two pointers: back to the last % when what follows it does not fit.
	t, p, star, from := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(tokens) && tokens[p].wild && tokens[p].r == '%':
			star, from, p = p, t, p+1
		case p < len(tokens) && (tokens[p].wild || tokens[p].r == text[t]):
			t, p = t+1, p+1
		case star >= 0:
			from++
			t, p = from, star+1
		default:
			return false
		}
	}
	for p < len(tokens) && tokens[p].wild && tokens[p].r == '%' {
		p++
	}
	return p == len(tokens)
}

func showFunctions(matches func(string) bool) [][]string {
	var rows [][]string
	for _, f := range function.Signatures() {
		if !matches(f.Name) {
			continue
		}
		arguments, _ := f.Arguments()
		rows = append(rows, []string{f.Name, f.Result, arguments, f.Kind, yesNo(f.Deterministic), f.Text})
	}
	return rows
}

func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// texts returns a result of varchar columns.
func (s *statement) texts(columns []string, rows [][]string) *Result {
	r := &Result{statement: s}
	out := &fixed{}
	if len(rows) > 0 {
		out.batch = &vector.Batch{N: len(rows)}
	}
	for i, name := range columns {
		r.columns = append(r.columns, Column{Name: name, Type: types.TVarchar})
		if out.batch == nil {
			continue
		}
		values := make([]string, len(rows))
		for n, row := range rows {
			values[n] = row[i]
		}
		out.batch.Columns = append(out.batch.Columns, vector.NewFlat(types.TVarchar, values, nil))
	}
	r.operator = out
	return r
}
