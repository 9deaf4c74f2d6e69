package sql

import "strings"

// maxSuggestRunes bounds the names that Suggest compares; its cost is their product.
const maxSuggestRunes = 64

// Suggest returns the candidate that name most likely meant, or "" if none is
// near. Case does not count, neither in distance nor for equality; a candidate
// that differs from name in case only is the nearest. Of equally near candidates
// the first in alphabetical order wins, so the answer does not depend on the order
// of candidates.
//
// Distance counts inserted, deleted, changed and swapped neighbouring characters
// (Damerau-Levenshtein). Near means at most one for names up to four characters,
// two up to eight, three beyond, and always less than half of the name.
func Suggest(name string, candidates []string) string {
	n := []rune(strings.ToLower(name))
	if len(n) == 0 || len(n) > maxSuggestRunes {
		return ""
	}
	limit := 3
	switch {
	case len(n) <= 4:
		limit = 1
	case len(n) <= 8:
		limit = 2
	}
	limit = min(limit, (len(n)-1)/2)

	best, bestDistance := "", limit+1
	for _, c := range candidates {
		if c == name {
			continue
		}
		r := []rune(strings.ToLower(c))
		if len(r) == 0 || len(r) > maxSuggestRunes || len(r) > len(n)+limit || len(n) > len(r)+limit {
			continue
		}
		d := distance(n, r)
		if d < bestDistance || d == bestDistance && d <= limit && c < best {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the restricted Damerau-Levenshtein distance: no part is edited twice.
func distance(a, b []rune) int {
	var rows [3][maxSuggestRunes + 1]int
	before, last, next := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(next[j-1]+1, last[j]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, before[j-2]+1)
			}
			next[j] = d
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}
