package function

import (
	"math"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/vector"
)

// lambdaElementBytes is about what a lambda takes for each element: its place, its row, its value and what becomes of it.
const lambdaElementBytes = 4 + 4 + 16 + 16

// elementsOf lists the elements of the rows that count: their places and their rows. A constant or
// a dictionary may have many more of them than it holds.
func elementsOf(c *Call, spans vector.SpanView) (places, rows []int32, err error) {
	n := int64(0)
	for i := range c.N {
		if !c.Nulls.Has(i) {
			from, to := spans.Span(i)
			n += int64(to - from)
		}
	}
	if n > math.MaxInt32 {
		return nil, nil, failf(sql.EXCEEDED_FUNCTION_MEMORY_LIMIT, "A lambda is applied to %d elements of a batch of rows", n)
	}
	if err := c.charge(n * lambdaElementBytes); err != nil {
		return nil, nil, err
	}
	places, rows = make([]int32, 0, n), make([]int32, 0, n)
	for i := range c.N {
		if err := c.everyRows(i); err != nil {
			return nil, nil, err
		}
		if c.Nulls.Has(i) {
			continue
		}
		from, to := spans.Span(i)
		for j := from; j < to; j++ {
			places, rows = append(places, int32(j)), append(rows, int32(i))
		}
	}
	return places, rows, nil
}

// endsOf returns the offsets of arrays whose elements belong to the given rows, which ascend.
func endsOf(n int, rows []int32) []int32 {
	offsets := make([]int32, n+1)
	for _, r := range rows {
		offsets[r+1]++
	}
	for i := range n {
		offsets[i+1] += offsets[i]
	}
	return offsets
}

var _ = scalar("array", "transform", "Applies a lambda to each element", "transform(ARRAY[1, 2], x -> x + 1)", "[2, 3]",
	Overload{Params: "array(T),function(T,U)", Result: "array(U)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows, err := elementsOf(c, spans)
		if err != nil {
			return nil, err
		}
		out, err := c.Lambda[1](rows, vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		return vector.NewArray(c.Result, endsOf(c.N, rows), out, nil), nil
	})})

var _ = scalar("array", "filter", "Keeps the elements for which a lambda is true", "filter(ARRAY[1, 2, 3], x -> x > 1)", "[2, 3]",
	Overload{Params: "array(T),function(T,boolean)", Result: "array(T)", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		places, rows, err := elementsOf(c, spans)
		if err != nil {
			return nil, err
		}
		truth, err := c.Lambda[1](rows, vector.Gather(spans.Values, places))
		if err != nil {
			return nil, err
		}
		view, at := vector.ViewOf[bool](truth), 0
		return eachArray(c, spans.Values, func(dst []int32, i int) ([]int32, error) {
			for ; at < len(rows) && int(rows[at]) == i; at++ {
				if view.Get(at) && !view.Nulls.Has(at) {
					dst = append(dst, places[at])
				}
			}
			return dst, nil
		})
	})})

// search asks a lambda about the elements of each row, in order, up to the first for
// which it gives decisive. decided is the place of that element, or -1; open has the
// rows in which it gave NULL before. All elements are asked at once as long as that
// does not fail: an element behind a decisive one must not fail a query.
func search(c *Call, spans vector.SpanView, decisive bool) (decided []int32, open vector.Bitmap, err error) {
	decided, open = make([]int32, c.N), vector.NewBitmap(c.N)
	for i := range decided {
		decided[i] = -1
	}
	ask := func(rows, places []int32) error {
		truth, err := c.Lambda[1](rows, vector.Gather(spans.Values, places))
		if err != nil {
			return err
		}
		view := vector.ViewOf[bool](truth)
		for k, r := range rows {
			switch {
			case decided[r] >= 0:
			case view.Nulls.Has(k):
				open.Set(int(r))
			case view.Get(k) == decisive:
				decided[r] = places[k]
			}
		}
		return nil
	}
	places, rows, err := elementsOf(c, spans)
	if err != nil {
		return nil, nil, err
	}
	if ask(rows, places) == nil {
		return decided, open, nil
	}
	if err := c.Ctx.Interrupted(); err != nil {
		return nil, nil, err
	}
	for n := 0; ; n++ {
		rows, places = rows[:0], places[:0]
		for i := range c.N {
			if from, to := spans.Span(i); !c.Nulls.Has(i) && decided[i] < 0 && from+n < to {
				rows, places = append(rows, int32(i)), append(places, int32(from+n))
			}
		}
		if len(rows) == 0 {
			return decided, open, nil
		}
		if err := ask(rows, places); err != nil {
			return nil, nil, err
		}
	}
}

