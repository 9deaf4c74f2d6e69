package orc

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/storage/orc/internal/protobuf"
	"github.com/ctlake/ctlake/storage/types"
)

// precisionAttribute names the precision of a timestamp type, which ORC does not keep.
const precisionAttribute = "timestamp.precision"

// column is a node of the schema tree; its number is its place in the tree,
// parents before children.
type column struct {
	id       int
	kind     uint64 // of protobuf.Type
	typ      types.Type
	name     string // the step that leads here from the parent
	steps    []string
	children []*column
	attrs    []Attribute
	repeated bool // lies in a list, map or union: has no value a row
}

// within notes the parent of a new column.
func (c *column) within(parent *column) {
	if parent == nil {
		return
	}
	c.steps = stepTo(parent, c.name)
	switch parent.kind {
	case protobuf.List, protobuf.Map, protobuf.Union:
		c.repeated = true
	default:
		c.repeated = parent.repeated
	}
}

func (c *column) path() string { return PathOf(c.steps...) }

// child returns the child of a name, else the only one of that name regardless of case.
func (c *column) child(name string) *column {
	var found *column
	for _, x := range c.children {
		if x.name == name {
			return x
		}
		if found == nil && strings.EqualFold(x.name, name) {
			found = x
		}
	}
	return found
}

// find follows steps down from c.
func (c *column) find(steps []string) (*column, error) {
	at := c
	for _, s := range steps {
		if at = at.child(s); at == nil {
			return nil, fmt.Errorf("%w: %s", ErrNoColumn, PathOf(steps...))
		}
	}
	return at, nil
}

// all appends c and all below it in the order of their numbers.
func (c *column) all(dst []*column) []*column {
	dst = append(dst, c)
	for _, x := range c.children {
		dst = x.all(dst)
	}
	return dst
}

// stepTo returns the steps of a child.
func stepTo(parent *column, name string) []string {
	return append(parent.steps[:len(parent.steps):len(parent.steps)], name)
}

// newSchema makes the tree of a row type that is to be written.
func newSchema(t types.Type) (*column, error) {
	if !t.Is(types.Row) {
		return nil, fmt.Errorf("%w: the rows of a file are of a row type, not %s", ErrUnsupported, t)
	}
	next := 0
	return buildColumn(t, nil, "", &next)
}

func buildColumn(t types.Type, parent *column, name string, next *int) (*column, error) {
	c := &column{id: *next, typ: t, name: name}
	c.within(parent)
	*next++
	var steps []string
	var subtypes []types.Type
	switch t.Kind() {
	case types.Boolean:
		c.kind = protobuf.Boolean
	case types.Tinyint:
		c.kind = protobuf.Byte
	case types.Smallint:
		c.kind = protobuf.Short
	case types.Integer:
		c.kind = protobuf.Int
	case types.Bigint:
		c.kind = protobuf.Long
	case types.Real:
		c.kind = protobuf.Float
	case types.Double:
		c.kind = protobuf.Double
	case types.Varchar:
		c.kind = protobuf.Varchar
		if t.Length() == types.UnboundedLength {
			c.kind = protobuf.String
		}
	case types.JSON:
		c.kind = protobuf.String
	case types.Char:
		c.kind = protobuf.Char
	case types.Varbinary:
		c.kind = protobuf.Binary
	case types.Date:
		c.kind = protobuf.Date
	case types.Decimal:
		c.kind = protobuf.Decimal
	case types.Timestamp, types.TimestampWithTimeZone:
		c.kind = protobuf.Timestamp
		if t.Is(types.TimestampWithTimeZone) {
			c.kind = protobuf.TimestampInstant
		}
		if t.Precision() > 9 {
			return nil, fmt.Errorf("%w: column %s is of type %s, ORC keeps nanoseconds", ErrUnsupported, c.path(), t)
		}
		c.attrs = append(c.attrs, Attribute{precisionAttribute, strconv.Itoa(t.Precision())})
	case types.Array:
		c.kind, steps, subtypes = protobuf.List, []string{ElementStep}, []types.Type{t.Elem()}
	case types.Map:
		c.kind, steps, subtypes = protobuf.Map, []string{KeyStep, ValueStep}, []types.Type{t.Key(), t.Value()}
	case types.Row:
		c.kind = protobuf.Struct
		seen := map[string]bool{}
		for _, f := range t.Fields() {
			if f.Name == "" {
				return nil, fmt.Errorf("%w: a field without a name in column %q", ErrUnsupported, c.path())
			}
			if lower := strings.ToLower(f.Name); seen[lower] {
				return nil, fmt.Errorf("%w: two fields named %s in column %q", ErrUnsupported, lower, c.path())
			} else {
				seen[lower] = true
			}
			steps, subtypes = append(steps, f.Name), append(subtypes, f.Type)
		}
	default:
		return nil, fmt.Errorf("%w: column %s is of type %s, which ORC lacks", ErrUnsupported, c.path(), t)
	}
	for i, s := range subtypes {
		child, err := buildColumn(s, c, steps[i], next)
		if err != nil {
			return nil, err
		}
		c.children = append(c.children, child)
	}
	return c, nil
}

