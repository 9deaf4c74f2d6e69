package exec

import (
	"context"
	"io"
	"slices"

	"github.com/ctlake/ctlake/engine/expr"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/vector"
)

// barrenBatchRows is how many rows a batch without columns has.
const barrenBatchRows = 1 << 16

// scanner is a Scan compiled for one worker. It decodes the columns of the filter
// first, the others for the rows that are left.
type scanner struct {
	node    *plan.Scan
	rt      *Runtime
	bound   *Bound
	columns []Column // what is read: those of the filter, then the others
	early   int      // how many columns belong to the filter
	boundAt int      // the bound's column among the early ones; -1 for none
	filter  *expr.Evaluator
	search  *textSearch    // nil for none
	keys    []keyColumn    // that joins need; among the early ones
	top     *scanTop       // nil for none
	limit   *limitOfScan   // nil for none
	out     []int          // outputs by position in columns
	rowsAt  int            // the place of plan.RowsColumn among the outputs; -1 for none
	domains []columnDomain // for row groups
	schema  []plan.Column  // of the early columns
}

// keyColumn is a column of which joins need but some values.
type keyColumn struct {
	column int
	set    *keySet
}

type columnDomain struct {
	column int
	domain domain.Domain
}

func newScanner(n *plan.Scan, source Source, rt *Runtime, top *topOfScan, keys []scanKeys, compact map[plan.ColumnID]bool) (*scanner, error) {
	rt = rt.forScan(n)
	s := &scanner{node: n, rt: rt, boundAt: -1, rowsAt: -1}
	at := map[plan.ColumnID]int{}
	read := func(c plan.ScanColumn) {
		if _, ok := at[c.ID]; !ok {
			at[c.ID] = len(s.columns)
			s.columns = append(s.columns, Column{Path: c.Path, Type: c.Type})
		}
	}
	if n.Filter != nil {
		used := map[plan.ColumnID]bool{}
		plan.EachRef(n.Filter, func(r *plan.ColumnRef) { used[r.ID] = true })
		for _, c := range n.Outputs {
			if used[c.ID] {
				read(c)
				s.schema = append(s.schema, c.Column)
			}
		}
		var err error
		if s.filter, err = expr.Compile(n.Filter, s.schema, rt.Env); err != nil {
			return nil, err
		}
	}
	if b, ok := source.Bound(); ok {
		s.bound = &b
		s.boundAt = len(s.columns)
		s.columns = append(s.columns, b.Column)
	}
	for _, k := range keys {
		for _, c := range n.Outputs {
			if c.ID == k.column {
				read(c)
				s.keys = append(s.keys, keyColumn{at[c.ID], k.set})
			}
		}
	}
	if top != nil {
		for _, k := range top.keys {
			for _, c := range n.Outputs {
				if c.ID == k.ID {
					read(c)
				}
			}
		}
	}
	s.early = len(s.columns)
	emitted := map[plan.ColumnID]bool{}
	for _, c := range n.Columns() {
		emitted[c.ID] = true
	}
	for _, c := range n.Outputs {
		if emitted[c.ID] {
			if c.Path[0] == plan.RowsColumn {
				s.rowsAt = len(s.out)
			}
			read(c)
			s.out = append(s.out, at[c.ID])
			if compact[c.ID] && at[c.ID] >= s.early {
				s.columns[at[c.ID]].Compact = true
			}
		}
	}
	var err error
	if s.search, err = newTextSearch(n.Filter, s.schema, func(c plan.ColumnID) bool { return emitted[c] || s.isKey(at[c], top, c) }, rt.Env); err != nil {
		return nil, err
	}
	if top != nil && len(s.columns) > s.early {
		s.top = &scanTop{topOfScan: top, order: ordering{keys: top.keys}}
		for _, k := range top.keys {
			s.top.order.at = append(s.top.order.at, at[k.ID])
		}
	}
	for _, c := range n.Outputs { // in order, so that the first one that prunes is always the same
		if d, ok := n.Domains[c.ID]; ok && !rt.NoPruning {
			if _, ok := at[c.ID]; !ok {
				read(c)
			}
			s.domains = append(s.domains, columnDomain{at[c.ID], d})
		}
	}
	return s, nil
}

// isKey reports whether a column, which is read at a place, is a key of joins or of a top-N.
func (s *scanner) isKey(at int, top *topOfScan, id plan.ColumnID) bool {
	return slices.ContainsFunc(s.keys, func(k keyColumn) bool { return k.column == at }) ||
		top != nil && slices.ContainsFunc(top.keys, func(k plan.SortKey) bool { return k.ID == id })
}

