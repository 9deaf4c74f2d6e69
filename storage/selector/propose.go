package selector

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Traffic is what events of one name amount to.
type Traffic struct {
	Category string `json:"eventCategory"`
	Source   string `json:"eventSource"`
	Name     string `json:"eventName"`
	// ResourceType is, of data events, the type by which a selector may take them; "" if there is none.
	ResourceType string `json:"resourceType,omitempty"`
	Events       int64  `json:"events"`
	Bytes        int64  `json:"bytes"`
}

// TrafficOf returns what an event is counted under. Its texts alias the event's.
func TrafficOf(e *Event) Traffic {
	t := Traffic{Category: e.Category, Source: e.EventSource.Text, Name: e.EventName.Text}
	if e.Category != Data {
		return t
	}
	for i := range e.Resources {
		r := &e.Resources[i].Type
		if slices.Contains(resourceTypes, r.Text) {
			t.ResourceType = r.Text
			break
		}
	}
	return t
}

// Clone returns a copy that shares no memory with the event.
func (t Traffic) Clone() Traffic {
	t.Category, t.Source = strings.Clone(t.Category), strings.Clone(t.Source)
	t.Name, t.ResourceType = strings.Clone(t.Name), strings.Clone(t.ResourceType)
	return t
}

// Compare orders by bytes, the most first, then by name.
func (t Traffic) Compare(o Traffic) int {
	return cmp.Or(cmp.Compare(o.Bytes, t.Bytes), strings.Compare(t.Category, o.Category), strings.Compare(t.Source, o.Source),
		strings.Compare(t.Name, o.Name), strings.Compare(t.ResourceType, o.ResourceType))
}

const (
	// noisyPercent is which share of all bytes makes events of one name noisy.
	noisyPercent = 10
	// maxNoisy is how many names are proposed to be left out at most.
	maxNoisy = 10
)

// Propose returns selectors that take all of the traffic but the noisiest names, and what they leave
// out: those names, and what no selector of CloudTrail events can take, such as data events without a resource. nil if nothing is noisy, or if it would
// leave nothing. Names that selectors cannot tell apart from others are kept. traffic is in the order of Compare.
func Propose(traffic []Traffic) (proposed []Selector, left []Traffic) {
	total := int64(0)
	for _, t := range traffic {
		total += t.Bytes
	}
	var kept []Traffic
	for _, t := range traffic {
		if len(left) < maxNoisy && t.droppable() && t.Bytes*100 >= total*noisyPercent {
			left = append(left, t)
		} else {
			kept = append(kept, t)
		}
	}
	if len(left) == 0 || len(kept) == 0 {
		return nil, nil
	}
	proposed = slices.Concat(management(kept, left), perScope(Data, kept, left), perScope(NetworkActivity, kept, left))
	program, err := Compile(proposed)
	if err != nil || len(proposed) == 0 {
		return nil, nil // more values than AWS allows, or text of events that is none for selectors
	}
	left = left[:0]
	for _, t := range traffic {
		if !program.Match(t.event()) {
			left = append(left, t)
		}
	}
	return proposed, left
}

// event returns an event that is counted under t.
func (t Traffic) event() *Event {
	e := &Event{Category: t.Category, EventSource: Field{t.Source, t.Source != ""}, EventName: Field{t.Name, t.Name != ""}}
	if t.ResourceType != "" {
		e.Resources = []Resource{{Type: Field{t.ResourceType, true}}}
	}
	return e
}

// droppable reports whether selectors can leave out these events alone.
func (t Traffic) droppable() bool {
	switch t.Category {
	case Management, NetworkActivity:
		return t.Source != "" && t.Name != ""
	case Data:
		return t.ResourceType != "" && t.Name != ""
	}
	return false
}

// management keeps all management events but those left out: those of other sources, and of each
// source with something left out those of other names.
func management(kept, left []Traffic) (out []Selector) {
	names, sources := map[string][]string{}, []string{}
	for _, t := range left {
		if t.Category != Management {
			continue
		}
		if names[t.Source] == nil {
			sources = append(sources, t.Source)
		}
		names[t.Source] = append(names[t.Source], t.Name)
	}
	if !slices.ContainsFunc(kept, func(t Traffic) bool { return t.Category == Management }) {
		return nil
	}
	all := FieldSelector{Field: fieldCategory, Equals: []string{Management}}
	if len(sources) == 0 {
		return []Selector{{Name: "Management events", FieldSelectors: []FieldSelector{all}}}
	}
	slices.Sort(sources)
	out = append(out, Selector{Name: "Management events of other sources", FieldSelectors: []FieldSelector{all, {Field: fieldSource, NotEquals: sources}}})
	for _, s := range sources {
		if !slices.ContainsFunc(kept, func(t Traffic) bool { return t.Category == Management && t.Source == s }) {
			continue
		}
		slices.Sort(names[s])
		out = append(out, Selector{Name: fmt.Sprintf("Management events of %s but the noisiest", s), FieldSelectors: []FieldSelector{all,
			{Field: fieldSource, Equals: []string{s}}, {Field: fieldName, NotEquals: names[s]}}})
	}
	return out
}

// perScope keeps data events by resource type, or network activity by source: AWS wants a selector for each.
func perScope(category string, kept, left []Traffic) (out []Selector) {
	field, scopeOf := fieldResourceType, func(t Traffic) string { return t.ResourceType }
	if category == NetworkActivity {
		field, scopeOf = fieldSource, func(t Traffic) string { return t.Source }
	}
	var scopes []string
	for _, t := range kept {
		if t.Category == category && scopeOf(t) != "" && !slices.Contains(scopes, scopeOf(t)) {
			scopes = append(scopes, scopeOf(t))
		}
	}
	slices.Sort(scopes)
	for _, scope := range scopes {
		s := Selector{Name: category + " events of " + scope, FieldSelectors: []FieldSelector{
			{Field: fieldCategory, Equals: []string{category}}, {Field: field, Equals: []string{scope}}}}
		var names []string
		for _, t := range left {
			if t.Category == category && scopeOf(t) == scope && !slices.Contains(names, t.Name) {
				names = append(names, t.Name)
			}
		}
		if len(names) > 0 {
			slices.Sort(names)
			s.FieldSelectors = append(s.FieldSelectors, FieldSelector{Field: fieldName, NotEquals: names})
		}
		out = append(out, s)
	}
	return out
}
