package exec

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// Profile collects what each node of a plan did, over all workers. Node may be
// called while the query runs.
type Profile struct{ nodes map[plan.Node]*NodeProfile }

// NodeProfile is what one node did.
type NodeProfile struct {
	Rows, Batches atomic.Int64
	// Nanos is the time spent in the node and its inputs, summed over workers.
	Nanos atomic.Int64
}

// NewProfile returns an empty profile of all nodes of a plan.
func NewProfile(root plan.Node) *Profile {
	p := &Profile{nodes: map[plan.Node]*NodeProfile{}}
	var visit func(n plan.Node)
	visit = func(n plan.Node) {
		p.nodes[n] = &NodeProfile{}
		for _, in := range n.Inputs() {
			visit(in)
		}
	}
	visit(root)
	return p
}

// Node returns the profile of a node, or nil if it was not run as such.
func (p *Profile) Node(n plan.Node) *NodeProfile { return p.nodes[n] }

// timed measures an operator.
type timed struct {
	Operator
	profile *NodeProfile
}

func (o *timed) Next(ctx context.Context) (*vector.Batch, error) {
	start := time.Now()
	b, err := o.Operator.Next(ctx)
	o.profile.Nanos.Add(int64(time.Since(start)))
	if err == nil {
		o.profile.Rows.Add(int64(b.N))
		o.profile.Batches.Add(1)
	}
	return b, err
}

// profiled wraps o to be measured as node n, if the query is profiled.
func (r *Runtime) profiled(n plan.Node, o Operator) Operator {
	if r.Profile == nil || r.Profile.nodes[n] == nil {
		return o
	}
	return &timed{o, r.Profile.nodes[n]}
}
