package function

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

var _ = scalar("string", "title_case", "Returns a text with the first letter of each word in upper case and the others in lower case; what is no letter or digit ends a word",
	"title_case('hello wORLD')", "Hello World",
	Overload{Params: "varchar(x)", Result: "varchar(x)", NeverFails: true, New: unaryText(func(dst []byte, s string) ([]byte, error) {
		inside := false
		for _, r := range s {
			letter := unicode.IsLetter(r) || unicode.IsDigit(r)
			switch {
			case !letter:
			case inside:
				r = unicode.ToLower(r)
			default:
				r = unicode.ToUpper(r)
			}
			dst, inside = utf8.AppendRune(dst, r), letter
		}
		return dst, nil
	})})

// overlay replaces length characters of s from the one at start, counting from 1.
func overlay(s, with string, start, length int64) (string, error) {
	if start <= 0 {
		return "", invalid("OVERLAY start position must be greater than 0, got: %d", start)
	}
	from := runeOffset(s, start-1)
	rest := s[from:]
	rest = rest[runeOffset(rest, max(length, 0)):]
	var b strings.Builder
	b.Grow(from + len(with) + len(rest))
	b.WriteString(s[:from])
	b.WriteString(with)
	b.WriteString(rest)
	return b.String(), nil
}

var _ = scalar("string", "overlay", "Replaces characters of a text from a position on by another text: as many as that has, or as are given",
	"overlay('Txxxxas' PLACING 'hom' FROM 2 FOR 4)", "Thomas",
	Overload{Params: "varchar(x),varchar(y),bigint", Result: "varchar(u)", Derive: deriveOverlaid(3), New: ternaryErr(func(s, with string, start int64) (string, error) {
		return overlay(s, with, start, runes(with))
	})},
	Overload{Params: "varchar(x),varchar(y),bigint,bigint", Result: "varchar(u)", Derive: deriveOverlaid(4), New: always(func(c *Call) (vector.Vector, error) {
		s, with := vector.ViewOf[string](c.Args[0]), vector.ViewOf[string](c.Args[1])
		start, length := vector.ViewOf[int64](c.Args[2]), vector.ViewOf[int64](c.Args[3])
		return each(c, func(i int) (string, error) {
			return overlay(s.Get(i), with.Get(i), start.Get(i), min(length.Get(i), math.MaxInt32))
		})
	})})

// deriveOverlaid bounds the length of a text of x characters into which y come. The other arguments are whole numbers.
func deriveOverlaid(arity int) func(args []types.Type) ([]types.Type, types.Type, bool) {
	return func(args []types.Type) ([]types.Type, types.Type, bool) {
		if len(args) != arity {
			return nil, types.Type{}, false
		}
		params := make([]types.Type, arity)
		for i, t := range args {
			switch {
			case i >= 2:
				params[i] = types.TBigint
			case t.Is(types.Varchar):
				params[i] = t
			case t.Is(types.Char):
				params[i] = types.VarcharOf(t.Length())
			default:
				params[i] = types.VarcharOf(0)
			}
			if !types.Coerces(t, params[i]) {
				return nil, types.Type{}, false
			}
		}
		x, y := params[0].Length(), params[1].Length()
		if x == types.UnboundedLength || y == types.UnboundedLength || x > math.MaxInt32-1-y {
			return params, types.TVarchar, true
		}
		return params, types.VarcharOf(x + y), true
	}
}
