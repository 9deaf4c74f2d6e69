package ast

// json writes a node of SQL/JSON. Clauses that were not written are printed in messages only.
func (p *printer) json(n Node) {
	switch n := n.(type) {
	case *JSONPath:
		p.jsonPath(n)
	case *JSONArg:
		p.jsonArg(n)
	case *JSONBehavior:
		p.s(n.Kind.String())
		if n.Default != nil {
			p.s(" ")
			p.expr(n.Default)
		}
	case *JSONReturning:
		p.s("RETURNING ")
		p.typ(n.Type)
		p.jsonFormat(n.Format)
	case *JSONExists:
		p.s("JSON_EXISTS(")
		p.jsonPath(n.Path)
		p.jsonBehaviors(nil, p.stated(n.OnError, JSONFalse))
		p.s(")")
	case *JSONValue:
		p.s("JSON_VALUE(")
		p.jsonPath(n.Path)
		if n.Returning != nil {
			p.s(" RETURNING ")
			p.typ(n.Returning)
		}
		p.jsonBehaviors(p.stated(n.OnEmpty, JSONNull), p.stated(n.OnError, JSONNull))
		p.s(")")
	case *JSONQuery:
		p.s("JSON_QUERY(")
		p.jsonPath(n.Path)
		p.jsonReturning(" ", n.Returning)
		if n.Wrapper == WrapperDefault && p.message {
			p.s(" WITHOUT ARRAY WRAPPER")
		}
		p.clause(n.Wrapper.String())
		p.clause(n.Quotes.String())
		p.jsonBehaviors(p.stated(n.OnEmpty, JSONNull), p.stated(n.OnError, JSONNull))
		p.s(")")
	case *JSONObject:
		p.s("JSON_OBJECT(")
		list(p, n.Members, func(m *JSONMember) { p.json(m) })
		if n.Nulls == JSONNullsDefault && n.Members != nil && p.message {
			p.s(" NULL ON NULL")
		}
		p.clause(n.Nulls.String())
		if n.Unique {
			p.s(" WITH UNIQUE KEYS")
		} else if n.Members != nil && p.message {
			p.s(" WITHOUT UNIQUE KEYS")
		}
		p.jsonReturning([]string{"", " "}[btoi(n.Members != nil)], n.Returning)
		p.s(")")
	case *JSONMember:
		if p.message {
			p.s("KEY ")
			p.operand(n.Key)
			p.s(" VALUE ")
			p.jsonArg(n.Value)
			return
		}
		if l, ok := n.Key.(*TypedLiteral); ok && l.Type.Name == "key" {
			p.s("(") // the type's name would be read as the keyword
			p.expr(l)
			p.s(")")
		} else {
			p.operand(n.Key)
		}
		p.s(" : ")
		p.jsonArg(n.Value)
	case *JSONArray:
		p.s("JSON_ARRAY(")
		list(p, n.Elements, p.jsonArg)
		if n.Nulls == JSONNullsDefault && n.Elements != nil && p.message {
			p.s(" ABSENT ON NULL")
		}
		p.clause(n.Nulls.String())
		p.jsonReturning([]string{"", " "}[btoi(n.Elements != nil)], n.Returning)
		p.s(")")
	case *JSONTable:
		p.jsonTable(n)
	case *JSONColumn:
		p.jsonColumn(n)
	case *JSONPlan:
		p.jsonPlan(n)
	case *JSONDefaultPlan:
		p.s([]string{"OUTER", "INNER"}[btoi(n.Inner)], ", ", []string{"UNION", "CROSS"}[btoi(n.Cross)])
	}
}

// clause writes a clause, if there is one.
func (p *printer) clause(text string) {
	if text != "" {
		p.s(" ", text)
	}
}

// stated is the clause that messages have where a statement has none.
func (p *printer) stated(written *JSONBehavior, otherwise JSONBehaviorKind) *JSONBehavior {
	if written == nil && p.message {
		return &JSONBehavior{Kind: otherwise}
	}
	return written
}

