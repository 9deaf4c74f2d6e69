package orc

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// strict are limits under which a hostile file cannot ask for much.
var strict = Limits{ChunkBytes: 1 << 20, TailBytes: 4 << 20, ReadBytes: 32 << 20}

// readEverything opens a file and asks for all that there is. Whatever the bytes
// are, the only errors are those of the package.
func readEverything(b []byte, limits Limits) error {
	f, err := Open(bytes.NewReader(b), int64(len(b)), OpenOptions{Name: "hostile.orc", Limits: limits})
	if err != nil {
		return err
	}
	first := error(nil) // the rest is asked for all the same
	note := func(err error) {
		if first == nil || err != nil && !isTame(err) {
			first = err
		}
	}
	for _, c := range f.schema.all(nil) {
		_, err := f.Statistics(c.steps)
		note(err)
		_, err = f.Attributes(c.steps)
		note(err)
	}
	for i := range min(len(f.Stripes()), maxHostileStripes) {
		note(readStripe(f, i))
	}
	return first
}

// What is looked at of a file.
const (
	maxHostileStripes = 20
	maxHostileGroups  = 1 << 12
)

// readStripe reads every column, at every place in the schema that can be read
// by itself, with its statistics and bloom filters. It returns the first error,
// an untamed one before others.
func readStripe(f *File, i int) error {
	s, err := f.Stripe(i)
	if err != nil {
		return err
	}
	first := error(nil)
	for _, c := range f.schema.all(nil) {
		if err := readHostile(f, s, i, c.steps); first == nil || err != nil && !isTame(err) {
			first = err
		}
	}
	return first
}

func readHostile(f *File, s *StripeReader, stripe int, path []string) error {
	if _, err := f.StripeStatistics(stripe, path); err != nil {
		return err
	}
	if s.groups() <= maxHostileGroups {
		if _, err := s.RowGroupStatistics(path); err != nil && !errors.Is(err, ErrUnsupported) {
			return err
		}
	}
	for _, v := range []any{"value 3", int64(7), 1.5, types.Int128From(3)} {
		if _, err := s.MayContain(path, s.groups()-1, v); err != nil {
			return err
		}
	}
	c, err := s.Column(path)
	if errors.Is(err, ErrUnsupported) {
		return nil
	}
	if err != nil {
		return err
	}
	const step = 1000
	last := max(0, s.Rows()-step)
	first := second(c.Read(last, s.Rows()-last)) // by the row index
	for at := 0; at < min(s.Rows(), 10*step); at += step {
		if err := second(c.Read(at, min(step, s.Rows()-at))); err != nil {
			return err
		}
	}
	if s.Rows() > 1 {
		if err := second(c.Gather([]int32{0, int32(s.Rows() - 1)})); err != nil {
			return err
		}
	}
	return first
}

// expectTame reports errors that are none of the package's own.
func expectTame(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil && !isTame(err) {
		t.Errorf("%s: %v", what, err)
	}
}

func isTame(err error) bool {
	return errors.Is(err, ErrCorrupt) || errors.Is(err, ErrUnsupported) || errors.Is(err, ErrLimit) || errors.Is(err, ErrNoColumn)
}

// smallFile is a file with a bit of everything.
func smallFile(t testing.TB, c Compression) []byte {
	g := &generator{rand.New(rand.NewPCG(3, 4)), 0.2}
	b, _ := writeFile(t, everyType, WriterOptions{Compression: c, RowIndexStride: 10, StripeRows: 25, ChunkBytes: 300,
		BloomFilterColumns: []string{"str", "big"}}, g.batch(everyType, 60))
	return b
}

func TestTruncated(t *testing.T) {
	b := smallFile(t, Zstd)
	for n := 0; n < len(b); n += 1 + n/300 {
		if err := readEverything(b[:n], strict); err == nil {
			t.Errorf("%d of %d bytes are accepted", n, len(b))
		} else {
			expectTame(t, "truncated", err)
		}
	}
}

func TestBitFlips(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	wrong, flips := 0, 0
	flip := func(name string, b []byte, n int) {
		for range n {
			at, bit := r.IntN(len(b)), byte(1)<<r.IntN(8)
			b[at] ^= bit
			err := readEverything(b, strict)
			b[at] ^= bit
			expectTame(t, name, err)
			flips++
			if err != nil {
				wrong++
			}
		}
	}
	for _, c := range []Compression{None, Zlib, Snappy, LZ4, Zstd} {
		flip(c.String(), bytes.Clone(smallFile(t, c)), 100)
	}
	if t.Failed() {
		return
	}
	t.Logf("%d flips, %d noticed", flips, wrong)
	for name, b := range orcFiles(t, "examples") {
		if len(b) > 0 && len(b) < 5000 {
			flip(name, b, 30)
		}
	}
}

// TestFlipsInZstd flips bits of compressed chunks, whose checksums find all that matter.
func TestFlipsInZstd(t *testing.T) {
	schema := types.RowOf(types.Field{Name: "s", Type: types.TVarchar})
	g := &generator{rand.New(rand.NewPCG(7, 8)), 0}
	batch := g.batch(schema, 5000)
	b, _ := writeFile(t, schema, WriterOptions{Compression: Zstd, RowIndexStride: -1, DictionaryThreshold: -1}, batch)
	f := open(t, b)
	s, err := f.Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	x := s.streams[streamKey{1, 1}]
	for at := x.at + 3; at < x.at+x.length; at += 1 + x.length/2000 {
		b[at] ^= 4
		err := readRows(b, OpenOptions{}, 5000, func(v vector.Vector) error {
			expectEqual(t, "a flip without consequence", vector.FieldOf(v, 0), batch.Columns[0])
			return nil
		})
		b[at] ^= 4
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d of DATA: %v", at-x.at, err)
		}
	}
}

// TestBombs writes small files that claim to be large ones.
func TestBombs(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 4_000_000
	zero := vector.NewConstant(vector.NewFlat(types.TBigint, []int64{7}, nil), n)
	empty := vector.NewConstant(vector.NewFlat(types.TVarchar, []string{""}, nil), 100)
	elements := vector.NewArray(types.ArrayOf(types.TBigint), []int32{0, int32(n)}, zero, nil)
	schema := types.RowOf(types.Field{Name: "s", Type: types.TVarchar}, types.Field{Name: "l", Type: types.ArrayOf(types.TBigint)})
	b, _ := writeFile(t, schema, WriterOptions{Compression: Zstd}, &vector.Batch{N: 100, Columns: []vector.Vector{
		empty, vector.NewConstant(vector.NewArray(types.ArrayOf(types.TBigint), []int32{0, 1}, zero, nil), 100)}},
		&vector.Batch{N: 1, Columns: []vector.Vector{vector.NewConstant(empty, 1), elements}})
	small := Limits{ReadBytes: 1 << 20}
	err := readRows(b, OpenOptions{Limits: small}, 1000, func(vector.Vector) error { return nil })
	if !errors.Is(err, ErrLimit) {
		t.Errorf("got %v", err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 512<<20 {
		t.Errorf("%d bytes allocated", used)
	}
}
