package types

import (
	"math"
	"math/big"
	"math/rand"
	"testing"
)

// dec reads a decimal literal: its unscaled value and type.
func dec(t *testing.T, text string) (Int128, Type) {
	t.Helper()
	x, typ, err := ParseDecimalLiteral(text)
	if err != nil {
		t.Fatal(err)
	}
	return x, typ
}

const max38 = "99999999999999999999999999999999999999"

func TestDecimalArithmetic(t *testing.T) {
	f := func(a string, op Arithmetic, b, want, wantType string) {
		t.Helper()
		x, xt := dec(t, a)
		y, yt := dec(t, b)
		typ, err := DecimalResult(op, xt, yt)
		if err != nil {
			if err.Error() != wantType {
				t.Errorf("%s %c %s: %v", a, op, b, err)
			}
			return
		}
		got := ""
		if z, err := DecimalArithmetic(op, x, xt.Scale(), y, yt.Scale()); err != nil {
			got = err.Error()
		} else {
			got = string(AppendDecimal(nil, z, typ.Scale()))
		}
		if got != want || typ.String() != wantType {
			t.Errorf("%s %c %s = %s, a %s; want %s, a %s", a, op, b, got, typ, want, wantType)
		}
	}
	f("1.1", Add, "2.22", "3.32", "decimal(4,2)")
	f("1.1", Subtract, "2.22", "-1.12", "decimal(4,2)")
	f("9", Add, "1", "10", "decimal(2,0)")
	f(max38, Add, "1", "Decimal overflow", "decimal(38,0)")
	f("-"+max38, Subtract, "1", "Decimal overflow", "decimal(38,0)")
	f(max38, Add, "0.1", "Decimal overflow", "decimal(38,1)")
	f("1.5", Multiply, "-2.50", "-3.750", "decimal(5,3)")
	f("12345678901234567890", Multiply, "98765432109876543", "1219326311370217949644871231852004270", "decimal(37,0)")
	f(max38, Multiply, "10", "Decimal overflow", "decimal(38,0)")
	f("0."+max38, Multiply, "0.1", "", "DECIMAL scale must be in range [0, precision (38)]: 39")
	f("1", Divide, "3", "0", "decimal(1,0)")
	f("2", Divide, "3", "1", "decimal(1,0)")
	f("-2", Divide, "3", "-1", "decimal(1,0)")
	f("1.0", Divide, "3", "0.3", "decimal(2,1)")
	f("1", Divide, "0.3", "3.3", "decimal(3,1)")
	f("1.000", Divide, "-0.03", "-33.333", "decimal(6,3)")
	f("5", Divide, "10.0", "0.5", "decimal(3,1)")
	f("1", Divide, "0.0000000000000000000000000000000000001", "Decimal overflow", "decimal(38,37)")
	f("1", Divide, "0", "Division by zero", "decimal(1,0)")
	f(max38, Divide, "0.1", "Decimal overflow", "decimal(38,1)")
	f("10.5", Modulus, "3", "1.5", "decimal(2,1)")
	f("-10.5", Modulus, "3", "-1.5", "decimal(2,1)")
	f("10", Modulus, "-3", "1", "decimal(1,0)")
	f(max38, Modulus, "0.7", "0.3", "decimal(1,1)")
	f("1", Modulus, "0.0", "Division by zero", "decimal(1,1)")
}

