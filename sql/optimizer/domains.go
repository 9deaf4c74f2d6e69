package optimizer

import (
	"math"
	"strings"

	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/types"
)

// scanDomains finds what the filters of scans say of single columns:
//
//	eventtime >= TIMESTAMP '2024-05-01 00:00:00' AND eventname IN ('A', 'B')
//	    eventtime [2024-05-01 00:00:00.000, ∞)     eventname {'A', 'B'}
//
// The filter stays: a domain may be wider than what the filter passes, never narrower. A scan
// of which a domain is empty gives no rows.
func scanDomains(o *optimizer, n plan.Node) plan.Node {
	return plan.MapNodes(n, func(n plan.Node) plan.Node {
		s, ok := n.(*plan.Scan)
		if !ok || s.Filter == nil {
			return n
		}
		x := &extractor{types: map[plan.ColumnID]types.Type{}, utc: o.utc()}
		for _, c := range s.Outputs {
			x.types[c.ID] = c.Type
		}
		found := x.of(s.Filter)
		if len(found) == 0 {
			return n
		}
		for _, d := range found {
			if d.IsNone() {
				return &plan.Values{Outputs: s.Columns()}
			}
		}
		with := *s
		with.Domains = found
		return &with
	})
}

// domains holds, by column, which values it has in the rows for which an expression is
// true. A column that is not in it may have any.
type domains map[plan.ColumnID]domain.Domain

type extractor struct {
	types map[plan.ColumnID]types.Type
	utc   bool // the session zone is UTC
}

// of returns the domains of e.
func (x *extractor) of(e plan.Expr) domains {
	switch e := e.(type) {
	case *plan.And:
		lists := map[plan.ColumnID][]domain.Domain{}
		for _, t := range e.Terms {
			for id, d := range x.of(t) {
				lists[id] = append(lists[id], d)
			}
		}
		out := domains{}
		for id, list := range lists {
			out[id] = combined(list, domain.Domain.Intersect)
		}
		return out
	case *plan.Or:
		return x.either(e)
	case *plan.In:
		return x.in(e)
	case *plan.IsNull:
		return x.column(e.Arg, domain.OnlyNull)
	case *plan.ColumnRef:
		if e.Type().Is(types.Boolean) {
			return x.column(e, func(t types.Type) domain.Domain { return domain.Single(t, true) })
		}
	case *plan.Coalesce:
		if len(e.Args) == 2 && plan.IsFalse(e.Args[1]) {
			return x.of(e.Args[0])
		}
	case *plan.Call:
		return x.call(e)
	}
	return nil
}

// either joins the domains of columns that all terms of an OR restrict.
func (x *extractor) either(e *plan.Or) domains {
	lists := map[plan.ColumnID][]domain.Domain{}
	for i, t := range e.Terms {
		restricted := x.of(t)
		if len(restricted) == 0 {
			return nil
		}
		for id, d := range restricted {
			if len(lists[id]) == i {
				lists[id] = append(lists[id], d)
			}
		}
	}
	out := domains{}
	for id, list := range lists {
		if len(list) == len(e.Terms) {
			out[id] = combined(list, domain.Domain.Union)
		}
	}
	return out
}

// combined combines a list by halves: one by one would take time quadratic in the ranges of the result.
func combined(list []domain.Domain, f func(a, b domain.Domain) domain.Domain) domain.Domain {
	if len(list) == 1 {
		return list[0]
	}
	half := len(list) / 2
	return f(combined(list[:half], f), combined(list[half:], f))
}

// column returns the domain that f gives for e, if that is a column of which domains can be.
func (x *extractor) column(e plan.Expr, f func(types.Type) domain.Domain) domains {
	r, ok := e.(*plan.ColumnRef)
	if !ok {
		return nil
	}
	t, ok := x.types[r.ID]
	if !ok || t.Physical() == types.Nested || t.Is(types.JSON) || t.Is(types.Unknown) {
		return nil
	}
	return domains{r.ID: f(t)}
}

func (x *extractor) in(e *plan.In) domains {
	var out domains
	for i, item := range e.List {
		l, ok := item.(*plan.Literal)
		if !ok {
			return nil
		}
		if l.IsNull() {
			continue
		}
		one := x.compare("$equal", e.Value, l)
		if len(one) != 1 {
			return nil
		}
		if out == nil {
			out = one
			continue
		}
		if i%inBatch == 0 && len(e.List) > inBatch {
			// Long lists are joined at once below: unions one by one would take quadratic time.
			return x.longIn(e)
		}
		for id, d := range one {
			out[id] = out[id].Union(d)
		}
	}
	return out
}

// inBatch is up to how many values of IN are joined one by one.
const inBatch = 64

