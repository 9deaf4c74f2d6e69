package sketch

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSortCentroids(t *testing.T) {
	const seed = 11
	r := rand.New(rand.NewPCG(seed, seed))
	for round := range 400 {
		var all []centroid
		for range r.IntN(6) { // parts: in order or not, values or not
			part := make([]centroid, r.IntN(120))
			for i := range part {
				part[i] = centroid{float64(r.IntN(40) - 20), 1}
				if round%2 == 0 {
					part[i].mean += r.Float64()
				}
				if part[i].mean == 0 && r.IntN(2) == 0 {
					part[i].mean = math.Copysign(0, -1)
				}
				if round%3 == 0 || r.IntN(50) == 0 {
					part[i].weight = float64(1 + r.IntN(3))
				}
			}
			if r.IntN(3) > 0 {
				slices.SortStableFunc(part, func(a, b centroid) int { return cmp.Compare(a.mean, b.mean) })
			}
			all = append(all, part...)
		}
		want := slices.Clone(all)
		slices.SortStableFunc(want, func(a, b centroid) int { return cmp.Compare(a.mean, b.mean) })
		sortCentroids(all)
		for i, c := range all {
			if c != want[i] || math.Signbit(c.mean) != math.Signbit(want[i].mean) {
				t.Fatalf("seed %d, round %d: centroid %d is %v, not %v", seed, round, i, c, want[i])
			}
		}
	}
}

// A digest orders its centroids as a stable sort does, however many of them the last join has left in order.
func TestOrderOfCentroids(t *testing.T) {
	const seed = 12
	r := rand.New(rand.NewPCG(seed, seed))
	byMean := func(a, b centroid) int { return cmp.Compare(a.mean, b.mean) }
	for round := range 200 {
		d := NewTDigest()
		for range r.IntN(60) {
			d.centroids = append(d.centroids, centroid{float64(r.IntN(20) - 10), float64(1 + r.IntN(3))})
		}
		slices.SortStableFunc(d.centroids, byMean)
		d.inOrder = len(d.centroids)
		for range r.IntN(60) {
			c := centroid{float64(r.IntN(20) - 10), 1}
			if round%3 == 0 {
				c.weight += float64(r.IntN(2))
			}
			d.centroids = append(d.centroids, c)
		}
		want := slices.Clone(d.centroids)
		slices.SortStableFunc(want, byMean)
		if d.order(); !slices.Equal(d.centroids, want) {
			t.Fatalf("seed %d, round %d: %v, not %v", seed, round, d.centroids, want)
		}
	}
}

// What is merged into a digest stays as it is: it may be merged into another one, too.
func TestMergeLeavesTheOtherDigestAlone(t *testing.T) {
	d, o := NewTDigest(), NewTDigest()
	for i := range d.maxCentroids() {
		d.Add(float64(i), 1)
		o.Add(float64(-i), 1)
	}
	before := *o.Clone()
	for range 3 {
		d.Merge(o)
	}
	if !slices.Equal(o.centroids, before.centroids) || o.joined != before.joined || o.inOrder != before.inOrder || o.backwards != before.backwards {
		t.Errorf("%d centroids, not %d", len(o.centroids), len(before.centroids))
	}
}

func BenchmarkSortCentroids(b *testing.B) {
	const seed, digests, each = 3, 6, 200
	r := rand.New(rand.NewPCG(seed, seed))
	var all []centroid
	for range digests {
		part := make([]centroid, each)
		for i := range part {
			part[i] = centroid{1.7e9 + r.Float64()*1e6, float64(1 + r.IntN(9))}
		}
		slices.SortFunc(part, func(a, b centroid) int { return cmp.Compare(a.mean, b.mean) })
		all = append(all, part...)
	}
	for name, sort := range map[string]func([]centroid){"runs": sortCentroids, "stable": func(c []centroid) {
		slices.SortStableFunc(c, func(a, b centroid) int { return cmp.Compare(a.mean, b.mean) })
	}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				sort(slices.Clone(all))
			}
		})
	}
}