// TestInt128AgainstBig checks arithmetic with random operands of all sizes.
func TestInt128AgainstBig(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	some := func() Int128 {
		x := Int128{Hi: int64(r.Uint64()>>1) >> r.Intn(64), Lo: r.Uint64() >> r.Intn(64)}
		if r.Intn(3) == 0 {
			x.Hi = 0
		}
		if r.Intn(2) == 0 {
			x = x.Neg()
		}
		return x
	}
	for range 20000 {
		a, b := some(), some()
		if back, _ := int128OfBig(a.big()); back != a {
			t.Fatalf("%v is %v", a, back)
		}
		want, fits := int128OfBig(new(big.Int).Mul(a.big(), b.big()))
		if got, ok := multiply(a, b); ok != fits || ok && got != want {
			t.Fatalf("%s * %s = %v %v, want %v %v", a.big(), b.big(), got, ok, want, fits)
		}
		if string(AppendDecimal(nil, a, 0)) != a.big().String() {
			t.Fatalf("%s shown as %s", a.big(), AppendDecimal(nil, a, 0))
		}
		if a.Cmp(b) != a.big().Cmp(b.big()) || a.Sign() != a.big().Sign() {
			t.Fatalf("%s and %s compared", a.big(), b.big())
		}
		sum, overflow := a.Add(b)
		want, fits = int128OfBig(new(big.Int).Add(a.big(), b.big()))
		if overflow == fits || fits && sum != want {
			t.Fatalf("%s + %s = %v", a.big(), b.big(), sum)
		}
		if b == (Int128{}) {
			continue
		}
		q, m := a.QuoRem(b)
		wantQ, wantM := new(big.Int).QuoRem(a.big(), b.big(), new(big.Int))
		if q.big().Cmp(wantQ) != 0 || m.big().Cmp(wantM) != 0 {
			t.Fatalf("%s / %s = %s rest %s, want %s rest %s", a.big(), b.big(), q.big(), m.big(), wantQ, wantM)
		}
		factor := r.Intn(40)
		fast, ok := divide(a, factor%20, b)
		n := new(big.Int).Mul(a.big(), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(factor%20)), nil))
		n.Mul(n, big.NewInt(2)).Abs(n)
		d := new(big.Int).Abs(b.big())
		n.Add(n, d).Quo(n, d.Mul(d, big.NewInt(2))) // |a|*10^f/|b| + 1/2
		if (a.Hi < 0) != (b.Hi < 0) {
			n.Neg(n)
		}
		if want, fits := int128OfBig(n); ok != fits || ok && fast != want {
			t.Fatalf("%s * 10^%d / %s = %v, want %v", a.big(), factor%20, b.big(), fast, want)
		}
	}
}

func TestParseDecimal(t *testing.T) {
	f := func(text string, typ Type, want string) {
		t.Helper()
		got := ""
		if x, err := ParseDecimal(text, typ); err != nil {
			got = err.Error()
		} else {
			got = string(AppendDecimal(nil, x, typ.Scale()))
		}
		if got != want {
			t.Errorf("%s as %s: %s, want %s", text, typ, got, want)
		}
	}
	f("1.005", DecimalOf(5, 2), "1.01")
	f("-1.005", DecimalOf(5, 2), "-1.01")
	f("-0.004", DecimalOf(5, 2), "0.00")
	f("1e2", DecimalOf(5, 2), "100.00")
	f("+.5", DecimalOf(5, 2), "0.50")
	f("5.", DecimalOf(5, 2), "5.00")
	f("0.5", DecimalOf(1, 0), "1")
	f("0.49", DecimalOf(1, 0), "0")
	f("9.5", DecimalOf(1, 0), "Cannot cast VARCHAR '9.5' to DECIMAL(1, 0). Value too large.")
	f("1e-999999999", DecimalOf(38, 38), "0.00000000000000000000000000000000000000")
	f("1e999999999", DecimalOf(38, 0), "Cannot cast VARCHAR '1e999999999' to DECIMAL(38, 0). Value too large.")
	f("0e999999999", DecimalOf(38, 0), "0")
	f(max38, DecimalOf(38, 0), max38)
	f("1"+max38, DecimalOf(38, 0), "Cannot cast VARCHAR '1"+max38+"' to DECIMAL(38, 0). Value too large.")
	f("", DecimalOf(5, 2), "Cannot cast VARCHAR '' to DECIMAL(5, 2). Value is not a number.")
	f("1e", DecimalOf(5, 2), "Cannot cast VARCHAR '1e' to DECIMAL(5, 2). Value is not a number.")
	f("1 ", DecimalOf(5, 2), "Cannot cast VARCHAR '1 ' to DECIMAL(5, 2). Value is not a number.")
	f("--1", DecimalOf(5, 2), "Cannot cast VARCHAR '--1' to DECIMAL(5, 2). Value is not a number.")
}

