package exec

import "github.com/ctlake/ctlake/storage/vector"

// entryMemo remembers which number of an interner the entries of a dictionary have, so that a worker looks for an entry
// once and not for each of its rows:
//
//	row ─► entry 4711 ─► codes[4711] ─► number 3      −1: it has none      unasked: look for it
//
// It is for numbers that do not change any more, and for one goroutine.
type entryMemo struct {
	of      any // the dictionary, or the list of entries, that codes is of
	codes   []int32
	shared  bool    // codes are others' and all there
	refused any     // the dictionary that had too few rows lately
	rows    int     // of refused
	asked   []int32 // scratch: entries that are looked for
	answers []int32
}

const (
	unasked = -2
	// memoEntries is how many entries a dictionary may have at most for each row that was seen of it, unless it is of a list
	// that batches share: to note that none was asked for costs something, too.
	memoEntries = 64
)

// find is in.find. known are keys that may have been looked for already; nil for none.
func (m *entryMemo) find(in interner, known *keyValues, v vector.Vector, out []int32) {
	d, ok := v.(*vector.Dictionary)
	if !ok || !m.about(d, known) {
		in.find(v, out)
		return
	}
	codes, nulls := m.codes, d.Nulls()
	if !m.shared {
		m.ask(in, d)
	}
	if nulls == nil {
		for i, id := range d.Ids {
			out[i] = codes[id]
		}
		return
	}
	for i, id := range d.Ids {
		if out[i] = -1; !nulls.Has(i) {
			out[i] = codes[id]
		}
	}
}

// about makes codes those of d's entries; false if that does not pay.
func (m *entryMemo) about(d *vector.Dictionary, known *keyValues) bool {
	var of any = d.Values
	origin := vector.OriginOf(d.Values)
	if origin != nil {
		of = origin
	}
	n := d.Values.Len()
	if m.of != of {
		codes, shared := known.seen(d.Values)
		if !shared && origin == nil && !m.enough(d) {
			return false
		}
		m.of, m.shared = of, shared
		if shared {
			m.codes = codes
			return true
		}
		if cap(m.answers) < n {
			m.answers = make([]int32, n)
		}
		m.codes = fill(m.answers, n, unasked)
		return true
	}
	if n > len(m.codes) { // of a list that has grown
		more := make([]int32, n+n/8)
		for i := copy(more, m.codes); i < len(more); i++ {
			more[i] = unasked
		}
		m.codes, m.answers, m.shared = more, more, false
	}
	return true
}

// enough reports whether so many rows of a dictionary were seen that its entries are worth noting.
func (m *entryMemo) enough(d *vector.Dictionary) bool {
	if m.refused != any(d.Values) {
		m.refused, m.rows = d.Values, 0
	}
	m.rows += d.Len()
	return d.Values.Len() <= memoEntries*m.rows
}

// ask looks for the entries of d's rows that were not looked for.
func (m *entryMemo) ask(in interner, d *vector.Dictionary) {
	codes, nulls := m.codes, d.Nulls()
	m.asked = m.asked[:0]
	for i, id := range d.Ids {
		if codes[id] == unasked && !nulls.Has(i) {
			codes[id] = -1 // asked once
			m.asked = append(m.asked, id)
		}
	}
	if len(m.asked) == 0 {
		return
	}
	found := make([]int32, len(m.asked))
	in.find(vector.NewDictionary(m.asked, d.Values, nil), found)
	for k, id := range m.asked {
		codes[id] = found[k]
	}
}
