package engine

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// LakeCatalog gives the event data stores of a lake as tables.
//
//	storage.Snapshot ─► storeTable ─► dataFile ─► stripe ─► stripeReader
//	                    exec.Source   exec.Unit   exec.Split  exec.Reader
//
// A store's columns are those of its schema, and the hidden ones: calendarday and
// hour (of eventtime, UTC), "$path" (the data file), "$archive" (where the event came from) and
// "$integrity" (what digest files prove of that archive, as the catalog says).
// Beside the stores there is the table of purges.
type LakeCatalog struct {
	Lake *storage.Lake
	// Cache is shared by all statements over the lake; nil is none.
	Cache *Cache
	// Verify compares each data file that is opened with its SHA-256 first: what is not as it was
	// written is an error, whatever is read of it.
	Verify bool
	// SkipDamaged, if not nil, makes statements go on without the data files that are damaged or
	// missing, all of which are read once for that; it is called with each of them, in order.
	SkipDamaged func(store string, f storage.DataFile, err error)
}

// Snapshot implements Catalog.
func (c LakeCatalog) Snapshot(ctx context.Context, store string) (analyzer.Catalog, error) {
	stores, err := c.Lake.EventDataStores(ctx)
	if err != nil {
		return nil, err
	}
	if c.Cache != nil {
		c.Cache.begin()
	}
	return &lakeTables{ctx: ctx, lake: c.Lake, options: c, stores: stores, chosen: store, tables: map[string]*storeTable{}}, nil
}

// lakeTables are the tables that one statement sees.
type lakeTables struct {
	ctx     context.Context // of the statement
	lake    *storage.Lake
	options LakeCatalog
	stores  []*storage.EventDataStore
	chosen  string
	tables  map[string]*storeTable // by store ID: a store that is read twice is the same snapshot
}

// Table implements analyzer.Catalog. A store is named by UUID, name or ARN.
func (t *lakeTables) Table(name analyzer.TableName) (plan.Table, error) {
	if name.Placeholder {
		s, err := t.placeholder(name.String())
		if err != nil {
			return nil, err
		}
		return t.open(s)
	}
	parts := name.Parts
	if len(parts) > 1 && strings.EqualFold(parts[len(parts)-2], analyzer.SchemaName) {
		parts = parts[len(parts)-1:]
	}
	if len(parts) != 1 {
		return nil, nil
	}
	if s := t.find(parts[0]); s != nil {
		return t.open(s)
	}
	return t.purges(parts[0])
}

// find returns the store that ref names: by ID, ARN or name, exactly or else without regard to case.
func (t *lakeTables) find(ref string) *storage.EventDataStore {
	var near *storage.EventDataStore
	for _, s := range t.stores {
		switch {
		case s.Name == ref || s.ARN == ref || strings.EqualFold(s.ID, ref):
			return s
		case strings.EqualFold(s.Name, ref):
			near = s
		}
	}
	return near
}

// placeholder returns the store that placeholders mean.
func (t *lakeTables) placeholder(text string) (*storage.EventDataStore, error) {
	switch {
	case t.chosen != "":
		if s := t.find(t.chosen); s != nil {
			return s, nil
		}
		return nil, sql.Errorf(sql.TABLE_NOT_FOUND, sql.Pos{}, "Event data store '%s' does not exist", t.chosen).
			WithHint(t.hint())
	}
	var active []*storage.EventDataStore
	for _, s := range t.stores {
		if s.Status != storage.StatusPendingDeletion {
			active = append(active, s)
		}
	}
	switch len(active) {
	case 1:
		return active[0], nil
	case 0:
		return nil, sql.Errorf(sql.TABLE_NOT_FOUND, sql.Pos{}, "%s stands for an event data store, but the lake has none", text).
			WithHint("make one with ctlake ingest PATH --store NAME")
	}
	return nil, sql.Errorf(sql.TABLE_NOT_FOUND, sql.Pos{}, "%s stands for an event data store, but the lake has %d", text, len(active)).
		WithHint("choose one with --store, or name it in the statement; " + t.hint())
}

func (t *lakeTables) hint() string {
	return "there are " + strings.Join(t.TableNames(), ", ")
}