func TestDecimalLiteral(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		x, typ, err := ParseDecimalLiteral(text)
		got := string(AppendDecimal(nil, x, typ.Scale())) + " " + typ.String()
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("0.1", "0.1 decimal(1,1)")
	f("001.50", "1.50 decimal(3,2)")
	f("0.", "0 decimal(1,0)")
	f(".0", "0.0 decimal(1,1)")
	f("-1_000.5", "-1000.5 decimal(5,1)")
	f(max38, max38+" decimal(38,0)")
	f("1"+max38, "Value exceeds maximum precision")
	f("1__0", "Invalid DECIMAL value '1__0'")
	f(".", "Invalid DECIMAL value '.'")
	f("1x", "Invalid DECIMAL value '1x'")
}

func TestDecimalCasts(t *testing.T) {
	show := func(x Int128, err error, typ Type) string {
		if err != nil {
			return err.Error()
		}
		return string(AppendDecimal(nil, x, typ.Scale()))
	}
	check := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	d52, d20 := DecimalOf(5, 2), DecimalOf(20, 10)
	x, err := FloatToDecimal(1234567890.1, TDouble, d20)
	check(show(x, err, d20), "1234567890.1000000000")
	x, err = FloatToDecimal(float64(float32(0.1)), TReal, d20)
	check(show(x, err, d20), "0.1000000000")
	x, err = FloatToDecimal(math.NaN(), TDouble, d20)
	check(show(x, err, d20), "Cannot cast DOUBLE 'NaN' to DECIMAL(20, 10)")
	x, err = FloatToDecimal(1e6, TDouble, d52)
	check(show(x, err, d52), "Cannot cast DOUBLE '1000000.0' to DECIMAL(5, 2)")
	x, err = Int64ToDecimal(999, TBigint, d52)
	check(show(x, err, d52), "999.00")
	x, err = Int64ToDecimal(1000, TInteger, d52)
	check(show(x, err, d52), "Cannot cast INTEGER '1000' to DECIMAL(5, 2)")
	x, err = DecimalToDecimal(Int128From(12345), DecimalOf(10, 3), d52)
	check(show(x, err, d52), "12.35")
	x, err = DecimalToDecimal(Int128From(1234500), DecimalOf(10, 3), d52)
	check(show(x, err, d52), "Cannot cast DECIMAL(10, 3) '1234.500' to DECIMAL(5, 2)")

	toInt := func(text string, to Type, want int64, wantErr string) {
		t.Helper()
		x, typ := dec(t, text)
		got, err := DecimalToInt64(x, typ, to)
		if wantErr != "" && (err == nil || err.Error() != wantErr) || wantErr == "" && (err != nil || got != want) {
			t.Errorf("%s to %s: %d, %v", text, to, got, err)
		}
	}
	toInt("1.5", TBigint, 2, "")
	toInt("-1.5", TBigint, -2, "")
	toInt("127.4", TTinyint, 127, "")
	toInt("127.5", TTinyint, 0, "Cannot cast '128' to TINYINT")
	toInt("-128", TTinyint, -128, "")
	toInt("9223372036854775807", TBigint, math.MaxInt64, "")
	toInt("-9223372036854775808", TBigint, math.MinInt64, "")
	toInt("9223372036854775808", TBigint, 0, "Cannot cast '9223372036854775808' to BIGINT")

	x, typ := dec(t, "0.1")
	if got := DecimalToDouble(x, typ); got != 0.1 {
		t.Errorf("got %v", got)
	}
	x, typ = dec(t, "1234567890123456789012.5")
	if got := DecimalToDouble(x, typ); got != 1234567890123456789012.5 {
		t.Errorf("got %v", got)
	}
	if got := DecimalToReal(Int128From(1), DecimalOf(2, 1)); got != float64(float32(0.1)) {
		t.Errorf("got %v", got)
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"1.5", "-0", "1e5", ".5e-3", "1e99999999999", max38, "+", "e1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		typ := DecimalOf(38, 10)
		x, err := ParseDecimal(text, typ)
		if err != nil {
			return
		}
		if y, err := ParseDecimal(string(AppendDecimal(nil, x, 10)), typ); err != nil || x != y {
			t.Errorf("%q is %v, then %v, %v", text, x, y, err)
		}
	})
}
