package function

import (
	"github.com/ctlake/ctlake/storage/types"
)

// $lake_timestamp reads the strings that CloudTrail Lake lets users compare times
// with, where they are not constant. What is finer than microseconds is rounded, half up:
//
//	WHERE eventTime > element_at(requestParameters, 'startTime')
var _ = register(Scalar{
	Doc: Doc{Name: "$lake_timestamp", Text: "Reads a time as CloudTrail Lake does", Group: "date and time"},
	Overloads: []Overload{{
		Params: "varchar", Result: "timestamp(6)",
		New: unaryErr(func(text string) (int64, error) {
			_, v, err := types.ParseLakeTimestamp(text)
			if err != nil {
				return 0, err
			}
			if w, ok := v.(types.Int128); ok {
				const picosPerMicro = 1_000_000
				return w.Hi + int64(w.Lo+picosPerMicro/2)/picosPerMicro, nil
			}
			return v.(int64), nil
		}),
	}},
})
