package orc

import (
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/vector"
)

// A column of texts that are not in a dictionary can be searched where it lies: in chunks as they come out of the
// codec, over all rows at once. Rows without a hit are neither copied nor made strings.
//
//	lengths  5      3    4
//	chunk    h e l l o a b c x y z w     "lo" is in row 0, "oab" in none: it lies in two
//	         └───────┘ └───┘ └─────┘
//
// A row that lies in two chunks is looked at when both are there.

// search is a Search in progress.
type search struct {
	needles []*vector.Needle
	without bool    // rows without a needle are wanted
	keep    bool    // and the texts of hits
	base    int     // row of the stripe of the first slot
	wanted  []int32 // rows that count and were not reached, which ascend; nil for all
	hits    []int32
	text    []byte // of the hits
	ends    []int64
}

// Searchable reports whether Search may be called: the column has texts without a dictionary in the stripe, and does not
// lie in a list, map or union.
func (c *ColumnReader) Searchable() bool {
	_, _, ok := c.texts()
	return ok
}

// texts returns the node of a column that is searchable, and those of the structs that it lies in.
func (c *ColumnReader) texts() (structs []*throughNode, texts *stringNode, ok bool) {
	at := c.root
	for {
		switch n := at.(type) {
		case *throughNode:
			structs, at = append(structs, n), n.inner
		case *stringNode:
			return structs, n, true
		default:
			return nil, nil, false
		}
	}
}

// Search returns those of the given rows of the stripe, which ascend, whose text contains one of the needles, and
// with keep their texts; or those whose text contains none, without keep. A NULL is never among them. No needle
// may be empty. The reader must be Searchable. Search reads onwards as Gather does.
func (c *ColumnReader) Search(rows []int32, needles []*vector.Needle, without, keep bool) (hits []int32, texts vector.Vector, err error) {
	structs, d, ok := c.texts()
	if !ok || without && keep || slices.ContainsFunc(needles, func(n *vector.Needle) bool { return n.Text() == "" }) {
		return nil, nil, fmt.Errorf("%w: this search of column %s", ErrUnsupported, c.col.path())
	}
	s := &search{needles: needles, without: without, keep: keep}
	c.memo.left = c.s.f.limits.ReadBytes
	if len(rows) > 0 {
		first, last := int(rows[0]), int(rows[len(rows)-1])
		if first < 0 || last >= c.s.rows || !ascend(rows) {
			return nil, nil, fmt.Errorf("rows %d to %d of a stripe of %d, each once", first, last, c.s.rows)
		}
		err = c.search(structs, d, s, rows)
	}
	if err != nil {
		_, err = c.taken(err)
		return nil, nil, err
	}
	if keep {
		texts = vector.NewFlat(c.typ, cutText(s.text, s.ends), nil)
	}
	return s.hits, texts, nil
}

// ascend reports whether each of the rows lies behind the one before.
func ascend(rows []int32) bool {
	for i := 1; i < len(rows); i++ {
		if rows[i] <= rows[i-1] {
			return false
		}
	}
	return true
}

// search looks through the rows, in runs if they are few.
func (c *ColumnReader) search(structs []*throughNode, d *stringNode, s *search, rows []int32) error {
	if span := int(rows[len(rows)-1]-rows[0]) + 1; len(rows) >= span/denseShare {
		if len(rows) < span {
			s.wanted = rows
		}
		return c.searchRun(structs, d, s, int(rows[0]), span)
	}
	for len(rows) > 0 {
		run := 1
		for run < len(rows) && rows[run] == rows[0]+int32(run) {
			run++
		}
		if err := c.searchRun(structs, d, s, int(rows[0]), run); err != nil {
			return err
		}
		rows = rows[run:]
	}
	return nil
}

