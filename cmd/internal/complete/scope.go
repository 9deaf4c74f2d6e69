package complete

import (
	"strings"
	"sync"

	"github.com/ctlake/ctlake/sql/ast"
)

func onceValue[T any](f func() T) func() T { return sync.OnceValue(f) }

// clauses end the list of tables behind FROM.
var clauses = map[string]bool{"WHERE": true, "GROUP": true, "ORDER": true, "HAVING": true, "LIMIT": true, "OFFSET": true, "FETCH": true,
	"WINDOW": true, "UNION": true, "EXCEPT": true, "INTERSECT": true, "SELECT": true, "ON": true, "USING": true, "SET": true}

// joining are words that may stand between tables.
var joining = map[string]bool{"JOIN": true, "CROSS": true, "INNER": true, "LEFT": true, "RIGHT": true, "FULL": true, "OUTER": true, "NATURAL": true,
	"AS": true, "LATERAL": true, "TABLESAMPLE": true, "UNNEST": true}

// inTables reports whether a table is to follow tokens.
func inTables(tokens []token) bool {
	n := len(tokens)
	if n == 0 {
		return false
	}
	last := tokens[n-1]
	switch strings.ToUpper(last.text) {
	case "FROM":
		// EXTRACT(year FROM x), TRIM(BOTH ' ' FROM x), SUBSTRING(x FROM 1), IS DISTINCT FROM
		return last.kind == name && !calledWithFrom(tokens[:n-1]) && (n < 2 || !strings.EqualFold(tokens[n-2].text, "DISTINCT") || n < 3 || !strings.EqualFold(tokens[n-3].text, "IS") && !strings.EqualFold(tokens[n-3].text, "NOT"))
	case "JOIN", "DESCRIBE", "TABLE":
		return last.kind == name
	case ",":
		// a further table of FROM a, b
		depth := 0
		for i := n - 2; i >= 0; i-- {
			switch word := strings.ToUpper(tokens[i].text); {
			case word == ")":
				depth++
			case word == "(":
				if depth--; depth < 0 {
					return false
				}
			case depth > 0 || tokens[i].kind != name:
			case word == "FROM":
				return true
			case clauses[word]:
				return false
			}
		}
	}
	return false
}

// calledWithFrom reports whether tokens end within the arguments of a function that has FROM among them.
func calledWithFrom(tokens []token) bool {
	depth := 0
	for i := len(tokens) - 1; i > 0; i-- {
		switch tokens[i].text {
		case ")":
			depth++
		case "(":
			if depth > 0 {
				depth--
				continue
			}
			switch strings.ToUpper(tokens[i-1].text) {
			case "EXTRACT", "TRIM", "SUBSTRING", "OVERLAY":
				return true
			}
			return false
		}
	}
	return false
}

// tables returns the tables of the statement: what each is called, and its alias, or "".
func (c *context) tables() (names, aliases []string) {
	for i := range c.all {
		if !inTables(c.all[:i]) || c.all[i].kind != name && c.all[i].kind != quoted {
			continue
		}
		table, alias := c.all[i].text, ""
		rest := c.all[i+1:]
		if len(rest) > 0 && rest[0].kind == name && strings.EqualFold(rest[0].text, "AS") {
			rest = rest[1:]
		}
		if len(rest) > 0 && (rest[0].kind == quoted || rest[0].kind == name && !clauses[strings.ToUpper(rest[0].text)] && !joining[strings.ToUpper(rest[0].text)]) {
			alias = rest[0].text
		}
		names, aliases = append(names, table), append(aliases, alias)
	}
	return names, aliases
}

// store returns the event data store that the statement reads, or "".
func (c *context) store() string {
	names, _ := c.tables()
	for _, n := range names {
		for _, s := range c.source.Stores() {
			if strings.EqualFold(s, n) {
				return s
			}
		}
	}
	return ""
}

// commonTables returns the names of WITH name AS (…).
func (c *context) commonTables() []string {
	var out []string
	for i := range c.all {
		if i+2 < len(c.all) && c.all[i].kind == name && strings.EqualFold(c.all[i+1].text, "AS") && c.all[i+2].text == "(" &&
			i > 0 && (strings.EqualFold(c.all[i-1].text, "WITH") || strings.EqualFold(c.all[i-1].text, "RECURSIVE") || c.all[i-1].text == ",") {
			out = append(out, c.all[i].text)
		}
	}
	return out
}

// aliases returns the names that the statement gives: to columns with AS, and to tables.
func (c *context) aliases() []string {
	var out []string
	for i, t := range c.all {
		if i > 0 && (t.kind == name || t.kind == quoted) && strings.EqualFold(c.all[i-1].text, "AS") && t.end != c.at {
			out = append(out, quoteName(t.text))
		}
	}
	names, tables := c.tables()
	for i, alias := range tables {
		if alias == "" {
			alias = names[i]
		}
		out = append(out, quoteName(alias))
	}
	return out
}

// unqualified returns a path without the name of the table before it.
func (c *context) unqualified(path []string) []string {
	if len(path) < 2 {
		return path
	}
	if _, ok := find(c.source.Columns(), path[0]); ok {
		return path
	}
	names, aliases := c.tables()
	for i := range names {
		if strings.EqualFold(names[i], path[0]) || strings.EqualFold(aliases[i], path[0]) {
			return path[1:]
		}
	}
	return path
}

// resolve returns the column or field that a path names.
func (c *context) resolve(path []string) (TableColumn, bool) {
	path = c.unqualified(path)
	columns := c.source.Columns()
	var column TableColumn
	for _, step := range path {
		var ok bool
		if column, ok = find(columns, step); !ok {
			return column, false
		}
		columns = column.Fields
	}
	return column, len(path) > 0
}

// members returns what may follow path and a dot: fields of a struct, columns of a table.
func (c *context) members(path []string) []TableColumn {
	if len(path) == 1 {
		names, aliases := c.tables()
		for i := range names {
			if strings.EqualFold(names[i], path[0]) || strings.EqualFold(aliases[i], path[0]) {
				return c.source.Columns()
			}
		}
	}
	column, ok := c.resolve(path)
	if !ok {
		return nil
	}
	return column.Fields
}

func find(columns []TableColumn, called string) (TableColumn, bool) {
	for _, c := range columns {
		if strings.EqualFold(c.Name, called) {
			return c, true
		}
	}
	return TableColumn{}, false
}

// quoteName quotes a name where SQL needs it.
func quoteName(n string) string {
	if n == "" || ast.IsReserved(n) {
		return `"` + n + `"`
	}
	if ast.IsUUID(n) {
		return n
	}
	for i := range len(n) {
		c := n[i]
		if !(c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || i > 0 && '0' <= c && c <= '9') {
			return `"` + strings.ReplaceAll(n, `"`, `""`) + `"`
		}
	}
	return n
}
