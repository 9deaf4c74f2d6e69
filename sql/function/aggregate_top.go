package function

import (
	"sort"

	"github.com/ctlake/ctlake/storage/vector"
)

// maxExtremes bounds the n of min, max, min_by and max_by, as Trino does.
const maxExtremes = 10_000

// topRow is a value with the key that decides on its place.
type topRow struct{ value, key cell }

// topRows is the state of min(x, n) and its like: the n first rows by their keys, those of
// equal keys in the order in which they came. n is that of the group's first row.
type topRows struct {
	limit int
	rows  []topRow
}

// extremeN makes the accumulator of the n least or greatest: value, key and n are the arguments' places.
func extremeN(name string, max bool, value, key, n int) newAccumulator {
	limitOf := func(x int64) (int, error) {
		switch {
		case x > 0 && x <= maxExtremes:
			return int(x), nil
		case n == 1 && x <= 0:
			return 0, invalid("second argument of %s_n must be positive", name)
		case n == 1:
			return 0, invalid("second argument of %s_n must be less than or equal to %d; found %d", name, maxExtremes, x)
		case x <= 0:
			return 0, invalid("third argument of %s must be a positive integer", name)
		}
		return 0, invalid("third argument of %s must be less than or equal to %d; found %d", name, maxExtremes, x)
	}
	return func(b Binding) (Accumulator, error) {
		before := beforeRows(b.Params[key], max)
		f := &fold[topRows]{result: b.Result}
		bytes := func(r topRow) int64 {
			if value == key {
				return vector.Bytes(r.key)
			}
			return vector.Bytes(r.key) + vector.Bytes(r.value)
		}
		// place returns where row i of keys belongs; beyond the limit, it does not.
		place := func(s *topRows, keys vector.Vector, i int) (int, error) {
			if len(s.rows) == s.limit {
				first, err := before(keys, i, s.rows[s.limit-1].key, 0)
				if err != nil || !first {
					return s.limit, err
				}
			}
			var failed error
			at := sort.Search(len(s.rows), func(k int) bool {
				first, err := before(keys, i, s.rows[k].key, 0)
				if err != nil {
					failed = err
				}
				return first
			})
			return at, failed
		}
		insert := func(s *topRows, at int, r topRow) {
			if len(s.rows) == s.limit {
				f.held -= bytes(s.rows[s.limit-1])
			} else {
				s.rows = append(s.rows, topRow{})
			}
			copy(s.rows[at+1:], s.rows[at:])
			s.rows[at] = r
			f.held += bytes(r)
		}
		f.rows = func(_ *fold[topRows], c *Call) func(*topRows, int) error {
			limits := vector.ViewOf[int64](c.Args[n])
			return func(s *topRows, i int) error {
				if c.Args[key].Nulls().Has(i) || limits.Nulls.Has(i) {
					return nil
				}
				if s.limit == 0 {
					var err error
					if s.limit, err = limitOf(limits.Get(i)); err != nil {
						return err
					}
				}
				at, err := place(s, c.Args[key], i)
				if err != nil || at == s.limit {
					return err
				}
				r := topRow{key: keep(c.Args[key], i)}
				if r.value = r.key; value != key {
					r.value = keep(c.Args[value], i)
				}
				insert(s, at, r)
				return nil
			}
		}
		f.merge = func(_ *fold[topRows], s, o *topRows) error {
			if s.limit == 0 {
				s.limit = o.limit
			}
			for _, r := range o.rows {
				at, err := place(s, r.key, 0)
				if err != nil {
					return err
				}
				if at < s.limit {
					insert(s, at, r)
				}
			}
			return nil
		}
		f.build = func(f *fold[topRows], states []topRows) (vector.Vector, error) {
			out := vector.NewBuilder(f.result, len(states)).(*vector.ArrayBuilder)
			for _, s := range states {
				if len(s.rows) == 0 {
					out.AppendNull()
					continue
				}
				for _, r := range s.rows {
					out.Elements.Append(r.value, 0)
				}
				out.Close()
			}
			return out.Build(), nil
		}
		return f, nil
	}
}
