package function

import "testing"

func TestStrings(t *testing.T) {
	check(t, `
		length('häß') → 3 :: bigint
		length(char 'ab ') → 3
		length(X'0001') → 2
		length(NULL) → null :: bigint
		lower('ÄB') → äb :: varchar(2)
		substr('CloudTrail', 6) → Trail
		substr('CloudTrail', 6, 2) → Tr
		substr('CloudTrail', -5) → Trail
		substr('CloudTrail', -5, 2) → Tr
		substr('abc', 0) → 
		substr('abc', 4) → 
		substr('abc', -4) → 
		substr('aäc', 2, 1) → ä
		substring('abc' FROM 2 FOR 1) → b
		substr(X'010203', 2) → 02 03
		strpos('äbcb', 'b') → 2
		strpos('abcb', 'b', 2) → 4
		strpos('abcb', 'b', -1) → 4
		strpos('abcb', 'b', 3) → 0
		strpos('abc', '') → 1
		strpos('abc', 'b', 0) ✗ 'instance' must be a positive or negative number.
		position('b' IN 'abc') → 2
		replace('abc', '', '-') → -a-b-c-
		replace('"x"', '"') → x :: varchar(3)
		reverse('aäc') → cäa
		reverse(ARRAY[1, NULL, 3]) → [3, null, 1]
		trim('  a  ') → a
		trim(BOTH 'xy' FROM 'xyaxy') → a
		ltrim('xxa', 'x') → a
		rtrim('axx', 'x') → a
		lpad('7', 3, '0') → 007
		lpad('abcd', 2, '0') → ab
		lpad('x', 6, 'äb') → äbäbäx
		rpad('x', 4, 'ab') → xaba
		lpad('x', -1, 'a') ✗ Target length must be in the range [0..2147483647]
		lpad('x', 3, '') ✗ Padding string must not be empty
		split('a,b,c', ',') → [a, b, c] :: array(varchar(5))
		split('a,b,c', ',', 2) → [a, b,c]
		split('', ',') → []
		cardinality_of_nothing(1) ✗ Function 'cardinality_of_nothing' not registered
		split('a', '') ✗ The delimiter may not be the empty string
		split('a', ',', 0) ✗ Limit must be positive
		split_part('a,b', ',', 2) → b
		split_part('a,b', ',', 3) → null
		split_part('abc', '', 2) → b
		split_part('a,b', ',', 0) ✗ Index must be greater than zero
		split_to_map('a=1,b=2', ',', '=') → {a=1, b=2}
		split_to_map('a', ',', '=') ✗ Key-value delimiter must appear exactly once in each entry. Bad input: 'a'
		split_to_multimap('a=1,a=2', ',', '=') → {a=[1, 2]}
		starts_with('abc', 'ab') → true
		chr(228) → ä
		chr(-1) ✗ Not a valid Unicode code point: -1
		codepoint('ä') → 228 :: integer
		codepoint('') ✗ Input string must be a single character string
		translate('abcd', 'abc', 'xy') → xyd
		levenshtein_distance('kitten', 'sitting') → 3
		hamming_distance('a', 'ab') ✗ The input strings to hamming_distance function must have the same length
		normalize('abc') → abc
		normalize('ﬁ', NFKC) → fi
		to_utf8('ä') → c3 a4
		from_utf8(X'61ff62') → a`+"\uFFFD"+`b
		from_utf8(X'61ff62', '?') → a?b
		concat('a', 'b', 'c') → abc :: varchar
		'a' || NULL → null :: varchar
		NULL || 'a' → null :: varchar
		'a' || 1 ✗ Unexpected parameters (varchar(1), integer) for function concat. Expected: concat(E, array(E)) E, concat(array(E)) E, concat(array(E), E) E, concat(char(x), char(y)), concat(varbinary), concat(varchar)
		ARRAY[1] || ARRAY[bigint '2'] → [1, 2] :: array(bigint)
		ARRAY[1] || 2 → [1, 2]
		0 || ARRAY[1] → [0, 1]
		ARRAY[1] || NULL → null :: array(integer)
		concat_ws(',', 'a', NULL, 'b') → a,b
		concat_ws(',', ARRAY['a', NULL, 'b']) → a,b
		concat_ws(NULL, 'a') → null
		length(1, 2) ✗ Unexpected parameters (integer, integer) for function length. Expected: length(char(x)), length(varbinary), length(varchar(x))
		soundex('Robert') → R163
		luhn_check('79927398713') → true
	`)
}

