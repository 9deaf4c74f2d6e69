package function

import (
	"cmp"
	"slices"
	"strings"
)

// Signature is one overload of a function as SHOW FUNCTIONS lists it.
type Signature struct {
	Name, Result, Params string // the types as they are declared
	Function             string // the name of which Name is another, or the same
	Kind                 string // "scalar", "aggregate" or "window"
	Deterministic        bool
	Text                 string // what it does, in a line
}

// Arguments returns the types of the parameters in Trino's notation. variadic tells that
// the last one may be repeated, of which Trino's notation says nothing.
func (s Signature) Arguments() (text string, variadic bool) {
	return strings.CutSuffix(strings.Join(splitTypes(s.Params), ", "), "...")
}

// Signatures returns the overloads of all functions that a user can write, under each
// of their names, in the order in which Trino lists them: by name, result and parameters.
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
	slices.SortFunc(all, func(a, b Signature) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Result, b.Result), cmp.Compare(a.Params, b.Params), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}
