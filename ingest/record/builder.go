package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Builder fills the columns of a table from records, by the mapping rules of
// CloudTrail Lake (docs/mapping.md). It is not safe for concurrent use.
type Builder struct {
	table   *schema.Table
	columns []*column // of the table
	members *column   // the record as a struct: its children are those columns that are read from a member

	eventJSON, checksum, archive *column
	rows                         int
	bytes                        int
	sum                          [44]byte // Base64 of a SHA-256

	text  []byte // of the record that Read was given last
	event eventReader
}

// column builds one column, or a part of one.
type column struct {
	typ      types.Type
	nulls    vector.Bitmap
	n        int
	text     *vector.TextBuilder // of a string
	ints     []int64             // of a timestamp or an integer
	floats   []float64           // of a double
	bools    []bool
	offsets  []int32             // of an array or map
	keys     *vector.TextBuilder // of a map
	children []*column           // of a struct; one for an array: its elements

	// Of a struct: which child a member's name means, and the values found in the object at hand.
	names  map[string]int // exact spellings
	folded map[string]int // lower-case spellings
	after  []int          // the child whose member followed child i last time (index i+1): a guess
	found  []found
	list   []string   // by child, the exact spelling
	from   [][]string // by child, schema.Column.From; nil if no child has any

	entries []entry // of a map: those of the object at hand
	scratch []byte
}

type found struct {
	value Span
	set   bool
	exact bool // by a name of exact spelling
}

type entry struct {
	from, to int // of the key, in scratch
	value    Span
}

// NewBuilder returns an empty builder for table.
func NewBuilder(table *schema.Table) *Builder {
	b := &Builder{table: table, members: &column{names: map[string]int{}, folded: map[string]int{}}}
	for _, c := range table.Columns {
		col := newColumn(c)
		b.columns = append(b.columns, col)
		switch c.Name {
		case schema.EventJSON:
			b.eventJSON = col
		case schema.Checksum:
			b.checksum = col
		case schema.Archive:
			b.archive = col
		default:
			b.members.adopt(c, col)
		}
	}
	b.members.ready()
	b.event.bind(b.members)
	return b
}

func newColumn(c schema.Column) *column {
	col := &column{typ: c.Type}
	switch c.Type.Kind() {
	case types.Varchar:
		col.text = vector.NewTextBuilder(c.Type)
	case types.Map:
		col.offsets = []int32{0}
		col.keys = vector.NewTextBuilder(c.Type.Key())
		col.text = vector.NewTextBuilder(c.Type.Value())
	case types.Row:
		col.names, col.folded = map[string]int{}, map[string]int{}
		for _, f := range c.Fields {
			col.adopt(f, newColumn(f))
		}
		col.ready()
	case types.Array:
		col.offsets = []int32{0}
		col.children = []*column{newColumn(schema.Column{Type: c.Type.Elem(), Fields: c.Fields})}
	}
	return col
}

// adopt makes child the one that is read from c's member.
func (c *column) adopt(of schema.Column, child *column) {
	i := len(c.children)
	c.children = append(c.children, child)
	c.names[of.Member] = i
	c.folded[strings.ToLower(of.Member)] = i
	c.folded[of.Name] = i
	c.list = append(c.list, of.Member)
	if of.From != nil {
		for len(c.from) <= i {
			c.from = append(c.from, nil)
		}
		c.from[i] = of.From
	}
}

func (c *column) ready() {
	c.after = make([]int, len(c.children)+1)
	c.found = make([]found, len(c.children))
}

// Len returns the number of rows appended since the last Build.
func (b *Builder) Len() int { return b.rows }

// Bytes returns the JSON text appended since the last Build, in bytes.
func (b *Builder) Bytes() int { return b.bytes }

// Compact returns the record that s scanned last in text as eventjson holds it:
// its own bytes without white space between tokens. The result may alias text or
// scratch, which is grown as needed and returned for reuse.
func Compact(text []byte, s *Scanner, scratch []byte) (compact, reuse []byte) {
	raw := text[s.Root.From:s.Root.To]
	if !s.Root.Loose && (!s.NonASCII || isValid(raw)) {
		return raw, scratch
	}
	scratch = appendCompact(scratch[:0], raw)
	return scratch, scratch
}

