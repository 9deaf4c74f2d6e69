package storage

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// countingStripes notes how many rows each stripe has.
type countingStripes struct {
	ended []int
	rows  int
	full  int // rows that fill a stripe by what they take on disk
}

func (c *countingStripes) Write(b *vector.Batch) error {
	if c.rows += b.N; c.full > 0 && c.rows >= c.full {
		return c.FlushStripe()
	}
	return nil
}

func (c *countingStripes) FlushStripe() error {
	c.ended, c.rows = append(c.ended, c.rows), 0
	return nil
}

func (c *countingStripes) StripeRows() int { return c.rows }

// rowsLike returns a batch of rows whose JSON has so many bytes, and with so many elements of resources.
func rowsLike(n, json, elements int) *vector.Batch {
	texts := make([]string, n)
	text := strings.Repeat("x", json)
	for i := range texts {
		texts[i] = text
	}
	b := &vector.Batch{N: n}
	for _, c := range schema.Events.Columns {
		switch c.Name {
		case schema.EventJSON:
			b.Columns = append(b.Columns, vector.NewFlat(c.Type, texts, nil))
		case "resources":
			offsets := make([]int32, n+1)
			for i := range offsets {
				offsets[i] = int32(i * elements)
			}
			b.Columns = append(b.Columns, vector.NewArray(c.Type, offsets, vector.NewNull(c.Type.Elem(), n*elements), nil))
		default:
			b.Columns = append(b.Columns, vector.NewNull(c.Type, n))
		}
	}
	return b
}

// However little rows take on disk, those of a stripe fit into memory; stripes of usual rows end where they did.
func TestStripesAreBoundedInMemory(t *testing.T) {
	f := func(what string, full int, want string, batches ...*vector.Batch) {
		t.Helper()
		c := &countingStripes{full: full}
		s := stripeBound{of: newRowBytes(schema.Events)}
		rows := 0
		for _, b := range batches {
			rows += b.N
			if err := s.write(c, b); err != nil {
				t.Fatal(err)
			}
		}
		if got := fmt.Sprint(append(c.ended, c.rows)); got != want {
			t.Errorf("%s: stripes of %s rows, want %s", what, got, want)
		}
	}
	usual := rowsLike(5000, 1500, 2)
	f("usual rows", 0, "[50000]", slices.Repeat([]*vector.Batch{usual}, 10)...)
	f("usual rows, stripes full on disk", 20_000, "[20000 20000 10000]", slices.Repeat([]*vector.Batch{usual}, 10)...)
	f("very many that are alike", 0, "[535000 465000]", slices.Repeat([]*vector.Batch{usual}, 200)...)
	f("rows of a megabyte", 0, "[64 64 22]", rowsLike(150, 1<<20, 0))
	f("rows of a megabyte, one by one", 0, "[64 6]", slices.Repeat([]*vector.Batch{rowsLike(1, 1<<20, 0)}, 70)...)
	f("lists of a million", 0, "[1 1 1]", rowsLike(3, 2000, 1<<20))
	f("lists of some thousand", 0, "[82 82 36]", rowsLike(200, 15_000, 5000))
	f("a large row among usual ones", 0, "[5001]", usual, rowsLike(1, 1<<20, 0))
	f("large rows behind many usual ones", 0, "[50000 10]", append(slices.Repeat([]*vector.Batch{usual}, 10), rowsLike(10, 1<<20, 0))...)
}
