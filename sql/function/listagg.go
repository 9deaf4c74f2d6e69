package function

import (
	"strconv"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// LISTAGG(value, separator ON OVERFLOW …) is a call with five arguments: the value, the
// separator, whether an overflow is an error, else the filler that ends the text, and whether
// the number of values that were left out follows it.
const (
	maxListBytes   = 1_048_576 // of the text, as in Trino
	maxFillerBytes = 65_536
)

// list is the state of listagg: the values that fit, without separators, and how many did not.
type list struct {
	separator, filler string
	fails, counts     bool
	begun             bool
	text              []byte
	ends              []int32 // of each value in text
	omitted           int64
}

func (l *list) add(value []byte) {
	size := len(l.text) + len(value) + len(l.ends)*len(l.separator)
	if l.omitted > 0 || size > maxListBytes {
		l.omitted++
		return
	}
	l.text = append(l.text, value...)
	l.ends = append(l.ends, int32(len(l.text)))
}

func (l *list) each(visit func(value []byte)) {
	from := int32(0)
	for _, to := range l.ends {
		visit(l.text[from:to])
		from = to
	}
}

func listagg(b Binding) (Accumulator, error) {
	bytes := func(s *list) int64 { return int64(cap(s.text)) + 4*int64(cap(s.ends)) }
	return &fold[list]{
		result: b.Result,
		rows: func(f *fold[list], c *Call) func(*list, int) error {
			values, separators, fillers := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1]), vector.ViewOf[string](c.Args[3])
			fails, counts := vector.ViewOf[bool](c.Args[2]), vector.ViewOf[bool](c.Args[4])
			return func(s *list, i int) error {
				if !s.begun {
					filler := fillers.Get(i)
					if len(filler) > maxFillerBytes {
						return invalid("Overflow filler length %d exceeds maximum length %d", len(filler), maxFillerBytes)
					}
					s.begun, s.separator, s.filler, s.fails, s.counts = true, separators.Get(i), filler, fails.Get(i), counts.Get(i)
				}
				before := bytes(s)
				s.add([]byte(values.Get(i)))
				f.held += bytes(s) - before
				return nil
			}
		},
		merge: func(f *fold[list], s, o *list) error {
			if !o.begun {
				return nil
			}
			before := bytes(s)
			if !s.begun {
				s.begun, s.separator, s.filler, s.fails, s.counts = true, o.separator, o.filler, o.fails, o.counts
			}
			o.each(s.add)
			s.omitted += o.omitted
			f.held += bytes(s) - before
			return nil
		},
		build: func(f *fold[list], states []list) (vector.Vector, error) {
			out := vector.NewTextBuilder(f.result)
			var text []byte
			for i := range states {
				s := &states[i]
				switch {
				case !s.begun:
					out.AppendNull()
					continue
				case s.omitted > 0 && s.fails:
					return nil, failf(sql.EXCEEDED_FUNCTION_MEMORY_LIMIT,
						"Concatenated string has the length in bytes larger than the maximum output length %d", maxListBytes)
				}
				text = text[:0]
				first := true
				s.each(func(value []byte) {
					if !first {
						text = append(text, s.separator...)
					}
					first = false
					text = append(text, value...)
				})
				if s.omitted > 0 {
					if !first {
						text = append(text, s.separator...)
					}
					text = append(text, s.filler...)
					if s.counts {
						text = append(text, '(')
						text = strconv.AppendInt(text, s.omitted, 10)
						text = append(text, ')')
					}
				}
				if len(text) > maxTextBytes-out.Bytes() {
					return nil, errTooLong
				}
				out.AppendBytes(text)
			}
			return out.Build(), nil
		},
	}, nil
}

var _ = registerAggregate(Aggregate{
	Doc: Doc{Name: "listagg", Group: "aggregate", Text: "Concatenates texts with a separator between them",
		Example: "(SELECT LISTAGG(x, ', ') WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', 'a') AS t (x))", Result: "a, b"},
	Overloads: []AggregateOverload{{Params: "varchar,varchar,boolean,varchar,boolean", Result: "varchar", OrderSensitive: true, New: listagg,
		Derive: func(args []types.Type) ([]types.Type, types.Type, bool) {
			params := []types.Type{types.TVarchar, types.TVarchar, types.TBoolean, types.TVarchar, types.TBoolean}
			return params, types.TVarchar, len(args) == len(params)
		}}},
})
