package orc

import (
	"strings"
	"unsafe"
)

// textPages hold the texts of a dictionary: they stay where they are while more come. Texts are known by
// where they lie, so that lists of them have no pointers, which collecting garbage would have to follow.
type textPages struct {
	pages [][]byte
	large []string // texts that are too large for a page
	used  int      // pages with texts in them; the others wait to be used again
	bytes int      // of texts
}

// textPlace is where a text lies: in a page, or, with isLarge, in large.
type textPlace struct{ page, at uint32 }

const (
	// The sizes of pages, each of which is twice as large as the one before.
	minPageBytes = 1 << 9
	maxPageBytes = 1 << 16

	isLarge = 1 << 31
)

// add copies a text. It stays until reset.
func (t *textPages) add(s string) textPlace {
	t.bytes += len(s)
	for t.used == 0 || len(s) > cap(t.pages[t.used-1])-len(t.pages[t.used-1]) {
		if len(s) > maxPageBytes/4 {
			t.large = append(t.large, strings.Clone(s))
			return textPlace{page: isLarge | uint32(len(t.large)-1)}
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
	return textPlace{uint32(t.used - 1), uint32(from)}
}

// text returns the text of so many bytes at a place. It is valid until reset.
func (t *textPages) text(at textPlace, n int) string {
	if at.page&isLarge != 0 {
		return t.large[at.page&^isLarge]
	}
	return unsafe.String(unsafe.SliceData(t.pages[at.page][at.at:]), n)
}

// reset forgets the texts. Up to keepTextBytes of memory are kept.
func (t *textPages) reset() {
	keep := min(len(t.pages), keepTextBytes/maxPageBytes)
	clear(t.pages[keep:])
	t.pages = t.pages[:keep]
	for i := range t.pages {
		t.pages[i] = t.pages[i][:0]
	}
	t.large, t.used, t.bytes = nil, 0, 0
}

// bytesOf returns the bytes of a text, which must not be changed.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
