package schema

import "github.com/ctlake/ctlake/storage/types"

// Text is a column of text that is read from a member of the record, or a field of one in structs.
type Text struct {
	// Path is the column, Members where the text stands in the record.
	Path, Members []string
	// ID is the field ID.
	ID int
}

// Texts returns the columns of text outside of arrays and maps, in order.
func (t *Table) Texts() []Text { return texts(nil, Text{}, t.Columns) }

func texts(out []Text, in Text, columns []Column) []Text {
	for _, c := range columns {
		if c.Member == "" {
			continue
		}
		own := Text{append(in.Path[:len(in.Path):len(in.Path)], c.Name), append(in.Members[:len(in.Members):len(in.Members)], c.Member), c.ID}
		switch c.Type.Kind() {
		case types.Varchar:
			out = append(out, own)
		case types.Row:
			out = texts(out, own, c.Fields)
		}
	}
	return out
}