func (p *printer) jsonPath(n *JSONPath) {
	p.jsonArg(n.Input)
	if p.message && n.Input.Format == NoJSONFormat {
		p.s(" FORMAT JSON")
	}
	p.s(", ")
	p.string(n.Path.Value)
	if n.Name != nil {
		p.s(" AS ")
		p.jsonName(n.Name)
	}
	if n.Passing != nil {
		p.s(" PASSING ")
		list(p, n.Passing, p.jsonArg)
	}
}

// jsonName writes the name of a variable, a path or a column: to JSON paths names in quotes are others than
// those without, which stand for their upper case.
func (p *printer) jsonName(n *Identifier) {
	if p.fold {
		p.s(quoteName(n.Canonical()))
		return
	}
	p.ident(n)
}

func (p *printer) jsonArg(n *JSONArg) {
	p.operand(n.Expr)
	p.jsonFormat(n.Format)
	if n.Name != nil {
		p.s(" AS ")
		p.jsonName(n.Name)
	}
}

func (p *printer) jsonFormat(f JSONFormat) {
	if f != NoJSONFormat {
		p.s(" FORMAT ", f.String())
	}
}

func (p *printer) jsonReturning(space string, n *JSONReturning) {
	if n != nil {
		p.s(space)
		p.json(n)
	}
}

func (p *printer) jsonBehaviors(onEmpty, onError *JSONBehavior) {
	if onEmpty != nil {
		p.s(" ")
		p.json(onEmpty)
		p.s(" ON EMPTY")
	}
	if onError != nil {
		p.s(" ")
		p.json(onError)
		p.s(" ON ERROR")
	}
}

func (p *printer) jsonTable(n *JSONTable) {
	p.s("JSON_TABLE(")
	p.jsonPath(n.Path)
	p.jsonColumns(n.Columns)
	if n.Plan != nil {
		p.s(" PLAN (")
		p.jsonPlan(n.Plan)
		p.s(")")
	}
	if n.DefaultPlan != nil {
		p.s(" PLAN DEFAULT (")
		p.json(n.DefaultPlan)
		p.s(")")
	}
	if n.OnError != nil {
		p.s([]string{" EMPTY", " ERROR"}[btoi(n.OnError.Kind == JSONError)], " ON ERROR")
	}
	p.s(")")
}

func (p *printer) jsonColumns(columns []*JSONColumn) {
	p.s(" COLUMNS (")
	list(p, columns, p.jsonColumn)
	p.s(")")
}

func (p *printer) jsonColumn(n *JSONColumn) {
	if n.Kind == NestedColumns {
		p.s("NESTED PATH ")
		p.string(n.Path.Value)
		if n.Name != nil {
			p.s(" AS ")
			p.jsonName(n.Name)
		}
		p.jsonColumns(n.Columns)
		return
	}
	p.jsonName(n.Name)
	if n.Kind == OrdinalityColumn {
		p.s(" FOR ORDINALITY")
		return
	}
	p.s(" ")
	p.typ(n.Type)
	p.jsonFormat(n.Format)
	if n.Path != nil {
		p.s(" PATH ")
		p.string(n.Path.Value)
	}
	p.clause(n.Wrapper.String())
	p.clause(n.Quotes.String())
	p.jsonBehaviors(n.OnEmpty, n.OnError)
}

func (p *printer) jsonPlan(n *JSONPlan) {
	if n.Kind == PlanPath {
		p.jsonName(n.Name)
		if n.Child != nil {
			p.s([]string{" OUTER ", " INNER "}[btoi(n.Inner)])
			p.jsonPlanPrimary(n.Child)
		}
		return
	}
	for i, s := range n.Siblings {
		if i > 0 {
			p.s([]string{" UNION ", " CROSS "}[btoi(n.Kind == PlanCross)])
		}
		p.jsonPlanPrimary(s)
	}
}

// jsonPlanPrimary writes a plan as a part of another.
func (p *printer) jsonPlanPrimary(n *JSONPlan) {
	if n.Kind == PlanPath && n.Child == nil {
		p.jsonName(n.Name)
		return
	}
	p.s("(")
	p.jsonPlan(n)
	p.s(")")
}
