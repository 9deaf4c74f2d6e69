package orc

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"testing"
	"time"

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

// maxHostileBytes is what the process may hold while it reads hostile files.
const maxHostileBytes = 256 << 20

// watchMemory fails the test if more than maxHostileBytes are held until it ends.
func watchMemory(t *testing.T) {
	before := debug.SetMemoryLimit(maxHostileBytes / 2) // garbage is not what is asked about
	done, ended := make(chan struct{}), make(chan uint64)
	go func() {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		peak, tick := uint64(0), time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			metrics.Read(sample)
			peak = max(peak, sample[0].Value.Uint64())
			select {
			case <-tick.C:
			case <-done:
				ended <- peak
				return
			}
		}
	}()
	t.Cleanup(func() {
		close(done)
		peak := <-ended
		debug.SetMemoryLimit(before)
		if peak > maxHostileBytes {
			t.Errorf("%d MiB were held at once", peak>>20)
		}
		t.Logf("%d MiB were held at most", peak>>20)
	})
}

// TestTruncated cuts files of every codec, of ours and of others, at every byte.
func TestTruncated(t *testing.T) {
	watchMemory(t)
	files := map[string][]byte{}
	for _, c := range []Compression{None, Zlib, Snappy, LZ4, Zstd} {
		files[c.String()] = smallFile(t, c)
	}
	cut := func(name string, b []byte) {
		if testing.Short() {
			return
		}
		for n := range b {
			if err := readEverything(b[:n], strict); err == nil {
				t.Errorf("%s: %d of %d bytes are accepted", name, n, len(b))
			} else {
				expectTame(t, name, err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		cut(name, files[name])
	}
	examples, n := orcFiles(t, "examples"), 0
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		if b := examples[name]; len(b) > 0 && len(b) < 3000 && n < 8 {
			cut(name, b)
			n++
		}
	}
}

var flips = flag.Int("flips", 1200, "how many bits to flip at random in files of ours and of others")

// largestFlipped is how large a file of others may be that bits are flipped in.
const largestFlipped = 64 << 10

// TestBitFlips flips bits in files of every codec, of ours and of others. ORC has no
// checksums, so that a changed value may come out; what must not is a panic, another
// error than the package's, or more memory than is due.
func TestBitFlips(t *testing.T) {
	watchMemory(t)
	r := rand.New(rand.NewPCG(5, 6))
	files := map[string][]byte{}
	for _, c := range []Compression{None, Zlib, Snappy, LZ4, Zstd} {
		files[c.String()] = bytes.Clone(smallFile(t, c))
	}
	g := &generator{rand.New(rand.NewPCG(15, 16)), 0.2}
	for _, f := range everyType.Fields() { // small ones, so that flips meet tails and indexes oftener
		b, _ := writeFile(t, types.RowOf(f), WriterOptions{RowIndexStride: 10, StripeRows: 25}, g.batch(types.RowOf(f), 40))
		files["column "+f.Name] = b
	}
	if _, err := os.Stat(exampleDir("examples")); err == nil {
		for name, b := range orcFiles(t, "examples") {
			if len(b) > 0 && len(b) <= largestFlipped {
				files[name] = b
			}
		}
	}
	names := slices.Sorted(maps.Keys(files))
	wrong := 0
	for i := range *flips {
		name := names[i%len(names)]
		b := files[name]
		at, bit := r.IntN(len(b)), byte(1)<<r.IntN(8)
		b[at] ^= bit
		err := readEverything(b, strict)
		b[at] ^= bit
		if err != nil {
			wrong++
			expectTame(t, fmt.Sprintf("%s, bit %#x of byte %d", name, bit, at), err)
		}
	}
	t.Logf("%d flips in %d files, %d noticed", *flips, len(names), wrong)
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

// TestListsInListsAskFirst reads a row with very many lists in its list: nothing is made of them before there is memory for them.
func TestListsInListsAskFirst(t *testing.T) {
	n := 4_000_000
	inner := vector.NewConstant(vector.NewArray(types.ArrayOf(types.TBigint), []int32{0, 0}, vector.NewFlat(types.TBigint, []int64{}, nil), nil), n)
	typ := types.ArrayOf(types.ArrayOf(types.TBigint))
	b, _ := writeFile(t, types.RowOf(types.Field{Name: "l", Type: typ}), WriterOptions{Compression: Zstd},
		&vector.Batch{N: 1, Columns: []vector.Vector{vector.NewArray(typ, []int32{0, int32(n)}, inner, nil)}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := readRows(b, OpenOptions{Limits: Limits{ReadBytes: 1 << 20}}, 10, func(vector.Vector) error { return nil })
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, ErrLimit) || used > 8<<20 {
		t.Errorf("%v, %d bytes allocated", err, used)
	}
}
