package rle

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
)

// memory is a file in memory.
type memory []byte

func (m memory) ReadAt(p []byte, off int64) error {
	if copy(p, m[off:]) < len(p) {
		return fmt.Errorf("short")
	}
	return nil
}

// stream returns a reader of an uncompressed stream, cut into small chunks.
func stream(b []byte) *framing.Reader {
	return framing.NewReader(memory(b), 0, int64(len(b)), framing.None, 1000, &framing.Budget{Left: 1 << 20})
}

func bytesOf(text string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func repeated(v int64, n int) []int64 { return slices.Repeat([]int64{v}, n) }

func counted(from, step int64, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = from + int64(i)*step
	}
	return out
}

// TestSpecification decodes the examples of the specification.
func TestSpecification(t *testing.T) {
	ints := func(v1, signed bool, text string, want ...int64) {
		t.Helper()
		got := make([]int64, len(want))
		if err := NewIntReader(stream(bytesOf(text)), v1, signed).Read(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	ints(true, false, "61 00 07", repeated(7, 100)...)
	ints(true, false, "61 ff 64", counted(100, -1, 100)...)
	ints(true, false, "fb 02 03 04 07 0b", 2, 3, 4, 7, 11)
	ints(false, false, "0a 27 10", repeated(10000, 5)...)
	ints(false, false, "5e 03 5c a1 ab 1e de ad be ef", 23713, 43806, 57005, 48879)
	patched := append([]int64{2030, 2000, 2020, 1000000}, counted(2040, 10, 16)...)
	ints(false, false, "8e 13 2b 21 07 d0 1e 00 14 70 28 32 3c 46 50 5a 64 6e 78 82 8c 96 a0 aa b4 be fc e8", patched...)
	ints(false, false, "c6 09 02 02 22 42 42 46", 2, 3, 5, 7, 11, 13, 17, 19, 23, 29)

	got := make([]byte, 102)
	if err := NewByteReader(stream(bytesOf("61 00 fe 44 45"))).Read(got); err != nil || got[99] != 0 || got[100] != 0x44 || got[101] != 0x45 {
		t.Errorf("bytes: %v, %v", got, err)
	}
	bools := make([]bool, 16)
	if err := NewBitReader(stream(bytesOf("fe ff 80"))).ReadBools(bools); err != nil || !bools[8] || bools[9] {
		t.Errorf("booleans: %v, %v", bools, err)
	}
}

// TestChoice writes each kind of run where it is the shortest.
func TestChoice(t *testing.T) {
	f := func(signed bool, want string, values ...int64) {
		t.Helper()
		got := new(IntWriter).Append(nil, values, signed)
		if hex.EncodeToString(got) != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%v: got %x", values, got)
		}
	}
	f(false, "")
	f(false, "0a 27 10", repeated(10000, 5)...)
	f(false, "c1 f3 07 00", repeated(7, 500)...)
	f(true, "c0 63 c8 01 01", counted(100, -1, 100)...)
	f(false, "5e 03 5c a1 ab 1e de ad be ef", 23713, 43806, 57005, 48879)
	f(false, "c6 09 02 02 22 42 42 46", 2, 3, 5, 7, 11, 13, 17, 19, 23, 29)
	// The specification's patched run has a patch of 12 bits, which is deprecated for values only.
	patched := append([]int64{2030, 2000, 2020, 1000000}, counted(2040, 10, 16)...)
	if got := new(IntWriter).Append(nil, patched[:4], false); got[0]>>6 != kindDirect {
		t.Errorf("four values: %x", got)
	}
	mixed := append(slices.Clone(patched), 2, 9000, 2100, 2222)
	if got := new(IntWriter).Append(nil, mixed, false); got[0]>>6 != kindPatchedBase {
		t.Errorf("an outlier: %x", got)
	}
}

// shapes are sequences of many kinds.
func shapes() map[string][]int64 {
	r := rand.New(rand.NewPCG(1, 2))
	out := map[string][]int64{
		"none": nil, "one": {5}, "negative": {-5}, "two": {1, 2}, "extremes": {math.MinInt64, math.MaxInt64, 0, -1, math.MinInt64},
		"run of 513": repeated(-9, 513), "steps": counted(-1000, 3, 1200), "far steps": counted(math.MinInt64, 1<<55, 400),
		"falling": counted(1<<40, -977, 700), "runs and singles": nil, "rising": nil, "outliers": nil, "many outliers": nil,
		"outliers far apart": nil, "negative base": nil,
	}
	for width := range 64 {
		var v []int64
		for range 600 {
			v = append(v, int64(r.Uint64()>>width))
		}
		out[fmt.Sprintf("random of %d bits", 64-width)] = v
	}
	last := int64(-5)
	for i := range 2000 {
		out["runs and singles"] = append(out["runs and singles"], repeated(r.Int64N(9), 1+r.IntN(12))...)
		last += r.Int64N(100)
		out["rising"] = append(out["rising"], last)
		v := r.Int64N(200)
		if i%97 == 0 {
			out["outliers"] = append(out["outliers"], v+1<<50)
		} else {
			out["outliers"] = append(out["outliers"], v)
		}
		if i%9 == 0 {
			v = -r.Int64N(1 << 40)
		}
		out["many outliers"] = append(out["many outliers"], v)
		w := r.Int64N(3)
		if i%512 == 0 || i%512 == 511 || i%512 == 300 {
			w = 1 << 33
		}
		out["outliers far apart"] = append(out["outliers far apart"], w)
		out["negative base"] = append(out["negative base"], w-1<<20)
	}
	return out
}

func TestIntegers(t *testing.T) {
	kinds := map[byte]int{}
	for name, values := range shapes() {
		for _, signed := range []bool{true, false} {
			if !signed && slices.ContainsFunc(values, func(v int64) bool { return v < 0 }) {
				continue
			}
			b := new(IntWriter).Append(nil, values, signed)
			if len(b) > 0 {
				kinds[b[0]>>6]++
			}
			if err := checkIntegers(b, values, signed); err != nil {
				t.Errorf("%s, signed %v: %v", name, signed, err)
			}
		}
	}
	if len(kinds) != 4 {
		t.Errorf("kinds of first runs: %v", kinds)
	}
}

// checkIntegers decodes b whole, in pieces with gaps, and as sums.
func checkIntegers(b []byte, values []int64, signed bool) error {
	got := make([]int64, len(values))
	if err := NewIntReader(stream(b), false, signed).Read(got); err != nil || !slices.Equal(got, values) {
		return fmt.Errorf("got %v, %v", got, err)
	}
	r := NewIntReader(stream(b), false, signed)
	for at, step := 0, 1; at < len(values); step = step*3%701 + 1 {
		skip := min(step, len(values)-at)
		if err := r.Skip(skip); err != nil {
			return err
		}
		at += skip
		n := min(step/2+1, len(values)-at)
		if err := r.Read(got[:n]); err != nil || !slices.Equal(got[:n], values[at:at+n]) {
			return fmt.Errorf("at %d: got %v, want %v, %v", at, got[:n], values[at:at+n], err)
		}
		at += n
	}
	if r.Read(make([]int64, 1)) == nil {
		return fmt.Errorf("read beyond the end")
	}
	small := make([]int32, len(values))
	narrow := !slices.ContainsFunc(values, func(v int64) bool { return v != int64(int32(v)) })
	if err := NewIntReader(stream(b), false, signed).ReadInt32(small); narrow && err != nil {
		return err
	}
	for i, v := range values {
		if narrow && int64(small[i]) != v {
			return fmt.Errorf("32 bits of %d: %d", v, small[i])
		}
	}
	return nil
}

func TestBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for n := range 400 {
		values := make([]byte, n*3)
		for i := range values {
			if i > 0 && r.IntN(8) > 0 {
				values[i] = values[i-1]
			} else {
				values[i] = byte(r.IntN(256))
			}
		}
		if err := checkBytes(values, values); err != nil {
			t.Fatal(err)
		}
	}
}

