package spill

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// randomVector returns n rows of type t in any encoding.
func randomVector(r *rand.Rand, t types.Type, n, depth int) vector.Vector {
	if depth == 0 && n > 0 {
		switch r.IntN(4) {
		case 0:
			return vector.NewConstant(randomVector(r, t, 1, 1), n)
		case 1:
			entries := randomVector(r, t, 1+r.IntN(n), 2)
			ids := make([]int32, n)
			for i := range ids {
				ids[i] = int32(r.IntN(entries.Len()))
			}
			return vector.NewDictionary(ids, entries, randomNulls(r, n))
		}
	}
	var nulls vector.Bitmap
	if depth != 2 { // entries of a dictionary are not NULL
		nulls = randomNulls(r, n)
	}
	switch {
	case t.Is(types.Array):
		offsets, children := randomOffsets(r, n)
		return vector.NewArray(t, offsets, randomVector(r, t.Elem(), children, 1), nil)
	case t.Is(types.Map):
		offsets, children := randomOffsets(r, n)
		return vector.NewMap(t, offsets, randomVector(r, t.Key(), children, 2), randomVector(r, t.Value(), children, 1), nil)
	case t.Is(types.Row):
		var fields []vector.Vector
		for _, f := range t.Fields() {
			fields = append(fields, randomVector(r, f.Type, n, 1))
		}
		return vector.NewRow(t, fields, n, nil)
	}
	switch t.Physical() {
	case types.Bool:
		return flat(t, n, nulls, func() bool { return r.IntN(2) == 0 })
	case types.Int64:
		return flat(t, n, nulls, r.Int64)
	case types.Float64:
		return flat(t, n, nulls, r.NormFloat64)
	case types.Wide:
		return flat(t, n, nulls, func() types.Int128 { return types.Int128{Hi: r.Int64(), Lo: r.Uint64()} })
	}
	if depth < 2 && r.IntN(3) == 0 {
		uuids := make([]vector.UUID, n)
		for i := range uuids {
			uuids[i] = vector.UUID{Hi: r.Uint64(), Lo: r.Uint64()}
		}
		return vector.NewUUIDs(t, uuids, nulls)
	}
	return flat(t, n, nulls, func() string { return strings.Repeat("äb", r.IntN(9)) })
}

func flat[T vector.Element](t types.Type, n int, nulls vector.Bitmap, value func() T) vector.Vector {
	values := make([]T, n)
	for i := range values {
		values[i] = value()
	}
	return vector.NewFlat(t, values, nulls)
}

func randomNulls(r *rand.Rand, n int) vector.Bitmap {
	if r.IntN(2) == 0 {
		return nil
	}
	nulls := vector.NewBitmap(n)
	for i := range n {
		if r.IntN(3) == 0 {
			nulls.Set(i)
		}
	}
	return nulls
}

func randomOffsets(r *rand.Rand, n int) ([]int32, int) {
	offsets := make([]int32, n+1)
	for i := range n {
		offsets[i+1] = offsets[i] + int32(r.IntN(4))
	}
	return offsets, int(offsets[n])
}

func text(b *vector.Batch) string {
	var out []byte
	for i := range b.N {
		for _, c := range b.Columns {
			if c.Nulls().Has(i) {
				out = append(out, "NULL "...)
			} else {
				out = append(vector.AppendText(out, c, i), ' ')
			}
		}
	}
	return string(out)
}

func TestRoundTrip(t *testing.T) {
	const seed = 3
	r := rand.New(rand.NewPCG(seed, seed))
	var columns []types.Type
	for _, name := range []string{"boolean", "bigint", "double", "varchar", "timestamp(12)", "array(bigint)", "map(varchar,array(varchar))",
		"row(a bigint, b row(c varchar))", "array(row(a boolean, b map(bigint,double)))"} {
		typ, err := types.Parse(name)
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, typ)
	}
	area := &Area{Disk: Dir(t.TempDir())}
	runs := []*Run{area.NewRun(columns), area.NewRun(columns)}
	var want [2][]string
	for range 60 {
		n := r.IntN(100)
		b := &vector.Batch{N: n}
		for _, c := range columns {
			b.Columns = append(b.Columns, randomVector(r, c, n, 0))
		}
		if n > 4 {
			b = slice(b, 2, n-1)
		}
		k := r.IntN(2)
		if err := runs[k].Add(b); err != nil {
			t.Fatal(err)
		}
		if b.N > 0 {
			want[k] = append(want[k], text(b))
		}
	}
	for k, run := range runs {
		reader := run.Reader()
		for i, w := range want[k] {
			b, err := reader.Next()
			if err != nil {
				t.Fatal(err)
			}
			if got := text(b); got != w {
				t.Fatalf("seed %d, batch %d:\n%s\nwant\n%s", seed, i, got, w)
			}
		}
		if _, err := reader.Next(); err != io.EOF {
			t.Errorf("after the last batch: %v", err)
		}
	}
	if err := errors.Join(area.Close(), area.Close()); err != nil {
		t.Error(err)
	}
}

// faultyDisk is a disk whose files fail.
type faultyDisk struct {
	create, write error
	short, flip   bool
}

type faultyFile struct {
	File
	disk faultyDisk
}

func (d faultyDisk) Create() (File, error) {
	f, err := Dir("").Create()
	return faultyFile{f, d}, errors.Join(err, d.create)
}

func (f faultyFile) WriteAt(p []byte, at int64) (int, error) {
	switch {
	case f.disk.write != nil:
		return 0, f.disk.write
	case f.disk.short:
		return f.File.WriteAt(p[:len(p)/2], at)
	}
	return f.File.WriteAt(p, at)
}

func (f faultyFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	if f.disk.flip && n > 0 {
		p[n-1] ^= 1
	}
	return n, err
}

func TestFaults(t *testing.T) {
	b := &vector.Batch{N: 3, Columns: []vector.Vector{vector.NewFlat(types.TBigint, []int64{1, 2, 3}, nil)}}
	for _, c := range []struct {
		disk faultyDisk
		want error
	}{
		{faultyDisk{create: syscall.EMFILE}, syscall.EMFILE},
		{faultyDisk{write: syscall.ENOSPC}, syscall.ENOSPC},
		{faultyDisk{short: true}, io.ErrShortWrite},
		{faultyDisk{flip: true}, ErrCorrupt},
	} {
		area := &Area{Disk: c.disk}
		run := area.NewRun([]types.Type{types.TBigint})
		err := run.Add(b)
		if err == nil {
			_, err = run.Reader().Next()
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", c.disk, err, c.want)
		}
		if err := area.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFilesAreGone(t *testing.T) {
	dir := t.TempDir()
	f, err := Dir(dir).Create()
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.(*dirFile).Stat()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) > 0 {
		t.Errorf("after closing: %v, %v", entries, err)
	}
	if _, err := Dir(dir + "/none").Create(); err == nil || !strings.Contains(fmt.Sprint(err), "none") {
		t.Errorf("in a directory that does not exist: %v", err)
	}
}
