package analyzer

import (
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/ast"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// field is a column that can be named.
type field struct {
	relations []string // what may stand before the dot; none after a join by USING
	name      string   // "" if the column has none
	column    plan.Column
	hidden    bool // * does not include it
}

// relation is a planned item of FROM, or a planned query: fields may share columns
// of the node, and leave some out.
type relation struct {
	node   plan.Node
	fields []field
}

// scope is where names are looked up.
type scope struct {
	fields []field
	// outer is the scope of the query around a subquery; nil for none.
	outer *scope
	// outerRefs collects references from here to outer scopes; nil unless outer is set.
	outerRefs *[]*plan.ColumnRef
	// names finds the fields, of which there are named of them; made when it is asked for.
	names nameIndex
	named int
	// closed: scopes further out are out of reach, as is this one for queries inside.
	closed bool
}

func (f field) matches(qualifier, name string) bool {
	if f.name == "" || !strings.EqualFold(f.name, name) {
		return false
	}
	if qualifier == "" {
		return true
	}
	for _, r := range f.relations {
		if strings.EqualFold(r, qualifier) {
			return true
		}
	}
	return false
}

// resolve looks for a column, in s and then outwards. found is false if there is none.
func (s *scope) resolve(qualifier, name string, at ast.Node) (col *plan.ColumnRef, found bool, err error) {
	var crossed []*[]*plan.ColumnRef
	refused := false
	for first := s; s != nil; s = s.outer {
		match := -1
		refused = refused || s != first && (first.closed || s.closed)
		for _, i := range s.index().find(name) {
			if !s.fields[i].matches(qualifier, name) {
				continue
			}
			if match >= 0 {
				return nil, false, sql.Errorf(sql.AMBIGUOUS_NAME, at.Position(), "Column '%s' is ambiguous", columnName(qualifier, name))
			}
			match = i
		}
		if match >= 0 {
			if refused {
				return nil, false, sql.Errorf(sql.NOT_SUPPORTED, at.Position(), "Reference to column '%s' from outer scope not allowed in this context", columnName(qualifier, name))
			}
			r := ref(s.fields[match].column, at.Position())
			for _, refs := range crossed {
				*refs = append(*refs, r)
			}
			return r, true, nil
		}
		if qualifier != "" && s.hasColumn(qualifier) {
			return nil, false, nil // what the first name means is nearer than any relation further out
		}
		if s.outerRefs != nil {
			crossed = append(crossed, s.outerRefs)
		}
	}
	return nil, false, nil
}

func (s *scope) hasColumn(name string) bool {
	return slices.ContainsFunc(s.index().find(name), func(i int) bool { return s.fields[i].matches("", name) })
}

// index returns what finds fields by their names.
func (s *scope) index() nameIndex {
	if s.names == nil || s.named != len(s.fields) {
		s.names, s.named = namesOf(len(s.fields), func(i int) string { return s.fields[i].name }), len(s.fields)
	}
	return s.names
}

// columnName returns a name as Trino's messages show it.
func columnName(parts ...string) string {
	var shown []string
	for _, p := range parts {
		if p != "" {
			shown = append(shown, strings.ToLower(p))
		}
	}
	return strings.Join(shown, ".")
}

// identifier resolves a bare name.
func (x *exprs) identifier(e *ast.Identifier) (plan.Expr, error) {
	if p, ok := x.lambdaParam(e.Name); ok {
		return ref(p, e.Pos), nil
	}
	if x.pattern != nil {
		return x.patternColumn(nil, e, e)
	}
	if out, err := x.outputNamed(e); out != nil || err != nil {
		return out, err
	}
	r, found, err := x.scope.resolve("", e.Name, e)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, x.columnNotFound(e, e)
	}
	return r, nil
}

