package function

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
)

// Arg is an argument of a call that is to be resolved: a value of a type, or a lambda.
type Arg struct {
	Type types.Type
	// Lambda is set for a lambda: it is given the types of its parameters, once
	// they are known from the other arguments, and returns the type of its body.
	// It may be called several times, with different types.
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

// ResolveScalar finds the overload of a scalar function or operator for a call, by
// Trino's rules: one whose parameters are the arguments' types, without variables
// rather than with; else the most specific one among those that the arguments
// coerce to. Errors are *sql.Error without a position; an error of a lambda's
// body is returned as it is.
func ResolveScalar(name string, args []Arg) (*Resolved, error) {
	f := scalars[strings.ToLower(name)]
	if f == nil {
		return nil, notRegistered(name)
	}
	chosen, err := choose(calledAs(name, f.Name), sigs(f.Overloads, func(o *Overload) *signature { return &o.sig }), args)
	if err != nil {
		return nil, err
	}
	return &Resolved{f.Name, &f.Overloads[chosen.index], chosen.params, chosen.result}, nil
}

// ResolveAggregate is ResolveScalar for aggregates.
func ResolveAggregate(name string, args []Arg) (*ResolvedAggregate, error) {
	f := aggregates[strings.ToLower(name)]
	if f == nil {
		return nil, notRegistered(name)
	}
	chosen, err := choose(calledAs(name, f.Name), sigs(f.Overloads, func(o *AggregateOverload) *signature { return &o.sig }), args)
	if err != nil {
		return nil, err
	}
	return &ResolvedAggregate{f.Name, &f.Overloads[chosen.index], chosen.params, chosen.result}, nil
}

// ResolveWindow is ResolveScalar for ranking and value functions.
func ResolveWindow(name string, args []Arg) (*ResolvedWindow, error) {
	f := windows[strings.ToLower(name)]
	if f == nil {
		return nil, notRegistered(name)
	}
	chosen, err := choose(calledAs(name, f.Name), sigs(f.Overloads, func(o *WindowOverload) *signature { return &o.sig }), args)
	if err != nil {
		return nil, err
	}
	return &ResolvedWindow{f.Name, &f.Overloads[chosen.index], chosen.params, chosen.result}, nil
}

// calledAs is the name that messages give a function: the one that the statement uses, in lower case. Operators have none.
func calledAs(name, declared string) string {
	if strings.HasPrefix(declared, "$") {
		return declared
	}
	return strings.ToLower(name)
}

func sigs[O any](overloads []O, of func(*O) *signature) []*signature {
	out := make([]*signature, len(overloads))
	for i := range overloads {
		out[i] = of(&overloads[i])
	}
	return out
}

func notRegistered(name string) error {
	if group := OutOfScope(strings.ToLower(name)); group != "" {
		return notBuilt(strings.ToLower(name), group)
	}
	err := sql.Errorf(sql.FUNCTION_NOT_FOUND, sql.Pos{}, "Function '%s' not registered", name)
	if near := sql.Suggest(name, Names()); near != "" {
		return err.WithHint("did you mean '" + near + "'?")
	}
	return err
}

// candidate is an overload that fits.
type candidate struct {
	index  int
	params []types.Type
	result types.Type
}

func choose(name string, all []*signature, args []Arg) (candidate, error) {
	var bodyErr error // of the first lambda that failed
	fitting := func(coerce bool, wanted func(*signature) bool) []candidate {
		var out []candidate
		for i, s := range all {
			if !wanted(s) {
				continue
			}
			params, result, ok, err := s.bind(args, coerce)
			if err != nil && bodyErr == nil {
				bodyErr = err
			}
			if ok {
				out = append(out, candidate{i, params, result})
			}
		}
		return out
	}
	found := fitting(false, func(s *signature) bool { return !s.generic() })
	if len(found) == 0 {
		found = fitting(false, (*signature).generic)
	}
	if len(found) == 0 {
		found = fitting(true, func(*signature) bool { return true })
		found = mostSpecific(all, found, args)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return candidate{}, ambiguous(args, found)
	case bodyErr != nil:
		return candidate{}, bodyErr
	}
	return candidate{}, misfit(name, all, args)
}

// mostSpecific leaves out candidates whose parameters accept those of another,
// and decides between what is left as Trino does where arguments are bare NULLs.
func mostSpecific(all []*signature, found []candidate, args []Arg) []candidate {
	accepts := func(a, b candidate) bool { // a's overload takes b's parameters
		given := slices.Clone(args)
		for i := range given {
			if given[i].Lambda == nil {
				given[i].Type = b.params[i]
			}
		}
		_, _, ok, _ := all[a.index].bind(given, true)
		return ok
	}
	var best []candidate
	for i, c := range found {
		beaten := slices.ContainsFunc(found, func(other candidate) bool {
			return other.index != found[i].index && accepts(c, other) && !accepts(other, c)
		})
		if !beaten {
			best = append(best, c)
		}
	}
	isNull := func(a Arg) bool { return a.Lambda == nil && a.Type.Is(types.Unknown) }
	if len(best) < 2 || !slices.ContainsFunc(args, isNull) {
		return best
	}
	var exact []candidate // but for the NULLs
	for _, c := range found {
		same := true
		for i, a := range args {
			same = same && (isNull(a) || a.Lambda != nil || c.params[i].Equal(a.Type))
		}
		if same {
			exact = append(exact, c)
		}
	}
	if len(exact) > 0 {
		best = exact
	}
	// Where all give the same type, they are NULL for NULL alike.
	for _, c := range best {
		if !c.result.Equal(best[0].result) {
			return best
		}
	}
	return best[:1]
}

func ambiguous(args []Arg, found []candidate) error {
	var b strings.Builder
	b.WriteString("Could not choose a best candidate operator. Explicit type casts must be added.\n")
	fmt.Fprintf(&b, "Actual types: (%s)\nCandidates are:\n", strings.Join(givenTypes(args), ", "))
	for _, c := range found {
		fmt.Fprintf(&b, "\t * (%s):%s\n", strings.ReplaceAll(joinTypes(c.params), ", ", ","), c.result)
	}
	return sql.Errorf(sql.AMBIGUOUS_FUNCTION_CALL, sql.Pos{}, "%s", strings.TrimSuffix(b.String(), "\n"))
}

func joinTypes(ts []types.Type) string {
	texts := make([]string, len(ts))
	for i, t := range ts {
		texts[i] = t.String()
	}
	return strings.Join(texts, ", ")
}

// lambdaMisfit is the error of a lambda with another number of parameters than every overload gives it; it is
// left to the lambda, which knows its place.
func lambdaMisfit(all []*signature, args []Arg) error {
	for i, a := range args {
		if a.Lambda == nil {
			continue
		}
		count := -1
		for _, s := range all {
			if i < len(s.params) && len(s.params) == len(args) && s.params[i].kind == types.Function {
				if n := len(s.params[i].children) - 1; count < 0 || n == a.Params {
					count = n
				}
			}
		}
		if count >= 0 && count != a.Params {
			_, err := a.Lambda(make([]types.Type, count))
			return err
		}
	}
	return nil
}

// givenTypes is how messages show the types of arguments.
func givenTypes(args []Arg) []string {
	given := make([]string, len(args))
	for i, a := range args {
		given[i] = a.Type.String()
		if a.Lambda != nil {
			given[i] = "<function>"
		}
	}
	return given
}

// misfit says that no overload takes the arguments.
func misfit(name string, all []*signature, args []Arg) error {
	if err := lambdaMisfit(all, args); err != nil {
		return err
	}
	given := givenTypes(args)
	if text := operatorMisfit(name, given); text != "" {
		return sql.Errorf(sql.TYPE_MISMATCH, sql.Pos{}, "%s", text)
	}
	expected := make([]string, len(all))
	for i, s := range all {
		expected[i] = name + "(" + strings.ReplaceAll(strings.Join(splitTypes(s.text), ", "), "...", "") + ")" + s.variables()
	}
	if shown := shownOverloads[name]; shown != nil {
		expected = expected[:0]
		for _, s := range shown {
			expected = append(expected, name+s)
		}
	}
	slices.Sort(expected)
	return sql.Errorf(sql.FUNCTION_NOT_FOUND, sql.Pos{}, "Unexpected parameters (%s) for function %s. Expected: %s",
		strings.Join(given, ", "), name, strings.Join(slices.Compact(expected), ", "))
}

// variables lists the type variables, each with what it must be.
func (s *signature) variables() string {
	var out []string
	for i := range len(s.text) {
		letter := s.text[i : i+1]
		if letter[0] < 'A' || letter[0] > 'Z' || i+1 < len(s.text) && s.text[i+1] != ',' && s.text[i+1] != ')' && s.text[i+1] != '.' {
			continue
		}
		switch {
		case strings.Contains(s.orderable, letter):
			letter += ":orderable"
		case strings.Contains(s.comparable, letter):
			letter += ":comparable"
		}
		if !slices.Contains(out, letter) {
			out = append(out, letter)
		}
	}
	if out == nil {
		return ""
	}
	slices.Sort(out)
	return " " + strings.Join(out, ", ")
}
