package function

import "testing"

func TestArithmetic(t *testing.T) {
	check(t, `
		1 + 2 → 3 :: integer
		7 / 2 → 3 :: integer
		-7 / 2 → -3
		-7 % 3 → -1
		7 % 0 ✗ Division by zero
		7 / 0 ✗ Division by zero
		1e0 / 0 → Infinity
		NULL + 1 → null :: integer
		bigint '9223372036854775807' + 1 ✗ bigint addition overflow: 9223372036854775807 + 1
		2147483647 + 1 ✗ integer addition overflow: 2147483647 + 1
		-2147483648 - 1 ✗ integer subtraction overflow: -2147483648 - 1
		smallint '32767' * smallint '2' ✗ smallint multiplication overflow: 32767 * 2
		bigint '9223372036854775807' * 2 ✗ bigint multiplication overflow: 9223372036854775807 * 2
		bigint '-9223372036854775808' * -1 ✗ bigint multiplication overflow: -9223372036854775808 * -1
		-9223372036854775808 / -1 ✗ bigint division overflow: -9223372036854775808 / -1
		tinyint '100' + 1 → 101 :: integer
		1.5 + 1 → 2.5 :: decimal(12,1)
		1.50 * 2.25 → 3.3750 :: decimal(6,4)
		1.0 / 3.0 → 0.3 :: decimal(3,1)
		10 / 4.0 → 2.5 :: decimal(12,1)
		1.0 / 0.0 ✗ Division by zero
		5.5 % 2 → 1.5
		99999999999999999999999999999999999999. + 1 ✗ Decimal overflow
		1.5 + 1e0 → 2.5 :: double
		real '0.1' + real '0.2' → 0.3 :: real
		real '1.5' + 1 → 2.5 :: real
		-(bigint '-9223372036854775808') ✗ bigint negation overflow: -9223372036854775808
		-(1.5) → -1.5
		'a' + 1 ✗ Cannot apply operator: varchar(1) + integer
		-('a') ✗ Cannot negate varchar(1)
	`)
}

func TestTimeArithmetic(t *testing.T) {
	check(t, `
		date '2024-01-31' + interval '1' month → 2024-02-29
		date '2024-01-31' + interval '2' day → 2024-02-02 :: date
		interval '2' day + date '2024-01-31' → 2024-02-02
		date '2024-01-31' + interval '2' hour ✗ Cannot add hour, minutes or seconds to a date
		date '2024-01-31' - interval '1' hour ✗ Cannot subtract hour, minutes or seconds from a date
		date '2024-03-01' - date '2024-02-01' → 29 00:00:00.000
		timestamp '2024-01-31 10:00' + interval '1' month → 2024-02-29 10:00:00 :: timestamp(0)
		timestamp '2024-01-31 10:00:00' - interval '90' second → 2024-01-31 09:58:30.000 :: timestamp(3)
		timestamp '2024-01-31 10:00:00.1234567' + interval '1' day → 2024-02-01 10:00:00.1234567
		timestamp '2024-01-02 00:00:00' - timestamp '2024-01-01 12:00:00' → 0 12:00:00.000
		timestamp '2024-03-31 01:30:00 Europe/Berlin' + interval '1' hour → 2024-03-31 03:30:00.000 Europe/Berlin
		timestamp '2024-02-29 01:30:00 Europe/Berlin' + interval '1' month → 2024-03-29 01:30:00 Europe/Berlin
		time '23:30:00' + interval '1' hour → 00:30:00.000
		time '01:00:00' - time '00:30:00' → 0 00:30:00.000
		time '23:30:00+01:00' + interval '1' hour → 00:30:00.000+01:00
		interval '1' day * 2 → 2 00:00:00.000
		2.5e0 * interval '1' day → 2 12:00:00.000
		interval '1' year / 4 → 0-3
		interval '1' day / 0 ✗ Cannot divide by double 0.0
		interval '1' day + interval '1' month ✗ Cannot apply operator: interval day to second + interval year to month
		-(interval '1' day) → -1 00:00:00.000
		date '2024-01-01' + 1 ✗ Cannot apply operator: date + integer
	`)
}

