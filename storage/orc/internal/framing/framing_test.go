package framing

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// memory is a file in memory.
type memory []byte

func (m memory) ReadAt(p []byte, off int64) error {
	if off+int64(len(p)) > int64(len(m)) {
		return io.ErrUnexpectedEOF
	}
	copy(p, m[off:])
	return nil
}

// content is text that compresses, and noise that does not.
func content(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 0, n)
	for len(b) < n {
		b = append(b, bytes.Repeat([]byte("GetObject "), r.IntN(100))...)
		for range r.IntN(1000) {
			b = append(b, byte(r.Uint32()))
		}
	}
	return b[:n]
}

// write frames b in chunks and returns the stream and the positions of each 1,000th byte.
func write(t *testing.T, kind Kind, b []byte, chunk, workers int) (framed []byte, positions [][]uint64) {
	t.Helper()
	var pool *Pool
	if kind != None {
		var err error
		if pool, err = NewPool(kind, 0, workers); err != nil {
			t.Fatal(err)
		}
	}
	w := NewWriter(kind, chunk)
	var at []int64
	for i := 0; i < len(b); i += 1000 {
		at = append(at, w.Position())
		w.Raw = append(w.Raw, b[i:min(len(b), i+1000)]...)
		if i%7 == 0 {
			if err := pool.Start([]*Writer{w}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := pool.Finish([]*Writer{w}); err != nil {
		t.Fatal(err)
	}
	for _, p := range at {
		positions = append(positions, append(w.AppendPosition(nil, p), 0))
	}
	return bytes.Join(w.Framed(), nil), positions
}

func TestRoundTrip(t *testing.T) {
	for _, kind := range []Kind{None, Zlib, Snappy, LZ4, Zstd} {
		for _, n := range []int{0, 1, 4096, 100_000} {
			b := content(n)
			framed, positions := write(t, kind, b, 4096, 1)
			again, _ := write(t, kind, b, 4096, 3)
			if !bytes.Equal(framed, again) {
				t.Errorf("codec %d: three workers write other bytes", kind)
			}
			file := append([]byte("before"), framed...)
			r := NewReader(memory(file), 6, int64(len(framed)), kind, 4096, &Budget{Left: 1 << 20})
			got, err := r.ReadAll(nil, 1<<20)
			if err != nil || !bytes.Equal(got, b) {
				t.Fatalf("codec %d, %d bytes: %d bytes, %v", kind, n, len(got), err)
			}
			for i := len(positions) - 1; i >= 0; i -= 3 { // backwards, then a skip
				if err := r.SeekTo(int64(positions[i][0]), int64(positions[i][1])); err != nil {
					t.Fatal(err)
				}
				rest := b[1000*i:]
				r.Skip(int64(len(rest) / 3))
				rest = rest[len(rest)/3:]
				got := make([]byte, len(rest))
				if err := r.ReadFull(got); err != nil || !bytes.Equal(got, rest) {
					t.Fatalf("codec %d: from byte %d on: %v", kind, 1000*i, err)
				}
				if err := r.ReadFull(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("codec %d: beyond the end: %v", kind, err)
				}
			}
		}
	}
}

func TestLimits(t *testing.T) {
	b := make([]byte, 200_000)
	for _, kind := range []Kind{Zlib, Snappy, LZ4, Zstd} {
		framed, _ := write(t, kind, b, 200_000, 1)
		read := func(limit int, budget int64) error {
			_, err := NewReader(memory(framed), 0, int64(len(framed)), kind, limit, &Budget{Left: budget}).ReadAll(nil, 1<<20)
			return err
		}
		if err := read(200_000, 1<<20); err != nil {
			t.Errorf("codec %d: %v", kind, err)
		}
		if err := read(199_999, 1<<20); err == nil {
			t.Errorf("codec %d: a chunk beyond the limit", kind)
		}
		if err := read(200_000, 100_000); !errors.Is(err, ErrBudget) {
			t.Errorf("codec %d: beyond the budget: %v", kind, err)
		}
	}
}
