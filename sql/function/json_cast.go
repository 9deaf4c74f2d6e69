package function

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// castToJSON converts values to json: texts become JSON strings (json_parse reads JSON).
func castToJSON(from types.Type) (conversion, bool) {
	if !hasJSON(from) {
		return conversion{}, false
	}
	return conversion{true, always(func(c *Call) (vector.Vector, error) {
		return eachText(c, func(dst []byte, i int) ([]byte, error) { return appendValueAsJSON(dst, c.Args[0], i), nil })
	})}, true
}

// hasJSON reports whether values of t can be written as JSON.
func hasJSON(t types.Type) bool {
	switch t.Kind() {
	case types.Date, types.Timestamp, types.JSON, types.Unknown:
		return true
	case types.Array, types.Row:
		for _, c := range childrenOf(t) {
			if !hasJSON(c) {
				return false
			}
		}
		return true
	case types.Map:
		return (isJSONKey(t.Key()) || t.Key().Is(types.Unknown)) && hasJSON(t.Value())
	}
	return isJSONKey(t)
}

// isJSONKey reports whether values of t can be keys of objects.
func isJSONKey(t types.Type) bool {
	return t.Is(types.Boolean) || t.IsNumeric() || t.Is(types.Varchar)
}

func appendValueAsJSON(dst []byte, v vector.Vector, i int) []byte {
	if v.Nulls().Has(i) {
		return append(dst, "null"...)
	}
	switch t := v.Type(); t.Kind() {
	case types.Array:
		spans := vector.SpansOf(v)
		from, to := spans.Span(i)
		dst = append(dst, '[')
		for j := from; j < to; j++ {
			if j > from {
				dst = append(dst, ',')
			}
			dst = appendValueAsJSON(dst, spans.Values, j)
		}
		return append(dst, ']')
	case types.Map:
		spans := vector.SpansOf(v)
		from, to := spans.Span(i)
		dst = append(dst, '{')
		start := len(dst)
		var members []jsonMember
		for j := from; j < to; j++ {
			key := string(vector.AppendText(nil, spans.Keys, j))
			if j > from {
				dst = append(dst, ',')
			}
			at := len(dst)
			dst = append(appendJSONText(dst, key), ':')
			dst = appendValueAsJSON(dst, spans.Values, j)
			members = append(members, jsonMember{key, at, len(dst)})
		}
		return append(sortMembers(dst, start, members), '}')
	case types.Row:
		dst = append(dst, '{')
		for f, field := range t.Fields() {
			if f > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONText(dst, field.Name), ':')
			dst = appendValueAsJSON(dst, vector.FieldOf(v, f), i)
		}
		return append(dst, '}')
	case types.Varchar:
		return appendJSONText(dst, vector.ViewOf[string](v).Get(i))
	case types.Double, types.Real:
		if x := vector.ViewOf[float64](v).Get(i); !math.IsNaN(x) && !math.IsInf(x, 0) {
			return types.AppendFloat64Text(dst, t, x)
		}
	case types.Boolean, types.Tinyint, types.Smallint, types.Integer, types.Bigint, types.Decimal, types.JSON:
		return vector.AppendText(dst, v, i)
	}
	dst = append(dst, '"')
	return append(vector.AppendText(dst, v, i), '"')
}

// castFromJSON converts JSON values to other types.
func castFromJSON(to types.Type) (conversion, bool) {
	if !fromJSON(to) {
		return conversion{}, false
	}
	return conversion{false, always(func(c *Call) (vector.Vector, error) {
		text := vector.ViewOf[string](c.Args[0])
		b := vector.NewBuilder(to, c.N)
		for i := range c.N {
			if c.Nulls.Has(i) {
				b.AppendNull()
				continue
			}
			p := &jsonScan{text: text.Get(i)}
			err := p.appendTo(b, to, 0)
			if err == nil && !p.end() {
				err = errNoJSON
			}
			if err != nil {
				return nil, jsonCastError(text.Get(i), to, err)
			}
		}
		return b.Build(), nil
	})}, true
}

func fromJSON(t types.Type) bool {
	switch t.Kind() {
	case types.JSON:
		return true
	case types.Array, types.Row:
		for _, c := range childrenOf(t) {
			if !fromJSON(c) {
				return false
			}
		}
		return true
	case types.Map:
		return isJSONKey(t.Key()) && fromJSON(t.Value())
	}
	return isJSONKey(t)
}

