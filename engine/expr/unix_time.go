package expr

import (
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// unixTime is to_unixtime of a timestamp of whole milliseconds, which is one of the session's zone, UTC:
// to_unixtime(CAST(x AS timestamp(3) with time zone)). The time with a zone, of 16 bytes, need not be made.
type unixTime struct {
	arg  node
	call node // for what is not so simple
}

// maxPlainMicros is up to which distance from 1970 times have a time with a zone for certain: 142 years.
const maxPlainMicros = 1 << 52

// unixTime returns the node of e if it is such a call, or nil.
func (c *compiler) unixTime(e *plan.Call, s *scope, whole node) (node, error) {
	if e.Fn.Name != "to_unixtime" || len(e.Args) != 1 {
		return nil, nil
	}
	cast, ok := e.Args[0].(*plan.Cast)
	if !ok || cast.Try || !cast.To.Is(types.TimestampWithTimeZone) || cast.To.Precision() < 3 {
		return nil, nil
	}
	from := cast.Arg.Type()
	if !from.Is(types.Timestamp) || from.Precision() > 3 || c.env.Ctx == nil || c.env.Ctx.Zone != nil && c.env.Ctx.Zone.String() != "UTC" {
		return nil, nil
	}
	arg, err := c.compile(cast.Arg, s)
	return &unixTime{arg, whole}, err
}

func (e *unixTime) eval(f *frame) (vector.Vector, error) {
	v, err := e.arg.eval(f)
	if err != nil {
		return nil, err
	}
	flat, ok := v.(*vector.Flat[int64])
	if !ok {
		return e.call.eval(f)
	}
	const microsPerMilli, millisPerSecond = 1000, 1000
	out, far := make([]float64, len(flat.Values)), uint64(0)
	for i, micros := range flat.Values {
		far |= uint64(micros + maxPlainMicros)
		out[i] = float64(micros/microsPerMilli) / millisPerSecond
	}
	if far >= 2*maxPlainMicros {
		return e.call.eval(f)
	}
	return vector.NewFlat(types.TDouble, out, v.Nulls()), nil
}

func (e *unixTime) canFail() bool  { return e.call.canFail() }
func (e *unixTime) constant() bool { return e.call.constant() }
