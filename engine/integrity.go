package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// verdicts are what digest files prove of the archives of a store, read from the catalog when first asked for. All
// rows of a statement are judged by one state of the catalog.
type verdicts struct {
	once  sync.Once
	known *storage.Integrity
	err   error
}

// verdictNames are the values of "$integrity", in the order of storage.Verdicts.
var verdictNames = func() *vector.Flat[string] {
	names := make([]string, len(storage.Verdicts))
	for i, v := range storage.Verdicts {
		names[i] = string(v)
	}
	return vector.NewFlat(types.TVarchar, names, nil)
}()

// of returns the verdicts on the archives of rows: NULL where there is none.
func (d *verdicts) of(ctx context.Context, s *storage.Snapshot, archives vector.Vector) (vector.Vector, error) {
	d.once.Do(func() { d.known, d.err = s.Integrity(ctx) })
	if d.err != nil {
		return nil, d.err
	}
	view := vector.ViewOf[string](archives)
	ids, nulls := make([]int32, archives.Len()), vector.NewBitmap(archives.Len())
	some := false
	last, lastID := "", d.id("")
	for row := range ids {
		if !view.Nulls.Has(row) {
			if name := view.Get(row); name != last {
				last, lastID = name, d.id(name)
			}
			ids[row] = max(lastID, 0)
		}
		if view.Nulls.Has(row) || lastID < 0 {
			nulls.Set(row)
			some = true
		}
	}
	if !some {
		nulls = nil
	}
	return vector.NewDictionary(ids, verdictNames, nulls), nil
}

// id returns the place of the verdict on an archive among the names; -1 if there is none.
func (d *verdicts) id(archive string) int32 {
	v, ok := d.known.Of(archive)
	if !ok {
		return -1
	}
	return int32(slices.Index(storage.Verdicts, v))
}
