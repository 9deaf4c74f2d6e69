package ast

import "github.com/ctlake/ctlake/sql"

// The methods that make a struct a node, and say which kind of node.

func (n *QualifiedName) Position() sql.Pos        { return n.Pos }
func (n *Explain) Position() sql.Pos              { return n.Pos }
func (n *ShowTables) Position() sql.Pos           { return n.Pos }
func (n *ShowSchemas) Position() sql.Pos          { return n.Pos }
func (n *ShowCatalogs) Position() sql.Pos         { return n.Pos }
func (n *ShowColumns) Position() sql.Pos          { return n.Pos }
func (n *ShowFunctions) Position() sql.Pos        { return n.Pos }
func (n *ShowCreateTable) Position() sql.Pos      { return n.Pos }
func (n *Describe) Position() sql.Pos             { return n.Pos }
func (n *Query) Position() sql.Pos                { return n.Pos }
func (n *With) Position() sql.Pos                 { return n.Pos }
func (n *NamedQuery) Position() sql.Pos           { return n.Pos }
func (n *SortItem) Position() sql.Pos             { return n.Pos }
func (n *Offset) Position() sql.Pos               { return n.Pos }
func (n *Limit) Position() sql.Pos                { return n.Pos }
func (n *Fetch) Position() sql.Pos                { return n.Pos }
func (n *Select) Position() sql.Pos               { return n.Pos }
func (n *SelectExpr) Position() sql.Pos           { return n.Pos }
func (n *AllColumns) Position() sql.Pos           { return n.Pos }
func (n *GroupBy) Position() sql.Pos              { return n.Pos }
func (n *GroupingElement) Position() sql.Pos      { return n.Pos }
func (n *WindowDefinition) Position() sql.Pos     { return n.Pos }
func (n *SetOperation) Position() sql.Pos         { return n.Pos }
func (n *Values) Position() sql.Pos               { return n.Pos }
func (n *TableRef) Position() sql.Pos             { return n.Pos }
func (n *Table) Position() sql.Pos                { return n.Pos }
func (n *Aliased) Position() sql.Pos              { return n.Pos }
func (n *Join) Position() sql.Pos                 { return n.Pos }
func (n *SubqueryRelation) Position() sql.Pos     { return n.Pos }
func (n *Unnest) Position() sql.Pos               { return n.Pos }
func (n *Lateral) Position() sql.Pos              { return n.Pos }
func (n *TableSample) Position() sql.Pos          { return n.Pos }
func (n *TableFunction) Position() sql.Pos        { return n.Pos }
func (n *TableFunctionArg) Position() sql.Pos     { return n.Pos }
func (n *TableArg) Position() sql.Pos             { return n.Pos }
func (n *Descriptor) Position() sql.Pos           { return n.Pos }
func (n *DescriptorField) Position() sql.Pos      { return n.Pos }
func (n *NullLiteral) Position() sql.Pos          { return n.Pos }
func (n *BooleanLiteral) Position() sql.Pos       { return n.Pos }
func (n *StringLiteral) Position() sql.Pos        { return n.Pos }
func (n *BinaryLiteral) Position() sql.Pos        { return n.Pos }
func (n *IntegerLiteral) Position() sql.Pos       { return n.Pos }
func (n *DecimalLiteral) Position() sql.Pos       { return n.Pos }
func (n *DoubleLiteral) Position() sql.Pos        { return n.Pos }
func (n *TypedLiteral) Position() sql.Pos         { return n.Pos }
func (n *IntervalLiteral) Position() sql.Pos      { return n.Pos }
func (n *Identifier) Position() sql.Pos           { return n.Pos }
func (n *Dereference) Position() sql.Pos          { return n.Pos }
func (n *Subscript) Position() sql.Pos            { return n.Pos }
func (n *Parameter) Position() sql.Pos            { return n.Pos }
func (n *FunctionCall) Position() sql.Pos         { return n.Pos }
func (n *Overflow) Position() sql.Pos             { return n.Pos }
func (n *Over) Position() sql.Pos                 { return n.Pos }
func (n *WindowSpec) Position() sql.Pos           { return n.Pos }
func (n *Frame) Position() sql.Pos                { return n.Pos }
func (n *FrameBound) Position() sql.Pos           { return n.Pos }
func (n *Lambda) Position() sql.Pos               { return n.Pos }
func (n *Cast) Position() sql.Pos                 { return n.Pos }
func (n *Case) Position() sql.Pos                 { return n.Pos }
func (n *When) Position() sql.Pos                 { return n.Pos }
func (n *Unary) Position() sql.Pos                { return n.Pos }
func (n *Arithmetic) Position() sql.Pos           { return n.Pos }
func (n *Comparison) Position() sql.Pos           { return n.Pos }
func (n *QuantifiedComparison) Position() sql.Pos { return n.Pos }
func (n *Logical) Position() sql.Pos              { return n.Pos }
func (n *Not) Position() sql.Pos                  { return n.Pos }
func (n *Between) Position() sql.Pos              { return n.Pos }
func (n *InList) Position() sql.Pos               { return n.Pos }
func (n *InSubquery) Position() sql.Pos           { return n.Pos }
func (n *Like) Position() sql.Pos                 { return n.Pos }
func (n *IsNull) Position() sql.Pos               { return n.Pos }
func (n *IsTruth) Position() sql.Pos              { return n.Pos }
func (n *IsDistinctFrom) Position() sql.Pos       { return n.Pos }
func (n *Exists) Position() sql.Pos               { return n.Pos }
func (n *Subquery) Position() sql.Pos             { return n.Pos }
func (n *Row) Position() sql.Pos                  { return n.Pos }
func (n *RowField) Position() sql.Pos             { return n.Pos }
func (n *Array) Position() sql.Pos                { return n.Pos }
func (n *AtTimeZone) Position() sql.Pos           { return n.Pos }
func (n *Extract) Position() sql.Pos              { return n.Pos }
func (n *Current) Position() sql.Pos              { return n.Pos }
func (n *Type) Position() sql.Pos                 { return n.Pos }
func (n *TypeArg) Position() sql.Pos              { return n.Pos }

