// Package spill keeps batches of a query on disk while memory is short.
//
// An operator that must let go of rows has an Area: one scratch file, in which the
// blocks of any number of runs lie in the order in which they were written. A run is
// a sequence of batches; where its blocks are is known in memory alone.
//
//	Area  ┌───────┬───────┬───────┬───────┬───────┐      run 0: blocks 0, 2, 4
//	      │ run 0 │ run 1 │ run 0 │ run 2 │ run 0 │      run 1: block 1 …
//	      └───────┴───────┴───────┴───────┴───────┘
//
//	block ┌──────────┬────────────┬──────────────────────────────────────────┐
//	      │ xxhash64 │ raw length │ columns, one after the other, compressed │
//	      │ 8 bytes  │ 4 bytes    │ by S2 if that makes them shorter         │
//	      └──────────┴────────────┴──────────────────────────────────────────┘
//
// The checksum covers what follows it, so that a disk that gives back anything else
// than what was written ends the query and never changes an answer. Columns are
// written by columns.go. Files of an area have mode 0600 and, where the system allows,
// no name: whatever ends the process also frees them.
package spill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/cespare/xxhash/v2"
	"github.com/klauspost/compress/s2"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// ErrCorrupt is what errors of blocks that are not what was written wrap.
var ErrCorrupt = errors.New("a spilled block is not what was written")

// Disk makes scratch files. It is safe for concurrent use.
type Disk interface {
	// Create makes a new, empty file, which is gone once it is closed.
	Create() (File, error)
}

// File is a scratch file.
type File interface {
	io.WriterAt
	io.ReaderAt
	io.Closer
}

// MaxBlockBytes is the most bytes of a block before compression. A batch that needs
// more is cut in halves; a single row that does is an error.
const MaxBlockBytes = 1 << 30

const (
	checksumBytes = 8
	headerBytes   = checksumBytes + 4
	// compressed marks the raw length of a block that is compressed.
	compressed = 1 << 31
)

// Area is the scratch space of one operator. It makes its file when the first block
// is written. It is for one goroutine; the zero value with a disk is ready for use.
type Area struct {
	Disk Disk
	// Wrote, if set, is told how many bytes each block takes on disk.
	Wrote func(bytes int64)

	file File
	end  int64
	raw  []byte // scratch
	out  []byte
}

// Used reports whether anything was written.
func (a *Area) Used() bool { return a.end > 0 }

// Close frees the area. It is idempotent. Runs and readers must not be used afterwards.
func (a *Area) Close() error {
	f := a.file
	a.file, a.raw, a.out = nil, nil, nil
	if f == nil {
		return nil
	}
	return f.Close()
}

// Run is a sequence of batches in an area. It may be read once nothing is added any more.
type Run struct {
	area   *Area
	types  []types.Type
	blocks []block
	rows   int64
	raw    int64
}

type block struct {
	at     int64
	length int32 // on disk
	rows   int32
}

// NewRun returns an empty run of batches whose columns have the given types.
func (a *Area) NewRun(columns []types.Type) *Run { return &Run{area: a, types: columns} }

// Rows returns how many rows the run has; RawBytes about how many bytes they take in memory.
func (r *Run) Rows() int64     { return r.rows }
func (r *Run) RawBytes() int64 { return r.raw }