// TableNames implements analyzer.Catalog.
func (t *lakeTables) TableNames() []string {
	names := []string{}
	for _, s := range t.stores {
		if s.Status != storage.StatusPendingDeletion {
			names = append(names, s.Name)
		}
	}
	return names
}

func (t *lakeTables) open(s *storage.EventDataStore) (plan.Table, error) {
	if table := t.tables[s.ID]; table != nil {
		return table, nil
	}
	snapshot, err := t.lake.Snapshot(t.ctx, s)
	if err != nil {
		return nil, err
	}
	if t.options.SkipDamaged != nil {
		if err := snapshot.SkipDamaged(t.ctx, func(f storage.DataFile, err error) { t.options.SkipDamaged(s.Name, f, err) }); err != nil {
			return nil, err
		}
	}
	table := &storeTable{snapshot: snapshot, dir: t.lake.Dir(), cache: t.options.Cache, verify: t.options.Verify}
	t.tables[s.ID] = table
	return table, nil
}

// storeTable is a snapshot of an event data store.
type storeTable struct {
	snapshot *storage.Snapshot
	dir      string
	cache    *Cache
	verify   bool

	verdicts verdicts
}

// Name implements plan.Table.
func (t *storeTable) Name() string { return t.snapshot.Store.Name }

// columnsOf are the columns of the tables of stores, by the shape of the data files.
var columnsOf = map[*schema.Table][]plan.TableColumn{}

func init() {
	for _, kind := range schema.Kinds {
		table, _ := schema.Of(kind)
		columnsOf[table] = tableColumns(table)
	}
}

func tableColumns(table *schema.Table) []plan.TableColumn {
	var columns []plan.TableColumn
	for _, c := range table.Columns {
		if c.Name != schema.Archive {
			columns = append(columns, plan.TableColumn{Name: c.Name, Type: c.Type})
		}
	}
	return append(columns,
		plan.TableColumn{Name: schema.CalendarDay, Type: types.TBigint, Hidden: true},
		plan.TableColumn{Name: schema.Hour, Type: types.TBigint, Hidden: true},
		plan.TableColumn{Name: schema.PathColumn, Type: types.TVarchar, Hidden: true},
		plan.TableColumn{Name: schema.ArchiveColumn, Type: types.TVarchar, Hidden: true},
		plan.TableColumn{Name: schema.Integrity, Type: types.TVarchar, Hidden: true})
}

// TableColumns implements plan.Table.
func (t *storeTable) TableColumns() []plan.TableColumn { return columnsOf[t.snapshot.Store.Table()] }

// Member implements plan.MemberTable: of eventjson, by the texts that are columns, and of maps of text.
func (t *storeTable) Member(column string, keys []string) (path []string, ok bool) {
	if path := append([]string{column}, keys...); t.isElement(path) {
		return path, true
	}
	if column != schema.EventJSON || t.snapshot.Store.Table() != schema.Events {
		return nil, false
	}
	if _, ok := textOf(keys); !ok {
		return nil, false
	}
	return append([]string{schema.EventJSON}, keys...), true
}

// isElement reports whether a path leads to the values of a key of a column of maps.
func (t *storeTable) isElement(path []string) bool {
	return len(path) == 2 && slices.ContainsFunc(t.snapshot.Store.Table().Columns, func(c schema.Column) bool {
		return c.Name == path[0] && c.Type.Is(types.Map) && c.Type.Key().Is(types.Varchar)
	})
}

// textOf returns the column that is read from where the members are in the record.
func textOf(members []string) (schema.Text, bool) {
	for _, t := range eventTexts {
		if slices.Equal(t.Members, members) {
			return t, true
		}
	}
	return schema.Text{}, false
}

var eventTexts = schema.Events.Texts()

// Units implements exec.Source.
func (t *storeTable) Units() []exec.Unit {
	units := make([]exec.Unit, len(t.snapshot.Files))
	for i, f := range t.snapshot.Files {
		units[i] = &dataFile{table: t, file: f}
	}
	return units
}

// Bound implements exec.Source: events that have expired do not belong to the table.
// Events without a time never expire.
func (t *storeTable) Bound() (exec.Bound, bool) {
	if t.snapshot.NotBefore == storage.NeverExpires {
		return exec.Bound{}, false
	}
	d := domain.GreaterOrEqual(types.TTimestamp, t.snapshot.NotBefore*1000).Union(domain.OnlyNull(types.TTimestamp))
	return exec.Bound{Column: exec.Column{Path: []string{schema.EventTime}, Type: types.TTimestamp}, Domain: d}, true
}

