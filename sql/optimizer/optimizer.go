// Package optimizer rewrites logical plans into ones that give the same rows sooner.
//
//	plan ── rule ──► plan ── rule ──► … ──► plan
//
// Rules are functions from plan to plan, one a file, listed with the reason of
// their order in rules.go. After each one the runner asserts that the plan keeps its
// invariants (plan.Check) and gives the same columns.
//
// What rules may not do:
//
//   - evaluate an expression that can fail for rows for which the plan did not (a
//     query that ran would then fail), unless these are the rows of the same filter;
//   - evaluate a volatile function more or less often than the plan did, or on other rows;
//   - change the order in which rows come, as far as the plan determines it.
package optimizer

import (
	"fmt"
	"time"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// Options say how to optimize.
type Options struct {
	// Disabled leaves plans as they are.
	Disabled bool
	// Eval computes the value of an expression that refers to no column: a vector of one row.
	// nil means that constants are not folded. An expression that fails stays in
	// the plan, and fails when it runs, if it does.
	Eval func(plan.Expr) (vector.Vector, error)
	// Rows returns about how many rows a part of a plan gives, NaN where nothing is known; nil where nothing is known of any.
	Rows func(plan.Node) float64
	// Zone is the session zone, in which timestamps become those with time zone; nil means UTC.
	Zone *time.Location
}

// Optimize returns a plan that gives the rows of n. An error is a bug of a rule.
func Optimize(n plan.Node, opts Options) (plan.Node, error) {
	return run(n, opts, rules)
}

// run applies rules.
func run(n plan.Node, opts Options, rules []rule) (plan.Node, error) {
	if opts.Disabled {
		return n, nil
	}
	o := &optimizer{opts: opts, nextColumn: plan.MaxColumn(n) + 1}
	for _, r := range rules {
		after := r.apply(o, n)
		if after == n { // plans do not change in place: the rule found nothing to do
			continue
		}
		if err := check(n, after); err != nil {
			return nil, fmt.Errorf("optimizer rule %s: %w", r.name, err)
		}
		n = after
	}
	return n, nil
}

// check asserts what every rule must keep.
func check(before, after plan.Node) error {
	if err := plan.Check(after); err != nil {
		return err
	}
	b, a := before.Columns(), after.Columns()
	if len(a) != len(b) {
		return fmt.Errorf("plan of %d columns became one of %d", len(b), len(a))
	}
	for i, c := range b {
		if c.Name != a[i].Name || !c.Type.Equal(a[i].Type) {
			return fmt.Errorf("column %s (%s) became %s (%s)", plan.ColumnText(c), c.Type, plan.ColumnText(a[i]), a[i].Type)
		}
	}
	return nil
}

// rule is a rewriting of whole plans.
type rule struct {
	name  string
	apply func(*optimizer, plan.Node) plan.Node
}

type optimizer struct {
	opts       Options
	nextColumn plan.ColumnID
}

// column makes a column like c with an ID of its own.
func (o *optimizer) column(c plan.Column) plan.Column {
	c.ID = o.nextColumn
	o.nextColumn++
	return c
}

// utc reports whether the session zone is UTC.
func (o *optimizer) utc() bool {
	return o.opts.Zone == nil || o.opts.Zone == time.UTC || o.opts.Zone.String() == "UTC"
}
