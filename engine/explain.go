package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// planColumn is the column of EXPLAIN, as in Trino.
const planColumn = "Query Plan"

// explainPlan answers EXPLAIN and EXPLAIN ANALYZE: one row with the text of the plan, or with JSON.
func (s *statement) explainPlan(a *analyzer.Analysis) (*Result, error) {
	root, err := s.optimize(a)
	if err != nil {
		return nil, err
	}
	e := &explained{analysis: a, root: root, estimates: newEstimator(root, s.query.DisablePruning)}
	switch a.Kind {
	case analyzer.ExplainValidate:
		valid := vector.NewValue(types.TBoolean, true)
		return &Result{statement: s, columns: []Column{{Name: "Valid", Type: types.TBoolean}},
			operator: &fixed{&vector.Batch{N: 1, Columns: []vector.Vector{valid}}}}, nil
	case analyzer.Explain:
		return s.texts([]string{planColumn}, [][]string{{e.text()}}), nil
	}
	e.profile = exec.NewProfile(root, s.runtime.Counters)
	s.runtime.Profile = e.profile
	inner, err := s.run(root)
	if err != nil {
		return nil, err
	}
	r := s.texts([]string{planColumn}, nil)
	r.operator = &analyzed{inner: inner, explained: e}
	return r, nil
}

// analyzed runs a plan to its end and then gives its text with what each node did.
type analyzed struct {
	inner     *Result
	explained *explained
	done      bool
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
	stats := o.inner.Stats()
	o.explained.stats = &stats
	return o.inner.statement.texts([]string{planColumn}, [][]string{{o.explained.text()}}).operator.Next(ctx)
}

func (o *analyzed) Close() error { return o.inner.operator.Close() }

// explained is a plan with what is known of it.
type explained struct {
	analysis  *analyzer.Analysis
	root      plan.Node
	estimates *estimator
	profile   *exec.Profile // nil unless the plan was run
	stats     *Stats        // nil unless the plan was run
}

func (e *explained) text() string {
	if e.analysis.ExplainJSON {
		return e.jsonText()
	}
	text := plan.Annotated(e.root, e.notes)
	if st := e.stats; st != nil {
		text += fmt.Sprintf("\n%d bytes and %d rows scanned; files: %d, %d pruned; row groups: %d, %d pruned; peak memory: %d bytes",
			st.BytesScanned, st.EventsScanned, st.Files.Total, st.Files.Pruned, st.RowGroups.Total, st.RowGroups.Pruned, st.PeakMemoryBytes)
		if st.EventsCounted > 0 {
			text += fmt.Sprintf("; counted, not read: %d rows", st.EventsCounted)
		}
		if st.SpilledBytes > 0 {
			text += fmt.Sprintf("; spilled: %d bytes", st.SpilledBytes)
		}
	}
	return text
}

// notes are the lines below a node: what is estimated, and what it did.
func (e *explained) notes(n plan.Node) []string {
	var out []string
	if rows := e.estimates.of(n); !math.IsNaN(rows) {
		line := "estimate: " + strconv.FormatFloat(math.Round(rows), 'f', 0, 64) + " rows"
		if scan, ok := n.(*plan.Scan); ok {
			s := e.estimates.scans[scan]
			line += fmt.Sprintf(" of %d; files: %d, %d pruned", s.AllRows, s.Units, s.UnitsPruned)
		}
		out = append(out, line)
	}
	p := e.node(n)
	if p == nil {
		return out
	}
	line := fmt.Sprintf("actual: %d rows in %d batches, %s with its inputs", p.Rows.Load(), p.Batches.Load(),
		time.Duration(p.Nanos.Load()).Round(time.Microsecond))
	if peak := p.PeakMemoryBytes(); peak > 0 {
		line += fmt.Sprintf("; peak memory: %d bytes", peak)
	}
	if spilled := p.SpilledBytes.Load(); spilled > 0 {
		line += fmt.Sprintf("; spilled: %d bytes", spilled)
	}
	out = append(out, line)
	if _, ok := n.(*plan.Scan); ok {
		c := &p.Scan
		line := fmt.Sprintf("read: %d bytes and %d rows; files: %d, %d pruned; row groups: %d, %d pruned", c.BytesScanned.Load(),
			c.RowsScanned.Load(), c.Units.Load(), c.UnitsPruned.Load(), c.RowGroups.Load(), c.RowGroupsPruned.Load())
		if rows := c.RowsCounted.Load(); rows > 0 {
			line += fmt.Sprintf("; counted, not read: %d rows of %d files", rows, c.UnitsCounted.Load())
		}
		out = append(out, line)
	}
	return out
}

