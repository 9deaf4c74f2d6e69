package engine

import (
	"math"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/plan"
)

// What share of rows conditions are taken to let pass, and what share of rows a
// grouping is taken to have groups for. Nothing is known of columns' values before data is read, so
// that these serve to tell large from small, no more.
const (
	equalityShare  = 0.1
	conditionShare = 0.5
	groupingPower  = 0.75 // of the rows
	unnestFactor   = 2.0  // elements a row
)

// estimator guesses how many rows the nodes of a plan give.
type estimator struct {
	noPruning bool
	rows      map[plan.Node]float64 // NaN where nothing is known
	scans     map[*plan.Scan]exec.ScanEstimate
}

func newEstimator(root plan.Node, noPruning bool) *estimator {
	e := &estimator{noPruning: noPruning, rows: map[plan.Node]float64{}, scans: map[*plan.Scan]exec.ScanEstimate{}}
	e.of(root)
	return e
}

// of returns the estimate for n. It is kept, so that deep plans take no more than linear time.
func (e *estimator) of(n plan.Node) float64 {
	if rows, ok := e.rows[n]; ok {
		return rows
	}
	rows := e.estimate(n)
	e.rows[n] = rows
	return rows
}

func (e *estimator) estimate(n plan.Node) float64 {
	inputs := n.Inputs()
	in := make([]float64, len(inputs))
	for i, node := range inputs {
		in[i] = e.of(node)
	}
	switch n := n.(type) {
	case *plan.Scan:
		s, ok := exec.EstimateScan(n, e.noPruning)
		if !ok {
			return math.NaN()
		}
		e.scans[n] = s
		return float64(s.Rows) * share(n.Filter)
	case *plan.Values:
		return float64(len(n.Rows))
	case *plan.Sequence:
		return float64(n.Count()) + 1
	case *plan.Filter:
		return in[0] * share(n.Predicate)
	case *plan.Aggregate:
		if len(n.Keys) == 0 {
			return 1
		}
		return math.Pow(in[0], groupingPower)
	case *plan.TopN:
		return math.Min(math.Max(0, in[0]-float64(n.Offset)), float64(n.Count))
	case *plan.Limit:
		rows := math.Max(0, in[0]-float64(n.Offset))
		if n.Count >= 0 {
			rows = math.Min(rows, float64(n.Count))
		}
		return rows
	case *plan.Join:
		return joinEstimate(n, in[0], in[1])
	case *plan.Union:
		sum := 0.0
		for _, rows := range in {
			sum += rows
		}
		return sum
	case *plan.SetOperation:
		if n.Except {
			return in[0]
		}
		return math.Min(in[0], in[1])
	case *plan.Unnest:
		return in[0] * unnestFactor
	case *plan.EnforceSingleRow:
		return 1
	}
	if len(in) == 1 { // Project, Sort, Window, Output
		return in[0]
	}
	return math.NaN()
}

func joinEstimate(n *plan.Join, left, right float64) float64 {
	switch {
	case n.Kind == plan.MarkJoin:
		return left
	case len(n.LeftKeys) == 0:
		return left * right
	}
	rows := math.Max(left, right)
	switch n.Kind {
	case plan.InnerJoin:
		return rows * share(n.Residual)
	case plan.FullJoin:
		return left + right
	}
	return rows
}

// share guesses which share of rows a condition lets pass.
func share(condition plan.Expr) float64 {
	out := 1.0
	for _, term := range plan.Conjuncts(condition) {
		switch t := term.(type) {
		case *plan.In:
			out *= math.Min(conditionShare, equalityShare*float64(len(t.List)))
		case *plan.Call:
			if t.Fn.Name == "$equal" {
				out *= equalityShare
			} else {
				out *= conditionShare
			}
		default:
			out *= conditionShare
		}
	}
	return out
}
