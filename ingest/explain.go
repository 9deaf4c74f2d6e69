package ingest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/selector"
)

// Explanation says what event selectors would take of archives, and why not the rest. Every record
// counts, also one that is delivered twice. Bytes are those of the events' JSON text.
type Explanation struct {
	Archives int64 `json:"archives"` // that hold records
	Events   int64 `json:"events"`
	Bytes    int64 `json:"bytes"`
	Taken    int64 `json:"taken"`
	// TakenBytes are those of the events taken.
	TakenBytes int64 `json:"takenBytes"`
	// Selectors has an entry for each selector: an event counts for the first one that takes it.
	Selectors []Taking `json:"selectors"`
	// Refusals count, by selector and condition, the events that no selector takes.
	Refusals []Refused `json:"refusals"`
	// Shares are the kinds of event, the one with the most bytes first.
	Shares []Share `json:"shares"`
	// Proposed are selectors that keep all but the noisiest of the Shares; nil if none stands out.
	Proposed []selector.Selector `json:"proposed,omitempty"`
	// SavedEvents and SavedBytes are what Proposed leaves out.
	SavedEvents int64 `json:"savedEvents"`
	SavedBytes  int64 `json:"savedBytes"`
	// Problems are archives and records that could not be read.
	Problems []Problem `json:"-"`
}

// Taking counts what one selector takes.
type Taking struct {
	Selector int    `json:"selector"` // from 1
	Name     string `json:"name,omitempty"`
	Events   int64  `json:"events"`
	Bytes    int64  `json:"bytes"`
}

// Refused counts events that one condition of a selector decided against.
type Refused struct {
	Selector int    `json:"selector"` // from 1
	Field    string `json:"field"`
	// Operator is the NotEquals, NotStartsWith or NotEndsWith that hit; "" where no value was the event's.
	Operator string `json:"operator,omitempty"`
	Events   int64  `json:"events"`
}

// Share is what the events of one name contribute.
type Share struct {
	selector.Traffic
	Taken int64 `json:"taken"` // events that the selectors take
}

// maxShares bounds the kinds of event that are told apart; the rest counts under an empty name.
const maxShares = 100_000

// Explain reads archives and says what selectors would take of them. It writes nothing.
func Explain(ctx context.Context, selectors []selector.Selector, o Options) (*Explanation, error) {
	program, err := selector.Compile(selectors)
	if err != nil {
		return nil, err
	}
	files, unreadable, err := o.walk(ctx)
	if err != nil {
		return nil, err
	}
	var all tally
	for _, u := range unreadable {
		all.problems = append(all.problems, Problem{Path: u.path, Offset: -1, Reason: u.err.Error()})
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan file)
	for range max(o.Workers, 1) {
		wg.Go(func() {
			e := newExplainer(ctx, program, &o)
			for f := range next {
				e.file(f)
			}
			mu.Lock()
			defer mu.Unlock()
			all.add(&e.tally)
		})
	}
	for _, f := range files {
		select {
		case next <- f:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return all.explanation(selectors), nil
}

// tally is what was counted; sums do not depend on who counted first.
type tally struct {
	archives int64
	takings  map[int]counted
	refusals map[Refused]int64 // with no Events
	shares   map[selector.Traffic]*counted
	problems []Problem
}

type counted struct{ events, bytes, taken int64 }

func (c counted) plus(o counted) counted {
	return counted{c.events + o.events, c.bytes + o.bytes, c.taken + o.taken}
}

func (t *tally) add(o *tally) {
	if t.takings == nil {
		t.takings, t.refusals, t.shares = map[int]counted{}, map[Refused]int64{}, map[selector.Traffic]*counted{}
	}
	t.archives += o.archives
	for k, c := range o.takings {
		t.takings[k] = t.takings[k].plus(c)
	}
	for k, n := range o.refusals {
		t.refusals[k] += n
	}
	for k, c := range o.shares {
		if known := t.shares[k]; known != nil {
			sum := known.plus(*c)
			c = &sum
		}
		t.shares[k] = c
	}
	t.problems = append(t.problems, o.problems...)
}

func (t *tally) explanation(selectors []selector.Selector) *Explanation {
	out := &Explanation{Archives: t.archives, Refusals: []Refused{}, Shares: []Share{}, Problems: t.problems}
	for i, s := range selectors {
		c := t.takings[i+1]
		out.Selectors = append(out.Selectors, Taking{Selector: i + 1, Name: s.Name, Events: c.events, Bytes: c.bytes})
		out.Taken += c.events
		out.TakenBytes += c.bytes
	}
	for r, n := range t.refusals {
		r.Events = n
		out.Refusals = append(out.Refusals, r)
	}
	slices.SortFunc(out.Refusals, func(a, b Refused) int {
		return cmp.Or(cmp.Compare(a.Selector, b.Selector), cmp.Compare(b.Events, a.Events), strings.Compare(a.Field, b.Field), strings.Compare(a.Operator, b.Operator))
	})
	var traffic []selector.Traffic
	for k, c := range t.shares {
		k.Events, k.Bytes = c.events, c.bytes
		out.Events += c.events
		out.Bytes += c.bytes
		out.Shares = append(out.Shares, Share{k, c.taken})
	}
	slices.SortFunc(out.Shares, func(a, b Share) int { return a.Compare(b.Traffic) })
	for _, s := range out.Shares {
		traffic = append(traffic, s.Traffic)
	}
	var left []selector.Traffic
	out.Proposed, left = selector.Propose(traffic)
	for _, l := range left {
		out.SavedEvents += l.Events
		out.SavedBytes += l.Bytes
	}
	slices.SortFunc(out.Problems, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Offset, b.Offset), strings.Compare(a.Pointer, b.Pointer))
	})
	return out
}

