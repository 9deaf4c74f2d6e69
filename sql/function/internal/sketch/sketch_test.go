package sketch

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// streams are inputs that sketches must bear: by name, n values.
var streams = map[string]func(n int) []int64{
	"uniform": func(n int) []int64 {
		r := rand.New(rand.NewPCG(1, 2))
		return filled(n, func(int) int64 { return int64(r.Uint64()) })
	},
	"zipf": func(n int) []int64 {
		z := rand.NewZipf(rand.New(rand.NewPCG(3, 4)), 1.2, 1, 1<<20)
		return filled(n, func(int) int64 { return int64(z.Uint64()) })
	},
	"ascending":  func(n int) []int64 { return filled(n, func(i int) int64 { return int64(i) }) },
	"descending": func(n int) []int64 { return filled(n, func(i int) int64 { return int64(n - i) }) },
	"high bits":  func(n int) []int64 { return filled(n, func(i int) int64 { return int64(i) << 40 }) },
	"in and out": func(n int) []int64 {
		return filled(n, func(i int) int64 { return int64(i) * int64(1-2*(i%2)) })
	},
	"two values": func(n int) []int64 { return filled(n, func(i int) int64 { return int64(i % 2 * 1_000_000) }) },
}

func filled(n int, at func(i int) int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = at(i)
	}
	return out
}

func distinct(values []int64) int {
	s := slices.Clone(values)
	slices.Sort(s)
	return len(slices.Compact(s))
}

// rankError returns by how much the rank of value in sorted misses the wanted one, as a share of all.
func rankError[T int64 | float64](sorted []T, value T, quantile float64) float64 {
	low, _ := slices.BinarySearch(sorted, value)
	high := low
	for high < len(sorted) && sorted[high] == value {
		high++
	}
	n := float64(len(sorted))
	wanted := quantile * n
	return max(float64(low)-wanted, wanted-float64(high), 0) / n
}

var quantiles = []float64{0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1}

func TestHyperLogLogStaysWithinItsError(t *testing.T) {
	for name, stream := range streams {
		for _, n := range []int{10, 251, 1_000, 10_000, 60_000} {
			values := stream(n)
			want := float64(distinct(values))
			for _, buckets := range []int{1 << 11, 1 << 12, 1 << 16} {
				h := NewHyperLogLog(buckets)
				for _, x := range values {
					h.Add(HashInt(x))
				}
				limit := 3 * 1.04 / math.Sqrt(float64(buckets)) // three standard errors
				if got := float64(h.Cardinality()); math.Abs(got-want) > limit*want {
					t.Errorf("%s: %v different values count as %v with %d buckets", name, want, got, buckets)
				}
			}
		}
	}
}

// TestHyperLogLogDoesNotSeeOrder: however values are ordered and split, the bytes are the same.
func TestHyperLogLogDoesNotSeeOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 100, 251, 252, 300, 5_000, 30_000} {
		values := streams["uniform"](n)
		whole, digest := NewHyperLogLog(2_048), NewSetDigest()
		for _, x := range values {
			whole.Add(HashInt(x))
			digest.Add(HashInt(x))
		}
		for range 5 {
			r.Shuffle(n, func(i, j int) { values[i], values[j] = values[j], values[i] })
			parts := []*HyperLogLog{}
			sets := []*SetDigest{}
			for from := 0; from < n; {
				to := min(from+1+r.IntN(n), n)
				h, d := NewHyperLogLog(2_048), NewSetDigest()
				for _, x := range values[from:to] {
					h.Add(HashInt(x))
					d.Add(HashInt(x))
				}
				parts, sets = append(parts, h), append(sets, d)
				from = to
			}
			for len(parts) > 1 { // merge any two neighbours
				i := r.IntN(len(parts) - 1)
				if err := parts[i].Merge(parts[i+1]); err != nil {
					t.Fatal(err)
				}
				if err := sets[i].Merge(sets[i+1]); err != nil {
					t.Fatal(err)
				}
				parts, sets = slices.Delete(parts, i+1, i+2), slices.Delete(sets, i+1, i+2)
			}
			if !bytes.Equal(parts[0].Append(nil), whole.Append(nil)) {
				t.Errorf("a HyperLogLog of %d values depends on their order", n)
			}
			if !bytes.Equal(sets[0].Append(nil), digest.Append(nil)) {
				t.Errorf("a SetDigest of %d values depends on their order", n)
			}
		}
	}
}