func (c *ColumnReader) searchRun(structs []*throughNode, d *stringNode, s *search, from, n int) error {
	if err := c.moveTo(from); err != nil {
		return err
	}
	var nulls vector.Bitmap
	for _, p := range structs {
		if _, _, err := p.slots(n, nulls, 0); err != nil {
			return err
		}
		nulls = p.nulls
	}
	s.base = from
	err := d.search(n, nulls, s)
	for _, p := range structs {
		p.begin()
	}
	d.begin()
	d.ends = d.ends[:0]
	c.at += n
	return err
}

// searchedBytes is about how many bytes are searched at once.
const searchedBytes = 64 << 10

// search looks through the next n slots, of which parent has those that are NULL above.
func (d *stringNode) search(n int, parent vector.Bitmap, s *search) error {
	if _, err := d.readLengths(n, parent); err != nil {
		return err
	}
	ends := d.ends
	for i := 1; i < n; i++ {
		ends[i] += ends[i-1]
	}
	found := vector.NewBitmap(n)
	for row, done := 0, int64(0); row < n; {
		var have []byte
		var err error
		if done < ends[n-1] { // else what is left is empty
			have, err = d.data.Peek(1)
		}
		if err == nil && int64(len(have)) < ends[row]-done {
			have, err = d.data.Peek(int(ends[row] - done))
			if err == nil && int64(len(have)) < ends[row]-done {
				err = io.ErrUnexpectedEOF
			}
		}
		if err != nil {
			return d.fail(protobuf.Data, err)
		}
		// The rows that are there as a whole, one at least.
		rows := sort.Search(n-row, func(i int) bool { return ends[row+i]-done > int64(len(have)) })
		window := have[:ends[row+rows-1]-done]
		// From the end on, which was decompressed last, as long as processors have it at hand.
		for to := row + rows; to > row; {
			from := row + sort.Search(to-1-row, func(i int) bool { return ends[to-1]-ends[row+i] <= searchedBytes })
			begin := done
			if from > row {
				begin = ends[from-1]
			}
			for _, needle := range s.needles {
				markRows(seen(window[begin-done:ends[to-1]-done]), needle, ends[from:to], begin, found, from)
			}
			to = from
		}
		if err := d.collect(s, found, row, row+rows, window, done); err != nil {
			return err
		}
		d.data.Advance(len(window))
		row, done = row+rows, done+int64(len(window))
	}
	return nil
}

// markRows sets the bits, from number on, of the rows of text, which begins at done, that contain a needle.
func markRows(text string, needle *vector.Needle, ends []int64, done int64, found vector.Bitmap, number int) {
	row := 0
	for at := 0; ; {
		i := needle.Index(text[at:])
		if i < 0 {
			return
		}
		at += i
		row += sort.Search(len(ends)-row, func(i int) bool { return ends[row+i]-done > int64(at) })
		if end := int(ends[row] - done); at+len(needle.Text()) <= end {
			found.Set(number + row)
			at = end // the next row
			continue
		}
		at++
	}
}

// collect notes the hits among the slots from..to-1, whose text window is, beginning at done.
func (d *stringNode) collect(s *search, found vector.Bitmap, from, to int, window []byte, done int64) error {
	for i := from; i < to; i++ {
		if !s.without && found[i>>6] == 0 && s.wanted == nil {
			i |= 63 // none of these
			continue
		}
		row := int32(s.base + i)
		if s.wanted != nil {
			if s.wanted[0] != row {
				continue
			}
			s.wanted = s.wanted[1:]
		}
		if found.Has(i) == s.without || s.without && d.nulls.Has(i) {
			continue
		}
		s.hits = append(s.hits, row)
		if !s.keep {
			continue
		}
		start := int64(0)
		if i > 0 {
			start = d.ends[i-1]
		}
		if err := d.memo.take(d.ends[i] - start); err != nil {
			return err
		}
		s.text = append(s.text, window[start-done:d.ends[i]-done]...)
		s.ends = append(s.ends, int64(len(s.text)))
	}
	return nil
}