// dataFile is a data file of a store.
type dataFile struct {
	table *storeTable
	file  storage.DataFile
}

// Rows implements exec.Unit.
func (f *dataFile) Rows() int64 { return f.file.Rows }

// Statistics implements exec.Unit by what the catalog and the partition say.
func (f *dataFile) Statistics(c exec.Column) (domain.Statistics, bool) {
	s := domain.Statistics{Rows: f.file.Rows, Type: c.Type}
	if len(c.Path) != 1 {
		return s, false
	}
	timeless := f.file.Day == storage.NoDay
	s.HasNull, s.AllNull = timeless, timeless
	switch c.Path[0] {
	case schema.EventTime:
		if !timeless {
			s.Min, s.Max = f.file.MinEventTime*1000, f.file.MaxEventTime*1000
		}
	case schema.CalendarDay:
		if !timeless {
			s.Min, s.Max = f.file.Day.Calendar(), f.file.Day.Calendar()
		}
	case schema.Hour:
		if !timeless {
			s.Min, s.Max = hourOf(f.file.MinEventTime*1000), hourOf(f.file.MaxEventTime*1000)
		}
	case schema.PathColumn:
		s.HasNull, s.AllNull = false, false
		s.Min, s.Max = f.path(), f.path()
	default:
		return s, false
	}
	return s, true
}

func (f *dataFile) path() string { return filepath.Join(f.table.dir, filepath.FromSlash(f.file.Path)) }

// Splits implements exec.Unit: one for each stripe.
func (f *dataFile) Splits(ctx context.Context) ([]exec.Split, error) {
	if f.table.verify {
		if err := f.table.snapshot.Verify(ctx, f.file); err != nil {
			return nil, err
		}
	}
	opened, err := f.open()
	if err != nil {
		return nil, err
	}
	return f.splitsOf(opened)
}

// splitsOf returns the stripes of the file, which is open for them.
func (f *dataFile) splitsOf(opened *storage.OpenFile) ([]exec.Split, error) {
	stripes := opened.Stripes()
	shared := &openFile{dataFile: f, OpenFile: opened, users: len(stripes)}
	splits := make([]exec.Split, len(stripes))
	for i, s := range stripes {
		splits[i] = &stripe{openFile: shared, number: i, rows: s.Rows}
	}
	if len(splits) == 0 {
		return nil, opened.Close()
	}
	return splits, nil
}

// open opens the file, or takes what is known of it.
func (f *dataFile) open() (*storage.OpenFile, error) {
	t := f.table
	if t.cache == nil {
		return t.snapshot.Open(f.file)
	}
	if known := t.cache.tail(f.file.Path); known != nil {
		return t.snapshot.OpenKnown(f.file, known), nil
	}
	opened, err := t.snapshot.Open(f.file)
	if err == nil {
		t.cache.keepTail(f.file.Path, opened.File)
	}
	return opened, err
}

// openFile is a data file that is open for its stripes; the last one closes it.
type openFile struct {
	*dataFile
	*storage.OpenFile

	mu      sync.Mutex
	users   int
	counted int64 // bytes read that were reported already
	cached  int64 // bytes in the file of what came from the cache
}

// stripe is a stripe of a data file.
type stripe struct {
	*openFile
	number int
	rows   int64
	lent   *orc.StripeReader // goes back into the cache
}

// Rows implements exec.Split.
func (s *stripe) Rows() int64 { return s.rows }

// Statistics implements exec.Split.
func (s *stripe) Statistics(c exec.Column) (domain.Statistics, bool) {
	path, hidden := filePath(c)
	if s.table.isElement(c.Path) {
		return domain.Statistics{}, false
	}
	if c.Path[0] == schema.Integrity {
		return domain.Statistics{}, false // those of the file are of archives' names
	}
	if member, ok := memberColumn(c, s.File); ok {
		if member == nil {
			return domain.Statistics{}, false
		}
		path = member
	}
	if hidden {
		known, ok := s.dataFile.Statistics(c)
		known.Rows = s.rows
		return known, ok
	}
	known, err := s.StripeStatistics(s.number, path)
	if err != nil {
		return domain.Statistics{}, false // nested in a list or map, or not in the file
	}
	return known, true
}

