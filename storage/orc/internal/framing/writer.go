package framing

// Writer collects the bytes of one stream: Raw is appended to by the encoders,
// a Pool moves full chunks of it into the framed form.
type Writer struct {
	Raw        []byte
	kind       Kind
	chunkBytes int
	out        [][]byte // the framed chunks
	starts     []int64  // of each, in all that is framed
	framed     int64    // bytes of out
	pending    []*job   // chunks that come after out, being compressed
}

// NewWriter returns an empty stream.
func NewWriter(kind Kind, chunkBytes int) *Writer {
	return &Writer{kind: kind, chunkBytes: chunkBytes}
}

// Position returns how many bytes were written, before compression.
func (w *Writer) Position() int64 {
	return int64(len(w.starts)+len(w.pending))*int64(w.chunkBytes) + int64(len(w.Raw))
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

// Buffered returns how many bytes of memory the stream holds in use. Chunks that are being compressed count as if
// nothing came of that; settled is false if there are such.
func (w *Writer) Buffered() (bytes int64, settled bool) {
	_ = w.settle(false) // an error stays for the next call
	bytes = int64(len(w.Raw)) + w.framed
	for _, j := range w.pending {
		bytes += int64(headerBytes + len(j.chunk))
	}
	return bytes, len(w.pending) == 0
}

// settle takes over the chunks that have been compressed since; with wait, all that were begun. An error is
// that of the first chunk that has one, also in later calls.
func (w *Writer) settle(wait bool) error {
	if wait {
		for _, j := range w.pending {
			if j.late != nil {
				j.late()
				j.late = nil
			}
			<-j.done
		}
	}
	for i, j := range w.pending {
		select {
		case <-j.done:
		default:
			w.pending = w.pending[i:]
			return nil
		}
		if j.err != nil {
			w.pending = w.pending[i:]
			return j.err
		}
		w.add(j.out)
	}
	w.pending = nil
	return nil
}

// Framed returns the stream after a Pool's Finish, in pieces. It is valid until Reset.
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
	w.pending = nil
	w.Raw, w.out, w.starts, w.framed = w.Raw[:0], w.out[:0], w.starts[:0], 0
}

// add adds a framed chunk.
func (w *Writer) add(chunk []byte) {
	w.starts = append(w.starts, w.framed)
	w.out = append(w.out, chunk)
	w.framed += int64(len(chunk))
}
