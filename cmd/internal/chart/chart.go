// Package chart draws a result in a terminal.
//
//	bars: one for each row, of its label       a line: of numbers in the order of their rows or times
//	 ConsoleLogin  ███████▌ 15                  40 ┤        ⣀⠔⠒
//	 GetObject     ███ 6                         0 ┤⣀⠤⠒⠉⠉
//
// What the labels and the numbers are is for the caller to choose.
package chart

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/output"
)

// Kind is a sort of chart.
type Kind string

// The kinds of charts.
const (
	Auto Kind = ""     // Time where the labels are times, Line where there are none, else Bars
	Bars Kind = "bar"  // one bar a row
	Line Kind = "line" // over the rows, in their order
	Time Kind = "time" // over the time that the label says
)

// Point is a row: its label and its number. A missing number is NaN.
type Point struct {
	Label string
	Value float64
}

// MaxBars is how many rows a chart of bars shows.
const MaxBars = 60

// ErrNoNumbers says that there is nothing to draw.
var ErrNoNumbers = errors.New("the result has no column of numbers to draw")

// timeForms are how labels say times, as results write them.
var timeForms = []string{"2006-01-02 15:04:05.999999999", "2006-01-02", "2006-01-02 15:04:05.999999999 MST", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04", "2006-01"}

// timeOf reads a label as a time.
func timeOf(label string) (time.Time, bool) {
	for _, form := range timeForms {
		if t, err := time.Parse(form, label); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// Draw draws the points in columns × lines cells.
func Draw(kind Kind, points []Point, columns, lines int) (string, error) {
	numbers := 0
	times := len(points) > 1
	for _, p := range points {
		if !math.IsNaN(p.Value) {
			numbers++
		}
		if _, ok := timeOf(p.Label); !ok {
			times = false
		}
	}
	if numbers == 0 {
		return "", ErrNoNumbers
	}
	if kind == Auto {
		switch {
		case times:
			kind = Time
		case points[0].Label == "":
			kind = Line
		default:
			kind = Bars
		}
	}
	columns, lines = max(columns, 30), max(lines, 8)
	switch kind {
	case Bars:
		return bars(points, columns), nil
	case Line:
		xs := make([]float64, len(points))
		for i := range xs {
			xs[i] = float64(i)
		}
		return curve(points, xs, "1", strconv.Itoa(len(points)), columns, lines), nil
	case Time:
		if !times {
			return "", errors.New("the first column has no times: take .chart bar or .chart line")
		}
		points = slices.Clone(points)
		slices.SortStableFunc(points, func(a, b Point) int {
			x, _ := timeOf(a.Label)
			y, _ := timeOf(b.Label)
			return x.Compare(y)
		})
		xs := make([]float64, len(points))
		for i, p := range points {
			t, _ := timeOf(p.Label)
			xs[i] = float64(t.UnixMilli())
		}
		return curve(points, xs, points[0].Label, points[len(points)-1].Label, columns, lines), nil
	}
	return "", fmt.Errorf("there is no chart %q; there are bar, line and time", string(kind))
}

// eighths are bars of one to eight eighths of a cell.
var eighths = []rune(" ▏▎▍▌▋▊▉█")

func bars(points []Point, columns int) string {
	hidden := max(len(points)-MaxBars, 0)
	points = points[:len(points)-hidden]
	labels, values := 0, 0
	most := 0.0
	for _, p := range points {
		labels = max(labels, output.Width([]byte(p.Label)))
		values = max(values, len(number(p.Value)))
		if !math.IsNaN(p.Value) && !math.IsInf(p.Value, 0) {
			most = max(most, math.Abs(p.Value))
		}
	}
	labels = min(labels, columns/3)
	room := max(columns-labels-values-4, 8)
	var b strings.Builder
	for _, p := range points {
		label, _ := output.Cut([]byte(p.Label), labels)
		b.WriteString(" " + string(label) + strings.Repeat(" ", labels-output.Width(label)) + " ")
		if share := math.Abs(p.Value) / most; most > 0 && !math.IsNaN(share) {
			cells := int(math.Round(min(share, 1) * float64(room*8)))
			b.WriteString(strings.Repeat("█", cells/8))
			if cells%8 > 0 {
				b.WriteRune(eighths[cells%8])
			}
			if cells > 0 {
				b.WriteByte(' ')
			}
		}
		b.WriteString(number(p.Value) + "\n")
	}
	if hidden > 0 {
		fmt.Fprintf(&b, " … and %s\n", output.Count(int64(hidden), "row"))
	}
	return b.String()
}

// number returns a value as people read it.
func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NULL"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 5, 64)
}

// dots are the bits of the eight dots of a cell of Braille, by column and line.
var dots = [2][4]rune{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

func curve(points []Point, xs []float64, from, to string, columns, lines int) string {
	low, high := math.Inf(1), math.Inf(-1)
	left, right := math.Inf(1), math.Inf(-1)
	for i, p := range points {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			continue
		}
		low, high = min(low, p.Value), max(high, p.Value)
		left, right = min(left, xs[i]), max(right, xs[i])
	}
	if low > 0 {
		low = 0 // a curve of counts stands on zero
	}
	if high <= low {
		high = low + 1
	}
	if right <= left {
		right = left + 1
	}
	scale := max(len(number(low)), len(number(high)))
	width, height := max(columns-scale-4, 10), max(min(lines-4, 20), 4)
	cells := make([][]rune, height)
	for i := range cells {
		cells[i] = make([]rune, width)
	}
	set := func(x, y int) {
		if x >= 0 && x < width*2 && y >= 0 && y < height*4 {
			cells[height-1-y/4][x/2] |= dots[x%2][3-y%4]
		}
	}
	previousX, previousY, drawing := 0, 0, false
	for i, p := range points {
		if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
			drawing = false
			continue
		}
		x := int(math.Round((xs[i] - left) / (right - left) * float64(width*2-1)))
		y := int(math.Round((p.Value - low) / (high - low) * float64(height*4-1)))
		if drawing {
			steps := max(abs(x-previousX), abs(y-previousY), 1)
			for s := range steps {
				set(previousX+(x-previousX)*s/steps, previousY+(y-previousY)*s/steps)
			}
		}
		set(x, y)
		previousX, previousY, drawing = x, y, true
	}
	var b strings.Builder
	for i, row := range cells {
		label := ""
		switch i {
		case 0:
			label = number(high)
		case height - 1:
			label = number(low)
		}
		fmt.Fprintf(&b, " %*s ┤", scale, label)
		var line strings.Builder
		for _, c := range row {
			if c == 0 {
				line.WriteByte(' ')
			} else {
				line.WriteRune(0x2800 + c)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	gap := max(width-output.Width([]byte(from))-output.Width([]byte(to)), 1)
	b.WriteString(strings.Repeat(" ", scale+3) + from + strings.Repeat(" ", gap) + to + "\n")
	return b.String()
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