// longIn is in for many values, compared with a bare column.
func (x *extractor) longIn(e *plan.In) domains {
	values := make([]domain.Value, 0, len(e.List))
	for _, item := range e.List {
		l, ok := item.(*plan.Literal)
		if !ok {
			return nil
		}
		v, scalar := l.Scalar()
		if !scalar {
			return nil
		}
		values = append(values, v)
	}
	return x.column(e.Value, func(t types.Type) domain.Domain {
		if !sameCarrier(t, e.Value.Type()) {
			return domain.All(t)
		}
		return domain.In(t, values...)
	})
}

func sameCarrier(a, b types.Type) bool {
	return a.Equal(b) || a.Is(types.Varchar) && b.Is(types.Varchar) || a.IsInteger() && b.IsInteger()
}

var mirrored = map[string]string{"$equal": "$equal", "$not_equal": "$not_equal", "$less": "$greater",
	"$less_or_equal": "$greater_or_equal", "$greater": "$less", "$greater_or_equal": "$less_or_equal"}

func (x *extractor) call(e *plan.Call) domains {
	if mirror, ok := mirrored[e.Fn.Name]; ok && len(e.Args) == 2 {
		if l, ok := e.Args[1].(*plan.Literal); ok {
			return x.compare(e.Fn.Name, e.Args[0], l)
		}
		if l, ok := e.Args[0].(*plan.Literal); ok {
			return x.compare(mirror, e.Args[1], l)
		}
		return nil
	}
	switch e.Fn.Name {
	case "$not":
		return x.not(e.Args[0])
	case "$like":
		return x.like(e)
	case "starts_with":
		if prefix, ok := textLiteral(e.Args[1]); ok {
			return x.column(e.Args[0], func(t types.Type) domain.Domain { return prefixDomain(t, prefix) })
		}
	}
	return nil
}

func prefixDomain(t types.Type, prefix string) domain.Domain {
	if !t.Is(types.Varchar) {
		return domain.NotNull(t)
	}
	return domain.Prefix(t, prefix)
}

func textLiteral(e plan.Expr) (string, bool) {
	l, ok := e.(*plan.Literal)
	if !ok || l.IsNull() || !l.Type().IsString() {
		return "", false
	}
	v, _ := l.Scalar()
	return v.(string), true
}

// not returns the domains of NOT e.
func (x *extractor) not(e plan.Expr) domains {
	switch e := e.(type) {
	case *plan.IsNull:
		return x.column(e.Arg, domain.NotNull)
	case *plan.ColumnRef:
		return x.column(e, func(t types.Type) domain.Domain {
			if !t.Is(types.Boolean) {
				return domain.All(t)
			}
			return domain.Single(t, false)
		})
	case *plan.In: // of a bare column: what it is not, other values may map to through anything else
		if _, ok := e.Value.(*plan.ColumnRef); !ok {
			return nil
		}
		out := domains{}
		for id, d := range x.in(e) {
			if hasNull(e.List) {
				return domains{id: domain.None(d.Type())} // never true
			}
			if d.IsAll() {
				return nil
			}
			out[id] = d.Complement().Intersect(domain.NotNull(d.Type()))
		}
		return out
	}
	return nil
}

func hasNull(list []plan.Expr) bool {
	for _, e := range list {
		if l, ok := e.(*plan.Literal); ok && l.IsNull() {
			return true
		}
	}
	return false
}

// like: what stands before the first wildcard is a prefix.
func (x *extractor) like(e *plan.Call) domains {
	pattern, ok := textLiteral(e.Args[1])
	if !ok || len(e.Args) != 2 {
		return nil
	}
	return x.column(e.Args[0], func(t types.Type) domain.Domain {
		i := strings.IndexAny(pattern, "%_")
		switch {
		case !t.Is(types.Varchar):
			return domain.NotNull(t)
		case i < 0:
			return domain.Single(t, pattern)
		}
		return domain.Prefix(t, pattern[:i])
	})
}

// compare returns the domain of a column of which some function is compared with a constant.
func (x *extractor) compare(op string, e plan.Expr, l *plan.Literal) domains {
	if l.IsNull() {
		return nil
	}
	v, ok := l.Scalar()
	if !ok {
		return nil
	}
	return x.compareValue(op, e, l.Type(), v)
}

// compareValue is compare with the value v of type of.
func (x *extractor) compareValue(op string, e plan.Expr, of types.Type, v any) domains {
	switch e := e.(type) {
	case *plan.ColumnRef:
		return x.column(e, func(t types.Type) domain.Domain {
			if !sameCarrier(t, of) {
				return domain.All(t)
			}
			return compared(op, t, v)
		})
	case *plan.Cast:
		if !e.Try {
			return x.compareCast(op, e, of, v)
		}
	case *plan.Call:
		return x.compareTime(op, e, v)
	}
	return nil
}

func compared(op string, t types.Type, v domain.Value) domain.Domain {
	switch op {
	case "$equal":
		return domain.Single(t, v)
	case "$not_equal":
		if f, ok := v.(float64); ok && math.IsNaN(f) {
			return domain.NotNull(t)
		}
		return domain.Single(t, v).Complement().Intersect(domain.NotNull(t))
	case "$less":
		return domain.Less(t, v)
	case "$less_or_equal":
		return domain.LessOrEqual(t, v)
	case "$greater":
		return domain.Greater(t, v)
	}
	return domain.GreaterOrEqual(t, v)
}

