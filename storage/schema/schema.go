// Package schema says which columns the table of an event data store has, of
// which type each is, and which member of a record it is read from.
//
// The columns are CloudTrail Lake's, in its order; then come those that Lake's
// own sample queries use without publishing them (eventcontext) and those of ctlake
// (_archive). Columns are only ever appended, never renamed, reordered or retyped:
// readers that go by position and readers that go by name then agree on files of
// any age. Field IDs (Iceberg's) are constants, never given twice.
package schema

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
)

// Column is a column of a table, or a field of a struct in it.
type Column struct {
	// Name is the lower-case name in SQL and in the data files.
	Name string
	// Member is the record's member as CloudTrail spells it; "" if the column is not read from a member.
	Member string
	// From is where the value lies in objects that lack the member: the names of members, one
	// inside the other; First stands for the first element of an array. Nil if nowhere else.
	From []string
	// Also lists further names that queries may use for it.
	Also []string
	Type types.Type
	// ID is the column's field ID. Of an array, ElementID is that of its elements; of a map, KeyID and ValueID.
	ID, ElementID, KeyID, ValueID int
	// Fields are those of a struct, or of the structs in an array.
	Fields []Column
}

// First is the step in Column.From that leads to the first element of an array.
const First = "[0]"

// Table is the shape of the event data stores of one kind.
type Table struct {
	Columns []Column
}

// Names of columns that code refers to.
const (
	EventTime    = "eventtime"
	EventID      = "eventid"
	Recipient    = "recipientaccountid"
	EventJSON    = "eventjson"
	Checksum     = "eventjsonchecksum"
	EventContext = "eventcontext"
	Archive      = "_archive"
)

// Hidden columns, which are not in the data files: * does not include them.
const (
	CalendarDay   = "calendarday" // bigint YYYYMMDD, the partition key
	Hour          = "hour"        // bigint 0..23
	PathColumn    = "$path"       // the data file a row is read from
	ArchiveColumn = "$archive"    // what _archive is called in queries
	Integrity     = "$integrity"  // what digest files prove of that archive
)

// Type returns the row type of the data files: all columns in order.
func (t *Table) Type() types.Type {
	return types.RowOf(fieldsOf(t.Columns)...)
}

// Find returns the column with the given lower-case name.
func (t *Table) Find(name string) (Column, bool) {
	for _, c := range t.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// Index returns the place of the column with the given lower-case name, which the table has.
func (t *Table) Index(name string) int {
	for i, c := range t.Columns {
		if c.Name == name {
			return i
		}
	}
	panic("no column " + name)
}

// lookups are the columns of all kinds that single values are looked up by, as dotted paths.
var lookups = []string{EventID, "requestid", "sharedeventid", "useridentity.arn", "useridentity.principalid",
	"useridentity.accesskeyid", "sourceipaddress", "eventname", "eventdata.resourceid", "eventdata.arn", "eventdata.resourcearn",
	"eventdata.evidenceid", "eventdata.uid", "eventdata.useridentity.principalid", "eventdata.sourceipaddress"}

// BloomFilters lists the columns that single values are looked up by, as dotted paths.
func (t *Table) BloomFilters() []string {
	var there []string
	for _, path := range lookups {
		if t.has(path) {
			there = append(there, path)
		}
	}
	return there
}

// has reports whether a dotted path leads to a column or a field of structs.
func (t *Table) has(path string) bool {
	columns := t.Columns
	for name := range strings.SplitSeq(path, ".") {
		i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			return false
		}
		columns = columns[i].Fields
	}
	return true
}

// Attributes returns the type attributes that make a data file readable as Iceberg,
// by dotted path of the column: elements of arrays are "element", keys and values
// of maps "key" and "value".
func (t *Table) Attributes() map[string]map[string]string {
	out := map[string]map[string]string{}
	addAttributes(out, "", t.Columns)
	return out
}

func addAttributes(out map[string]map[string]string, prefix string, columns []Column) {
	for _, c := range columns {
		path := prefix + c.Name
		out[path] = attributes(c.ID, false)
		switch c.Type.Kind() {
		case types.Timestamp:
			out[path]["iceberg.timestamp-unit"] = "MICROS"
		case types.Map:
			out[path+".key"] = attributes(c.KeyID, true)
			out[path+".value"] = attributes(c.ValueID, false)
		case types.Array:
			out[path+".element"] = attributes(c.ElementID, false)
			addAttributes(out, path+".element.", c.Fields)
		case types.Row:
			addAttributes(out, path+".", c.Fields)
		}
	}
}

func attributes(id int, required bool) map[string]string {
	return map[string]string{"iceberg.id": strconv.Itoa(id), "iceberg.required": strconv.FormatBool(required)}
}

func fieldsOf(columns []Column) []types.Field {
	fields := make([]types.Field, len(columns))
	for i, c := range columns {
		fields[i] = types.Field{Name: c.Name, Type: c.Type}
	}
	return fields
}