// jsonMisfit is a complaint about JSON that has another form than a type asks for.
type jsonMisfit string

func (e jsonMisfit) Error() string { return string(e) }

var errNoJSON = errors.New("no JSON")

// jsonCastError is what Trino says of text, which could not become to because of err.
func jsonCastError(text string, to types.Type, err error) error {
	shown := sql.Printable(text, maxQuotedRunes)
	var misfit jsonMisfit
	var complaint *sql.Error // of the conversion of a scalar
	isMisfit, isComplaint := errors.As(err, &misfit), errors.As(err, &complaint)
	switch {
	case to.Physical() == types.Nested && isMisfit:
		return failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast to %s. %s\n%s", to, misfit, shown)
	case to.Physical() == types.Nested && isComplaint:
		return failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast to %s. %s\n%s", to, complaint.Msg, shown)
	case to.Physical() == types.Nested:
		return failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast to %s.\n%s", to, shown)
	case isComplaint:
		return err
	case to.Is(types.Decimal):
		return failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast '%s' to DECIMAL(%d,%d)", shown, to.Precision(), to.Scale())
	}
	if to.Is(types.Varchar) {
		return failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast '%s' to varchar(%d)", shown, min(to.Length(), unboundedShown))
	}
	return failf(sql.INVALID_CAST_ARGUMENT, "Cannot cast '%s' to %s", shown, to)
}

// unboundedShown is the length that messages give to a varchar without one.
const unboundedShown = math.MaxInt32

// appendTo consumes a value and appends it to b, a builder of t.
func (p *jsonScan) appendTo(b vector.Builder, t types.Type, depth int) error {
	kind := p.kind()
	if t.Is(types.JSON) {
		text, ok := p.canonical(nil, false, depth)
		if !ok {
			return errNoJSON
		}
		b.(*vector.FlatBuilder[string]).AppendValue(string(text))
		return nil
	}
	if kind == jsonNull {
		if !p.skip(depth) {
			return errNoJSON
		}
		b.AppendNull()
		return nil
	}
	if depth == maxJSONDepth {
		return errNoJSON
	}
	switch b := b.(type) {
	case *vector.ArrayBuilder:
		return p.appendArray(b, t, depth)
	case *vector.MapBuilder:
		return p.appendMap(b, t, depth)
	case *vector.RowBuilder:
		return p.appendRow(b, t, depth)
	}
	s, err := p.scalar(kind, t)
	if err != nil {
		return err
	}
	return s.appendTo(b, t)
}

// unexpectedToken is the complaint about a token where a value of t should begin.
func unexpectedToken(t types.Type, token string) error {
	wanted := ""
	switch t.Kind() {
	case types.Array:
		wanted = "array"
	case types.Map:
		wanted = "object"
	case types.Row:
		wanted = "array or object"
	case types.Decimal:
		return jsonMisfit(fmt.Sprintf("Unexpected token when cast to DECIMAL(%d,%d): %s", t.Precision(), t.Scale(), token))
	default:
		return jsonMisfit(fmt.Sprintf("Unexpected token when cast to %s: %s", baseName(t), token))
	}
	return jsonMisfit(fmt.Sprintf("Expected a json %s, but got %s", wanted, token))
}

// baseName returns the name of a type without its parameters.
func baseName(t types.Type) string {
	name, _, _ := strings.Cut(t.String(), "(")
	return name
}

// token returns the start of what is next, for messages.
func (p *jsonScan) token() string {
	switch p.kind() {
	case jsonArray, jsonObject:
		return p.text[p.at : p.at+1]
	case jsonString:
		if raw, escaped, ok := p.str(); ok {
			return sql.Printable(unescape(raw, escaped), maxQuotedRunes)
		}
	}
	from := p.at
	if p.skip(0) {
		return p.text[from:p.at]
	}
	return "no JSON"
}

func (p *jsonScan) appendArray(b *vector.ArrayBuilder, t types.Type, depth int) error {
	if p.kind() != jsonArray {
		return unexpectedToken(t, p.token())
	}
	var err error
	ok := p.array(func(int) bool {
		err = p.appendTo(b.Elements, t.Elem(), depth+1)
		return err == nil
	})
	if err == nil && !ok {
		err = errNoJSON
	}
	b.Close()
	return err
}

