package function

import (
	"github.com/ctlake/ctlake/storage/vector"
)

// sketched is a sketch of package sketch: a pointer, nil before the first row.
type sketched interface {
	comparable
	Bytes() int64
}

func bytesOf[S sketched](s S) int64 {
	var none S
	if s == none {
		return 0
	}
	return s.Bytes()
}

// sketching is an accumulator with a sketch for each group. rows returns what takes in a
// row, merge takes in another sketch; both make the own one if there is none.
func sketching[S sketched](b Binding, rows func(c *Call) func(s *S, i int) error, merge func(s *S, o S) error,
	build func(f *fold[S], states []S) (vector.Vector, error)) *fold[S] {
	return &fold[S]{
		result: b.Result,
		rows: func(f *fold[S], c *Call) func(*S, int) error {
			add := rows(c)
			return func(s *S, i int) error {
				before := bytesOf(*s)
				err := add(s, i)
				f.held += bytesOf(*s) - before
				return err
			}
		},
		merge: func(f *fold[S], s, o *S) error {
			var none S
			if *o == none {
				return nil
			}
			before := bytesOf(*s)
			err := merge(s, *o)
			f.held += bytesOf(*s) - before
			return err
		},
		build: build,
	}
}

// buildSketches returns the build of a fold whose result is the bytes of sketches, NULL where there is none.
func buildSketches[S interface {
	sketched
	Append(dst []byte) []byte
}](f *fold[S], states []S) (vector.Vector, error) {
	out := vector.NewTextBuilder(f.result)
	var scratch []byte
	for _, s := range states {
		var none S
		if s == none {
			out.AppendNull()
			continue
		}
		scratch = s.Append(scratch[:0])
		out.AppendBytes(scratch)
	}
	return out.Build(), nil
}

// unreadable says that a value is no sketch of its type.
func unreadable(what string, err error) error {
	return invalid("Cannot deserialize %s: %v", what, err)
}

// eachSketch makes a kernel whose first argument is read by read, once for rows that
// share a dictionary entry that follow each other.
func eachSketch[S any, R vector.Element](what string, read func(string) (S, error), f func(c *Call, i int, s S) (r R, ok bool, err error)) newKernel {
	return always(func(c *Call) (vector.Vector, error) {
		at := sketchAt(what, read, c.Args[0])
		return eachOrNull(c, func(i int) (R, bool, error) {
			s, err := at(i)
			if err != nil {
				var zero R
				return zero, false, err
			}
			return f(c, i, s)
		})
	})
}

// sketchAt returns a function that reads row i of v.
func sketchAt[S any](what string, read func(string) (S, error), v vector.Vector) func(i int) (S, error) {
	texts := vector.ViewOf[string](v)
	last := int32(-1)
	var sketch S
	return func(i int) (S, error) {
		if at := texts.At[i]; at != last {
			var err error
			if sketch, err = read(texts.Values[at]); err != nil {
				return sketch, unreadable(what, err)
			}
			last = at
		}
		return sketch, nil
	}
}
