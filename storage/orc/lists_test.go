package orc

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// TestDictionaryVectors: the bytes of a file do not depend on how its rows came: each value for itself, as dictionaries
// of one batch, as parts of lists that grow from batch to batch, of one list or several, or as the few distinct structs.
func TestDictionaryVectors(t *testing.T) {
	const rows, batch = 3000, 250
	inner := types.RowOf(types.Field{Name: "a", Type: types.TVarchar}, types.Field{Name: "b", Type: types.TVarchar})
	schema := types.RowOf(types.Field{Name: "text", Type: types.TVarchar}, types.Field{Name: "struct", Type: inner})
	text := func(row int) string { return fmt.Sprint("value ", row*row%(50+row/7)) }
	null := func(row int) bool { return row%11 == 0 }
	b := func(row int) string { return fmt.Sprint("b", row%13) }
	write := func(column func(n, from int) vector.Vector, structs func(from int) vector.Vector) []byte {
		var buf bytes.Buffer
		w, err := NewWriter(&buf, schema, WriterOptions{Compression: Zstd, RowIndexStride: 400, StripeRows: 1700, BloomFilterColumns: []string{"text", "struct.a"}})
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < rows; at += batch {
			if err := w.Write(&vector.Batch{N: batch, Columns: []vector.Vector{column(at/batch, at), structs(at)}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return buf.Bytes()
	}
	nulls := func(from int) vector.Bitmap {
		set := vector.NewBitmap(batch)
		for i := range batch {
			if null(from + i) {
				set.Set(i)
			}
		}
		return set
	}
	flat := func(_, from int) vector.Vector {
		values := make([]string, batch)
		for i := range values {
			values[i] = text(from + i)
		}
		return vector.NewFlat(types.TVarchar, values, nulls(from))
	}
	// lists returns columns of so many lists, which batches take turns with; 0: each has its own entries.
	lists := func(n int) func(int, int) vector.Vector {
		type list struct {
			origin *vector.Origin
			values []string
			ids    map[string]int32
		}
		all := make([]list, max(n, 1))
		return func(number, from int) vector.Vector {
			l := &all[number%len(all)]
			if n == 0 || l.ids == nil {
				*l = list{&vector.Origin{}, nil, map[string]int32{}}
			}
			ids := make([]int32, batch)
			for i := range ids {
				s := text(from + i)
				id, ok := l.ids[s]
				if !ok {
					id = int32(len(l.values))
					l.values, l.ids[s] = append(l.values, s), id
				}
				ids[i] = id
			}
			entries := vector.NewEntries(types.TVarchar, l.values, l.origin)
			if n == 0 {
				entries = vector.NewFlat(types.TVarchar, l.values, nil)
			}
			return vector.NewDictionary(ids, entries, nulls(from))
		}
	}
	structs := func(from int) vector.Vector {
		a, second := make([]string, batch), make([]string, batch)
		for i := range a {
			a[i], second[i] = text(from+i), b(from+i)
		}
		set := nulls(from)
		return vector.NewRow(inner, []vector.Vector{vector.NewFlat(types.TVarchar, a, set), vector.NewFlat(types.TVarchar, second, set)}, batch, set)
	}
	distinct := func(from int) vector.Vector {
		var a, second []string
		seen, ids := map[string]int32{}, make([]int32, batch)
		for i := range ids {
			if null(from + i) {
				continue
			}
			key := text(from+i) + b(from+i)
			id, ok := seen[key]
			if !ok {
				id = int32(len(a))
				seen[key], a, second = id, append(a, text(from+i)), append(second, b(from+i))
			}
			ids[i] = id
		}
		values := vector.NewRow(inner, []vector.Vector{vector.NewFlat(types.TVarchar, a, nil), vector.NewFlat(types.TVarchar, second, nil)}, len(a), nil)
		return vector.NewDictionary(ids, values, nulls(from))
	}
	want := write(flat, structs)
	for name, got := range map[string][]byte{
		"dictionaries of a batch": write(lists(0), structs), "one list": write(lists(1), structs), "two lists": write(lists(2), structs),
		"more lists than are known": write(lists(maxLists+2), structs), "distinct structs": write(flat, distinct),
	} {
		if !bytes.Equal(got, want) {
			t.Errorf("%s: another file", name)
		}
	}
}
