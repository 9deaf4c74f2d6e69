// Package domain holds sets of values of one column: what a WHERE clause leaves
// of it. The same Domain prunes data files, stripes and row groups; the filter
// itself still runs on what remains, so a domain may be larger than the truth,
// never smaller.
package domain

import (
	"github.com/ctlake/ctlake/storage/types"
)

// Value is a bool, int64, float64, string or types.Int128: the Go type of the
// column's physical kind.
type Value = any

// Statistics say what is known of the values of one column in a file, stripe or row group.
type Statistics struct {
	Rows    int64 // rows, NULL ones included
	HasNull bool  // false only if it is certain that no row is NULL
	AllNull bool  // true only if it is certain that every row is NULL
	// Min and Max bound the values that are not NULL; nil when unknown. They
	// need not occur (string bounds may be cut).
	Min, Max Value
	Type     types.Type
}