// open returns the rows of a task.
func (s *scanner) open(t *task) Operator {
	return &scan{scanner: s, task: t, account: s.rt.account(s.node, "a scan")}
}

// scan reads one split.
type scan struct {
	*scanner
	task   *task
	reader Reader
	spans  []span // rows that remain to be read
	rows   int64  // that remain to be given, of a task without columns
	done   int64  // rows of the task that count as done
	found  int64  // rows that were given, or are about to be
	ended  bool

	checkBound bool
	checks     []keyCheck // of the keys that are known
	searching  bool       // the reader searches
	asked      bool       // whether it does
	// Survivors that wait to become a batch: their numbers, and the early columns
	// in pieces.
	pending []int32
	pieces  [][]vector.Vector

	chosen *vector.Batch // of a top-N: the early columns and the numbers of the rows that are given
	given  int           // rows of it

	account account // of the reader and of the batch that was given last
}

type span struct{ from, to int }

func (o *scan) Next(ctx context.Context) (*vector.Batch, error) {
	if o.ended {
		return nil, io.EOF
	}
	if o.reader == nil && o.rows == 0 {
		if err := o.start(ctx); err != nil {
			return nil, err
		}
	}
	if o.reader == nil {
		n := min(o.rows, barrenBatchRows)
		o.rows -= n
		o.ended = o.rows == 0
		o.task.of.counters.RowsMatched.Add(n)
		o.passed(o.task.rows - o.rows)
		return &vector.Batch{N: int(n)}, nil
	}
	b, err := o.read(ctx)
	o.charge(b)
	if over := o.task.countBytes(); over != nil {
		return nil, over
	}
	switch {
	case err == io.EOF:
		o.ended = true
	case err == nil && o.top == nil: // a top-N has counted the rows that it chose from
		o.task.of.counters.RowsMatched.Add(o.rowsMatched(o.task, b))
	}
	return b, err
}

// charge notes what the scan holds. It cannot do with less, so that others have to.
func (o *scan) charge(b *vector.Batch) {
	bytes := int64(0)
	if h, ok := o.reader.(Holder); ok {
		bytes = h.HeldBytes()
	}
	if b != nil {
		bytes += waitingBytes(b)
	}
	o.account.force(bytes)
}

func (o *scan) start(ctx context.Context) error {
	if o.limit != nil && !o.limit.needs(o.task.number) {
		o.ended = true
		return io.EOF
	}
	o.checkBound = false
	if o.bound != nil && o.task.split != nil {
		st, ok := o.task.split.Statistics(o.bound.Column)
		o.checkBound = !ok || !o.bound.Domain.AlwaysMatches(st)
	}
	if o.task.split == nil || len(o.out) == 0 && o.filter == nil && !o.checkBound {
		o.rows = o.task.rows
		o.task.of.counters.RowsScanned.Add(o.rows)
		if o.rows == 0 {
			o.ended = true
			return io.EOF
		}
		return nil
	}
	var err error
	if o.reader, err = o.task.split.Open(ctx, o.columns); err != nil {
		return err
	}
	for _, k := range o.keys {
		if values := k.set.known.Load(); values != nil {
			o.checks = append(o.checks, keyCheck{column: k.column, values: values, plain: o.rt.Env.NoDictionaries})
		}
	}
	if err := o.prune(); err != nil {
		return err
	}
	if e, ok := o.reader.(Expecter); ok {
		rows := 0
		for _, s := range o.spans {
			rows += s.to - s.from
		}
		e.Expect(int64(rows))
	}
	return nil
}

// prune decides which row groups are read.
func (o *scan) prune() error {
	if c, ok := o.task.split.(CountedSplit); ok {
		rows, units := c.Counted()
		o.task.of.counters.RowsCounted.Add(rows)
		o.task.of.counters.UnitsCounted.Add(units)
		o.spans = append(o.spans, span{0, int(o.task.rows)})
		return nil
	}
	groups := o.reader.RowGroups()
	if groups == nil {
		groups = []int64{o.task.rows}
	}
	o.task.of.counters.RowGroups.Add(int64(len(groups)))
	domains := o.domains
	if !o.rt.NoPruning {
		for _, c := range o.checks {
			domains = append(domains[:len(domains):len(domains)], columnDomain{c.column, c.values.within(o.columns[c.column].Type)})
		}
	}
	from := 0
	for g, rows := range groups {
		to := from + int(rows)
		needed := true
		for _, d := range domains {
			may, err := o.reader.MayMatch(g, d.column, d.domain)
			if err != nil {
				return err
			}
			if needed = may; !needed {
				break
			}
		}
		switch {
		case !needed:
			o.task.of.counters.RowGroupsPruned.Add(1)
		case len(o.spans) > 0 && o.spans[len(o.spans)-1].to == from:
			o.spans[len(o.spans)-1].to = to
			o.task.of.counters.RowsScanned.Add(rows)
		default:
			o.spans = append(o.spans, span{from, to})
			o.task.of.counters.RowsScanned.Add(rows)
		}
		from = to
	}
	return nil
}