// BytesRead implements exec.Split. What comes from the cache counts as if it were read.
func (s *stripe) BytesRead() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	total := s.OpenFile.BytesRead() + s.cached
	news := total - s.counted
	s.counted = total
	return news
}

// fromCache counts bytes that need not be read.
func (s *stripe) fromCache(bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cached += bytes
}

// Close implements exec.Split.
func (s *stripe) Close() error {
	if s.lent != nil {
		s.table.cache.giveBack(s.file.Path, s.number, s.lent)
		s.lent = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users--; s.users > 0 {
		return nil
	}
	return s.OpenFile.Close()
}

// filePath returns where a column lies in data files; hidden if it is computed.
func filePath(c exec.Column) (path []string, hidden bool) {
	switch c.Path[0] {
	case schema.CalendarDay, schema.Hour, schema.PathColumn, plan.RowsColumn:
		return nil, true
	case schema.ArchiveColumn, schema.Integrity:
		return []string{schema.Archive}, false
	}
	return c.Path, false
}

// memberColumn returns the column of a data file that is the member of eventjson that c is; nil if there is none,
// and ok is false if c is no member.
func memberColumn(c exec.Column, f *orc.File) (path []string, ok bool) {
	if len(c.Path) == 1 || c.Path[0] != schema.EventJSON {
		return nil, false
	}
	if t, known := textOf(c.Path[1:]); known && storage.SameAsJSON(f, t) {
		return t.Path, true
	}
	return nil, true
}

// Open implements exec.Split.
func (s *stripe) Open(ctx context.Context, columns []exec.Column) (exec.Reader, error) {
	opened, err := s.reader()
	if err != nil {
		return nil, err
	}
	r := &stripeReader{ctx: ctx, split: s, stripe: opened, columns: make([]stripeColumn, len(columns))}
	for _, g := range opened.RowGroups() {
		r.groups = append(r.groups, int64(g.Rows))
	}
	for i, c := range columns {
		col := stripeColumn{Column: c}
		path, hidden := filePath(c)
		member, isMember := memberColumn(c, s.File)
		switch {
		case s.table.isElement(c.Path):
			col.path, col.key = path[:1], &path[1]
		case isMember && member == nil:
			col.path, col.member = path[:1], path[1:]
		case isMember:
			col.path = member
		case hidden && c.Path[0] == schema.Hour:
			col.path = []string{schema.EventTime}
		case !hidden:
			col.path = path
		}
		r.columns[i] = col
	}
	return r, nil
}

// reader returns a reader of the stripe.
func (s *stripe) reader() (*orc.StripeReader, error) {
	cache := s.table.cache
	if cache == nil {
		return s.Stripe(s.number)
	}
	if known := cache.lend(s.file.Path, s.number); known != nil {
		s.lent = known.Over(s.File)
		return s.lent, nil
	}
	opened, err := s.Stripe(s.number)
	s.lent = opened
	return opened, err
}

// stripeReader reads columns of a stripe.
type stripeReader struct {
	ctx     context.Context // of the statement
	split   *stripe
	stripe  *orc.StripeReader
	groups  []int64
	columns []stripeColumn
	most    bool // of the rows may match
}

type stripeColumn struct {
	exec.Column
	path   []string          // in the file; nil if nothing is read
	member []string          // of what is read, which is JSON; nil for all
	key    *string           // of what is read, which are maps; nil for all
	reader *orc.ColumnReader // nil if nothing was read yet
	whole  vector.Vector     // all rows, from the cache or for it; nil if it has none
	looked bool              // for whole
	known  []domain.Statistics
	asked  bool
}

// HeldBytes implements exec.Holder. What is in the cache is the cache's.
func (r *stripeReader) HeldBytes() int64 {
	total := int64(0)
	for i := range r.columns {
		if c := r.columns[i].reader; c != nil {
			total += c.HeldBytes()
		}
	}
	return total
}

// RowGroups implements exec.Reader.
func (r *stripeReader) RowGroups() []int64 { return r.groups }

// Expect implements exec.Expecter.
func (r *stripeReader) Expect(rows int64) { r.most = 2*rows >= r.split.rows }

// Prepare implements exec.ParallelReader: readers of columns share nothing but indexes.
func (r *stripeReader) Prepare(columns []int) ([]int64, error) {
	bytes := make([]int64, len(columns))
	for i, column := range columns {
		c := &r.columns[column]
		known, err := r.ready(c)
		if err != nil {
			return nil, err
		}
		if known && c.whole == nil {
			bytes[i] = c.reader.StoredBytes()
		}
	}
	return bytes, nil
}

// maxBloomValues is up to how many values are looked up in a bloom filter one by one.
const maxBloomValues = 100

// MayMatch implements exec.Reader.
func (r *stripeReader) MayMatch(group, column int, d domain.Domain) (bool, error) {
	c := &r.columns[column]
	if c.member != nil || c.key != nil || c.Path[0] == schema.Integrity {
		return true, nil
	}
	if c.path == nil || c.Path[0] == schema.Hour {
		known, ok := r.split.Statistics(c.Column)
		return !ok || d.MayMatch(known), nil
	}
	if !c.asked {
		c.asked = true
		known, err := r.stripe.RowGroupStatistics(c.path)
		if err != nil && !errors.Is(err, orc.ErrUnsupported) && !errors.Is(err, orc.ErrNoColumn) {
			return false, err
		}
		c.known = known
	}
	if group < len(c.known) && !d.MayMatch(c.known[group]) {
		return false, nil
	}
	values, ok := d.Discrete()
	if !ok || d.IncludesNull() || len(values) > maxBloomValues || !r.stripe.HasBloomFilter(c.path) {
		return true, nil
	}
	for _, v := range values {
		may, err := r.stripe.MayContain(c.path, group, v)
		if err != nil || may {
			return true, err
		}
	}
	return false, nil
}

// Read implements exec.Reader.
func (r *stripeReader) Read(column, from, to int) (vector.Vector, error) {
	c := &r.columns[column]
	known, err := r.ready(c)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return r.constant(c, to-from), nil
	case c.whole != nil:
		return r.shown(c, vector.Slice(c.whole, from, to), nil)
	}
	v, err := c.reader.Read(from, to-from)
	return r.finished(c, v, err)
}