func checkBytes(values, steps []byte) error {
	b := AppendBytes(nil, values)
	got := make([]byte, len(values))
	if err := NewByteReader(stream(b)).Read(got); err != nil || !slices.Equal(got, values) {
		return fmt.Errorf("got %v, %v, want %v", got, err, values)
	}
	r := NewByteReader(stream(b))
	for at, i := 0, 0; at < len(values); i++ {
		n := min(int(steps[i%len(steps)])+1, len(values)-at)
		if i%2 == 0 {
			if err := r.Skip(n); err != nil {
				return err
			}
		} else if err := r.Read(got[:n]); err != nil || !slices.Equal(got[:n], values[at:at+n]) {
			return fmt.Errorf("at %d: got %v, %v", at, got[:n], err)
		}
		at += n
	}
	return nil
}

func TestBooleans(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for n := range 300 {
		values := make([]bool, n*5)
		for i := range values {
			values[i] = r.IntN(n+2) > 2
		}
		if err := checkBooleans(values, r); err != nil {
			t.Fatal(err)
		}
	}
}

// checkBooleans writes values in parts, each a row group, and reads them from each.
func checkBooleans(values []bool, r *rand.Rand) error {
	type mark struct{ values, bytes, bits int }
	var w BitWriter
	var b []byte
	var marks []mark
	for i := 0; i < len(values); {
		if r.IntN(20) == 0 {
			var bits int
			b, bits = w.Mark(b)
			marks = append(marks, mark{i, len(b), bits})
		}
		run := 1
		for i+run < len(values) && values[i+run] == values[i] {
			run++
		}
		w.AppendRun(values[i], run)
		i += run
	}
	b = w.Finish(b)
	in := stream(b)
	d := NewBitReader(in)
	for _, m := range append(marks, mark{}) {
		if err := in.SeekTo(int64(m.bytes), 0); err != nil {
			return err
		}
		if err := d.Reset(0, m.bits); err != nil {
			return err
		}
		rest := values[m.values:]
		skip := r.IntN(len(rest) + 1)
		ones, err := d.Skip(skip)
		if err != nil || ones != countTrue(rest[:skip]) {
			return fmt.Errorf("%d of %d true, %v", ones, skip, err)
		}
		rest = rest[skip:]
		half := len(rest) / 2
		got := make([]bool, half)
		if err := d.ReadBools(got); err != nil || !slices.Equal(got, rest[:half]) {
			return fmt.Errorf("got %v, want %v, %v", got, rest[:half], err)
		}
		rest = rest[half:]
		at := r.IntN(70)
		set := make([]uint64, (at+len(rest))/64+1)
		ones, err = d.ReadZeros(set, at, len(rest))
		if err != nil || ones != countTrue(rest) {
			return fmt.Errorf("%d true, %v", ones, err)
		}
		for i, v := range rest {
			if set[(at+i)/64]>>((at+i)%64)&1 != 0 == v {
				return fmt.Errorf("bit %d of %v", i, rest)
			}
		}
	}
	return nil
}

