package engine

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// maxRunValues bounds the values that are put together of data files that follow one another.
const maxRunValues = 1 << 16

// CountsRows implements plan.CountingTable: by what some of the data files say, which stand for all. Those that do not say it
// are read, so that the answer does not depend on it.
func (t *storeTable) CountsRows(path []string) bool {
	if len(path) == 0 || isWhole(path) {
		return true
	}
	files, total := t.snapshot.Files, int64(0)
	for _, f := range files {
		total += f.Rows
	}
	if total == 0 {
		return false
	}
	// Those are asked that hold certain rows of all: small files say little, and are read quickly.
	const asked = 3
	say, at, before := 0, 0, int64(0)
	for i := range int64(asked) {
		for before+files[at].Rows <= (2*i+1)*total/(2*asked) {
			before += files[at].Rows
			at++
		}
		f := &dataFile{table: t, file: files[at]}
		opened, err := f.open()
		if err != nil {
			return false // reading it will say so
		}
		if in, ok := f.countedPath(opened, path); ok && storage.HasValueCounts(opened.File, in) {
			say++
		}
		if opened.Close() != nil {
			return false
		}
	}
	return 2*say > asked
}

// isWhole reports whether a column is the same in all rows of a data file.
func isWhole(path []string) bool {
	return len(path) == 1 && (path[0] == schema.CalendarDay || path[0] == schema.PathColumn)
}

// countedPath returns the column of a file whose values are those of a column of the table; ok is false if there is none.
func (f *dataFile) countedPath(opened *storage.OpenFile, path []string) (in []string, ok bool) {
	if f.table.isElement(path) || path[0] == schema.Integrity {
		return nil, false
	}
	in, hidden := filePath(exec.Column{Path: path})
	if member, ok := memberColumn(exec.Column{Path: path}, opened.File); ok {
		in = member
	}
	return in, in != nil && !hidden
}

// valueCounts returns what a file says of a column's values; none if it does not.
func (f *dataFile) valueCounts(opened *storage.OpenFile, path []string) ([]orc.ValueCount, int64, error) {
	in, ok := f.countedPath(opened, path)
	if !ok {
		return nil, 0, nil
	}
	values, bytes, err := storage.ValueCounts(opened.File, in)
	if err != nil {
		err = fmt.Errorf("data file %s: %w", f.file.Path, err)
	}
	return values, bytes, err
}

// CountUnits implements exec.CountingSource.
func (t *storeTable) CountUnits(units []exec.Unit, counted exec.Column) exec.Unit {
	r := &countedFiles{table: t, column: counted}
	for _, u := range units {
		f := u.(*dataFile)
		r.files = append(r.files, f)
		r.rows += f.file.Rows
	}
	return r
}

// countedFiles are data files one after the other, all of whose rows are wanted: of those that say how many rows have
// each value of a column nothing else is read.
type countedFiles struct {
	table  *storeTable
	files  []*dataFile
	column exec.Column // without a Path for none
	rows   int64
}

// Rows implements exec.Unit.
func (r *countedFiles) Rows() int64 { return r.rows }

// Statistics implements exec.Unit: it was decided of each file that it is wanted.
func (r *countedFiles) Statistics(exec.Column) (domain.Statistics, bool) {
	return domain.Statistics{}, false
}

// Splits implements exec.Unit.
func (r *countedFiles) Splits(ctx context.Context) (splits []exec.Split, err error) {
	defer func() {
		if err != nil {
			for _, s := range splits {
				err = errors.Join(err, s.Close())
			}
			splits = nil
		}
	}()
	cache, key := r.table.cache, cacheKey{}
	if cache != nil && !r.table.verify {
		key = r.key()
		if known := cache.counted(key); known != nil {
			for _, v := range known {
				if v.rows != nil {
					splits = append(splits, &countedSplit{countedValues: v, first: r.files[v.from]})
					continue
				}
				rows, err := r.files[v.from].Splits(ctx)
				if err != nil {
					return splits, err
				}
				splits = append(splits, rows...)
			}
			return splits, nil
		}
	}
	var sum *summing
	var all []*countedValues
	end := func() {
		if sum != nil {
			all = append(all, sum.all(r.column))
			splits = append(splits, &countedSplit{countedValues: all[len(all)-1], first: r.files[sum.from]})
		}
		sum = nil
	}
	for i, f := range r.files {
		if err := ctx.Err(); err != nil {
			return splits, err
		}
		counts, read, rows, err := r.of(ctx, f)
		if err != nil {
			return splits, err
		}
		if rows != nil {
			end()
			all = append(all, &countedValues{from: i})
			splits = append(splits, rows...)
			continue
		}
		if sum != nil && (len(sum.values) >= maxRunValues || (r.files[sum.from].file.Day == storage.NoDay) != (f.file.Day == storage.NoDay)) {
			end()
		}
		if sum == nil {
			sum = &summing{from: i, at: map[countedValue]int{}}
		}
		sum.add(f, counts, read)
	}
	end()
	if cache != nil && !r.table.verify {
		cache.keepCounted(key, all)
	}
	return splits, nil
}

