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
		return &listNode{nodeBase: b, typ: col.typ, spans: spanLengths{in: lengths}, children: children}, nil
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
	if _, _, err := d.slots(n, parent, 0); err != nil {
		return err
	}
	return d.inner.append(n, d.nulls)
}

func (d *throughNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
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
	if _, _, err := d.slots(n, parent, 0); err != nil {
		return err
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
		return err
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
	spans    spanLengths
	children []node
	offsets  []int32
}

// spanLengths decodes how many children slots have: elements of an array, or entries of a map.
type spanLengths struct {
	in   *rle.IntReader
	last []int64 // of the slots that were read last
}

// append returns the lengths of n more slots of d, 0 of those that are NULL, until the next call, and their sum, which is at most most.
func (s *spanLengths) append(d *nodeBase, n int, parent vector.Bitmap, most int32) (lengths []int64, total int, err error) {
	at, present, err := d.slots(n, parent, 12)
	if err != nil {
		return nil, 0, err
	}
	s.last = grow(s.last[:0], n)
	if err := s.in.Read(s.last[:present]); err != nil {
		return nil, 0, d.fail(protobuf.Length, err)
	}
	spread(s.last, present, d.nulls, at)
	for _, v := range s.last {
		if v < 0 || v > int64(most)-int64(total) {
			return nil, 0, d.fail(protobuf.Length, rle.ErrLength)
		}
		total += int(v)
	}
	return s.last, total, nil
}

// skip passes over n values, and returns how many children they have.
func (s *spanLengths) skip(d *nodeBase, n int) (total int, err error) {
	present, err := d.skipSlots(n)
	if err != nil {
		return 0, err
	}
	sum, err := s.in.Sum(present)
	if err == nil && sum > math.MaxInt32 {
		err = rle.ErrLength
	}
	return int(sum), d.fail(protobuf.Length, err)
}

func (d *listNode) append(n int, parent vector.Bitmap) error {
	end := int32(0)
	if len(d.offsets) > 0 {
		end = d.offsets[len(d.offsets)-1]
	}
	lengths, total, err := d.spans.append(d.nodeBase, n, parent, math.MaxInt32-end)
	if err != nil {
		return err
	}
	if len(d.offsets) == 0 { // not before: n may be anything until the memory for it is asked for
		d.offsets = make([]int32, 1, n+1)
	}
	for _, v := range lengths {
		end += int32(v)
		d.offsets = append(d.offsets, end)
	}
	for _, c := range d.children {
		if err := c.append(total, nil); err != nil {
			return err
		}
	}
	return nil
}

func (d *listNode) skip(n int) error {
	total, err := d.spans.skip(d.nodeBase, n)
	if err != nil {
		return err
	}
	for _, c := range d.children {
		if err := c.skip(total); err != nil {
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
	at, present, err := d.slots(n, parent, 1+20*len(d.children))
	if err != nil {
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
		return err
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