// Append adds the record that Read was given last as a row. compact is the record as
// Compact returns it, sum its SHA-256, archive what _archive says of where it came from.
func (b *Builder) Append(compact []byte, sum [sha256.Size]byte, archive string) {
	b.members.fill(b.text)
	b.eventJSON.text.AppendBytes(compact)
	base64.StdEncoding.Encode(b.sum[:], sum[:])
	b.checksum.text.AppendBytes(b.sum[:])
	b.archive.text.AppendString(archive)
	b.eventJSON.n++
	b.checksum.n++
	b.archive.n++
	b.rows++
	b.bytes += len(compact)
}

// note remembers a member of the object at hand; prev is what the call for the member
// before returned, 0 for the first.
func (c *column) note(text []byte, name, value Span, prev int) int {
	key := text[name.From+1 : name.To-1]
	if name.Escaped {
		c.scratch = appendString(c.scratch[:0], text[name.From:name.To], true)
		key = c.scratch
	}
	child, exact := c.after[prev], true
	if string(key) != c.list[child] {
		var ok bool
		if child, ok = c.names[string(key)]; !ok {
			exact = false
			if child, ok = c.folded[string(bytes.ToLower(key))]; !ok {
				return prev
			}
		}
		c.after[prev] = child
	}
	f := &c.found[child]
	if !f.set || exact || !f.exact {
		*f = found{value, true, exact}
	}
	return child + 1
}

// resolve finds the values of children that the object has no member for, where else they may be in it.
func (c *column) resolve(text []byte, object Span) {
	for i, steps := range c.from {
		if steps == nil || c.found[i].set {
			continue
		}
		if value, ok := follow(text, object, steps); ok {
			c.found[i] = found{value, true, true}
		}
	}
}

// fill appends one row to each child from what was noted, and forgets it.
func (c *column) fill(text []byte) {
	for i, child := range c.children {
		if f := &c.found[i]; f.set {
			child.append(text, f.value)
			f.set = false
		} else {
			child.appendNull()
		}
	}
}

func (c *column) setNull() {
	for len(c.nulls) <= c.n>>6 {
		c.nulls = append(c.nulls, 0)
	}
	c.nulls.Set(c.n)
}

func (c *column) appendNull() {
	switch c.typ.Kind() {
	case types.Varchar:
		c.text.AppendNull()
		c.n++
		return
	case types.Timestamp, types.Integer:
		c.ints = append(c.ints, 0)
	case types.Double:
		c.floats = append(c.floats, 0)
	case types.Boolean:
		c.bools = append(c.bools, false)
	case types.Row:
		for _, child := range c.children {
			child.appendNull()
		}
	case types.Map, types.Array:
		c.offsets = append(c.offsets, c.offsets[c.n])
	}
	c.setNull()
	c.n++
}

// append adds the row that value means. What does not fit the column's type becomes NULL; it is still in eventjson.
func (c *column) append(text []byte, value Span) {
	if value.Kind == Null {
		c.appendNull()
		return
	}
	token := text[value.From:value.To]
	switch c.typ.Kind() {
	case types.Varchar:
		appendText(c.text, token, value)
	case types.Timestamp:
		t, ok := timeOf(token, value, &c.scratch)
		if !ok {
			c.appendNull()
			return
		}
		c.ints = append(c.ints, t*1000)
	case types.Boolean:
		v, ok := booleanOf(token, value)
		if !ok {
			c.appendNull()
			return
		}
		c.bools = append(c.bools, v)
	case types.Double:
		v, ok := doubleOf(token, value)
		if !ok {
			c.appendNull()
			return
		}
		c.floats = append(c.floats, v)
	case types.Integer:
		v, ok := integerOf(token, value)
		if !ok {
			c.appendNull()
			return
		}
		c.ints = append(c.ints, v)
	case types.Row:
		if value.Kind != Object {
			c.appendNull()
			return
		}
		prev := 0
		for w := walk(text, value); ; {
			name, v, ok := w.member()
			if !ok {
				break
			}
			prev = c.note(text, name, v, prev)
		}
		if c.from != nil {
			c.resolve(text, value)
		}
		c.fill(text)
	case types.Map:
		if value.Kind != Object {
			c.appendNull()
			return
		}
		c.appendEntries(text, value)
	case types.Array:
		if value.Kind != Array {
			c.appendNull()
			return
		}
		elements := c.children[0]
		for w := walk(text, value); ; {
			v, ok := w.element()
			if !ok {
				break
			}
			elements.append(text, v)
		}
		c.offsets = append(c.offsets, int32(elements.n))
	}
	c.n++
}

