package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/machine"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// bench is a run.
type bench struct {
	settings
	*file
	peer *peer
}

func (b *bench) open(path string) (err error) {
	b.file, err = openFile(path)
	return err
}

func (b *bench) close() { _ = b.file.file.Close() } // read only

func (b *bench) describe(path string) error {
	info, err := b.file.file.Stat()
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d rows, %d bytes, %d stripes, %s\n", path, b.Rows(), info.Size(), len(b.Stripes()), b.Compression())
	fmt.Printf("%s, %d rounds, %s time, one thread", runtime.Version(), b.rounds, b.clock)
	if b.peer != nil {
		fmt.Printf("; C++ is pyarrow %s", b.peer.version)
	}
	fmt.Println()
	return nil
}

// measure runs f, after the garbage of others is gone, and returns the seconds it took.
func (b *bench) measure(f func() error) (float64, error) {
	runtime.GC()
	start, cpu := time.Now(), machine.ProcessorTime()
	err := f()
	if b.clock == "cpu" {
		return (machine.ProcessorTime() - cpu).Seconds(), err
	}
	return time.Since(start).Seconds(), err
}

// times are the seconds of measurements of one thing.
type times []float64

func (t times) median() float64 {
	s := slices.Sorted(slices.Values(t))
	return s[len(s)/2]
}

// spread is what lies between the fastest and the slowest, as a share of the median.
func (t times) spread() float64 { return (slices.Max(t) - slices.Min(t)) / t.median() }

// contender is one way to do a thing.
type contender struct {
	name string
	run  func() (seconds float64, err error)
	times
}

// rounds measures contenders in turn, after a round that does not count.
func (b *bench) race(contenders []*contender) error {
	for round := range b.rounds + 1 {
		for _, c := range contenders {
			seconds, err := c.run()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			if round > 0 {
				c.times = append(c.times, seconds)
			}
		}
	}
	return nil
}

// report prints contenders against the last one, if that is the peer.
func (b *bench) report(what string, rows, bytes int64, contenders []*contender) {
	last := contenders[len(contenders)-1]
	for _, c := range contenders {
		fmt.Printf("%-26s %-12s %8.3f s ±%3.0f%% %9.3f Mrows/s %9.0f MB/s", what, c.name, c.median(), 50*c.spread(),
			float64(rows)/c.median()/1e6, float64(bytes)/c.median()/1e6)
		if b.peer != nil && c != last {
			fmt.Printf("  %6.2f x C++", last.median()/c.median())
		}
		fmt.Println()
	}
}

// projections are what is read, by dotted paths; nil is all.
var projections = [][]string{
	{"eventname"}, {"eventtime", "eventsource"}, {"eventsource"}, {"useridentity.arn"}, {"requestparameters"}, {"eventid"}, {"eventjson"}, nil,
}

func (b *bench) readings() error {
	fmt.Println("\nreading")
	for _, names := range projections {
		what := "all columns"
		var paths [][]string
		for _, name := range names {
			paths = append(paths, strings.Split(name, "."))
		}
		if names != nil {
			what = strings.Join(names, " + ")
		}
		if !strings.Contains("reading "+what, b.only) {
			continue
		}
		size, err := b.decodedBytes(paths)
		if err != nil {
			return err
		}
		contenders := []*contender{
			{name: "flat", run: func() (float64, error) { return b.measure(func() error { return b.read(paths, flatten) }) }},
			{name: "dictionaries", run: func() (float64, error) { return b.measure(func() error { return b.read(paths, asItIs) }) }},
		}
		if b.peer != nil {
			contenders = append(contenders, &contender{name: "C++", run: func() (float64, error) {
				a, err := b.peer.ask(map[string]any{"do": "read", "columns": names, "count": false})
				if err == nil && a.Rows != b.Rows() {
					err = fmt.Errorf("%d rows of %d", a.Rows, b.Rows())
				}
				return a.Seconds, err
			}})
			a, err := b.peer.ask(map[string]any{"do": "read", "columns": names, "count": true})
			if err != nil {
				return err
			}
			if a.Bytes != size {
				return fmt.Errorf("%s: %d bytes decoded, %d by C++", what, size, a.Bytes)
			}
		}
		if err := b.race(contenders); err != nil {
			return fmt.Errorf("read %s: %w", what, err)
		}
		b.report(what, b.Rows(), size, contenders)
		if err := b.forms(what, paths); err != nil {
			return err
		}
	}
	return nil
}

// forms prints how many of the vectors that are read come in which form, nested ones counted.
func (b *bench) forms(what string, paths [][]string) error {
	var dictionaries, constants, others int
	var count func(v vector.Vector)
	count = func(v vector.Vector) {
		switch v := v.(type) {
		case *vector.Row:
			for _, f := range v.Fields {
				count(f)
			}
		case *vector.Array:
			count(v.Elements)
		case *vector.Map:
			count(v.Keys)
			count(v.Values)
		case *vector.Dictionary:
			dictionaries++
		case *vector.Constant:
			constants++
		default:
			others++
		}
	}
	err := b.batches(paths, b.batchRows, int(b.Rows()), func(batch *vector.Batch) error {
		for _, v := range batch.Columns {
			count(v)
		}
		return nil
	})
	fmt.Printf("%-26s vectors: %d dictionaries, %d constants, %d others\n", what, dictionaries, constants, others)
	return err
}