func (p *jsonScan) appendMap(b *vector.MapBuilder, t types.Type, depth int) error {
	if p.kind() != jsonObject {
		return unexpectedToken(t, p.token())
	}
	var err error
	seen := map[string]bool{}
	ok := p.object(func(raw string, escaped bool) bool {
		key := unescape(raw, escaped)
		// The text of a key need not be what the key is: 1.0 and 1.00 are one decimal.
		one := vector.NewBuilder(t.Key(), 1)
		if err = (jsonScalar{kind: jsonString, text: key}).appendTo(one, t.Key()); err != nil {
			return false
		}
		value := one.Build()
		name := string(vector.AppendText(nil, value, 0))
		if seen[name] {
			err = jsonMisfit("Duplicate map keys are not allowed")
			return false
		}
		seen[name] = true
		b.Keys.Append(value, 0)
		err = p.appendTo(b.Values, t.Value(), depth+1)
		return err == nil
	})
	if err == nil && !ok {
		err = errNoJSON
	}
	b.Close()
	return err
}

// appendRow takes the fields of an array by place, those of an object by name.
func (p *jsonScan) appendRow(b *vector.RowBuilder, t types.Type, depth int) error {
	fields := t.Fields()
	var err error
	var ok bool
	switch p.kind() {
	case jsonArray:
		count := 0
		ok = p.array(func(i int) bool {
			if count++; i >= len(fields) {
				err = jsonMisfit("Expected json array ending, but got " + p.token())
				return false
			}
			err = p.appendTo(b.Fields[i], fields[i].Type, depth+1)
			return err == nil
		})
		if ok && count < len(fields) {
			err = unexpectedToken(fields[count].Type, "]")
		}
	case jsonObject:
		ok, err = p.appendRowOfObject(b, fields, depth)
	default:
		return unexpectedToken(t, p.token())
	}
	if err == nil && !ok {
		err = errNoJSON
	}
	b.Close()
	return err
}

func (p *jsonScan) appendRowOfObject(b *vector.RowBuilder, fields []types.Field, depth int) (ok bool, err error) {
	given := make([]bool, len(fields))
	for _, f := range fields {
		if f.Name == "" {
			return false, jsonMisfit("Cannot cast a JSON object to anonymous row type. Input must be a JSON array.")
		}
	}
	ok = p.object(func(raw string, escaped bool) bool {
		name := unescape(raw, escaped)
		for i, f := range slices.Backward(fields) { // of equal names the last one counts
			if !strings.EqualFold(f.Name, name) {
				continue
			}
			if given[i] {
				err = jsonMisfit("Duplicate field: " + strings.ToLower(name))
				return false
			}
			given[i] = true
			err = p.appendTo(b.Fields[i], f.Type, depth+1)
			return err == nil
		}
		return p.skip(depth + 1)
	})
	for i, has := range given {
		if !has {
			b.Fields[i].AppendNull()
		}
	}
	return ok, err
}

// jsonScalar is a JSON value that is to become one of a scalar type.
type jsonScalar struct {
	kind  jsonKind // jsonString, jsonNumber, jsonTrue, jsonFalse
	text  string   // of a number or string
	float bool     // the number has a fraction or an exponent
}

// scalar consumes a value that is no array, object or null.
func (p *jsonScan) scalar(kind jsonKind, t types.Type) (s jsonScalar, err error) {
	s.kind = kind
	ok := false
	switch kind {
	case jsonString:
		var escaped bool
		s.text, escaped, ok = p.str()
		if ok {
			s.text = unescape(s.text, escaped)
		}
	case jsonNumber:
		s.text, s.float, ok = p.number()
	case jsonTrue, jsonFalse:
		ok = p.skip(0)
	case jsonArray, jsonObject:
		return s, unexpectedToken(t, p.token())
	}
	if !ok {
		return s, errNoJSON
	}
	return s, nil
}

