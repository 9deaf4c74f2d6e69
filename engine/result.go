package engine

import (
	"context"
	"io"
	"runtime/debug"
	"sync"
	"time"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Column is a column of a result. Name is its label as the statement writes it.
type Column struct {
	Name string
	Type types.Type
}

// Result is a statement that is running. Next and Close are for one goroutine;
// Stats and Cancel may be called from any.
type Result struct {
	statement *statement
	columns   []Column
	operator  exec.Operator
	ctx       context.Context
	cancel    context.CancelFunc

	mu      sync.Mutex
	rows    int64
	elapsed time.Duration // once the statement has ended
	ended   error         // io.EOF, or what went wrong; nil while it runs
	closed  bool
}

// Columns returns the columns of all batches; the caller must not change it.
func (r *Result) Columns() []Column { return r.columns }

// Warnings returns remarks on the statement, known before its first batch: what is allowed but hardly meant, in
// the order of the text, then what makes it slow, without a position.
func (r *Result) Warnings() []analyzer.Warning { return r.statement.warnings }

// Next returns the next batch, or io.EOF after the last one; it has at least one row.
// After an error every call returns it again.
func (r *Result) Next() (b *vector.Batch, err error) {
	if r.ended != nil {
		return nil, r.ended
	}
	defer func() {
		if v := recover(); v != nil {
			b, err = nil, &InternalError{Statement: r.statement.query.Text, Value: v, Stack: debug.Stack()}
		}
		if err != nil && err != io.EOF {
			err = r.statement.explain(r.ctx, err)
		}
		r.note(b, err)
	}()
	for {
		b, err := r.operator.Next(r.ctx)
		if err != nil {
			return nil, err
		}
		if err := r.ctx.Err(); err != nil {
			return nil, err
		}
		if b.N > 0 {
			return b, nil
		}
	}
}

// note keeps what Stats needs to know of a call of Next.
func (r *Result) note(b *vector.Batch, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.ended = err
		r.elapsed = time.Since(r.statement.started)
		return
	}
	r.rows += int64(b.N)
}

// Cancel ends the statement: Next returns an error of code USER_CANCELED soon.
func (r *Result) Cancel() { r.cancel() }

// Close ends the statement, waits for its goroutines, and gives up what it holds. It is idempotent.
func (r *Result) Close() (err error) {
	if r.closed {
		return nil
	}
	r.closed = true
	defer func() {
		if v := recover(); v != nil {
			err = &InternalError{Statement: r.statement.query.Text, Value: v, Stack: debug.Stack()}
		}
		r.mu.Lock()
		if r.ended == nil {
			r.ended = io.EOF
			r.elapsed = time.Since(r.statement.started)
		}
		r.mu.Unlock()
	}()
	r.cancel()
	return r.operator.Close()
}

// Stats say what a statement did. The names in JSON are part of the contract with users. What comes from the cache counts as if it
// were read; what was read and given up, since it took too much memory to go on like that, counts once, with what took its place.
type Stats struct {
	ElapsedMicros   int64       `json:"elapsedMicros"`
	BytesScanned    int64       `json:"bytesScanned"`
	EventsScanned   int64       `json:"eventsScanned"`           // in the row groups that were read
	EventsCounted   int64       `json:"eventsCounted,omitempty"` // that data files have counted by their values, and were not read
	EventsMatched   int64       `json:"eventsMatched"`           // that the scans' filters let pass
	PeakMemoryBytes int64       `json:"peakMemoryBytes"`
	SpilledBytes    int64       `json:"spilledBytes,omitempty"` // written to disk for lack of memory
	Files           PrunedCount `json:"files"`
	RowGroups       PrunedCount `json:"rowGroups"`
	// ResultRows is how many rows Next has returned; it is not part of the printed statistics.
	ResultRows int64 `json:"-"`
	// Rows says how far the scans are; it is not part of the printed statistics either.
	Rows DoneCount `json:"-"`
}

// DoneCount says of how many rows of tables how many were read, or pruned. The total grows while the
// scans of a statement begin.
type DoneCount struct{ Total, Done int64 }

// PrunedCount says of how many parts of tables how many were not read, going by statistics.
type PrunedCount struct {
	Total  int64 `json:"total"`
	Pruned int64 `json:"pruned"`
}

// Stats returns what the statement has done so far.
func (r *Result) Stats() Stats {
	r.mu.Lock()
	elapsed, rows := r.elapsed, r.rows
	if r.ended == nil {
		elapsed = time.Since(r.statement.started)
	}
	r.mu.Unlock()
	c := r.statement.runtime.Counters
	return Stats{
		ElapsedMicros:   elapsed.Microseconds(),
		BytesScanned:    c.BytesScanned.Load(),
		EventsScanned:   c.RowsScanned.Load(),
		EventsCounted:   c.RowsCounted.Load(),
		EventsMatched:   c.RowsMatched.Load(),
		PeakMemoryBytes: r.statement.runtime.Memory.Peak(),
		SpilledBytes:    c.SpilledBytes.Load(),
		Files:           PrunedCount{Total: c.Units.Load(), Pruned: c.UnitsPruned.Load()},
		RowGroups:       PrunedCount{Total: c.RowGroups.Load(), Pruned: c.RowGroupsPruned.Load()},
		ResultRows:      rows,
		Rows:            DoneCount{Total: c.RowsTotal.Load(), Done: c.RowsDone.Load()},
	}
}

// fixed is an operator that gives one batch.
type fixed struct{ batch *vector.Batch }

func (o *fixed) Next(context.Context) (*vector.Batch, error) {
	if o.batch == nil {
		return nil, io.EOF
	}
	b := o.batch
	o.batch = nil
	return b, nil
}

func (o *fixed) Close() error { return nil }