// of returns the values of the column in a file with their numbers of rows, and how many bytes were read for that, or if the
// file does not say them its stripes.
func (r *countedFiles) of(ctx context.Context, f *dataFile) (counts []countedRows, read int64, rows []exec.Split, err error) {
	whole := countedRows{rows: f.file.Rows}
	switch {
	case len(r.column.Path) == 0:
		return []countedRows{whole}, 0, nil, nil
	case r.column.Path[0] == schema.PathColumn:
		whole.text = f.path()
		return []countedRows{whole}, 0, nil, nil
	case r.column.Path[0] == schema.CalendarDay:
		if whole.null = f.file.Day == storage.NoDay; !whole.null {
			whole.day = f.file.Day.Calendar()
		}
		return []countedRows{whole}, 0, nil, nil
	}
	if r.table.verify {
		if err := r.table.snapshot.Verify(ctx, f.file); err != nil {
			return nil, 0, nil, err
		}
	}
	opened, err := f.open()
	if err != nil {
		return nil, 0, nil, err
	}
	values, bytes, err := f.valueCounts(opened, r.column.Path)
	if err != nil {
		return nil, 0, nil, errors.Join(err, opened.Close())
	}
	if values == nil {
		rows, err = f.splitsOf(opened)
		return nil, 0, rows, err
	}
	counts = make([]countedRows, len(values))
	for i, v := range values {
		counts[i] = countedRows{countedValue{text: v.Value, null: v.Null}, v.Rows}
	}
	return counts, max(bytes, opened.BytesRead()), nil, opened.Close()
}

var runSeed = maphash.MakeSeed()

// key names the files and the column in the cache.
func (r *countedFiles) key() cacheKey {
	var h maphash.Hash
	h.SetSeed(runSeed)
	for _, f := range r.files {
		_, _ = h.WriteString(f.file.Path)
		_ = h.WriteByte(0)
	}
	run := fmt.Sprintf("%s and %d more, %x", r.files[0].file.Path, len(r.files)-1, h.Sum64())
	return columnKey(run, countedStripe, r.column.Path)
}

// countedValue is a value: a text, or a calendar day.
type countedValue struct {
	text string
	day  int64
	null bool
}

type countedRows struct {
	countedValue
	rows int64
}

// summing puts the values of files together.
type summing struct {
	from   int // the number of the first file
	at     map[countedValue]int
	values []countedRows
	files  int64
	read   int64
	times  domain.Statistics
}

func (s *summing) add(f *dataFile, counts []countedRows, read int64) {
	for _, v := range counts {
		i, ok := s.at[v.countedValue]
		if !ok {
			i = len(s.values)
			s.at[v.countedValue] = i
			s.values = append(s.values, countedRows{countedValue: v.countedValue})
		}
		s.values[i].rows += v.rows
	}
	s.files++
	s.read += read
	known, _ := f.Statistics(exec.Column{Path: []string{schema.EventTime}, Type: types.TTimestamp})
	if s.files == 1 {
		s.times = known
		return
	}
	s.times.Rows += known.Rows
	if !known.AllNull { // as of all others
		s.times.Min, s.times.Max = min(s.times.Min.(int64), known.Min.(int64)), max(s.times.Max.(int64), known.Max.(int64))
	}
}

