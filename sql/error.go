// Package sql holds how the language complains: a position, an error code, an
// error with Trino's text, the excerpt of the statement that a face prints below
// it, and the near name that a misspelt one may have meant.
//
//	line 1:8: Column 'evntName' cannot be resolved        Error.Error
//	SELECT evntName FROM eds                              Excerpt
//	       ^
//	did you mean 'eventName'?                             Error.Hint, made with Suggest
//
// The codes and texts follow Trino's StandardErrorCode and its analyzer's
// messages, since people search for those. Nothing here prints; faces do.
package sql

import (
	"errors"
	"fmt"
	"strconv"
)

// Pos is a place in the text of a statement: line and column count from 1, a
// column is one rune. The zero Pos means that the place is not known.
type Pos struct{ Line, Column int }

// IsValid says whether the place is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// Before says whether p comes before q in the text. Unknown places come first.
func (p Pos) Before(q Pos) bool {
	return p.Line < q.Line || p.Line == q.Line && p.Column < q.Column
}

// String returns "line:column", or "-" if the place is not known.
func (p Pos) String() string {
	if !p.IsValid() {
		return "-"
	}
	return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Error is a complaint about a statement. Its text is Trino's: "line 1:8: Column
// 'x' cannot be resolved". Errors of evaluation come without a position from
// functions; whoever knows the call's position adds it with At.
type Error struct {
	Code Code
	Pos  Pos
	Msg  string
	Hint string // what may help, one sentence without a full stop; "" if nothing is known
	Err  error  // what caused it; nil for a complaint of our own
}

// Error returns the text with the position in front, or Msg alone if the position is unknown.
func (e *Error) Error() string {
	if !e.Pos.IsValid() {
		return e.Msg
	}
	return "line " + e.Pos.String() + ": " + e.Msg
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns a complaint with the given code and place. A %w in the format
// makes its argument the cause.
func Errorf(code Code, pos Pos, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Pos: pos, Msg: err.Error(), Err: errors.Unwrap(err)}
}

// NotSupported returns the complaint that a construct of Trino's language is not
// built: "MATCH_RECOGNIZE is not supported".
func NotSupported(pos Pos, what string) *Error {
	return &Error{Code: NOT_SUPPORTED, Pos: pos, Msg: what + " is not supported"}
}

// WithHint sets the hint and returns e, for use in a return statement.
func (e *Error) WithHint(hint string) *Error {
	e.Hint = hint
	return e
}

// At returns err with pos as its position, if err is an *Error that has none yet
// (as a copy: errors of functions may be shared); any other error comes back as it is.
func At(err error, pos Pos) error {
	e, ok := err.(*Error)
	if !ok || e.Pos.IsValid() {
		return err
	}
	placed := *e
	placed.Pos = pos
	return &placed
}

// CodeOf returns the code of the first *Error in err's chain, or
// GENERIC_INTERNAL_ERROR for any other error.
func CodeOf(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return GENERIC_INTERNAL_ERROR
}
