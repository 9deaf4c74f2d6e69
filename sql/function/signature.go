package function

import (
	"fmt"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// signature is the parsed form of an overload's Params and Result.
//
//	array(T), function(T,boolean)     patterns with type variables
//	varchar(x), decimal(p,s)          a kind with any parameters, which the result may repeat by their letters
//	varchar, timestamp                a kind with any parameters, passed on unchanged
//	bigint, array(varchar(10))        one type
//	T...                              one or more of them
type signature struct {
	text     string
	params   []pattern
	variadic bool
	result   pattern
	derive   func(args []types.Type) ([]types.Type, types.Type, bool)
	// comparable and orderable are the letters of the variables that must be bound to such types.
	comparable, orderable string
}

// pattern is a type with variables. Exactly one of variable, loose, children and concrete says what it is.
type pattern struct {
	variable byte   // 'T'
	loose    bool   // kind with any parameters
	letters  string // their names, "" if they have none
	kind     types.Kind
	children []pattern // of an array, map, row or function
	concrete types.Type
}

// looseKinds are the kinds that a signature may name without parameters.
var looseKinds = map[string]types.Kind{
	"varchar": types.Varchar, "char": types.Char, "decimal": types.Decimal, "time": types.Time, "timestamp": types.Timestamp,
	"time with time zone": types.TimeWithTimeZone, "timestamp with time zone": types.TimestampWithTimeZone,
}

var nestedKinds = map[string]types.Kind{"array": types.Array, "map": types.Map, "row": types.Row, "function": types.Function}

// parseSignature reads an overload's text. It panics on a text that is none: that
// is found when the program starts.
func parseSignature(params, result string, derive func([]types.Type) ([]types.Type, types.Type, bool), comparable, orderable string) signature {
	s := signature{text: params, derive: derive, comparable: comparable, orderable: orderable}
	if derive != nil {
		return s
	}
	for _, p := range splitTypes(params) {
		if s.variadic {
			panic("a parameter after the variadic one in " + params)
		}
		p, s.variadic = strings.CutSuffix(p, "...")
		s.params = append(s.params, parsePattern(p))
	}
	s.result = parsePattern(result)
	return s
}

// splitTypes splits a text at the commas outside of parentheses.
func splitTypes(text string) []string {
	var parts []string
	depth, from := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(text[from:i]))
				from = i + 1
			}
		}
	}
	if last := strings.TrimSpace(text[from:]); last != "" || len(parts) > 0 {
		parts = append(parts, last)
	}
	return parts
}

func parsePattern(text string) pattern {
	text = strings.TrimSpace(text)
	if len(text) == 1 && text[0] >= 'A' && text[0] <= 'Z' {
		return pattern{variable: text[0]}
	}
	if kind, ok := looseKinds[text]; ok {
		return pattern{loose: true, kind: kind}
	}
	if open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')'); open > 0 && end > open {
		head, inner, tail := text[:open], text[open+1:end], text[end+1:]
		if kind, ok := nestedKinds[head]; ok && tail == "" {
			p := pattern{kind: kind}
			for _, child := range splitTypes(inner) {
				p.children = append(p.children, parsePattern(child))
			}
			return p
		}
		if kind, ok := looseKinds[head+tail]; ok && strings.Trim(inner, "abcdefghijklmnopqrstuvwxyz,") == "" {
			return pattern{loose: true, kind: kind, letters: inner}
		}
	}
	t, err := types.Parse(text)
	if err != nil {
		panic(fmt.Sprintf("signature with a type %q: %v", text, err))
	}
	return pattern{concrete: t}
}

// generic reports whether s has variables of any sort.
func (s *signature) generic() bool {
	if s.derive != nil {
		return true
	}
	for _, p := range s.params {
		if p.generic() {
			return true
		}
	}
	return false
}

func (p *pattern) generic() bool {
	if p.variable != 0 || p.loose {
		return true
	}
	for _, c := range p.children {
		if c.generic() {
			return true
		}
	}
	return false
}

// binding holds what variables stand for while arguments are matched.
type binding struct {
	types   map[byte]types.Type
	letters map[string]types.Type // a type with the parameters that the letters name
	coerce  bool                  // arguments may be coerced
}

