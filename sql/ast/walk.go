package ast

// Walk calls visit for n and then for the nodes below it, in the order of
// Children. It does not go below a node for which visit returns false.
func Walk(n Node, visit func(Node) bool) {
	if !visit(n) {
		return
	}
	Children(n, func(c Node) { Walk(c, visit) })
}

// Children calls f for each node directly below n, in the order in which
// they are printed. Absent parts are left out.
func Children(n Node, f func(Node)) {
	switch n := n.(type) {
	case *QualifiedName:
		each(n.Parts, f)
	case *Query, *With, *NamedQuery, *SortItem, *Offset, *Limit, *Fetch, *Select, *SelectExpr, *AllColumns,
		*GroupBy, *GroupingElement, *WindowDefinition, *SetOperation, *Values, *TableRef:
		queryChildren(n, f)
	case *Explain, *ShowTables, *ShowSchemas, *ShowCatalogs, *ShowColumns, *ShowFunctions, *ShowCreateTable, *Describe:
		statementChildren(n, f)
	case *JSONPath, *JSONArg, *JSONBehavior, *JSONReturning, *JSONExists, *JSONValue, *JSONQuery, *JSONObject, *JSONMember,
		*JSONArray, *JSONTable, *JSONColumn, *JSONPlan, *JSONDefaultPlan:
		jsonChildren(n, f)
	case *MatchRecognize, *Measure, *SkipTo, *PatternSubset, *PatternDefine, *RowPattern:
		rowPatternChildren(n, f)
	case Relation, *TableFunctionArg, *TableArg, *Descriptor, *DescriptorField:
		relationChildren(n, f)
	case *Type:
		each(n.Args, f)
	case *TypeArg:
		one(n.Name, f)
		one(n.Type, f)
	case *FunctionCall, *WindowMeasure, *Overflow, *Over, *WindowSpec, *Frame, *FrameBound:
		callChildren(n, f)
	default:
		exprChildren(n, f)
	}
}

func statementChildren(n Node, f func(Node)) {
	switch n := n.(type) {
	case *Explain:
		f(n.Statement)
	case *ShowTables:
		one(n.From, f)
		patternChildren(n.Pattern, f)
	case *ShowSchemas:
		one(n.From, f)
		patternChildren(n.Pattern, f)
	case *ShowCatalogs:
		patternChildren(n.Pattern, f)
	case *ShowColumns:
		f(n.Table)
		patternChildren(n.Pattern, f)
	case *ShowFunctions:
		one(n.From, f)
		patternChildren(n.Pattern, f)
	case *ShowCreateTable:
		f(n.Table)
	case *Describe:
		f(n.Table)
	}
}

func patternChildren(p *Pattern, f func(Node)) {
	if p != nil {
		f(p.Like)
		one(p.Escape, f)
	}
}

func queryChildren(n Node, f func(Node)) {
	switch n := n.(type) {
	case *Query:
		one(n.With, f)
		f(n.Body)
		each(n.OrderBy, f)
		one(n.Offset, f)
		one(n.Limit, f)
		one(n.Fetch, f)
	case *With:
		each(n.Queries, f)
	case *NamedQuery:
		f(n.Name)
		each(n.Columns, f)
		f(n.Query)
	case *SortItem:
		f(n.Expr)
	case *Offset:
		f(n.Count)
	case *Limit:
		some(n.Count, f)
	case *Fetch:
		some(n.Count, f)
	case *Select:
		each(n.Items, f)
		if n.From != nil {
			f(n.From)
		}
		some(n.Where, f)
		one(n.GroupBy, f)
		some(n.Having, f)
		each(n.Windows, f)
	case *SelectExpr:
		f(n.Expr)
		one(n.Alias, f)
	case *AllColumns:
		some(n.Target, f)
		each(n.Aliases, f)
	case *GroupBy:
		each(n.Elements, f)
	case *GroupingElement:
		for _, set := range n.Sets {
			each(set, f)
		}
	case *WindowDefinition:
		f(n.Name)
		f(n.Spec)
	case *SetOperation:
		f(n.Left)
		each(n.By, f)
		f(n.Right)
	case *Values:
		each(n.Rows, f)
	case *TableRef:
		f(n.Table)
	}
}

