package function

import (
	"slices"
	"strings"
)

// The tables are filled while the program starts (package-level var _ = register(…)) and read-only after.
var (
	scalars    = map[string]*Scalar{}
	aggregates = map[string]*Aggregate{}
	windows    = map[string]*Window{}
)

type registered struct{}

func names(d Doc) []string { return append([]string{d.Name}, d.Aliases...) }

func add[F any](table map[string]*F, kind string, d Doc, f *F) registered {
	for _, name := range names(d) {
		if name != strings.ToLower(name) || table[name] != nil {
			panic("function " + name + " is registered twice as " + kind + ", or not in lower case")
		}
		table[name] = f
	}
	return registered{}
}

func register(f Scalar) registered {
	for i := range f.Overloads {
		o := &f.Overloads[i]
		o.sig = parseSignature(o.Params, o.Result, o.Derive, o.Comparable, o.Orderable)
	}
	return add(scalars, "scalar", f.Doc, &f)
}

func registerAggregate(f Aggregate) registered {
	for i := range f.Overloads {
		o := &f.Overloads[i]
		o.sig = parseSignature(o.Params, o.Result, o.Derive, o.Comparable, o.Orderable)
	}
	return add(aggregates, "aggregate", f.Doc, &f)
}

func registerWindow(f Window) registered {
	for i := range f.Overloads {
		o := &f.Overloads[i]
		o.sig = parseSignature(o.Params, o.Result, nil, "", "")
	}
	return add(windows, "window", f.Doc, &f)
}

// IsAggregate reports whether name (in any case) is that of an aggregate.
func IsAggregate(name string) bool { return aggregates[strings.ToLower(name)] != nil }

// IsWindow reports whether name (in any case) is that of a ranking or value function.
func IsWindow(name string) bool { return windows[strings.ToLower(name)] != nil }

// Names returns the names of all functions that a user can write, sorted.
func Names() []string {
	var all []string
	for name := range scalars {
		if !strings.HasPrefix(name, "$") {
			all = append(all, name)
		}
	}
	for name := range aggregates {
		all = append(all, name)
	}
	for name := range windows {
		all = append(all, name)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Docs returns the documentation of all functions that a user can write, sorted
// by name. A name that is more than one sort of function comes more than once.
func Docs() []Doc {
	var all []Doc
	for name, f := range scalars {
		if name == f.Name && !strings.HasPrefix(name, "$") {
			all = append(all, f.Doc)
		}
	}
	for name, f := range aggregates {
		if name == f.Name {
			all = append(all, f.Doc)
		}
	}
	for name, f := range windows {
		if name == f.Name {
			all = append(all, f.Doc)
		}
	}
	slices.SortFunc(all, func(a, b Doc) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return strings.Compare(a.Text, b.Text)
	})
	return all
}

// scalar registers a function. names are its name and, after commas, other names of it.
func scalar(group, names, text, example, result string, overloads ...Overload) registered {
	all := strings.Split(names, ",")
	return register(Scalar{
		Doc:       Doc{Name: all[0], Aliases: all[1:], Text: text, Example: example, Result: result, Group: group},
		Overloads: overloads,
	})
}
