package optimizer

import (
	"slices"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// readMembers makes scans read single members of a column of JSON, where the table knows them
// as columns: it reads the column where that is the same, and looks into the JSON where it is not.
// Values of a map by a constant key are such members, too.
//
//	Project name := json_extract_scalar(eventjson, '$.eventName')          Project name := eventName
//	  Scan events: eventjson                                          →      Scan events: eventName := eventjson.eventName, eventjson
//	Filter element_at(requestparameters, 'key') = 'a'                      Filter key = 'a'
//	  Scan events: requestparameters                                  →      Scan events: key := requestparameters.key, requestparameters
//
// If nothing else uses the JSON or the map, it is not read any more. Of many keys of one map none is
// read by itself: each would have to look through all keys.
func readMembers(o *optimizer, n plan.Node) plan.Node {
	m := &members{o: o, sources: map[plan.ColumnID]memberSource{}, columns: map[plan.ColumnID][]member{}}
	m.scans(n)
	if len(m.sources) == 0 {
		return n
	}
	m.note(n)
	for id, list := range m.columns {
		if len(list) > maxMapKeys && m.sources[id].column.Type.Is(types.Map) {
			delete(m.columns, id)
		}
	}
	if len(m.columns) == 0 {
		return n
	}
	return m.rewrite(n)
}

// maxMapKeys is up to how many keys of a map are read without the map.
const maxMapKeys = 6

// memberSource is a column of a scan.
type memberSource struct {
	table  plan.MemberTable
	column plan.ScanColumn
}

// member is a member that is read as a column.
type member struct {
	keys   []string
	column plan.ScanColumn
}

type members struct {
	o       *optimizer
	sources map[plan.ColumnID]memberSource
	columns map[plan.ColumnID][]member // by the column with the JSON
}

func (m *members) scans(n plan.Node) {
	if s, ok := n.(*plan.Scan); ok {
		if t, ok := s.Table.(plan.MemberTable); ok {
			for _, c := range s.Outputs {
				if len(c.Path) == 1 && (c.Type.Is(types.Varchar) || c.Type.Is(types.Map)) {
					m.sources[c.ID] = memberSource{t, c}
				}
			}
		}
	}
	for _, in := range n.Inputs() {
		m.scans(in)
	}
}

// note collects the members that are asked for in n and below.
func (m *members) note(n plan.Node) {
	plan.EachExpr(n, func(e plan.Expr) {
		plan.Walk(e, func(e plan.Expr) bool {
			of, keys := memberOf(e)
			if of == nil {
				return true
			}
			source, ok := m.sources[of.ID]
			if !ok || m.find(of.ID, keys) != nil {
				return true
			}
			path, ok := source.table.Member(source.column.Path[0], keys)
			if ok && (of.Type().Is(types.Map) || e.Type().Equal(types.TVarchar)) {
				c := m.o.column(plan.Column{Name: keys[len(keys)-1], Type: e.Type()})
				m.columns[of.ID] = append(m.columns[of.ID], member{keys, plan.ScanColumn{Column: c, Path: path}})
			}
			return true
		})
	})
	for _, in := range n.Inputs() {
		m.note(in)
	}
}

func (m *members) find(of plan.ColumnID, keys []string) *member {
	for i, c := range m.columns[of] {
		if slices.Equal(c.keys, keys) {
			return &m.columns[of][i]
		}
	}
	return nil
}

// memberOf returns what e, if it is json_extract_scalar of a column with a path of keys or element_at of a column of
// maps with a key, looks for; nil if not.
func memberOf(e plan.Expr) (*plan.ColumnRef, []string) {
	c, ok := e.(*plan.Call)
	if !ok || len(c.Args) != 2 {
		return nil, nil
	}
	of, ok := c.Args[0].(*plan.ColumnRef)
	path, isText := textLiteral(c.Args[1])
	if !ok || !isText {
		return nil, nil
	}
	switch c.Fn.Name {
	case "element_at":
		if of.Type().Is(types.Map) && of.Type().Key().Is(types.Varchar) && c.Args[1].Type().Is(types.Varchar) {
			return of, []string{path}
		}
		return nil, nil
	case "json_extract_scalar":
	default:
		return nil, nil
	}
	keys, ok := function.JSONPathKeys(path)
	if !ok || len(keys) == 0 {
		return nil, nil
	}
	return of, keys
}

func (m *members) rewrite(n plan.Node) plan.Node {
	n = plan.MapInputs(n, m.rewrite)
	there := map[plan.ColumnID]bool{}
	for _, in := range n.Inputs() {
		for _, c := range in.Columns() {
			there[c.ID] = true
		}
	}
	switch n := n.(type) {
	case *plan.Scan:
		s := *n
		s.Outputs = nil
		for _, c := range n.Outputs {
			s.Outputs = append(s.Outputs, c)
			for _, add := range m.columns[c.ID] {
				s.Outputs = append(s.Outputs, add.column)
				there[add.column.ID] = true
			}
		}
		if len(s.Outputs) == len(n.Outputs) {
			return n
		}
		if s.Filter != nil {
			s.Filter = m.expr(s.Filter, there)
		}
		return &s
	case *plan.Project:
		p := &plan.Project{Input: n.Input}
		for _, out := range n.Outputs {
			r, isRef := out.Expr.(*plan.ColumnRef)
			p.Outputs = append(p.Outputs, plan.Projection{Column: out.Column, Expr: m.expr(out.Expr, there)})
			if !isRef || r.ID != out.ID {
				continue
			}
			for _, add := range m.columns[out.ID] {
				if there[add.column.ID] {
					p.Outputs = append(p.Outputs, plan.Projection{Column: add.column.Column, Expr: &plan.ColumnRef{Column: add.column.Column}})
				}
			}
		}
		return p
	}
	return mapChanged(n, func(e plan.Expr) plan.Expr { return m.expr(e, there) })
}

// expr puts columns in place of members, as far as they are there.
func (m *members) expr(e plan.Expr, there map[plan.ColumnID]bool) plan.Expr {
	return plan.Replace(e, func(e plan.Expr) (plan.Expr, bool) {
		of, keys := memberOf(e)
		if of == nil {
			return nil, false
		}
		c := m.find(of.ID, keys)
		if c == nil || !there[c.column.ID] {
			return nil, false
		}
		return &plan.ColumnRef{Column: c.column.Column, At: e.Pos()}, true
	})
}
