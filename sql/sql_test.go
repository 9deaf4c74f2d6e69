package sql_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql"
)

func TestErrorText(t *testing.T) {
	f := func(err error, want string) {
		t.Helper()
		if got := err.Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	pos := sql.Pos{Line: 1, Column: 8}
	f(sql.Errorf(sql.COLUMN_NOT_FOUND, pos, "Column '%s' cannot be resolved", "x"), "line 1:8: Column 'x' cannot be resolved")
	f(sql.Errorf(sql.DIVISION_BY_ZERO, sql.Pos{}, "Division by zero"), "Division by zero")
	f(sql.NotSupported(pos, "MATCH_RECOGNIZE"), "line 1:8: MATCH_RECOGNIZE is not supported")
	f(sql.At(sql.Errorf(sql.DIVISION_BY_ZERO, sql.Pos{}, "Division by zero"), pos), "line 1:8: Division by zero")
	f(sql.At(sql.NotSupported(pos, "x"), sql.Pos{Line: 9, Column: 9}), "line 1:8: x is not supported")
	f(sql.At(io.EOF, pos), "EOF")
}

func TestErrorCause(t *testing.T) {
	err := sql.Errorf(sql.GENERIC_INTERNAL_ERROR, sql.Pos{}, "read data file: %w", io.ErrUnexpectedEOF)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	if got := sql.CodeOf(fmt.Errorf("run query: %w", err)); got != sql.GENERIC_INTERNAL_ERROR {
		t.Errorf("got %s", got)
	}
	if got := sql.CodeOf(fmt.Errorf("run query: %w", sql.NotSupported(sql.Pos{}, "x"))); got != sql.NOT_SUPPORTED {
		t.Errorf("got %s", got)
	}
	if got := sql.CodeOf(io.EOF); got != sql.GENERIC_INTERNAL_ERROR {
		t.Errorf("got %s", got)
	}
	// Errors of functions may be shared by workers: At must not write to them.
	shared := sql.Errorf(sql.DIVISION_BY_ZERO, sql.Pos{}, "Division by zero")
	if sql.At(shared, sql.Pos{Line: 1, Column: 1}) == error(shared) || shared.Pos.IsValid() {
		t.Error("At changed a shared error")
	}
}

func TestCaughtByTry(t *testing.T) {
	for code, want := range map[sql.Code]bool{
		sql.DIVISION_BY_ZERO: true, sql.INVALID_CAST_ARGUMENT: true, sql.INVALID_FUNCTION_ARGUMENT: true,
		sql.NUMERIC_VALUE_OUT_OF_RANGE: true, sql.TYPE_MISMATCH: false, sql.SUBQUERY_MULTIPLE_ROWS: false,
		sql.EXCEEDED_LOCAL_MEMORY_LIMIT: false,
	} {
		if got := code.CaughtByTry(); got != want {
			t.Errorf("%s: %v", code, got)
		}
	}
}

func TestExcerpt(t *testing.T) {
	f := func(text string, line, column int, want string) {
		t.Helper()
		if got := sql.Excerpt(text, sql.Pos{Line: line, Column: column}); got != want {
			t.Errorf("%q %d:%d\ngot:\n%s\nwant:\n%s", text, line, column, got, want)
		}
	}
	f("SELECT x FROM t", 1, 8, "SELECT x FROM t\n       ^")
	f("SELECT x", 1, 9, "SELECT x\n        ^") // the end
	f("SELECT\n  x\nFROM t", 2, 3, "  x\n  ^")
	f("SELECT\r\n  x\r\nFROM t", 2, 3, "  x\n  ^")
	f("SELECT\n\tx\t, y", 2, 5, "\tx\t, y\n\t \t ^") // tabs stay tabs
	f("SELECT 'é', x", 1, 13, "SELECT 'é', x\n            ^")
	f("SELECT '\x1b[31m', x", 1, 16, `SELECT '\x1b[31m', x`+"\n"+"                  ^")
	f("a\u202eb x", 1, 5, `a\u202eb x`+"\n         ^")
	f("", 1, 1, "\n^")
	f("x", 1, 3, "")
	f("x", 2, 1, "")
	f("x", 0, 0, "")

	long := strings.Repeat("a", 200) + "X" + strings.Repeat("b", 200)
	f(long, 1, 201, "…"+strings.Repeat("a", 50)+"X"+strings.Repeat("b", 49)+"…\n"+strings.Repeat(" ", 51)+"^")
	f(long, 1, 1, strings.Repeat("a", 100)+"…\n^")
	f(long, 1, 402, "…"+strings.Repeat("b", 100)+"\n"+strings.Repeat(" ", 101)+"^")
}

func TestPrintable(t *testing.T) {
	f := func(s, want string) {
		t.Helper()
		if got := sql.Printable(s, 10); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	f("abc", "abc")
	f("a\nb\tc\x00", `a\x0ab\x09c\x00`)
	f("0123456789", "0123456789")
	f("0123456789a", "0123456789…")
}

func TestSuggest(t *testing.T) {
	columns := []string{"eventid", "eventname", "eventsource", "eventtime", "eventtype", "useragent", "useridentity", "readonly", "arn"}
	f := func(name, want string) {
		t.Helper()
		if got := sql.Suggest(name, columns); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	f("evntName", "eventname")
	f("EVENTNAME", "eventname")
	f("evenTtmie", "eventtime")
	f("eventtpye", "eventtype")
	f("userIdentiy", "useridentity")
	f("read_only", "readonly")
	f("eventtime", "eventname") // itself is no suggestion; of two as near the first by name
	f("arm", "arn")
	f("ar", "")
	f("x", "")
	f("", "")
	f("requestparameters", "")
	f(strings.Repeat("x", 1000), "")
	f("événtname", "eventname")

	// The order of candidates does not matter.
	if a, b := sql.Suggest("bat", []string{"cat", "rat"}), sql.Suggest("bat", []string{"rat", "cat"}); a != "cat" || b != "cat" {
		t.Errorf("got %s, %s", a, b)
	}
}
