package exec

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// slotItems is how many results of a split may wait to be taken; a worker that is
// ahead of the reader waits then.
const slotItems = 8

// slotsPerWorker is how many splits, for each worker, may be under way or wait to be read.
const slotsPerWorker = 2

// exchange runs a fragment of a plan on workers, one split at a time each, and
// gives their results in the order of the splits. It is the only place of this
// package that starts goroutines.
//
//	splits ─► worker ─► slot 3 ▫▫▫      a slot is the bounded queue of results of one split;
//	       ─► worker ─► slot 4 ▫        next reads the slots one after the other, so a worker
//	next ◄──────────── slot 2 ▫▫        that is ahead fills its slot and waits
//
// Slots are made under a lock together with the split that they are for, so they
// queue in order; their number is bounded, so at most slotsPerWorker splits a worker are held.
type exchange[T any] struct {
	splits  *splits
	workers int
	room    *room
	// bytes is what a result counts for room; drop gives up one that nobody read. Both may be nil.
	bytes func(T) int64
	drop  func(T)
	// newWorker compiles the fragment for one worker. The function that it returns
	// runs it over one task and hands each result to emit. It closes the task.
	newWorker func() (func(ctx context.Context, t *task, emit func(T) error) error, error)

	closer func() error // gives up what the workers share

	// whole, if set, is asked before workers start. If it returns an operator, that takes the
	// place of the workers, and split says which split the batch that it gave last is of.
	whole   func(ctx context.Context) (op Operator, split func() int64, err error)
	instead Operator

	started bool
	cancel  context.CancelFunc
	queue   chan *slot[T]
	current *slot[T]
	slots   int64 // slots that next began to read
	taken   int64 // slots that workers began, under order
	wg      sync.WaitGroup
	order   sync.Mutex // held while a split is taken and its slot queued
}

type slot[T any] struct {
	items  chan T
	err    error // valid once items is closed
	number int64
	bytes  int64 // of items, guarded by the exchange's mutex room.mu
}

// room is how many bytes of results wait to be read. The slot that is being read may always
// have one item waiting; all others share what is left, so that wide rows fill no memory.
type room struct {
	memory *Memory
	limit  int64

	mu      sync.Mutex
	bytes   int64
	head    int64         // the number of the slot that is being read, or is the next to be
	changed chan struct{} // closed when bytes or head change
}

// maxWaitingBytes bounds what waits in an exchange; less does if the query's memory is small.
const maxWaitingBytes = 64 << 20

func newRoom(m *Memory) *room {
	limit := int64(maxWaitingBytes)
	if m.limit > 0 {
		limit = min(limit, m.limit/16)
	}
	return &room{memory: m, limit: limit, changed: make(chan struct{})}
}

