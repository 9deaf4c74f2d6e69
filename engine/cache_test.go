package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"

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
	v, _, wanted := c.column(k, true, func() chunk { return chunk{int64(rows), stored, parsedPerRead * stored} })
	if wanted {
		c.keepColumn(k, columnOfStore{"store", name}, numbersOf(rows))
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
	if v, stored, _ := c.column(k, true, nil); v.Len() != 100 || stored != 1000 {
		t.Errorf("%d rows of %d bytes", v.Len(), stored)
	}
	if _, _, wanted := c.column(columnKey("file", 1, []string{"eventname"}), true, smallChunk); wanted {
		t.Error("a column is read whole that nobody asked for before")
	}
}

func TestCacheLeavesLongTextOut(t *testing.T) {
	c := NewCache(1 << 20)
	c.begin()
	for range 4 {
		if touch(c, "eventjson", 10, smallChunkBytes+1) {
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

// Of a large stripe a column with few bytes a row is read whole, by who needs most rows.
func TestCacheReadsLargeChunksForMostRows(t *testing.T) {
	const rows = 200_000
	for _, c := range []struct {
		name   string
		cache  int64
		stored int64
		most   bool
		want   bool
	}{
		{"a short column for a lookup", 1 << 30, smallChunkBytes, false, true},
		{"IDs for a scan", 1 << 30, 20 * rows, true, true},
		{"IDs for a lookup", 1 << 30, 20 * rows, false, false},
		{"long text", 1 << 30, longTextBytes*rows + 1, true, false},
		{"IDs in a small cache", 32 << 20, 20 * rows, true, false},
		{"unreadable", 1 << 30, unreadableBytes, true, false},
	} {
		cache, k := NewCache(c.cache), columnKey("file", 0, []string{"column"})
		cache.begin()
		size := func() chunk { return chunk{rows, c.stored, 20 * rows} }
		cache.column(k, c.most, size)
		if _, _, wanted := cache.column(k, c.most, nil); wanted != c.want {
			t.Errorf("%s: read whole is %v", c.name, wanted)
		}
		if !c.most && c.stored > smallChunkBytes {
			if _, _, wanted := cache.column(k, true, nil); !wanted {
				t.Errorf("%s: the next scan does not read it whole", c.name)
			}
		}
	}
}

// What maps have for a key is NULL mostly, which takes next to nothing.
func TestCacheKeepsWhatIsNotNull(t *testing.T) {
	const rows = 4096
	nulls := vector.NewBitmap(rows)
	texts, ids := make([]string, rows), make([]int32, rows)
	for i := range rows {
		if texts[i] = "Success"; i%100 != 0 {
			texts[i] = ""
			nulls.Set(i)
		}
	}
	for name, v := range map[string]vector.Vector{
		"texts":   vector.NewFlat(types.TVarchar, texts, nulls),
		"entries": vector.NewDictionary(ids, vector.NewFlat(types.TVarchar, []string{"Success"}, nil), nulls),
	} {
		c, k := NewCache(1<<20), columnKey("file", 0, []string{"outcome"})
		c.begin()
		size := func() chunk { return chunk{rows, 1000, 4000} }
		c.column(k, true, size)
		c.column(k, true, size)
		c.keepColumn(k, columnOfStore{"store", "outcome"}, v)
		if most := int64(rows/8 + rows/100*40 + 2*entryBytes); c.held > most {
			t.Errorf("%s: %d bytes are held for %d rows", name, c.held, rows)
		}
		kept, _, _ := c.column(k, true, size)
		if kept == nil {
			t.Fatalf("%s: not kept", name)
		}
		got := vector.ViewOf[string](vector.Slice(kept, 0, rows))
		for i := range rows {
			if got.Nulls.Has(i) != nulls.Has(i) || !nulls.Has(i) && got.Get(i) != "Success" {
				t.Fatalf("%s, row %d: %q", name, i, got.Get(i))
			}
		}
		if c.shrink(c.max); c.held != 0 || len(c.lexicons) != 0 {
			t.Errorf("%s: %d bytes and %d lexicons are left", name, c.held, len(c.lexicons))
		}
	}
}

func TestCacheBytes(t *testing.T) {
	const mib = 1 << 20
	for memory, want := range map[int64]int64{
		128 * mib: 32 * mib, 256 * mib: 64 * mib, 1024 * mib: 256 * mib, 2048 * mib: 256 * mib, 8192 * mib: 1024 * mib, 1 << 40: 4096 * mib,
	} {
		if got := CacheBytes(memory); got != want {
			t.Errorf("of %d MiB: %d MiB, not %d", memory/mib, got/mib, want/mib)
		}
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

// A scan of more than fits keeps its vectors in fewer bytes, with the same rows; all of it is given back.
func TestCacheNarrowsWhatIsUsed(t *testing.T) {
	const stripes, rows = 40, 1000
	column := func(s int) vector.Vector {
		if s%2 == 0 {
			times := make([]int64, rows)
			for i := range times {
				times[i] = int64(s)*86_400_000_000 + int64(i)*1000
			}
			return vector.NewFlat(types.TTimestamp, times, nil)
		}
		ids, nulls := make([]int32, rows), vector.NewBitmap(rows)
		for i := range ids {
			if ids[i] = int32(i % 3); i%10 == 0 {
				nulls.Set(i)
			}
		}
		return vector.NewDictionary(ids, vector.NewFlat(types.TVarchar, []string{"a", "b", string(rune('c' + s%5))}, nil), nulls)
	}
	c := NewCache(150 << 10) // two thirds of the vectors
	found, narrowed := 0, 0
	for range 4 {
		c.begin()
		found, narrowed = 0, 0
		for s := range stripes {
			name := []string{"eventtime", "eventname"}[s%2]
			k := columnKey("file", s, []string{name})
			v, _, wanted := c.column(k, true, func() chunk { return chunk{rows, 100, 400} })
			if wanted {
				v = c.keepColumn(k, columnOfStore{"store", name}, column(s))
			} else if v != nil {
				found++
			}
			if c.held > c.max {
				t.Fatalf("%d bytes are held of %d", c.held, c.max)
			}
			if v == nil {
				continue
			}
			if _, ok := v.(*vector.Narrowed); ok {
				narrowed++
			}
			want, got := column(s), vector.Slice(v, 0, rows)
			for i := range rows {
				if a, b := vector.ValueAt(got, i), vector.ValueAt(want, i); a != b {
					t.Fatalf("stripe %d, row %d: %v, not %v", s, i, a, b)
				}
			}
		}
	}
	if found != stripes || narrowed == 0 {
		t.Errorf("%d stripes found, %d of them narrowed", found, narrowed)
	}
	c.shrink(c.max)
	if c.held != 0 || c.wide.Len() != 0 || len(c.lexicons) != 0 {
		t.Errorf("%d bytes, %d wide vectors and %d lexicons are left", c.held, c.wide.Len(), len(c.lexicons))
	}
}

// Rows of columns that the cache keeps, of nearly empty ones too, are those of the files, in each of the ways to ask for them.
func TestCachedRowsAreThoseOfFiles(t *testing.T) {
	clock := time.Date(2026, time.March, 20, 0, 0, 0, 0, time.UTC)
	lake, store := emptyLake(t, &clock)
	for file := range 2 {
		var lines strings.Builder
		for i := range 200 {
			outcome := ""
			if i%40 == file {
				outcome = fmt.Sprintf(`"errorCode":"AccessDenied","responseElements":{"ConsoleLogin":"%s %d"},`, []string{"Success", "Failure"}[i/40%2], i)
			}
			fmt.Fprintf(&lines, `{"eventVersion":"1.11","eventTime":"2026-03-19T0%d:00:00Z","eventSource":"signin.amazonaws.com","eventName":"Name%d",%s"eventID":"e%d-%d","recipientAccountId":"111122223333"}`+"\n",
				i%10, i%3, outcome, file, i)
		}
		importLines(t, lake, store, lines.String())
	}
	cache := NewCache(leastCacheBytes)
	plain, cached := New(LakeCatalog{Lake: lake}, lake.Now), New(LakeCatalog{Lake: lake, Cache: cache}, lake.Now)
	for _, text := range []string{
		"SELECT eventid, element_at(responseelements, 'ConsoleLogin') FROM trail",
		"SELECT eventid, element_at(responseelements, 'ConsoleLogin'), errorcode FROM trail WHERE eventname = 'Name1'",
		"SELECT eventid FROM trail WHERE element_at(responseelements, 'ConsoleLogin') LIKE 'F%' OR eventid = 'e0-7'",
		"SELECT element_at(responseelements, 'ConsoleLogin'), count(*), max(eventid) FROM trail GROUP BY 1 ORDER BY 2, 1",
		"SELECT errorcode, count(*), count(DISTINCT eventid) FROM trail WHERE hour < 7 GROUP BY 1",
		"SELECT errorcode, eventid FROM trail WHERE errorcode IS NOT NULL ORDER BY eventid DESC LIMIT 5",
	} {
		want, _, err := rowsAndStats(t.Context(), plain, text, Options{DisableOptimizer: true, Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{}, {Threads: 4}, {BatchRows: 1}, {BatchRows: 7, Threads: 2}, {DisableDictionaries: true}} {
			if got, _, err := rowsAndStats(t.Context(), cached, text, o); err != nil || got != want {
				t.Errorf("%s, %+v: %v\ngot\n%swant\n%s", text, o, err, got, want)
			}
		}
	}
	thin := map[string]bool{}
	for k, at := range cache.entries {
		if _, ok := at.Value.(*cacheEntry).vector.(*vector.Narrowed); ok {
			thin[strings.ReplaceAll(k.column, "\x00", ".")] = true
		}
	}
	if !thin["responseelements.ConsoleLogin"] {
		t.Errorf("at rest without NULLs are %v", thin)
	}
}
