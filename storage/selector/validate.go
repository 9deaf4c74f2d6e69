package selector

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// allowed says which fields a category's selectors may have, with which operators.
type allowed map[string][]string

var (
	equals    = []string{"Equals"}
	equalsNot = []string{"Equals", "NotEquals"}
	anyOp     = []string{"Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"}
	alone     = allowed{"eventCategory": equals}
)

var fieldsOf = map[string]allowed{
	Management: {"eventCategory": equals, "readOnly": equals, "eventSource": anyOp, "eventName": anyOp, "eventType": anyOp,
		"sessionCredentialFromConsole": equalsNot, "userIdentity.arn": anyOp},
	Data: {"eventCategory": equals, "resources.type": equals, "readOnly": equals, "eventName": anyOp, "resources.ARN": anyOp,
		"eventSource": anyOp, "eventType": anyOp, "userIdentity.arn": anyOp, "sessionCredentialFromConsole": equalsNot},
	NetworkActivity: {"eventCategory": equals, "eventSource": equals, "eventName": anyOp, "errorCode": equals, "vpcEndpointId": anyOp},
	Insight:         alone, ConfigurationItem: alone, Evidence: alone, ActivityAuditLog: alone,
}

// required lists the fields that a category needs beside eventCategory, each with exactly one value.
var required = map[string]string{Data: "resources.type", NetworkActivity: "eventSource"}

// valuesOf lists the only values of fields that have few.
var valuesOf = map[string][]string{
	"readOnly": {"true", "false"}, "sessionCredentialFromConsole": {"true"}, "errorCode": {"VpceAccessDenied"},
}

// Validate checks selectors by AWS's rules. The error is an *Error that names the
// selector, field and value.
func Validate(selectors []Selector) error {
	total := 0
	var first Selector
	for i, s := range selectors {
		e := Error{Selector: i + 1, Name: s.Name}
		n, err := s.validate(e)
		if err != nil {
			return err
		}
		total += n
		if i == 0 {
			first = s
		} else if a, b := first.category(), s.category(); familyOf(a) != familyOf(b) {
			e.Field, e.Value = "eventCategory", b
			e.Reason = fmt.Sprintf("a store does not hold it together with %s: make a store of its own", a)
			return &e
		}
	}
	if total > MaxValues {
		return &Error{Reason: fmt.Sprintf("%d values in all; at most %d are allowed", total, MaxValues)}
	}
	return nil
}

func (s *Selector) validate(e Error) (values int, err error) {
	fail := func(reason string, args ...any) (int, error) {
		e.Reason = fmt.Sprintf(reason, args...)
		return 0, &e
	}
	if utf8.RuneCountInString(s.Name) > MaxNameLength {
		return fail("the name is longer than %d characters", MaxNameLength)
	}
	if len(s.FieldSelectors) == 0 {
		return fail("FieldSelectors is missing or empty")
	}
	categories := 0
	for _, f := range s.FieldSelectors {
		if f.Field == "eventCategory" {
			categories++
		}
	}
	category := s.category()
	if categories != 1 || category == "" {
		e.Field = "eventCategory"
		return fail("each selector needs it once, with Equals and one value")
	}
	fields := fieldsOf[category]
	if fields == nil {
		e.Field, e.Value = "eventCategory", category
		return fail("it is Management, Data, NetworkActivity, Insight, ConfigurationItem, Evidence or ActivityAuditLog")
	}
	found := map[string]int{}
	for _, f := range s.FieldSelectors {
		e.Field = f.Field
		operators, ok := fields[f.Field]
		if !ok {
			return fail("%s selectors have no such field; they have %s", category, strings.Join(sortedKeys(fields), ", "))
		}
		n := 0
		for _, o := range f.operators() {
			if len(o.values) > 0 && !slices.Contains(operators, o.name) {
				return fail("%s does not apply to it; %s does", o.name, strings.Join(operators, ", "))
			}
			for _, v := range o.values {
				if err := checkValue(e, f.Field, v); err != nil {
					return 0, err
				}
			}
			n += len(o.values)
		}
		if n == 0 {
			return fail("it has no values")
		}
		values += n
		found[f.Field] += n
	}
	if need := required[category]; need != "" && found[need] != 1 {
		e.Field = need
		return fail("each %s selector needs it once, with Equals and one value; make further selectors for further values", category)
	}
	return values, nil
}

func checkValue(e Error, field, value string) error {
	e.Value = value
	switch n := utf8.RuneCountInString(value); {
	case n == 0:
		e.Reason = "a value is empty"
		return &e
	case n > MaxValueLength:
		e.Value = value[:64] + "…"
		e.Reason = fmt.Sprintf("a value is longer than %d characters", MaxValueLength)
		return &e
	}
	if few := valuesOf[field]; few != nil && !slices.Contains(few, value) {
		e.Reason = "it is " + strings.Join(few, " or ")
		return &e
	}
	return nil
}

func sortedKeys(m allowed) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Warnings returns what is allowed but may be a mistake, a sentence each.
func Warnings(selectors []Selector) []string {
	var out []string
	const advised = 5
	if len(selectors) > advised {
		out = append(out, fmt.Sprintf("%d selectors: AWS documents at most %d for an event data store", len(selectors), advised))
	}
	for i, s := range selectors {
		for _, f := range s.FieldSelectors {
			if f.Field == "resources.type" && len(f.Equals) == 1 && !knownResourceType(f.Equals[0]) {
				out = append(out, fmt.Sprintf("event selector %d: %q is no resources.type that is known here", i+1, f.Equals[0]))
			}
		}
	}
	return out
}

func knownResourceType(t string) bool {
	_, ok := slices.BinarySearch(resourceTypes, t)
	return ok
}
