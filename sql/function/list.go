package function

import (
	"cmp"
	"slices"
	"strings"
)

// Signature is one overload of a function as SHOW FUNCTIONS lists it.
type Signature struct {
	Name, Result, Params string // the types as they are declared, in Trino's notation
	Function             string // the name of which Name is another, or the same
	Kind                 string // "scalar", "aggregate" or "window"
	Deterministic        bool
	Text                 string // what it does, in a line
}

// Signatures returns the overloads of all functions that a user can write, under
// each of their names, sorted by name, then in the order of declaration.
func Signatures() []Signature {
	var all []Signature
	for name, f := range scalars {
		if strings.HasPrefix(name, "$") {
			continue
		}
		for _, o := range f.Overloads {
			all = append(all, Signature{name, o.Result, o.Params, f.Name, "scalar", !o.Volatile, f.Text})
		}
	}
	for name, f := range aggregates {
		for _, o := range f.Overloads {
			all = append(all, Signature{name, o.Result, o.Params, f.Name, "aggregate", true, f.Text})
		}
	}
	for name, f := range windows {
		for _, o := range f.Overloads {
			all = append(all, Signature{name, o.Result, o.Params, f.Name, "window", true, f.Text})
		}
	}
	slices.SortStableFunc(all, func(a, b Signature) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind)) // overloads of one function lie together, in order
	})
	return all
}