// match is the overload of any_match and its like: the answer is decided where the
// lambda gives decisive, left open by NULLs, and else the opposite.
func match(decisive, result bool) Overload {
	return Overload{Params: "array(T),function(T,boolean)", Result: "boolean", NeverFails: true, New: always(func(c *Call) (vector.Vector, error) {
		decided, open, err := search(c, vector.SpansOf(c.Args[0]), decisive)
		if err != nil {
			return nil, err
		}
		return eachOrNull(c, func(i int) (bool, bool, error) {
			found := decided[i] >= 0
			return result == found, found || !open.Has(i), nil
		})
	})}
}

var (
	_ = scalar("array", "any_match", "Tests whether a lambda is true for any element", "any_match(ARRAY[1, 2], x -> x > 1)", "true", match(true, true))
	_ = scalar("array", "all_match", "Tests whether a lambda is true for every element", "all_match(ARRAY[1, 2], x -> x > 1)", "false", match(false, false))
	_ = scalar("array", "none_match", "Tests whether a lambda is true for no element", "none_match(ARRAY[1, 2], x -> x > 1)", "false", match(true, false))
)

// reduce goes through the arrays of all rows side by side: step n takes in the n-th
// element of those that have one. Rows without leave with the state that they have.
var _ = scalar("array", "reduce", "Takes the elements in one by one, from a first state on, and turns the last state into the result",
	"reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s)", "75",
	Overload{Params: "array(T),S,function(S,T,S),function(S,R)", Result: "R", Nullable: true, New: always(func(c *Call) (vector.Vector, error) {
		spans := vector.SpansOf(c.Args[0])
		var active, ready []int32 // rows under way, of which state has one row each; rows that are done
		for i := range c.N {
			if !isNull(c.Args[0], i) {
				active = append(active, int32(i))
			}
		}
		state := vector.Gather(c.Args[1], active)
		var results []vector.Vector
		for n := 0; len(active) > 0; n++ {
			var going, done, places, goingRows, doneRows []int32
			for k, r := range active {
				if from, to := spans.Span(int(r)); from+n < to {
					going, goingRows, places = append(going, int32(k)), append(goingRows, r), append(places, int32(from+n))
				} else {
					done, doneRows = append(done, int32(k)), append(doneRows, r)
				}
			}
			if len(done) > 0 {
				result, err := c.Lambda[3](doneRows, vector.Gather(state, done))
				if err != nil {
					return nil, err
				}
				results, ready = append(results, result), append(ready, doneRows...)
			}
			if active = goingRows; len(active) == 0 {
				break
			}
			if len(done) > 0 {
				state = vector.Gather(state, going)
			}
			var err error
			if state, err = c.Lambda[2](active, state, vector.Gather(spans.Values, places)); err != nil {
				return nil, err
			}
		}
		rows := make([]int32, c.N)
		for i := range rows {
			rows[i] = -1
		}
		for k, r := range ready {
			rows[r] = int32(k)
		}
		if len(ready) == 0 {
			return vector.NewNull(c.Result, c.N), nil
		}
		return vector.GatherOrNull(vector.Plain(vector.Concat(c.Result, results...)), rows), nil
	})})
