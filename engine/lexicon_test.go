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

// smallChunk is a column of a stripe that a cache takes.
func smallChunk() chunk { return chunk{rows: 1, stored: 1, decoded: 4} }

// keepNames has a cache keep a column of a stripe, which is asked for the second time.
func keepNames(c *Cache, path string, texts ...string) {
	k := columnKey(path, 0, []string{"eventname"})
	c.column(k, true, smallChunk)
	if _, _, wanted := c.column(k, true, nil); wanted {
		c.keepColumn(k, columnOfStore{"store", "eventname"}, namesOf(texts...))
	}
}

func find(c *Cache, path string) *vector.Dictionary {
	v, _, _ := c.column(columnKey(path, 0, []string{"eventname"}), true, smallChunk)
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

// Files of a few events have their texts without a dictionary; they are of one list with all others, too, whichever comes first.
func TestFewTextsAreInTheLexicon(t *testing.T) {
	few := vector.NewFlat(types.TVarchar, []string{"Put", "", "Put", "Head"}, vector.Bitmap{1 << 1})
	many := make([]string, maxFlatTexts+1)
	for first := range 2 {
		c := NewCache(1 << 20)
		c.begin()
		for i := range 2 {
			k := columnKey(fmt.Sprint((first+i)%2), 0, []string{"eventname"})
			c.column(k, true, smallChunk)
			c.column(k, true, nil)
			c.keepColumn(k, columnOfStore{"store", "eventname"}, []vector.Vector{namesOf("Get", "Put"), few}[(first+i)%2])
		}
		a, b := find(c, "0"), find(c, "1")
		if b == nil || a.Values != b.Values || wordsOf(a) != "[Get Put]" || wordsOf(b) != "[Put  Put Head]" {
			t.Fatalf("%d first: %s and %s are not of one list", first, wordsOf(a), wordsOf(b))
		}
		if nulls := b.Nulls(); !nulls.Has(1) || nulls.Count(4) != 1 {
			t.Errorf("%d first: NULL are %v", first, nulls)
		}
		for _, column := range []string{"eventid", "eventname"} { // of which one never had a dictionary
			k := columnKey("long", 0, []string{column})
			c.column(k, true, smallChunk)
			c.column(k, true, nil)
			v := c.keepColumn(k, columnOfStore{"store", column}, vector.NewFlat(types.TVarchar, many, nil))
			if _, translated := v.(*vector.Dictionary); translated != (column == "eventname") || v.Len() != len(many) {
				t.Errorf("%d first: %d texts of %s became a dictionary: %v", first, len(many), column, translated)
			}
		}
	}
}

// The table of a lexicon finds each text after it has grown, too, and takes no text for another whose hash is equal.
func TestLexiconFindsTextsOfEqualHashes(t *testing.T) {
	const hashOf, texts, each = 5, 400, 40 // 80 texts of each hash, which begin side by side
	l := newLexicon(types.TVarchar)
	name := func(i int) string { return fmt.Sprint("text ", i) }
	for from := 0; from < texts; from += each {
		var own []string
		var hashes []uint32
		number, bytes := make([]int32, each), 0
		for i := range each {
			own, hashes, number[i] = append(own, name(from+i)), append(hashes, uint32(i%hashOf)), -1
			bytes += len(own[i])
		}
		l.add(own, hashes, number, bytes, each)
		if number[0] != int32(from) || number[each-1] != int32(from+each-1) {
			t.Fatalf("texts from %d on have the numbers %v", from, number)
		}
	}
	for i := range texts {
		if got, _ := l.lookup(name(i), uint32(i%hashOf)); got != int32(i) {
			t.Errorf("text %d has the number %d", i, got)
		}
	}
	if got, _ := l.lookup("another text", 0); got >= 0 || 2*len(l.texts) > len(l.slots) {
		t.Errorf("another text has the number %d, among %d texts in %d slots", got, len(l.texts), len(l.slots))
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
			for _, l := range c.lexicons {
				if l.size > c.max/maxLexiconShare {
					t.Fatalf("a lexicon has %d bytes of %d", l.size, c.max)
				}
			}
		}
	}
}

// resourcesOf returns a column of arrays of rows with two texts each, NULL for no rows.
func resourcesOf(rows ...[][2]string) vector.Vector {
	t := types.ArrayOf(types.RowOf(types.Field{Name: "type", Type: types.TVarchar}, types.Field{Name: "arn", Type: types.TVarchar}))
	var kinds, arns []string
	offsets, nulls := []int32{0}, vector.NewBitmap(len(rows))
	for i, row := range rows {
		if row == nil {
			nulls.Set(i)
		}
		for _, element := range row {
			kinds, arns = append(kinds, element[0]), append(arns, element[1])
		}
		offsets = append(offsets, int32(len(kinds)))
	}
	elements := vector.NewRow(t.Elem(), []vector.Vector{namesOf(kinds...), namesOf(arns...)}, len(kinds), nil)
	return vector.NewArray(t, offsets, elements, nulls)
}

// Texts in arrays of rows have a lexicon for each field, and those in maps one for the keys and one for the values.
func TestStripesShareTextsInCollections(t *testing.T) {
	pairs := types.MapOf(types.TVarchar, types.TVarchar)
	for _, stripes := range [][]vector.Vector{
		{resourcesOf([][2]string{{"bucket", "a"}, {"key", "b"}}, nil), resourcesOf([][2]string{{"key", "a"}}, [][2]string{}, [][2]string{{"key", "c"}})},
		{vector.NewMap(pairs, []int32{0, 2, 2}, namesOf("name", "id"), namesOf("a", "b"), nil),
			vector.NewMap(pairs, []int32{0, 1, 2}, namesOf("id", "id"), namesOf("c", "b"), nil)},
	} {
		c := NewCache(1 << 20)
		c.begin()
		origins := map[string]*vector.Origin{}
		for i, v := range stripes {
			k := columnKey(fmt.Sprint(i), 0, []string{"column"})
			c.column(k, true, smallChunk)
			if _, _, wanted := c.column(k, true, nil); !wanted {
				t.Fatal("the cache does not want the column")
			}
			c.keepColumn(k, columnOfStore{"store", "column"}, v)
		}
		for i, v := range stripes {
			got, _, _ := c.column(columnKey(fmt.Sprint(i), 0, []string{"column"}), true, nil)
			for row := range v.Len() {
				if vector.Distinct(got, row, v, row) {
					t.Errorf("row %d is %s, not %s", row, vector.AppendText(nil, got, row), vector.AppendText(nil, v, row))
				}
			}
			eachTexts(got, "", func(path string, v vector.Vector) vector.Vector {
				origin := vector.OriginOf(v.(*vector.Dictionary).Values)
				if known, ok := origins[path]; origin == nil || ok && known != origin {
					t.Errorf("%q of stripe %d has texts of its own", path, i)
				}
				origins[path] = origin
				return v
			})
		}
		if len(origins) != 2 || len(c.lexicons) != 2 {
			t.Errorf("%d places with texts, %d lexicons", len(origins), len(c.lexicons))
		}
		c.shrink(c.held)
		if c.held != 0 || len(c.lexicons) != 0 {
			t.Errorf("%d bytes and %d lexicons remain", c.held, len(c.lexicons))
		}
	}
}