func TestRegexp(t *testing.T) {
	check(t, `
		regexp_like('1a 2b 14m', '\d+b') → true
		regexp_like('abc', 'x') → false
		regexp_like('abc', '') → true
		regexp_like('abc', '(') ✗ end pattern with unmatched parenthesis
		regexp_like('aXb', '\p{Upper}') → true
		regexp_like('ab', '[\p{Alpha}]{2}') → true
		regexp_like('foobar', 'foo(?=bar)') → true
		regexp_like('foobaz', 'foo(?!baz)') → false
		regexp_like('abab', '(ab)\1') → true
		regexp_like('aaa', 'a++a') → false
		regexp_extract('xabab', '(?:ab)++') → abab
		regexp_extract('ab]', '[^]a]+') → b
		regexp_like('ab', '[a-z&&[b]]') → true
		regexp_like('A', '\x41\u0041?\101?') → true
		regexp_like('é', '\p{L}') → true
		regexp_like('a b', '(?x) a \s b (?=$)') → true
		regexp_like('i-0123456789abcdef0', '^i-[0-9a-f]{8,17}$') → true
		regexp_like('a.b', '\Qa.b\E') → true
		regexp_like('xhy', 'x\hy') → true
		regexp_like('ABC', '(?i)abc') → true
		regexp_extract('1a 2b 14m', '\d+') → 1
		regexp_extract('1a 2b 14m', '(\d+)([a-z]+)', 2) → a
		regexp_extract('abc', '(x)?b', 1) → null
		regexp_extract('abc', 'x') → null
		regexp_extract('abc', 'b', 1) ✗ Pattern has 0 groups. Cannot access group 1
		regexp_extract('abc', 'b', -1) ✗ Group cannot be negative
		regexp_extract_all('1a 2b 14m', '\d+') → [1, 2, 14]
		regexp_extract_all('1a 2b 14m', '(\d+)([a-z]+)', 2) → [a, b, m]
		regexp_extract_all('äöü', '(?<=ä).') → [ö]
		regexp_replace('1a 2b 14m', '\d+[ab] ') → 14m
		regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 ') → 3ca 3cb 14m
		regexp_replace('abc', '(?<x>b)', '<${x}>') → a<b>c
		regexp_replace('abc', 'b', '\$') → a$c
		regexp_replace('abc', 'b', '$1') ✗ Illegal replacement sequence: unknown group 1
		regexp_replace('abc', 'b', '${y}') ✗ Illegal replacement sequence: unknown group { y }
		regexp_replace('new york', '(\w)(\w*)', x -> upper(x[1]) || lower(x[2])) → New York
		regexp_split('1a 2b 14m', '\s*[a-z]+\s*') → [1, 2, 14, ]
		regexp_count('1a 2b 14m', '\s*[a-z]+\s*') → 3
		regexp_position('I have 23 apples, 5 pears and 13 oranges', '\b\d+\b') → 8
		regexp_position('I have 23 apples, 5 pears and 13 oranges', '\b\d+\b', 5) → 8
		regexp_position('I have 23 apples, 5 pears and 13 oranges', '\b\d+\b', 12) → 19
		regexp_position('I have 23 apples, 5 pears and 13 oranges', '\b\d+\b', 12, 2) → 31
		regexp_position('abc', 'x') → -1 :: integer
	`)
}

func TestJSON(t *testing.T) {
	check(t, `
		json_extract('{"a": {"b": [1, 2.50]}}', '$.a.b') → [1,2.5] :: json
		json_extract('{"b": 1, "a" : {"d": 1, "c":null}}', '$') → {"b":1,"a":{"d":1,"c":null}}
		json_extract('{"a": null}', '$.a') → null
		json_extract('{"a": 1}', '$.b') → null
		json_extract('{"a:B-c_d": 1}', '$.a:B-c_d') → 1
		json_extract('{"a b": 1}', '$["a b"]') → 1
		json_extract('[[1, 2], 3]', '$[0][1]') → 2
		json_extract('{"a" : 1', '$.a') → 1
		json_extract('no json', '$.a') → null
		json_extract('{"a": 1}', 'a') ✗ Invalid JSON path: 'a'
		json_extract('{"a": 1}', '$.') ✗ Invalid JSON path: '$.'
		json_extract('{"a": 1}', '$.*') ✗ Invalid JSON path: '$.*'
		json_extract_scalar('{"a": "x\ny\u00e4"}', '$.a') → x`+"\\n"+`yä
		json_extract_scalar('{"a": 1.50}', '$.a') → 1.50 :: varchar(11)
		json_extract_scalar('{"a": true}', '$.a') → true
		json_extract_scalar('{"a": null}', '$.a') → null
		json_extract_scalar('{"a": [1]}', '$.a') → null
		json_extract_scalar(JSON '[1, 2]', '$[1]') → 2
		json_size('{"x": {"a": 1, "b": 2}}', '$.x') → 2
		json_size('{"x": [1, 2, 3]}', '$.x') → 3
		json_size('{"x": {"a": 1, "b": 2}}', '$.x.a') → 0
		json_array_length('[1, [2, 3]]') → 2
		json_array_length('{}') → null
		json_array_get('["a", [3, 9], "c"]', 0) → a
		json_array_get('["a", [3, 9], "c"]', 1) → [3,9]
		json_array_get('["c", "b", "a"]', -1) → a
		json_array_get('["c"]', 5) → null
		json_array_get('[null]', 0) → null
		json_array_contains('[1, 2.0, "3", true]', 1) → true
		json_array_contains('[1, 2.0, "3", true]', 2) → false
		json_array_contains('[1, 2.0, "3", true]', 2e0) → true
		json_array_contains('[1, 2.0, "3", true]', '3') → true
		json_array_contains('[1, 2.0, "3", true]', true) → true
		json_array_contains('{}', 1) → null
		json_parse('{"b": 1, "a": {"z": 1, "y": [1e2]}, "b": 2}') → {"a":{"y":[1E+2],"z":1},"b":2}
		json_parse('{') ✗ Cannot convert value to JSON: '{'
		json_parse('[1] x') ✗ Cannot convert value to JSON: '[1] x'
		json_parse('01') ✗ Cannot convert value to JSON: '01'
		json_format(json_parse('"a\/b"')) → "a/b"
		is_json_scalar('1') → true
		is_json_scalar('[1]') → false
		is_json_scalar('x') ✗ Invalid JSON value: x
	`)
}
