package record

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unsafe"

	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Builder fills the columns of a table from records, by the mapping rules of
// CloudTrail Lake (docs/mapping.md), that a Collector kept. It is not safe for concurrent use.
type Builder struct {
	table   *schema.Table
	columns []*column // of the table
	members *column   // the record as a struct: its children are those columns that are read from a member

	eventJSON, checksum, archive *column
	rows                         int
	texts                        []string // eventjson
	sum                          [44]byte // Base64 of a SHA-256
	filled                       bool     // the columns have the rows
	touched                      byte
}

// cell is the value that a column has in a row, where it lies in the row's text. Cells wait until all rows of a
// vector are there, so that they are read column by column: what a column knows of its values stays at hand.
type cell struct {
	row      int32
	from, to uint32
	kind     Kind
	marks    uint8 // as of a member
}

// column builds one column, or a part of one.
type column struct {
	typ      types.Type
	cells    []cell // of a column of the table
	nulls    vector.Bitmap
	n        int
	text     *textColumn // of a string; of a map: its values
	ints     []int64     // of a timestamp or an integer
	floats   []float64   // of a double
	bools    []bool
	keys     *textColumn // of a map
	children []*column   // of a struct; one for an array: its elements

	// Of a struct, map or array: which of the values of the vector at hand each row has. What comes again
	// is not built again.
	ids      []int32
	distinct int     // values
	offsets  []int32 // of a map's or array's values

	// Of a struct: which child a member's name means, and the values found in the object at hand.
	names  map[string]int // exact spellings
	folded map[string]int // lower-case spellings
	after  []int          // the child whose member followed child i last time (index i+1): a guess
	found  []found
	hits   []int      // the children of which found has a value
	list   []string   // by child, the exact spelling
	from   [][]string // by child, schema.Column.From; nil if no child has any

	// differs says that a text, or one inside of a struct, may not be what a path into the JSON leads to.
	differs bool

	null *vector.Constant // one NULL

	seen seen // of a struct, map or array

	// Of a map: the entries of the object at hand, and the names that the one before had: the next one often has the same.
	entries  []entry
	expected []memberName
	scratch  []byte
}

type found struct {
	value Span
	set   bool
	exact bool // by a name of exact spelling
	odd   bool // not the only one for the child, or not by a name of exact spelling without escapes
}

type entry struct {
	key   []byte // in the text, or in scratch
	value Span
	id    int32 // of the key among the column's; -1: it is not known
	plain bool  // the key stands in the text as "key":
}

// memberName is the name of a member, and which of the column's keys it is.
type memberName struct {
	key string
	id  int32
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
			b.checksum, col.text = col, newUniqueColumn(c.Type)
		case schema.Archive:
			b.archive = col
		default:
			b.members.adopt(c, col)
		}
	}
	b.members.ready()
	return b
}