// parted adds values to several sketches and merges them pairwise, from the front, from the back,
// or as a tree: merging is associative, up to the error.
func parted[S any](values []int64, parts int, way string, empty func() S, add func(S, int64), merge func(a, b S)) S {
	all := make([]S, parts)
	for i := range all {
		all[i] = empty()
		for _, x := range values[i*len(values)/parts : (i+1)*len(values)/parts] {
			add(all[i], x)
		}
	}
	for len(all) > 1 {
		last := len(all) - 1
		switch way {
		case "from the front":
			merge(all[0], all[1])
			all = slices.Delete(all, 1, 2)
		case "from the back":
			merge(all[last-1], all[last])
			all = all[:last]
		default:
			for i := 0; i+1 < len(all); i++ {
				merge(all[i], all[i+1])
				all = slices.Delete(all, i+1, i+2)
			}
		}
	}
	return all[0]
}

var ways = []string{"from the front", "from the back", "as a tree"}

func TestQuantileDigestStaysWithinItsError(t *testing.T) {
	for name, stream := range streams {
		for _, n := range []int{1, 10, 5_000} {
			values := stream(n)
			sorted := slices.Clone(values)
			slices.Sort(sorted)
			for _, accuracy := range []float64{0.01, 0.001} {
				for _, parts := range []int{1, 7} {
					for _, way := range ways {
						d := parted(values, parts, way, func() *QuantileDigest { return NewQuantileDigest(accuracy) },
							func(d *QuantileDigest, x int64) { d.Add(x, 1) }, (*QuantileDigest).Merge)
						read, err := ReadQuantileDigest(string(d.Append(nil)))
						if err != nil {
							t.Fatal(err)
						}
						for _, q := range quantiles {
							for _, d := range []*QuantileDigest{d, read} {
								got, err := d.ValueAt(q)
								if e := rankError(sorted, got, q); err != nil || e > accuracy {
									t.Errorf("%s, %d values in %d parts %s: quantile %v is %d, off by %v: %v", name, n, parts, way, q, got, e, err)
								}
							}
						}
						if got := d.Count(); math.Abs(got-float64(n)) > 1e-6 {
							t.Errorf("%s: %d values weigh %v", name, n, got)
						}
					}
				}
			}
		}
	}
}

func TestTDigestStaysWithinItsError(t *testing.T) {
	for name, stream := range streams {
		for _, n := range []int{1, 10, 1_000, 20_000} {
			values := stream(n)
			sorted := make([]float64, n)
			for i, x := range values {
				sorted[i] = float64(x)
			}
			slices.Sort(sorted)
			for _, parts := range []int{1, 7, 50} {
				if parts > n {
					continue
				}
				for _, way := range ways {
					d := parted(values, parts, way, NewTDigest, func(d *TDigest, x int64) { d.Add(float64(x), 1) }, (*TDigest).Merge)
					read, err := ReadTDigest(string(d.Append(nil)))
					if err != nil {
						t.Fatal(err)
					}
					for _, d := range []*TDigest{d, read} {
						got, err := d.ValuesAt(quantiles)
						if err != nil {
							t.Fatal(err)
						}
						for i, q := range quantiles {
							limit := 0.002 + 0.02*q*(1-q) + 1/float64(n) // finest at both ends
							if parts > 1 {
								limit += 0.1 * q * (1 - q) // merging coarse digests is coarser
							}
							if name == "two values" || name == "zipf" {
								limit += 1 // between two heavy values anything may be interpolated
							}
							if e := rankError(sorted, got[i], q); e > limit {
								t.Errorf("%s, %d values in %d parts %s: quantile %v is %v, off by %v", name, n, parts, way, q, got[i], e)
							}
							if got[i] < sorted[0] || got[i] > sorted[n-1] || i > 0 && got[i] < got[i-1] {
								t.Errorf("%s, %d values: quantiles are %v", name, n, got)
							}
						}
					}
					if len(d.centroids) > 3*d.maxCentroids() {
						t.Errorf("%s: %d centroids", name, len(d.centroids))
					}
				}
			}
		}
	}
}

