package orc

import (
	"slices"
	"strings"
)

// ValueLimits bound the values of a column that are counted; a column with more is not.
type ValueLimits struct {
	Values int // 0 counts none
	Bytes  int // of their texts
}

// ColumnCounts are the values of a column of strings, with how many rows have each.
type ColumnCounts struct {
	Path   string       // PathOf
	Values []ValueCount // in the order of their first rows
}

// ValueCount is a value and its number of rows.
type ValueCount struct {
	Value string
	Null  bool // then Value is ""
	Rows  int64
}

// valueCounter counts the values of a column, stripe by stripe, by the numbers of their entries in its dictionaries.
type valueCounter struct {
	limits ValueLimits
	// chain leads to the column: the structs around it from the top level on, and itself. A NULL of any is one of the column.
	chain  []*columnBase
	at     map[string]int // of values
	nullAt int            // -1 without NULLs
	counts []ValueCount
	bytes  int
	over   bool // there are too many values, or they are not known
	rows   []int64
}

// countValues gives counters to the columns of strings that are fields of c, or of structs in it.
func (w *Writer) countValues(c columnWriter, chain []*columnBase) {
	for _, field := range c.children() {
		to := append(chain[:len(chain):len(chain)], field.base())
		switch f := field.(type) {
		case *structWriter:
			w.countValues(f, to)
		case *stringWriter:
			if !f.binary {
				f.counter = &valueCounter{limits: w.o.CountValues, chain: to, at: map[string]int{}, nullAt: -1}
				w.counters = append(w.counters, f.counter)
			}
		}
	}
}

// ValueCounts returns the columns whose values were counted, of all rows of the stripes that are written: after FlushStripe
// of all rows. It may be called until Close.
func (w *Writer) ValueCounts() []ColumnCounts {
	var out []ColumnCounts
	for _, c := range w.counters {
		if !c.over {
			out = append(out, ColumnCounts{c.chain[len(c.chain)-1].col.path(), slices.Clone(c.counts)})
		}
	}
	return out
}

// addStripe adds the values of a stripe whose row groups are all encoded.
func (c *valueCounter) addStripe(w *stringWriter) {
	if c.over {
		return
	}
	if w.direct && w.stripe.values > 0 || len(w.entries) > c.limits.Values {
		c.giveUp()
		return
	}
	rows := c.chain[0].slots
	firstNull := rows // the values before it are those of the rows before it
	for _, b := range c.chain {
		if b.hasNull {
			firstNull = min(firstNull, b.firstNull)
		}
	}
	entries := len(w.entries)
	if w.direct {
		entries = 0
	}
	nulls := rows - w.stripe.values
	if nulls == 0 {
		firstNull = 0
	}
	before := c.count(w, entries, firstNull) // entries that come before the first NULL
	for e := range entries {
		if e == before && nulls > 0 {
			c.addNull(nulls)
		}
		c.add(w.text(int32(e)), c.rows[e])
	}
	if before == entries && nulls > 0 {
		c.addNull(nulls)
	}
	if len(c.counts) > c.limits.Values || c.bytes > c.limits.Bytes {
		c.giveUp()
	}
}

// count counts the rows of each entry, and returns how many entries the first values have.
func (c *valueCounter) count(w *stringWriter, entries int, first int64) int {
	c.rows = slices.Grow(c.rows[:0], entries)[:entries]
	clear(c.rows)
	before := 0
	for _, g := range w.groupIDs {
		packed := w.packed[g.at : g.at+g.count*g.width]
		switch {
		case g.count == 0:
			continue
		case g.width == 0:
			c.rows[0] += int64(g.count)
		case g.width == 1:
			for _, id := range packed {
				c.rows[id]++
			}
		default:
			for i := 0; i < len(packed); i += g.width {
				c.rows[idOf(packed[i:i+g.width])]++
			}
		}
		// Entries are numbered by their first values.
		leading := min(int64(g.count), first)
		if g.width == 0 && leading > 0 {
			before = max(before, 1)
		}
		for i := 0; i < int(leading)*g.width; i += g.width {
			before = max(before, idOf(packed[i:i+g.width])+1)
		}
		first -= leading
	}
	return before
}

// idOf returns a number of an idGroup.
func idOf(b []byte) (id int) {
	for i, x := range b {
		id |= int(x) << (8 * i)
	}
	return id
}

func (c *valueCounter) add(value string, rows int64) {
	if at, ok := c.at[value]; ok {
		c.counts[at].Rows += rows
		return
	}
	text := strings.Clone(value)
	c.at[text] = len(c.counts)
	c.counts = append(c.counts, ValueCount{Value: text, Rows: rows})
	c.bytes += len(text)
}

func (c *valueCounter) addNull(rows int64) {
	if c.nullAt >= 0 {
		c.counts[c.nullAt].Rows += rows
		return
	}
	c.nullAt = len(c.counts)
	c.counts = append(c.counts, ValueCount{Null: true, Rows: rows})
}

func (c *valueCounter) giveUp() {
	c.over = true
	c.at, c.counts, c.rows = nil, nil, nil
}
