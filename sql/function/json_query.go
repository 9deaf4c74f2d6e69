package function

import (
	"encoding/json"
	"fmt"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/jsonpath"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// The functions that evaluate JSON paths. Their syntax has clauses, so the analyzer resolves
// them by ResolveJSON and not by name:
//
//	$json_exists(input, path, clauses, variables…)                        → boolean
//	$json_value(input, path, clauses, variables…, [() -> e], [() -> e])   → what RETURNING says
//	$json_query(input, path, clauses, variables…)                         → varchar, json or varbinary
//	$json_table(input, path, clauses, variables…, [() -> e]…)             → array(row(columns))
//	$json_object(clauses, key, value, …)   $json_array(clauses, value, …)
//
// path and clauses are constant. Defaults are lambdas: they are evaluated for the rows that need them.

// JSONClauses are the clauses of a function of SQL/JSON.
type JSONClauses struct {
	Input     JSONFormat   `json:",omitempty"` // how the input is read
	Names     []string     `json:",omitempty"` // of the variables
	Formats   []JSONFormat `json:",omitempty"` // of the variables, or of the values of an object or array; NoFormat: an SQL value
	Wrapper   JSONWrapper  `json:",omitempty"`
	OmitQuote bool         `json:",omitempty"`
	Output    JSONFormat   `json:",omitempty"` // how the result is written
	OnEmpty   JSONHandling `json:",omitempty"`
	OnError   JSONHandling `json:",omitempty"`
	Absent    bool         `json:",omitempty"` // ABSENT ON NULL
	Unique    bool         `json:",omitempty"` // WITH UNIQUE KEYS
	Table     *JSONTable   `json:",omitempty"`
}

// JSONWrapper says when JSON_QUERY puts its result into an array.
type JSONWrapper string

// The wrappers.
const (
	NoWrapper            JSONWrapper = ""
	ConditionalWrapper   JSONWrapper = "CONDITIONAL"
	UnconditionalWrapper JSONWrapper = "UNCONDITIONAL"
)

// JSONHandling says what is given where nothing is found, or where something fails.
type JSONHandling string

// The handlings. UseDefault has a lambda among the arguments.
const (
	GiveNull    JSONHandling = ""
	GiveError   JSONHandling = "ERROR"
	GiveTrue    JSONHandling = "TRUE"
	GiveFalse   JSONHandling = "FALSE"
	EmptyArray  JSONHandling = "EMPTY ARRAY"
	EmptyObject JSONHandling = "EMPTY OBJECT"
	UseDefault  JSONHandling = "DEFAULT"
)

// Text returns the clauses as the argument that tells the function of them.
func (c *JSONClauses) Text() string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("function: clauses of JSON: %v", err))
	}
	return string(text)
}

func clausesOf(b Binding, i int) (*JSONClauses, error) {
	text, _ := constantOf[string](b, i)
	c := &JSONClauses{}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return nil, fmt.Errorf("read clauses of JSON: %w", err)
	}
	return c, nil
}

// JSONFunction is a function of SQL/JSON.
type JSONFunction string

// The functions.
const (
	JSONExists     JSONFunction = "$json_exists"
	JSONValue      JSONFunction = "$json_value"
	JSONQuery      JSONFunction = "$json_query"
	JSONTableRows  JSONFunction = "$json_table"
	JSONMakeObject JSONFunction = "$json_object"
	JSONMakeArray  JSONFunction = "$json_array"
)

// jsonOverloads hold one overload for calls that are NULL for a NULL input, whatever their other arguments, and
// one for those that look at NULLs.
var jsonOverloads = map[JSONFunction][2]*Overload{
	JSONExists:     {{New: newJSONExists}, {New: newJSONExists, Nullable: true}},
	JSONValue:      {{New: newJSONValue}, {New: newJSONValue, Nullable: true}},
	JSONQuery:      {{New: newJSONQuery}, {New: newJSONQuery, Nullable: true}},
	JSONTableRows:  {{New: newJSONTable}, {New: newJSONTable, Nullable: true}},
	JSONMakeObject: {1: {New: newJSONObject, Nullable: true}},
	JSONMakeArray:  {1: {New: newJSONArray, Nullable: true}},
}

// ResolveJSON returns the function for arguments of exactly the given types. variables says
// that there are arguments beside the input which may be NULL.
func ResolveJSON(f JSONFunction, variables bool, params []types.Type, result types.Type) *Resolved {
	overloads := jsonOverloads[f]
	o := overloads[0]
	if o == nil || variables {
		o = overloads[1]
	}
	return &Resolved{Name: string(f), Overload: o, Params: params, Result: result}
}

// pathCall evaluates a path for the rows of a call.
type pathCall struct {
	clauses *JSONClauses
	path    *jsonpath.Path
	ops     jsonpath.Operators
	order   []int // variable i of the path is argument order[i]
	formats []JSONFormat
}

// firstVariable is the place of the first variable among the arguments.
const firstVariable = 3

func newPathCall(b Binding) (*pathCall, error) {
	clauses, err := clausesOf(b, 2)
	if err != nil {
		return nil, err
	}
	text, _ := constantOf[string](b, 1)
	path, err := jsonpath.Parse(text)
	if err != nil {
		return nil, failf(sql.INVALID_PATH, "%s", err)
	}
	p := &pathCall{clauses: clauses, path: path, ops: JSONPathOperators(b.Ctx)}
	p.order, p.formats = variableOrder(path, clauses)
	return p, nil
}

// variableOrder says which arguments are the variables that a path uses.
func variableOrder(path *jsonpath.Path, c *JSONClauses) (order []int, formats []JSONFormat) {
	for _, name := range path.Variables() {
		for i, passed := range c.Names {
			if passed == name {
				order, formats = append(order, firstVariable+i), append(formats, c.Formats[i])
			}
		}
	}
	return order, formats
}

