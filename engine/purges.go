package engine

import (
	"context"
	"strings"

	"github.com/ctlake/ctlake/engine/exec"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// purgesName is the table of what was removed from disk: "$purges" of the whole lake,
// "NAME$purges" of one event data store.
const purgesName = "$purges"

// purgesTable is the log of purges as a table.
type purgesTable struct {
	name    string
	columns []plan.TableColumn
	values  []vector.Vector
	rows    int
}

// purges returns the table that name means, the log of one store or of all; nil if it means none.
func (t *lakeTables) purges(name string) (plan.Table, error) {
	of, ok := strings.CutSuffix(strings.ToLower(name), purgesName)
	if !ok {
		return nil, nil
	}
	id := ""
	if of != "" {
		s := t.find(name[:len(of)])
		if s == nil {
			return nil, nil
		}
		id = s.ID
	}
	log, err := t.lake.Purges(t.ctx)
	if err != nil {
		return nil, err
	}
	var kept []storage.Purge
	for _, p := range log {
		if id == "" || p.StoreID == id {
			kept = append(kept, p)
		}
	}
	return newPurgesTable(strings.ToLower(name), kept), nil
}

func newPurgesTable(name string, log []storage.Purge) *purgesTable {
	n := len(log)
	t := &purgesTable{name: name, rows: n}
	add := func(name string, v vector.Vector) {
		t.columns = append(t.columns, plan.TableColumn{Name: name, Type: v.Type()})
		t.values = append(t.values, v)
	}
	text := func(name string, f func(p *storage.Purge) string) {
		values := make([]string, n)
		for i := range log {
			values[i] = f(&log[i])
		}
		add(name, vector.NewFlat(types.TVarchar, values, nil))
	}
	// A number without a value is NULL.
	number := func(name string, typ types.Type, f func(p *storage.Purge) (int64, bool)) {
		values, nulls := make([]int64, n), vector.NewBitmap(n)
		for i := range log {
			v, ok := f(&log[i])
			if values[i] = v; !ok {
				nulls.Set(i)
			}
		}
		add(name, vector.NewFlat(typ, values, nulls))
	}
	number("purgedat", types.TTimestamp, func(p *storage.Purge) (int64, bool) { return p.At.UnixMilli() * 1000, true })
	text("eventdatastore", func(p *storage.Purge) string { return p.StoreID })
	text("name", func(p *storage.Purge) string { return p.StoreName })
	number("calendarday", types.TBigint, func(p *storage.Purge) (int64, bool) {
		return p.Day.Calendar(), p.HasDay && p.Day != storage.NoDay
	})
	number("files", types.TBigint, func(p *storage.Purge) (int64, bool) { return p.Files, true })
	number("events", types.TBigint, func(p *storage.Purge) (int64, bool) { return p.Events, true })
	number("bytes", types.TBigint, func(p *storage.Purge) (int64, bool) { return p.Size, true })
	number("notbefore", types.TTimestamp, func(p *storage.Purge) (int64, bool) { return p.NotBefore * 1000, p.HasNotBefore })
	text("rule", func(p *storage.Purge) string { return p.Rule })
	return t
}

// Name implements plan.Table.
func (t *purgesTable) Name() string { return t.name }

// TableColumns implements plan.Table.
func (t *purgesTable) TableColumns() []plan.TableColumn { return t.columns }

// Units implements exec.Source: the table is one part.
func (t *purgesTable) Units() []exec.Unit { return []exec.Unit{(*purgesPart)(t)} }

// Bound implements exec.Source.
func (t *purgesTable) Bound() (exec.Bound, bool) { return exec.Bound{}, false }

// purgesPart is the one part of the table: a unit and its split.
type purgesPart purgesTable

// Rows implements exec.Unit and exec.Split.
func (p *purgesPart) Rows() int64 { return int64(p.rows) }

// Statistics implements exec.Unit and exec.Split: none are kept.
func (p *purgesPart) Statistics(exec.Column) (domain.Statistics, bool) {
	return domain.Statistics{}, false
}

// Splits implements exec.Unit.
func (p *purgesPart) Splits(context.Context) ([]exec.Split, error) {
	if p.rows == 0 {
		return nil, nil
	}
	return []exec.Split{p}, nil
}

// BytesRead implements exec.Split: what the catalog tells is not counted.
func (p *purgesPart) BytesRead() int64 { return 0 }

// Close implements exec.Split.
func (p *purgesPart) Close() error { return nil }

// Open implements exec.Split.
func (p *purgesPart) Open(_ context.Context, columns []exec.Column) (exec.Reader, error) {
	r := make(purgesReader, len(columns))
	for i, c := range columns {
		for j := range p.columns {
			if p.columns[j].Name == c.Path[0] {
				r[i] = p.values[j]
			}
		}
	}
	return r, nil
}

// purgesReader reads columns of the table.
type purgesReader []vector.Vector

// RowGroups implements exec.Reader.
func (r purgesReader) RowGroups() []int64 { return nil }

// MayMatch implements exec.Reader.
func (r purgesReader) MayMatch(int, int, domain.Domain) (bool, error) { return true, nil }

// Read implements exec.Reader.
func (r purgesReader) Read(column, from, to int) (vector.Vector, error) {
	rows := make([]int32, 0, to-from)
	for row := from; row < to; row++ {
		rows = append(rows, int32(row))
	}
	return r.Gather(column, rows)
}

// Gather implements exec.Reader.
func (r purgesReader) Gather(column int, rows []int32) (vector.Vector, error) {
	return vector.Gather(r[column], rows), nil
}
