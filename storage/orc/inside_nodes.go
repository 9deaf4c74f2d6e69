package orc

import (
	"fmt"
	"slices"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/orc/internal/rle"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// follow makes the nodes from a column down a path, and returns the type of what
// they yield: that of the path's end, in an array for each list or map on the way.
func (c *ColumnReader) follow(at *column, path []string) (node, types.Type, error) {
	if len(path) == 0 && c.key != nil {
		return c.element(at)
	}
	if len(path) == 0 {
		n, err := c.node(at)
		return n, at.typ, err
	}
	encodings := []uint64{protobuf.Direct}
	if at.kind == protobuf.List || at.kind == protobuf.Map {
		encodings = append(encodings, protobuf.DirectV2)
	}
	b, err := c.base(at, encodings...)
	if err != nil {
		return nil, types.Type{}, err
	}
	child := at.child(path[0])
	switch at.kind {
	case protobuf.List, protobuf.Map:
		lengths := c.ints(b, protobuf.Length, false)
		inner, t, err := c.follow(child, path[1:])
		if err != nil {
			return nil, t, err
		}
		t = types.ArrayOf(t)
		return &listNode{nodeBase: b, typ: t, spans: spanLengths{in: lengths}, children: []node{inner}}, t, nil
	case protobuf.Union:
		n := &memberNode{nodeBase: b, data: c.bytes(b), member: slices.Index(at.children, child)}
		var t types.Type
		n.inner, t, err = c.follow(child, path[1:])
		return n, t, err
	}
	inner, t, err := c.follow(child, path[1:])
	return &throughNode{b, inner}, t, err
}

// memberNode is a union of which one member is read; it is NULL where the union
// is another one.
type memberNode struct {
	*nodeBase
	data   *rle.ByteReader
	member int
	inner  node
	tags   []byte  // scratch
	rows   []int32 // of each slot among the member's values; -1 where there is none
	values int32   // of the member so far
}

// read decodes tags and returns how many of them are the member's.
func (d *memberNode) read(tags []byte) (n int, err error) {
	if err := d.data.Read(tags); err != nil {
		return 0, d.fail(protobuf.Data, err)
	}
	for _, t := range tags {
		if int(t) >= len(d.col.children) {
			return 0, d.fail(protobuf.Data, fmt.Errorf("tag %d of a union of %d", t, len(d.col.children)))
		}
		if int(t) == d.member {
			n++
		}
	}
	return n, nil
}

func (d *memberNode) append(n int, parent vector.Bitmap) error {
	at, present, err := d.slots(n, parent, 25)
	if err != nil {
		return err
	}
	d.tags = grow(d.tags[:0], n)
	count, err := d.read(d.tags[:present])
	if err != nil {
		return err
	}
	spread(d.tags, present, d.nulls, at)
	for i, t := range d.tags {
		row := int32(-1)
		if int(t) == d.member && !d.nulls.Has(at+i) {
			row = d.values
			d.values++
		}
		d.rows = append(d.rows, row)
	}
	return d.inner.append(count, nil)
}

func (d *memberNode) skip(n int) error {
	present, err := d.skipSlots(n)
	if err != nil {
		return err
	}
	tags := make([]byte, min(present, encodeRows))
	for present > 0 {
		step := min(present, len(tags))
		count, err := d.read(tags[:step])
		if err == nil {
			err = d.inner.skip(count)
		}
		if err != nil {
			return err
		}
		present -= step
	}
	return nil
}

func (d *memberNode) take() vector.Vector {
	defer d.begin()
	rows := d.rows
	d.rows, d.values = nil, 0
	return vector.GatherOrNull(d.inner.take(), rows)
}
