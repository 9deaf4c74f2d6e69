package orc

import (
	"fmt"
	"math"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// nested makes the decoder of a struct, list, map or union.
func (c *ColumnReader) nested(b *nodeBase) (node, error) {
	col := b.col
	var lengths *rle.IntReader
	var tags *rle.ByteReader
	switch col.kind {
	case protobuf.List, protobuf.Map:
		lengths = c.ints(b, protobuf.Length, false)
	case protobuf.Union:
		tags = c.bytes(b)
	}
	var children []node
	for _, child := range col.children {
		x, err := c.node(child)
		if err != nil {
			return nil, err
		}
		children = append(children, x)
	}
	switch col.kind {
	case protobuf.Struct:
		return &structNode{b, children}, nil
	case protobuf.List, protobuf.Map:
		return &listNode{nodeBase: b, typ: col.typ, lengths: lengths, children: children}, nil
	case protobuf.Union:
		return &unionNode{nodeBase: b, data: tags, children: children}, nil
	}
	return nil, fmt.Errorf("%w: column %s of type %s", ErrUnsupported, col.path(), col.typ)
}

// throughNode is a struct of which one field is read.
type throughNode struct {
	*nodeBase
	inner node
}

func (d *throughNode) append(n int, parent vector.Bitmap) error {
	if _, err := d.slots(n, parent); err != nil {
		return d.fail(protobuf.Present, err)
	}
	return d.inner.append(n, d.nulls)
}

func (d *throughNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return d.fail(protobuf.Present, err)
	}
	return d.inner.skip(present)
}

func (d *throughNode) take() vector.Vector {
	d.begin()
	return d.inner.take()
}

// structNode decodes rows.
type structNode struct {
	*nodeBase
	fields []node
}

func (d *structNode) append(n int, parent vector.Bitmap) error {
	if _, err := d.slots(n, parent); err != nil {
		return d.fail(protobuf.Present, err)
	}
	for _, f := range d.fields {
		if err := f.append(n, d.nulls); err != nil {
			return err
		}
	}
	return nil
}

func (d *structNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return d.fail(protobuf.Present, err)
	}
	for _, f := range d.fields {
		if err := f.skip(present); err != nil {
			return err
		}
	}
	return nil
}

func (d *structNode) take() vector.Vector {
	defer d.begin()
	fields := make([]vector.Vector, len(d.fields))
	for i, f := range d.fields {
		fields[i] = f.take()
	}
	if d.missing == d.n && d.n > 0 {
		return vector.NewNull(d.col.typ, d.n)
	}
	return vector.NewRow(d.col.typ, fields, d.n, d.missed())
}

// listNode decodes arrays and maps, or of either one child, as arrays.
type listNode struct {
	*nodeBase
	typ      types.Type
	lengths  *rle.IntReader
	children []node
	offsets  []int32
	scratch  []int64
}

func (d *listNode) append(n int, parent vector.Bitmap) error {
	at := d.n
	present, err := d.slots(n, parent)
	if err != nil {
		return d.fail(protobuf.Present, err)
	}
	if err := d.memo.take(int64(12 * n)); err != nil {
		return err
	}
	d.scratch = grow(d.scratch[:0], n)
	if err := d.lengths.Read(d.scratch[:present]); err != nil {
		return d.fail(protobuf.Length, err)
	}
	spread(d.scratch, present, d.nulls, at)
	if len(d.offsets) == 0 {
		d.offsets = make([]int32, 1, n+1)
	}
	from := int64(d.offsets[len(d.offsets)-1])
	end := from
	for _, v := range d.scratch {
		if v < 0 || v > math.MaxInt32 || end+v > math.MaxInt32 {
			return d.fail(protobuf.Length, rle.ErrLength)
		}
		end += v
		d.offsets = append(d.offsets, int32(end))
	}
	for _, c := range d.children {
		if err := c.append(int(end-from), nil); err != nil {
			return err
		}
	}
	return nil
}