// compareCast looks through coercions that keep order: of text, of integers, and between times.
func (x *extractor) compareCast(op string, e *plan.Cast, to types.Type, v any) domains {
	from := e.Arg.Type()
	switch {
	case from.Is(types.Date) && to.Is(types.Timestamp):
		return x.compareDate(op, e.Arg, v)
	case from.Is(types.Varchar) && to.Is(types.Varchar) && to.Length() >= from.Length(), from.IsInteger() && to.IsInteger():
		return x.column(e.Arg, func(t types.Type) domain.Domain { return compared(op, t, v) })
	case !from.Is(types.Timestamp) || from.Physical() != types.Int64:
		return nil
	case to.Is(types.Date):
		days := v.(int64)
		return x.truncated(op, e.Arg, days, microsPerDay)
	case to.Is(types.Timestamp) && to.Precision() >= from.Precision():
		if w, ok := v.(types.Int128); ok { // picoseconds: widen to the microseconds around
			return x.within(op, e.Arg, w.Hi, w.Hi+1)
		}
		return x.column(e.Arg, func(t types.Type) domain.Domain { return compared(op, t, v) })
	case to.Is(types.TimestampWithTimeZone) && to.Precision() >= from.Precision():
		millis, picos, _ := types.UnpackTimestampTZ(v.(types.Int128))
		if millis > math.MaxInt64/2000 || millis < math.MinInt64/2000 {
			return nil
		}
		micros := millis*1000 + picos/1_000_000
		if x.utc {
			return x.within(op, e.Arg, micros, micros+1)
		}
		// The local time differs from UTC by fourteen hours at most.
		return x.within(op, e.Arg, micros-maxOffsetMicros, micros+maxOffsetMicros+1)
	}
	return nil
}

// compareDate is for a date that is compared with a timestamp: date(eventtime) = '2024-05-01'.
func (x *extractor) compareDate(op string, date plan.Expr, v any) domains {
	micros, ok := v.(int64)
	if !ok || micros < 0 || micros%microsPerDay != 0 && op != "$less" && op != "$less_or_equal" {
		return nil
	}
	if micros%microsPerDay != 0 {
		op = "$less_or_equal" // than the day that the time is of
	}
	return x.compareValue(op, date, types.TDate, micros/microsPerDay)
}

const (
	microsPerDay    = 24 * 60 * 60 * 1_000_000
	maxOffsetMicros = types.MaxOffsetMinutes * 60 * 1_000_000
)

// maxMicros are the longest spans of the units of date_trunc.
var maxMicros = map[string]int64{"millisecond": 1000, "second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000,
	"day": microsPerDay, "week": 7 * microsPerDay, "month": 31 * microsPerDay, "quarter": 92 * microsPerDay, "year": 366 * microsPerDay}

// compareTime looks through date(t) and date_trunc(unit, t).
func (x *extractor) compareTime(op string, e *plan.Call, v any) domains {
	value, ok := v.(int64)
	if !ok {
		return nil
	}
	arg := e.Args[len(e.Args)-1]
	if t := arg.Type(); !t.Is(types.Timestamp) || t.Physical() != types.Int64 {
		return nil
	}
	switch {
	case e.Fn.Name == "date" && len(e.Args) == 1:
		return x.truncated(op, arg, value, microsPerDay)
	case e.Fn.Name == "date_trunc" && len(e.Args) == 2:
		unit, ok := textLiteral(e.Args[0])
		span := maxMicros[strings.ToLower(unit)]
		if !ok || span == 0 || value > math.MaxInt64-span {
			return nil
		}
		return x.within(op, arg, value, value+span)
	}
	return nil
}

// truncated is for a number of whole units since 1970 that is compared.
func (x *extractor) truncated(op string, column plan.Expr, units, microsPerUnit int64) domains {
	if units >= math.MaxInt64/microsPerUnit-1 || units <= math.MinInt64/microsPerUnit+1 {
		return nil
	}
	from, to := units*microsPerUnit, (units+1)*microsPerUnit
	switch op {
	case "$less":
		to = from
	case "$greater":
		from = to
	}
	return x.within(op, column, from, to)
}

// within is for a function f of a timestamp with f(t) <= t < f(t) + (to - from), which is compared
// with from; more loosely, for one that differs from t by at most that either way.
func (x *extractor) within(op string, column plan.Expr, from, to int64) domains {
	return x.column(column, func(t types.Type) domain.Domain {
		switch op {
		case "$equal":
			return domain.GreaterOrEqual(t, from).Intersect(domain.Less(t, to))
		case "$less", "$less_or_equal":
			return domain.Less(t, to)
		case "$greater", "$greater_or_equal":
			return domain.GreaterOrEqual(t, from)
		}
		return domain.NotNull(t)
	})
}
