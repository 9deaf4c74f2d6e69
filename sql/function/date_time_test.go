package function

import (
	"testing"

	"github.com/ctlake/ctlake/storage/types"
)

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

// What is plain is read as the patterns read it; what is not, is left to them.
func TestPlainInstantsAreThoseOfThePatterns(t *testing.T) {
	for _, text := range []string{"2024-02-29T23:59:59Z", "2024-02-29T23:59:59.987Z", "0001-01-01T00:00:00.000+13:59", "9999-12-31T23:59:59-00:01",
		"1969-12-31T23:59:59.999-05:30", "2000-01-01T00:00:00+00:00"} {
		millis, offset, ok := plainInstant(text)
		zone, err := types.ZoneOfOffset(offset)
		if !ok || err != nil {
			t.Fatalf("%s: %t, %v", text, ok, err)
		}
		want, err := readZoned(isoDateTime, text, 0, types.UTC)
		if got := types.PackTimestampTZ(millis, 0, zone); err != nil || got != want {
			t.Errorf("%s: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "2024-02-30T00:00:00Z", "2024-02-29T24:00:00Z", "2024-02-29T00:60:00Z", "2024-02-29T00:00:60Z", "2024-02-29 00:00:00Z",
		"2024-02-29T00:00:00", "2024-02-29T00:00:00.1Z", "2024-02-29T00:00:00.1234Z", "2024-02-29T00:00:00.123", "2024-02-29T00:00:00+5:00",
		"2024-02-29T00:00:00+14:00", "2024-02-29T00:00:00+05:60", "2024-02-29T00:00:0xZ", "2024-02-29T00:00:00ZZ", "2024-13-01T00:00:00Z"} {
		if _, _, ok := plainInstant(text); ok {
			t.Errorf("%s is plain", text)
		}
	}
}
