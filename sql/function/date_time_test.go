package function

import "testing"

func TestDateAndTime(t *testing.T) {
	check(t, `
		year(TIMESTAMP '2024-05-06 07:08:09.123') → 2024
		month(DATE '2024-05-06') → 5
		hour(TIMESTAMP '2024-05-06 07:08:09.123456789') → 7
		week(DATE '2021-01-03') → 53
		yow(DATE '2021-01-03') → 2020
		date_trunc('hour', TIMESTAMP '2024-05-06 07:08:09.123') → 2024-05-06 07:00:00.000
		date_trunc('week', DATE '2024-05-09') → 2024-05-06
		date_trunc('quarter', TIMESTAMP '1969-05-06 07:08:09') → 1969-04-01 00:00:00
		date_trunc('day', TIMESTAMP '2024-05-06 07:08:09.123 America/New_York') → 2024-05-06 00:00:00.000 America/New_York
		date_trunc('hour', DATE '2024-05-06') ✗ 'hour' is not a valid DATE field
		date_add('month', 1, DATE '2024-01-31') → 2024-02-29
		date_add('hour', -8, TIMESTAMP '2024-05-06 07:08:09.123') → 2024-05-05 23:08:09.123
		date_add('hour', 1, TIMESTAMP '2024-03-10 01:30:00 America/New_York') → 2024-03-10 03:30:00 America/New_York
		from_unixtime(1.5) → 1970-01-01 00:00:01.500 UTC
		now() → 2024-05-01 12:34:56.789 UTC
	`)
}
