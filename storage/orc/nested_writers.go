package orc

import (
	"fmt"
	"math"
	"slices"

	"github.com/ctlake/ctlake/storage/orc/internal/framing"
	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/vector"
)

// structWriter writes rows: nothing but which are NULL, and the fields.
type structWriter struct {
	*columnBase
	fields []columnWriter
	rows   []int32 // scratch: of the entries of a dictionary
}

func (w *structWriter) write(v vector.Vector, rows []int32) error {
	slots := len(rows)
	if rows = w.split(v, rows); len(rows) < slots {
		w.absent()
	}
	if len(rows) == 0 {
		return nil
	}
	if d, ok := v.(*vector.Dictionary); ok {
		w.rows = slices.Grow(w.rows[:0], len(rows))[:len(rows)]
		for i, r := range rows {
			w.rows[i] = d.Ids[r]
		}
		v, rows = d.Values, w.rows
	}
	for i, f := range w.fields {
		if err := f.write(vector.FieldOf(v, i), rows); err != nil {
			return err
		}
	}
	return nil
}

// absent makes the statistics of all fields say that there are NULLs: a field of
// a NULL row is NULL too, and who asks for those must not be told that there are none.
func (w *structWriter) absent() {
	for _, f := range w.fields {
		f.base().group.hasNull = true
		if inner, ok := f.(*structWriter); ok {
			inner.absent()
		}
	}
}

func (w *structWriter) encode() error            { return nil }
func (w *structWriter) pending() int64           { return 0 }
func (w *structWriter) children() []columnWriter { return w.fields }

// listWriter writes arrays and maps: lengths, and the elements, or keys and values.
type listWriter struct {
	*columnBase
	length   *framing.Writer
	elements []columnWriter
	lengths  []int64
	rows     []int32 // scratch: of the children
}

func (w *listWriter) write(v vector.Vector, rows []int32) error {
	rows = w.split(v, rows)
	if len(rows) == 0 {
		return nil
	}
	spans := vector.SpansOf(v)
	w.rows = w.rows[:0]
	for _, r := range rows {
		at := spans.At[r]
		from, to := spans.Offsets[at], spans.Offsets[at+1]
		w.lengths = append(w.lengths, int64(to-from))
		w.group.addInt(int64(to - from))
		for c := from; c < to; c++ {
			w.rows = append(w.rows, c)
		}
	}
	if len(w.rows) > math.MaxInt32 {
		return fmt.Errorf("column %s: %w: more than 2^31 elements in a batch", w.col.path(), ErrUnsupported)
	}
	if w.col.kind == protobuf.List {
		return w.elements[0].write(spans.Values, w.rows)
	}
	if nulls := spans.Keys.Nulls(); nulls != nil && anyOf(nulls, w.rows) {
		return fmt.Errorf("column %s: a key of a map is NULL", w.col.path())
	}
	if err := w.elements[0].write(spans.Keys, w.rows); err != nil {
		return err
	}
	return w.elements[1].write(spans.Values, w.rows)
}

func (w *listWriter) encode() error {
	w.length.Raw = w.ints.Append(w.length.Raw, w.lengths, false)
	w.lengths = w.lengths[:0]
	return nil
}

func (w *listWriter) pending() int64           { return int64(8 * len(w.lengths)) }
func (w *listWriter) children() []columnWriter { return w.elements }
