package optimizer

import (
	"slices"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// orderConjuncts puts the cheapest conjuncts of filters first, so that later ones see fewer
// rows, and those that can fail last, so that they see the fewest. Those that can fail stay in
// their order: an earlier one may be what keeps a later one from failing.
func orderConjuncts(_ *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		switch f := n.(type) {
		case *plan.Filter:
			if p := ordered(f.Predicate); p != f.Predicate {
				return &plan.Filter{Input: f.Input, Predicate: p}
			}
		case *plan.Scan:
			if f.Filter == nil {
				return n
			}
			if p := ordered(f.Filter); p != f.Filter {
				s := *f
				s.Filter = p
				return &s
			}
		}
		return n
	})
}

func ordered(e plan.Expr) plan.Expr {
	terms := plan.Conjuncts(e)
	if len(terms) < 2 {
		return e
	}
	costs := make(map[plan.Expr]int, len(terms))
	for _, t := range terms {
		costs[t] = costOfFailure
		if !canFail(t) {
			costs[t] = cost(t)
		}
	}
	byCost := func(a, b plan.Expr) int { return costs[a] - costs[b] }
	if slices.IsSortedFunc(terms, byCost) {
		return e
	}
	terms = slices.Clone(terms)
	slices.SortStableFunc(terms, byCost)
	return plan.Conjunction(terms)
}

// Costs are rough: nanoseconds a row, for values that are not in dictionaries.
const (
	costOfNumber   = 1
	costOfText     = 3
	costOfCall     = 20
	costOfPattern  = 100 // regular expressions, JSON
	costOfElements = 200 // lambdas, which run for each element
	costOfFailure  = 1 << 30
	maxCost        = costOfFailure - 1
)

var costOfOperator = map[string]int{"$like": 10, "$not": 0, "$subscript": 10, "element_at": 10, "starts_with": 5}

func cost(e plan.Expr) int {
	sum := 0
	plan.Walk(e, func(e plan.Expr) bool {
		c := 0
		switch e := e.(type) {
		case *plan.Call:
			c = costOfCallTo(e)
		case *plan.Cast:
			c = costOfCall
		case *plan.In:
			c = costOfText + costOfType(e.Value.Type())
			sum = min(sum+c+cost(e.Value), maxCost)
			return false
		case *plan.Lambda:
			c = costOfElements
		case *plan.IsNull, *plan.Case, *plan.Coalesce:
			c = costOfNumber
		case *plan.Try:
			c = costOfPattern
		}
		sum = min(sum+c, maxCost)
		return true
	})
	return sum
}

func costOfCallTo(e *plan.Call) int {
	name := e.Fn.Name
	if c, ok := costOfOperator[name]; ok {
		return c
	}
	switch {
	case opposites[name] != "" || name == "$distinct":
		return costOfType(e.Args[0].Type())
	case name[0] == '$':
		return costOfNumber
	case len(name) > 5 && (name[:5] == "json_" || name[:5] == "regex"):
		return costOfPattern
	}
	return costOfCall
}

func costOfType(t types.Type) int {
	switch t.Physical() {
	case types.String:
		return costOfText
	case types.Nested:
		return costOfCall
	}
	return costOfNumber
}
