package orc

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
)

// sortedEntry is an entry with the first of its bytes that not all entries around it share.
type sortedEntry struct {
	head uint64
	id   int32
}

const (
	// radixEntries is from how many entries on they are put into buckets by one byte of their heads after the other.
	radixEntries = 256
	// deepEntries is from how many entries with the same head on these are given heads of what comes after, at most
	// maxDepth times: fewer, and all that are deeper, are compared as they stand.
	deepEntries = 32
	maxDepth    = 8
)

// sorted returns the entries, of which there is one at least, in their order.
func (w *stringWriter) sorted() []sortedEntry {
	out := make([]sortedEntry, len(w.entries))
	for id := range out {
		out[id].id = int32(id)
	}
	w.sortFrom(0, 0, out, make([]sortedEntry, len(out)))
	return out
}

// sortFrom sorts entries that share their first bytes. scratch is as long.
func (w *stringWriter) sortFrom(shared, depth int, entries, scratch []sortedEntry) {
	prefix := w.text(entries[0].id)
	for _, x := range entries {
		e := w.text(x.id)
		if strings.HasPrefix(e, prefix) {
			continue
		}
		n := shared
		for n < min(len(e), len(prefix)) && e[n] == prefix[n] {
			n++
		}
		prefix = prefix[:n]
	}
	shared = len(prefix)
	for i := range entries {
		entries[i].head = headOf(w.text(entries[i].id)[shared:])
	}
	if len(entries) < radixEntries {
		slices.SortFunc(entries, func(a, b sortedEntry) int { return cmp.Compare(a.head, b.head) })
	} else {
		sortHeads(entries, scratch)
	}
	for from := 0; from < len(entries); {
		to := from + 1
		for to < len(entries) && entries[to].head == entries[from].head {
			to++
		}
		if same := entries[from:to]; len(same) > 1 {
			w.sortSame(shared, depth, same, scratch[from:to])
		}
		from = to
	}
}

// sortSame sorts entries whose heads, of what is after the bytes that they share, are equal.
func (w *stringWriter) sortSame(shared, depth int, entries, scratch []sortedEntry) {
	if len(entries) < deepEntries || depth == maxDepth {
		slices.SortFunc(entries, func(a, b sortedEntry) int {
			return strings.Compare(w.text(a.id)[shared:], w.text(b.id)[shared:])
		})
		return
	}
	// Those that end inside of the head, where others have zeros, are first.
	slices.SortStableFunc(entries, func(a, b sortedEntry) int {
		return cmp.Compare(min(w.uses[a.id].length, shared+8), min(w.uses[b.id].length, shared+8))
	})
	ended := 0
	for ended < len(entries) && w.uses[entries[ended].id].length < shared+8 {
		ended++
	}
	if ended < len(entries) {
		w.sortFrom(shared+8, depth+1, entries[ended:], scratch[ended:])
	}
}

// headOf returns the first eight bytes of a text, zeros where it ends, as they compare.
func headOf(s string) uint64 {
	if len(s) >= 8 {
		return binary.BigEndian.Uint64(bytesOf(s))
	}
	var head [8]byte
	copy(head[:], s)
	return binary.BigEndian.Uint64(head[:])
}

// sortHeads sorts by heads, byte by byte from the last one on. scratch is as long as entries.
func sortHeads(entries, scratch []sortedEntry) {
	all, any := ^uint64(0), uint64(0)
	for _, x := range entries {
		all &= x.head
		any |= x.head
	}
	from, to := entries, scratch
	for shift := 0; shift < 64; shift += 8 {
		if byte((all^any)>>shift) == 0 {
			continue // all have the same byte here
		}
		var at [256]int32
		for _, x := range from {
			at[byte(x.head>>shift)]++
		}
		sum := int32(0)
		for b, n := range at {
			at[b], sum = sum, sum+n
		}
		for _, x := range from {
			b := byte(x.head >> shift)
			to[at[b]] = x
			at[b]++
		}
		from, to = to, from
	}
	if &from[0] != &entries[0] {
		copy(entries, from)
	}
}