// enter waits until there is room for n bytes in a slot; own are the bytes that wait there.
func (r *room) enter(ctx context.Context, number int64, own *int64, n int64) error {
	for {
		r.mu.Lock()
		if r.bytes+n <= r.limit || number == r.head && *own == 0 {
			r.bytes += n
			*own += n
			r.memory.force(n)
			r.mu.Unlock()
			return nil
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// leave gives n bytes of a slot back.
func (r *room) leave(own *int64, n int64) {
	r.mu.Lock()
	r.bytes -= n
	*own -= n
	r.memory.force(-n)
	r.wake()
	r.mu.Unlock()
}

// turn says which slot is the next to be read.
func (r *room) turn(number int64) {
	r.mu.Lock()
	r.head = number
	r.wake()
	r.mu.Unlock()
}

func (r *room) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// waitingBytes is about what a batch takes, without a look at every text. What rows
// share with the scan, such as entries of a dictionary, does not count.
func waitingBytes(b *vector.Batch) int64 {
	n := int64(0)
	for _, c := range b.Columns {
		n += waitingVector(c)
	}
	return n
}

func waitingVector(v vector.Vector) int64 {
	n := int64(v.Len())
	switch v := v.(type) {
	case *vector.Dictionary:
		return 4 * n
	case *vector.Constant:
		return 0
	case *vector.Flat[string]:
		const samples = 16
		step, seen, bytes := max(len(v.Values)/samples, 1), int64(0), int64(0)
		for i := 0; i < len(v.Values); i += step {
			seen, bytes = seen+1, bytes+int64(len(v.Values[i]))
		}
		return 16*n + bytes*n/max(seen, 1)
	case *vector.Array:
		return 4*n + spanBytes(v.Elements, v.Offsets)
	case *vector.Map:
		return 4*n + spanBytes(v.Keys, v.Offsets) + spanBytes(v.Values, v.Offsets)
	case *vector.Row:
		bytes := int64(0)
		for _, f := range v.Fields {
			bytes += waitingVector(f)
		}
		return bytes
	case *vector.Flat[types.Int128], *vector.UUIDs:
		return 16 * n
	case *vector.Flat[bool]:
		return n
	}
	return 8 * n
}

// spanBytes is about what the children between the first and the last offset take.
func spanBytes(v vector.Vector, offsets []int32) int64 {
	all, used := int64(v.Len()), int64(offsets[len(offsets)-1]-offsets[0])
	if used == 0 {
		return 0
	}
	return int64(float64(waitingVector(v)) * float64(used) / float64(all))
}

// PanicError is a panic of a worker, or of the query's own goroutine: a bug of ctlake.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns what was panicked with, without the stack.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

func (x *exchange[T]) start(ctx context.Context) error {
	x.started = true
	works := make([]func(context.Context, *task, func(T) error) error, x.workers)
	for i := range works {
		var err error
		if works[i], err = x.newWorker(); err != nil {
			return err
		}
	}
	ctx, x.cancel = context.WithCancel(ctx)
	x.queue = make(chan *slot[T], x.workers*slotsPerWorker)
	var running sync.WaitGroup
	for _, work := range works {
		running.Add(1)
		x.wg.Add(1)
		go func() {
			defer x.wg.Done()
			defer running.Done()
			x.run(ctx, work)
		}()
	}
	x.wg.Add(1)
	go func() {
		defer x.wg.Done()
		running.Wait()
		close(x.queue)
	}()
	return nil
}

// run is a worker: it takes splits until there are no more.
func (x *exchange[T]) run(ctx context.Context, work func(context.Context, *task, func(T) error) error) {
	for {
		t, s := x.take(ctx)
		if s == nil {
			return
		}
		if s.err == nil {
			s.err = guarded(func() error {
				return work(ctx, t, func(item T) error { return x.give(ctx, s, item) })
			})
		}
		failed := s.err != nil
		close(s.items)
		if failed {
			return // next stops at this slot, and Close ends the other workers
		}
	}
}

// give puts a result into a slot, waiting for room.
func (x *exchange[T]) give(ctx context.Context, s *slot[T], item T) error {
	n := x.size(item)
	if err := x.room.enter(ctx, s.number, &s.bytes, n); err != nil {
		return err
	}
	select {
	case s.items <- item:
		return nil
	case <-ctx.Done():
		x.room.leave(&s.bytes, n)
		return ctx.Err()
	}
}

func (x *exchange[T]) size(item T) int64 {
	if x.bytes == nil {
		return 0
	}
	return x.bytes(item)
}

// take returns the next split and its slot; no slot means that there is none left.
func (x *exchange[T]) take(ctx context.Context) (*task, *slot[T]) {
	x.order.Lock()
	defer x.order.Unlock()
	s := &slot[T]{items: make(chan T, slotItems), number: x.taken}
	var t *task
	err := guarded(func() (err error) {
		t, err = x.splits.next(ctx)
		return err
	})
	if err == io.EOF {
		return nil, nil
	}
	s.err = err
	if t != nil {
		t.number = s.number
	}
	select {
	case x.queue <- s:
		x.taken++
		return t, s
	case <-ctx.Done():
		if t != nil {
			_ = t.close() // the query is over: its own error counts
		}
		return nil, nil
	}
}

// guarded turns a panic of f into an error.
func guarded(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// next returns the next result, or io.EOF.
func (x *exchange[T]) next(ctx context.Context) (T, error) {
	var none T
	if !x.started {
		if err := x.start(ctx); err != nil {
			return none, err
		}
	}
	for {
		if x.current == nil {
			select {
			case s, ok := <-x.queue:
				if !ok {
					if err := ctx.Err(); err != nil {
						return none, err
					}
					return none, io.EOF
				}
				x.current = s
				x.slots++
			case <-ctx.Done():
				return none, ctx.Err()
			}
		}
		select {
		case item, ok := <-x.current.items:
			if ok {
				x.room.leave(&x.current.bytes, x.size(item))
				return item, nil
			}
			if x.current.err != nil {
				return none, x.current.err
			}
			x.current = nil
			x.room.turn(x.slots)
		case <-ctx.Done():
			return none, ctx.Err()
		}
	}
}

// ask returns the operator that takes the place of the workers, if there is one.
func (x *exchange[T]) ask(ctx context.Context) (op Operator, split func() int64, err error) {
	if x.whole == nil {
		return nil, nil, nil
	}
	x.instead, split, err = x.whole(ctx)
	return x.instead, split, err
}

// discard gives up results that nobody will read, once the workers have ended.
func (x *exchange[T]) discard() {
	empty := func(s *slot[T]) {
		for item := range s.items {
			x.room.leave(&s.bytes, x.size(item))
			if x.drop != nil {
				x.drop(item)
			}
		}
	}
	if x.current != nil {
		empty(x.current)
		x.current = nil
	}
	if x.queue != nil {
		for s := range x.queue {
			empty(s)
		}
		x.queue = nil
	}
}

// close ends the workers and waits for them.
func (x *exchange[T]) close() error {
	if x.cancel != nil {
		x.cancel()
	}
	x.wg.Wait()
	x.discard()
	var err error
	if x.instead != nil {
		err = x.instead.Close()
	}
	if e := x.splits.close(); err == nil {
		err = e
	}
	if e := x.closer(); err == nil {
		err = e
	}
	return err
}

// gather is an exchange as an operator: the batches of all splits, in order.
type gather struct {
	*exchange[*vector.Batch]
	over  func(Operator) Operator // what is done to the batches of each split, and may be done to all
	asked bool
	whole Operator
}

func (o *gather) Next(ctx context.Context) (*vector.Batch, error) {
	if !o.asked {
		o.asked = true
		whole, _, err := o.ask(ctx)
		if err != nil {
			return nil, err
		}
		if whole != nil {
			o.whole = o.over(whole)
		}
	}
	if o.whole != nil {
		return o.whole.Next(ctx)
	}
	return o.next(ctx)
}

// Close also closes what over made, which holds what it has gathered.
func (o *gather) Close() error {
	var err error
	if o.whole != nil {
		err = o.whole.Close()
	}
	if e := o.close(); err == nil {
		err = e
	}
	return err
}
