package storage

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// RowGroupRows is how many rows a row group of a data file has.
const RowGroupRows = 10_000

// Of the data files. A chunk of eventjson holds several hundred events, which are much alike:
// four times larger chunks take 12 % off it. The other columns gain nothing by that, and are read in smaller pieces.
const (
	zstdLevel      = 1
	stripeBytes    = 64 << 20
	jsonChunkBytes = 1 << 20 // of eventjson
	chunkBytes     = 256 << 10
	rowIndexStride = RowGroupRows
)

// Names in the user metadata of data files, from which a lost catalog can be made anew.
const (
	metaVersion = "ctlake.version"
	metaStore   = "ctlake.store"
	metaDay     = "ctlake.calendarday"
	metaOrder   = "ctlake.order"
	metaImport  = "ctlake.import"
	// metaSame lists the columns of text, by their field IDs with commas between them, that are in all rows
	// what json_extract_scalar finds in eventjson. Of others, and of all in a file without it, nothing is known.
	metaSame = "ctlake.sameasjson"
	// metaCounts has the values of columns with few of them, and how many rows have each: see value_counts.go.
	metaCounts   = "ctlake.valuecounts"
	formatOfFile = "1"
	// clusteredOrder: the rows come in runs of at most two row groups (one, of earlier versions), as the archives were
	// read, these by their time of delivery. Inside a run they are put together by what makes them alike: recipient account, event
	// source, event name and caller. A merged file has the runs of the files that it was made of.
	clusteredOrder = "clustered"
)

// dayWriter writes one data file of one day: under a name that no reader looks at,
// until seal gives it its own.
type dayWriter struct {
	disk Disk
	day  Day
	// temporary begins with '_': Hive, Spark and Trino pass over such names.
	dir, name, temporary string
	file                 WriteFile
	sum                  hash.Hash
	orc                  *orc.Writer
	rows, rawBytes       int64
	minMillis, maxMillis int64
	hasTime              bool
	timeColumn           int   // the place of eventtime
	used                 int64 // when it was written to last, by the import's count of writes
	stripes              stripeBound
	texts                []schema.Text
	differing            []bool       // of texts
	written              *writtenRows // nil if nobody asks
}

func newDayWriter(disk Disk, store *EventDataStore, importID string, day Day, name string, compressors *orc.Compressors, testStripeRows int) (*dayWriter, error) {
	table := store.Table()
	w := &dayWriter{disk: disk, day: day, dir: path.Join("stores", store.ID, day.folder()), sum: sha256.New(), timeColumn: table.Index(schema.EventTime),
		texts: textsOf(table), stripes: stripeBound{of: newRowBytes(table)}}
	w.differing = make([]bool, len(w.texts))
	w.name, w.temporary = path.Join(w.dir, name+".orc"), path.Join(w.dir, "_"+name+".orc.tmp")
	if err := disk.MkdirAll(w.dir); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", w.dir, err)
	}
	file, err := disk.Create(w.temporary)
	if err != nil {
		return nil, fmt.Errorf("create %s: %w", w.temporary, err)
	}
	w.file = file
	options := FileOptions(table)
	options.StripeRows, options.Compressors = testStripeRows, compressors
	options.Metadata = []orc.MetadataItem{
		{Name: metaVersion, Value: []byte(formatOfFile)},
		{Name: metaStore, Value: []byte(store.ID)},
		{Name: metaDay, Value: strconv.AppendInt(nil, day.Calendar(), 10)},
		{Name: metaOrder, Value: []byte(clusteredOrder)},
		{Name: metaImport, Value: []byte(importID)},
	}
	if w.orc, err = orc.NewWriter(w, table.Type(), options); err != nil {
		return nil, errors.Join(fmt.Errorf("begin %s: %w", w.temporary, err), w.discard())
	}
	return w, nil
}

// newCompressors returns what compresses data files, on so many goroutines. Writers share it.
func newCompressors(parallelism int) (*orc.Compressors, error) {
	c, err := orc.NewCompressors(orc.Zstd, zstdLevel, parallelism)
	if err != nil {
		return nil, fmt.Errorf("compress data files: %w", err)
	}
	return c, nil
}

// FileOptions returns how data files of a table are written, without what differs
// from file to file. The caller may change it.
func FileOptions(table *schema.Table) orc.WriterOptions {
	return orc.WriterOptions{
		Compression:        orc.Zstd,
		Level:              zstdLevel,
		ChunkBytes:         jsonChunkBytes,
		StripeBytes:        stripeBytes,
		RowIndexStride:     rowIndexStride,
		BloomFilterColumns: table.BloomFilters(),
		CountValues:        orc.ValueLimits{Values: maxCountedValues, Bytes: maxCountedBytes},
		Columns:            columnOptions(table),
	}
}