func TestFrequentStaysWithinItsError(t *testing.T) {
	const capacity = 100
	for name, stream := range streams {
		values := stream(20_000)
		counts := map[int64]int64{}
		for _, x := range values {
			counts[x]++
		}
		for _, parts := range []int{1, 5} {
			for _, way := range ways {
				f := parted(values, parts, way, func() *Frequent[int64] { return NewFrequent[int64](capacity) },
					func(f *Frequent[int64], x int64) { f.Add(x, 1) },
					func(a, b *Frequent[int64]) { b.Top(capacity, func(x, n int64) { a.Add(x, n) }) })
				limit := int64(parts * len(values) / capacity)
				seen := map[int64]bool{}
				last := int64(math.MaxInt64)
				f.Top(capacity, func(x, n int64) {
					seen[x] = true
					if n > last || parts == 1 && n < counts[x] || n > counts[x]+limit || n < counts[x]-limit {
						t.Errorf("%s in %d parts %s: %d counts %d times, not %d", name, parts, way, x, n, counts[x])
					}
					last = n
				})
				for x, n := range counts {
					if n > limit && !seen[x] {
						t.Errorf("%s in %d parts %s: %d is missing, which occurs %d times", name, parts, way, x, n)
					}
				}
			}
		}
	}
}

func TestSetDigestEstimates(t *testing.T) {
	make := func(from, to int64) *SetDigest {
		d := NewSetDigest()
		for x := from; x < to; x++ {
			d.Add(HashInt(x))
			d.Add(HashInt(x))
		}
		return d
	}
	for _, c := range []struct{ a, b, c, d int64 }{{0, 100, 50, 150}, {0, 50_000, 25_000, 75_000}, {0, 100_000, 0, 1_000}, {0, 8_192, 0, 8_193}, {0, 10, 20, 30}} {
		a, b := make(c.a, c.b), make(c.c, c.d)
		common := max(0, min(c.b, c.d)-max(c.a, c.c))
		union := c.b - c.a + c.d - c.c - common
		got, err := a.Intersection(b)
		if err != nil || math.Abs(float64(got-common)) > 0.05*float64(union) {
			t.Errorf("%+v have %d in common, not %d: %v", c, common, got, err)
		}
		if got, want := a.Jaccard(b), float64(common)/float64(union); math.Abs(got-want) > 0.05 {
			t.Errorf("%+v: the Jaccard index is %v, not %v", c, got, want)
		}
	}
	_, counts := make(0, 3).Hashes()
	if !slices.Equal(counts, []int16{2, 2, 2}) {
		t.Errorf("hashes came %v times", counts)
	}
	if !math.IsNaN(NewSetDigest().Jaccard(NewSetDigest())) {
		t.Error("empty sets have something in common")
	}
}