// Add appends the rows of b.
func (r *Run) Add(b *vector.Batch) error {
	if b.N == 0 {
		return nil
	}
	a := r.area
	raw, err := appendBatch(a.raw[:0], b, r.types)
	if errors.Is(err, errTooLarge) && b.N > 1 {
		half := b.N / 2
		if err := r.Add(slice(b, 0, half)); err != nil {
			return err
		}
		return r.Add(slice(b, half, b.N))
	}
	if err != nil {
		return fmt.Errorf("spill to disk: %w", err)
	}
	a.raw = raw
	if a.file == nil {
		if a.file, err = a.Disk.Create(); err != nil {
			return fmt.Errorf("spill to disk: %w", err)
		}
	}
	if need := headerBytes + max(s2.MaxEncodedLen(len(raw)), len(raw)); cap(a.out) < need {
		a.out = make([]byte, need)
	}
	out := a.out[:cap(a.out)]
	length := uint32(len(raw))
	body := s2.Encode(out[headerBytes:], raw)
	if len(body) < len(raw) {
		length |= compressed
	} else {
		body = out[headerBytes : headerBytes+len(raw)]
		copy(body, raw)
	}
	out = out[:headerBytes+len(body)]
	binary.LittleEndian.PutUint32(out[checksumBytes:], length)
	binary.LittleEndian.PutUint64(out, xxhash.Sum64(out[checksumBytes:]))
	n, err := a.file.WriteAt(out, a.end)
	if err == nil && n < len(out) {
		err = io.ErrShortWrite
	}
	if err != nil {
		return fmt.Errorf("spill to disk: %w", err)
	}
	r.blocks = append(r.blocks, block{a.end, int32(len(out)), int32(b.N)})
	a.end += int64(len(out))
	r.rows += int64(b.N)
	r.raw += int64(len(raw))
	if a.Wrote != nil {
		a.Wrote(int64(len(out)))
	}
	if cap(a.raw) > keptScratchBytes {
		a.raw, a.out = nil, nil
	}
	return nil
}

// keptScratchBytes is how large a buffer may be to be kept for the next block.
const keptScratchBytes = 1 << 20

func slice(b *vector.Batch, from, to int) *vector.Batch {
	out := &vector.Batch{Columns: make([]vector.Vector, len(b.Columns)), N: to - from}
	for i, c := range b.Columns {
		out.Columns[i] = vector.Slice(c, from, to)
	}
	return out
}

// Reader reads a run from its beginning. Several readers of one area may be used by
// several goroutines at once.
type Reader struct {
	run *Run
	at  int
	in  []byte // scratch
}

// Reader returns a reader of the run, which needs no closing.
func (r *Run) Reader() *Reader { return &Reader{run: r} }

// Next returns the next batch, or io.EOF. Batches are as they were added, unless those were too large.
func (r *Reader) Next() (*vector.Batch, error) {
	if r.at == len(r.run.blocks) {
		return nil, io.EOF
	}
	b := r.run.blocks[r.at]
	r.at++
	if cap(r.in) < int(b.length) {
		r.in = make([]byte, b.length)
	}
	in := r.in[:b.length]
	if _, err := r.run.area.file.ReadAt(in, b.at); err != nil {
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			err = fmt.Errorf("%w: it ends early", ErrCorrupt)
		}
		return nil, fmt.Errorf("read what was spilled: %w", err)
	}
	if xxhash.Sum64(in[checksumBytes:]) != binary.LittleEndian.Uint64(in) {
		return nil, fmt.Errorf("read what was spilled: %w: its checksum differs", ErrCorrupt)
	}
	length := binary.LittleEndian.Uint32(in[checksumBytes:])
	// Strings of the batch are slices of raw, which is therefore new for each block.
	raw := make([]byte, length&^compressed)
	if length&compressed == 0 {
		copy(raw, in[headerBytes:])
	} else if _, err := s2.Decode(raw, in[headerBytes:]); err != nil {
		return nil, fmt.Errorf("read what was spilled: %w: %w", ErrCorrupt, err)
	}
	if cap(r.in) > keptScratchBytes {
		r.in = nil
	}
	return readBatch(raw, int(b.rows), r.run.types)
}

// Counted is a disk that counts the files that are open, for tests and for statistics.
type Counted struct {
	Disk
	open atomic.Int64
}

// Open returns how many files were made and not closed.
func (d *Counted) Open() int64 { return d.open.Load() }

// Create implements Disk.
func (d *Counted) Create() (File, error) {
	f, err := d.Disk.Create()
	if err != nil {
		return nil, err
	}
	d.open.Add(1)
	return &countedFile{File: f, disk: d}, nil
}

type countedFile struct {
	File
	disk *Counted
}

func (f *countedFile) Close() error {
	f.disk.open.Add(-1)
	return f.File.Close()
}