func (*QualifiedName) node()        {}
func (*Explain) node()              {}
func (*ShowTables) node()           {}
func (*ShowSchemas) node()          {}
func (*ShowCatalogs) node()         {}
func (*ShowColumns) node()          {}
func (*ShowFunctions) node()        {}
func (*ShowCreateTable) node()      {}
func (*Describe) node()             {}
func (*Query) node()                {}
func (*With) node()                 {}
func (*NamedQuery) node()           {}
func (*SortItem) node()             {}
func (*Offset) node()               {}
func (*Limit) node()                {}
func (*Fetch) node()                {}
func (*Select) node()               {}
func (*SelectExpr) node()           {}
func (*AllColumns) node()           {}
func (*GroupBy) node()              {}
func (*GroupingElement) node()      {}
func (*WindowDefinition) node()     {}
func (*SetOperation) node()         {}
func (*Values) node()               {}
func (*TableRef) node()             {}
func (*Table) node()                {}
func (*Aliased) node()              {}
func (*Join) node()                 {}
func (*SubqueryRelation) node()     {}
func (*Unnest) node()               {}
func (*Lateral) node()              {}
func (*TableSample) node()          {}
func (*TableFunction) node()        {}
func (*TableFunctionArg) node()     {}
func (*TableArg) node()             {}
func (*Descriptor) node()           {}
func (*DescriptorField) node()      {}
func (*NullLiteral) node()          {}
func (*BooleanLiteral) node()       {}
func (*StringLiteral) node()        {}
func (*BinaryLiteral) node()        {}
func (*IntegerLiteral) node()       {}
func (*DecimalLiteral) node()       {}
func (*DoubleLiteral) node()        {}
func (*TypedLiteral) node()         {}
func (*IntervalLiteral) node()      {}
func (*Identifier) node()           {}
func (*Dereference) node()          {}
func (*Subscript) node()            {}
func (*Parameter) node()            {}
func (*FunctionCall) node()         {}
func (*Overflow) node()             {}
func (*Over) node()                 {}
func (*WindowSpec) node()           {}
func (*Frame) node()                {}
func (*FrameBound) node()           {}
func (*Lambda) node()               {}
func (*Cast) node()                 {}
func (*Case) node()                 {}
func (*When) node()                 {}
func (*Unary) node()                {}
func (*Arithmetic) node()           {}
func (*Comparison) node()           {}
func (*QuantifiedComparison) node() {}
func (*Logical) node()              {}
func (*Not) node()                  {}
func (*Between) node()              {}
func (*InList) node()               {}
func (*InSubquery) node()           {}
func (*Like) node()                 {}
func (*IsNull) node()               {}
func (*IsTruth) node()              {}
func (*IsDistinctFrom) node()       {}
func (*Exists) node()               {}
func (*Subquery) node()             {}
func (*Row) node()                  {}
func (*RowField) node()             {}
func (*Array) node()                {}
func (*AtTimeZone) node()           {}
func (*Extract) node()              {}
func (*Current) node()              {}
func (*Type) node()                 {}
func (*TypeArg) node()              {}