// node returns what n did; nil if nothing is known.
func (e *explained) node(n plan.Node) *exec.NodeProfile {
	if e.profile == nil {
		return nil
	}
	p := e.profile.Node(n)
	if p == nil || p.Batches.Load() == 0 && p.Nanos.Load() == 0 && p.Scan.Units.Load() == 0 {
		return nil
	}
	return p
}

// jsonNode is a node of EXPLAIN (FORMAT JSON): Trino's members, and actual beside them.
type jsonNode struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Descriptor jsonDescriptor `json:"descriptor"`
	Outputs    []jsonColumn   `json:"outputs"`
	Details    []string       `json:"details"`
	Estimates  []jsonEstimate `json:"estimates"`
	Actual     *jsonActual    `json:"actual,omitempty"`
	Children   []*jsonNode    `json:"children"`
}

type jsonDescriptor struct {
	Text string `json:"text"`
}

type jsonColumn struct {
	Type string `json:"type"`
	Name string `json:"name"`
}

type jsonEstimate struct {
	OutputRowCount float64      `json:"outputRowCount"`
	Files          *PrunedCount `json:"files,omitempty"` // of a scan
}

type jsonActual struct {
	Rows            int64     `json:"rows"`
	Batches         int64     `json:"batches"`
	ElapsedMicros   int64     `json:"elapsedMicros"` // with the inputs, summed over workers
	PeakMemoryBytes int64     `json:"peakMemoryBytes"`
	SpilledBytes    int64     `json:"spilledBytes,omitempty"`
	Scan            *jsonScan `json:"scan,omitempty"`
}

type jsonScan struct {
	BytesScanned  int64       `json:"bytesScanned"`
	EventsScanned int64       `json:"eventsScanned"`
	EventsCounted int64       `json:"eventsCounted,omitempty"`
	EventsMatched int64       `json:"eventsMatched"`
	Files         PrunedCount `json:"files"`
	RowGroups     PrunedCount `json:"rowGroups"`
}

// jsonExplained is EXPLAIN (FORMAT JSON).
type jsonExplained struct {
	Statement string    `json:"statement"` // as it was read
	Trino     string    `json:"trino"`     // for engines that know Trino's language only
	Plan      *jsonNode `json:"plan"`
	Stats     *Stats    `json:"stats,omitempty"` // of EXPLAIN ANALYZE
}

func (e *explained) jsonText() string {
	text, err := json.MarshalIndent(jsonExplained{e.analysis.Statement(), e.analysis.StockTrino(), e.jsonNode(e.root, new(int)), e.stats}, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("engine: plan as JSON: %v", err)) // numbers and strings only
	}
	return string(text)
}

func (e *explained) jsonNode(n plan.Node, next *int) *jsonNode {
	name, line, details := plan.Describe(n)
	out := &jsonNode{ID: strconv.Itoa(*next), Name: name, Descriptor: jsonDescriptor{line}, Details: details,
		Outputs: []jsonColumn{}, Estimates: []jsonEstimate{}, Children: []*jsonNode{}}
	*next++
	if details == nil {
		out.Details = []string{}
	}
	for _, c := range n.Columns() {
		out.Outputs = append(out.Outputs, jsonColumn{c.Type.String(), plan.ColumnText(c)})
	}
	scan, isScan := n.(*plan.Scan)
	if rows := e.estimates.of(n); !math.IsNaN(rows) {
		estimate := jsonEstimate{OutputRowCount: math.Round(rows)}
		if isScan {
			s := e.estimates.scans[scan]
			estimate.Files = &PrunedCount{Total: s.Units, Pruned: s.UnitsPruned}
		}
		out.Estimates = append(out.Estimates, estimate)
	}
	if p := e.node(n); p != nil {
		out.Actual = &jsonActual{Rows: p.Rows.Load(), Batches: p.Batches.Load(),
			ElapsedMicros: time.Duration(p.Nanos.Load()).Microseconds(), PeakMemoryBytes: p.PeakMemoryBytes(),
			SpilledBytes: p.SpilledBytes.Load()}
		if c := &p.Scan; isScan {
			out.Actual.Scan = &jsonScan{BytesScanned: c.BytesScanned.Load(), EventsScanned: c.RowsScanned.Load(),
				EventsCounted: c.RowsCounted.Load(), EventsMatched: c.RowsMatched.Load(), Files: PrunedCount{c.Units.Load(), c.UnitsPruned.Load()},
				RowGroups: PrunedCount{c.RowGroups.Load(), c.RowGroupsPruned.Load()}}
		}
	}
	for _, in := range n.Inputs() {
		out.Children = append(out.Children, e.jsonNode(in, next))
	}
	return out
}