func (d *listNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return d.fail(protobuf.Present, err)
	}
	sum, err := d.lengths.Sum(present)
	if err == nil && sum > math.MaxInt32 {
		err = rle.ErrLength
	}
	if err != nil {
		return d.fail(protobuf.Length, err)
	}
	for _, c := range d.children {
		if err := c.skip(int(sum)); err != nil {
			return err
		}
	}
	return nil
}

func (d *listNode) take() vector.Vector {
	defer d.begin()
	offsets := d.offsets
	d.offsets = nil
	if offsets == nil {
		offsets = make([]int32, 1)
	}
	children := make([]vector.Vector, len(d.children))
	for i, c := range d.children {
		children[i] = c.take()
	}
	switch {
	case d.missing == d.n && d.n > 0:
		return vector.NewNull(d.typ, d.n)
	case d.typ.Is(types.Array):
		return vector.NewArray(d.typ, offsets, children[0], d.missed())
	}
	return vector.NewMap(d.typ, offsets, children[0], children[1], d.missed())
}

// unionNode decodes unions, as rows of a tag and a field for each member, of
// which one at most is not NULL.
type unionNode struct {
	*nodeBase
	data     *rle.ByteReader
	children []node
	tags     []byte
}

// readTags decodes tags and counts the values that each member has of them.
func (d *unionNode) readTags(dst []byte) ([]int, error) {
	if err := d.data.Read(dst); err != nil {
		return nil, d.fail(protobuf.Data, err)
	}
	counts := make([]int, len(d.children))
	for _, t := range dst {
		if int(t) >= len(counts) {
			return nil, d.fail(protobuf.Data, fmt.Errorf("tag %d of a union of %d", t, len(counts)))
		}
		counts[t]++
	}
	return counts, nil
}

func (d *unionNode) append(n int, parent vector.Bitmap) error {
	at := d.n
	present, err := d.slots(n, parent)
	if err != nil {
		return d.fail(protobuf.Present, err)
	}
	if err := d.memo.take(int64(n * (1 + 20*len(d.children)))); err != nil {
		return err
	}
	d.tags = grow(d.tags, n)
	counts, err := d.readTags(d.tags[at : at+present])
	if err != nil {
		return err
	}
	spread(d.tags[at:], present, d.nulls, at)
	for i, c := range d.children {
		if err := c.append(counts[i], nil); err != nil {
			return err
		}
	}
	return nil
}

func (d *unionNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return d.fail(protobuf.Present, err)
	}
	tags := make([]byte, min(present, encodeRows))
	for present > 0 {
		step := min(present, len(tags))
		counts, err := d.readTags(tags[:step])
		if err != nil {
			return err
		}
		for i, c := range d.children {
			if err := c.skip(counts[i]); err != nil {
				return err
			}
		}
		present -= step
	}
	return nil
}

func (d *unionNode) take() vector.Vector {
	defer d.begin()
	tags := d.tags
	d.tags = nil
	members := make([]vector.Vector, len(d.children))
	for i, c := range d.children {
		members[i] = c.take()
	}
	numbers := make([]int64, d.n)
	rows := make([][]int32, len(members))
	next := make([]int32, len(members))
	for m := range rows {
		rows[m] = make([]int32, d.n)
	}
	nulls := d.missed()
	for i, t := range tags {
		numbers[i] = int64(t)
		for m := range rows {
			rows[m][i] = -1
		}
		if !nulls.Has(i) {
			rows[t][i] = next[t]
			next[t]++
		}
	}
	fields := []vector.Vector{vector.NewFlat(d.col.typ.Fields()[0].Type, numbers, nulls)}
	for m, v := range members {
		fields = append(fields, vector.GatherOrNull(v, rows[m]))
	}
	return vector.NewRow(d.col.typ, fields, d.n, nulls)
}