// TestBytesAreTrinos compares with what Trino 435 gives for the same values.
func TestBytesAreTrinos(t *testing.T) {
	sum := func(b []byte) string { return fmt.Sprintf("%X", md5.Sum(b)) }
	hll := func(n int64) *HyperLogLog {
		h := NewHyperLogLog(4_096)
		for x := int64(1); x <= n; x++ {
			h.Add(HashInt(x))
		}
		return h
	}
	q := NewQuantileDigest(0.01)
	tight := NewQuantileDigest(0.001)
	for x := int64(1); x <= 10_000; x++ {
		q.Add(x, 1)
		tight.Add(x*7919%10007, float64(x))
	}
	// Trino has written and read the digest once more in between, by which nodes
	// without children lose a level.
	twice, err := ReadQuantileDigest(string(q.Append(nil)))
	if err != nil {
		t.Fatal(err)
	}
	d := NewTDigest()
	for x := int64(1); x <= 3_000; x++ {
		d.Add(float64(x*7919%10007), 1)
	}
	for _, c := range []struct {
		what, got, want string
	}{
		{"a sparse HyperLogLog", sum(hll(400).Append(nil)), "D4AE385413DFB756F33258530FA98C15"},
		{"a dense HyperLogLog", sum(hll(9_000).Append(nil)), "FF7C27509A2321E34947C3D6B95A219C"},
		{"a qdigest", sum(twice.Append(nil)), "E7F77456EF37792C4EC88B84B1BC20DA"},
		{"a qdigest of weights", sum(tight.Append(nil)), "497661C10D57D48AFFFA29EA8F4D16C2"},
		{"a tdigest", sum(d.Append(nil)), "DDF0F705EDFCA8862BFFE66692F3C432"},
	} {
		if c.got != c.want {
			t.Errorf("%s has the sum %s, not %s", c.what, c.got, c.want)
		}
	}
	for n, want := range map[int64]int64{511: 511, 512: 501, 10_000: 9_905} {
		if got := hll(n).Cardinality(); got != want {
			t.Errorf("%d values count as %d, in Trino as %d", n, got, want)
		}
	}
	if got := Hash("abc"); got != 0xb4963f3f3fad7867 {
		t.Errorf("abc has the hash %x", got)
	}
}

// TestDamagedBytes: bytes that are no sketch give an error, or one that can be asked.
func TestDamagedBytes(t *testing.T) {
	h, s, q, d := NewHyperLogLog(64), NewSetDigest(), NewQuantileDigest(0.1), NewTDigest()
	sparse := NewHyperLogLog(64)
	sparse.Add(HashInt(1))
	for x := int64(0); x < 300; x++ {
		h.Add(HashInt(x))
		q.Add(x*x, 1)
		d.Add(float64(x*x), 1)
		if x < 20 {
			s.Add(HashInt(x))
		}
	}
	use := func(text string) {
		if h, err := ReadHyperLogLog(text); err == nil {
			h.Cardinality()
			_ = h.Merge(sparse)
			h.Append(nil)
		}
		if s, err := ReadSetDigest(text); err == nil {
			s.Cardinality()
			_, _ = s.Intersection(NewSetDigest())
			s.Append(nil)
		}
		if q, err := ReadQuantileDigest(text); err == nil {
			_, _ = q.ValueAt(0.5)
			q.QuantileOf(5)
			q.Add(3, 1)
			q.Merge(q.Clone())
			q.Append(nil)
		}
		if d, err := ReadTDigest(text); err == nil {
			_, _ = d.ValuesAt(quantiles)
			d.Merge(d.Clone())
			d.Append(nil)
		}
	}
	r := rand.New(rand.NewPCG(7, 8))
	for _, whole := range [][]byte{h.Append(nil), sparse.Append(nil), s.Append(nil), q.Append(nil), d.Append(nil)} {
		for n := range whole {
			use(string(whole[:n]))
		}
		for range 500 {
			b := slices.Clone(whole)
			for range 1 + r.IntN(3) {
				b[r.IntN(len(b))] ^= 1 << r.IntN(8)
			}
			use(string(b))
		}
		use(string(append(slices.Clone(whole), 0)))
	}
}

func BenchmarkAdd(b *testing.B) {
	values := streams["uniform"](1 << 16)
	run := func(name string, add func(x int64)) {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				add(values[i&(1<<16-1)])
			}
		})
	}
	h, s, q, d, f := NewHyperLogLog(2_048), NewSetDigest(), NewQuantileDigest(0.01), NewTDigest(), NewFrequent[int64](1_000)
	run("HyperLogLog", func(x int64) { h.Add(HashInt(x)) })
	run("SetDigest", func(x int64) { s.Add(HashInt(x)) })
	run("QuantileDigest", func(x int64) { q.Add(x, 1) })
	run("TDigest", func(x int64) { d.Add(float64(x), 1) })
	run("Frequent", func(x int64) { f.Add(x, 1) })
}