// read opens and reads the file anew.
func (b *bench) read(paths [][]string, use func(vector.Vector) vector.Vector) error {
	f, err := orc.Open(b.file.file, b.bytes(), orc.OpenOptions{TimestampPrecision: 3})
	if err != nil {
		return err
	}
	fresh := &file{f, b.file.file}
	rows := 0
	err = fresh.batches(paths, b.batchRows, int(b.Rows()), func(batch *vector.Batch) error {
		for _, v := range batch.Columns {
			rows += use(v).Len()
		}
		return nil
	})
	if err == nil && int64(rows)%b.Rows() != 0 {
		err = fmt.Errorf("%d rows of %d", rows, b.Rows())
	}
	return err
}

func (b *bench) bytes() int64 {
	last := b.Stripes()[len(b.Stripes())-1]
	info, err := b.file.file.Stat()
	if err != nil {
		return last.Offset + last.Bytes
	}
	return info.Size()
}

func asItIs(v vector.Vector) vector.Vector { return v }

// flatten decodes dictionaries and constants at any depth.
func flatten(v vector.Vector) vector.Vector {
	switch v := v.(type) {
	case *vector.Row:
		fields := make([]vector.Vector, len(v.Fields))
		for i, f := range v.Fields {
			fields[i] = flatten(f)
		}
		return vector.NewRow(v.Type(), fields, v.Len(), v.Nulls())
	case *vector.Array:
		return vector.NewArray(v.Type(), v.Offsets, flatten(v.Elements), v.Nulls())
	case *vector.Map:
		return vector.NewMap(v.Type(), v.Offsets, flatten(v.Keys), flatten(v.Values), v.Nulls())
	case *vector.Constant:
		if v.Type().Kind() == types.Row {
			return flatten(vector.Plain(v))
		}
	}
	return vector.Plain(v)
}

// decodedBytes returns what the values of columns take: text and 4 bytes of each string
// or list, numbers whole, booleans a byte; structs their fields.
func (b *bench) decodedBytes(paths [][]string) (int64, error) {
	size := int64(0)
	err := b.batches(paths, b.batchRows, int(b.Rows()), func(batch *vector.Batch) error {
		for _, v := range batch.Columns {
			size += valueBytes(flatten(v))
		}
		return nil
	})
	return size, err
}

func valueBytes(v vector.Vector) int64 {
	n := int64(v.Len())
	switch v := v.(type) {
	case *vector.Row:
		n = 0
		for _, f := range v.Fields {
			n += valueBytes(f)
		}
		return n
	case *vector.Array:
		return 4*n + valueBytes(v.Elements)
	case *vector.Map:
		return 4*n + valueBytes(v.Keys) + valueBytes(v.Values)
	case *vector.Flat[bool]:
		return n
	case *vector.Flat[string]:
		n *= 4
		for i, s := range v.Values {
			if !v.Nulls().Has(i) {
				n += int64(len(s))
			}
		}
		return n
	case *vector.Flat[types.Int128]:
		return 16 * n
	}
	return 8 * n
}

// Shares of rows that are gathered: a row in so many.
var gatherShares = []int{100, 1000}

// gatherings read eventjson of some rows, as a query does that has filtered.
func (b *bench) gatherings() error {
	fmt.Println("\nreading some rows")
	for _, share := range gatherShares {
		for _, name := range []string{"eventname", "requestparameters", "eventjson"} {
			what := fmt.Sprintf("%s, 1 row in %d", name, share)
			if !strings.Contains("gathering "+what, b.only) {
				continue
			}
			path := []string{name}
			rows := int64(0)
			var bytes [2]int64
			contenders := []*contender{
				{name: "gathered", run: func() (float64, error) {
					return b.measure(func() (err error) { rows, bytes[0], err = b.gather(path, share); return err })
				}},
				{name: "all", run: func() (float64, error) { return b.measure(func() error { return b.read([][]string{path}, asItIs) }) }},
			}
			if err := b.race(contenders); err != nil {
				return fmt.Errorf("gather %s: %w", what, err)
			}
			some, all := contenders[0].median(), contenders[1].median()
			fmt.Printf("%-32s %8.3f s ±%3.0f%% %8d rows; %4.1f x as fast as reading all\n", what, some, 50*contenders[0].spread(), rows, all/some)
		}
	}
	return nil
}

// gather reads a row in share, row group by row group, at places that are scattered but
// always the same.
func (b *bench) gather(path []string, share int) (rows, bytes int64, err error) {
	state := uint32(1)
	for i := range b.Stripes() {
		s, err := b.Stripe(i)
		if err != nil {
			return 0, 0, err
		}
		c, err := s.Column(path)
		if err != nil {
			return 0, 0, err
		}
		for _, g := range s.RowGroups() {
			var at []int32
			for r := g.Start; r < g.Start+g.Rows; r++ {
				if state = state*1664525 + 1013904223; state>>8%uint32(share) == 0 {
					at = append(at, int32(r))
				}
			}
			v, err := c.Gather(at)
			if err != nil {
				return 0, 0, err
			}
			rows += int64(v.Len())
		}
	}
	return rows, b.BytesRead(), nil
}
