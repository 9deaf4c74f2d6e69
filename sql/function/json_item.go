package function

import (
	bytesOrder "encoding/binary"
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql/jsonpath"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Items of SQL/JSON: how they are read from text, written as text, and given to the operators of SQL.

// readJSON returns the item that a text begins with; what follows it is not looked at, as in Trino.
func readJSON(text string) (jsonpath.Item, bool) {
	p := jsonScan{text: text}
	return p.item(0)
}

// item consumes a value and returns it as an item.
func (p *jsonScan) item(depth int) (jsonpath.Item, bool) {
	switch p.kind() {
	case jsonString:
		raw, escaped, ok := p.str()
		return jsonpath.NewJSON(types.TVarchar, unescape(raw, escaped)), ok
	case jsonNumber:
		text, float, ok := p.number()
		return numberItem(text, float), ok
	case jsonTrue:
		return jsonpath.NewJSON(types.TBoolean, true), p.word("true")
	case jsonFalse:
		return jsonpath.NewJSON(types.TBoolean, false), p.word("false")
	case jsonNull:
		return jsonpath.Item{}, p.word("null")
	case jsonArray:
		var items []jsonpath.Item
		ok := depth < maxJSONDepth && p.array(func(int) bool {
			i, ok := p.item(depth + 1)
			items = append(items, i)
			return ok
		})
		return jsonpath.NewArray(items), ok
	case jsonObject:
		return p.objectItem(depth)
	}
	return jsonpath.Item{}, false
}

// objectItem consumes an object. Of equal keys the last one's value stays, in the first one's place.
func (p *jsonScan) objectItem(depth int) (jsonpath.Item, bool) {
	if depth == maxJSONDepth {
		return jsonpath.Item{}, false
	}
	const fewKeys = 16 // that a search finds faster than a map
	var keys []string
	var items []jsonpath.Item
	var index map[string]int
	ok := p.object(func(raw string, escaped bool) bool {
		key := unescape(raw, escaped)
		i, ok := p.item(depth + 1)
		if !ok {
			return false
		}
		at, seen := -1, false
		if index != nil {
			at, seen = index[key]
		} else {
			for k, other := range keys {
				if other == key {
					at, seen = k, true
				}
			}
		}
		if seen {
			items[at] = i
			return true
		}
		keys, items = append(keys, key), append(items, i)
		switch {
		case index != nil:
			index[key] = len(keys) - 1
		case len(keys) > fewKeys:
			index = make(map[string]int, 2*len(keys))
			for k, key := range keys {
				index[key] = k
			}
		}
		return true
	})
	return jsonpath.NewObject(keys, items), ok
}

// numberItem returns the number that JSON's text means: an integer, a bigint, or a double.
func numberItem(text string, float bool) jsonpath.Item {
	if float {
		x, _ := strconv.ParseFloat(text, 64)
		return jsonpath.NewJSON(types.TDouble, x)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return jsonpath.NewTooLarge(text)
	case n >= math.MinInt32 && n <= math.MaxInt32:
		return jsonpath.NewJSON(types.TInteger, n)
	}
	return jsonpath.NewJSON(types.TBigint, n)
}

// appendItem appends an item as JSON. ok is false for SQL values that JSON does not have.
func appendItem(dst []byte, i jsonpath.Item) (out []byte, ok bool) {
	switch i.Kind() {
	case jsonpath.Null:
		return append(dst, "null"...), true
	case jsonpath.TooLarge:
		return append(dst, i.Digits()...), true
	case jsonpath.Array:
		dst = append(dst, '[')
		ok = true
		for n, e := range i.Items() {
			if n > 0 {
				dst = append(dst, ',')
			}
			if dst, ok = appendItem(dst, e); !ok {
				break
			}
		}
		return append(dst, ']'), ok
	case jsonpath.Object:
		dst = append(dst, '{')
		ok = true
		for n, e := range i.Items() {
			if n > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendJSONText(dst, i.Keys()[n]), ':')
			if dst, ok = appendItem(dst, e); !ok {
				break
			}
		}
		return append(dst, '}'), ok
	}
	return appendScalarItem(dst, i)
}