// Gather implements exec.Reader.
func (r *stripeReader) Gather(column int, rows []int32) (vector.Vector, error) {
	c := &r.columns[column]
	known, err := r.ready(c)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return r.constant(c, len(rows)), nil
	case c.whole != nil:
		return r.shown(c, vector.Gather(c.whole, rows), nil)
	}
	v, err := c.reader.Gather(rows)
	return r.finished(c, v, err)
}

// Searchable implements exec.Searcher: a column as it is in the file, which the cache does not have.
func (r *stripeReader) Searchable(column int) (bool, error) {
	c := &r.columns[column]
	if c.member != nil || c.key != nil || c.Path[0] == schema.Integrity {
		return false, nil
	}
	known, err := r.ready(c)
	return known && c.whole == nil && c.reader.Type().Equal(c.Type) && c.reader.Searchable(), err
}

// Search implements exec.Searcher.
func (r *stripeReader) Search(column int, rows []int32, needles []*vector.Needle, without, keep bool) ([]int32, vector.Vector, error) {
	return r.columns[column].reader.Search(rows, needles, without, keep)
}

// ready makes a column's reader or finds the column in the cache; known is false if
// the column is not in the file.
func (r *stripeReader) ready(c *stripeColumn) (known bool, err error) {
	switch {
	case c.path == nil:
		return false, nil
	case c.looked:
		return true, nil
	}
	cache, key := r.split.table.cache, cacheKey{}
	open := func() {
		if c.key != nil {
			c.reader, err = r.stripe.Element(c.path, *c.key)
		} else if c.reader, err = r.stripe.Column(c.path); err == nil {
			c.reader.AllowUUIDs(c.Compact && c.asStored())
		}
	}
	if cache == nil {
		open()
	} else {
		stored, wanted := int64(0), false
		key = columnKey(r.split.file.Path, r.split.number, c.cachePath())
		c.whole, stored, wanted = cache.column(key, r.most, func() chunk {
			if open(); err != nil {
				return chunk{stored: unreadableBytes}
			}
			return c.chunk(r.split.rows)
		})
		switch {
		case c.whole != nil:
			r.split.fromCache(stored)
		case c.reader == nil && err == nil:
			open()
		}
		if wanted && err == nil {
			c.reader.AllowUUIDs(c.asStored())
			if v, err := c.finish(c.reader.Read(0, int(r.split.rows))); err == nil {
				c.whole = vector.Trim(v)
			} // else the rows that are needed say what is wrong with them
			of := columnOfStore{r.split.table.snapshot.Store.ID, key.column}
			c.whole = cache.keepColumn(key, of, c.whole)
			c.reader.AllowUUIDs(c.Compact && c.asStored())
		}
	}
	if errors.Is(err, orc.ErrNoColumn) { // written before the column was there: all NULL
		c.path = nil
		return false, nil
	}
	c.looked = err == nil
	return err == nil, err
}