// message returns the types of the tree as a footer lists them.
func (c *column) message() []protobuf.Type {
	var out []protobuf.Type
	for _, x := range c.all(nil) {
		t := protobuf.Type{Kind: x.kind}
		for _, child := range x.children {
			t.Subtypes = append(t.Subtypes, uint64(child.id))
			if x.kind == protobuf.Struct {
				t.FieldNames = append(t.FieldNames, child.name)
			}
		}
		switch x.kind {
		case protobuf.Varchar, protobuf.Char:
			t.MaximumLength = uint64(x.typ.Length())
		case protobuf.Decimal:
			t.Precision, t.Scale = uint64(x.typ.Precision()), uint64(x.typ.Scale())
		}
		for _, a := range x.attrs {
			t.Attributes = append(t.Attributes, [2]string{a.Name, a.Value})
		}
		out = append(out, t)
	}
	return out
}

// schemaReader makes the tree of a file's footer.
type schemaReader struct {
	types     []protobuf.Type
	next      int
	depth     int // still allowed
	precision int // of timestamps; 0 is what the file says
}

// readSchema checks that the types form one tree, numbered as it is walked.
func readSchema(ts []protobuf.Type, limits Limits, precision int) (*column, error) {
	if len(ts) == 0 {
		return nil, fmt.Errorf("no types")
	}
	r := &schemaReader{types: ts, depth: limits.Depth, precision: precision}
	root, err := r.read(nil, "")
	if err != nil {
		return nil, err
	}
	if r.next != len(ts) {
		return nil, fmt.Errorf("%d types, of which %d belong to the rows", len(ts), r.next)
	}
	return root, nil
}

func (r *schemaReader) read(parent *column, name string) (*column, error) {
	if r.depth == 0 {
		return nil, fmt.Errorf("%w: types nested too deep", ErrLimit)
	}
	t := &r.types[r.next]
	c := &column{id: r.next, kind: t.Kind, name: name}
	c.within(parent)
	for _, a := range t.Attributes {
		c.attrs = append(c.attrs, Attribute{a[0], a[1]})
	}
	r.next++
	r.depth--
	defer func() { r.depth++ }()
	var names []string
	switch t.Kind {
	case protobuf.List:
		names = []string{ElementStep}
	case protobuf.Map:
		names = []string{KeyStep, ValueStep}
	case protobuf.Struct:
		names = t.FieldNames
	case protobuf.Union:
		for i := range t.Subtypes {
			names = append(names, "field"+strconv.Itoa(i))
		}
	}
	if len(names) != len(t.Subtypes) {
		return nil, fmt.Errorf("type %d has %d children where %d are due", c.id, len(t.Subtypes), len(names))
	}
	for i, sub := range t.Subtypes {
		if sub != uint64(r.next) || r.next >= len(r.types) {
			return nil, fmt.Errorf("type %d has the child %d where %d is due", c.id, sub, r.next)
		}
		child, err := r.read(c, names[i])
		if err != nil {
			return nil, err
		}
		c.children = append(c.children, child)
	}
	var err error
	c.typ, err = r.typeOf(c, t)
	return c, err
}