func newColumn(c schema.Column) *column {
	col := &column{typ: c.Type}
	switch c.Type.Kind() {
	case types.Varchar:
		col.text = newTextColumn(c.Type)
	case types.Map:
		col.offsets = []int32{0}
		col.keys = newTextColumn(c.Type.Key())
		col.text = newTextColumn(c.Type.Value())
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

// Append adds a record as a row. The record's text must stay until the next Build.
func (b *Builder) Append(records *Records, row int) {
	text, values, of := records.at(row)
	children := b.members.children
	for _, v := range values {
		c := children[v.child]
		c.cells = append(c.cells, cell{int32(b.rows), v.from, v.to, v.kind, v.marks})
	}
	b.texts = append(b.texts, unsafe.String(unsafe.SliceData(text), len(text))) // Records do not change
	base64.StdEncoding.Encode(b.sum[:], of.sum[:])
	b.checksum.text.AppendBytes(b.sum[:])
	b.archive.text.AppendString(of.archive)
	b.checksum.n++
	b.archive.n++
	for i := 0; i < len(text); i += cacheLine {
		b.touched += text[i]
	}
	b.rows++
	b.filled = false
	if b.rows%blockRows == 0 {
		b.fill()
	}
}

const (
	// blockRows are filled into columns at a time: their texts fit into a processor's own cache, to which they are
	// brought beforehand, one after the other, by touching each of their lines.
	blockRows = 128
	cacheLine = 64
)

// fill makes rows of the cells.
func (b *Builder) fill() {
	if b.filled {
		return
	}
	for _, c := range b.members.children {
		c.fillCells(b.texts)
	}
	b.filled = true
}

// fillCells adds the rows of cells, those between them as NULL.
func (c *column) fillCells(texts []string) {
	isText := c.typ.Is(types.Varchar)
	for _, x := range c.cells {
		c.catchUp(int(x.row))
		text := texts[x.row]
		if isText && x.kind == String && x.marks == 0 {
			value := text[x.from+1 : x.to-1]
			c.text.AppendStable(unsafe.Slice(unsafe.StringData(value), len(value)))
			c.n++
			continue
		}
		c.differs = c.differs || x.marks&oddMark != 0
		c.append(unsafe.Slice(unsafe.StringData(text), len(text)),
			Span{From: int(x.from), To: int(x.to), Kind: x.kind, Escaped: x.marks&escapedMark != 0})
	}
	c.cells = c.cells[:0]
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
	odd := f.set || !exact || name.Escaped
	if !f.set {
		c.hits = append(c.hits, child)
	}
	if !f.set || exact || !f.exact {
		*f = found{value, true, exact, odd}
	}
	f.odd = odd
	return child + 1
}

// noteAll remembers the members of an object.
func (c *column) noteAll(text []byte, object Span) {
	prev := 0
	for w := walk(text, object); w.separator() != '}'; {
		child := c.after[prev]
		if f := &c.found[child]; !f.set && isName(text[w.at:], c.list[child]) { // as it was last time
			w.at += len(c.list[child]) + len(`"":`)
			*f = found{value: w.value(), set: true, exact: true}
			c.hits = append(c.hits, child)
			prev = child + 1
			continue
		}
		name, v, _ := w.member()
		prev = c.note(text, name, v, prev)
	}
}

// resolve finds the values of children that the object has no member for, where else they may be in it.
func (c *column) resolve(text []byte, object Span) {
	for i, steps := range c.from {
		if steps == nil || c.found[i].set {
			continue
		}
		if value, ok := follow(text, object, steps); ok {
			c.found[i] = found{value, true, true, true}
			c.hits = append(c.hits, i)
		}
	}
}

// fill appends one row to those children that have a value by what was noted, and forgets it. The
// others are left behind, until they have one: catchUp then makes the rows between NULL.
func (c *column) fill(text []byte) {
	for _, i := range c.hits {
		child, f := c.children[i], &c.found[i]
		child.catchUp(c.distinct)
		child.differs = child.differs || f.odd
		child.append(text, f.value)
		f.set = false
	}
	c.hits = c.hits[:0]
}

// catchUp makes the rows from c.n up to n NULL.
func (c *column) catchUp(n int) {
	if missing := n - c.n; missing != 0 {
		c.appendNulls(missing)
	}
}

func (c *column) appendNulls(missing int) {
	n := c.n + missing
	switch c.typ.Kind() {
	case types.Varchar:
		c.text.AppendNulls(missing)
		c.n = n
		return
	case types.Timestamp, types.Integer:
		c.ints = appendZeros(c.ints, missing)
	case types.Double:
		c.floats = appendZeros(c.floats, missing)
	case types.Boolean:
		c.bools = appendZeros(c.bools, missing)
	case types.Row, types.Map, types.Array:
		c.ids = appendZeros(c.ids, missing)
	}
	setRange(&c.nulls, c.n, n)
	c.n = n
}

func (c *column) appendNull() { c.catchUp(c.n + 1) }

// append adds the row that value means. What does not fit the column's type becomes NULL; it is still in eventjson.
func (c *column) append(text []byte, value Span) {
	if value.Kind == Null {
		c.appendNull()
		return
	}
	token := text[value.From:value.To]
	switch c.typ.Kind() {
	case types.Varchar:
		if value.Kind == Object || value.Kind == Array || value.Escaped && bytes.Contains(token, unicodeEscape) {
			c.differs = true
		}
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
	default:
		id, ok := c.value(text, token, value)
		if !ok {
			c.appendNull()
			return
		}
		c.ids = append(c.ids, id)
	}
	c.n++
}

// value returns the number of the value of a struct, map or array that an object or array is, which it reads
// if that is a new one; false if it is none.
func (c *column) value(text, token []byte, value Span) (id int32, ok bool) {
	kind := c.typ.Kind()
	if kind == types.Array && value.Kind != Array || kind != types.Array && value.Kind != Object {
		return 0, false
	}
	if id, ok := c.seen.find(token, int32(c.distinct)); ok {
		return id, true
	}
	switch kind {
	case types.Row:
		c.noteAll(text, value)
		if c.from != nil {
			c.resolve(text, value)
		}
		c.fill(text)
	case types.Map:
		c.appendEntries(text, value)
		c.offsets = append(c.offsets, int32(c.keys.Len()))
	case types.Array:
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
	c.distinct++
	return int32(c.distinct - 1), true
}

// appendText adds a value to a column of text: strings decoded, numbers and
// booleans as they are written, objects and arrays as they stand, which is compact and valid.
func appendText(b *textColumn, token []byte, value Span) {
	switch {
	case value.Kind == Null:
		b.AppendNull()
	case value.Kind != String:
		b.AppendStable(token)
	case value.Escaped:
		b.Write(func(dst []byte) []byte { return appendString(dst, token, true) })
	default:
		b.AppendStable(token[1 : len(token)-1])
	}
}

// manyEntries is the size of an object from which on duplicate names are found by a hash table.
const manyEntries = 24

// appendEntries adds a map: one entry a member. Of members with the same name the last one counts.
func (c *column) appendEntries(text []byte, value Span) {
	c.entries, c.scratch = c.entries[:0], c.scratch[:0]
	w := walk(text, value)
	for _, name := range c.expected { // which differ from each other
		if w.separator() == '}' || !isName(text[w.at:], name.key) {
			break
		}
		key := text[w.at+1 : w.at+1+len(name.key)]
		w.at += len(name.key) + len(`"":`)
		c.entries = append(c.entries, entry{key, w.value(), name.id, true})
	}
	asExpected := len(c.entries)
	if w.separator() != '}' {
		c.appendUnexpected(&w)
	}
	for i := range c.entries {
		e := &c.entries[i]
		if e.id >= 0 {
			c.keys.met(e.id)
		} else {
			c.keys.AppendBytes(e.key)
			if !c.keys.flat {
				e.id = c.keys.last
			}
		}
		appendText(c.text, text[e.value.From:e.value.To], e.value)
	}
	if asExpected == len(c.entries) && asExpected == len(c.expected) {
		return
	}
	c.expected = c.expected[:0]
	for _, e := range c.entries {
		if !e.plain {
			return
		}
		name := unsafe.String(unsafe.SliceData(e.key), len(e.key))
		c.expected = append(c.expected, memberName{name, e.id})
	}
}

// isName reports whether an object goes on with a member of a name, which has no escapes.
func isName(text []byte, key string) bool {
	n := len(key)
	return len(text) > n+3 && text[0] == '"' && text[n+1] == '"' && text[n+2] == ':' && string(text[1:n+1]) == key
}

// appendUnexpected adds the entries of the members that are left of an object.
func (c *column) appendUnexpected(w *walker) {
	text := w.text
	var index map[string]int
	for {
		name, v, ok := w.member()
		if !ok {
			return
		}
		key, plain := text[name.From+1:name.To-1], v.From == name.To+1
		if name.Escaped {
			from := len(c.scratch)
			c.scratch = appendString(c.scratch, text[name.From:name.To], true)
			key, plain = c.scratch[from:], false
		}
		if index == nil && len(c.entries) >= manyEntries {
			index = make(map[string]int, 2*manyEntries)
			for i, e := range c.entries {
				index[string(e.key)] = i
			}
		}
		if i, ok := c.entry(key, index); ok {
			c.entries[i].value = v
			continue
		}
		if index != nil {
			index[string(key)] = len(c.entries)
		}
		c.entries = append(c.entries, entry{key, v, -1, plain})
	}
}

func (c *column) entry(key []byte, index map[string]int) (int, bool) {
	if index != nil {
		i, ok := index[string(key)]
		return i, ok
	}
	for i, e := range c.entries {
		if string(e.key) == string(key) {
			return i, true
		}
	}
	return 0, false
}

// unicodeEscape may write half a surrogate pair, which is a matter of taste.
var unicodeEscape = []byte(`\u`)

// Differing tells of each of the table's Texts whether, in a row appended since the last Build, it may be
// something else than what the path of its members leads to in the JSON: a member was not spelled exactly
// so or came twice, or its value is an object or array.
func (b *Builder) Differing() []bool {
	b.fill()
	return b.members.differing(nil, false)
}

func (c *column) differing(out []bool, differs bool) []bool {
	for _, child := range c.children {
		switch child.typ.Kind() {
		case types.Varchar:
			out = append(out, differs || child.differs)
		case types.Row:
			out = child.differing(out, differs || child.differs)
		}
	}
	return out
}

// same forgets what differed.
func (c *column) same() {
	c.differs = false
	for _, child := range c.children {
		child.same()
	}
}

// Build returns the rows appended since the last Build, and leaves the builder empty.
func (b *Builder) Build() *vector.Batch {
	b.fill()
	batch := &vector.Batch{N: b.rows}
	for _, c := range b.columns {
		if c == b.eventJSON {
			batch.Columns = append(batch.Columns, vector.NewFlat(c.typ, b.texts, nil))
			continue
		}
		batch.Columns = append(batch.Columns, c.build(b.rows, 1))
	}
	b.rows, b.texts = 0, nil
	b.members.same()
	return batch
}

// build returns n rows and leaves the column without any. Each stands for so many rows of the table, on average.
func (c *column) build(n int, uses float64) vector.Vector {
	if c.n == 0 && n > 0 {
		if c.null == nil {
			c.null = vector.NewNull(c.typ, 1)
		}
		return &vector.Constant{Value: c.null.Value, N: n}
	}
	c.catchUp(n)
	nulls := c.nulls
	c.n, c.nulls = 0, nil
	if nulls != nil {
		for len(nulls) < (n+63)/64 {
			nulls = append(nulls, 0)
		}
	}
	switch c.typ.Kind() {
	case types.Varchar:
		return c.text.Build(uses)
	case types.Timestamp, types.Integer:
		v := vector.NewFlat(c.typ, c.ints, nulls)
		c.ints = make([]int64, 0, n+n/8)
		return v
	case types.Double:
		v := vector.NewFlat(c.typ, c.floats, nulls)
		c.floats = make([]float64, 0, n+n/8)
		return v
	case types.Boolean:
		v := vector.NewFlat(c.typ, c.bools, nulls)
		c.bools = make([]bool, 0, n+n/8)
		return v
	}
	if c.distinct > 0 {
		uses *= float64(n-nulls.Count(n)) / float64(c.distinct)
	}
	ids, values := c.ids, c.values(uses)
	c.seen.restart()
	if values.Len() == n && nulls == nil { // nothing came again
		c.ids = ids[:0]
		return values
	}
	c.ids = make([]int32, 0, n+n/8)
	return vector.NewDictionary(ids, values, nulls)
}

// values returns the values of a struct, map or array that ids are of, and leaves the column without any.
func (c *column) values(uses float64) vector.Vector {
	n := c.distinct
	c.distinct = 0
	if c.typ.Is(types.Row) {
		fields := make([]vector.Vector, len(c.children))
		for i, child := range c.children {
			fields[i] = child.build(n, uses)
		}
		return vector.NewRow(c.typ, fields, n, nil)
	}
	offsets := c.offsets
	c.offsets = make([]int32, 1, n+n/8+1)
	if c.typ.Is(types.Map) {
		clear(c.expected)
		c.expected = c.expected[:0]
		return vector.NewMap(c.typ, offsets, c.keys.Build(uses), c.text.Build(uses), nil)
	}
	return vector.NewArray(c.typ, offsets, c.children[0].build(int(offsets[n]), uses), nil)
}