func relationChildren(n Node, f func(Node)) {
	switch n := n.(type) {
	case *Table:
		f(n.Name)
	case *Aliased:
		f(n.Relation)
		f(n.Alias)
		each(n.Columns, f)
	case *Join:
		f(n.Left)
		f(n.Right)
		some(n.On, f)
		each(n.Using, f)
	case *SubqueryRelation:
		f(n.Query)
	case *Unnest:
		each(n.Exprs, f)
	case *Lateral:
		f(n.Query)
	case *TableSample:
		f(n.Relation)
		f(n.Percentage)
	case *TableFunction:
		f(n.Name)
		each(n.Args, f)
		for _, tables := range n.Copartition {
			each(tables, f)
		}
	case *TableFunctionArg:
		one(n.Name, f)
		f(n.Value)
	case *TableArg:
		f(n.Relation)
		each(n.PartitionBy, f)
		each(n.OrderBy, f)
	case *Descriptor:
		each(n.Fields, f)
	case *DescriptorField:
		f(n.Name)
		one(n.Type, f)
	}
}

func callChildren(n Node, f func(Node)) {
	switch n := n.(type) {
	case *FunctionCall:
		f(n.Name)
		one(n.StarOf, f)
		each(n.Args, f)
		each(n.OrderBy, f)
		one(n.Overflow, f)
		each(n.WithinGroup, f)
		some(n.Filter, f)
		one(n.Over, f)
	case *WindowMeasure:
		f(n.Name)
		f(n.Over)
	case *Overflow:
		one(n.Filler, f)
	case *Over:
		one(n.Name, f)
		one(n.Spec, f)
	case *WindowSpec:
		one(n.Base, f)
		each(n.PartitionBy, f)
		each(n.OrderBy, f)
		one(n.Frame, f)
	case *Frame:
		f(n.Start)
		one(n.End, f)
		if n.Match != nil {
			n.Match.children(f)
		}
	case *FrameBound:
		some(n.Offset, f)
	}
}

func exprChildren(n Node, f func(Node)) {
	switch n := n.(type) {
	case *TypedLiteral:
		f(n.Type)
	case *Dereference:
		f(n.Base)
		f(n.Field)
	case *Subscript:
		f(n.Base)
		f(n.Index)
	case *Lambda:
		each(n.Params, f)
		f(n.Body)
	case *Cast:
		f(n.Expr)
		f(n.Type)
	case *Case:
		some(n.Operand, f)
		each(n.Whens, f)
		some(n.Else, f)
	case *When:
		f(n.Condition)
		f(n.Result)
	case *Unary:
		f(n.Expr)
	case *Arithmetic:
		f(n.Left)
		f(n.Right)
	case *Comparison:
		f(n.Left)
		f(n.Right)
	case *QuantifiedComparison:
		f(n.Left)
		f(n.Query)
	case *Logical:
		each(n.Terms, f)
	case *Not:
		f(n.Expr)
	case *Between:
		f(n.Expr)
		f(n.Low)
		f(n.High)
	case *InList:
		f(n.Expr)
		each(n.List, f)
	case *InSubquery:
		f(n.Expr)
		f(n.Query)
	case *Like:
		f(n.Expr)
		f(n.Pattern)
		some(n.Escape, f)
	case *IsNull:
		f(n.Expr)
	case *IsTruth:
		f(n.Expr)
	case *IsDistinctFrom:
		f(n.Left)
		f(n.Right)
	case *Exists:
		f(n.Query)
	case *Subquery:
		f(n.Query)
	case *Row:
		each(n.Fields, f)
	case *RowField:
		f(n.Expr)
		one(n.Name, f)
	case *Array:
		each(n.Items, f)
	case *AtTimeZone:
		f(n.Expr)
		some(n.Zone, f)
	case *Extract:
		f(n.Field)
		f(n.Expr)
	}
}

func each[N Node](list []N, f func(Node)) {
	for _, n := range list {
		f(n)
	}
}

// pointer is a node of a known struct, which may be absent.
type pointer[T any] interface {
	*T
	Node
}

func one[T any, P pointer[T]](n P, f func(Node)) {
	if n != nil {
		f(n)
	}
}

func some(e Expr, f func(Node)) {
	if e != nil {
		f(e)
	}
}
