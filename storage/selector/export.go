package selector

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Exports of infrastructure as code hold selectors deeper down, beside much else:
//
//	CloudFormation  {"Resources": {NAME: {"Type": "AWS::CloudTrail::EventDataStore", "Properties": {…}}}}
//	                {"TemplateBody": {"Resources": …}}, as get-template prints it
//	Terraform       {"format_version": …, "values" | "planned_values": {"root_module": {"resources": [{"type": …, "values": {…}}]}}}
//	                {"terraform_version": …, "resources": [{"type": …, "instances": [{"attributes": {…}}]}]}, a state file
//	                {"resource": {TYPE: {NAME: {…}}}}, configuration as JSON
//
// In Terraform's, members have names of their own, and what is not set is null or an empty list.

// exported is a resource of an export that may have selectors.
type exported struct {
	name  string          // as the export has it
	store bool            // an event data store, not a trail
	body  json.RawMessage // an object whose members are those of the resource
}

// exportKinds are the types of resources that have selectors, and whether they are event data stores.
var exportKinds = map[string]bool{
	"AWS::CloudTrail::EventDataStore": true, "AWS::CloudTrail::Trail": false,
	"aws_cloudtrail_event_data_store": true, "aws_cloudtrail": false,
	"awscc_cloudtrail_event_data_store": true, "awscc_cloudtrail_trail": false,
}

// maxModuleDepth bounds how deep modules of Terraform lie in each other.
const maxModuleDepth = 32

// terraformNames are the names that Terraform's providers give to AWS's members.
var terraformNames = map[string]string{
	"advanced_event_selector": "AdvancedEventSelectors", "advanced_event_selectors": "AdvancedEventSelectors",
	"name": "Name", "field_selector": "FieldSelectors", "field_selectors": "FieldSelectors", "field": "Field",
	"equals": "Equals", "starts_with": "StartsWith", "ends_with": "EndsWith",
	"not_equals": "NotEquals", "not_starts_with": "NotStartsWith", "not_ends_with": "NotEndsWith",
	"event_selector": "EventSelectors", "event_selectors": "EventSelectors", "read_write_type": "ReadWriteType",
	"include_management_events": "IncludeManagementEvents", "exclude_management_event_sources": "ExcludeManagementEventSources",
	"data_resource": "DataResources", "data_resources": "DataResources", "type": "Type", "values": "Values",
}

// openExport looks whether the text, an object, is an export. If so, the reader goes on with the one
// resource in it that has selectors.
func (r *reader) openExport(body []byte) (is bool, err error) {
	format, found, err := exportsIn(body)
	if format == "" || err != nil {
		return false, err
	}
	stores := slices.DeleteFunc(slices.Clone(found), func(e exported) bool { return !e.store })
	if len(stores) > 0 {
		found = stores
	}
	switch len(found) {
	case 0:
		return false, &Error{Reason: "the export of " + format + " has neither an event data store of CloudTrail nor a trail"}
	case 1:
	default:
		names := make([]string, len(found))
		for i, e := range found {
			names[i] = clipped(e.name)
		}
		return false, &Error{Reason: fmt.Sprintf("the export of %s has %d of them, %s; leave one", format, len(found), enumerate(names, "and"))}
	}
	e := found[0]
	r.terraform = format == "Terraform"
	r.skipped += int64(max(bytes.Index(body, e.body), 0))
	r.decoder = json.NewDecoder(bytes.NewReader(e.body))
	return true, nil
}

// exportsIn returns the format of an export and what it has of CloudTrail; "" if text is none. Parts of
// another form than they should have are passed over.
func exportsIn(text json.RawMessage) (format string, found []exported, err error) {
	top := members(text)
	switch {
	case top["TemplateBody"] != nil:
		if members(top["TemplateBody"]) == nil {
			return "", nil, &Error{Reason: "the TemplateBody is no JSON object; of a template in YAML make one in JSON first"}
		}
		return exportsIn(top["TemplateBody"])
	case top["Resources"] != nil:
		resources := members(top["Resources"])
		for _, name := range slices.Sorted(maps.Keys(resources)) {
			resource := members(resources[name])
			found = appendExported(found, name, str(resource["Type"]), resource["Properties"])
		}
		return "CloudFormation", found, nil
	case top["format_version"] != nil:
		for _, part := range []string{"values", "planned_values"} {
			if state := members(top[part]); state != nil {
				found = modulesIn(found, state["root_module"], 0)
				break
			}
		}
		return "Terraform", found, nil
	case top["terraform_version"] != nil && top["resources"] != nil:
		for _, text := range elements(top["resources"]) {
			resource := members(text)
			for _, instance := range elements(resource["instances"]) {
				found = appendExported(found, str(resource["type"])+"."+str(resource["name"]), str(resource["type"]), members(instance)["attributes"])
			}
		}
		return "Terraform", found, nil
	case top["resource"] != nil:
		kinds := members(top["resource"])
		for _, kind := range slices.Sorted(maps.Keys(kinds)) {
			resources := members(kinds[kind])
			for _, name := range slices.Sorted(maps.Keys(resources)) {
				bodies := elements(resources[name])
				if bodies == nil {
					bodies = []json.RawMessage{resources[name]}
				}
				for _, body := range bodies {
					found = appendExported(found, kind+"."+name, kind, body)
				}
			}
		}
		return "Terraform", found, nil
	}
	return "", nil, nil
}

func modulesIn(found []exported, text json.RawMessage, depth int) []exported {
	module := members(text)
	for _, text := range elements(module["resources"]) {
		resource := members(text)
		if str(resource["mode"]) != "data" {
			found = appendExported(found, str(resource["address"]), str(resource["type"]), resource["values"])
		}
	}
	if depth < maxModuleDepth {
		for _, child := range elements(module["child_modules"]) {
			found = modulesIn(found, child, depth+1)
		}
	}
	return found
}

func appendExported(found []exported, name, kind string, body json.RawMessage) []exported {
	store, known := exportKinds[kind]
	if !known {
		return found
	}
	if members(body) == nil {
		body = json.RawMessage("{}")
	}
	return append(found, exported{name: name, store: store, body: body})
}

// members returns the members of an object; nil if text is none.
func members(text json.RawMessage) (m map[string]json.RawMessage) {
	if json.Unmarshal(text, &m) != nil {
		return nil
	}
	return m
}

// elements returns the elements of a list; nil if text is none.
func elements(text json.RawMessage) (list []json.RawMessage) {
	if json.Unmarshal(text, &list) != nil {
		return nil
	}
	return list
}

// str returns a string; "" if text is none.
func str(text json.RawMessage) (s string) {
	if json.Unmarshal(text, &s) != nil {
		return ""
	}
	return s
}

// notJSONHint says what to do where a text seems to be in the form that people write.
func notJSONHint(body []byte) string {
	first := strings.TrimSpace(string(body[:min(len(body), 200)]))
	if first == "" || strings.IndexByte(`[{"-0123456789`, first[0]) >= 0 && !strings.HasPrefix(first, "---") {
		return ""
	}
	return "; of Terraform's configuration give what terraform show -json prints, of a CloudFormation template its JSON"
}
