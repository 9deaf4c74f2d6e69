package format

import "io"

const (
	// A goroutine that reads ahead does so by as many bytes at a time, and by so many times.
	aheadBytes  = 64 << 10
	aheadBlocks = 16
)

// ahead reads on a goroutine of its own, and holds what it read until it is asked for:
//
//	r ──Read──► block ──► blocks, aheadBlocks at most ──► Read
//	  ◄───────────────────── free ──────────────────────────┘
//
// Whoever began it ends it, and leaves r alone until then.
type ahead struct {
	blocks chan aheadBlock
	free   chan []byte
	stop   chan struct{}
	block  aheadBlock
	rest   []byte // of block
	// measured is what measure said when all that Read has given out so far was read.
	measured int64
}

// aheadBlock is what one Read gave.
type aheadBlock struct {
	memory   []byte
	n        int
	err      error
	fault    any // what Read panicked with
	measured int64
}

// readAhead begins to read r. measure is called after each Read, on the same goroutine.
func readAhead(r io.Reader, measure func() int64) *ahead {
	a := &ahead{blocks: make(chan aheadBlock, aheadBlocks), free: make(chan []byte, aheadBlocks), stop: make(chan struct{})}
	for range aheadBlocks {
		a.free <- nil // made when it is needed
	}
	go func() {
		defer close(a.blocks)
		for {
			var b aheadBlock
			select {
			case b.memory = <-a.free:
			case <-a.stop:
				return
			}
			select {
			case <-a.stop:
				return
			default:
			}
			if b.memory == nil {
				b.memory = make([]byte, aheadBytes)
			}
			b.read(r, measure)
			a.blocks <- b // there is room: there are no more blocks than that
			if b.err != nil || b.fault != nil {
				return
			}
		}
	}()
	return a
}

// read fills the block by one Read.
func (b *aheadBlock) read(r io.Reader, measure func() int64) {
	defer func() { b.fault = recover() }()
	b.n, b.err = r.Read(b.memory)
	b.measured = measure()
}

// Read implements io.Reader. A panic of what is read becomes one of Read.
func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.block.err != nil {
			return 0, a.block.err
		}
		if a.block.memory != nil {
			a.free <- a.block.memory
			a.block = aheadBlock{}
		}
		a.block = <-a.blocks
		if a.block.fault != nil {
			panic(a.block.fault)
		}
		a.rest, a.measured = a.block.memory[:a.block.n], a.block.measured
		if len(a.rest) == 0 && a.block.err == nil {
			return 0, nil
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// end waits until nothing is read any more.
func (a *ahead) end() {
	close(a.stop)
	for range a.blocks { // what was read and is not wanted
	}
}
