// Package jsonpath is the path language of SQL/JSON: 'lax $.items[*]?(@.port < 1024).name'.
//
//	text ── Parse ──► Path ── Check(types of variables) ──► type of the result, if it is known
//	                   │
//	   Item, variables ┴─ Eval ──► sequence of Items
//
// The language is that of ISO/IEC 9075-2, 9.39, as Trino has it: JSON_EXISTS,
// JSON_VALUE, JSON_QUERY and JSON_TABLE evaluate it. A path is a tree whose nodes take
// sequences of items to sequences of items:
//
//	lax | strict                   the mode: whether structure that is missing is an error
//	$  $name  @  last              the input, a variable, the item of a filter, the last index
//	.name  ."name"  .*  ..name     members of objects; ..name those of all objects below
//	[0, 2 to last]  [*]            elements of arrays
//	?(predicate)                   the items for which the predicate is true
//	.type()  .size()  .double()  .ceiling()  .floor()  .abs()  .keyvalue()
//	+  -  *  /  %                  arithmetic, by SQL's rules
//
// In lax mode arrays are unwrapped where something else is needed, and what is no
// array is taken for one of one element where an array is needed.
//
// Values of SQL and their operators are not known here: Operators lends them.
package jsonpath

import (
	"github.com/ctlake/ctlake/storage/types"
)

// The limits of a path.
const (
	// MaxNesting is how many levels of parentheses, filters and signs may lie in each other.
	MaxNesting = 500
	// MaxNodes is how many accessors, operators and literals a path may have.
	MaxNodes = 10_000
	// MaxSteps is how many items one evaluation may visit. Paths can multiply items: $[0,0][0,0][0,0].
	MaxSteps = 1_000_000
	// stepsBetweenChecks is after how many items an evaluation asks whether it is to end.
	stepsBetweenChecks = 1_000
)

// Path is a compiled path. It may be used concurrently.
type Path struct {
	lax       bool
	root      node
	variables []string
}

// Variables returns the names of the variables that the path uses, without the sign, in the order of
// their first use: Eval takes their values in this order.
func (p *Path) Variables() []string { return p.variables }

// Operators lends the operators and functions of SQL to paths.
type Operators interface {
	// Resolve returns the type that a function gives for arguments of the given types; an error
	// says that there is none for them. Operators have the names that package function gives them.
	Resolve(name string, args ...types.Type) (types.Type, error)
	// Call applies a function to items that are SQL values. resolved is false if there is none for
	// their types.
	Call(name string, args ...Item) (result Item, resolved bool, err error)
	// Cast converts an SQL value. resolved is false if there is no such conversion.
	Cast(value Item, to types.Type) (result Item, resolved bool, err error)
	// Interrupted is not nil once the evaluation is to end.
	Interrupted() error
}

// node is a part of a path that gives items.
type node interface{ path() }

type (
	literal struct{ value Item }
	// contextItem is $.
	contextItem struct{}
	// variable is $name; index is its place in Path.variables.
	variable struct{ index int }
	// currentItem is @.
	currentItem struct{}
	// lastIndex is last.
	lastIndex struct{}

	member struct {
		base node
		key  string
		all  bool // .*
	}
	descendants struct {
		base node
		key  string
	}
	elements struct {
		base       node
		subscripts []subscript // none: [*]
	}
	filter struct {
		base node
		test predicate
	}
	method struct {
		base node
		name string
	}
	sign struct {
		base     node
		negative bool
	}
	arithmetic struct {
		op          byte
		left, right node
	}
)

// subscript is an index, or a range of them.
type subscript struct{ from, to node } // to is nil for a single index

func (*literal) path()     {}
func (*contextItem) path() {}
func (*variable) path()    {}
func (*currentItem) path() {}
func (*lastIndex) path()   {}
func (*member) path()      {}
func (*descendants) path() {}
func (*elements) path()    {}
func (*filter) path()      {}
func (*method) path()      {}
func (*sign) path()        {}
func (*arithmetic) path()  {}

// predicate is the condition of a filter. It is true, false or unknown.
type predicate interface{ predicate() }

type (
	and       struct{ left, right predicate }
	or        struct{ left, right predicate }
	not       struct{ arg predicate }
	isUnknown struct{ arg predicate }
	exists    struct{ arg node }
	compare   struct {
		op          comparison
		left, right node
	}
	startsWith struct{ whole, prefix node }
	likeRegex  struct {
		arg   node
		match func(string) bool
	}
)

func (*and) predicate()        {}
func (*or) predicate()         {}
func (*not) predicate()        {}
func (*isUnknown) predicate()  {}
func (*exists) predicate()     {}
func (*compare) predicate()    {}
func (*startsWith) predicate() {}
func (*likeRegex) predicate()  {}

// comparison is the operator of a compare.
type comparison uint8

const (
	equal comparison = iota
	notEqual
	less
	lessOrEqual
	greater
	greaterOrEqual
)

// functionNames are the SQL functions that operators and methods stand for.
var functionNames = map[string]string{
	"+": "$add", "-": "$subtract", "*": "$multiply", "/": "$divide", "%": "$modulus",
}

// operatorNames are what Trino's messages call the operators.
var operatorNames = map[byte]string{'+': "ADD", '-': "SUBTRACT", '*': "MULTIPLY", '/': "DIVIDE", '%': "MODULUS"}