// all returns what was put together.
func (s *summing) all(column exec.Column) *countedValues {
	n := len(s.values)
	out := &countedValues{from: s.from, column: column.Path, times: s.times, files: s.files, stored: s.read}
	rows, texts, days, nulls := make([]int64, n), make([]string, n), make([]int64, n), vector.NewBitmap(n)
	for i, v := range s.values {
		rows[i], texts[i], days[i] = v.rows, v.text, v.day
		out.stands += v.rows
		if v.null {
			nulls.Set(i)
		}
	}
	out.rows = vector.NewFlat(types.TBigint, rows, nil)
	switch {
	case len(column.Path) == 0:
	case column.Path[0] == schema.CalendarDay:
		out.values = vector.NewFlat(column.Type, days, nulls)
	default:
		out.values = vector.NewFlat(column.Type, texts, nulls)
	}
	return out
}

// countedValues are the values of a column in data files, with how many rows have each. They do not change.
type countedValues struct {
	from   int // the number of the first of the files among those that were asked for
	column []string
	values vector.Vector     // nil without a column
	rows   vector.Vector     // nil if the file from does not say them, and is read
	times  domain.Statistics // of eventtime
	stands int64             // the sum of rows
	files  int64
	stored int64 // bytes of the files that say so
}

// countedBytes is about what they take beside their vectors.
const countedBytes = 200

// bytes is about what they take.
func (v *countedValues) bytes() int64 {
	n := int64(countedBytes)
	for _, x := range []vector.Vector{v.values, v.rows} {
		if x != nil {
			n += vector.Bytes(x)
		}
	}
	return n
}

// countedSplit gives them. It is an exec.Reader, too.
type countedSplit struct {
	*countedValues
	first   *dataFile
	columns []exec.Column
	said    bool // how many bytes were read
}

// Rows implements exec.Split.
func (s *countedSplit) Rows() int64 { return int64(s.rows.Len()) }

// Counted implements exec.CountedSplit.
func (s *countedSplit) Counted() (rows, units int64) { return s.stands, s.files }

// Statistics implements exec.Split.
func (s *countedSplit) Statistics(c exec.Column) (domain.Statistics, bool) {
	return s.times, len(c.Path) == 1 && c.Path[0] == schema.EventTime
}

// Open implements exec.Split.
func (s *countedSplit) Open(_ context.Context, columns []exec.Column) (exec.Reader, error) {
	s.columns = columns
	return s, nil
}

// BytesRead implements exec.Split. What comes from the cache counts as if it were read.
func (s *countedSplit) BytesRead() int64 {
	if s.said {
		return 0
	}
	s.said = true
	return s.stored
}

// Close implements exec.Split.
func (s *countedSplit) Close() error { return nil }

// RowGroups implements exec.Reader.
func (s *countedSplit) RowGroups() []int64 { return nil }

// MayMatch implements exec.Reader.
func (s *countedSplit) MayMatch(int, int, domain.Domain) (bool, error) { return true, nil }

// Read implements exec.Reader.
func (s *countedSplit) Read(column, from, to int) (vector.Vector, error) {
	if v := s.vector(s.columns[column]); v != nil {
		return vector.Slice(v, from, to), nil
	}
	return s.constant(s.columns[column], to-from)
}

// Gather implements exec.Reader.
func (s *countedSplit) Gather(column int, rows []int32) (vector.Vector, error) {
	if v := s.vector(s.columns[column]); v != nil {
		return vector.Gather(v, rows), nil
	}
	return s.constant(s.columns[column], len(rows))
}

func (s *countedSplit) vector(c exec.Column) vector.Vector {
	switch {
	case c.Path[0] == plan.RowsColumn:
		return s.countedValues.rows
	case slices.Equal(c.Path, s.column):
		return s.values
	}
	return nil
}

// constant returns n rows of a column of which all values in the files are wanted, so that one stands for the others.
func (s *countedSplit) constant(c exec.Column, n int) (vector.Vector, error) {
	known, ok := s.first.Statistics(c)
	switch {
	case !ok:
		return nil, fmt.Errorf("column %s is not among those that were counted", strings.Join(c.Path, "."))
	case known.Min == nil:
		return vector.NewNull(c.Type, n), nil
	}
	return vector.NewConstant(vector.NewValue(c.Type, known.Min), n), nil
}