// appendTo converts s to t. Errors that are no misfits are those of other casts.
func (s jsonScalar) appendTo(b vector.Builder, t types.Type) error {
	switch t.Kind() {
	case types.Boolean:
		x, err := s.boolean()
		b.(*vector.FlatBuilder[bool]).AppendValue(x)
		return err
	case types.Tinyint, types.Smallint, types.Integer, types.Bigint:
		x, err := s.integer(integerOf(t.Kind()))
		b.(*vector.FlatBuilder[int64]).AppendValue(x)
		return err
	case types.Double, types.Real:
		x, err := s.floating(t)
		b.(*vector.FlatBuilder[float64]).AppendValue(x)
		return err
	case types.Decimal:
		x, err := s.decimal(t)
		switch b := b.(type) {
		case *vector.FlatBuilder[int64]:
			b.AppendValue(x.Int64())
		case *vector.FlatBuilder[types.Int128]:
			b.AppendValue(x)
		}
		return err
	}
	text, err := s.varchar(t)
	b.(*vector.FlatBuilder[string]).AppendValue(text)
	return err
}

func (s jsonScalar) boolean() (bool, error) {
	switch {
	case s.kind == jsonString:
		return parseBoolean(s.text)
	case s.kind == jsonNumber:
		if !s.float {
			x, err := strconv.ParseInt(s.text, 10, 64)
			if err != nil {
				return false, errNoJSON
			}
			return x != 0, nil
		}
		x, err := strconv.ParseFloat(s.text, 64)
		if err != nil && !math.IsInf(x, 0) {
			return false, errNoJSON
		}
		return x != 0, nil
	}
	return s.kind == jsonTrue, nil
}

func (s jsonScalar) integer(t integerType) (int64, error) {
	switch {
	case s.kind == jsonString:
		return t.parse(s.text)
	case s.kind == jsonNumber && s.float:
		x, err := strconv.ParseFloat(s.text, 64)
		if err != nil && !math.IsInf(x, 0) {
			return 0, errNoJSON
		}
		if t.name == "bigint" {
			return floatToBigint(x, types.TDouble)
		}
		return t.round(x, types.TDouble)
	case s.kind == jsonNumber:
		x, err := strconv.ParseInt(s.text, 10, 64)
		if err != nil || x < t.min || x > t.max {
			return 0, errNoJSON
		}
		return x, nil
	}
	return int64(oneIf(s.kind == jsonTrue)), nil
}

func (s jsonScalar) floating(t types.Type) (float64, error) {
	bits := 64
	if t.Is(types.Real) {
		bits = 32
	}
	switch s.kind {
	case jsonString:
		return parseFloat(s.text, bits)
	case jsonNumber:
		x, err := strconv.ParseFloat(s.text, bits)
		if err != nil && !math.IsInf(x, 0) {
			return 0, errNoJSON
		}
		return x, nil
	}
	return oneIf(s.kind == jsonTrue), nil
}

func (s jsonScalar) decimal(t types.Type) (x types.Int128, err error) {
	switch {
	case s.kind != jsonString && s.kind != jsonNumber:
		x, err = types.Int64ToDecimal(int64(oneIf(s.kind == jsonTrue)), types.TBigint, t)
	case s.kind == jsonString && !isBigDecimal(s.text):
		return x, errNoJSON
	default:
		x, err = types.ParseDecimal(s.text, t)
	}
	if err != nil {
		err = failf(sql.NUMERIC_VALUE_OUT_OF_RANGE, "Cannot cast input json to DECIMAL(%d,%d)", t.Precision(), t.Scale())
	}
	return x, err
}

// isBigDecimal reports whether Java's BigDecimal would read s.
func isBigDecimal(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return (err == nil || errors.Is(err, strconv.ErrRange)) && strings.Trim(s, "0123456789+-.eE") == ""
}

func (s jsonScalar) varchar(t types.Type) (string, error) {
	text := s.text
	switch {
	case s.kind == jsonTrue:
		text = "true"
	case s.kind == jsonFalse:
		text = "false"
	case s.kind == jsonNumber && s.float:
		x, err := strconv.ParseFloat(s.text, 64)
		if err != nil && !math.IsInf(x, 0) {
			return "", errNoJSON
		}
		text = string(appendScientific(nil, x, types.TDouble))
	}
	if t.Length() != types.UnboundedLength && utf8.RuneCountInString(text) > t.Length() {
		return "", jsonMisfit(fmt.Sprintf("Value does not fit %s: %s", t, sql.Printable(text, maxQuotedRunes)))
	}
	return text, nil
}
