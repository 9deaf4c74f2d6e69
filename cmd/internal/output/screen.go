package output

import (
	"bytes"

	"github.com/rivo/uniseg"
)

// Screen says how a table is to be fitted to where it is seen.
type Screen struct {
	// Columns is how many cells a line of the screen has. A table that is wider even after its
	// values were cut is written vertically. 0 is without end.
	Columns int
	// MaxValue is the most cells that a value takes in a table: 0 leaves it to the screen's
	// width; negative cuts nothing.
	MaxValue int
	// Color marks labels, rules and NULL by the terminal's attributes.
	Color bool
}

// Attributes of terminals.
const (
	boldOn  = "\x1b[1m"
	dimOn   = "\x1b[2m"
	plainOn = "\x1b[0m"
)

func (s *Screen) bold(dst, text []byte) []byte { return s.marked(dst, text, boldOn) }
func (s *Screen) dim(dst, text []byte) []byte  { return s.marked(dst, text, dimOn) }

func (s *Screen) marked(dst, text []byte, on string) []byte {
	if s == nil || !s.Color || len(text) == 0 {
		return append(dst, text...)
	}
	dst = append(append(dst, on...), text...)
	return append(dst, plainOn...)
}

// leastCut is down to how many cells values are cut to make a table fit its screen.
const leastCut = 10

// fit returns the widths of columns on the screen; natural are those that cut nothing.
// It is false if the columns do not fit.
func (s *Screen) fit(natural []int) ([]int, bool) {
	widths := make([]int, len(natural))
	total := 3*len(natural) - 2 // blanks around the values, and the bars between them
	for i, w := range natural {
		if s.MaxValue > 0 {
			w = min(w, s.MaxValue)
		}
		widths[i] = w
		total += w
	}
	if s.Columns <= 0 || total <= s.Columns {
		return widths, true
	}
	if s.MaxValue != 0 {
		return widths, false
	}
	// The widest columns give way first, to one common width.
	low, high := leastCut, s.Columns
	if sumOfAtMost(widths, low)+3*len(widths)-2 > s.Columns {
		return widths, false
	}
	for low < high {
		middle := (low + high + 1) / 2
		if sumOfAtMost(widths, middle)+3*len(widths)-2 <= s.Columns {
			low = middle
		} else {
			high = middle - 1
		}
	}
	spare := s.Columns - (sumOfAtMost(widths, low) + 3*len(widths) - 2)
	for i, w := range widths {
		if w > low {
			more := min(spare, w-low)
			widths[i] = low + more
			spare -= more
		}
	}
	return widths, true
}

func sumOfAtMost(widths []int, most int) int {
	sum := 0
	for _, w := range widths {
		sum += min(w, most)
	}
	return sum
}

// Width returns how many cells of a terminal a text takes that has no control characters.
func Width(text []byte) int {
	for _, c := range text {
		if c >= 0x80 {
			return uniseg.StringWidth(string(text))
		}
	}
	return len(text)
}

// ellipsis ends a value that was cut.
const ellipsis = "…"

// Cut returns text in at most width cells, and whether something of it is missing: it then ends with an ellipsis.
func Cut(text []byte, width int) (cut []byte, missing bool) {
	if Width(text) <= width {
		return text, false
	}
	used, end, rest, state := 0, 0, text, -1
	for len(rest) > 0 {
		var cluster []byte
		var cells int
		cluster, rest, cells, state = uniseg.FirstGraphemeCluster(rest, state)
		if used+cells > width-1 {
			break
		}
		used += cells
		end += len(cluster)
	}
	return append(bytes.Clone(text[:end]), ellipsis...), true
}
