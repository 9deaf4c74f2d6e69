package expr

import (
	"errors"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// try is NULL for the rows that fail with an error that TRY catches. It evaluates
// all rows at once, and halves them where that fails: the slow path, on purpose.
type try struct {
	arg node
	typ types.Type
}

func (e *try) canFail() bool  { return e.arg.canFail() } // with errors that TRY does not catch
func (e *try) constant() bool { return e.arg.constant() }

func (e *try) eval(f *frame) (vector.Vector, error) {
	return bisect(e.typ, f.n, func(from, to int) (vector.Vector, error) {
		if from == 0 && to == f.n {
			return e.arg.eval(f)
		}
		return e.arg.eval(f.span(from, to))
	})
}

// bisect evaluates n rows with eval; what fails in a way that TRY catches becomes NULL.
func bisect(t types.Type, n int, eval func(from, to int) (vector.Vector, error)) (vector.Vector, error) {
	if n == 0 {
		return empty(t), nil
	}
	var parts []vector.Vector
	var run func(from, to int) error
	run = func(from, to int) error {
		v, err := eval(from, to)
		switch {
		case err == nil:
			parts = append(parts, v)
			return nil
		case !caught(err):
			return err
		case to-from == 1:
			parts = append(parts, vector.NewNull(t, 1))
			return nil
		}
		middle := (from + to) / 2
		if err := run(from, middle); err != nil {
			return err
		}
		return run(middle, to)
	}
	if err := run(0, n); err != nil {
		return nil, err
	}
	return vector.Concat(t, parts...), nil
}

func caught(err error) bool {
	var value *types.Error
	if errors.As(err, &value) {
		return sql.Code(value.Code).CaughtByTry()
	}
	var e *sql.Error
	return errors.As(err, &e) && e.Code.CaughtByTry()
}
