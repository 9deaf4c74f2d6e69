package selector

import (
	"fmt"
	"slices"
	"strings"
)

// Verdict is what a program decides over an event, and why.
type Verdict struct {
	// Taken is the number, from 1, of the first selector that takes the event; 0 if none does.
	Taken int
	// Name is that selector's.
	Name string
	// Refusals has an entry for each selector, in their order, if none takes the event.
	Refusals []Refusal
}

// Refusal says why one selector does not take an event: the first of its conditions that is not satisfied.
type Refusal struct {
	Selector int // from 1
	Name     string
	Field    string
	// Found is what the event has in that field. Of resources it is that of the first
	// element that comes closest: one of the right type, if there is one.
	Found Field
	// Operator and Value are the NotEquals, NotStartsWith or NotEndsWith that hit; ""
	// if it is that no value of Equals, StartsWith and EndsWith fits.
	Operator, Value string
}

// Explain says which selector takes the event, or why each one does not. It agrees with Match.
func (p *Program) Explain(e *Event) Verdict {
	var v Verdict
	for i := range p.selectors {
		s := &p.selectors[i]
		if s.takes(e) {
			return Verdict{Taken: i + 1, Name: s.name}
		}
		r := s.refusal(e)
		r.Selector, r.Name = i+1, s.name
		v.Refusals = append(v.Refusals, r)
	}
	return v
}

// refusal returns why the selector, which does not take the event, does not.
func (s *compiled) refusal(e *Event) Refusal {
	if s.category != e.Category {
		return Refusal{Field: fieldCategory, Found: clone(Field{e.Category, e.Category != ""})}
	}
	for i := range s.fields {
		c := &s.fields[i]
		if f := e.field(c.field); !c.satisfied(f) {
			return c.refusal(*f)
		}
	}
	closest := Refusal{Field: fieldResourceType}
	found := false
	for i := range e.Resources {
		r := &e.Resources[i]
		if unmet := firstUnmet(s.resourceTypes, &r.Type); unmet != nil {
			if !found {
				closest, found = unmet.refusal(r.Type), true
			}
			continue
		}
		if unmet := firstUnmet(s.resourceARNs, r.arn()); unmet != nil {
			return unmet.refusal(*r.arn())
		}
	}
	return closest
}

func firstUnmet(conditions []condition, f *Field) *condition {
	at := slices.IndexFunc(conditions, func(c condition) bool { return !c.satisfied(f) })
	if at < 0 {
		return nil
	}
	return &conditions[at]
}

// refusal describes why the condition is not satisfied by f.
func (c *condition) refusal(f Field) Refusal {
	r := Refusal{Field: c.field, Found: clone(f)}
	if !f.Present || !c.take.empty() && !c.take.fit(f.Text) {
		return r
	}
	if _, ok := c.refuse.set[f.Text]; ok || slices.Contains(c.refuse.equal, f.Text) {
		r.Operator, r.Value = operatorNames[notEquals], r.Found.Text
		return r
	}
	for _, p := range c.refuse.prefixes {
		if strings.HasPrefix(f.Text, p) {
			r.Operator, r.Value = operatorNames[notStartsWith], p
			return r
		}
	}
	for _, s := range c.refuse.suffixes {
		if strings.HasSuffix(f.Text, s) {
			r.Operator, r.Value = operatorNames[notEndsWith], s
			return r
		}
	}
	return r
}

// clone makes a field independent of the caller's buffers: an explanation outlives the event.
func clone(f Field) Field { return Field{strings.Clone(f.Text), f.Present} }

// String returns the verdict as lines for people.
func (v Verdict) String() string {
	if v.Taken > 0 {
		return "taken by " + title(v.Taken, v.Name)
	}
	lines := make([]string, len(v.Refusals))
	for i, r := range v.Refusals {
		lines[i] = r.String()
	}
	return strings.Join(lines, "\n")
}

// String returns the refusal as a line for people.
func (r Refusal) String() string {
	text := "refused by " + title(r.Selector, r.Name) + ": "
	switch {
	case !r.Found.Present:
		return text + "the event has no " + r.Field
	case r.Operator != "":
		return text + fmt.Sprintf("%s is %q, which %s %q excludes", r.Field, r.Found.Text, r.Operator, r.Value)
	}
	return text + fmt.Sprintf("%s is %q, which is not selected", r.Field, r.Found.Text)
}

func title(number int, name string) string {
	if name == "" {
		return fmt.Sprintf("event selector %d", number)
	}
	return fmt.Sprintf("event selector %d (%q)", number, name)
}
