package types

import "fmt"

// Codes of Error: Trino's names, which the sql package's codes repeat.
const (
	CodeInvalidCast  = "INVALID_CAST_ARGUMENT"      // a text that is no value of the type
	CodeOutOfRange   = "NUMERIC_VALUE_OUT_OF_RANGE" // a number that the type cannot hold
	CodeDivideByZero = "DIVISION_BY_ZERO"
	CodeNotSupported = "NOT_SUPPORTED"
	CodeInvalidArg   = "INVALID_FUNCTION_ARGUMENT"
	CodeInvalidType  = "TYPE_NOT_FOUND"
	CodeBadLiteral   = "INVALID_LITERAL"
)

// Error is a complaint about values, without a position in a statement.
type Error struct {
	Code string // one of the codes above
	Msg  string // Trino's text
}

// Error returns the message.
func (e *Error) Error() string { return e.Msg }

func errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Msg: fmt.Sprintf(format, args...)}
}
