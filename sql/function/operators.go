package function

import "fmt"

// Operators are registered under names that begin with "$":
//
//	$add $subtract $multiply $divide $modulus     arithmetic.go, decimal.go, time_arithmetic.go
//	$negate                                       arithmetic.go
//	$equal $not_equal $less $less_or_equal
//	$greater $greater_or_equal
//	$distinct                             compare.go
//	$not                                          here
//	$like(value, pattern[, escape])               like.go
//	$subscript (of arrays and maps)               subscript.go
//	$array(elements…)                             subscript.go
//
// The operator || is the function "concat".

// operatorSigns are what users write for operators of two operands.
var operatorSigns = map[string]string{
	"$add": "+", "$subtract": "-", "$multiply": "*", "$divide": "/", "$modulus": "%",
	"$equal": "=", "$not_equal": "<>", "$less": "<", "$less_or_equal": "<=",
	"$greater": ">", "$greater_or_equal": ">=", "$distinct": "IS DISTINCT FROM",
}

// operatorMisfit returns the complaint that an operator is not for operands of the
// given types, or "" if name is that of a function.
func operatorMisfit(name string, given []string) string {
	switch {
	case operatorSigns[name] != "" && len(given) == 2:
		return fmt.Sprintf("Cannot apply operator: %s %s %s", given[0], operatorSigns[name], given[1])
	case name == "$negate" && len(given) == 1:
		return fmt.Sprintf("Cannot negate %s", given[0])
	case name == "$not" && len(given) == 1:
		return fmt.Sprintf("Value of logical NOT expression must evaluate to a boolean (actual: %s)", given[0])
	case name == "$subscript" && len(given) == 2:
		return fmt.Sprintf("Cannot use %s for subscript of %s", given[1], given[0])
	case name == "$like" && len(given) >= 2:
		return fmt.Sprintf("Cannot apply operator: %s LIKE %s", given[0], given[1])
	case name == "$array":
		return "All ARRAY elements must have a common type"
	}
	return ""
}

var _ = register(Scalar{
	Doc: Doc{Name: "$not", Text: "Is true for false and false for true", Example: "NOT true", Result: "false", Group: "logical"},
	Overloads: []Overload{{
		Params: "boolean", Result: "boolean", NeverFails: true,
		New: unary(func(b bool) bool { return !b }),
	}},
})
