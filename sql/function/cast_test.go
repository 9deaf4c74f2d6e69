package function

import "testing"

func TestCastNumbers(t *testing.T) {
	check(t, `
		CAST('1' AS bigint) → 1 :: bigint
		CAST(' -12 ' AS integer) → -12
		CAST('abc' AS bigint) ✗ Cannot cast 'abc' to BIGINT
		CAST('3000000000' AS integer) ✗ Cannot cast '3000000000' to INT
		CAST('9223372036854775807' AS bigint) → 9223372036854775807
		CAST('-9223372036854775808' AS bigint) → -9223372036854775808
		CAST('9223372036854775808' AS bigint) ✗ Cannot cast '9223372036854775808' to BIGINT
		CAST('' AS bigint) ✗ Cannot cast '' to BIGINT
		TRY_CAST('abc' AS bigint) → null :: bigint
		CAST(300 AS tinyint) ✗ Out of range for tinyint: 300
		CAST(2.5e0 AS integer) → 3
		CAST(-2.5e0 AS integer) → -3
		CAST(1e10 AS integer) ✗ Out of range for integer: 1.0E10
		CAST(1e19 AS bigint) ✗ Out of range for bigint: 1.0E19
		CAST(nan() AS bigint) ✗ Cannot cast double NaN to bigint
		CAST(2.5 AS integer) → 3
		CAST(1 AS double) → 1.0
		CAST('1.5e3' AS double) → 1500.0
		CAST('Infinity' AS double) → Infinity
		CAST('1_000' AS double) ✗ Cannot cast '1_000' to DOUBLE
		CAST('x' AS real) ✗ Cannot cast 'x' to REAL
		CAST('1.255' AS decimal(5,2)) → 1.26
		CAST(123456 AS decimal(5,2)) ✗ Cannot cast INTEGER '123456' to DECIMAL(5, 2)
		CAST(1.5 AS decimal(38,10)) → 1.5000000000
		CAST(0.1e0 AS decimal(10,3)) → 0.100
		CAST(true AS integer) → 1
		CAST(0 AS boolean) → false
		CAST('TRUE' AS boolean) → true
		CAST('f' AS boolean) → false
		CAST('yes' AS boolean) ✗ Cannot cast 'yes' to BOOLEAN
		CAST(date '2024-01-01' AS bigint) ✗ Cannot cast date to bigint
		CAST(NULL AS bigint) → null :: bigint
	`)
}

func TestCastTexts(t *testing.T) {
	check(t, `
		CAST(12 AS varchar) → 12
		CAST(12 AS varchar(1)) ✗ Value 12 cannot be represented as varchar(1)
		CAST(1.5e0 AS varchar) → 1.5E0
		CAST(12345678e0 AS varchar) → 1.2345678E7
		CAST(0e0 AS varchar) → 0E0
		CAST(real '0.1' AS varchar) → 1.0E-1
		CAST(12e0 AS varchar(2)) ✗ Value 12.0 (1.2E1) cannot be represented as varchar(2)
		CAST(1.50 AS varchar) → 1.50
		CAST(true AS varchar) → true
		CAST('abcdef' AS varchar(3)) → abc
		CAST('äbc' AS char(2)) → äb :: char(2)
		CAST(CAST('a' AS char(3)) AS varchar) → a
		CAST(date '2024-05-01' AS varchar) → 2024-05-01
		CAST(interval '1' day AS varchar) → 1 00:00:00.000
		CAST('61' AS varbinary) → 36 31
		CAST(X'61' AS varchar) ✗ Cannot cast varbinary to varchar
		CAST(uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59' AS varchar) → 12151fd2-7586-11e9-8f9e-2a86e4085a59
		CAST('10.0.0.1' AS ipaddress) → 10.0.0.1
		CAST('ec2.amazonaws.com' AS ipaddress) ✗ Cannot cast value to IPADDRESS: ec2.amazonaws.com
		TRY_CAST('ec2.amazonaws.com' AS ipaddress) → null
		CAST(ARRAY['1', '2'] AS array(bigint)) → [1, 2] :: array(bigint)
		CAST(ARRAY['1', 'x'] AS array(bigint)) ✗ Cannot cast 'x' to BIGINT
		CAST(ROW(1, 'a') AS row(x bigint, y varchar)) → {x=1, y=a}
		CAST(CAST(JSON '{"1":2}' AS map(varchar,integer)) AS map(bigint,varchar)) → {1=2}
		CAST(CAST(JSON '{"1":2,"01":3}' AS map(varchar,integer)) AS map(bigint,varchar)) ✗ duplicate keys
		CAST(1 AS array(bigint)) ✗ Cannot cast integer to array(bigint)
		CAST('a' AS map(varchar,varchar)) ✗ Cannot cast varchar(1) to map(varchar, varchar)
	`)
}