// lambdasAt is the place of the first argument behind the variables.
func (p *pathCall) lambdasAt() int { return firstVariable + len(p.clauses.Names) }

var errJSONInput = failf(sql.JSON_INPUT_CONVERSION_ERROR, "conversion to JSON failed: ")

// input returns the input of row i as an item.
func (p *pathCall) input(c *Call, i int) (jsonpath.Item, error) {
	item, ok := readJSON(p.clauses.Input.decode(vector.ViewOf[string](c.Args[0]).Get(i)))
	if !ok {
		return item, errJSONInput
	}
	return item, nil
}

// variables returns the values of the variables that the path uses, in row i. NULL is JSON's null, or nothing
// if it was to be read as JSON.
func (p *pathCall) variables(c *Call, i int) ([][]jsonpath.Item, error) {
	if len(p.order) == 0 {
		return nil, nil
	}
	out := make([][]jsonpath.Item, len(p.order))
	for n, at := range p.order {
		v, row := c.Args[at], i
		format := p.formats[n]
		if v.Nulls().Has(row) {
			if format == NoFormat {
				out[n] = []jsonpath.Item{{}}
			}
			continue
		}
		item := jsonpath.NewValue(v.Type(), vector.ValueAt(v, row))
		if format != NoFormat {
			var ok bool
			if item, ok = readJSON(format.decode(item.Scalar().(string))); !ok {
				return nil, errJSONInput
			}
		}
		out[n] = []jsonpath.Item{item}
	}
	return out, nil
}

// eval returns what the path leads to in row i.
func (p *pathCall) eval(c *Call, i int) ([]jsonpath.Item, error) {
	// Variables that the path does not use are read nevertheless, for what is no JSON in them.
	for n, format := range p.clauses.Formats {
		v := c.Args[firstVariable+n]
		if format == NoFormat || v.Nulls().Has(i) {
			continue
		}
		if _, ok := readJSON(format.decode(vector.ValueAt(v, i).(string))); !ok {
			return nil, errJSONInput
		}
	}
	input, err := p.input(c, i)
	if err != nil {
		return nil, err
	}
	variables, err := p.variables(c, i)
	if err != nil {
		return nil, err
	}
	return p.path.Eval(input, variables, p.ops)
}

func newJSONExists(b Binding) (Kernel, error) {
	p, err := newPathCall(b)
	if err != nil {
		return nil, err
	}
	return func(c *Call) (vector.Vector, error) {
		return eachOrNull(c.withoutNulls(), func(i int) (bool, bool, error) {
			if c.Args[0].Nulls().Has(i) {
				return false, false, nil
			}
			items, err := p.eval(c, i)
			switch {
			case err == nil:
				return len(items) > 0, true, nil
			case p.clauses.OnError == GiveError:
				return false, false, err
			}
			return p.clauses.OnError == GiveTrue, p.clauses.OnError != GiveNull, nil
		})
	}, nil
}

func newJSONQuery(b Binding) (Kernel, error) {
	p, err := newPathCall(b)
	if err != nil {
		return nil, err
	}
	return func(c *Call) (vector.Vector, error) {
		return eachTextOrNull(c.withoutNulls(), func(dst []byte, i int) ([]byte, bool, error) {
			if c.Args[0].Nulls().Has(i) {
				return dst, false, nil
			}
			items, err := p.eval(c, i)
			return p.clauses.output(dst, items, err)
		})
	}, nil
}

func outputError(format string, args ...any) error {
	return failf(sql.JSON_OUTPUT_CONVERSION_ERROR, "conversion from JSON failed: "+format, args...)
}

// output appends the result of JSON_QUERY for the items that its path led to, or for the error that it ended in.
func (c *JSONClauses) output(dst []byte, items []jsonpath.Item, err error) ([]byte, bool, error) {
	handle := func(h JSONHandling, err error) ([]byte, bool, error) {
		switch h {
		case GiveError:
			return dst, false, err
		case EmptyArray:
			return append(dst, c.Output.encode([]byte("[]"))...), true, nil
		case EmptyObject:
			return append(dst, c.Output.encode([]byte("{}"))...), true, nil
		}
		return dst, false, nil
	}
	switch {
	case err != nil:
		return handle(c.OnError, err)
	case len(items) == 0:
		return handle(c.OnEmpty, outputError("JSON path found no items"))
	}
	for _, i := range items {
		if _, ok := appendItem(nil, i); i.Kind() == jsonpath.Value && !ok {
			return handle(c.OnError, outputError("JSON path returned a scalar SQL value of type %s that cannot be represented as JSON", i.Type()))
		}
	}
	single := len(items) == 1
	if c.Wrapper == UnconditionalWrapper ||
		c.Wrapper == ConditionalWrapper && !(single && (items[0].Kind() == jsonpath.Array || items[0].Kind() == jsonpath.Object)) {
		items, single = []jsonpath.Item{jsonpath.NewArray(items)}, true
	}
	if !single {
		return handle(c.OnError, outputError("JSON path found multiple items"))
	}
	if i := items[0]; c.OmitQuote && (i.Kind() == jsonpath.String || i.Kind() == jsonpath.Value && i.Type().IsString()) {
		return append(dst, c.Output.encode(types.AppendText(nil, i.Type(), i.Scalar()))...), true, nil
	}
	if c.Output != UTF16JSON && c.Output != UTF32JSON {
		dst, _ = appendItem(dst, items[0])
		return dst, true, nil
	}
	text, _ := appendItem(nil, items[0])
	return append(dst, c.Output.encode(text)...), true, nil
}
