package format

// visitorError marks what a visitor returned, so that no container takes it for its own.
type visitorError struct{ error }

func (v visitorError) Unwrap() error { return v.error }

func visited(err error) error {
	if err != nil {
		return visitorError{err}
	}
	return nil
}

func (r *Reader) bad(e *Error) error { return visited(r.visitor.Bad(e)) }

func (r *Reader) damage(e *Error) error {
	r.damaged = true
	return visited(r.visitor.Damaged(e))
}

func (r *Reader) passed(e *Error) error { return visited(r.visitor.Passed(e)) }

// textDone takes the verdict on one text: why it holds no records, "" if it does or may.
func (r *Reader) textDone(ignored string) error {
	r.files++
	if ignored == "" {
		r.holds++
		return nil
	}
	if r.only != "" {
		e := &Error{Member: r.prefix, Reason: r.notOf(ignored)}
		if r.prefix == "" {
			return e
		}
		return r.damage(e)
	}
	if r.verdict.Ignored == "" {
		r.verdict.Ignored = ignored
	}
	if r.prefix == "" {
		return nil
	}
	return r.passed(&Error{Member: r.prefix, Reason: ignored})
}