// match binds the variables of p such that t is, or coerces to, p.
func (b *binding) match(p *pattern, t types.Type) bool {
	switch {
	case p.variable != 0:
		bound, ok := b.types[p.variable]
		if ok {
			if t, ok = b.unify(bound, t); !ok {
				return false
			}
		}
		b.types[p.variable] = t
		return true
	case p.loose:
		t, ok := b.toKind(t, p.kind)
		if !ok || p.letters == "" {
			return ok
		}
		if bound, ok := b.letters[p.letters]; ok {
			if t, ok = b.unify(bound, t); !ok {
				return false
			}
		}
		b.letters[p.letters] = t
		return true
	case p.children != nil:
		if t.Is(types.Unknown) && b.coerce {
			for i := range p.children {
				if !b.match(&p.children[i], t) {
					return false
				}
			}
			return true
		}
		children := childrenOf(t)
		if !t.Is(p.kind) || len(children) != len(p.children) {
			return false
		}
		for i, c := range children {
			if !b.match(&p.children[i], c) {
				return false
			}
		}
		return true
	}
	return t.Equal(p.concrete) || b.coerce && types.Coerces(t, p.concrete)
}

func (b *binding) unify(bound, t types.Type) (types.Type, bool) {
	if bound.Equal(t) {
		return bound, true
	}
	if !b.coerce {
		return t, false
	}
	return types.CommonSuperType(bound, t)
}

// toKind returns the least type of a kind that t coerces to.
func (b *binding) toKind(t types.Type, kind types.Kind) (types.Type, bool) {
	if t.Is(kind) {
		return t, true
	}
	if !b.coerce {
		return t, false
	}
	common, ok := types.CommonSuperType(t, leastOfKind(kind))
	return common, ok && common.Is(kind)
}

// leastOfKind returns the type of a kind with the smallest parameters.
func leastOfKind(kind types.Kind) types.Type {
	switch kind {
	case types.Varchar:
		return types.VarcharOf(0)
	case types.Char:
		return types.CharOf(0)
	case types.Decimal:
		return types.DecimalOf(1, 0)
	}
	return ofKind(kind, types.TimestampOf(0))
}

// ofKind returns the type of a kind with the parameters of another.
func ofKind(kind types.Kind, like types.Type) types.Type {
	switch kind {
	case types.Varchar:
		return types.VarcharOf(like.Length())
	case types.Char:
		return types.CharOf(like.Length())
	case types.Decimal:
		return types.DecimalOf(like.Precision(), like.Scale())
	case types.Time:
		return types.TimeOf(like.Precision())
	case types.TimeWithTimeZone:
		return types.TimeTZOf(like.Precision())
	case types.TimestampWithTimeZone:
		return types.TimestampTZOf(like.Precision())
	}
	return types.TimestampOf(like.Precision())
}

func childrenOf(t types.Type) []types.Type {
	switch t.Kind() {
	case types.Array:
		return []types.Type{t.Elem()}
	case types.Map:
		return []types.Type{t.Key(), t.Value()}
	case types.Row:
		var children []types.Type
		for _, f := range t.Fields() {
			children = append(children, f.Type)
		}
		return children
	}
	return nil
}

// apply returns p with its variables replaced. arg is the type of the argument
// that p is for, from which parts without variables are taken; the zero Type for results.
func (b *binding) apply(p *pattern, arg types.Type) (types.Type, bool) {
	switch {
	case p.variable != 0:
		t, ok := b.types[p.variable]
		return t, ok
	case p.loose:
		if p.letters != "" {
			t, ok := b.letters[p.letters]
			if !ok {
				return t, false
			}
			return ofKind(p.kind, t), true
		}
		if arg.Is(types.Unknown) && !b.coerce {
			return defaultOfKind(p.kind), true
		}
		return b.toKind(arg, p.kind)
	case p.children == nil:
		return p.concrete, true
	}
	args := childrenOf(arg)
	fields := make([]types.Field, len(p.children))
	for i := range p.children {
		var child types.Type
		if i < len(args) {
			child = args[i]
		}
		t, ok := b.apply(&p.children[i], child)
		if !ok {
			return t, false
		}
		fields[i].Type = t
		if p.kind == types.Row && i < len(args) {
			fields[i].Name = arg.Fields()[i].Name
		}
	}
	switch p.kind {
	case types.Array:
		return types.ArrayOf(fields[0].Type), true
	case types.Map:
		return types.MapOf(fields[0].Type, fields[1].Type), true
	case types.Row:
		return types.RowOf(fields...), true
	}
	params := make([]types.Type, len(fields)-1)
	for i := range params {
		params[i] = fields[i].Type
	}
	return types.FunctionOf(fields[len(params)].Type, params...), true
}

