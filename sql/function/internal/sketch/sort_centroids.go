package sketch

import "slices"

// minRun is how many centroids in a row are in order by themselves before they count as a run, if values follow that can be
// sorted as numbers.
const minRun = 24

// sortCentroids sorts centroids by their means, those of one mean as they came. They are those of some digests mostly,
// one after the other: runs that are in order, and values that came since. So runs are found, or made of values, and merged:
//
//	2 5 5 9 │ 1 6 7 │ 4 8 3   ─►   2 5 5 9 │ 1 6 7 │ 3 4 8   ─►   1 2 5 5 6 7 9 │ 3 4 8   ─►   1 2 3 4 5 5 6 7 8 9
func sortCentroids(all []centroid) {
	ends := runsOf(all)
	if len(ends) < 2 {
		return
	}
	other := make([]centroid, len(all))
	from, to := all, other
	for len(ends) > 1 {
		merged, start := ends[:0], 0
		for r := 0; r < len(ends); r += 2 {
			middle, end := ends[r], ends[min(r+1, len(ends)-1)]
			mergeCentroids(to[start:end], from[start:middle], from[middle:end])
			merged, start = append(merged, end), end
		}
		ends = merged
		from, to = to, from
	}
	if &from[0] != &all[0] {
		copy(all, from)
	}
}

// runsOf puts centroids into runs that are in order, and returns where each ends.
func runsOf(all []centroid) []int {
	var ends []int
	var values []float64
	for i := 0; i < len(all); {
		end := i + 1
		for end < len(all) && all[end].mean >= all[end-1].mean {
			end++
		}
		if end < len(all) && end-i < minRun && isValue(all[i]) {
			values = values[:0]
			for end = i; end < len(all) && isValue(all[end]); end++ {
				values = append(values, all[end].mean)
			}
			sortDoubles(values)
			for k, x := range values {
				all[i+k] = centroid{x, 1}
			}
		}
		ends = append(ends, end)
		i = end
	}
	return ends
}

// isValue reports whether c cannot be told apart from others with its mean, as 0 and -0 could.
func isValue(c centroid) bool { return c.weight == 1 && c.mean != 0 }

// mergeCentroids merges a and b, which are in order, into out; of equal ones those of a come first.
func mergeCentroids(out, a, b []centroid) {
	if len(a) == 0 || len(b) == 0 || a[len(a)-1].mean <= b[0].mean {
		copy(out[copy(out, a):], b)
		return
	}
	i, k := 0, 0
	for at := range out {
		if k == len(b) || i < len(a) && a[i].mean <= b[k].mean {
			out[at] = a[i]
			i++
		} else {
			out[at] = b[k]
			k++
		}
	}
}

// inOrder reports whether centroids are sorted by their means.
func inOrder(all []centroid) bool {
	return slices.IsSortedFunc(all, func(a, b centroid) int {
		switch {
		case a.mean < b.mean:
			return -1
		case a.mean > b.mean:
			return 1
		}
		return 0
	})
}
