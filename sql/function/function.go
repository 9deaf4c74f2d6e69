// Package function holds what an SQL expression can call: scalar functions and
// operators, casts, aggregates and window functions. Each is declared once, in a
// file named after it: signature, documentation, example and kernel together.
//
//	analyzer ── Resolve(name, argument types) ──► Resolved ── New(Binding) ──► Kernel ── Call ──► Vector
//
// Operators are functions with names that no user can write: "$add", "$equal",
// "$subscript", "$like" and so on (operators.go lists them).
//
// Kernels work on whole vectors, through vector.View, whatever the encoding. A
// kernel never evaluates a dictionary entry by entry itself: the caller
// (engine/expr) does that for every function that is deterministic and never fails.
package function

import (
	"time"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Context is what a running statement lends to its functions. It does not change
// while the statement runs and is shared by all workers.
type Context struct {
	Now  time.Time      // the statement's start: current_timestamp
	Zone *time.Location // the session zone
	User string         // current_user
	// Charge accounts for memory that a function is about to take beyond its
	// inputs' size (repeat, lpad, sequence …). nil accepts everything.
	Charge func(bytes int64) error
	// Err is not nil once the statement is to end; functions whose work on one row is not
	// bounded by its size ask from time to time. nil never ends. It is context.Context's Err.
	Err func() error
}

// Interrupted is not nil once the statement is to end. c may be nil.
func (c *Context) Interrupted() error {
	if c == nil || c.Err == nil {
		return nil
	}
	return c.Err()
}

// Doc describes a function to people: SHOW FUNCTIONS, the shell's help and the
// generated reference print it, and the tests run Example.
type Doc struct {
	Name    string   // as Trino's documentation spells it
	Aliases []string // other names of the same function
	Text    string   // one line
	Example string   // an expression
	Result  string   // what Example gives, as the csv output writes it
	Group   string   // "string", "date and time", … as Trino's documentation groups them
}

// Scalar is a function of one row (or an operator).
type Scalar struct {
	Doc
	Overloads []Overload
}

// Overload is one signature of a scalar function with its kernel.
//
// Params and Result are type names as types.Parse reads them, separated by
// commas, in which single upper-case letters (T, K, V, R, S, U) are type variables:
// "array(T), function(T,boolean)" → "array(T)". A last parameter that ends in "..."
// stands for one or more. Plain varchar, decimal, char, timestamp, time and their
// zoned forms without parameters in Params accept any length or precision and
// pass it on unchanged. With lower-case letters as parameters, "varchar(x)" or
// "decimal(p,s)", they do too, all of the same letters to one common type, and
// Result may repeat them: "varchar(x)" → "array(varchar(x))".
type Overload struct {
	Params, Result string
	// Derive replaces the reading of Params and Result, which are for people then, where text cannot say
	// the rule (decimal arithmetic, precision of a timestamp). It is given the
	// argument types (types.Function-kinded for lambdas is never passed to it)
	// and returns the types that the arguments must be coerced to and the
	// result's, or false if the overload does not fit.
	Derive func(args []types.Type) (params []types.Type, result types.Type, ok bool)

	// Comparable and Orderable are the letters of the type variables ("T", "KV") that
	// must stand for types with = or with <.
	Comparable, Orderable string

	// Nullable: the kernel sees rows with NULL arguments and decides. Otherwise
	// the result is NULL wherever an argument is, and the kernel skips Call.Nulls.
	Nullable bool
	// NeverFails: no argument values make the kernel return an error, and its cost
	// does not depend on other rows; it may then run on dictionary entries that no row uses.
	NeverFails bool
	// NeverFailsWith, where NeverFails does not hold in general, reports whether it
	// does for a call: one with a constant pattern that compiles, say. It may be nil.
	NeverFailsWith func(b Binding) bool
	// Volatile: two calls with the same arguments may differ (random, uuid).
	Volatile bool

	// Associative: any number of arguments may be given, and a call whose first argument is a call of this overload
	// is one call with the arguments of both.
	Associative bool

	// New returns the kernel for one call in a plan. Each worker has its own, so
	// a kernel may keep scratch memory and caches. An error is one of analysis
	// (a constant pattern that does not compile, say).
	New func(b Binding) (Kernel, error)

	sig signature // Params and Result, once registered
}

// Binding is what is known of a call when the plan is built.
type Binding struct {
	Ctx    *Context
	Params []types.Type // types of the arguments, after coercion
	Result types.Type
	// Constants holds a vector of one row for each argument that is constant, else nil.
	Constants []vector.Vector
}

// Call is one evaluation of a kernel over N rows.
type Call struct {
	Ctx    *Context
	N      int
	Args   []vector.Vector // of N rows each; nil in the place of a lambda
	Lambda []Lambda        // by place; nil where the argument is none
	Nulls  vector.Bitmap   // rows with a NULL argument: to be skipped, unless Nullable
	Result types.Type
}

// Lambda evaluates a lambda over elements: element i belongs to row rows[i] of the
// call (the lambda may use other columns of that row), and params hold one value
// an element for each parameter of the lambda.
type Lambda func(rows []int32, params ...vector.Vector) (vector.Vector, error)

// Kernel computes a vector of Call.N rows. What it puts into rows of Call.Nulls
// does not matter, unless the overload is Nullable. It must not fail on those rows.
// Errors are *sql.Error without a position, or *types.Error; the caller knows the position.
type Kernel func(c *Call) (vector.Vector, error)

// Aggregate is a function of many rows.
type Aggregate struct {
	Doc
	Overloads []AggregateOverload
}

// AggregateOverload is one signature of an aggregate; see Overload for the fields they share.
type AggregateOverload struct {
	Params, Result string
	Derive         func(args []types.Type) (params []types.Type, result types.Type, ok bool)

	Comparable, Orderable string
	// Nullable: Add is given rows with NULL arguments too (array_agg, map_agg's values).
	Nullable bool
	// OrderSensitive: the result depends on the order of rows (array_agg, arbitrary …).
	OrderSensitive bool
	// KeepsRows: a group's state grows with its rows (array_agg, histogram). An aggregation that is
	// short of memory holds the rows of such a call back, and hands them over group by group.
	KeepsRows bool
	New       func(b Binding) (Accumulator, error)

	sig signature
}

// Accumulator is the state of an aggregate over any number of groups. It is used
// by one goroutine at a time. Whatever it keeps of its arguments beyond Add must be
// cloned if it is text (see vector.Retain).
type Accumulator interface {
	// Grow makes room for the groups 0..groups-1; new ones have seen no row.
	Grow(groups int)
	// Add takes in the rows of c, row i for group groups[i], but those in c.Nulls.
	Add(c *Call, groups []int32) error
	// Merge takes in all that other, an accumulator of the same call, has seen:
	// its group g becomes part of group groups[g] here. other's rows come after the own ones.
	Merge(other Accumulator, groups []int32) error
	// Result returns one row for each of the groups from..to-1. It consumes nothing: a
	// window calls it again after further rows.
	Result(from, to int) (vector.Vector, error)
	// Part returns a new accumulator with the states of some groups, as groups 0, 1 …. They are
	// as good as the own ones for all that follows; the own ones are not used any more.
	Part(groups []int32) Accumulator
	// Bytes estimates the memory held.
	Bytes() int64
}

// Window is a function that looks at the partition around a row: ranking and value functions.
type Window struct {
	Doc
	Overloads []WindowOverload
}

// WindowOverload is one signature of a window function.
type WindowOverload struct {
	Params, Result string
	// NeedsOrder: the window must have ORDER BY, and may not have a frame (lead, lag).
	NeedsOrder bool
	New        func(b Binding) (func(p *Partition) (vector.Vector, error), error)
	// Numbers: New's function gives the rows of a partition the bigints 1, 2 …, so that it need not be asked.
	Numbers bool
	// Neighbour, if not 0, says that New's function, unless it ignores NULLs, gives a row the first argument of the row
	// so many rows after it (before it, if negative) in the partition, or NULL if there is none.
	Neighbour int

	sig signature
}

// Partition is one partition of a window, in its order.
type Partition struct {
	Ctx  *Context
	N    int
	Args []vector.Vector // of N rows
	// PeerStart and PeerEnd bound the rows equal in ORDER BY: row i's peers are PeerStart[i]..PeerEnd[i]-1.
	PeerStart, PeerEnd []int32
	// FrameStart and FrameEnd bound the frame of each row; an empty frame has FrameStart >= FrameEnd.
	FrameStart, FrameEnd []int32
	IgnoreNulls          bool
}