func TestCastTimes(t *testing.T) {
	check(t, `
		CAST('2024-05-01' AS date) → 2024-05-01
		CAST('x' AS date) ✗ Value cannot be cast to date: x
		CAST('2024-05-01 10:20:30.5' AS timestamp(3)) → 2024-05-01 10:20:30.500
		CAST('2024-05-01 10:20 Europe/Berlin' AS timestamp(0) with time zone) → 2024-05-01 10:20:00 Europe/Berlin
		CAST(timestamp '2024-05-01 10:20:30.9999' AS timestamp(3)) → 2024-05-01 10:20:31.000
		CAST(timestamp '2024-05-01 10:20:30' AS date) → 2024-05-01
		CAST(timestamp '2024-05-01 23:20:30 America/New_York' AS date) → 2024-05-01
		CAST(timestamp '2024-05-01 10:20:30 Europe/Berlin' AS timestamp(3)) → 2024-05-01 10:20:30.000
		CAST(timestamp '2024-05-01 10:20:30' AS timestamp(3) with time zone) → 2024-05-01 10:20:30.000 UTC
		CAST(timestamp '2024-05-01 10:20:30.123456789' AS timestamp(9) with time zone) → 2024-05-01 10:20:30.123456789 UTC
		CAST(date '2024-05-01' AS timestamp(0)) → 2024-05-01 00:00:00
		CAST(timestamp '2024-05-01 10:20:30.5' AS time(0)) → 10:20:31
		CAST(timestamp '2024-05-01 10:20:30 Europe/Berlin' AS time(0) with time zone) → 10:20:30+02:00
		CAST(time '10:20:30' AS timestamp(0)) → 2024-05-01 10:20:30
		CAST(time '10:20:30' AS time(3) with time zone) → 10:20:30.000+00:00
		CAST(time '10:20:30' AS date) ✗ Cannot cast time(0) to date
	`)
}

func TestCastJSON(t *testing.T) {
	check(t, `
		CAST(JSON '1' AS bigint) → 1
		CAST(JSON '"1"' AS bigint) → 1
		CAST(JSON '1.5' AS bigint) → 2
		CAST(JSON 'true' AS bigint) → 1
		CAST(JSON '"x"' AS bigint) ✗ Cannot cast 'x' to BIGINT
		CAST(JSON '[1]' AS bigint) ✗ Cannot cast '[1]' to bigint
		CAST(JSON '1' AS varchar) → 1
		CAST(JSON '1.50' AS varchar) → 1.5E0
		CAST(JSON '"a\"b"' AS varchar) → a"b
		CAST(JSON 'null' AS varchar) → null
		CAST(JSON '{}' AS varchar) ✗ Cannot cast '{}' to varchar(2147483647)
		CAST(JSON '1.255' AS decimal(5,2)) → 1.26
		CAST(JSON '[1,null,"3"]' AS array(bigint)) → [1, null, 3]
		CAST(JSON '{"a":1}' AS array(bigint)) ✗ Cannot cast to array(bigint). Expected a json array, but got {\n{"a":1}
		CAST(JSON '[{"a":"x","b":null}]' AS array(map(varchar,varchar))) → [{a=x, b=null}]
		CAST(JSON '[[1, 23], 456, null]' AS array(json)) → [[1,23], 456, null]
		CAST(JSON '{"v1":123,"v2":"abc","x":0}' AS row(v1 bigint, v2 varchar, v3 boolean)) → {v1=123, v2=abc, v3=null}
		CAST(JSON '[123,"abc"]' AS row(v1 bigint, v2 varchar)) → {v1=123, v2=abc}
		CAST(JSON '[1]' AS row(v1 bigint, v2 varchar)) ✗ Cannot cast to row("v1" bigint, "v2" varchar). Unexpected token when cast to varchar: ]\n[1]
		CAST(JSON '{"a":{"b":1}}' AS map(varchar,varchar)) ✗ Cannot cast to map(varchar, varchar). Unexpected token when cast to varchar: {\n{"a":{"b":1}}
		CAST(JSON '1' AS date) ✗ Cannot cast json to date
		CAST('a"b' AS json) → "a\"b"
		CAST(1.50 AS json) → 1.50
		CAST(1e10 AS json) → 1.0E10
		CAST(nan() AS json) → "NaN"
		CAST(ARRAY[1, NULL] AS json) → [1,null]
		CAST(CAST(JSON '{"b":1,"a":2}' AS map(varchar,integer)) AS json) → {"a":2,"b":1}
		CAST(CAST(ROW(123, 'abc') AS row(v1 bigint, v2 varchar)) AS json) → {"v1":123,"v2":"abc"}
		CAST(timestamp '2024-05-01 10:20:30.5' AS json) → "2024-05-01 10:20:30.5"
		CAST(X'00' AS json) ✗ Cannot cast varbinary to json
	`)
}
