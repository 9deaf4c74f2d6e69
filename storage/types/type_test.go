package types

import (
	"sync"
	"testing"
)

func TestPhysical(t *testing.T) {
	for text, want := range map[string]Physical{"boolean": Bool, "unknown": Bool, "tinyint": Int64, "date": Int64,
		"time(12)": Int64, "timestamp(6)": Int64, "timestamp(7)": Wide, "timestamp(0) with time zone": Wide,
		"time(0) with time zone": Wide, "decimal(18,0)": Int64, "decimal(19,0)": Wide, "real": Float64, "char(3)": String,
		"varbinary": String, "json": String, "uuid": Wide, "ipaddress": Wide, "interval day to second": Int64,
		"array(bigint)": Nested, "map(bigint, bigint)": Nested, "row(bigint)": Nested} {
		typ, err := Parse(text)
		if err != nil || typ.Physical() != want {
			t.Errorf("%s: %d, want %d (%v)", text, typ.Physical(), want, err)
		}
	}
}

func TestTypeFacts(t *testing.T) {
	row := RowOf(Field{Name: "a", Type: TBigint})
	lambda := FunctionOf(TBoolean, TBigint, TVarchar)
	if got := lambda.String(); got != "function(bigint,varchar,boolean)" {
		t.Error(got)
	}
	if len(lambda.Params()) != 2 || !lambda.Result().Is(Boolean) {
		t.Errorf("%v of %v", lambda.Result(), lambda.Params())
	}
	if !row.Equal(RowOf(Field{Name: "A", Type: TBigint})) || row.Equal(RowOf(Field{Type: TBigint})) || TBigint.Equal(TInteger) {
		t.Error("equal types")
	}
	if TMapOfVarchar.Orderable() || TJSON.Orderable() || ArrayOf(TJSON).Orderable() || !row.Orderable() || lambda.Orderable() {
		t.Error("orderable types")
	}
	if !TMapOfVarchar.Comparable() || !TJSON.Comparable() || lambda.Comparable() || ArrayOf(lambda).Comparable() {
		t.Error("comparable types")
	}
	if !TTinyint.IsInteger() || TReal.IsInteger() || !TReal.IsNumeric() || TDate.IsNumeric() || !CharOf(1).IsString() || TJSON.IsString() {
		t.Error("families of types")
	}
}

func TestRounding(t *testing.T) {
	tz := func(x Int128, precision int, want string) {
		t.Helper()
		if got := string(AppendInt128Text(nil, TimestampTZOf(12), RoundTimestampTZ(x, precision))); got != want {
			t.Errorf("to %d digits: %s, want %s", precision, got, want)
		}
	}
	x := PackTimestampTZ(-1, 500_000_000, UTC)
	tz(x, 12, "1969-12-31 23:59:59.999500000000 UTC")
	tz(x, 4, "1969-12-31 23:59:59.999500000000 UTC")
	tz(x, 3, "1970-01-01 00:00:00.000000000000 UTC")
	tz(PackTimestampTZ(1499, 999_999_999, UTC), 0, "1970-01-01 00:00:01.000000000000 UTC")
	tz(PackTimestampTZ(1500, 0, UTC), 0, "1970-01-01 00:00:02.000000000000 UTC")
	if m, p := RoundTimestamp(1, 999_999, 6); m != 2 || p != 0 {
		t.Error(m, p)
	}
	if m, p := RoundTimestamp(1499, 999_999, 3); m != 1000 || p != 0 {
		t.Error(m, p)
	}
	if m, p := RoundTimestamp(1, 123_456, 9); m != 1 || p != 123_000 {
		t.Error(m, p)
	}
	if got := RoundTime(picosPerDay-1, 3); got != 0 {
		t.Error(got)
	}
}

func TestLocalTime(t *testing.T) {
	z, err := ZoneOf("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, micros := range []int64{0, -1, 1_666_590_600_123_456} {
		x := TimestampTZOfLocal(micros, 7, z)
		if m, p, ok := LocalMicros(x); !ok || m != micros || p != 7 {
			t.Errorf("%d is %d, %d, %v", micros, m, p, ok)
		}
		if y := WithZone(x, UTC); TTimestampTZ.OrderKey(x) != TTimestampTZ.OrderKey(y) || Zone(y.Lo) != UTC {
			t.Errorf("%v in UTC is %v", x, y)
		}
	}
	if _, _, ok := LocalMicros(PackTimestampTZ(1<<62, 0, z)); ok {
		t.Error("beyond 64 bits")
	}
}

// TestZonesConcurrently is for the race detector.
func TestZonesConcurrently(t *testing.T) {
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for _, name := range []string{"Asia/Tokyo", "Europe/Paris", "Africa/Cairo", "Asia/Tokyo"} {
				z, err := ZoneOf(name)
				if err != nil || z.String() != name {
					t.Errorf("%s: %v, %v", name, z, err)
				}
				z.Offset(0)
			}
		})
	}
	wait.Wait()
}