// read returns the next batch with rows.
func (o *scan) read(ctx context.Context) (*vector.Batch, error) {
	if o.top != nil {
		return o.readTop(ctx)
	}
	for {
		left := o.left()
		if left == 0 {
			return nil, io.EOF
		}
		from, to, err := o.next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if o.filter == nil && !o.checkBound && !o.checksKeys() {
			to = from + min(to-from, left)
			return o.readAll(ctx, from, to, nil)
		}
		early, rows, all, err := o.survivors(from, to)
		if err != nil {
			return nil, err
		}
		if all && len(o.pending) == 0 && to-from <= left {
			return o.readAll(ctx, from, to, early)
		}
		if len(rows) > 0 {
			o.pending = append(o.pending, rows...)
			o.pieces = append(o.pieces, early)
		}
		if len(o.pending) >= min(o.rt.BatchRows, left) {
			return o.flush(ctx)
		}
	}
	if len(o.pending) > 0 {
		return o.flush(ctx)
	}
	return nil, io.EOF
}

// next returns the rows from..to-1 that are to be read next, or io.EOF.
func (o *scan) next(ctx context.Context) (from, to int, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	for len(o.spans) > 0 {
		s := &o.spans[0]
		if s.from == s.to {
			o.spans = o.spans[1:]
			continue
		}
		from, to = s.from, min(s.from+o.rt.BatchRows, s.to)
		s.from = to
		o.passed(int64(from))
		return from, to, nil
	}
	return 0, 0, io.EOF
}

// passed counts the split's first rows as done, where they were not before.
func (o *scan) passed(rows int64) {
	if rows > o.done {
		o.task.of.did(rows-o.done, 0)
		o.done = rows
	}
}

// survivors reads the early columns of the rows from..to-1 and returns those of the rows
// that the filter and the bound let pass, and their numbers.
func (o *scan) survivors(from, to int) (early []vector.Vector, rows []int32, all bool, err error) {
	searches, err := o.searches()
	if err != nil {
		return nil, nil, false, err
	}
	filter, late := o.filter, -1
	if searches {
		filter, late = o.search.before, o.search.column
	}
	if early, err = o.readEarly(from, to, late); err != nil {
		return nil, nil, false, err
	}
	n := to - from
	kept, all, err := o.passing(filter, early, n)
	if err != nil {
		return nil, nil, false, err
	}
	if searches {
		if rows, err = o.find(early, kept, all, from, to); err != nil || len(rows) == 0 {
			return nil, nil, false, err
		}
		n, kept, all = len(rows), nil, true
		if o.search.after != nil {
			if kept, all, err = o.search.after.Select(o.filterBatch(early, n)); err != nil {
				return nil, nil, false, err
			}
		}
	}
	kept, all = o.keyed(early, kept, all, n)
	switch {
	case all && rows == nil:
		rows = successiveRows(from, n)
	case !all && rows == nil:
		rows = numbered(kept, from)
	case !all:
		for i, k := range kept {
			rows[i] = rows[k]
		}
		rows = rows[:len(kept)]
	}
	if !all && len(rows) > 0 {
		narrow(early, kept)
	}
	return early, rows, len(rows) == to-from, nil
}

// narrow leaves the given rows of columns.
func narrow(columns []vector.Vector, rows []int32) {
	for i, v := range columns {
		columns[i] = vector.Gather(v, rows)
	}
}

// successiveRows returns n numbers of rows.
func successiveRows(from, n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(from + i)
	}
	return out
}

// numbered returns rows with a number added to each.
func numbered(rows []int32, from int) []int32 {
	out := make([]int32, len(rows))
	for i, r := range rows {
		out[i] = r + int32(from)
	}
	return out
}

