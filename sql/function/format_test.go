package function

import "testing"

func TestFormat(t *testing.T) {
	check(t, `
		format('%s%%', 123) → 123%
		format('%.5f', pi()) → 3.14159
		format('%03d', 8) → 008
		format('%,.2f', 1234567.89) → 1,234,567.89
		format('%-7s,%7s', 'hello', 'world') → hello  ,  world
		format('%2$s %3$s %1$s', 'a', 'b', 'c') → b c a
		format('%x', 255) → ff
		format('%+d', 5) → +5
		format('%(d', -5) → (5)
		format('%08.3f', -1.5) → -001.500
		format('%e', 12345.678e0) → 1.234568e+04
		format('%b', true) → true
		format('%s', NULL) → null
		format('%S', 'abc') → ABC
		format_number(123456) → 123K
		format_number(1000000) → 1M
	`)
}
