package selector

import "strings"

// Field is the text of a member of an event, if it is present; a member that is null is not. The text may
// alias the caller's buffers: nothing is kept of it.
type Field struct {
	Text    string
	Present bool
}

// Resource is an element of the event's resources.
type Resource struct{ Type, ARN, ARNPrefix Field }

// Event is what selectors look at. The caller may use one again for the next event.
type Event struct {
	// Category is the event's own eventCategory, or that of DeriveCategory.
	Category string
	// ReadOnly is the text of the JSON boolean.
	ReadOnly, EventSource        Field
	EventName, EventType         Field
	UserIdentityARN, ErrorCode   Field
	VPCEndpointID                Field
	SessionCredentialFromConsole Field
	Resources                    []Resource

	// ManagementEvent is there for DeriveCategory.
	ManagementEvent Field
}

// field returns a field other than the category and those of resources.
func (e *Event) field(name string) *Field {
	switch name {
	case fieldReadOnly:
		return &e.ReadOnly
	case fieldSource:
		return &e.EventSource
	case fieldName:
		return &e.EventName
	case fieldType:
		return &e.EventType
	case fieldIdentity:
		return &e.UserIdentityARN
	case fieldErrorCode:
		return &e.ErrorCode
	case fieldVPCEndpoint:
		return &e.VPCEndpointID
	case fieldConsole:
		return &e.SessionCredentialFromConsole
	}
	return nil
}

// Program is a compiled list of selectors. It never changes and may be used by any number of goroutines.
type Program struct{ selectors []compiled }

type compiled struct {
	name     string
	category string
	fields   []condition
	// resourceTypes and resourceARNs must be satisfied by one element; there are none of
	// either if the category has no such fields.
	resourceTypes, resourceARNs []condition
}

// condition is a field selector ready to be evaluated.
type condition struct {
	field        string
	take, refuse values
}

// values are those of the operators of one group. equal holds whole values; many of them are in set instead.
type values struct {
	equal, prefixes, suffixes []string
	set                       map[string]struct{}
}

// setFrom is the number of values from which a hash is cheaper than comparing one by one.
const setFrom = 8

func newValues(equal, prefixes, suffixes []string) values {
	v := values{equal: equal, prefixes: prefixes, suffixes: suffixes}
	if len(equal) >= setFrom {
		v.equal, v.set = nil, make(map[string]struct{}, len(equal))
		for _, e := range equal {
			v.set[e] = struct{}{}
		}
	}
	return v
}

// Compile prepares selectors for matching. Those that Validate refuses are refused by it.
// A field that stands in several field selectors of one selector must satisfy each of them.
// No selectors at all take nothing.
func Compile(selectors []Selector) (*Program, error) {
	if err := Validate(selectors); err != nil {
		return nil, err
	}
	p := &Program{}
	for _, s := range selectors {
		c := compiled{name: s.Name, category: s.category()}
		for _, f := range s.FieldSelectors {
			condition := condition{f.Field, newValues(f.Equals, f.StartsWith, f.EndsWith), newValues(f.NotEquals, f.NotStartsWith, f.NotEndsWith)}
			switch f.Field {
			case fieldCategory:
			case fieldResourceType:
				c.resourceTypes = append(c.resourceTypes, condition)
			case fieldResourceARN:
				c.resourceARNs = append(c.resourceARNs, condition)
			default:
				c.fields = append(c.fields, condition)
			}
		}
		p.selectors = append(p.selectors, c)
	}
	return p, nil
}

// Match reports whether one of the selectors takes the event. It does not allocate.
func (p *Program) Match(e *Event) bool {
	for i := range p.selectors {
		if p.selectors[i].takes(e) {
			return true
		}
	}
	return false
}

func (s *compiled) takes(e *Event) bool {
	if s.category != e.Category {
		return false
	}
	for i := range s.fields {
		if c := &s.fields[i]; !c.satisfied(e.field(c.field)) {
			return false
		}
	}
	if len(s.resourceTypes) == 0 {
		return true
	}
	for i := range e.Resources {
		r := &e.Resources[i]
		if all(s.resourceTypes, &r.Type) && all(s.resourceARNs, r.arn()) {
			return true
		}
	}
	return false
}

func all(conditions []condition, f *Field) bool {
	for i := range conditions {
		if !conditions[i].satisfied(f) {
			return false
		}
	}
	return true
}

// arn returns the ARN of a resource, or the prefix that stands for many.
func (r *Resource) arn() *Field {
	if r.ARN.Present {
		return &r.ARN
	}
	return &r.ARNPrefix
}

func (c *condition) satisfied(f *Field) bool {
	if !f.Present {
		return c.take.empty()
	}
	return (c.take.empty() || c.take.fit(f.Text)) && !c.refuse.fit(f.Text)
}

func (v *values) empty() bool { return len(v.equal)+len(v.prefixes)+len(v.suffixes)+len(v.set) == 0 }

func (v *values) fit(text string) bool {
	for _, e := range v.equal {
		if text == e {
			return true
		}
	}
	for _, p := range v.prefixes {
		if strings.HasPrefix(text, p) {
			return true
		}
	}
	for _, s := range v.suffixes {
		if strings.HasSuffix(text, s) {
			return true
		}
	}
	if v.set == nil {
		return false
	}
	_, ok := v.set[text]
	return ok
}
