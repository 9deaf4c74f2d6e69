package ast

func (p *printer) relation(r Relation) {
	switch r := r.(type) {
	case *Table:
		if p.dialect != nil && p.dialect.Tables[r] != "" {
			p.ident(&Identifier{Name: p.dialect.Tables[r], Quoted: true})
			return
		}
		if r.Placeholder {
			p.s(r.Name.Parts[0].Name)
			return
		}
		p.name(r.Name)
	case *Aliased:
		if m, ok := r.Relation.(*MatchRecognize); ok {
			p.matchRecognize(m)
		} else {
			p.relationPrimary(r.Relation)
		}
		p.s(" AS ")
		p.ident(r.Alias)
		p.columns(r.Columns)
	case *Join:
		p.join(r)
	case *SubqueryRelation:
		p.s("(")
		p.query(r.Query)
		p.s(")")
	case *Unnest:
		p.s("UNNEST(")
		list(p, r.Exprs, p.expr)
		p.s(")")
		if r.WithOrdinality {
			p.s(" WITH ORDINALITY")
		}
	case *Lateral:
		p.s("LATERAL (")
		p.query(r.Query)
		p.s(")")
	case *TableSample:
		if _, ok := r.Relation.(*Aliased); ok {
			p.relation(r.Relation)
		} else {
			p.relationPrimary(r.Relation)
		}
		p.s([...]string{" TABLESAMPLE BERNOULLI (", " TABLESAMPLE SYSTEM ("}[r.Method])
		p.expr(r.Percentage)
		p.s(")")
	case *TableFunction:
		p.tableFunction(r)
	case *JSONTable:
		p.json(r)
	case *MatchRecognize:
		p.matchRecognize(r)
	}
}

// relationPrimary writes what an alias or TABLESAMPLE can follow.
func (p *printer) relationPrimary(r Relation) {
	switch r.(type) {
	case *Join, *Aliased, *TableSample, *MatchRecognize:
		p.s("(")
		p.relation(r)
		p.s(")")
	default:
		p.relation(r)
	}
}

func (p *printer) join(j *Join) {
	p.relation(j.Left)
	if j.Kind == ImplicitJoin {
		p.s(", ")
		p.relation(j.Right)
		return
	}
	if j.Natural {
		p.s(" NATURAL")
	}
	p.s([...]string{" JOIN ", " LEFT JOIN ", " RIGHT JOIN ", " FULL JOIN ", " CROSS JOIN "}[j.Kind])
	if _, ok := j.Right.(*Join); ok {
		p.relationPrimary(j.Right)
	} else {
		p.relation(j.Right)
	}
	if j.On != nil {
		p.s(" ON ")
		p.expr(j.On)
	}
	if j.Using != nil {
		p.s(" USING")
		p.columns(j.Using)
	}
}

func (p *printer) tableFunction(f *TableFunction) {
	p.s("TABLE(")
	p.name(f.Name)
	p.s("(")
	list(p, f.Args, p.tableFunctionArg)
	for i, tables := range f.Copartition {
		if i == 0 {
			p.s(" COPARTITION (")
		} else {
			p.s(", (")
		}
		list(p, tables, p.name)
		p.s(")")
	}
	p.s("))")
}

func (p *printer) tableFunctionArg(a *TableFunctionArg) {
	if a.Name != nil {
		p.ident(a.Name)
		p.s(" => ")
	}
	p.print(a.Value)
}

func (p *printer) tableArg(a *TableArg) {
	r, aliased := a.Relation, (*Aliased)(nil)
	if al, ok := r.(*Aliased); ok {
		r, aliased = al.Relation, al
	}
	p.s("TABLE(")
	if s, ok := r.(*SubqueryRelation); ok {
		p.query(s.Query)
	} else {
		p.relation(r)
	}
	p.s(")")
	if aliased != nil {
		p.s(" AS ")
		p.ident(aliased.Alias)
		p.columns(aliased.Columns)
	}
	if a.Partitioned {
		p.s(" PARTITION BY ")
		p.groupingSet(a.PartitionBy)
	}
	p.s([...]string{"", " PRUNE WHEN EMPTY", " KEEP WHEN EMPTY"}[a.Empty])
	switch {
	case len(a.OrderBy) == 1:
		p.s(" ORDER BY ")
		p.sortItem(a.OrderBy[0])
	case a.OrderBy != nil:
		p.s(" ORDER BY (")
		list(p, a.OrderBy, p.sortItem)
		p.s(")")
	}
}

func (p *printer) descriptor(d *Descriptor) {
	if d.Null {
		p.s("CAST(NULL AS DESCRIPTOR)")
		return
	}
	p.s("DESCRIPTOR(")
	list(p, d.Fields, p.descriptorField)
	p.s(")")
}

func (p *printer) descriptorField(f *DescriptorField) {
	p.ident(f.Name)
	if f.Type != nil {
		p.s(" ")
		p.typ(f.Type)
	}
}