// typeOf returns the SQL type of a node whose children have theirs.
func (r *schemaReader) typeOf(c *column, t *protobuf.Type) (types.Type, error) {
	switch t.Kind {
	case protobuf.Boolean:
		return types.TBoolean, nil
	case protobuf.Byte:
		return types.TTinyint, nil
	case protobuf.Short:
		return types.TSmallint, nil
	case protobuf.Int:
		return types.TInteger, nil
	case protobuf.Long:
		return types.TBigint, nil
	case protobuf.Float:
		return types.TReal, nil
	case protobuf.Double:
		return types.TDouble, nil
	case protobuf.String:
		return types.TVarchar, nil
	case protobuf.Binary:
		return types.TVarbinary, nil
	case protobuf.Date:
		return types.TDate, nil
	case protobuf.Varchar:
		if t.MaximumLength == 0 || t.MaximumLength >= types.UnboundedLength {
			return types.TVarchar, nil
		}
		return types.VarcharOf(int(t.MaximumLength)), nil
	case protobuf.Char:
		if t.MaximumLength == 0 || t.MaximumLength > types.MaxCharLength {
			return types.TVarchar, nil
		}
		return types.CharOf(int(t.MaximumLength)), nil
	case protobuf.Decimal:
		precision, scale := t.Precision, t.Scale
		if precision == 0 { // written before decimals had one
			precision = types.MaxDecimalPrecision
			if scale == 0 {
				scale = legacyDecimalScale
			}
		}
		if precision > types.MaxDecimalPrecision || scale > precision {
			return types.Type{}, fmt.Errorf("type %d is decimal(%d,%d)", c.id, precision, scale)
		}
		return types.DecimalOf(int(precision), int(scale)), nil
	case protobuf.Timestamp:
		return types.TimestampOf(r.precisionOf(c)), nil
	case protobuf.TimestampInstant:
		return types.TimestampTZOf(r.precisionOf(c)), nil
	case protobuf.List:
		return types.ArrayOf(c.children[0].typ), nil
	case protobuf.Map:
		return types.MapOf(c.children[0].typ, c.children[1].typ), nil
	case protobuf.Struct, protobuf.Union:
		var fields []types.Field
		if t.Kind == protobuf.Union {
			fields = append(fields, types.Field{Name: "tag", Type: types.TTinyint})
		}
		for _, child := range c.children {
			fields = append(fields, types.Field{Name: child.name, Type: child.typ})
		}
		return types.RowOf(fields...), nil
	case protobuf.Geometry:
		return types.Type{}, fmt.Errorf("%w: column %s is a geometry", ErrUnsupported, c.path())
	}
	return types.Type{}, fmt.Errorf("%w: column %s is of kind %d", ErrUnsupported, c.path(), t.Kind)
}

// legacyDecimalScale is the scale that decimals without a declared precision are given.
const legacyDecimalScale = 18

// maxTimestampPrecision is what the format keeps: nanoseconds.
const maxTimestampPrecision = 9

func (r *schemaReader) precisionOf(c *column) int {
	if r.precision != 0 {
		return r.precision
	}
	return c.declaredPrecision()
}

// declaredPrecision returns the precision of timestamps that the file claims.
func (c *column) declaredPrecision() int {
	for _, a := range c.attrs {
		if a.Name == precisionAttribute {
			if p, err := strconv.Atoi(a.Value); err == nil && p >= 0 && p <= maxTimestampPrecision {
				return p
			}
		}
		if a.Name == "iceberg.timestamp-unit" && a.Value == "MICROS" {
			return types.MaxShortTimestamp
		}
	}
	return maxTimestampPrecision
}