// readEarly reads the columns of the filter and of the bound, except for the late one.
func (o *scan) readEarly(from, to, late int) ([]vector.Vector, error) {
	out := make([]vector.Vector, o.early)
	for c := range out {
		if c == late || c == o.boundAt && !o.checkBound {
			out[c] = vector.NewNull(o.columns[c].Type, to-from) // not looked at
			continue
		}
		var err error
		if out[c], err = o.reader.Read(c, from, to); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checksKeys reports whether rows are compared with the keys of joins.
func (o *scan) checksKeys() bool {
	for i := range o.checks {
		if !o.checks[i].idle {
			return true
		}
	}
	return false
}

// keyed returns which of n rows, all or else the given ones, have the keys of joins.
func (o *scan) keyed(early []vector.Vector, rows []int32, all bool, n int) ([]int32, bool) {
	for i := range o.checks {
		c := &o.checks[i]
		if c.idle || !all && len(rows) == 0 {
			continue
		}
		if all {
			rows = nil
		}
		rows = c.keep(early[c.column], rows, n)
		all = len(rows) == n
	}
	return rows, all
}

// filterBatch is what the filter looks at.
func (o *scan) filterBatch(early []vector.Vector, n int) *vector.Batch {
	return &vector.Batch{Columns: early[:len(o.schema)], N: n}
}

// passing returns which of n rows a filter, nil for none, and the bound let pass.
func (o *scan) passing(filter *expr.Evaluator, early []vector.Vector, n int) (rows []int32, all bool, err error) {
	all = true
	if o.checkBound {
		v := vector.ViewOf[int64](early[o.boundAt])
		for i, at := range v.At {
			if o.bound.Domain.IncludesNull() && v.Nulls.Has(i) || !v.Nulls.Has(i) && o.bound.Domain.Contains(v.Values[at]) {
				rows = append(rows, int32(i))
			}
		}
		all = len(rows) == n
		if len(rows) == 0 {
			return nil, false, nil
		}
	}
	if filter == nil {
		return rows, all, nil
	}
	b := o.filterBatch(early, n)
	if !all {
		b = gatherBatch(b, rows)
	}
	hits, hitAll, err := filter.Select(b)
	if err != nil || all {
		return hits, hitAll, err
	}
	if hitAll {
		return rows, false, nil
	}
	for i, h := range hits {
		hits[i] = rows[h]
	}
	return hits, false, nil
}

// readAll returns the rows from..to-1, whose early columns may have been read.
func (o *scan) readAll(ctx context.Context, from, to int, early []vector.Vector) (*vector.Batch, error) {
	if !o.take(to - from) {
		return nil, io.EOF
	}
	return o.assemble(ctx, to-from, early, func(c int) (vector.Vector, error) { return o.reader.Read(c, from, to) })
}

// flush makes a batch of the pending rows, as far as they are needed.
func (o *scan) flush(ctx context.Context) (*vector.Batch, error) {
	rows, pieces := o.pending[:min(len(o.pending), o.left())], o.pieces
	o.pending, o.pieces = nil, nil
	if len(rows) == 0 || !o.take(len(rows)) {
		return nil, io.EOF
	}
	early := make([]vector.Vector, o.early)
	parts := make([]vector.Vector, len(pieces))
	for c := range early {
		for i, p := range pieces {
			parts[i] = p[c]
		}
		early[c] = vector.Slice(vector.Concat(o.columns[c].Type, parts...), 0, len(rows))
	}
	return o.assemble(ctx, len(rows), early, func(c int) (vector.Vector, error) { return o.reader.Gather(c, rows) })
}

// assemble puts n rows together from the early columns and from the others, which it reads.
func (o *scan) assemble(ctx context.Context, n int, early []vector.Vector, read func(column int) (vector.Vector, error)) (*vector.Batch, error) {
	b := &vector.Batch{Columns: make([]vector.Vector, len(o.out)), N: n}
	var late, at []int
	for i, c := range o.out {
		if c < len(early) {
			b.Columns[i] = early[c]
		} else {
			late, at = append(late, c), append(at, i)
		}
	}
	columns, err := o.readTogether(ctx, late, read)
	for i, c := range late {
		if err == nil && columns[i] == nil {
			columns[i], err = read(c)
		}
		if err != nil {
			return nil, err
		}
		b.Columns[at[i]] = columns[i]
	}
	return b, nil
}

func (o *scan) Close() error {
	if o.task == nil {
		return nil
	}
	t := o.task
	o.passed(t.rows)
	if c, ok := t.split.(CountedSplit); ok {
		rows, _ := c.Counted()
		t.of.did(rows-t.rows, 0)
	}
	o.task, o.reader, o.ended = nil, nil, true
	o.account.release()
	return t.close()
}
