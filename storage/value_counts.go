package storage

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ctlake/ctlake/storage/orc"
)

// A data file knows of columns with few values how many of its rows have each, so that counts by such a column need no
// rows. It has this in its user metadata (metaCounts), which moves and is sealed with the file, and which other readers pass over:
//
//	column ─► length of path │ path │ length of values │ value value …
//	value  ─► 0 (NULL) or 1 + length │ text │ rows
//
// Numbers are unsigned varints (LEB128). Values come in the order of their first rows, columns in that of the schema. What stands there is exact: a
// column that has too many values is not there at all, nor is one whose values were not in a dictionary when they were written.

// Limits of what a data file says of values.
const (
	maxCountedValues = 1000     // of a column
	maxCountedBytes  = 16 << 10 // of a column, their texts
	// countedShare is what part of a file they may take, before compression: those of countedFirst come first, then the columns
	// that take the least.
	countedShare = 500
	// minCountedBytes is what they may take in a file however small.
	minCountedBytes = 512
)

// countedFirst are the columns that are counted most.
var countedFirst = []string{"eventname", "eventsource", "errorcode", "awsregion", "recipientaccountid", "useridentity.type"}

// appendValueCounts appends what metaCounts says of columns, in a file of so many bytes.
func appendValueCounts(to []byte, columns []orc.ColumnCounts, fileBytes int64) []byte {
	texts := make([][]byte, len(columns))
	order := make([]int, len(columns))
	for i, c := range columns {
		texts[i], order[i] = appendColumnCounts(nil, c), i
	}
	rank := func(i int) int { // a little number comes first
		if at := slices.Index(countedFirst, columns[i].Path); at >= 0 {
			return at
		}
		return len(countedFirst) + len(texts[i])
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rank(a), rank(b)) })
	left := max(minCountedBytes, fileBytes/countedShare)
	for _, i := range order {
		if left -= int64(len(texts[i])); left < 0 {
			texts[i] = nil
		}
	}
	for _, text := range texts {
		to = append(to, text...)
	}
	return to
}

func appendColumnCounts(to []byte, c orc.ColumnCounts) []byte {
	var values []byte
	for _, v := range c.Values {
		if v.Null {
			values = append(values, 0)
		} else {
			values = append(binary.AppendUvarint(values, uint64(len(v.Value))+1), v.Value...)
		}
		values = binary.AppendUvarint(values, uint64(v.Rows))
	}
	to = append(binary.AppendUvarint(to, uint64(len(c.Path))), c.Path...)
	return append(binary.AppendUvarint(to, uint64(len(values))), values...)
}

// ValueCounts returns the values of a column of a data file with how many rows have each, in the order of their first rows,
// and how many bytes of the file say so; none if the file does not say. orc.ErrCorrupt if what it says cannot be.
func ValueCounts(f *orc.File, path []string) (values []orc.ValueCount, bytes int64, err error) {
	text, ok := f.MetadataValue(metaCounts)
	if !ok {
		return nil, 0, nil
	}
	found, err := columnCounts(text, orc.PathOf(path...))
	if err != nil || found == nil {
		return nil, 0, err
	}
	values, err = parseValueCounts(found, f.Rows())
	if err != nil {
		return nil, 0, err
	}
	return values, int64(len(found)), nil
}

// HasValueCounts reports whether ValueCounts would return something.
func HasValueCounts(f *orc.File, path []string) bool {
	text, _ := f.MetadataValue(metaCounts)
	found, err := columnCounts(text, orc.PathOf(path...))
	return err != nil || found != nil
}

// columnCounts returns what stands of the values of a column; nil if nothing does.
func columnCounts(text []byte, path string) (values []byte, err error) {
	for len(text) > 0 {
		name, rest, ok := cutPrefixed(text)
		if !ok {
			return nil, badCounts()
		}
		if values, text, ok = cutPrefixed(rest); !ok {
			return nil, badCounts()
		}
		if string(name) == path {
			return values, nil
		}
	}
	return nil, nil
}

// cutPrefixed cuts text after what its first number says is the length of the first part.
func cutPrefixed(text []byte) (first, rest []byte, ok bool) {
	n, at := binary.Uvarint(text)
	if at <= 0 || n > uint64(len(text)-at) {
		return nil, nil, false
	}
	end := at + int(n)
	return text[at:end:end], text[end:], true
}

// parseValueCounts returns the values of a column of a file of so many rows.
func parseValueCounts(text []byte, rows int64) ([]orc.ValueCount, error) {
	var out []orc.ValueCount
	sum, nulls := uint64(0), false
	for len(text) > 0 {
		var v orc.ValueCount
		if text[0] == 0 {
			if nulls {
				return nil, badCounts()
			}
			v.Null, nulls, text = true, true, text[1:]
		} else {
			n, at := binary.Uvarint(text)
			if at <= 0 || n-1 > uint64(len(text)-at) {
				return nil, badCounts()
			}
			end := at + int(n-1)
			v.Value, text = string(text[at:end]), text[end:]
		}
		n, at := binary.Uvarint(text)
		if at <= 0 || n == 0 || n > uint64(rows)-sum {
			return nil, badCounts()
		}
		v.Rows, text = int64(n), text[at:]
		sum += n
		out = append(out, v)
	}
	if sum != uint64(rows) {
		return nil, badCounts()
	}
	return out, nil
}

func badCounts() error {
	return fmt.Errorf("user metadata %s: %w", metaCounts, orc.ErrCorrupt)
}
