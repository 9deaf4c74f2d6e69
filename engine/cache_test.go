package engine

import (
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// numbersOf returns a column of n rows, 8 bytes each.
func numbersOf(n int) vector.Vector {
	return vector.NewFlat(types.TBigint, make([]int64, n), nil)
}

// touch asks a cache for a column, as a reader of a stripe does, and reads it if it is to.
func touch(c *Cache, name string, rows int, stored int64) (found bool) {
	k := columnKey("file", 0, []string{name})
	v, _, wanted := c.column(k, func() int64 { return stored })
	if wanted {
		c.keepColumn(k, columnOfStore{"store", name}, numbersOf(rows), stored)
	}
	return v != nil
}

func TestCacheKeepsWhatIsReadTwice(t *testing.T) {
	c := NewCache(1 << 20)
	c.begin()
	for i, want := range []bool{false, false, true, true} {
		if got := touch(c, "eventname", 100, 1000); got != want {
			t.Errorf("time %d: found is %v", i+1, got)
		}
	}
	k := columnKey("file", 0, []string{"eventname"})
	if v, stored, _ := c.column(k, nil); v.Len() != 100 || stored != 1000 {
		t.Errorf("%d rows of %d bytes", v.Len(), stored)
	}
	if _, _, wanted := c.column(columnKey("file", 1, []string{"eventname"}), func() int64 { return 1 }); wanted {
		t.Error("a column is read whole that nobody asked for before")
	}
}

func TestCacheLeavesLongTextOut(t *testing.T) {
	c := NewCache(1 << 20)
	c.begin()
	for range 4 {
		if touch(c, "eventjson", 10, maxChunkStoredBytes+1) {
			t.Error("long text in the file is kept")
		}
		if touch(c, "eventid", 1<<20/maxChunkShare, 1000) {
			t.Error("a vector beyond its share is kept")
		}
	}
	if c.held > 4*entryBytes {
		t.Errorf("%d bytes are held", c.held)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := NewCache(64 << 10)
	for range 5 { // a scan of twice as much as fits, again and again
		c.begin()
		for i := range 32 {
			touch(c, string(rune('a'+i)), 400, 1000)
			if c.held > c.max {
				t.Fatalf("%d bytes are held of %d", c.held, c.max)
			}
		}
	}
	found := 0
	c.begin()
	for i := range 32 {
		if touch(c, string(rune('a'+i)), 400, 1000) {
			found++
		}
	}
	if found == 0 {
		t.Error("of a scan of more than fits nothing is kept")
	}
	for range 3 {
		c.begin()
	}
	touch(c, "new", 400, 1000)
	touch(c, "new", 400, 1000)
	if !touch(c, "new", 400, 1000) {
		t.Error("what nobody uses any more is not given up")
	}
}
