package engine

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// namesOf returns a column of texts, each row an entry of its own.
func namesOf(texts ...string) vector.Vector {
	ids := make([]int32, len(texts))
	for i := range ids {
		ids[i] = int32(i)
	}
	return vector.NewDictionary(ids, vector.NewFlat(types.TVarchar, texts, nil), nil)
}

// wordsOf reads the rows of a column.
func wordsOf(v vector.Vector) string {
	w, out := vector.ViewOf[string](v), []string{}
	for i := range w.At {
		out = append(out, w.Get(i))
	}
	return fmt.Sprint(out)
}

// keepNames has a cache keep a column of a stripe, which is asked for the second time.
func keepNames(c *Cache, path string, texts ...string) {
	k := columnKey(path, 0, []string{"eventname"})
	c.column(k, func() int64 { return 1 })
	if _, _, wanted := c.column(k, nil); wanted {
		c.keepColumn(k, columnOfStore{"store", "eventname"}, namesOf(texts...), 1)
	}
}

func find(c *Cache, path string) *vector.Dictionary {
	v, _, _ := c.column(columnKey(path, 0, []string{"eventname"}), func() int64 { return 1 })
	d, _ := v.(*vector.Dictionary)
	return d
}

func TestStripesShareOneDictionary(t *testing.T) {
	c := NewCache(1 << 20)
	c.begin()
	keepNames(c, "a", "Get", "Put", "Get")
	keepNames(c, "b", "List", "Put")
	a, b := find(c, "a"), find(c, "b")
	if got := wordsOf(a) + wordsOf(b); got != "[Get Put Get][List Put]" {
		t.Errorf("the columns are %s", got)
	}
	if a.Values != b.Values || vector.OriginOf(a.Values) == nil || a.Values.Len() != 3 {
		t.Errorf("%d entries and %d entries, not three that both have", a.Values.Len(), b.Values.Len())
	}
}

// A lexicon goes with the last column that uses it: a file that is there again has another one.
func TestLexiconGoesWithItsColumns(t *testing.T) {
	c := NewCache(1 << 20)
	c.begin()
	keepNames(c, "a", "Get", "Put")
	before := vector.OriginOf(find(c, "a").Values)
	c.shrink(c.held)
	if c.held != 0 || len(c.lexicons) != 0 {
		t.Errorf("%d bytes and %d lexicons remain", c.held, len(c.lexicons))
	}
	keepNames(c, "a", "Put", "Get")
	if d := find(c, "a"); wordsOf(d) != "[Put Get]" || vector.OriginOf(d.Values) == before {
		t.Errorf("%s, of the same list as before: %v", wordsOf(d), vector.OriginOf(d.Values) == before)
	}
}

// Where stripes have texts of their own, they keep their dictionaries.
func TestLexiconOfTextsThatAreNotShared(t *testing.T) {
	c := NewCache(64 << 20)
	c.begin()
	shared := 0
	for stripe := range 40 {
		texts := make([]string, 1000)
		for i := range texts {
			texts[i] = fmt.Sprint(stripe, " ", i)
		}
		path := fmt.Sprint(stripe)
		keepNames(c, path, texts...)
		d := find(c, path)
		if wordsOf(d) != fmt.Sprint(texts) {
			t.Fatalf("stripe %d has other texts", stripe)
		}
		if vector.OriginOf(d.Values) != nil {
			shared++
		}
	}
	if shared == 0 || shared > lexiconTrial/1000+1 {
		t.Errorf("%d stripes of 40 are in the lexicon", shared)
	}
}

func TestLexiconIsBounded(t *testing.T) {
	c := NewCache(64 << 10)
	for round := range 4 {
		c.begin()
		for file := range 200 {
			texts := []string{"Get", fmt.Sprint("text ", file, " of some length"), fmt.Sprint("text ", round*200+file, " of more length")}
			keepNames(c, fmt.Sprint(round, file), texts...)
			if d := find(c, fmt.Sprint(round, file)); d != nil && wordsOf(d) != fmt.Sprint(texts) {
				t.Fatalf("file %d has other texts", file)
			}
			if c.held > c.max {
				t.Fatalf("%d bytes are held of %d", c.held, c.max)
			}
		}
	}
}
