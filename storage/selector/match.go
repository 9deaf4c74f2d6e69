package selector

import "strings"

// Field is the text of a member of an event, if it is present. The text may alias the
// caller's buffers; Match keeps nothing.
type Field struct {
	Text    string
	Present bool
}

// Resource is an element of the event's resources.
type Resource struct{ Type, ARN, ARNPrefix Field }

// Event is what selectors look at. Category is the event's own or that of Category.
type Event struct {
	Category                     string
	ReadOnly, EventSource        Field
	EventName, EventType         Field
	UserIdentityARN, ErrorCode   Field
	VPCEndpointID                Field
	SessionCredentialFromConsole Field
	Resources                    []Resource
	ManagementEvent              Field // for DeriveCategory
}

// DeriveCategory returns the category of an event that does not name one (those before
// eventVersion 1.07): Insight by its type, Data where it says that it is no management event or is
// a call on an object, a function or an item, else Management.
func DeriveCategory(e *Event) string {
	switch {
	case strings.EqualFold(e.EventType.Text, "AwsCloudTrailInsight"):
		return Insight
	case e.ManagementEvent.Text == "false":
		return Data
	case e.ManagementEvent.Text == "true":
		return Management
	}
	switch e.EventSource.Text {
	case "s3.amazonaws.com":
		for _, r := range e.Resources {
			if r.Type.Text == "AWS::S3::Object" {
				return Data
			}
		}
		switch e.EventName.Text {
		case "GetObject", "PutObject", "DeleteObject", "HeadObject", "CopyObject", "GetObjectAcl", "PutObjectAcl", "DeleteObjects",
			"CreateMultipartUpload", "UploadPart", "UploadPartCopy", "CompleteMultipartUpload", "AbortMultipartUpload",
			"GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging", "RestoreObject", "SelectObjectContent":
			return Data
		}
	case "lambda.amazonaws.com":
		if e.EventName.Text == "Invoke" || e.EventName.Text == "InvokeExecution" {
			return Data
		}
	case "dynamodb.amazonaws.com":
		switch e.EventName.Text {
		case "GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem", "Query", "Scan",
			"TransactGetItems", "TransactWriteItems", "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction":
			return Data
		}
	}
	return Management
}

// Program is a compiled list of selectors, safe for concurrent use. Match does not allocate.
type Program struct{ selectors []compiled }

type compiled struct {
	category string
	fields   []condition
	// Conditions on one element of resources.
	resourceType, resourceARN *condition
	source                    *Selector
}

type condition struct {
	field func(e *Event) Field // nil for those on resources
	FieldSelector
	take bool // there is a value of Equals, StartsWith or EndsWith
}

var accessors = map[string]func(e *Event) Field{
	"readOnly":                     func(e *Event) Field { return e.ReadOnly },
	"eventSource":                  func(e *Event) Field { return e.EventSource },
	"eventName":                    func(e *Event) Field { return e.EventName },
	"eventType":                    func(e *Event) Field { return e.EventType },
	"userIdentity.arn":             func(e *Event) Field { return e.UserIdentityARN },
	"errorCode":                    func(e *Event) Field { return e.ErrorCode },
	"vpcEndpointId":                func(e *Event) Field { return e.VPCEndpointID },
	"sessionCredentialFromConsole": func(e *Event) Field { return e.SessionCredentialFromConsole },
}

// Compile prepares valid selectors for matching; invalid ones are refused as by Validate.
// Conditions on the same field are ANDed.
func Compile(selectors []Selector) (*Program, error) {
	if err := Validate(selectors); err != nil {
		return nil, err
	}
	p := &Program{}
	for i := range selectors {
		s := compiled{category: selectors[i].category(), source: &selectors[i]}
		for _, f := range selectors[i].FieldSelectors {
			c := condition{FieldSelector: f, take: len(f.Equals)+len(f.StartsWith)+len(f.EndsWith) > 0}
			switch f.Field {
			case "eventCategory":
			case "resources.type":
				s.resourceType = &c
			case "resources.ARN":
				if s.resourceARN != nil {
					return nil, &Error{Selector: i + 1, Name: selectors[i].Name, Field: f.Field, Reason: "it stands twice: put all its conditions into one field selector"}
				}
				s.resourceARN = &c
			default:
				c.field = accessors[f.Field]
				s.fields = append(s.fields, c)
			}
		}
		p.selectors = append(p.selectors, s)
	}
	return p, nil
}

// Match reports whether one of the selectors takes the event.
func (p *Program) Match(e *Event) bool {
	for i := range p.selectors {
		if p.selectors[i].decide(e) == "" {
			return true
		}
	}
	return false
}

// Explain returns, for each selector, the field that made it refuse the event, "" if it takes it.
func (p *Program) Explain(e *Event) []string {
	out := make([]string, len(p.selectors))
	for i := range p.selectors {
		out[i] = p.selectors[i].decide(e)
	}
	return out
}

// decide returns "" if the selector takes the event, else the field that refused it.
func (s *compiled) decide(e *Event) string {
	if s.category != e.Category {
		return "eventCategory"
	}
	for i := range s.fields {
		c := &s.fields[i]
		if !c.matches(c.field(e)) {
			return c.Field
		}
	}
	if s.resourceType == nil {
		return ""
	}
	refused := "resources.type"
	for i := range e.Resources {
		r := &e.Resources[i]
		if !s.resourceType.matches(r.Type) {
			continue
		}
		if s.resourceARN == nil || s.resourceARN.matches(r.arn()) {
			return ""
		}
		refused = "resources.ARN"
	}
	return refused
}

// arn returns the ARN of a resource, or the prefix that stands for many.
func (r *Resource) arn() Field {
	if r.ARN.Present {
		return r.ARN
	}
	return r.ARNPrefix
}

func (c *condition) matches(f Field) bool {
	if !f.Present {
		return !c.take
	}
	if c.take && !fits(f.Text, c.Equals, c.StartsWith, c.EndsWith) {
		return false
	}
	return !fits(f.Text, c.NotEquals, c.NotStartsWith, c.NotEndsWith)
}

func fits(text string, equal, prefixes, suffixes []string) bool {
	for _, v := range equal {
		if text == v {
			return true
		}
	}
	for _, v := range prefixes {
		if strings.HasPrefix(text, v) {
			return true
		}
	}
	for _, v := range suffixes {
		if strings.HasSuffix(text, v) {
			return true
		}
	}
	return false
}