func (*Query) statement()           {}
func (*Explain) statement()         {}
func (*ShowTables) statement()      {}
func (*ShowSchemas) statement()     {}
func (*ShowCatalogs) statement()    {}
func (*ShowColumns) statement()     {}
func (*ShowFunctions) statement()   {}
func (*ShowCreateTable) statement() {}
func (*Describe) statement()        {}

func (*Query) queryBody()        {}
func (*Select) queryBody()       {}
func (*SetOperation) queryBody() {}
func (*Values) queryBody()       {}
func (*TableRef) queryBody()     {}

func (*Table) relation()            {}
func (*Aliased) relation()          {}
func (*Join) relation()             {}
func (*SubqueryRelation) relation() {}
func (*Unnest) relation()           {}
func (*Lateral) relation()          {}
func (*TableSample) relation()      {}
func (*TableFunction) relation()    {}

func (*SelectExpr) selectItem() {}
func (*AllColumns) selectItem() {}

func (*NullLiteral) expr()          {}
func (*BooleanLiteral) expr()       {}
func (*StringLiteral) expr()        {}
func (*BinaryLiteral) expr()        {}
func (*IntegerLiteral) expr()       {}
func (*DecimalLiteral) expr()       {}
func (*DoubleLiteral) expr()        {}
func (*TypedLiteral) expr()         {}
func (*IntervalLiteral) expr()      {}
func (*Identifier) expr()           {}
func (*Dereference) expr()          {}
func (*Subscript) expr()            {}
func (*Parameter) expr()            {}
func (*FunctionCall) expr()         {}
func (*Lambda) expr()               {}
func (*Cast) expr()                 {}
func (*Case) expr()                 {}
func (*Unary) expr()                {}
func (*Arithmetic) expr()           {}
func (*Comparison) expr()           {}
func (*QuantifiedComparison) expr() {}
func (*Logical) expr()              {}
func (*Not) expr()                  {}
func (*Between) expr()              {}
func (*InList) expr()               {}
func (*InSubquery) expr()           {}
func (*Like) expr()                 {}
func (*IsNull) expr()               {}
func (*IsTruth) expr()              {}
func (*IsDistinctFrom) expr()       {}
func (*Exists) expr()               {}
func (*Subquery) expr()             {}
func (*Row) expr()                  {}
func (*Array) expr()                {}
func (*AtTimeZone) expr()           {}
func (*Extract) expr()              {}
func (*Current) expr()              {}
