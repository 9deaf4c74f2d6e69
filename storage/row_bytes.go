package storage

import (
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// A stripe is bounded by what it takes on disk. Rows of a megabyte that are much alike, and lists of very many empty
// elements, take next to nothing there, but have to fit into memory: some hundred at a time where they are written, and
// where they are read. So stripes are bounded by what their rows take in memory, too. Rows of usual sizes come nowhere near.
const (
	// maxStripeRowBytes bounds the rows of a stripe, in memory; one row always may be. Readers take a GiB at once for each column.
	maxStripeRowBytes = 768 << 20
	// maxLargeRowBytes bounds those of a stripe with rows that are largeRowBytes long on average.
	maxLargeRowBytes = 64 << 20
	largeRowBytes    = 64 << 10
	// elementBytes is about what an element of a list or map takes for each of its columns.
	elementBytes = 40
)

// rowBytes tells about how much memory rows of a table take in the column that takes most: their JSON, of which other texts
// are a part, or one of lists or maps.
type rowBytes struct{ json int }

func newRowBytes(table *schema.Table) rowBytes { return rowBytes{table.Index(schema.EventJSON)} }

// of returns what the rows from..to-1 take.
func (r rowBytes) of(b *vector.Batch, from, to int) int64 {
	total := int64(0)
	json := vector.ViewOf[string](b.Columns[r.json])
	for row := from; row < to; row++ {
		total += int64(len(json.Values[json.At[row]]))
	}
	for _, c := range b.Columns {
		total = max(total, elementsBytes(c, from, to))
	}
	return total
}

// elementsBytes returns about what the elements of lists and maps take in the rows from..to-1.
func elementsBytes(v vector.Vector, from, to int) int64 {
	switch v := v.(type) {
	case *vector.Array:
		first, end := int(v.Offsets[from]), int(v.Offsets[to])
		return int64(end-first)*elementBytes*leaves(v.Elements.Type()) + elementsBytes(v.Elements, first, end)
	case *vector.Map:
		first, end := int(v.Offsets[from]), int(v.Offsets[to])
		return int64(end-first)*elementBytes*2 + elementsBytes(v.Values, first, end)
	case *vector.Dictionary:
		if v.Type().Physical() != types.Nested {
			return 0
		}
		total := int64(0)
		for row := from; row < to; row++ {
			if id := int(v.Ids[row]); !v.Nulls().Has(row) {
				total += elementsBytes(v.Values, id, id+1)
			}
		}
		return total
	case *vector.Constant:
		return int64(to-from) * elementsBytes(v.Value, 0, 1)
	case *vector.Row:
		total := int64(0)
		for _, f := range v.Fields {
			total += elementsBytes(f, from, to)
		}
		return total
	}
	return 0
}

// leaves returns how many columns a type has.
func leaves(t types.Type) int64 {
	if !t.Is(types.Row) {
		return 1
	}
	n := int64(0)
	for _, f := range t.Fields() {
		n += leaves(f.Type)
	}
	return n
}

// stripeBound is where a data file's stripes are cut by what their rows take in memory.
type stripeBound struct {
	of    rowBytes
	bytes int64 // of the stripe's rows
}

// write writes rows, and ends stripes where they must.
func (s *stripeBound) write(w stripeWriter, b *vector.Batch) error {
	total := s.of.of(b, 0, b.N)
	if total < maxLargeRowBytes && total < largeRowBytes*int64(b.N) {
		return s.put(w, b, total, maxStripeRowBytes)
	}
	for from := 0; from < b.N; {
		to, bytes := from, int64(0)
		for to < b.N {
			n := s.of.of(b, to, to+1)
			if to > from && bytes+n > maxLargeRowBytes/2 {
				break
			}
			to, bytes = to+1, bytes+n
		}
		limit := int64(maxStripeRowBytes)
		if bytes >= largeRowBytes*int64(to-from) {
			limit = maxLargeRowBytes
		}
		if err := s.put(w, sliced(b, from, to), bytes, limit); err != nil {
			return err
		}
		from = to
	}
	return nil
}

// sliced returns the rows from..to-1 of a batch.
func sliced(b *vector.Batch, from, to int) *vector.Batch {
	if from == 0 && to == b.N {
		return b
	}
	out := &vector.Batch{N: to - from, Columns: make([]vector.Vector, len(b.Columns))}
	for i, c := range b.Columns {
		out.Columns[i] = vector.Slice(c, from, to)
	}
	return out
}

// stripeWriter is what writes stripes.
type stripeWriter interface {
	Write(b *vector.Batch) error
	FlushStripe() error
	StripeRows() int
}

func (s *stripeBound) put(w stripeWriter, b *vector.Batch, bytes, limit int64) error {
	before := w.StripeRows()
	if before == 0 {
		s.bytes = 0
	}
	if before > 0 && s.bytes+bytes > limit {
		if err := w.FlushStripe(); err != nil {
			return err
		}
		before, s.bytes = 0, 0
	}
	if err := w.Write(b); err != nil {
		return err
	}
	s.bytes += bytes
	if rows := w.StripeRows(); rows < before+b.N { // a stripe was full, and another one is begun
		s.bytes = bytes * int64(rows) / int64(max(b.N, 1))
	}
	return nil
}
