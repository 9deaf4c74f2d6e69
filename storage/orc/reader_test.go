package orc

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// TestLazy counts bytes: what is not asked for is not read.
func TestLazy(t *testing.T) {
	f := open(t, benchFile())
	tail := f.BytesRead()
	s, err := f.Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Column([]string{"eventname"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(0, 1000); err != nil {
		t.Fatal(err)
	}
	if n := f.BytesRead() - tail; n > 400_000 {
		t.Errorf("%d bytes read for 1,000 event names", n)
	}
	before := f.BytesRead()
	if c, err = s.Column([]string{"json"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Gather([]int32{150_000}); err != nil {
		t.Fatal(err)
	}
	if n := f.BytesRead() - before; n > 600_000 {
		t.Errorf("%d bytes read for one event's JSON", n)
	}
}

// TestDictionaries reads a dictionary column: one vector of entries a stripe.
func TestDictionaries(t *testing.T) {
	s, err := open(t, benchFile()).Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Column([]string{"eventname"})
	if err != nil {
		t.Fatal(err)
	}
	var entries vector.Vector
	for at := 0; at < 30_000; at += 1000 {
		v, err := c.Read(at, 1000)
		if err != nil {
			t.Fatal(err)
		}
		d, ok := v.(*vector.Dictionary)
		if !ok || entries != nil && d.Values != entries {
			t.Fatalf("row %d: a %T", at, v)
		}
		entries = d.Values
	}
	text := entries.(*vector.Flat[string]).Values
	for i := 1; i < len(text); i++ {
		if text[i-1] >= text[i] {
			t.Fatalf("entries %q, %q are not sorted", text[i-1], text[i])
		}
	}
}

func TestConstants(t *testing.T) {
	n := 5000
	for _, v := range []vector.Vector{
		vector.NewConstant(flatOf(types.TVarchar, "x"), n),
		vector.NewConstant(flatOf(types.TBigint, int64(7)), n),
		vector.NewConstant(flatOf(types.TBoolean, true), n),
		vector.NewNull(types.TVarchar, n),
		vector.NewNull(types.TMapOfVarchar, n),
	} {
		b, _ := writeFile(t, one(v.Type()), WriterOptions{Compression: Zstd}, batchOf(v))
		if got, ok := readColumn(t, open(t, b)).(*vector.Constant); !ok || got.N != n {
			t.Errorf("%s: a %T", v.Type(), got)
		}
	}
}

// TestTimestamps reads times at other precisions than they were written with.
func TestTimestamps(t *testing.T) {
	v := vector.NewFlat(types.TimestampOf(9), []types.Int128{
		{Hi: 0, Lo: 0}, {Hi: 1_234_567, Lo: 891_000}, {Hi: 1_999_999, Lo: 999_000}, {Hi: -1_500_000, Lo: 0},
		{Hi: -62_135_596_800_000_000, Lo: 0}, {Hi: 1_420_070_400_000_000, Lo: 1_000}, {Hi: 9_000_000_000_000_000, Lo: 0},
	}, nil)
	b, _ := writeFile(t, one(v.Type()), WriterOptions{}, batchOf(v))
	f := func(precision int, want ...string) {
		t.Helper()
		s, err := Open(strings.NewReader(string(b)), int64(len(b)), OpenOptions{TimestampPrecision: precision})
		if err != nil {
			t.Fatal(err)
		}
		got := readColumn(t, s)
		for i, w := range want {
			if text := string(vector.AppendText(nil, got, i)); text != w {
				t.Errorf("precision %d, row %d: got %s, want %s", precision, i, text, w)
			}
		}
	}
	f(0, "1970-01-01 00:00:00.000000000", "1970-01-01 00:00:01.234567891", "1970-01-01 00:00:01.999999999", "1969-12-31 23:59:58.500000000",
		"0001-01-01 00:00:00.000000000", "2015-01-01 00:00:00.000000001", "2255-03-14 16:00:00.000000000")
	f(6, "1970-01-01 00:00:00.000000", "1970-01-01 00:00:01.234568", "1970-01-01 00:00:02.000000", "1969-12-31 23:59:58.500000")
	f(3, "1970-01-01 00:00:00.000", "1970-01-01 00:00:01.235", "1970-01-01 00:00:02.000", "1969-12-31 23:59:58.500")
}

func TestJulian(t *testing.T) {
	f := func(day int64, want string) {
		t.Helper()
		if got := string(types.AppendInt64Text(nil, types.TDate, fromJulian(day))); got != want {
			t.Errorf("day %d: got %s, want %s", day, got, want)
		}
	}
	f(gregorianStart-1, "1582-10-04")
	f(gregorianStart-1-365, "1581-10-04")
	f(-719_164, "0001-01-01")
	f(-719_164+1_460, "0004-12-31")
	f(-719_164+1_460-306, "0004-02-29")
}

func TestUse(t *testing.T) {
	g := &generator{rand.New(rand.NewPCG(1, 2)), 0.1}
	b, _ := writeFile(t, everyType, WriterOptions{}, g.batch(everyType, 10))
	s, err := open(t, b).Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{"nope": ErrNoColumn, "row.nope": ErrNoColumn, "map.nope": ErrNoColumn, "list.x": ErrNoColumn} {
		if _, err := s.Column(strings.Split(path, ".")); !errors.Is(err, want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	c, err := s.Column([]string{"big"})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		second(c.Read(-1, 1)), second(c.Read(0, 11)), second(c.Read(11, 0)), second(c.Gather([]int32{3, 2})), second(c.Gather([]int32{10})),
	} {
		if err == nil {
			t.Error("rows that are not there")
		}
	}
	if PathOf("a.b", "c`d", "e") != "`a.b`.`c``d`.e" {
		t.Error(PathOf("a.b", "c`d", "e"))
	}
}

func second(_ vector.Vector, err error) error { return err }

// TestConcurrent reads stripes of one file at once.
func TestConcurrent(t *testing.T) {
	g := &generator{rand.New(rand.NewPCG(1, 2)), 0.1}
	batch := g.batch(everyType, 1000)
	b, _ := writeFile(t, everyType, WriterOptions{Compression: Zstd, StripeRows: 100, RowIndexStride: 30}, batch)
	f := open(t, b)
	want := rowsOfBatches(everyType, []*vector.Batch{batch})
	var wait sync.WaitGroup
	for i := range f.Stripes() {
		wait.Go(func() {
			if err := readStripe(f, i); err != nil {
				t.Error(err)
				return
			}
			s, _ := f.Stripe(i)
			c, _ := s.Column(nil)
			v, err := c.Read(0, s.Rows())
			if err != nil {
				t.Error(err)
				return
			}
			for r := range v.Len() {
				if vector.Distinct(v, r, want, 100*i+r) {
					t.Errorf("stripe %d, row %d", i, r)
					return
				}
			}
		})
	}
	wait.Wait()
}

// TestUnionMembers reads members of unions of other writers by themselves.
func TestUnionMembers(t *testing.T) {
	f := open(t, orcFiles(t, "examples")["TestOrcFile.testUnionAndTimestamp.orc"])
	s, err := f.Stripe(0)
	if err != nil {
		t.Fatal(err)
	}
	read := func(path ...string) vector.Vector {
		t.Helper()
		c, err := s.Column(path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := c.Read(0, s.Rows())
		if err != nil {
			t.Fatal(err)
		}
		if !v.Type().Equal(c.Type()) {
			t.Fatalf("%v: vectors of %s, the reader says %s", path, v.Type(), c.Type())
		}
		for at := range 50 { // by the row index, and passing over rows
			row, err := c.Gather([]int32{int32(s.Rows() / 50 * at)})
			if err != nil {
				t.Fatal(err)
			}
			expectEqual(t, "a row", row, vector.Slice(v, s.Rows()/50*at, s.Rows()/50*at+1))
		}
		return v
	}
	union := vector.Plain(read("union"))
	for i := range 2 {
		expectEqual(t, "member", read("union", union.Type().Fields()[1+i].Name), fieldOf(union, 1+i))
	}
}
