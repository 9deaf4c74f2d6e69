package exec

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"
	"sync"

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
	wg      sync.WaitGroup
	order   sync.Mutex // held while a split is taken and its slot queued
}

type slot[T any] struct {
	items chan T
	err   error // valid once items is closed
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
	ctx, x.cancel = context.WithCancel(ctx)
	x.queue = make(chan *slot[T], x.workers*slotsPerWorker)
	var running sync.WaitGroup
	for range x.workers {
		work, err := x.newWorker()
		if err != nil {
			x.cancel()
			x.wg.Wait()
			return err
		}
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
				return work(ctx, t, func(item T) error {
					select {
					case s.items <- item:
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				})
			})
		}
		failed := s.err != nil
		close(s.items)
		if failed {
			return // next stops at this slot, and Close ends the other workers
		}
	}
}

// take returns the next split and its slot; no slot means that there is none left.
func (x *exchange[T]) take(ctx context.Context) (*task, *slot[T]) {
	x.order.Lock()
	defer x.order.Unlock()
	s := &slot[T]{items: make(chan T, slotItems)}
	var t *task
	err := guarded(func() (err error) {
		t, err = x.splits.next(ctx)
		return err
	})
	if err == io.EOF {
		return nil, nil
	}
	s.err = err
	select {
	case x.queue <- s:
		return t, s
	case <-ctx.Done():
		if t != nil {
			_ = t.close(x.splits.rt) // the query is over: its own error counts
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
				return item, nil
			}
			if x.current.err != nil {
				return none, x.current.err
			}
			x.current = nil
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

// close ends the workers and waits for them.
func (x *exchange[T]) close() error {
	if x.cancel != nil {
		x.cancel()
	}
	x.wg.Wait()
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
