package function

import (
	"github.com/ctlake/ctlake/storage/types"
)

// Arg is an argument of a call that is to be resolved: a value of a type, or a lambda.
type Arg struct {
	Type types.Type
	// Lambda is set for a lambda: it is given the types of its parameters, once
	// they are known from the other arguments, and returns the type of its body.
	Lambda func(params []types.Type) (types.Type, error)
	// Params is the number of parameters of the lambda.
	Params int
}

// Resolved is a scalar overload that was chosen for a call.
type Resolved struct {
	Name     string // as registered, lower case
	Overload *Overload
	Params   []types.Type // one an argument: what each must be coerced to; a function type for a lambda
	Result   types.Type
}

// ResolvedAggregate is an aggregate overload that was chosen for a call.
type ResolvedAggregate struct {
	Name     string
	Overload *AggregateOverload
	Params   []types.Type
	Result   types.Type
}

// ResolvedWindow is a window overload that was chosen for a call.
type ResolvedWindow struct {
	Name     string
	Overload *WindowOverload
	Params   []types.Type
	Result   types.Type
}
