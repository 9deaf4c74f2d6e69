package optimizer

import (
	"math"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/types"
)

// unwrapCasts compares columns themselves with constants, where a coercion of the
// column was compared:
//
//	CAST(eventtime AS timestamp(3) with time zone) > TIMESTAMP '2024-05-01 00:00:00 UTC'   (the session zone is UTC)
//	    → eventtime > TIMESTAMP '2024-05-01 00:00:00'
//	CAST(date(eventtime) AS timestamp(3)) = TIMESTAMP '2024-05-01 00:00:00'
//	    → date(eventtime) = DATE '2024-05-01'
func unwrapCasts(o *optimizer, n plan.Node) plan.Node {
	utc := o.utc()
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		return mapChanged(n, func(e plan.Expr) plan.Expr {
			return plan.Rewrite(e, func(e plan.Expr) plan.Expr { return unwrap(e, utc) })
		})
	})
}

func unwrap(e plan.Expr, utc bool) plan.Expr {
	c, ok := e.(*plan.Call)
	if !ok || mirrored[c.Fn.Name] == "" || len(c.Args) != 2 {
		return e
	}
	for i, arg := range c.Args {
		cast, isCast := arg.(*plan.Cast)
		l, isLiteral := c.Args[1-i].(*plan.Literal)
		if !isCast || !isLiteral || cast.Try || l.IsNull() {
			continue
		}
		narrow := narrowed(l, cast.Arg.Type(), utc)
		if narrow == nil {
			continue
		}
		args := []plan.Expr{cast.Arg, narrow}
		if i == 1 {
			args = []plan.Expr{narrow, cast.Arg}
		}
		if u := operator(c.Fn.Name, c, args...); u != nil {
			return u
		}
	}
	return e
}

// narrowed returns the value of type to that coerces to l, or nil if there is none or to does not
// keep its order when it is coerced.
func narrowed(l *plan.Literal, to types.Type, utc bool) plan.Expr {
	from := l.Type()
	v, ok := l.Scalar()
	if !ok {
		return nil
	}
	switch {
	case from.Is(types.TimestampWithTimeZone) && to.Is(types.Timestamp):
		if !utc || from.Precision() != to.Precision() || to.Physical() != types.Int64 {
			return nil
		}
		millis, picos, _ := types.UnpackTimestampTZ(v.(types.Int128))
		if millis > math.MaxInt64/2000 || millis < math.MinInt64/2000 {
			return nil
		}
		return plan.NewLiteral(to, millis*1000+picos/1_000_000, l.At)
	case from.Is(types.Timestamp) && to.Is(types.Date):
		if micros, ok := v.(int64); ok && micros%microsPerDay == 0 {
			return plan.NewLiteral(to, micros/microsPerDay, l.At)
		}
	case from.Is(types.Timestamp) && to.Is(types.Timestamp) && to.Physical() == types.Int64 && from.Physical() == types.Int64:
		unit := int64(1)
		for range types.MaxShortTimestamp - to.Precision() {
			unit *= 10
		}
		if micros := v.(int64); from.Precision() >= to.Precision() && micros%unit == 0 {
			return plan.NewLiteral(to, micros, l.At)
		}
	case from.IsInteger() && to.IsInteger():
		if n := v.(int64); to.Kind() < from.Kind() && fits(n, to.Kind()) {
			return plan.NewLiteral(to, n, l.At)
		}
	}
	return nil
}

func fits(n int64, k types.Kind) bool {
	switch k {
	case types.Tinyint:
		return n == int64(int8(n))
	case types.Smallint:
		return n == int64(int16(n))
	case types.Integer:
		return n == int64(int32(n))
	}
	return true
}
