// Package selector holds AWS's advanced event selectors: what they look like as
// JSON, which are valid, and which events they take.
//
//	JSON ── Parse ──► []Selector ── Compile ──► Program ── Match(event) ──► taken or not
//
// The selectors of a store are ORed. Inside one, the field selectors are ANDed. Inside
// a field selector the operators form two groups, which are ANDed: one value of Equals,
// StartsWith and EndsWith must fit (if there is any); no value of NotEquals,
// NotStartsWith and NotEndsWith may. Values are compared byte by byte; there are no
// wildcards. A member that the event lacks fits no value, so it fails the first group and passes the second.
//
// resources.type and resources.ARN speak of one element of the event's resources: some
// element must satisfy both.
package selector

// Selector is one advanced event selector.
type Selector struct {
	Name           string          `json:"Name,omitempty"`
	FieldSelectors []FieldSelector `json:"FieldSelectors"`
}

// FieldSelector is a condition on one field.
type FieldSelector struct {
	Field         string   `json:"Field"`
	Equals        []string `json:"Equals,omitempty"`
	StartsWith    []string `json:"StartsWith,omitempty"`
	EndsWith      []string `json:"EndsWith,omitempty"`
	NotEquals     []string `json:"NotEquals,omitempty"`
	NotStartsWith []string `json:"NotStartsWith,omitempty"`
	NotEndsWith   []string `json:"NotEndsWith,omitempty"`
}

// operator is an operator of a field selector with its values.
type operator struct {
	name   string
	values []string
	not    bool
}

// operators returns all six, in AWS's order.
func (f *FieldSelector) operators() [6]operator {
	return [6]operator{
		{"Equals", f.Equals, false}, {"StartsWith", f.StartsWith, false}, {"EndsWith", f.EndsWith, false},
		{"NotEquals", f.NotEquals, true}, {"NotStartsWith", f.NotStartsWith, true}, {"NotEndsWith", f.NotEndsWith, true},
	}
}

// Limits of AWS.
const (
	MaxValues      = 500  // in all selectors of a store
	MaxNameLength  = 1000 // characters
	MaxValueLength = 2048 // characters
)

// Default returns the selectors of a store that is created without any at AWS: all management events.
func Default() []Selector {
	return []Selector{{Name: "Default management events",
		FieldSelectors: []FieldSelector{{Field: "eventCategory", Equals: []string{Management}}}}}
}

// The categories of events.
const (
	Management        = "Management"
	Data              = "Data"
	NetworkActivity   = "NetworkActivity"
	Insight           = "Insight"
	ConfigurationItem = "ConfigurationItem"
	Evidence          = "Evidence"
	ActivityAuditLog  = "ActivityAuditLog"
)

// Family is the kind of store that selectors make: categories of one family may be mixed.
type Family string

// The families. All but the first are named as their only category.
const CloudTrailEvents Family = "CloudTrail"

func familyOf(category string) Family {
	switch category {
	case Management, Data, NetworkActivity:
		return CloudTrailEvents
	}
	return Family(category)
}

// FamilyOf returns the family of valid selectors.
func FamilyOf(selectors []Selector) Family {
	if len(selectors) == 0 {
		return CloudTrailEvents
	}
	return familyOf(selectors[0].category())
}

// category returns the value of eventCategory; "" if there is not exactly one.
func (s *Selector) category() string {
	for _, f := range s.FieldSelectors {
		if f.Field == "eventCategory" && len(f.Equals) == 1 {
			return f.Equals[0]
		}
	}
	return ""
}
