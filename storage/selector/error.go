package selector

import (
	"bytes"
	"fmt"
)

// Error says which part of a list of selectors is wrong, and what would be right. It is
// the only error type of Parse, Validate and Compile.
type Error struct {
	Selector int    // from 1; 0 if no single one is to blame
	Name     string // of the selector
	Field    string
	Value    string
	Reason   string
	// Line and Column (from 1, in bytes) and Offset (from 0, in bytes) say where in the
	// JSON text; Line is 0 for selectors that do not come from a text.
	Line, Column int
	Offset       int64

	fieldSelector int // from 1, within the selector; 0 if none: for finding the place
}

// Error implements error.
func (e *Error) Error() string {
	text := "event selectors"
	if e.Selector > 0 {
		text = fmt.Sprintf("event selector %d", e.Selector)
	}
	if e.Name != "" {
		text += fmt.Sprintf(" (%q)", e.Name)
	}
	if e.Field != "" {
		text += ", field " + e.Field
	}
	if e.Value != "" {
		text += fmt.Sprintf(", value %q", e.Value)
	}
	if e.Line > 0 {
		text += fmt.Sprintf(" (line %d, byte %d)", e.Line, e.Column)
	}
	return text + ": " + e.Reason
}

// place sets where in text the error is.
func (e *Error) place(text []byte, offset int64) {
	e.Offset = min(max(offset, 0), int64(len(text)))
	before := text[:e.Offset]
	e.Line = 1 + bytes.Count(before, []byte("\n"))
	e.Column = len(before) - bytes.LastIndexByte(before, '\n')
}