// appendText adds a value to a column of text: strings decoded, numbers and
// booleans as they are written, objects and arrays as compact JSON.
func appendText(b *vector.TextBuilder, token []byte, value Span) {
	switch value.Kind {
	case Null:
		b.AppendNull()
	case String:
		b.Write(func(dst []byte) []byte { return appendString(dst, token, value.Escaped) })
	case Object, Array:
		b.Write(func(dst []byte) []byte {
			if value.Loose {
				return appendCompact(dst, token)
			}
			return appendValid(dst, token)
		})
	default:
		b.AppendBytes(token)
	}
}

// manyEntries is the size of an object from which on duplicate names are found by a hash table.
const manyEntries = 24

// appendEntries adds a map: one entry a member. Of members with the same name the last one counts.
func (c *column) appendEntries(text []byte, value Span) {
	c.entries, c.scratch = c.entries[:0], c.scratch[:0]
	var index map[string]int
	for w := walk(text, value); ; {
		name, v, ok := w.member()
		if !ok {
			break
		}
		from := len(c.scratch)
		c.scratch = appendString(c.scratch, text[name.From:name.To], name.Escaped)
		if index == nil && len(c.entries) >= manyEntries {
			index = make(map[string]int, 2*manyEntries)
			for i, e := range c.entries {
				index[string(c.scratch[e.from:e.to])] = i
			}
		}
		key := c.scratch[from:]
		if i, ok := c.entry(key, index); ok {
			c.entries[i].value = v
			c.scratch = c.scratch[:from]
			continue
		}
		if index != nil {
			index[string(key)] = len(c.entries)
		}
		c.entries = append(c.entries, entry{from, len(c.scratch), v})
	}
	for _, e := range c.entries {
		c.keys.AppendBytes(c.scratch[e.from:e.to])
		appendText(c.text, text[e.value.From:e.value.To], e.value)
	}
	c.offsets = append(c.offsets, int32(c.keys.Len()))
}

func (c *column) entry(key []byte, index map[string]int) (int, bool) {
	if index != nil {
		i, ok := index[string(key)]
		return i, ok
	}
	for i, e := range c.entries {
		if string(c.scratch[e.from:e.to]) == string(key) {
			return i, true
		}
	}
	return 0, false
}

// Build returns the rows appended since the last Build, and leaves the builder empty.
func (b *Builder) Build() *vector.Batch {
	batch := &vector.Batch{N: b.rows}
	for _, c := range b.columns {
		batch.Columns = append(batch.Columns, c.build())
	}
	b.rows, b.bytes = 0, 0
	return batch
}

func (c *column) build() vector.Vector {
	n, nulls := c.n, c.nulls
	c.n, c.nulls = 0, nil
	if nulls != nil {
		for len(nulls) < (n+63)/64 {
			nulls = append(nulls, 0)
		}
	}
	switch c.typ.Kind() {
	case types.Varchar:
		return c.text.Build()
	case types.Timestamp, types.Integer:
		v := vector.NewFlat(c.typ, c.ints, nulls)
		c.ints = nil
		return v
	case types.Double:
		v := vector.NewFlat(c.typ, c.floats, nulls)
		c.floats = nil
		return v
	case types.Boolean:
		v := vector.NewFlat(c.typ, c.bools, nulls)
		c.bools = nil
		return v
	case types.Row:
		fields := make([]vector.Vector, len(c.children))
		for i, child := range c.children {
			fields[i] = child.build()
		}
		return vector.NewRow(c.typ, fields, n, nulls)
	}
	offsets := c.offsets
	c.offsets = []int32{0}
	if c.typ.Is(types.Map) {
		return vector.NewMap(c.typ, offsets, c.keys.Build(), c.text.Build(), nulls)
	}
	return vector.NewArray(c.typ, offsets, c.children[0].build(), nulls)
}