func countTrue(values []bool) (n int) {
	for _, v := range values {
		if v {
			n++
		}
	}
	return n
}

// FuzzRLE encodes and decodes the input as integers, bytes and booleans, and
// decodes it as if it were an encoding: errors are fine, panics are not.
func FuzzRLE(f *testing.F) {
	for _, values := range shapes() {
		var b []byte
		for _, v := range values[:min(len(values), 40)] {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
		f.Add(b, uint64(len(b)))
		f.Add(new(IntWriter).Append(nil, values, true), uint64(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, seed uint64) {
		values := make([]int64, len(b)/8)
		for i := range values {
			values[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
		}
		if err := checkIntegers(new(IntWriter).Append(nil, values, true), values, true); err != nil {
			t.Error(err)
		}
		for i := range values { // narrow ones too, without sign
			values[i] = int64(uint64(values[i]) >> (seed % 64) >> 1)
		}
		if err := checkIntegers(new(IntWriter).Append(nil, values, false), values, false); err != nil {
			t.Error(err)
		}
		if len(b) > 0 {
			if err := checkBytes(b, b); err != nil {
				t.Error(err)
			}
		}
		bools := make([]bool, len(b))
		for i, x := range b {
			bools[i] = x&1 != 0
		}
		if err := checkBooleans(bools, rand.New(rand.NewPCG(seed, 0))); err != nil {
			t.Error(err)
		}
		out := make([]int64, 5000)
		for _, v1 := range []bool{true, false} {
			for _, signed := range []bool{true, false} {
				_ = NewIntReader(stream(b), v1, signed).Read(out)
				_ = NewIntReader(stream(b), v1, signed).Skip(len(out))
				_, _ = NewIntReader(stream(b), v1, signed).Sum(len(out))
			}
		}
		_ = NewByteReader(stream(b)).Read(make([]byte, 5000))
		_, _ = NewBitReader(stream(b)).Skip(5000)
	})
}

// TestBitsOfASet: values that are taken from a set are those that are added one by one.
func TestBitsOfASet(t *testing.T) {
	set := []uint64{0x8000_0000_f0f0_0001, 1 << 63, 0}
	var numbers []int32
	for i := range int32(150) {
		numbers = append(numbers, i*7%192)
	}
	var together, single BitWriter
	for _, n := range []int{0, 1, 3, 8, 13, 64, 150} {
		together.AppendOthers(set, numbers[:n])
		for _, i := range numbers[:n] {
			single.Append(set[i>>6]>>(i&63)&1 == 0)
		}
		if got, want := together.Finish(nil), single.Finish(nil); !slices.Equal(got, want) {
			t.Errorf("%d values: %x, one by one %x", n, got, want)
		}
	}
}

// TestWorthPatching: a run is looked at closely only where a width that few values stick out of is one that saves bits.
func TestWorthPatching(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		n, narrow, wide, outliers := 20+r.IntN(493), r.IntN(40), r.IntN(63), r.IntN(40)
		values := make([]int64, n)
		widths := make([]int, n)
		for i := range values {
			width := narrow
			if r.IntN(n) < outliers {
				width = max(narrow, wide)
			}
			values[i] = int64(r.Uint64() >> 1 >> (63 - width))
			widths[i] = bits.Len64(uint64(values[i]))
		}
		slices.Sort(widths)
		widest := widths[n-1]
		// The width of the widest value beyond which no more stick out than a list of patches may have.
		width := alignedWidth(max(1, widths[n-1-min(n/20, maxPatches)]))
		if got, want := worthPatching(values, 0, widest), width < widest; got != want {
			t.Fatalf("%d values of up to %d bits, most of up to %d: %t", n, widest, width, got)
		}
	}
}