// dereference resolves a.b: a column of a relation, or else a field of a row.
func (x *exprs) dereference(e *ast.Dereference) (plan.Expr, error) {
	names := qualifiedName(e)
	if x.pattern != nil && names != nil && x.isLabel(names[0]) {
		if len(names) == 2 {
			return x.patternColumn(names[0], names[1], e)
		}
		if _, found, err := x.scope.resolve("", names[1].Name, e); !found && err == nil {
			return nil, labeledNotFound(names[0], e, names[1:]...)
		}
	}
	if len(names) == 2 && x.pattern == nil {
		if _, ok := x.lambdaParam(names[0].Name); !ok && !x.isOutput(names[0]) {
			r, found, err := x.scope.resolve(names[0].Name, names[1].Name, e)
			if err != nil {
				return nil, err
			}
			if found {
				return r, nil
			}
		}
	}
	if names != nil && !x.isColumnReference(names) && !x.isLabel(names[0]) {
		return nil, x.columnNotFound(e, names...)
	}
	base, err := x.translate(e.Base)
	if err != nil {
		return nil, err
	}
	if !base.Type().Is(types.Row) {
		return nil, sql.Errorf(sql.TYPE_MISMATCH, e.Base.Position(), "Expression %s is not of type ROW", ast.Message(e.Base)).
			WithHint(hintForDereference(e, base))
	}
	index, err := rowField(base.Type(), e.Field)
	if err != nil {
		return nil, err
	}
	if index < 0 {
		if names == nil { // the row is no column
			return nil, sql.Errorf(sql.INVALID_COLUMN_REFERENCE, e.Pos, "Column reference '%s' is invalid", columnName(e.Field.Name)).
				WithHint(hintForField(e.Field.Name, base.Type()))
		}
		return nil, sql.Errorf(sql.COLUMN_NOT_FOUND, e.Pos, "Column '%s' cannot be resolved", columnName(identifierNames(names)...)).
			WithHint(hintForField(e.Field.Name, base.Type()))
	}
	return &plan.Field{Arg: base, Index: index, At: e.Pos}, nil
}

// isLabel says whether a name is a variable of the pattern around.
func (x *exprs) isLabel(name *ast.Identifier) bool {
	if x.pattern == nil {
		return false
	}
	_, ok := x.pattern.label(name)
	return ok
}

// isColumnReference says whether some prefix of the names is a column or a parameter of a lambda.
func (x *exprs) isColumnReference(names []*ast.Identifier) bool {
	if _, ok := x.lambdaParam(names[0].Name); ok {
		return true
	}
	if out, err := x.outputNamed(names[0]); out != nil || err != nil {
		return true
	}
	// An ambiguous name is one too; translating it then says so.
	if _, found, err := x.scope.resolve("", names[0].Name, names[0]); found || err != nil {
		return true
	}
	if len(names) > 1 && x.pattern == nil {
		_, found, err := x.scope.resolve(names[0].Name, names[1].Name, names[0])
		return found || err != nil
	}
	return false
}

// qualifiedName returns the identifiers of a.b.c, or nil if e is anything else.
func qualifiedName(e ast.Expr) []*ast.Identifier {
	var reversed []*ast.Identifier
	for {
		switch f := e.(type) {
		case *ast.Identifier:
			reversed = append(reversed, f)
			for i, j := 0, len(reversed)-1; i < j; i, j = i+1, j-1 {
				reversed[i], reversed[j] = reversed[j], reversed[i]
			}
			return reversed
		case *ast.Dereference:
			reversed = append(reversed, f.Field)
			e = f.Base
		default:
			return nil
		}
	}
}

func identifierNames(ids []*ast.Identifier) []string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id.Name
	}
	return names
}

// rowField returns the index of a row's field, or -1.
func rowField(row types.Type, name *ast.Identifier) (int, error) {
	index := -1
	for i, f := range row.Fields() {
		if f.Name == "" || !strings.EqualFold(f.Name, name.Name) {
			continue
		}
		if index >= 0 {
			return 0, sql.Errorf(sql.AMBIGUOUS_NAME, name.Pos, "Ambiguous row field reference: %s", name.Name)
		}
		index = i
	}
	if index < 0 {
		index = otherSpelling(row, name.Name)
	}
	return index, nil
}
