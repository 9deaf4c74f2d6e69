package function

import (
	"github.com/ctlake/ctlake/storage/vector"
)

// checksumState is the sum of the hashes of all rows, each times a prime; NULL counts as 1.
type checksumState struct {
	sum uint64
	any bool
}

func checksum(b Binding) (Accumulator, error) {
	const prime = 0x9e3779b185ebca87
	return &fold[checksumState]{
		result: b.Result,
		rows: func(_ *fold[checksumState], c *Call) func(*checksumState, int) error {
			hashes := make([]uint64, c.N)
			valueHashes(c.Args[0], hashes)
			nulls := c.Args[0].Nulls()
			return func(s *checksumState, i int) error {
				h := hashes[i]
				if nulls.Has(i) {
					h = 1
				}
				s.sum, s.any = s.sum+h*prime, true
				return nil
			}
		},
		merge: func(_ *fold[checksumState], s, o *checksumState) error {
			s.sum, s.any = s.sum+o.sum, s.any || o.any
			return nil
		},
		build: func(f *fold[checksumState], states []checksumState) (vector.Vector, error) {
			out := vector.NewTextBuilder(f.result)
			for _, s := range states {
				if s.any {
					out.AppendBytes(littleEndian(s.sum))
				} else {
					out.AppendNull()
				}
			}
			return out.Build(), nil
		},
	}, nil
}

var _ = aggregate("checksum", "Returns a checksum of values that does not depend on their order", "checksum(x)", "1, 2, NULL", "ea 51 bc 7b 38 d9 08 d5",
	AggregateOverload{Params: "T", Result: "varbinary", Comparable: "T", Nullable: true, New: checksum})

// littleEndian returns the bytes of a word, the low one first.
func littleEndian(x uint64) []byte {
	out := make([]byte, 8)
	for i := range out {
		out[i] = byte(x >> (8 * i))
	}
	return out
}
