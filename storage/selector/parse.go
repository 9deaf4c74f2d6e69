package selector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Error says which part of a list of selectors is wrong.
type Error struct {
	Selector int    // from 1; 0 if it is none of them alone
	Name     string // of the selector
	Field    string
	Value    string
	Reason   string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Selector == 0 {
		return "event selectors: " + e.Reason
	}
	text := fmt.Sprintf("event selector %d", e.Selector)
	if e.Name != "" {
		text += fmt.Sprintf(" (%q)", e.Name)
	}
	if e.Field != "" {
		text += ", field " + e.Field
	}
	if e.Value != "" {
		text += fmt.Sprintf(", value %q", e.Value)
	}
	return text + ": " + e.Reason
}

// maxTextBytes bounds the JSON of selectors: 500 values of 2,048 characters fit by far.
const maxTextBytes = 8 << 20

// Parse reads selectors: a bare list, or an object with AdvancedEventSelectors as
// get-event-data-store and put-event-selectors print it, or with basic EventSelectors,
// which are converted. It validates them.
func Parse(text []byte) ([]Selector, error) {
	selectors, err := Unmarshal(text)
	if err != nil {
		return nil, err
	}
	if len(selectors) == 0 {
		return nil, &Error{Reason: "there is none; leave the file out to take every event"}
	}
	return selectors, Validate(selectors)
}

// Unmarshal is Parse without validation; an empty list is accepted.
func Unmarshal(text []byte) ([]Selector, error) {
	if len(text) > maxTextBytes {
		return nil, &Error{Reason: fmt.Sprintf("more than %d bytes of JSON", maxTextBytes)}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	if bytes.HasPrefix(trimmed, []byte("[")) {
		var list []Selector
		return list, decode(text, &list, true)
	}
	// Members beside the selectors (ARN, name, …) are those of the command's other output.
	var f struct{ AdvancedEventSelectors, EventSelectors json.RawMessage }
	if err := decode(text, &f, false); err != nil {
		return nil, err
	}
	var list []Selector
	switch {
	case len(f.AdvancedEventSelectors) > 0 && string(f.AdvancedEventSelectors) != "null":
		return list, decode(f.AdvancedEventSelectors, &list, true)
	case len(f.EventSelectors) > 0 && string(f.EventSelectors) != "null":
		var basic []BasicSelector
		if err := decode(f.EventSelectors, &basic, true); err != nil {
			return nil, err
		}
		return Convert(basic)
	}
	return nil, &Error{Reason: "neither a list nor an object with AdvancedEventSelectors or EventSelectors"}
}

func decode(text []byte, into any, strict bool) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if strict {
		d.DisallowUnknownFields()
	}
	err := d.Decode(into)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			return &Error{Reason: fmt.Sprintf("text follows the JSON at %s", place(text, d.InputOffset()))}
		}
		return nil
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return &Error{Reason: fmt.Sprintf("not JSON at %s: %s", place(text, e.Offset), e.Error())}
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return &Error{Reason: fmt.Sprintf("%s at %s where %s should be", e.Value, place(text, e.Offset), describe(e))}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Reason: "the JSON is cut off"}
	}
	return &Error{Reason: fmt.Sprintf("%v (known are Name, FieldSelectors and in these Field, Equals, StartsWith, EndsWith, NotEquals, NotStartsWith, NotEndsWith)", err)}
}

func describe(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "a string"
	case "slice":
		return "a list"
	case "struct":
		return "an object"
	}
	return "a " + e.Type.String()
}

func place(text []byte, offset int64) string {
	before := text[:min(int(offset), len(text))]
	line := 1 + bytes.Count(before, []byte("\n"))
	return fmt.Sprintf("line %d, byte %d of it", line, len(before)-bytes.LastIndexByte(before, '\n')-1)
}

// Marshal returns selectors as AWS's JSON list.
func Marshal(selectors []Selector) ([]byte, error) {
	if selectors == nil {
		selectors = []Selector{}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(selectors); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// BasicSelector is an event selector of a trail in the older form.
type BasicSelector struct {
	ReadWriteType                 string
	IncludeManagementEvents       *bool
	ExcludeManagementEventSources []string
	DataResources                 []struct {
		Type   string
		Values []string
	}
}

// Convert returns the advanced selectors that take the same events as basic ones.
func Convert(basic []BasicSelector) ([]Selector, error) {
	var out []Selector
	for i, b := range basic {
		var readOnly []FieldSelector
		switch b.ReadWriteType {
		case "", "All":
		case "ReadOnly":
			readOnly = []FieldSelector{{Field: "readOnly", Equals: []string{"true"}}}
		case "WriteOnly":
			readOnly = []FieldSelector{{Field: "readOnly", Equals: []string{"false"}}}
		default:
			return nil, &Error{Selector: i + 1, Field: "ReadWriteType", Value: b.ReadWriteType, Reason: "it is All, ReadOnly or WriteOnly"}
		}
		if b.IncludeManagementEvents == nil || *b.IncludeManagementEvents {
			s := Selector{Name: "Management events selector",
				FieldSelectors: append([]FieldSelector{{Field: "eventCategory", Equals: []string{Management}}}, readOnly...)}
			if len(b.ExcludeManagementEventSources) > 0 {
				s.FieldSelectors = append(s.FieldSelectors, FieldSelector{Field: "eventSource", NotEquals: b.ExcludeManagementEventSources})
			}
			out = append(out, s)
		}
		for _, r := range b.DataResources {
			s := Selector{Name: r.Type, FieldSelectors: append([]FieldSelector{
				{Field: "eventCategory", Equals: []string{Data}}, {Field: "resources.type", Equals: []string{r.Type}}}, readOnly...)}
			if arns, all := prefixes(r.Values); !all {
				f := FieldSelector{Field: "resources.ARN", StartsWith: arns}
				if r.Type == "AWS::Lambda::Function" {
					f.StartsWith, f.Equals = nil, arns
				}
				s.FieldSelectors = append(s.FieldSelectors, f)
			}
			out = append(out, s)
		}
	}
	return out, nil
}

// prefixes returns the values of a data resource; all if one of them stands for every resource.
func prefixes(values []string) (arns []string, all bool) {
	for _, v := range values {
		switch v {
		case "arn:aws:s3", "arn:aws:s3:::", "arn:aws:lambda", "arn:aws:dynamodb":
			return nil, true
		}
	}
	return values, len(values) == 0
}