func TestComparison(t *testing.T) {
	check(t, `
		1 = 1 → true
		1 = bigint '1' → true
		1 < 1.5 → true
		1e0 = 1 → true
		double 'NaN' = double 'NaN' → false
		double 'NaN' <> double 'NaN' → true
		double 'NaN' > 1 → false
		NULL = 1 → null
		NULL IS DISTINCT FROM NULL → false
		NULL IS DISTINCT FROM 1 → true
		double 'NaN' IS DISTINCT FROM double 'NaN' → false
		'a' < 'b' → true
		'Z' < 'a' → true
		char 'a ' = char 'a' → true
		true > false → true
		date '2024-01-01' < timestamp '2024-01-01 00:00:01' → true
		timestamp '2024-01-01 12:00:00 UTC' = timestamp '2024-01-01 13:00:00 Europe/Berlin' → true
		uuid '00000000-0000-0000-0000-000000000001' < uuid 'f0000000-0000-0000-0000-000000000000' → true
		ARRAY[1, 2] = ARRAY[1, 2] → true
		ARRAY[1, NULL] = ARRAY[1, 2] → null
		ARRAY[1, NULL] = ARRAY[2, 2] → false
		ARRAY[1, NULL] <> ARRAY[2, 2] → true
		ARRAY[1, 2] < ARRAY[1, 3] → true
		ARRAY[1, NULL] < ARRAY[1, 3] ✗ ARRAY comparison not supported for arrays with null elements
		ROW(1, 'a') = ROW(1, 'a') → true
		ROW(1, 'a') < ROW(1, 'b') → true
		'a' = 1 ✗ Cannot apply operator: varchar(1) = integer
		JSON '1' < JSON '2' ✗ Cannot apply operator: json < json
		NOT true → false
		NOT NULL → null
	`)
}

func TestLike(t *testing.T) {
	check(t, `
		'CreateUser' LIKE 'Create%' → true
		'CreateUser' LIKE '%User' → true
		'CreateUser' LIKE '%ate%' → true
		'CreateUser' LIKE 'CreateUser' → true
		'CreateUser' LIKE 'createuser' → false
		'CreateUser' LIKE 'C%t%r' → true
		'CreateUser' LIKE 'C%tt%r' → false
		'CreateUser' LIKE '_reate____' → true
		'CreateUser' LIKE '_reate___' → false
		'CreateUser' LIKE '%a_e_s%' → true
		'CreateUser' LIKE '' → false
		'' LIKE '' → true
		'' LIKE '%' → true
		'' LIKE '_' → false
		'ä' LIKE '_' → true
		'äb' LIKE '_b' → true
		'aab' LIKE '%ab' → true
		'abab' LIKE 'ab%ab' → true
		'aba' LIKE 'ab%ba' → false
		'a%b' LIKE 'a#%b' ESCAPE '#' → true
		'axb' LIKE 'a#%b' ESCAPE '#' → false
		'a#b' LIKE 'a##b' ESCAPE '#' → true
		'a' LIKE 'a#' ESCAPE '#' ✗ Escape character must be followed by '%', '_' or the escape character itself
		'a' LIKE 'a' ESCAPE 'ab' ✗ Escape string must be a single character
		char 'ab  ' LIKE 'ab' → false
		char 'ab  ' LIKE 'ab__' → true
		NULL LIKE 'a' → null
		'a' LIKE NULL → null
		1 LIKE 'a' ✗ Cannot apply operator: integer LIKE varchar(1)
	`)
}

func TestSubscript(t *testing.T) {
	check(t, `
		ARRAY['a', 'b'][2] → b
		ARRAY['a', NULL][2] → null
		ARRAY[1, 2][3] ✗ Array subscript must be less than or equal to array length: 3 > 2
		ARRAY[1, 2][0] ✗ SQL array indices start at 1
		ARRAY[1, 2][-1] ✗ Array subscript is negative: -1
		ARRAY[] → [] :: array(unknown)
		ARRAY[1, 2.5] → [1.0, 2.5]
		CAST(JSON '{"k":"v","e":null}' AS map(varchar,varchar))['k'] → v
		CAST(JSON '{"k":"v","e":null}' AS map(varchar,varchar))['e'] → null
		CAST(JSON '{"k":"v"}' AS map(varchar,varchar))['x'] ✗ Key not present in map: x
		CAST(JSON '{"1":"v"}' AS map(bigint,varchar))[1] → v
		1[2] ✗ Cannot use integer for subscript of integer
	`)
}
