package exec

import (
	"context"
	"io"

	"github.com/ctlake/ctlake/engine/spill"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// crossCompare orders row i of a and row j of b.
type crossCompare func(a *vector.Batch, i int, b *vector.Batch, j int) int

// across returns the order of rows of any two batches whose columns have the given types.
func (o ordering) across(columns []types.Type) crossCompare {
	type key struct {
		at                     int
		descending, nullsFirst bool
		values                 func(a vector.Vector, i int, b vector.Vector, j int) int
	}
	keys := make([]key, len(o.at))
	for k, at := range o.at {
		keys[k] = key{at, o.keys[k].Descending, o.keys[k].NullsFirst, vector.Comparer(columns[at])}
	}
	return func(a *vector.Batch, i int, b *vector.Batch, j int) int {
		for _, k := range keys {
			x, y := a.Columns[k.at], b.Columns[k.at]
			if p, q := x.Nulls().Has(i), y.Nulls().Has(j); p || q {
				if c := compareNulls(p, q, k.nullsFirst); c != 0 {
					return c
				}
				continue
			}
			c := k.values(x, i, y, j)
			if k.descending {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	}
}

// byOrdinal orders rows by a column of ordinals.
func byOrdinal(column int) crossCompare {
	return func(a *vector.Batch, i int, b *vector.Batch, j int) int {
		x, y := ordinals(a, column)[i], ordinals(b, column)[j]
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
}

// ordinals returns the values of a column that was written as numbers without NULL.
func ordinals(b *vector.Batch, column int) []int64 {
	if f, ok := b.Columns[column].(*vector.Flat[int64]); ok {
		return f.Values
	}
	return vector.Plain(b.Columns[column]).(*vector.Flat[int64]).Values
}

// merger merges sorted runs. Rows that are equal come in the order of the runs.
//
//	run 0  ▸ 1 4 4 9        heap of the runs by their next rows; the first gives a row
//	run 1  ▸ 2 4 7     ─►   to the batch that is being made, which holds (piece, row)
//	run 2  ▸ 0 8            until it is full and the pieces' rows are gathered
type merger struct {
	types     []types.Type
	compare   crossCompare
	batchRows int
	sources   []*mergeSource
	heap      []int32
	started   bool
}

type mergeSource struct {
	reader *spill.Reader
	batch  *vector.Batch
	at     int
	piece  int32 // of the batch that is being made; -1 for none yet
}

func newMerger(runs []*spill.Run, columns []types.Type, compare crossCompare, batchRows int) *merger {
	m := &merger{types: columns, compare: compare, batchRows: batchRows}
	for _, r := range runs {
		m.sources = append(m.sources, &mergeSource{reader: r.Reader()})
	}
	return m
}

// advance makes sure that a source has a row; false means that it has ended.
func (s *mergeSource) advance() (bool, error) {
	for s.batch == nil || s.at == s.batch.N {
		b, err := s.reader.Next()
		if err == io.EOF {
			s.batch = nil
			return false, nil
		}
		if err != nil {
			return false, spillError(err)
		}
		s.batch, s.at, s.piece = b, 0, -1
	}
	return true, nil
}

func (m *merger) before(x, y int32) bool {
	a, b := m.sources[x], m.sources[y]
	if c := m.compare(a.batch, a.at, b.batch, b.at); c != 0 {
		return c < 0
	}
	return x < y
}

// sink restores the heap below position i.
func (m *merger) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(m.heap) {
			return
		}
		if child+1 < len(m.heap) && m.before(m.heap[child+1], m.heap[child]) {
			child++
		}
		if !m.before(m.heap[child], m.heap[i]) {
			return
		}
		m.heap[i], m.heap[child] = m.heap[child], m.heap[i]
		i = child
	}
}

func (m *merger) start() error {
	m.started = true
	for i, s := range m.sources {
		ok, err := s.advance()
		if err != nil {
			return err
		}
		if ok {
			m.heap = append(m.heap, int32(i))
		}
	}
	for i := len(m.heap)/2 - 1; i >= 0; i-- {
		m.sink(i)
	}
	return nil
}

// Next returns the next rows in order, or io.EOF.
func (m *merger) Next(ctx context.Context) (*vector.Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !m.started {
		if err := m.start(); err != nil {
			return nil, err
		}
	}
	if len(m.heap) == 0 {
		return nil, io.EOF
	}
	var p pieces
	for _, s := range m.sources {
		s.piece = -1
	}
	for p.n < m.batchRows && len(m.heap) > 0 {
		s := m.sources[m.heap[0]]
		if s.piece < 0 {
			s.piece = p.begin(s.batch)
		}
		p.add(s.piece, int32(s.at))
		s.at++
		if s.at == s.batch.N {
			ok, err := s.advance()
			if err != nil {
				return nil, err
			}
			if !ok {
				m.heap[0] = m.heap[len(m.heap)-1]
				m.heap = m.heap[:len(m.heap)-1]
			}
		}
		m.sink(0)
	}
	return p.gather(m.types), nil
}

// pieces are rows of several batches in an order.
type pieces struct {
	batches []*vector.Batch
	rows    [][]int32 // of each batch
	place   [][]int32 // where they come
	n       int
}

func (p *pieces) begin(b *vector.Batch) int32 {
	p.batches, p.rows, p.place = append(p.batches, b), append(p.rows, nil), append(p.place, nil)
	return int32(len(p.batches) - 1)
}

func (p *pieces) add(piece, row int32) {
	p.rows[piece], p.place[piece] = append(p.rows[piece], row), append(p.place[piece], int32(p.n))
	p.n++
}

func (p *pieces) gather(columns []types.Type) *vector.Batch {
	if len(p.batches) == 1 {
		rows := p.rows[0]
		if from := int(rows[0]); int(rows[len(rows)-1])-from == len(rows)-1 {
			return sliceBatch(p.batches[0], from, from+len(rows))
		}
		return gatherBatch(p.batches[0], rows)
	}
	order, n := make([]int32, p.n), int32(0)
	for _, places := range p.place {
		for _, i := range places {
			order[i] = n
			n++
		}
	}
	out := &vector.Batch{Columns: make([]vector.Vector, len(columns)), N: p.n}
	parts := make([]vector.Vector, 0, len(p.batches))
	for c, t := range columns {
		parts = parts[:0]
		for k, b := range p.batches {
			if len(p.rows[k]) > 0 {
				parts = append(parts, vector.Gather(b.Columns[c], p.rows[k]))
			}
		}
		out.Columns[c] = vector.Gather(vector.Concat(t, parts...), order)
	}
	return out
}

// maxFanIn is how many runs are merged at once; where there are more, they are merged in rounds.
const maxFanIn = 32

// mergeRuns returns the merge of runs of one area, of which the first come first where rows are equal.
func mergeRuns(ctx context.Context, area *spill.Area, runs []*spill.Run, columns []types.Type, compare crossCompare, batchRows int, blockBytes int64) (*merger, error) {
	for len(runs) > maxFanIn {
		var merged []*spill.Run
		for from := 0; from < len(runs); from += maxFanIn {
			group := runs[from:min(from+maxFanIn, len(runs))]
			if len(group) == 1 {
				merged = append(merged, group[0])
				continue
			}
			rows, bytes := int64(0), int64(0)
			for _, r := range group {
				rows, bytes = rows+r.Rows(), bytes+r.RawBytes()
			}
			step := min(rowsOfBlock(int(min(rows, maxHeldRows)), bytes, blockBytes), maxBlockRows)
			run := area.NewRun(columns)
			m := newMerger(group, columns, compare, step)
			for {
				b, err := m.Next(ctx)
				if err == io.EOF {
					break
				}
				if err != nil {
					return nil, err
				}
				if err := run.Add(b); err != nil {
					return nil, spillError(err)
				}
			}
			merged = append(merged, run)
		}
		runs = merged
	}
	return newMerger(runs, columns, compare, batchRows), nil
}

// maxBlockRows is the most rows that are put into a block.
const maxBlockRows = 8192
