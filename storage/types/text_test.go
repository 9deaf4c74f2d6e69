package types

import (
	"math"
	"strconv"
	"testing"
)

// TestDoubleText holds examples of Java's documentation and of its algorithm's paper.
func TestDoubleText(t *testing.T) {
	f := func(x float64, want, wantReal string) {
		t.Helper()
		if got := string(AppendDouble(nil, x)); got != want {
			t.Errorf("double %g: %s, want %s", x, got, want)
		}
		if got := string(AppendReal(nil, x)); got != wantReal {
			t.Errorf("real %g: %s, want %s", x, got, wantReal)
		}
	}
	f(0, "0.0", "0.0")
	f(math.Copysign(0, -1), "-0.0", "-0.0")
	f(1, "1.0", "1.0")
	f(-100, "-100.0", "-100.0")
	f(0.1, "0.1", "0.1")
	f(0.001, "0.001", "0.001")
	f(0.00099, "9.9E-4", "9.9E-4")
	f(0.0123, "0.0123", "0.0123")
	f(123.456, "123.456", "123.456")
	f(9999999, "9999999.0", "9999999.0")
	f(1e7, "1.0E7", "1.0E7")
	f(1e10, "1.0E10", "1.0E10")
	f(12345678.9, "1.23456789E7", "1.2345679E7")
	f(2e23, "2.0E23", "2.0E23")
	f(1.0/3, "0.3333333333333333", "0.33333334")
	f(math.MaxFloat64, "1.7976931348623157E308", "Infinity")
	f(math.SmallestNonzeroFloat64, "4.9E-324", "0.0")
	f(9.9e-324, "9.9E-324", "0.0")
	f(float64(math.SmallestNonzeroFloat32), "1.401298464324817E-45", "1.4E-45")
	f(float64(math.MaxFloat32), "3.4028234663852886E38", "3.4028235E38")
	f(math.NaN(), "NaN", "NaN")
	f(math.Inf(-1), "-Infinity", "-Infinity")
}

func FuzzDoubleText(f *testing.F) {
	for _, x := range []float64{1, 0.1, 1e7, 4.9e-324, 123456.789} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return
		}
		text := string(AppendDouble(nil, x))
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != x {
			t.Errorf("%g is shown as %s", x, text)
		}
	})
}

func TestScalarText(t *testing.T) {
	f := func(typ Type, v any, want string) {
		t.Helper()
		if got := string(AppendText(nil, typ, v)); got != want {
			t.Errorf("%s: %s, want %s", typ, got, want)
		}
	}
	kolkata, err := ZoneOf("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	offset, _ := ZoneOfOffset(-210)
	f(TDate, int64(-719529), "-0001-12-31")
	f(TDate, int64(-719528), "0000-01-01")
	f(TDate, int64(MaxDate), "+5881580-07-11")
	f(TDate, int64(math.MinInt64), "-25252734927764585-06-07")
	f(TimestampOf(0), int64(-1), "1969-12-31 23:59:59")
	f(TimestampOf(6), int64(-1), "1969-12-31 23:59:59.999999")
	f(TimestampOf(12), Int128{Hi: -1, Lo: 5}, "1969-12-31 23:59:59.999999000005")
	f(TTimestampTZ, PackTimestampTZ(-1, 0, UTC), "1969-12-31 23:59:59.999 UTC")
	f(TTimestampTZ, PackTimestampTZ(0, 0, kolkata), "1970-01-01 05:30:00.000 Asia/Kolkata")
	f(TTimestampTZ, PackTimestampTZ(0, 0, offset), "1969-12-31 20:30:00.000 -03:30")
	f(TimestampTZOf(9), PackTimestampTZ(1, 2000, UTC), "1970-01-01 00:00:00.001000002 UTC")
	f(TimeOf(12), int64(1), "00:00:00.000000000001")
	f(TimeTZOf(0), PackTimeTZ(picosPerDay-1, -30), "23:59:59-00:30")
	f(DecimalOf(38, 0), Int128{Hi: 1 << 62}, "85070591730234615865843651857942052864")
	f(DecimalOf(2, 2), int64(-5), "-0.05")
	f(TReal, float64(float32(0.3)), "0.3")
	f(TUUID, Int128{Hi: 0x12345678_9abc_def0, Lo: 0xfedcba9876543210}, "12345678-9abc-def0-fedc-ba9876543210")
}

func TestUUIDAndIPAddress(t *testing.T) {
	f := func(typ Type, parse func(string) (Int128, error), text, want string) {
		t.Helper()
		x, err := parse(text)
		got := string(AppendInt128Text(nil, typ, x))
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	ip := func(text, want string) { t.Helper(); f(TIPAddress, ParseIPAddress, text, want) }
	ip("10.0.0.1", "10.0.0.1")
	ip("::ffff:1.2.3.4", "1.2.3.4")
	ip("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1")
	ip("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1")
	ip("::", "::")
	ip("::1.2.3.4", "::102:304")
	ip("fe80::1%eth0", "Cannot cast value to IPADDRESS: fe80::1%eth0")
	ip("cloudtrail.amazonaws.com", "Cannot cast value to IPADDRESS: cloudtrail.amazonaws.com")
	ip("010.0.0.1", "Cannot cast value to IPADDRESS: 010.0.0.1")
	uuid := func(text, want string) { t.Helper(); f(TUUID, ParseUUID, text, want) }
	uuid("12151FD2-7586-11e9-8f9e-2a86e4085a59", "12151fd2-7586-11e9-8f9e-2a86e4085a59")
	uuid("12151fd2-7586-11e9-8f9e-2a86e4085a5", "Invalid UUID string length: 35")
	uuid("12151fd2758611e98f9e2a86e4085a59", "Cannot cast value to UUID: 12151fd2758611e98f9e2a86e4085a59")
	uuid("12151fd2-7586-11e9-8f9e-2a86e4085a5g", "Cannot cast value to UUID: 12151fd2-7586-11e9-8f9e-2a86e4085a5g")

	x, err := IPAddressFromBytes("\x7f\x00\x00\x01")
	f(TIPAddress, func(string) (Int128, error) { return x, err }, "bytes", "127.0.0.1")
	f(TIPAddress, IPAddressFromBytes, "abc", "Invalid IP address binary length: 3")
	f(TUUID, UUIDFromBytes, "abc", "Invalid UUID binary length: 3")
	y, err := UUIDFromBytes(Int128{Hi: -2, Lo: 3}.Bytes())
	if err != nil || y != (Int128{Hi: -2, Lo: 3}) {
		t.Errorf("%v, %v", y, err)
	}
}

func TestQuoteText(t *testing.T) {
	for text, want := range map[string]string{"it's": "'it''s'", "é": "'é'", "a\n\\": `U&'a\000A\\'`, "\xff'": `U&'\FFFD'''`} {
		if got := QuoteText(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestTimestampsOneAfterTheOther(t *testing.T) {
	var text TimestampText
	for _, micros := range []int64{0, -1, 59_999_999, 60_000_000, 1_772_409_600_123_456, 1_772_409_659_999_999, 1_772_409_660_000_000, -62_135_596_800_000_001,
		253_402_300_799_999_999, 253_402_300_800_000_000, math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		for precision := range 7 {
			got, want := string(text.Append(nil, micros, precision)), string(AppendInt64Text(nil, TimestampOf(precision), micros))
			if got != want {
				t.Errorf("%d with %d places: %s, not %s", micros, precision, got, want)
			}
		}
	}
}
