package engine

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/vector"
)

// explainPlan answers EXPLAIN and EXPLAIN ANALYZE: one row with the text of the plan.
func (s *statement) explainPlan(ctx context.Context, a *analyzer.Analysis) (*Result, error) {
	root, err := s.optimize(a)
	if err != nil {
		return nil, err
	}
	columns := []string{"Query Plan"}
	if a.Kind == analyzer.Explain {
		return s.texts(columns, [][]string{{plan.String(root)}}), nil
	}
	s.runtime.Profile = exec.NewProfile(root)
	inner, err := s.run(root)
	if err != nil {
		return nil, err
	}
	r := s.texts(columns, nil)
	r.operator = &analyzed{inner: inner, root: root}
	return r, nil
}

// analyzed runs a plan to its end and then gives its text with what each node did.
type analyzed struct {
	inner *Result
	root  plan.Node
	done  bool
}

func (o *analyzed) Next(ctx context.Context) (*vector.Batch, error) {
	if o.done {
		return nil, io.EOF
	}
	o.done = true
	for {
		_, err := o.inner.operator.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	s := o.inner.statement
	text := plan.Annotated(o.root, func(n plan.Node) []string {
		p := s.runtime.Profile.Node(n)
		if p == nil || p.Batches.Load() == 0 && p.Nanos.Load() == 0 {
			return nil
		}
		return []string{fmt.Sprintf("%d rows in %d batches, %s with its inputs", p.Rows.Load(), p.Batches.Load(),
			time.Duration(p.Nanos.Load()).Round(time.Microsecond))}
	})
	st := o.inner.Stats()
	text += fmt.Sprintf("\n%d bytes and %d rows scanned; files: %d, %d pruned; row groups: %d, %d pruned; peak memory: %d bytes",
		st.BytesScanned, st.EventsScanned, st.Files.Total, st.Files.Pruned, st.RowGroups.Total, st.RowGroups.Pruned, st.PeakMemoryBytes)
	return s.texts([]string{"Query Plan"}, [][]string{{text}}).operator.Next(ctx)
}

func (o *analyzed) Close() error { return o.inner.operator.Close() }
