package chart

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestBars(t *testing.T) {
	points := []Point{{"ConsoleLogin", 8}, {"日本", 4}, {"none", 0}, {"missing", math.NaN()}, {"half", 0.5}, {"back", -8}}
	got, err := Draw(Auto, points, 40, 20)
	if err != nil {
		t.Fatal(err)
	}
	const want = ` ConsoleLogin ████████████████████ 8
 日本         ██████████ 4
 none         0
 missing      NULL
 half         █▎ 0.5
 back         ████████████████████ -8
`
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestManyBars(t *testing.T) {
	got, err := Draw(Bars, make([]Point, MaxBars+2), 40, 20)
	if err != nil || !strings.HasSuffix(got, "\n … and 2 rows\n") {
		t.Errorf("%v\n%s", err, got)
	}
}

func TestCurves(t *testing.T) {
	got, err := Draw(Auto, []Point{{"2026-03-01", 1}, {"2026-03-03", 9}, {"2026-03-02", 5}}, 40, 8)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(got, "\n")
	if len(lines) != 6 || !strings.HasPrefix(lines[0], " 9 ┤") || !strings.HasPrefix(lines[3], " 0 ┤") || strings.Join(strings.Fields(lines[4]), " ") != "2026-03-01 2026-03-03" {
		t.Errorf("got\n%s", got)
	}
	if !strings.HasSuffix(lines[0], "⠊") && !strings.HasSuffix(lines[0], "⠁") && len([]rune(lines[0])) != 40 {
		t.Errorf("the greatest is not at the end of the first line:\n%s", got)
	}
	if got, err := Draw(Auto, []Point{{"", 3}, {"", math.Inf(1)}, {"", 2}}, 40, 8); err != nil || !strings.Contains(got, " 3 ┤") {
		t.Errorf("%v\n%s", err, got)
	}
	if _, err := Draw(Auto, []Point{{"a", math.NaN()}}, 40, 8); !errors.Is(err, ErrNoNumbers) {
		t.Error(err)
	}
	if _, err := Draw(Time, []Point{{"a", 1}, {"b", 2}}, 40, 8); err == nil {
		t.Error("labels are no times")
	}
	if _, err := Draw("pie", []Point{{"a", 1}}, 40, 8); err == nil || !strings.Contains(err.Error(), "bar, line and time") {
		t.Error(err)
	}
}

func FuzzDraw(f *testing.F) {
	f.Add("a", 1.0, "b", 2.0, 80)
	f.Add("2026-01-01", math.MaxFloat64, "2026-01-01", -math.MaxFloat64, 1)
	f.Add("1", math.SmallestNonzeroFloat64, "2", 0.0, -5)
	f.Fuzz(func(_ *testing.T, a string, x float64, b string, y float64, columns int) {
		for _, kind := range []Kind{Auto, Bars, Line, Time} {
			_, _ = Draw(kind, []Point{{a, x}, {b, y}}, min(columns, 500), 24)
		}
	})
}
