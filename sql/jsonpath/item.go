package jsonpath

import (
	"math"
	"slices"

	"github.com/ctlake/ctlake/storage/types"
)

// Item is one item of SQL/JSON: null, an array, an object, or a scalar. Scalars that
// come from JSON and those that come from SQL differ in what messages call them, and in nothing else.
// The zero Item is null. Items are immutable; copies share what is in them.
type Item struct {
	kind    Kind
	typ     types.Type // of booleans, numbers that SQL has, strings and SQL values
	num     int64      // booleans, integers, decimals of at most 18 digits, and the bits of doubles and reals
	text    string     // strings, and the digits of a TooLarge number
	wide    *types.Int128
	members *members
}

// members are what is in an array or an object.
type members struct {
	keys  []string // of an object, as many as items
	items []Item
}

// Kind says what an Item is.
type Kind uint8

// The kinds of items. The first ones are JSON's.
const (
	Null Kind = iota
	Boolean
	Number
	String
	Array
	Object
	// TooLarge is a whole number of JSON that no SQL type holds.
	TooLarge
	// Value is a value of SQL.
	Value
)

// NewArray returns an array. It keeps items.
func NewArray(items []Item) Item { return Item{kind: Array, members: &members{items: items}} }

// NewObject returns an object whose member keys[i] is items[i]. It keeps both. No key may occur twice.
func NewObject(keys []string, items []Item) Item {
	return Item{kind: Object, members: &members{keys, items}}
}

// NewTooLarge returns a number that is too large for SQL, given its digits.
func NewTooLarge(digits string) Item { return Item{kind: TooLarge, text: digits} }

// NewJSON returns a boolean, an integer, a double or a varchar as it comes from JSON.
func NewJSON(t types.Type, v any) Item {
	i := NewValue(t, v)
	switch {
	case t.Is(types.Boolean):
		i.kind = Boolean
	case t.IsNumeric():
		i.kind = Number
	default:
		i.kind = String
	}
	return i
}

// NewValue returns an SQL value of a scalar type: a bool, int64, float64, string or types.Int128, as the
// physical kind of t asks. SQL's NULL is no item; as a variable it is Item{}.
func NewValue(t types.Type, v any) Item {
	i := Item{kind: Value, typ: t}
	switch v := v.(type) {
	case bool:
		if v {
			i.num = 1
		}
	case int64:
		i.num = v
	case float64:
		i.num = int64(math.Float64bits(v))
	case string:
		i.text = v
	case types.Int128:
		i.wide = &v
	}
	return i
}

// Kind returns what the item is.
func (i Item) Kind() Kind { return i.kind }

// Type returns the SQL type of a scalar that is neither null nor TooLarge.
func (i Item) Type() types.Type { return i.typ }

// Scalar returns the SQL value of such a scalar, as NewValue takes it.
func (i Item) Scalar() any {
	switch i.typ.Physical() {
	case types.Bool:
		return i.num != 0
	case types.Int64:
		return i.num
	case types.Float64:
		return math.Float64frombits(uint64(i.num))
	case types.Wide:
		return *i.wide
	}
	return i.text
}

// Digits returns the digits of a TooLarge number.
func (i Item) Digits() string { return i.text }

// Items returns the elements of an array, or the values of an object's members. They are not to be changed.
func (i Item) Items() []Item { return i.members.items }

// Keys returns the keys of an object's members. They are not to be changed.
func (i Item) Keys() []string { return i.members.keys }

// get returns the value of an object's member.
func (i Item) get(key string) (Item, bool) {
	if n := slices.Index(i.members.keys, key); n >= 0 {
		return i.members.items[n], true
	}
	return Item{}, false
}

// isSQL says whether the item has an SQL value.
func (i Item) isSQL() bool {
	return i.kind == Boolean || i.kind == Number || i.kind == String || i.kind == Value
}

// isText says whether the item is a string, of JSON or of SQL.
func (i Item) isText() bool { return i.isSQL() && i.typ.IsString() }

// isNumber says whether the item is a number that SQL has.
func (i Item) isNumber() bool { return i.isSQL() && i.typ.IsNumeric() }

var kindNames = [...]string{Null: "NULL", Boolean: "BOOLEAN", Number: "NUMBER", String: "STRING", Array: "ARRAY", Object: "OBJECT",
	TooLarge: "NUMBER"}

// name is what messages call the item: its kind in JSON, or its SQL type.
func (i Item) name() string {
	if i.kind == Value {
		return i.typ.String()
	}
	return kindNames[i.kind]
}
