package record

import (
	"iter"

	"github.com/ctlake/ctlake/storage/schema"
)

// walker steps through the members of an object, or the elements of an array, in
// text that the Scanner has found to be valid: it checks nothing again.
type walker struct {
	text []byte
	at   int
}

// walk starts at an object or array.
func walk(text []byte, v Span) walker { return walker{text, v.From + 1} }

// Elements yields the elements of an array that the Scanner has found in text.
func Elements(text []byte, array Span) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for w := walk(text, array); ; {
			v, ok := w.element()
			if !ok || !yield(v) {
				return
			}
		}
	}
}

// Members yields the members of an object that the Scanner has found in text.
func Members(text []byte, object Span) iter.Seq[Member] {
	return func(yield func(Member) bool) {
		for w := walk(text, object); ; {
			name, v, ok := w.member()
			if !ok || !yield(Member{Name: name, Value: v}) {
				return
			}
		}
	}
}

// member returns the next member; false at the end of the object.
func (w *walker) member() (name, value Span, ok bool) {
	if w.separator() == '}' {
		return Span{}, Span{}, false
	}
	name = w.value()
	w.separator() // stops at the value: ':' was skipped
	return name, w.value(), true
}

// element returns the next element; false at the end of the array.
func (w *walker) element() (value Span, ok bool) {
	if w.separator() == ']' {
		return Span{}, false
	}
	return w.value(), true
}

// separator skips white space, ':' and ',' and returns the byte after them.
func (w *walker) separator() byte {
	for {
		switch c := w.text[w.at]; c {
		case ' ', '\t', '\n', '\r', ',', ':':
			w.at++
		default:
			return c
		}
	}
}

// value skips the value at w.at.
func (w *walker) value() Span {
	v := Span{From: w.at}
	switch w.text[w.at] {
	case '"':
		v.Kind = String
		v.Escaped = w.string()
	case '{', '[':
		v.Kind = Object
		if w.text[w.at] == '[' {
			v.Kind = Array
		}
		v.Loose = w.nested()
	case 't':
		v.Kind, w.at = Bool, w.at+4
	case 'f':
		v.Kind, w.at = Bool, w.at+5
	case 'n':
		v.Kind, w.at = Null, w.at+4
	default:
		v.Kind = Number
		for w.at < len(w.text) && numeric(w.text[w.at]) {
			w.at++
		}
	}
	v.To = w.at
	return v
}

func numeric(c byte) bool {
	return c >= '0' && c <= '9' || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E'
}

func (w *walker) string() (escaped bool) {
	at := w.at + 1
	for {
		at = plainEnd(w.text, at)
		switch w.text[at] {
		case '"':
			w.at = at + 1
			return escaped
		case '\\':
			escaped = true
			at++
		}
		at++
	}
}

// nested skips an object or array and reports whether there is white space between its tokens.
func (w *walker) nested() (loose bool) {
	depth := 0
	for {
		switch w.text[w.at] {
		case '"':
			w.string()
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
			if depth == 0 {
				w.at++
				return loose
			}
		case ' ', '\t', '\n', '\r':
			loose = true
		}
		w.at++
	}
}

// follow returns the value to which steps lead from an object: the names of members, one inside
// the other, and schema.First for the first element of an array.
func follow(text []byte, object Span, steps []string) (value Span, ok bool) {
	value = object
	for _, step := range steps {
		if step == schema.First {
			if value.Kind != Array {
				return Span{}, false
			}
			w := walk(text, value)
			if value, ok = w.element(); !ok {
				return Span{}, false
			}
			continue
		}
		if value.Kind != Object {
			return Span{}, false
		}
		within := value
		ok = false
		for m := range Members(text, within) {
			if string(text[m.Name.From+1:m.Name.To-1]) == step {
				value, ok = m.Value, true // of members of one name the last counts
			}
		}
		if !ok {
			return Span{}, false
		}
	}
	return value, true
}
