package analyzer

import (
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
)

// maxWidth is how many columns a query may have, how many keys, aggregates and windows, and how many fields a type,
// with those of its parts. Some hundred characters of WITH can double these until neither memory nor time is enough,
// and what looks for equal expressions takes time by their number squared.
const maxWidth = 10_000

// maxWindows is how many different windows a SELECT may have. Each is a node of the plan that passes on all columns.
const maxWindows = 300

// maxSorted is how many different aggregates with ORDER BY a SELECT may have. Each sorts the rows for itself.
const maxSorted = 300

// maxJoins is how many joins and subqueries a statement may have, which make the plan as deep: those of WITH for each
// use. Every rule looks at all columns at each of them.
const maxJoins = 500

// countJoin accounts for a join that is planned.
func (a *analyzer) countJoin(at sql.Pos) error {
	if a.joins++; a.joins > maxJoins {
		return sql.Errorf(sql.QUERY_REJECTED, at, "Query has more than %d joins and subqueries", maxJoins)
	}
	return nil
}

// checkWidth refuses more than maxWidth of something.
func checkWidth(n int, what string, at sql.Pos) error {
	if n > maxWidth {
		return sql.Errorf(sql.QUERY_REJECTED, at, "Query has more than %d %s", maxWidth, what)
	}
	return nil
}

// checkType refuses types of more than maxWidth fields.
func checkType(t types.Type, at sql.Pos) error {
	left := maxWidth
	if !fits(t, &left) {
		return sql.Errorf(sql.QUERY_REJECTED, at, "Type of an expression has more than %d fields", maxWidth)
	}
	return nil
}

// fits reports whether t has no more than left types in it, and takes them from left.
func fits(t types.Type, left *int) bool {
	switch {
	case t.Is(types.Row):
		for _, f := range t.Fields() {
			*left--
			if *left < 0 || !fits(f.Type, left) {
				return false
			}
		}
	case t.Is(types.Array):
		return fits(t.Elem(), left)
	case t.Is(types.Map):
		*left-- // a map has two parts, and doubles like a row
		return *left >= 0 && fits(t.Key(), left) && fits(t.Value(), left)
	}
	return true
}
