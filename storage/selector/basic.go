package selector

import (
	"fmt"
	"slices"
	"strings"
)

// Limits of AWS on basic event selectors.
const (
	maxBasicSelectors = 5
	maxDataResources  = 250 // values, of all basic event selectors of a trail
)

// basicSelector is an event selector of a trail in the older form. Zero is AWS's default.
type basicSelector struct {
	readWriteType     string
	excludeManagement bool
	excludedSources   []string
	resources         []dataResource
}

type dataResource struct {
	kind string
	arns []string
}

// services are the resource types of basic event selectors, with the service in their ARNs.
var services = []struct{ kind, service string }{
	{"AWS::S3::Object", "s3"}, {"AWS::Lambda::Function", "lambda"}, {"AWS::DynamoDB::Table", "dynamodb"},
}

// excludable are the sources that basic event selectors may leave out.
var excludable = []string{"kms.amazonaws.com", "rdsdata.amazonaws.com"}

// basicSelectors reads basic event selectors and returns the advanced ones that take the
// same events.
func (r *reader) basicSelectors() (selectors []Selector, err error) {
	defer func() { r.within = Error{} }()
	arns := 0
	err = r.list("EventSelectors", func(i int) error {
		r.within = Error{Selector: i + 1}
		offset := r.offset()
		if i == maxBasicSelectors {
			return r.fail(offset, "a trail has at most %d basic event selectors", maxBasicSelectors)
		}
		b, err := r.basicSelector()
		if err != nil {
			return err
		}
		for _, d := range b.resources {
			arns += len(d.arns)
		}
		if arns > maxDataResources {
			return r.fail(offset, "%d values of DataResources; a trail has at most %d", arns, maxDataResources)
		}
		converted := b.convert()
		if len(converted) == 0 {
			return r.fail(offset, "it takes no events: IncludeManagementEvents is false, and there are no DataResources")
		}
		selectors = append(selectors, converted...)
		return nil
	})
	return selectors, err
}

func (r *reader) basicSelector() (b basicSelector, err error) {
	err = r.object("an event selector", func(name string, offset int64) (err error) {
		known := []string{"ReadWriteType", "IncludeManagementEvents", "ExcludeManagementEventSources", "DataResources"}
		if !slices.Contains(known, name) {
			return r.unknown(offset, name, "a basic event selector has", known...)
		}
		if r.null() {
			return nil
		}
		r.within.Field = name
		offset = r.offset()
		switch name {
		case "ReadWriteType":
			b.readWriteType, err = r.string(name)
			if err == nil && !slices.Contains([]string{"All", "ReadOnly", "WriteOnly"}, b.readWriteType) {
				err = r.failValue(offset, b.readWriteType, "it must be All, ReadOnly or WriteOnly")
			}
		case "IncludeManagementEvents":
			var include bool
			include, err = r.boolean(name)
			b.excludeManagement = !include
		case "ExcludeManagementEventSources":
			b.excludedSources, err = r.strings(name)
			for _, s := range b.excludedSources {
				if err == nil && !slices.Contains(excludable, s) {
					err = r.failValue(offset, s, "it must be "+enumerate(excludable, "or"))
				}
			}
		case "DataResources":
			err = r.list(name, func(int) error {
				d, err := r.dataResource()
				b.resources = append(b.resources, d)
				return err
			})
		}
		r.within.Field = ""
		return err
	})
	return b, err
}

func (r *reader) dataResource() (d dataResource, err error) {
	start := r.offset()
	r.within.Field = "DataResources"
	err = r.object("a data resource", func(name string, offset int64) (err error) {
		switch {
		case name != "Type" && name != "Values":
			return r.unknown(offset, name, "a data resource has", "Type", "Values")
		case r.null():
		case name == "Type":
			d.kind, err = r.string(name)
		default:
			d.arns, err = r.strings(name)
		}
		return err
	})
	if err != nil {
		return d, err
	}
	r.within.Field = "DataResources.Type"
	at := -1
	kinds := make([]string, len(services))
	for i, s := range services {
		kinds[i] = s.kind
		if s.kind == d.kind {
			at = i
		}
	}
	if at < 0 {
		return d, r.failValue(start, d.kind, "it must be "+enumerate(kinds, "or"))
	}
	r.within.Field = "DataResources.Values"
	service := services[at].service
	if len(d.arns) == 0 {
		return d, r.fail(start, "it has no values; arn:aws:%s stands for all", service)
	}
	for _, arn := range d.arns {
		parts := strings.SplitN(arn, ":", 4)
		if len(parts) < 3 || parts[0] != "arn" || parts[1] == "" || parts[2] != service || strings.Contains(arn, "*") {
			return d, r.failValue(start, arn, fmt.Sprintf("it must be the beginning of an ARN, without wildcards; arn:aws:%s stands for all", service))
		}
	}
	return d, nil
}

// failValue is fail, naming a value.
func (r *reader) failValue(offset int64, value, reason string) error {
	r.within.Value = clipped(value)
	defer func() { r.within.Value = "" }()
	return r.fail(offset, "%s", reason)
}

// convert returns the advanced selectors that take the same events.
func (b *basicSelector) convert() (selectors []Selector) {
	var readOnly []FieldSelector
	switch b.readWriteType {
	case "ReadOnly":
		readOnly = []FieldSelector{{Field: "readOnly", Equals: []string{"true"}}}
	case "WriteOnly":
		readOnly = []FieldSelector{{Field: "readOnly", Equals: []string{"false"}}}
	}
	if !b.excludeManagement {
		s := Selector{Name: "Management events selector",
			FieldSelectors: append([]FieldSelector{{Field: fieldCategory, Equals: []string{Management}}}, readOnly...)}
		if len(b.excludedSources) > 0 {
			s.FieldSelectors = append(s.FieldSelectors, FieldSelector{Field: fieldSource, NotEquals: b.excludedSources})
		}
		selectors = append(selectors, s)
	}
	for _, d := range b.resources {
		s := Selector{Name: d.kind, FieldSelectors: append([]FieldSelector{
			{Field: fieldCategory, Equals: []string{Data}}, {Field: fieldResourceType, Equals: []string{d.kind}}}, readOnly...)}
		if !d.all() {
			f := FieldSelector{Field: fieldResourceARN, StartsWith: d.arns}
			if d.kind == "AWS::Lambda::Function" { // whole ARNs: helloworld is not helloworld2
				f.StartsWith, f.Equals = nil, d.arns
			}
			s.FieldSelectors = append(s.FieldSelectors, f)
		}
		selectors = append(selectors, s)
	}
	return selectors
}

// all reports whether one of the ARNs is that of the service, which stands for all resources.
func (d *dataResource) all() bool {
	return slices.ContainsFunc(d.arns, func(arn string) bool { return strings.Count(arn, ":") == 2 })
}