// chunk says how large the column, whose reader is open, is in a stripe of so many rows.
func (c *stripeColumn) chunk(rows int64) chunk {
	s := chunk{rows: rows, stored: c.reader.StoredBytes()}
	s.decoded = parsedPerRead * s.stored
	if c.key != nil { // which is one of many in the maps
		s.decoded = min(s.decoded, rows*int64(unsafe.Sizeof("")))
	}
	return s
}

// asStored reports whether the column is, as it is, one of the file.
func (c *stripeColumn) asStored() bool {
	return c.key == nil && c.member == nil && c.Path[0] != schema.Hour && c.Path[0] != schema.Integrity
}

// cachePath is what the cache knows the column by: members that are columns are one with them.
func (c *stripeColumn) cachePath() []string {
	switch {
	case c.member == nil && c.Path[0] == schema.EventJSON:
		return c.path
	case c.Path[0] == schema.Integrity:
		return []string{schema.ArchiveColumn} // whose verdicts may change
	}
	return c.Path
}

// constant returns n rows of a column that is the same all over the file.
func (r *stripeReader) constant(c *stripeColumn, n int) vector.Vector {
	f := r.split.dataFile
	switch c.Path[0] {
	case schema.CalendarDay:
		if f.file.Day != storage.NoDay {
			return vector.NewConstant(vector.NewFlat(types.TBigint, []int64{f.file.Day.Calendar()}, nil), n)
		}
	case schema.PathColumn:
		return vector.NewConstant(vector.NewFlat(types.TVarchar, []string{f.path()}, nil), n)
	case plan.RowsColumn:
		return vector.NewConstant(vector.NewFlat(types.TBigint, []int64{1}, nil), n)
	}
	return vector.NewNull(c.Type, n)
}

// finished is finish of what is handed out.
func (r *stripeReader) finished(c *stripeColumn, v vector.Vector, err error) (vector.Vector, error) {
	v, err = c.finish(v, err)
	return r.shown(c, v, err)
}

// shown turns what the cache may keep into the column.
func (r *stripeReader) shown(c *stripeColumn, v vector.Vector, err error) (vector.Vector, error) {
	if err != nil {
		return nil, err
	}
	if c.Path[0] != schema.Integrity {
		if !c.Compact {
			v = vector.Spelt(v)
		}
		return v, nil
	}
	return r.split.table.verdicts.of(r.ctx, r.split.table.snapshot, v)
}

// finish turns what was read into the column.
func (c *stripeColumn) finish(v vector.Vector, err error) (vector.Vector, error) {
	if err != nil {
		return nil, err
	}
	if c.Path[0] == schema.Hour {
		times := vector.ViewOf[int64](v)
		hours := make([]int64, v.Len())
		for i := range hours {
			hours[i] = hourOf(times.Get(i))
		}
		return vector.NewFlat(types.TBigint, hours, v.Nulls()), nil
	}
	if c.member != nil {
		return function.JSONMember(v, c.member)
	}
	if !v.Type().Equal(c.Type) {
		return nil, fmt.Errorf("column %s has type %s in a data file, not %s: %w", strings.Join(c.path, "."), v.Type(), c.Type, orc.ErrCorrupt)
	}
	return v, nil
}

// hourOf returns the hour of a time in microseconds since 1970.
func hourOf(micros int64) int64 {
	const microsPerHour = 3600 * 1_000_000
	hour := micros / microsPerHour
	if micros%microsPerHour < 0 {
		hour--
	}
	return (hour%24 + 24) % 24
}
