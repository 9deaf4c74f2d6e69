package selector

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The fields that selectors may look at.
const (
	fieldCategory     = "eventCategory"
	fieldReadOnly     = "readOnly"
	fieldSource       = "eventSource"
	fieldName         = "eventName"
	fieldType         = "eventType"
	fieldConsole      = "sessionCredentialFromConsole"
	fieldIdentity     = "userIdentity.arn"
	fieldResourceType = "resources.type"
	fieldResourceARN  = "resources.ARN"
	fieldErrorCode    = "errorCode"
	fieldVPCEndpoint  = "vpcEndpointId"
)

// categoryRules say what selectors of one category may hold.
type categoryRules struct {
	category string
	fields   []fieldRule
	// once is the field, beside eventCategory, that such a selector has exactly once, with exactly one value.
	once string
}

type fieldRule struct {
	field     string
	operators []string
}

var (
	onlyEquals = []string{"Equals"}
	equalOrNot = []string{"Equals", "NotEquals"}
	anyOf      = operatorNames[:]
	alone      = []fieldRule{{fieldCategory, onlyEquals}}
)

var rules = []categoryRules{
	{Management, []fieldRule{{fieldCategory, onlyEquals}, {fieldReadOnly, onlyEquals}, {fieldSource, anyOf}, {fieldName, anyOf},
		{fieldType, anyOf}, {fieldConsole, equalOrNot}, {fieldIdentity, anyOf}}, ""},
	{Data, []fieldRule{{fieldCategory, onlyEquals}, {fieldResourceType, onlyEquals}, {fieldResourceARN, anyOf}, {fieldReadOnly, onlyEquals},
		{fieldSource, anyOf}, {fieldName, anyOf}, {fieldType, anyOf}, {fieldConsole, equalOrNot}, {fieldIdentity, anyOf}}, fieldResourceType},
	{NetworkActivity, []fieldRule{{fieldCategory, onlyEquals}, {fieldSource, onlyEquals}, {fieldName, anyOf}, {fieldErrorCode, onlyEquals},
		{fieldVPCEndpoint, anyOf}}, fieldSource},
	{Insight, alone, ""}, {ConfigurationItem, alone, ""}, {Evidence, alone, ""}, {ActivityAuditLog, alone, ""},
}

// fewValues lists the only values of fields that have few.
var fewValues = map[string][]string{
	fieldReadOnly: {"true", "false"}, fieldConsole: {"true"}, fieldErrorCode: {"VpceAccessDenied"},
}

// Validate checks selectors by AWS's rules. The error is an *Error: of the first fault.
// No selectors at all are valid.
func Validate(selectors []Selector) error {
	total := 0
	for i := range selectors {
		s := &selectors[i]
		n, err := s.validate(Error{Selector: i + 1, Name: clipped(s.Name)})
		if err != nil {
			return err
		}
		total += n
		if a, b := selectors[0].category(), s.category(); familyOf(a) != familyOf(b) {
			return &Error{Selector: i + 1, Name: clipped(s.Name), Field: fieldCategory, Value: b,
				Reason: fmt.Sprintf("event selector 1 takes %s events; one store cannot hold both", a)}
		}
	}
	if total > MaxValues {
		return &Error{Reason: fmt.Sprintf("%d values in all; at most %d are allowed", total, MaxValues)}
	}
	return nil
}

// validate returns the number of values. at is the error to fill in.
func (s *Selector) validate(at Error) (values int, err error) {
	fail := func(reason string, args ...any) (int, error) {
		at.Reason = fmt.Sprintf(reason, args...)
		return 0, &at
	}
	if n := utf8.RuneCountInString(s.Name); n > MaxNameLength {
		return fail("the Name has %d characters; at most %d are allowed", n, MaxNameLength)
	}
	if len(s.FieldSelectors) == 0 {
		return fail("FieldSelectors is missing or empty")
	}
	if err := s.once(at, fieldCategory, "every event selector"); err != nil {
		return 0, err
	}
	category := s.category()
	which := slices.IndexFunc(rules, func(r categoryRules) bool { return r.category == category })
	if which < 0 {
		at.fieldSelector = 1 + slices.IndexFunc(s.FieldSelectors, func(f FieldSelector) bool { return f.Field == fieldCategory })
		at.Field, at.Value = fieldCategory, clipped(category)
		return fail("it must be %s", enumerate(categories(), "or"))
	}
	rule := rules[which]
	for i := range s.FieldSelectors {
		f := &s.FieldSelectors[i]
		at.fieldSelector = i + 1
		n, err := rule.validate(f, at)
		if err != nil {
			return 0, err
		}
		values += n
	}
	if rule.once != "" {
		at.fieldSelector = 0
		if err := s.once(at, rule.once, "a selector of "+category+" events"); err != nil {
			return 0, err
		}
	}
	return values, nil
}

