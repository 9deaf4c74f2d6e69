package selector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxTextBytes bounds the JSON text of selectors; 500 values of 2,048 characters fit by far.
const MaxTextBytes = 8 << 20

// Parse reads selectors: a bare list; or an object with AdvancedEventSelectors, as
// create-, get- and update-event-data-store and put- and get-event-selectors take or
// print it; or such an object with the basic EventSelectors of a trail, which are
// converted; or an export of Terraform or CloudFormation with one such resource. It
// accepts no member that AWS does not have, and validates what it read. There is at
// least one selector.
func Parse(text []byte) ([]Selector, error) {
	r := reader{text: text}
	selectors, err := r.read()
	if err == nil && len(selectors) == 0 {
		err = &Error{Reason: "there is none"}
	}
	if err == nil {
		err = r.located(Validate(selectors))
	}
	if err != nil {
		return nil, err
	}
	return selectors, nil
}

// Unmarshal reads what Marshal wrote: it is Parse, except that it accepts an empty list and does not validate.
func Unmarshal(text []byte) ([]Selector, error) {
	r := reader{text: text}
	return r.read()
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
		return nil, fmt.Errorf("marshal event selectors: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// reader takes a JSON text apart. It keeps, for messages, where it is.
type reader struct {
	text      []byte
	skipped   int64 // bytes of text before those that the decoder sees
	decoder   *json.Decoder
	within    Error // the selector and the field that are being read
	terraform bool  // members have the names of Terraform's providers
	// Where each selector and its field selectors begin; none for basic ones.
	places []selectorPlace
}

type selectorPlace struct {
	offset int64
	fields []int64
}

// The members of the outer object beside the selectors: those of the commands' input
// and output, and of what ctlake store show prints. They are passed over.
var otherMembers = []string{
	"BillingMode", "CreatedTimestamp", "EventDataStore", "EventDataStoreArn", "FederationRoleArn", "FederationStatus", "KmsKeyId",
	"MultiRegionEnabled", "Name", "OrganizationEnabled", "PartitionKeys", "ResponseMetadata", "RetentionPeriod", "StartIngestion",
	"Status", "TagsList", "TerminationProtectionEnabled", "TrailARN", "TrailName", "UpdatedTimestamp",
	"Bytes", "DeletedTimestamp", "Events", "Files", "RetentionFrom",
}

func (r *reader) read() ([]Selector, error) {
	if len(r.text) > MaxTextBytes {
		return nil, &Error{Reason: fmt.Sprintf("%d bytes of JSON; at most %d are read", len(r.text), MaxTextBytes)}
	}
	if at := invalidUTF8(r.text); at >= 0 {
		return nil, r.fail(int64(at), "not UTF-8")
	}
	body := bytes.TrimPrefix(r.text, []byte("\ufeff"))
	r.skipped = int64(len(r.text) - len(body))
	// The syntax is checked first and at once: json tells the exact offset only then.
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		offset := int64(len(body))
		if e, ok := errors.AsType[*json.SyntaxError](err); ok {
			offset = e.Offset
			if offset < int64(len(body)) || !strings.Contains(err.Error(), "unexpected end") {
				offset = max(offset-1, 0) // it counts the byte at fault
			}
		}
		return nil, r.fail(r.skipped+offset, "not JSON: %v%s", err, notJSONHint(body))
	}
	r.decoder = json.NewDecoder(bytes.NewReader(body))
	switch r.peek() {
	case '[':
		return r.selectors()
	case '{':
	default:
		return nil, r.fail(r.offset(), "%s where a list of event selectors, or an object with AdvancedEventSelectors, must stand", r.kind())
	}
	isExport, err := r.openExport(body)
	if err != nil {
		return nil, err
	}
	var advanced, basic []Selector
	var hasAdvanced, hasBasic bool
	err = r.object("it", func(name string, offset int64) (err error) {
		switch {
		case r.null():
		case name == "AdvancedEventSelectors":
			hasAdvanced = true
			advanced, err = r.selectors()
		case name == "EventSelectors":
			hasBasic = true
			basic, err = r.basicSelectors()
		case isExport || slices.Contains(otherMembers, name):
			return r.skip()
		default:
			return r.unknown(offset, name, "beside the members of a trail or event data store there are", "AdvancedEventSelectors", "EventSelectors")
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case hasAdvanced && hasBasic && len(advanced) > 0 && len(basic) > 0:
		return nil, &Error{Reason: "both AdvancedEventSelectors and EventSelectors: a trail has the one or the other"}
	case len(advanced) > 0:
		return advanced, nil
	case hasBasic && (len(basic) > 0 || !isExport):
		r.places = nil
		return basic, nil
	case isExport:
		return Default(), nil // what AWS gives to a resource that has none
	case hasAdvanced:
		return advanced, nil
	}
	return nil, &Error{Reason: "neither a list nor an object with AdvancedEventSelectors or EventSelectors"}
}

func (r *reader) selectors() (selectors []Selector, err error) {
	defer func() { r.within = Error{} }()
	err = r.list("AdvancedEventSelectors", func(i int) error {
		r.within = Error{Selector: i + 1}
		r.places = append(r.places, selectorPlace{offset: r.offset()})
		s, err := r.selector()
		selectors = append(selectors, s)
		return err
	})
	return selectors, err
}

func (r *reader) selector() (s Selector, err error) {
	place := &r.places[len(r.places)-1]
	err = r.object("an event selector", func(name string, offset int64) (err error) {
		switch {
		case name != "Name" && name != "FieldSelectors":
			return r.unknown(offset, name, "an event selector has", "Name", "FieldSelectors")
		case r.null():
		case name == "Name":
			s.Name, err = r.string("Name")
			r.within.Name = s.Name
		default:
			err = r.list("FieldSelectors", func(int) error {
				place.fields = append(place.fields, r.offset())
				r.within.Field = ""
				f, err := r.fieldSelector()
				s.FieldSelectors = append(s.FieldSelectors, f)
				return err
			})
			r.within.Field = ""
		}
		return err
	})
	return s, err
}

func (r *reader) fieldSelector() (f FieldSelector, err error) {
	lists := f.lists()
	err = r.object("a field selector", func(name string, offset int64) (err error) {
		operator := slices.Index(operatorNames[:], name)
		switch {
		case name != "Field" && operator < 0:
			return r.unknown(offset, name, "a field selector has", append([]string{"Field"}, operatorNames[:]...)...)
		case r.null():
		case name == "Field":
			f.Field, err = r.string("Field")
			r.within.Field = f.Field
		default:
			values, err := r.strings(name)
			if len(values) == 0 && r.terraform {
				values = nil
			}
			*lists[operator] = values
			return err
		}
		return err
	})
	return f, err
}

// object reads an object, whose members one gives to member: the name is read, the value is not.
func (r *reader) object(what string, member func(name string, offset int64) error) error {
	if r.peek() != '{' {
		return r.fail(r.offset(), "%s is %s; it must be an object", what, r.kind())
	}
	if _, err := r.token(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.decoder.More() {
		offset := r.offset()
		token, err := r.token()
		if err != nil {
			return err
		}
		name, _ := token.(string)
		if aws := terraformNames[name]; r.terraform && aws != "" {
			name = aws
		}
		if seen[name] {
			return r.fail(offset, "the member %q stands twice in one object", name)
		}
		seen[name] = true
		if err := member(name, offset); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// list reads a list, of whose elements each is read by one call of element.
func (r *reader) list(what string, element func(i int) error) error {
	switch first := r.peek(); {
	case first == '{' && r.terraform: // a single block
		return element(0)
	case first == '"':
		return r.fail(r.offset(), "%s is a string; it must be a list: put brackets around it", what)
	case first != '[':
		return r.fail(r.offset(), "%s is %s; it must be a list", what, r.kind())
	}
	if _, err := r.token(); err != nil {
		return err
	}
	for i := 0; r.decoder.More(); i++ {
		if err := element(i); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

func (r *reader) strings(what string) ([]string, error) {
	values := []string{}
	err := r.list(what, func(int) error {
		v, err := r.string("a value of " + what)
		values = append(values, v)
		return err
	})
	return values, err
}

func (r *reader) string(what string) (string, error) {
	offset, kind := r.offset(), r.kind()
	switch r.peek() {
	case '"':
		token, err := r.token()
		text, _ := token.(string)
		return text, err
	case 't', 'f':
		return "", r.fail(offset, `%s is a boolean; it must be a string: write "true" or "false" with quotes`, what)
	}
	return "", r.fail(offset, "%s is %s; it must be a string", what, kind)
}

func (r *reader) boolean(what string) (bool, error) {
	if c := r.peek(); c != 't' && c != 'f' {
		return false, r.fail(r.offset(), "%s is %s; it must be true or false", what, r.kind())
	}
	token, err := r.token()
	value, _ := token.(bool)
	return value, err
}

// null passes over a null, which AWS's tools write for a member that is absent.
func (r *reader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	_, err := r.token()
	return err == nil
}

func (r *reader) skip() error {
	var passed json.RawMessage
	if err := r.decoder.Decode(&passed); err != nil {
		return r.fail(r.offset(), "not JSON: %v", err)
	}
	return nil
}

func (r *reader) token() (json.Token, error) {
	offset := r.offset()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.fail(offset, "not JSON: %v", err)
	}
	return token, nil
}

// offset returns where in the text the next token begins.
func (r *reader) offset() int64 {
	at := r.skipped + r.decoder.InputOffset()
	for at < int64(len(r.text)) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

// peek returns the first byte of the next token, 0 at the end.
func (r *reader) peek() byte {
	if at := r.offset(); at < int64(len(r.text)) {
		return r.text[at]
	}
	return 0
}

// kind describes the next value.
func (r *reader) kind() string {
	switch r.peek() {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}

func (r *reader) unknown(offset int64, name, has string, known ...string) error {
	hint := ""
	for _, k := range known {
		if strings.EqualFold(k, name) {
			hint = fmt.Sprintf(" (did you mean %q?)", k)
		}
	}
	return r.fail(offset, "unknown member %q%s; %s %s", clipped(name), hint, has, enumerate(known, "and"))
}

// fail returns an error about the part of the text at offset.
func (r *reader) fail(offset int64, reason string, args ...any) error {
	e := r.within
	e.Reason = fmt.Sprintf(reason, args...)
	e.place(r.text, offset)
	return &e
}

// located adds to an error of Validate where in the text the selector is.
func (r *reader) located(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Selector == 0 || e.Selector > len(r.places) {
		return err
	}
	place := r.places[e.Selector-1]
	offset := place.offset
	if e.fieldSelector > 0 && e.fieldSelector <= len(place.fields) {
		offset = place.fields[e.fieldSelector-1]
	}
	e.place(r.text, offset)
	return e
}

// invalidUTF8 returns where text ceases to be UTF-8, -1 if it is all.
func invalidUTF8(text []byte) int {
	for at := 0; at < len(text); {
		c, size := utf8.DecodeRune(text[at:])
		if c == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
	return -1
}

// clipped shortens text from outside for a message.
func clipped(text string) string {
	const most = 64 // characters
	n := 0
	for at := range text {
		if n == most {
			return text[:at] + "…"
		}
		n++
	}
	return text
}

// enumerate lists words as a sentence does.
func enumerate(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
