package orc

import (
	"fmt"
	"math"
	"slices"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Element returns a reader of what the maps at path have for a key: the value of the first
// entry with it, NULL where there is none. No map is made: the key is looked for once among the
// entries of the keys' dictionary, then among the numbers of the keys, and of values in a dictionary
// only numbers are read. Of an absent column: ErrNoColumn; the keys must be text: ErrUnsupported.
func (s *StripeReader) Element(path []string, key string) (*ColumnReader, error) {
	col, err := s.f.schema.find(path)
	if err != nil {
		return nil, err
	}
	if col.kind != protobuf.Map || !col.typ.Key().Is(types.Varchar) || col.repeated {
		return nil, fmt.Errorf("%w: values of a key of column %s of type %s", ErrUnsupported, col.path(), col.typ)
	}
	c := &ColumnReader{s: s, col: col, key: &key}
	if err := c.build(); err != nil {
		return nil, err
	}
	return c, nil
}

// element makes the decoder of the values of the reader's key.
func (c *ColumnReader) element(col *column) (node, types.Type, error) {
	b, err := c.base(col, protobuf.Direct, protobuf.DirectV2)
	if err != nil {
		return nil, types.Type{}, err
	}
	d := &elementNode{nodeBase: b, key: *c.key, spans: spanLengths{in: c.ints(b, protobuf.Length, false)}}
	if d.keys, err = c.node(col.children[0]); err != nil {
		return nil, types.Type{}, err
	}
	d.typ = col.typ.Value()
	d.values, err = c.node(col.children[1])
	return d, d.typ, err
}

// elementNode decodes what maps have for one key.
//
//	lengths  2       0  3                  of each map
//	keys     7 1        7 2 4              numbers in the dictionary; key is 2
//	values   a b        a c b         ─►   NULL NULL c
type elementNode struct {
	*nodeBase
	typ          types.Type
	key          string
	spans        spanLengths
	keys, values node

	of  vector.Vector // the dictionary of keys that was looked through
	hit []bool        // of its entries, which are the key

	rows   []int32         // of each slot, its value among those that piled up; -1 for none
	picked int32           // values that piled up in the node of values
	pieces []vector.Vector // or, of values in a dictionary, the slots so far
}

func (d *elementNode) append(n int, parent vector.Bitmap) error {
	lengths, total, err := d.spans.append(d.nodeBase, n, parent, math.MaxInt32)
	if err != nil {
		return err
	}
	if err := d.keys.append(total, nil); err != nil {
		return err
	}
	rows := d.find(d.keys.take(), lengths)
	if _, ok := d.values.(*dictionaryNode); ok {
		if err := d.values.append(total, nil); err != nil {
			return err
		}
		d.pieces = append(d.pieces, vector.GatherOrNull(d.values.take(), rows))
		return nil
	}
	return d.pick(rows, total)
}

// find returns the entry of each map that has the key, by its place among all of them; -1 for none.
func (d *elementNode) find(keys vector.Vector, lengths []int64) []int32 {
	rows := make([]int32, len(lengths))
	view := vector.ViewOf[string](keys)
	_, isFlat := keys.(*vector.Flat[string])
	if dictionary, ok := keys.(*vector.Dictionary); ok {
		if d.of != dictionary.Values {
			d.of, d.hit = dictionary.Values, d.hit[:0]
			for _, entry := range view.Values {
				d.hit = append(d.hit, entry == d.key)
			}
		}
	} else if !isFlat { // a constant
		d.of, d.hit = nil, append(d.hit[:0], view.Values[0] == d.key && !view.Nulls.Has(0))
	}
	from := 0
	for i, n := range lengths {
		rows[i] = -1
		to := from + int(n)
		for j, id := range view.At[from:to] {
			switch {
			case isFlat && view.Values[id] != d.key, !isFlat && !d.hit[id]:
				continue
			case view.Nulls.Has(from + j):
				continue
			}
			rows[i] = int32(from + j)
			break
		}
		from = to
	}
	return rows
}

// pick decodes the values of the given entries of total, and no other.
func (d *elementNode) pick(rows []int32, total int) error {
	next := 0
	for i, r := range rows {
		if r < 0 {
			continue
		}
		if int(r) > next {
			if err := d.values.skip(int(r) - next); err != nil {
				return err
			}
		}
		if err := d.values.append(1, nil); err != nil {
			return err
		}
		next = int(r) + 1
		rows[i] = d.picked
		d.picked++
	}
	d.rows = append(d.rows, rows...)
	if next < total {
		return d.values.skip(total - next)
	}
	return nil
}

func (d *elementNode) skip(n int) error {
	total, err := d.spans.skip(d.nodeBase, n)
	if err != nil {
		return err
	}
	if err := d.keys.skip(total); err != nil {
		return err
	}
	return d.values.skip(total)
}

func (d *elementNode) take() vector.Vector {
	defer d.begin()
	if _, ok := d.values.(*dictionaryNode); ok {
		pieces := d.pieces
		d.pieces = nil
		if len(pieces) == 0 {
			return vector.NewBuilder(d.typ, 0).Build()
		}
		return d.joined(pieces)
	}
	rows := d.rows
	d.rows, d.picked = nil, 0
	return vector.GatherOrNull(d.values.take(), rows)
}

// joined puts pieces together. Those without a value, which are constants, do not keep the others from
// being a dictionary.
func (d *elementNode) joined(pieces []vector.Vector) vector.Vector {
	if len(pieces) == 1 {
		return pieces[0]
	}
	at := slices.IndexFunc(pieces, func(p vector.Vector) bool { _, ok := p.(*vector.Dictionary); return ok })
	if at >= 0 {
		entries := pieces[at].(*vector.Dictionary).Values
		for i, p := range pieces {
			if c, ok := p.(*vector.Constant); ok && c.IsNull() {
				pieces[i] = vector.NewDictionary(make([]int32, c.N), entries, c.Nulls())
			}
		}
	}
	return vector.Concat(d.typ, pieces...)
}
