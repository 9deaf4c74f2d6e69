package function

import (
	"math"

	"github.com/ctlake/ctlake/storage/vector"
)

// Distances of vectors that are written as arrays of numbers, or, where most
// numbers are zero, as maps from a name to a number.

// products are the sums that all of these functions are made of.
type products struct {
	first, second float64 // of each vector with itself
	both          float64 // of one with the other
	apart         float64 // of the difference with itself
}

// overArrays is the overload of two arrays of one length; NULL where an element is.
func overArrays(f func(p products) (float64, error)) Overload {
	return Overload{Params: "array(double),array(double)", Result: "double", New: always(func(c *Call) (vector.Vector, error) {
		a, b := vector.SpansOf(c.Args[0]), vector.SpansOf(c.Args[1])
		xs, ys := vector.ViewOf[float64](a.Values), vector.ViewOf[float64](b.Values)
		return eachOrNull(c, func(i int) (r float64, ok bool, err error) {
			from, to := a.Span(i)
			other, end := b.Span(i)
			if to-from != end-other {
				return 0, false, invalid("The arguments must have the same length")
			}
			var p products
			for j := from; j < to; j++ {
				k := other + j - from
				if xs.Nulls.Has(j) || ys.Nulls.Has(k) {
					return 0, false, nil
				}
				x, y := xs.Get(j), ys.Get(k)
				p.first += x * x
				p.second += y * y
				p.both += x * y
				p.apart += (x - y) * (x - y)
			}
			r, err = f(p)
			return r, true, err
		})
	})}
}

// overMaps is the overload of two maps: what has no entry counts as zero. NULL where a value is.
func overMaps(f func(p products) float64) Overload {
	return Overload{Params: "map(varchar,double),map(varchar,double)", Result: "double", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		a, b := vector.SpansOf(c.Args[0]), vector.SpansOf(c.Args[1])
		xs, ys := vector.ViewOf[float64](a.Values), vector.ViewOf[float64](b.Values)
		names, others := vector.ViewOf[string](a.Keys), vector.ViewOf[string](b.Keys)
		places := map[string]int{} // of the second map's entries, row by row
		return eachOrNull(c, func(i int) (float64, bool, error) {
			var p products
			clear(places)
			from, to := b.Span(i)
			for j := from; j < to; j++ {
				if ys.Nulls.Has(j) {
					return 0, false, nil
				}
				places[others.Get(j)] = j
				p.second += ys.Get(j) * ys.Get(j)
			}
			from, to = a.Span(i)
			for j := from; j < to; j++ {
				if xs.Nulls.Has(j) {
					return 0, false, nil
				}
				x := xs.Get(j)
				p.first += x * x
				if k, ok := places[names.Get(j)]; ok {
					p.both += x * ys.Get(k)
				}
			}
			return f(p), true, nil
		})
	})}
}

func (p products) cosine() float64 { return p.both / (math.Sqrt(p.first) * math.Sqrt(p.second)) }

// cosineOfArrays refuses vectors without a direction. It takes one root of the product, as Trino does, which is exact for equal vectors.
func cosineOfArrays(p products) (float64, error) {
	if p.first == 0 || p.second == 0 {
		return 0, invalid("Vector magnitude cannot be zero")
	}
	return p.both / math.Sqrt(p.first*p.second), nil
}

var (
	_ = scalar("mathematical", "cosine_similarity", "Returns the cosine of the angle between two vectors", "cosine_similarity(ARRAY[1, 0], ARRAY[3, 0])", "1.0",
		overArrays(cosineOfArrays), overMaps(products.cosine))
	_ = scalar("mathematical", "cosine_distance", "Returns 1 less the cosine of the angle between two vectors", "cosine_distance(ARRAY[1, 0], ARRAY[3, 0])", "0.0",
		overArrays(func(p products) (float64, error) {
			cosine, err := cosineOfArrays(p)
			return 1 - cosine, err
		}),
		overMaps(func(p products) float64 { return 1 - p.cosine() }))
	_ = scalar("mathematical", "dot_product", "Returns the sum of the products of the elements of two vectors", "dot_product(ARRAY[1, 2], ARRAY[3, 4])", "11.0",
		overArrays(func(p products) (float64, error) { return p.both, nil }))
	_ = scalar("mathematical", "euclidean_distance", "Returns the length of the difference of two vectors", "euclidean_distance(ARRAY[0, 0], ARRAY[3, 4])", "5.0",
		overArrays(func(p products) (float64, error) { return math.Sqrt(p.apart), nil }))
)
