package exec

import (
	"errors"
	"fmt"
	"math"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Operators that keep rows or states share the budget of the query: each may hold its
// allowance, and then goes on on disk. There are two ways of doing so, and every operator is made of them:
//
//	sort        rows ─► held ─► sorted run ─┐
//	                    held ─► sorted run ─┼─► k-way merge ─► rows in order       row_sorter.go, merge.go
//	                    held ─► sorted run ─┘
//
//	partition   rows, each with its ordinal ─► 16 runs by the hash of their keys    partitions.go
//	            one run after the other fits in memory ─► results with ordinals ─► k-way merge by ordinal
//
// A run that does not fit is partitioned again by other bits of the hash. As results are merged by the
// ordinals that rows had, in the order in which they came, answers are the same as without a disk.

const (
	// noAllowance is an allowance out of reach.
	noAllowance = math.MaxInt64
	// minAllowanceBytes is what an operator may hold however small its share of the budget is.
	minAllowanceBytes = 256 << 10
	// maxBlockBytes and minBlockBytes bound how many bytes of rows go into a block of a run.
	maxBlockBytes = 256 << 10
	minBlockBytes = 4 << 10
)

// holders counts the operators of a plan that keep rows or states.
func holders(n plan.Node) int {
	count := 0
	switch n.(type) {
	case *plan.Aggregate, *plan.Sort, *plan.TopN, *plan.Join, *plan.Window, *plan.MatchRecognize, *plan.SetOperation, *plan.Recursion, *plan.Apply:
		count = 1
	}
	for _, in := range n.Inputs() {
		count += holders(in)
	}
	return count
}

// allowance is how many bytes an operator may hold before it writes to disk: an equal
// share of nine tenths of the budget; the rest is for what is on its way between operators.
func (r *Runtime) allowance() int64 {
	switch {
	case r.Spill == nil:
		return noAllowance
	case r.SpillBytes > 0:
		return r.SpillBytes
	case r.Memory.limit == 0:
		return noAllowance - 1
	}
	return max(r.Memory.limit/10*9/int64(max(r.holders, 1)), minAllowanceBytes)
}

// area returns disk space for the operator of n.
func (r *Runtime) area(n plan.Node) *spill.Area {
	var profile *NodeProfile
	if r.Profile != nil {
		profile = r.Profile.nodes[n]
	}
	return &spill.Area{Disk: r.Spill, Wrote: func(bytes int64) {
		r.Counters.SpilledBytes.Add(bytes)
		if profile != nil {
			profile.SpilledBytes.Add(bytes)
		}
	}}
}

// spillError makes an error of the disk one of the query.
func spillError(err error) error {
	var known *sql.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return &sql.Error{Code: sql.GENERIC_SPILL_FAILURE, Err: err, Msg: fmt.Sprintf("Query could not spill: %v", err),
		Hint: "free space there, choose another directory with --spill-dir, or raise --memory"}
}

// blockBytes is how many bytes of rows an operator puts into a block.
func (a *account) blockBytes() int64 { return min(max(a.allowance/256, minBlockBytes), maxBlockBytes) }

// rowsOfBlock returns how many rows of a batch make a block of about so many bytes.
func rowsOfBlock(rows int, bytes, blockBytes int64) int {
	if bytes <= blockBytes {
		return max(rows, 1)
	}
	return int(max(int64(float64(rows)*float64(blockBytes)/float64(bytes)), 1))
}

func columnTypes(columns []plan.Column) []types.Type {
	out := make([]types.Type, len(columns))
	for i, c := range columns {
		out[i] = c.Type
	}
	return out
}

// plainBytes is about what the rows of b take once they are in one vector with others:
// arrays, maps and rows that repeat are not written out there.
func plainBytes(b *vector.Batch) int64 {
	n := int64(0)
	for _, c := range b.Columns {
		plain := vector.PlainBytes(c)
		if c.Type().Physical() == types.Nested {
			switch v := c.(type) {
			case *vector.Dictionary:
				plain = min(plain, 4*int64(b.N)+vector.PlainBytes(v.Values))
			case *vector.Constant:
				plain = min(plain, 4*int64(b.N)+vector.PlainBytes(v.Value))
			}
		}
		n += plain
	}
	return n
}
