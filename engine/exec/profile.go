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
	// Scan is what a Scan read.
	Scan Counters

	// SpilledBytes is what the node wrote to disk for lack of memory.
	SpilledBytes atomic.Int64

	held, peak atomic.Int64 // bytes of memory
}

// PeakMemoryBytes returns the most memory that the node held.
func (p *NodeProfile) PeakMemoryBytes() int64 { return p.peak.Load() }

// hold notes that the node holds more memory, or less.
func (p *NodeProfile) hold(bytes int64) {
	held := p.held.Add(bytes)
	for {
		peak := p.peak.Load()
		if held <= peak || p.peak.CompareAndSwap(peak, held) {
			return
		}
	}
}

// NewProfile returns an empty profile of all nodes of a plan. all counts what its scans do together.
func NewProfile(root plan.Node, all *Counters) *Profile {
	p := &Profile{nodes: map[plan.Node]*NodeProfile{}}
	var visit func(n plan.Node)
	visit = func(n plan.Node) {
		p.nodes[n] = &NodeProfile{}
		p.nodes[n].Scan.partOf(all)
		for _, in := range n.Inputs() {
			visit(in)
		}
	}
	visit(root)
	return p
}

// Node returns the profile of a node, or nil if it was not run as such.
func (p *Profile) Node(n plan.Node) *NodeProfile { return p.nodes[n] }

// forScan returns the runtime in which the scan n counts for itself, if the query is profiled.
func (r *Runtime) forScan(n *plan.Scan) *Runtime {
	if r.Profile == nil || r.Profile.nodes[n] == nil {
		return r
	}
	own := *r
	own.Counters = &r.Profile.nodes[n].Scan
	return &own
}

// mark returns what takes back the rows that the nodes of the fragment n give from now on.
func (p *Profile) mark(n plan.Node) (restore func()) {
	if p == nil {
		return nil
	}
	type given struct {
		node          *NodeProfile
		rows, batches int64
	}
	var before []given
	for {
		if node := p.nodes[n]; node != nil {
			before = append(before, given{node, node.Rows.Load(), node.Batches.Load()})
		}
		if _, ok := n.(*plan.Scan); ok {
			break
		}
		n = n.Inputs()[0]
	}
	return func() {
		for _, g := range before {
			g.node.Rows.Store(g.rows)
			g.node.Batches.Store(g.batches)
		}
	}
}

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