func appendScalarItem(dst []byte, i jsonpath.Item) ([]byte, bool) {
	t := i.Type()
	switch t.Kind() {
	case types.Varchar:
		return appendJSONText(dst, i.Scalar().(string)), true
	case types.Char:
		return appendJSONText(dst, string(types.AppendText(nil, t, i.Scalar()))), true
	case types.Double, types.Real:
		if x := i.Scalar().(float64); math.IsNaN(x) || math.IsInf(x, 0) {
			return appendJSONText(dst, string(types.AppendText(nil, t, x))), true
		}
		return types.AppendText(dst, t, i.Scalar()), true
	case types.Decimal:
		return appendDecimalJSON(dst, wideScalar(i), t.Scale()), true
	case types.Boolean, types.Tinyint, types.Smallint, types.Integer, types.Bigint:
		return types.AppendText(dst, t, i.Scalar()), true
	}
	return dst, false
}

func wideScalar(i jsonpath.Item) types.Int128 {
	if n, ok := i.Scalar().(int64); ok {
		return types.Int128From(n)
	}
	return i.Scalar().(types.Int128)
}

// leastPlainExponent is from where on Java writes decimals without an exponent: 0.000001, but 1E-7.
const leastPlainExponent = -6

// appendDecimalJSON appends a decimal as Java's BigDecimal writes it.
func appendDecimalJSON(dst []byte, x types.Int128, scale int) []byte {
	digits := string(types.AppendDecimal(nil, x.Abs(), 0))
	exponent := len(digits) - 1 - scale
	if exponent >= leastPlainExponent {
		return types.AppendDecimal(dst, x, scale)
	}
	if x.Hi < 0 {
		dst = append(dst, '-')
	}
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(append(dst, '.'), digits[1:]...)
	}
	return strconv.AppendInt(append(dst, 'E'), int64(exponent), 10)
}

// JSONFormat says how JSON stands in a string: FORMAT JSON [ENCODING …].
type JSONFormat string

// The formats. PlainJSON is UTF-8 in a varbinary.
const (
	NoFormat  JSONFormat = ""
	PlainJSON JSONFormat = "JSON"
	UTF8JSON  JSONFormat = "JSON ENCODING UTF8"
	UTF16JSON JSONFormat = "JSON ENCODING UTF16"
	UTF32JSON JSONFormat = "JSON ENCODING UTF32"
)

// decode returns the text that bytes in the format stand for; both wide encodings are little-endian, as in Trino.
func (f JSONFormat) decode(s string) string {
	switch f {
	case UTF16JSON:
		units := make([]uint16, 0, len(s)/2+1)
		for ; len(s) >= 2; s = s[2:] {
			units = append(units, uint16(s[0])|uint16(s[1])<<8)
		}
		if s != "" {
			units = append(units, utf8.RuneError)
		}
		return string(utf16.Decode(units))
	case UTF32JSON:
		runes := make([]rune, 0, len(s)/4+1)
		for ; len(s) >= 4; s = s[4:] {
			runes = append(runes, rune(uint32(s[0])|uint32(s[1])<<8|uint32(s[2])<<16|uint32(s[3])<<24))
		}
		if s != "" {
			runes = append(runes, utf8.RuneError)
		}
		return string(runes)
	}
	return s
}

// encode is the reverse of decode.
func (f JSONFormat) encode(text []byte) []byte {
	switch f {
	case UTF16JSON:
		var out []byte
		for _, u := range utf16.Encode([]rune(string(text))) {
			out = bytesOrder.LittleEndian.AppendUint16(out, u)
		}
		return out
	case UTF32JSON:
		var out []byte
		for _, r := range string(text) {
			out = bytesOrder.LittleEndian.AppendUint32(out, uint32(r))
		}
		return out
	}
	return text
}

// JSONPathOperators returns the operators of SQL for JSON paths. They may be used by one goroutine at a time.
func JSONPathOperators(ctx *Context) jsonpath.Operators { return &pathOperators{ctx: ctx} }

// pathOperators keeps the kernels that it has resolved: a path sees few combinations of types.
type pathOperators struct {
	ctx   *Context
	known []*pathOperator
}

