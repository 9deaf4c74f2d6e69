package ingest

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/vector"
)

const (
	// handedBytes bounds the groups on their way to the data files, of all stores together, whole pieces
	// counted that no later group holds: then the sequencer waits. One group of a store always may be.
	handedBytes       = 24 << 20
	handedWorkerBytes = 16 << 20 // and for each worker
	// handedGroups bounds their number, of each store: small ones take memory, too.
	handedGroups = 64
	// sliceRows of a group are built at a time.
	sliceRows = 5000
)

// output carries the groups of one store to its data files: they are put into an order and built side by side,
// and written in the order in which they were handed on, by one goroutine.
//
//	hand ─┬─► tasks: slices ──► builders ──► slices as columns ─┐
//	      └─► queue: groups ──► writer ◄────────────────────────┴──► storage.Import.Write
//
// The context of the import does not end it: what was handed on is written, so that it can be committed. A
// fault does: the rest is dropped then, and the import fails.
type output struct {
	im    *storage.Import
	fail  func(error) // ends the import
	tasks chan task
	queue chan *handed
	wg    sync.WaitGroup
	// faulty says that fault is there.
	faulty atomic.Bool

	mu      sync.Mutex
	room    sync.Cond
	bytes   int64 // of the groups that are not written yet
	mayHold int64 // this store's share of handedBytes
	fault   error // the first one
}

// handed is a group on its way; or, with reached, a mark in the queue.
type handed struct {
	day     storage.Day
	records []groupedRecord
	bytes   int64
	ordered sync.Once
	order   []int32 // the places of records
	slices  []chan built
	reached chan struct{}
}

// task is a slice of a group that is to be built.
type task struct {
	of    *handed
	slice int
}

// built is a slice of a group as columns, or the fault that kept it from becoming them.
type built struct {
	batch *vector.Batch
	bytes int64
	// differing is what storage.Import.Write wants to know.
	differing []bool
	fault     error
}

// newOutput returns the output of a store, which may hold so many bytes, for an import by so many workers. fail is
// called at its first fault.
func newOutput(im *storage.Import, workers int, mayHold int64, fail func(error)) *output {
	workers = max(workers, 1)
	o := &output{im: im, fail: fail, tasks: make(chan task, handedGroups), queue: make(chan *handed, handedGroups), mayHold: mayHold}
	o.room.L = &o.mu
	o.wg.Go(o.write)
	for range min(workers, 2+workers/4) { // theirs is a quarter of an import's work
		o.wg.Go(func() {
			b := &sliceBuilder{im: im}
			for t := range o.tasks {
				if o.faulty.Load() {
					t.of.slices[t.slice] <- built{}
					continue
				}
				t.of.slices[t.slice] <- b.build(t.of, t.slice)
			}
		})
	}
	return o
}

// hand hands on a group, for which so many bytes count, in the order of calls. It waits until there is room.
func (o *output) hand(d *group, bytes int64) error {
	o.mu.Lock()
	for o.fault == nil && o.bytes > 0 && o.bytes+bytes > o.mayHold {
		o.room.Wait()
	}
	if o.fault != nil {
		defer o.mu.Unlock()
		return o.fault
	}
	o.bytes += bytes
	o.mu.Unlock()
	h := &handed{day: d.day, records: d.records, bytes: bytes, slices: make([]chan built, (len(d.records)+sliceRows-1)/sliceRows)}
	for i := range h.slices {
		h.slices[i] = make(chan built, 1)
	}
	o.queue <- h
	for i := range h.slices {
		o.tasks <- task{h, i}
	}
	return nil
}

// drain waits until all groups that were handed on are written, or there is a fault, which it returns.
func (o *output) drain() error {
	mark := &handed{reached: make(chan struct{})}
	o.queue <- mark
	<-mark.reached
	return o.failed(nil)
}

// close waits for what was handed on, and ends the output. With a fault what is not written yet is dropped.
func (o *output) close(fault error) {
	o.failed(fault)
	close(o.tasks)
	close(o.queue)
	o.wg.Wait()
}

// failed notes a fault, if it is not nil, and returns the first one.
func (o *output) failed(fault error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if fault != nil && o.fault == nil {
		o.fault = fault
		o.faulty.Store(true)
		o.room.Broadcast()
		o.fail(fault)
	}
	return o.fault
}

// write writes the groups of the queue.
func (o *output) write() {
	for h := range o.queue {
		if h.reached != nil {
			close(h.reached)
			continue
		}
		for _, s := range h.slices {
			if out := <-s; !o.faulty.Load() {
				_ = o.failed(o.writeSlice(h.day, &out))
			}
		}
		o.mu.Lock()
		o.bytes -= h.bytes
		o.room.Broadcast()
		o.mu.Unlock()
	}
}

func (o *output) writeSlice(day storage.Day, s *built) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = faultOf(p)
		}
	}()
	if s.fault != nil {
		return s.fault
	}
	return o.im.Write(day, s.batch, s.bytes, s.differing)
}

// faultOf returns the error for what recover returned.
func faultOf(panicked any) error {
	return fmt.Errorf("a fault in ctlake: %v\n%s", panicked, debug.Stack())
}

// sliceBuilder makes columns of slices of groups. Its parts are made when they are needed.
type sliceBuilder struct {
	im      *storage.Import
	order   *record.Order
	builder *record.Builder
}

// build makes columns of a slice of a group, which it puts into an order if nobody else has.
func (b *sliceBuilder) build(h *handed, slice int) (out built) {
	defer func() {
		if p := recover(); p != nil {
			out = built{fault: faultOf(p)}
		}
	}()
	h.ordered.Do(func() {
		if b.order == nil {
			b.order = record.NewOrder(b.im.Store().Table())
		}
		for _, r := range h.records {
			b.order.Add(r.of.Records, int(r.row))
		}
		h.order = b.order.Take()
	})
	if len(h.order) != len(h.records) {
		return built{fault: fmt.Errorf("%d of %d records were put into an order", len(h.order), len(h.records))} // by another, which has a fault
	}
	if b.builder == nil {
		b.builder = record.NewBuilder(b.im.Store().Table())
	}
	for _, at := range h.order[slice*sliceRows : min((slice+1)*sliceRows, len(h.order))] {
		r := h.records[at]
		b.builder.Append(r.of.Records, int(r.row))
		out.bytes += int64(r.of.Bytes(int(r.row)))
	}
	out.differing = b.builder.Differing()
	out.batch = b.builder.Build()
	return out
}
