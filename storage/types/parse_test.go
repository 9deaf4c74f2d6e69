package types

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		typ, err := Parse(text)
		got := typ.String()
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	f("varchar", "varchar")
	f("VARCHAR ( 10 )", "varchar(10)")
	f("char", "char(1)")
	f("int", "integer")
	f("double precision", "double")
	f("decimal", "decimal(38,0)")
	f("decimal(10)", "decimal(10,0)")
	f("decimal(10, 2)", "decimal(10,2)")
	f("timestamp", "timestamp(3)")
	f("timestamp(0)", "timestamp(0)")
	f("timestamp(12) with time zone", "timestamp(12) with time zone")
	f("timestamp without time zone", "timestamp(3)")
	f("time with time zone", "time(3) with time zone")
	f("interval day to second", "interval day to second")
	f("interval year to month", "interval year to month")
	f("array(bigint)", "array(bigint)")
	f("array<array<bigint>>", "array(array(bigint))")
	f("map(varchar, varchar)", "map(varchar, varchar)")
	f("map<varchar(3),timestamp(3) with time zone>", "map(varchar(3), timestamp(3) with time zone)")
	f(`row(a bigint, "b ""c" varchar, bigint, date date, timestamp with time zone, x double precision)`,
		`row("a" bigint, "b ""c" varchar, bigint, "date" date, timestamp(3) with time zone, "x" double)`)
	f("row(Name varchar, row(bigint))", `row("Name" varchar, row(bigint))`)
	f("row(row row(a bigint))", `row("row" row("a" bigint))`)
	f("foo", "error: Unknown type: foo")
	f("", "error: Unknown type: ")
	f("varchar(", "error: Unknown type: varchar(")
	f("bigint bigint", "error: Unknown type: bigint bigint")
	f("array(a bigint)", "error: Unknown type: array(a bigint)")
	f("array(bigint, bigint)", "error: Unknown type: array(bigint, bigint)")
	f(`row("a bigint)`, `error: Unknown type: row("a bigint)`)
	f("row()", "error: Unknown type: row()")
	f("decimal(39)", "error: DECIMAL precision must be in range [1, 38]: 39")
	f("decimal(0)", "error: DECIMAL precision must be in range [1, 38]: 0")
	f("decimal(3, 4)", "error: DECIMAL scale must be in range [0, precision (3)]: 4")
	f("row(a decimal(39))", "error: DECIMAL precision must be in range [1, 38]: 39")
	f("timestamp(13)", "error: Unknown type: timestamp(13)")
	f("char(65537)", "error: Unknown type: char(65537)")
	f("varchar(99999999999)", "error: VARCHAR length must be in range [0, 2147483646], got 2147483647")
	f(strings.Repeat("array(", 1000)+"bigint"+strings.Repeat(")", 1000),
		"error: Types nested deeper than 100 levels are not supported")
	f(strings.Repeat("row(", 1000), "error: Types nested deeper than 100 levels are not supported")
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"decimal(10,2)", `row(a bigint, "b" varchar(3))`, "map<varchar,array(time(3) with time zone)>",
		"row(row(row(", "interval day to second", `row("`, "row(date date, double precision)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		typ, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(typ.String())
		if err != nil || !again.Equal(typ) {
			t.Errorf("%q is %s, which is %s, %v", text, typ, again, err)
		}
	})
}

func TestCoercion(t *testing.T) {
	f := func(from, to string, coerces bool, common string) {
		t.Helper()
		a, err := Parse(from)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Parse(to)
		if err != nil {
			t.Fatal(err)
		}
		if got := Coerces(a, b); got != coerces {
			t.Errorf("%s coerces to %s: %v", from, to, got)
		}
		for range 2 {
			got := "none"
			if c, ok := CommonSuperType(a, b); ok {
				got = c.String()
			}
			if got != common {
				t.Errorf("common super type of %s and %s: %s, want %s", a, b, got, common)
			}
			a, b = b, a
		}
	}
	f("unknown", "bigint", true, "bigint")
	f("unknown", "map(varchar, bigint)", true, "map(varchar, bigint)")
	f("bigint", "unknown", false, "bigint")
	f("tinyint", "bigint", true, "bigint")
	f("bigint", "integer", false, "bigint")
	f("bigint", "double", true, "double")
	f("bigint", "real", true, "real")
	f("bigint", "decimal(19,0)", true, "decimal(19,0)")
	f("bigint", "decimal(18,0)", false, "decimal(19,0)")
	f("bigint", "decimal(20,2)", false, "decimal(21,2)")
	f("integer", "decimal(10,2)", false, "decimal(12,2)")
	f("decimal(22,1)", "decimal(23,1)", true, "decimal(23,1)")
	f("decimal(22,1)", "decimal(20,3)", false, "decimal(24,3)")
	f("decimal(38,0)", "decimal(38,38)", true, "decimal(38,38)")
	f("decimal(10,2)", "double", true, "double")
	f("decimal(10,2)", "real", true, "real")
	f("real", "double", true, "double")
	f("double", "real", false, "double")
	f("varchar(3)", "varchar(5)", true, "varchar(5)")
	f("varchar(5)", "varchar(3)", false, "varchar(5)")
	f("varchar(5)", "varchar", true, "varchar")
	f("char(3)", "char(5)", true, "char(5)")
	f("char(3)", "varchar(5)", true, "varchar(5)")
	f("char(5)", "varchar(3)", false, "varchar(5)")
	f("char(5)", "varchar", true, "varchar")
	f("varchar(3)", "char(5)", false, "varchar(5)")
	f("varchar", "bigint", false, "none")
	f("varchar", "date", false, "none")
	f("boolean", "bigint", false, "none")
	f("date", "timestamp(0)", true, "timestamp(0)")
	f("date", "timestamp(6)", true, "timestamp(6)")
	f("date", "timestamp(3) with time zone", true, "timestamp(3) with time zone")
	f("timestamp(3)", "timestamp(6)", true, "timestamp(6)")
	f("timestamp(6)", "timestamp(3)", false, "timestamp(6)")
	f("timestamp(6)", "timestamp(3) with time zone", false, "timestamp(6) with time zone")
	f("time(3)", "time(6) with time zone", true, "time(6) with time zone")
	f("time(3)", "timestamp(3)", false, "none")
	f("interval day to second", "interval year to month", false, "none")
	f("array(bigint)", "array(double)", true, "array(double)")
	f("array(unknown)", "array(double)", true, "array(double)")
	f("array(varchar)", "array(double)", false, "none")
	f("map(bigint, double)", "map(double, bigint)", false, "map(double, double)")
	f("row(a bigint, b varchar(2))", "row(a double, c varchar(1))", false, "row(\"a\" double, varchar(2))")
	f("row(bigint)", "row(x double)", true, "row(double)")
	f("row(bigint)", "row(bigint, bigint)", false, "none")
	f("array(bigint)", "map(bigint, bigint)", false, "none")
	f("json", "varchar", false, "none")
}