// once checks that a field stands in one field selector, with Equals and one value.
func (s *Selector) once(at Error, field, who string) error {
	at.Field = field
	found := 0
	for i, f := range s.FieldSelectors {
		if f.Field != field {
			continue
		}
		found++
		at.fieldSelector = i + 1
		if n := len(f.Equals); n != 1 && found == 1 {
			at.Reason = fmt.Sprintf("Equals has %d values; it has exactly one: for others make further event selectors", n)
			return &at
		}
	}
	switch found {
	case 0:
		at.Reason = who + " needs it, with Equals and one value"
		return &at
	case 1:
		return nil
	}
	at.Reason = fmt.Sprintf("it stands %d times; once is allowed", found)
	return &at
}

// validate returns the number of values of a field selector. at is the error to fill in.
func (r *categoryRules) validate(f *FieldSelector, at Error) (values int, err error) {
	at.Field = clipped(f.Field)
	fail := func(reason string, args ...any) (int, error) {
		at.Reason = fmt.Sprintf(reason, args...)
		return 0, &at
	}
	if f.Field == "" {
		return fail("field selector %d has no Field", at.fieldSelector)
	}
	which := slices.IndexFunc(r.fields, func(rule fieldRule) bool { return rule.field == f.Field })
	if which < 0 {
		names := make([]string, len(r.fields))
		hint := ""
		for i, rule := range r.fields {
			names[i] = rule.field
			if strings.EqualFold(rule.field, f.Field) {
				hint = fmt.Sprintf(" (did you mean %s?)", rule.field)
			}
		}
		if len(names) == 1 {
			return fail("selectors of %s events have no such field: they have %s alone", r.category, names[0])
		}
		return fail("selectors of %s events have no such field%s: they have %s", r.category, hint, enumerate(names, "and"))
	}
	for o, list := range f.lists() {
		if *list == nil {
			continue
		}
		if name := operatorNames[o]; !slices.Contains(r.fields[which].operators, name) {
			return fail("%s is not allowed; with this field only %s", name, enumerate(r.fields[which].operators, "and"))
		}
		if len(*list) == 0 {
			return fail("%s has no values; give one, or leave it out", operatorNames[o])
		}
		for _, v := range *list {
			if reason := wrongValue(f.Field, v); reason != "" {
				at.Value = clipped(v)
				return fail("%s", reason)
			}
		}
		values += len(*list)
	}
	if values == 0 {
		return fail("it has no operator; it may have %s", enumerate(r.fields[which].operators, "and"))
	}
	return values, nil
}

// wrongValue says what is wrong with a value of a field; "" if it may stand.
func wrongValue(field, value string) string {
	switch n := utf8.RuneCountInString(value); {
	case n == 0:
		return "a value is empty"
	case n > MaxValueLength:
		return fmt.Sprintf("a value has %d characters; at most %d are allowed", n, MaxValueLength)
	case strings.ContainsAny(value, "\r\n"):
		return "a value has a line break"
	case !utf8.ValidString(value):
		return "a value is not UTF-8"
	}
	if few := fewValues[field]; few != nil && !slices.Contains(few, value) {
		return "it must be " + enumerate(few, "or")
	}
	return ""
}

func categories() []string {
	names := make([]string, len(rules))
	for i, r := range rules {
		names[i] = r.category
	}
	return names
}

// Warnings returns what is valid here but refused by AWS, or valid and probably a mistake; a sentence each.
func Warnings(selectors []Selector) (warnings []string) {
	const advised = 5
	if len(selectors) > advised {
		warnings = append(warnings, fmt.Sprintf("%d event selectors: AWS documents at most %d for an event data store", len(selectors), advised))
	}
	for i := range selectors {
		s := &selectors[i]
		for j := range s.FieldSelectors {
			f := &s.FieldSelectors[j]
			for o, list := range f.lists() {
				for _, v := range *list {
					if doubt := doubt(s.category(), f.Field, o, v); doubt != "" {
						e := Error{Selector: i + 1, Name: clipped(s.Name), Field: f.Field, Value: clipped(v), Reason: doubt}
						warnings = append(warnings, e.Error())
					}
				}
			}
		}
	}
	return warnings
}

// doubt says what is strange about a valid value; "" if nothing is.
func doubt(category, field string, operator int, value string) string {
	switch {
	case field == fieldResourceType && !slices.Contains(resourceTypes, value):
		return "no resource type of data events that is known here; AWS may refuse it"
	case field == fieldSource && category == NetworkActivity && !slices.Contains(networkSources, strings.TrimSuffix(value, ".amazonaws.com")):
		return "no source of network activity events that is known here; AWS may refuse it"
	case strings.HasSuffix(value, "*"):
		return "* is an ordinary character, no wildcard; StartsWith matches beginnings"
	case field == fieldResourceARN && (operator == equals || operator == notEquals) && strings.Count(value, ":") < 5:
		return "no whole ARN; StartsWith and EndsWith match parts of one"
	}
	return ""
}
