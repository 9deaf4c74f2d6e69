package output

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// onScreen writes rows of texts as a table for a screen; a column of digits is one of numbers.
func onScreen(t *testing.T, s *Screen, labels []string, rows ...[]string) string {
	t.Helper()
	var b strings.Builder
	w, err := New("table", &b, Options{Screen: s})
	if err != nil {
		t.Fatal(err)
	}
	var columns []engine.Column
	batch := &vector.Batch{N: len(rows)}
	for i, label := range labels {
		values := make([]string, len(rows))
		nulls := vector.NewBitmap(max(len(rows), 1))
		for r, row := range rows {
			if values[r] = row[i]; row[i] == "∅" {
				nulls.Set(r)
			}
		}
		columns = append(columns, engine.Column{Name: label, Type: types.TVarchar})
		batch.Columns = append(batch.Columns, vector.NewFlat(types.TVarchar, values, nulls))
	}
	if err := w.Begin(columns); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(batch); err != nil {
		t.Fatal(err)
	}
	if err := w.End(engine.Stats{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTablesFitTheirScreen(t *testing.T) {
	f := func(s Screen, want string, labels []string, rows ...[]string) {
		t.Helper()
		if got := onScreen(t, &s, labels, rows...); got != want {
			t.Errorf("%+v:\n%s\nwant\n%s", s, got, want)
		}
	}
	long := strings.Repeat("0123456789", 3)
	f(Screen{Columns: 40}, ` a    | b
------+------
 1    | two
 NULL | 日本
(2 rows)
`, []string{"a", "b"}, []string{"1", "two"}, []string{"∅", "日本"})
	f(Screen{Columns: 34}, ` a               | b
-----------------+----------------
 01234567890123… | 01234567890123…
(1 row, 2 values cut: .width off or \G shows all)
`, []string{"a", "b"}, []string{long, long})
	f(Screen{Columns: 34}, ` a | b
---+------------------------------
 x | 0123456789012345678901234567…
(1 row, 1 value cut: .width off or \G shows all)
`, []string{"a", "b"}, []string{"x", long})
	f(Screen{Columns: 34, MaxValue: 5}, ` a     | b
-------+-------
 0123… | 日本…
(1 row, 2 values cut: .width off or \G shows all)
`, []string{"a", "b"}, []string{long, "日本語日本語"})
	f(Screen{Columns: 20, MaxValue: -1}, `-[ RECORD 1 ]+------------------------
a | `+long+`
b | x
`, []string{"a", "b"}, []string{long, "x"})
	f(Screen{Columns: 20}, "(0 rows)\n", strings.Fields("aaaaaaaa bbbbbbbb cccccccc"))
	f(Screen{Columns: 20}, `-[ RECORD 1 ]+------------------------
aaaaaaaa | 1
bbbbbbbb | 2
cccccccc | 3
-[ RECORD 2 ]+------------------------
aaaaaaaa | 4
bbbbbbbb | 5
cccccccc | 6
`, strings.Fields("aaaaaaaa bbbbbbbb cccccccc"), strings.Fields("1 2 3"), strings.Fields("4 5 6"))
	f(Screen{Columns: 40, Color: true}, " \x1b[1ma\x1b[0m    | \x1b[1mb\x1b[0m\n\x1b[2m------+---\x1b[0m\n \x1b[2mNULL\x1b[0m | 1\n(1 row)\n",
		[]string{"a", "b"}, []string{"∅", "1"})
}

func TestWideResultsTurnVertical(t *testing.T) {
	var labels, row []string
	for i := range 300 {
		labels, row = append(labels, fmt.Sprintf("column%d", i)), append(row, fmt.Sprint(i))
	}
	got := onScreen(t, &Screen{Columns: 120}, labels, row)
	if lines := strings.Count(got, "\n"); lines != 301 || !strings.Contains(got, "\ncolumn299 | 299\n") {
		t.Errorf("%d lines:\n%.300s", lines, got)
	}
}

func TestCut(t *testing.T) {
	f := func(text string, width int, want string) {
		t.Helper()
		cut, missing := Cut([]byte(text), width)
		if string(cut) != want || missing != (want != text) || Width(cut) > width {
			t.Errorf("Cut(%q, %d) = %q, %v", text, width, cut, missing)
		}
	}
	f("abc", 3, "abc")
	f("abcd", 3, "ab…")
	f("日本語", 6, "日本語")
	f("日本語", 5, "日本…")
	f("日本語", 4, "日…")
	f("e\u0301e\u0301e\u0301", 2, "e\u0301…") // accents belong to their letters
	f("", 0, "")
	f("a", 1, "a")
	f("ab", 1, "…")
}