// defaultOfKind is what a kind without parameters means as a result.
func defaultOfKind(kind types.Kind) types.Type {
	t, err := types.Parse(kind.String())
	if err != nil {
		panic(err)
	}
	return t
}

// maxSolve bounds how often lambdas are asked again because the result of one
// widened a variable that is a parameter of another.
const maxSolve = 4

// bind matches the arguments of a call. err is that of a lambda's body.
func (s *signature) bind(args []Arg, coerce bool) (params []types.Type, result types.Type, ok bool, err error) {
	if s.derive != nil {
		return s.bindDerived(args, coerce)
	}
	fixed := len(s.params)
	if s.variadic {
		fixed--
	}
	if len(args) < len(s.params) || len(args) > fixed && !s.variadic {
		return nil, result, false, nil
	}
	pattern := func(i int) *pattern { return &s.params[min(i, len(s.params)-1)] }
	b := &binding{types: map[byte]types.Type{}, letters: map[string]types.Type{}, coerce: coerce}
	lambdas := false
	for i, a := range args {
		p := pattern(i)
		if (a.Lambda != nil) != (p.kind == types.Function && p.children != nil) {
			return nil, result, false, nil
		}
		if a.Lambda != nil {
			lambdas = true
			if a.Params != len(p.children)-1 {
				return nil, result, false, nil
			}
		} else if !b.match(p, a.Type) {
			return nil, result, false, nil
		}
	}
	if lambdas {
		if ok, err := b.bindLambdas(args, pattern); !ok || err != nil {
			return nil, result, false, err
		}
	}
	if !b.fulfils(s) {
		return nil, result, false, nil
	}
	params = make([]types.Type, len(args))
	for i, a := range args {
		if params[i], ok = b.apply(pattern(i), a.Type); !ok {
			return nil, result, false, nil
		}
	}
	// Parts of the result that no variable binds have the default parameters.
	result, ok = (&binding{types: b.types, letters: b.letters}).apply(&s.result, types.TUnknown)
	return params, result, ok, nil
}

// bindLambdas binds what the results of lambdas tell, in order, until nothing changes.
func (b *binding) bindLambdas(args []Arg, pattern func(int) *pattern) (bool, error) {
	for range maxSolve {
		changed, exact := false, true
		for i, a := range args {
			if a.Lambda == nil {
				continue
			}
			p := pattern(i)
			given := make([]types.Type, a.Params)
			for j := range given {
				t, ok := b.apply(&p.children[j], types.TUnknown)
				if !ok {
					return false, nil
				}
				given[j] = t
			}
			body, err := a.Lambda(given)
			if err != nil {
				return false, err
			}
			result := &p.children[a.Params]
			before, bound := b.types[result.variable]
			if !b.match(result, body) {
				return false, nil
			}
			if bound && !before.Equal(b.types[result.variable]) {
				changed = true
			}
			// What a lambda makes is not coerced.
			t, ok := b.apply(result, types.TUnknown)
			if anyVarchar := result.concrete.Is(types.Varchar) || result.loose && result.kind == types.Varchar; !ok || !t.Equal(body) && !(anyVarchar && body.Is(types.Varchar)) {
				exact = false
			}
		}
		if !changed {
			return exact, nil
		}
	}
	return false, nil
}

func (b *binding) fulfils(s *signature) bool {
	for i := range len(s.comparable) {
		if t, ok := b.types[s.comparable[i]]; ok && !t.Comparable() {
			return false
		}
	}
	for i := range len(s.orderable) {
		if t, ok := b.types[s.orderable[i]]; ok && !t.Orderable() {
			return false
		}
	}
	return true
}

func (s *signature) bindDerived(args []Arg, coerce bool) (params []types.Type, result types.Type, ok bool, err error) {
	given := make([]types.Type, len(args))
	for i, a := range args {
		if a.Lambda != nil {
			return nil, result, false, nil
		}
		given[i] = a.Type
	}
	params, result, ok = s.derive(given)
	if !ok || len(params) != len(args) {
		return nil, result, false, nil
	}
	for i, p := range params {
		if !p.Equal(given[i]) && (!coerce || !types.Coerces(given[i], p)) {
			return nil, result, false, nil
		}
	}
	return params, result, true, nil
}