// explainer counts the records of archives. It implements format.Visitor.
type explainer struct {
	tally
	worker    // for its selection and bounds
	program   *selector.Program
	collector *record.Collector
	path      string
	records   int64
}

func newExplainer(ctx context.Context, program *selector.Program, o *Options) *explainer {
	e := &explainer{program: program, collector: record.NewCollector(schema.Events), worker: *newWorker(ctx, nil, nil, o)}
	e.takings, e.refusals, e.shares = map[int]counted{}, map[Refused]int64{}, map[selector.Traffic]*counted{}
	return e
}

func (e *explainer) file(f file) {
	e.path, e.records = f.Path, 0
	err := e.content(f)
	if e.records > 0 {
		e.archives++
	}
	var located *format.Error
	switch {
	case err == nil:
	case errors.As(err, &located):
		_ = e.Bad(located)
	default:
		e.problems = append(e.problems, Problem{Path: f.Path, Offset: -1, Reason: source.Plain(err).Error()})
	}
}

func (e *explainer) content(f file) (err error) {
	content := io.NopCloser(f.stream)
	if f.stream == nil {
		if content, err = e.options.filesOf(f.Path).Open(e.ctx, f.File); err != nil {
			return err
		}
	}
	defer func() { _ = content.Close() }() // only read
	_, err = e.reader.Read(contextReader{e.ctx, content}, e)
	return err
}

// Record implements format.Visitor.
func (e *explainer) Record(r format.Record) error {
	event := e.collector.Read(r.Text, r.Scan)
	defer e.collector.Discard()
	e.records++
	if event.HasTime && (event.Time < e.from || event.Time >= e.to) {
		return nil
	}
	selected := e.selection(e.collector)
	bytes := int64(len(r.Text))
	one := counted{events: 1, bytes: bytes}
	verdict := e.program.Explain(selected)
	if verdict.Taken > 0 {
		one.taken = 1
		e.takings[verdict.Taken] = e.takings[verdict.Taken].plus(one)
	}
	for _, refusal := range verdict.Refusals {
		e.refusals[Refused{Selector: refusal.Selector, Field: refusal.Field, Operator: refusal.Operator}]++
	}
	key := selector.TrafficOf(selected)
	if _, ok := e.shares[key]; !ok && len(e.shares) >= maxShares {
		key = selector.Traffic{Category: "other"}
	}
	share := e.shares[key]
	if share == nil {
		share = new(counted)
		e.shares[key.Clone()] = share // never again with the event's own texts: a map keeps the texts of the last key that it was given
	}
	*share = share.plus(one)
	return nil
}

// Bad implements format.Visitor.
func (e *explainer) Bad(fault *format.Error) error {
	if len(e.problems) < maxListedFailures {
		e.problems = append(e.problems, Problem{Path: memberPath(e.path, fault.Member), Offset: fault.Offset, Pointer: fault.Pointer, Reason: fault.Reason})
	}
	return nil
}

// Damaged implements format.Visitor.
func (e *explainer) Damaged(fault *format.Error) error { return e.Bad(fault) }

// Passed implements format.Visitor: what holds no records is nothing to selectors.
func (e *explainer) Passed(*format.Error) error { return nil }
