package framing

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
)

// Pool compresses the chunks of any number of streams, which any goroutines write, with so many compressors
// at once. With one, chunks are compressed where they are written; with more, on goroutines beside:
//
//	Raw ──full chunks──► Start ──► a goroutine for each, when a compressor is free ──► Settle: framed, in order
//	 └── the rest ─────► Raw in another buffer; that of the chunks is used again
//
// The result does not depend on their number.
type Pool struct {
	compressors chan *Compressor // those that are free
	several     bool
	late        bool // see CompressLate
	mayWait     int64

	mu      sync.Mutex
	room    sync.Cond
	waiting int64            // bytes of the chunks of Start that are not compressed yet
	spare   map[int][][]byte // buffers to use again, by the streams' chunkBytes
}

const (
	// waitingBytes bounds the chunks that wait for each compressor, or are in it: then Start waits.
	waitingBytes = 4 << 20
	// spareBytes bounds the buffers that are kept for streams of one size of chunks.
	spareBytes = 4 << 20
)

// NewPool returns a pool of n compressors, one at least, of a codec other than None. Level 0 is the codec's default.
func NewPool(kind Kind, level, n int) (*Pool, error) {
	n = max(1, n)
	p := &Pool{compressors: make(chan *Compressor, n), several: n > 1, mayWait: int64(n) * waitingBytes, spare: map[int][][]byte{}}
	p.room.L = &p.mu
	for range n {
		c, err := NewCompressor(kind, level)
		if err != nil {
			return nil, err
		}
		p.compressors <- c
	}
	return p, nil
}

// CompressLate, for tests, puts off what Start begins until Settle waits for it: what does not depend on how far
// compression is comes out the same then.
func (p *Pool) CompressLate() { p.several, p.late = true, true }

// job is a chunk to compress.
type job struct {
	late  func() // compresses it, if nothing did before it is waited for
	chunk []byte
	of    *buffer
	out   []byte
	err   error
	done  chan struct{}
}

// buffer is memory of which chunks are compressed.
type buffer struct {
	memory []byte
	chunks atomic.Int32 // that are not compressed yet
}

// run compresses a chunk.
func (p *Pool) run(j *job) {
	c := <-p.compressors
	defer func() {
		if fault := recover(); fault != nil {
			j.err = fmt.Errorf("a fault in ctlake: %v\n%s", fault, debug.Stack())
		}
		p.compressors <- c
		close(j.done)
	}()
	j.out, j.err = c.chunk(j.chunk)
}

// Start has the full chunks of streams compressed. It may return before they are; Settle waits for them.
func (p *Pool) Start(streams []*Writer) error {
	if p == nil { // no stream is compressed
		return nil
	}
	for _, w := range streams {
		if err := p.StartOne(w); err != nil {
			return err
		}
	}
	return nil
}

// StartOne is Start of one stream. Whoever appends much to one calls it when there is a chunk, so that its buffer
// does not grow.
func (p *Pool) StartOne(w *Writer) error {
	if p == nil || w.kind == None || len(w.Raw) < w.chunkBytes {
		return nil
	}
	full := len(w.Raw) - len(w.Raw)%w.chunkBytes
	if !p.several {
		return p.inPlace(w, full)
	}
	b := &buffer{memory: w.Raw}
	b.chunks.Store(int32(full / w.chunkBytes))
	w.Raw = append(p.another(w.chunkBytes, cap(w.Raw)), w.Raw[full:]...)
	for chunk := range slices.Chunk(b.memory[:full], w.chunkBytes) {
		j := &job{chunk: chunk, of: b, done: make(chan struct{})}
		w.pending = append(w.pending, j)
		if p.late {
			j.late = func() { p.run(j) }
			continue
		}
		p.enter(int64(len(chunk)))
		go func() {
			p.run(j)
			p.leave(int64(len(chunk)))
			if b.chunks.Add(-1) == 0 {
				p.keep(w.chunkBytes, b.memory)
			}
		}()
	}
	return nil
}

// inPlace compresses the first so many bytes of a stream, and removes them from Raw.
func (p *Pool) inPlace(w *Writer, full int) error {
	for chunk := range slices.Chunk(w.Raw[:full], w.chunkBytes) {
		j := &job{chunk: chunk, done: make(chan struct{})}
		if p.run(j); j.err != nil {
			return j.err
		}
		w.add(j.out)
	}
	w.Raw = w.Raw[:copy(w.Raw, w.Raw[full:])]
	return nil
}

// enter waits until so many bytes may wait for compressors.
func (p *Pool) enter(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.waiting > 0 && p.waiting+n > p.mayWait {
		p.room.Wait()
	}
	p.waiting += n
}

func (p *Pool) leave(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting -= n
	p.room.Broadcast()
}

// another returns an empty buffer for a stream of such chunks, of about that capacity unless it is large.
func (p *Pool) another(chunkBytes, capacity int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.spare[chunkBytes]
	if len(list) == 0 {
		return make([]byte, 0, min(capacity, 2*chunkBytes))
	}
	p.spare[chunkBytes] = list[:len(list)-1]
	return list[len(list)-1]
}

// keep takes a buffer back.
func (p *Pool) keep(chunkBytes int, b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if list := p.spare[chunkBytes]; cap(b) <= 3*chunkBytes && len(list) < max(1, spareBytes/chunkBytes) {
		p.spare[chunkBytes] = append(list, b[:0])
	}
}

// Settle waits for what Start began with streams.
func (p *Pool) Settle(streams []*Writer) (first error) {
	for _, w := range streams {
		if err := w.settle(true); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Finish compresses all of streams, and waits for it.
func (p *Pool) Finish(streams []*Writer) error {
	if p == nil {
		return nil
	}
	if err := p.Settle(streams); err != nil {
		return err
	}
	var jobs []*job
	for _, w := range streams {
		if w.kind == None {
			continue
		}
		for chunk := range slices.Chunk(w.Raw, w.chunkBytes) {
			j := &job{chunk: chunk, done: make(chan struct{})}
			w.pending = append(w.pending, j)
			jobs = append(jobs, j)
		}
	}
	if workers := min(len(jobs), cap(p.compressors)); workers == 1 {
		for _, j := range jobs {
			p.run(j)
		}
	} else {
		var next atomic.Int64
		for range workers {
			go func() {
				for i := int(next.Add(1)) - 1; i < len(jobs); i = int(next.Add(1)) - 1 {
					p.run(jobs[i])
				}
			}()
		}
	}
	err := p.Settle(streams)
	for _, w := range streams {
		if w.kind != None {
			w.Raw = w.Raw[:0]
		}
	}
	return err
}
