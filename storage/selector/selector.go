// Package selector holds AWS's advanced event selectors: what they look like as JSON,
// which are valid, and which events they take.
//
//	JSON ── Parse ──► []Selector ── Compile ──► Program ── Match(event) ──► taken or not
//	                                                └───── Explain(event) ──► by which selector, or why not
//
// The selectors of a store are ORed. Inside one, the field selectors are ANDed. Inside
// a field selector the operators form two groups, which are ANDed: one value of Equals,
// StartsWith and EndsWith must fit (if there is any); no value of NotEquals,
// NotStartsWith and NotEndsWith may. Values are compared byte by byte; there are no
// wildcards. A member that the event lacks fits no value, so it fails the first group
// and passes the second.
//
// resources.type and resources.ARN speak of one element of the event's resources: some
// element must satisfy both. An element without an ARN is judged by its ARNPrefix.
//
// The rules are those of CloudTrail's API reference, AdvancedEventSelector and
// AdvancedFieldSelector, and of the user guide on filtering data events.
package selector

// Selector is one advanced event selector.
type Selector struct {
	Name           string          `json:"Name,omitempty"`
	FieldSelectors []FieldSelector `json:"FieldSelectors"`
}

// FieldSelector is a condition on one field. An operator is absent if its list is nil;
// a list that is there holds at least one value.
type FieldSelector struct {
	Field         string   `json:"Field"`
	Equals        []string `json:"Equals,omitempty"`
	StartsWith    []string `json:"StartsWith,omitempty"`
	EndsWith      []string `json:"EndsWith,omitempty"`
	NotEquals     []string `json:"NotEquals,omitempty"`
	NotStartsWith []string `json:"NotStartsWith,omitempty"`
	NotEndsWith   []string `json:"NotEndsWith,omitempty"`
}

// The operators, in the order in which AWS lists them: those that take, then those that refuse.
const (
	equals = iota
	startsWith
	endsWith
	notEquals
	notStartsWith
	notEndsWith
	operatorCount
)

var operatorNames = [operatorCount]string{"Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"}

// lists returns the values of each operator.
func (f *FieldSelector) lists() [operatorCount]*[]string {
	return [operatorCount]*[]string{&f.Equals, &f.StartsWith, &f.EndsWith, &f.NotEquals, &f.NotStartsWith, &f.NotEndsWith}
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
		FieldSelectors: []FieldSelector{{Field: fieldCategory, Equals: []string{Management}}}}}
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

// Family is the kind of store that selectors make: only categories of one family may be
// mixed, and the family of a store never changes. A family of one category has its name.
type Family string

// CloudTrailEvents is the family of Management, Data and NetworkActivity.
const CloudTrailEvents Family = "CloudTrail"

// KindOf returns the family of an event's category; of a category that AWS does not have it is CloudTrailEvents.
func KindOf(category string) Family {
	switch category {
	case Insight, ConfigurationItem, Evidence, ActivityAuditLog:
		return Family(category)
	}
	return CloudTrailEvents
}

func familyOf(category string) Family {
	switch category {
	case Management, Data, NetworkActivity:
		return CloudTrailEvents
	}
	return Family(category)
}

// FamilyOf returns the family of valid selectors; that of no selectors at all is CloudTrailEvents.
func FamilyOf(selectors []Selector) Family {
	if len(selectors) == 0 {
		return CloudTrailEvents
	}
	return familyOf(selectors[0].category())
}

// category returns the value of eventCategory; "" if there is not exactly one.
func (s *Selector) category() string {
	for _, f := range s.FieldSelectors {
		if f.Field == fieldCategory && len(f.Equals) == 1 {
			return f.Equals[0]
		}
	}
	return ""
}
