package orc

import (
	"strings"
	"unsafe"
)

// textPages hold the texts of a dictionary: they stay where they are while more come.
type textPages struct {
	pages [][]byte
	used  int // pages with texts in them; the others wait to be used again
	bytes int // of texts
}

// The sizes of pages, each of which is twice as large as the one before.
const (
	minPageBytes = 1 << 9
	maxPageBytes = 1 << 16
)

// add copies a text. It is valid until reset.
func (t *textPages) add(s string) string {
	t.bytes += len(s)
	for t.used == 0 || len(s) > cap(t.pages[t.used-1])-len(t.pages[t.used-1]) {
		if len(s) > maxPageBytes/4 {
			return strings.Clone(s)
		}
		if t.used++; t.used > len(t.pages) {
			size := minPageBytes
			if t.used > 1 {
				size = min(2*cap(t.pages[t.used-2]), maxPageBytes)
			}
			t.pages = append(t.pages, make([]byte, 0, size))
		}
	}
	page := &t.pages[t.used-1]
	from := len(*page)
	*page = append(*page, s...)
	return unsafe.String(unsafe.SliceData((*page)[from:]), len(s))
}

// reset forgets the texts. Up to keepTextBytes of memory are kept.
func (t *textPages) reset() {
	keep := min(len(t.pages), keepTextBytes/maxPageBytes)
	clear(t.pages[keep:])
	t.pages = t.pages[:keep]
	for i := range t.pages {
		t.pages[i] = t.pages[i][:0]
	}
	t.used, t.bytes = 0, 0
}

// bytesOf returns the bytes of a text, which must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