func columnOptions(table *schema.Table) map[string]orc.ColumnOptions {
	out := map[string]orc.ColumnOptions{}
	for columnPath, attributes := range table.Attributes() {
		var list []orc.Attribute
		for _, name := range []string{"iceberg.id", "iceberg.required", "iceberg.timestamp-unit"} {
			if value, ok := attributes[name]; ok {
				list = append(list, orc.Attribute{Name: name, Value: value})
			}
		}
		size := chunkBytes
		if columnPath == schema.EventJSON {
			size = jsonChunkBytes
		}
		out[columnPath] = orc.ColumnOptions{Attributes: list, ChunkBytes: size}
	}
	return out
}

// Write implements io.Writer for the ORC writer: everything is hashed on its way to the disk.
func (w *dayWriter) Write(p []byte) (int, error) {
	_, _ = w.sum.Write(p)
	return w.file.Write(p)
}

// add writes rows of the day.
func (w *dayWriter) add(b *vector.Batch, rawBytes int64, differing []bool) error {
	if err := w.stripes.write(w.orc, b); err != nil {
		return fmt.Errorf("write %s: %w", w.temporary, err)
	}
	if w.written != nil {
		w.written.add(b)
	}
	if first, last, ok := timesOf(b, w.timeColumn); ok {
		if !w.hasTime {
			w.minMillis, w.maxMillis, w.hasTime = first, last, true
		}
		w.minMillis, w.maxMillis = min(w.minMillis, first), max(w.maxMillis, last)
	}
	w.rows += int64(b.N)
	w.rawBytes += rawBytes
	for i := range w.differing {
		w.differing[i] = w.differing[i] || differing == nil || differing[i]
	}
	return nil
}

// timesOf returns the first and last eventTime of rows, in milliseconds; false if none has one.
// column is the place of eventtime.
func timesOf(b *vector.Batch, column int) (first, last int64, ok bool) {
	times := vector.ViewOf[int64](b.Columns[column])
	for i := range b.N {
		if times.Nulls.Has(i) {
			continue
		}
		millis := times.Get(i) / 1000
		if !ok {
			first, last, ok = millis, millis, true
		}
		first, last = min(first, millis), max(last, millis)
	}
	return first, last, ok
}

// seal finishes the file and makes it durable under its own name. The name counts for
// nothing until the catalog has it.
func (w *dayWriter) seal() (*orc.FileSummary, error) {
	w.orc.AddMetadata(orc.MetadataItem{Name: metaSame, Value: w.sameIDs()})
	err := w.orc.FlushStripe()
	if err == nil {
		counts := appendValueCounts(nil, w.orc.ValueCounts(), w.orc.Bytes())
		w.orc.AddMetadata(orc.MetadataItem{Name: metaCounts, Value: counts})
	}
	var summary *orc.FileSummary
	if err == nil {
		summary, err = w.orc.Close()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("finish %s: %w", w.temporary, err), w.discard())
	}
	if err := w.file.Sync(); err != nil {
		return nil, errors.Join(fmt.Errorf("sync %s: %w", w.temporary, err), w.discard())
	}
	if err := w.file.Close(); err != nil {
		return nil, errors.Join(fmt.Errorf("close %s: %w", w.temporary, err), w.disk.Remove(w.temporary))
	}
	if err := w.disk.Rename(w.temporary, w.name); err != nil {
		return nil, errors.Join(fmt.Errorf("rename %s: %w", w.temporary, err), w.disk.Remove(w.temporary))
	}
	if err := w.disk.SyncDir(w.dir); err != nil {
		return nil, errors.Join(fmt.Errorf("sync folder %s: %w", w.dir, err), w.disk.Remove(w.name))
	}
	return summary, nil
}

// sameIDs returns what metaSame says.
func (w *dayWriter) sameIDs() []byte {
	var ids []byte
	for i, differs := range w.differing {
		if !differs {
			if ids != nil {
				ids = append(ids, ',')
			}
			ids = strconv.AppendInt(ids, int64(w.texts[i].ID), 10)
		}
	}
	return ids
}

// textsOf returns the columns that metaSame is about.
func textsOf(table *schema.Table) []schema.Text {
	if table != schema.Events { // texts may be taken from elsewhere
		return nil
	}
	return table.Texts()
}

// SameAsJSON reports whether a column of text is in all rows of a data file what json_extract_scalar gives for
// its members in eventjson: NULL, too.
func SameAsJSON(f *orc.File, column schema.Text) bool {
	same, _ := f.MetadataValue(metaSame)
	return slices.Contains(strings.Split(string(same), ","), strconv.Itoa(column.ID))
}

// settle waits until the file's BufferedBytes are what they are.
func (w *dayWriter) settle() error {
	if err := w.orc.Settle(); err != nil {
		return fmt.Errorf("write %s: %w", w.temporary, err)
	}
	return nil
}

// discard gives the file up.
func (w *dayWriter) discard() error {
	if w.orc != nil {
		_ = w.orc.Settle() // why it is given up is known
	}
	return errors.Join(w.file.Close(), w.disk.Remove(w.temporary))
}
