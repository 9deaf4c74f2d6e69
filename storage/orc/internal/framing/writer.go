package framing

import (
	"sync"
	"sync/atomic"
)

// Writer collects the bytes of one stream: Raw is appended to by the encoders,
// Compress moves full chunks of it into the framed form.
type Writer struct {
	Raw        []byte
	kind       Kind
	chunkBytes int
	out        [][]byte // the framed chunks
	starts     []int64  // of each, in all that is framed
	framed     int64    // bytes of out
}

// NewWriter returns an empty stream.
func NewWriter(kind Kind, chunkBytes int) *Writer {
	return &Writer{kind: kind, chunkBytes: chunkBytes}
}

// Position returns how many bytes were written, before compression.
func (w *Writer) Position() int64 {
	return int64(len(w.starts))*int64(w.chunkBytes) + int64(len(w.Raw))
}

// AppendPosition appends what a row index says of a Position, once all before it is framed.
func (w *Writer) AppendPosition(dst []uint64, position int64) []uint64 {
	if w.kind == None {
		return append(dst, uint64(position))
	}
	chunk, within := position/int64(w.chunkBytes), position%int64(w.chunkBytes)
	start := w.framed
	if chunk < int64(len(w.starts)) {
		start = w.starts[chunk]
	}
	return append(dst, uint64(start), uint64(within))
}

// Buffered returns how many bytes of memory the stream holds in use.
func (w *Writer) Buffered() int64 { return int64(len(w.Raw)) + w.framed }

// Framed returns the stream after a final Compress, in pieces. It is valid until Reset.
func (w *Writer) Framed() [][]byte {
	if w.kind == None && len(w.Raw) > 0 {
		return append(w.out[:0], w.Raw)
	}
	return w.out
}

// FramedBytes returns the length of what Framed returns.
func (w *Writer) FramedBytes() int64 {
	if w.kind == None {
		return int64(len(w.Raw))
	}
	return w.framed
}

// Reset empties the stream, keeping the memory of Raw up to keepBytes.
func (w *Writer) Reset(keepBytes int) {
	if cap(w.Raw) > keepBytes {
		w.Raw = nil
	}
	clear(w.out[:cap(w.out)])
	w.Raw, w.out, w.starts, w.framed = w.Raw[:0], w.out[:0], w.starts[:0], 0
}

// add adds a framed chunk.
func (w *Writer) add(chunk []byte) {
	w.starts = append(w.starts, w.framed)
	w.out = append(w.out, chunk)
	w.framed += int64(len(chunk))
}

// job is a chunk to compress.
type job struct {
	w     *Writer
	chunk []byte
	out   []byte
	err   error
}

// Compress frames the full chunks of all streams, and with final what remains of
// them too. It works on as many goroutines as there are compressors, and
// waits for them; the result does not depend on their number.
func Compress(streams []*Writer, compressors []*Compressor, final bool) error {
	var jobs []job
	for _, w := range streams {
		if w.kind == None {
			continue
		}
		rest := w.Raw
		for len(rest) >= w.chunkBytes || final && len(rest) > 0 {
			n := min(w.chunkBytes, len(rest))
			jobs = append(jobs, job{w: w, chunk: rest[:n]})
			rest = rest[n:]
		}
	}
	if len(jobs) == 0 {
		return nil
	}
	workers := min(len(compressors), len(jobs))
	if workers == 1 {
		for _, j := range jobs {
			out, err := compressors[0].chunk(j.chunk)
			if err != nil {
				return err
			}
			j.w.add(out)
		}
	} else if err := compressParallel(jobs, compressors[:workers]); err != nil {
		return err
	}
	for _, w := range streams {
		if w.kind == None {
			continue
		}
		rest := len(w.Raw) % w.chunkBytes
		if final {
			rest = 0
		}
		w.Raw = w.Raw[:copy(w.Raw, w.Raw[len(w.Raw)-rest:])]
	}
	return nil
}

func compressParallel(jobs []job, compressors []*Compressor) error {
	var next atomic.Int64
	var wait sync.WaitGroup
	for _, c := range compressors {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(jobs) {
					return
				}
				j := &jobs[i]
				j.out, j.err = c.chunk(j.chunk)
			}
		})
	}
	wait.Wait()
	for _, j := range jobs {
		if j.err != nil {
			return j.err
		}
		j.w.add(j.out)
	}
	return nil
}