type pathOperator struct {
	name    string // "" for a cast
	args    []types.Type
	to      types.Type // of a cast
	result  types.Type
	casts   []Kernel // one an argument, nil where it has the type already
	params  []types.Type
	kernel  Kernel
	invalid bool
}

// Interrupted implements jsonpath.Operators.
func (o *pathOperators) Interrupted() error { return o.ctx.Interrupted() }

// Resolve implements jsonpath.Operators.
func (o *pathOperators) Resolve(name string, args ...types.Type) (types.Type, error) {
	r, err := ResolveScalar(name, valueArgs(args))
	if err != nil {
		return types.Type{}, err
	}
	return r.Result, nil
}

func valueArgs(ts []types.Type) []Arg {
	out := make([]Arg, len(ts))
	for i, t := range ts {
		out[i].Type = t
	}
	return out
}

// Call implements jsonpath.Operators.
func (o *pathOperators) Call(name string, args ...jsonpath.Item) (jsonpath.Item, bool, error) {
	op := o.find(name, args, types.Type{}, func(ts []types.Type) (*Resolved, error) { return ResolveScalar(name, valueArgs(ts)) })
	return o.run(op, args)
}

// Cast implements jsonpath.Operators.
func (o *pathOperators) Cast(value jsonpath.Item, to types.Type) (jsonpath.Item, bool, error) {
	args := []jsonpath.Item{value}
	if value.Type().Equal(to) {
		return jsonpath.NewValue(to, value.Scalar()), true, nil
	}
	op := o.find("", args, to, func(ts []types.Type) (*Resolved, error) { return ResolveCast(ts[0], to) })
	return o.run(op, args)
}

func (o *pathOperators) find(name string, args []jsonpath.Item, to types.Type, resolve func([]types.Type) (*Resolved, error)) *pathOperator {
next:
	for _, op := range o.known {
		if op.name != name || len(op.args) != len(args) || !op.to.Equal(to) {
			continue
		}
		for i, t := range op.args {
			if !t.Equal(args[i].Type()) {
				continue next
			}
		}
		return op
	}
	op := &pathOperator{name: name, to: to, args: make([]types.Type, len(args))}
	for i, a := range args {
		op.args[i] = a.Type()
	}
	o.known = append(o.known, op)
	r, err := resolve(op.args)
	if err == nil {
		err = op.bind(r, o.ctx)
	}
	op.invalid = err != nil
	return op
}

func (op *pathOperator) bind(r *Resolved, ctx *Context) error {
	var err error
	op.result, op.params, op.casts = r.Result, r.Params, make([]Kernel, len(op.args))
	b := Binding{Ctx: ctx, Params: r.Params, Result: r.Result, Constants: make([]vector.Vector, len(op.args))}
	if op.kernel, err = r.Overload.New(b); err != nil {
		return err
	}
	for i, t := range op.args {
		if t.Equal(r.Params[i]) {
			continue
		}
		c, err := ResolveCast(t, r.Params[i])
		if err != nil {
			return err
		}
		b := Binding{Ctx: ctx, Params: c.Params, Result: c.Result, Constants: make([]vector.Vector, 1)}
		if op.casts[i], err = c.Overload.New(b); err != nil {
			return err
		}
	}
	return nil
}

func (o *pathOperators) run(op *pathOperator, args []jsonpath.Item) (jsonpath.Item, bool, error) {
	if op.invalid {
		return jsonpath.Item{}, false, nil
	}
	call := Call{Ctx: o.ctx, N: 1, Result: op.result, Args: make([]vector.Vector, len(args))}
	for i, a := range args {
		call.Args[i] = vector.NewValue(a.Type(), a.Scalar())
		if op.casts[i] == nil {
			continue
		}
		var err error
		if call.Args[i], err = applyKernel(op.casts[i], o.ctx, call.Args[i], op.params[i]); err != nil {
			return jsonpath.Item{}, true, err
		}
	}
	v, err := op.kernel(&call)
	if err != nil {
		return jsonpath.Item{}, true, err
	}
	v = vector.Plain(v)
	if v.Nulls().Has(0) {
		return jsonpath.Item{}, true, nil
	}
	return jsonpath.NewValue(op.result, vector.ValueAt(v, 0)), true, nil
}
