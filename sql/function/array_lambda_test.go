package function

import "testing"

func TestLambdasAndMaps(t *testing.T) {
	check(t, `
		transform(ARRAY[1, NULL, 2], x -> x + 1) → [2, null, 3]
		filter(ARRAY[1, NULL, 3], x -> x > 1) → [3]
		any_match(ARRAY[1, NULL], x -> x > 1) → null
		any_match(ARRAY[1, 2], x -> x > 1) → true
		all_match(ARRAY[1, NULL], x -> x > 1) → false
		none_match(ARRAY[1, 1], x -> x > 1) → true
		map_keys(map(ARRAY['a', 'b'], ARRAY[1, 2])) → [a, b]
		map_values(map(ARRAY['a', 'b'], ARRAY[1, 2])) → [1, 2]
		element_at(map(ARRAY['a', 'b'], ARRAY[1, 2]), 'b') → 2
		element_at(map(ARRAY['a', 'b'], ARRAY[1, 2]), 'c') → null
		map(ARRAY['a', 'a'], ARRAY[1, 2]) ✗ Duplicate map keys (a) are not allowed
		map(ARRAY['a'], ARRAY[1, 2]) ✗ Key and value arrays must be the same length
	`)
}
