package record

// Text is the text of a member: decoded. Present is false where the member is absent or null.
type Text struct {
	Bytes   []byte
	Present bool
}

// Resource is an element of the member "resources".
type Resource struct{ Type, ARN, ARNPrefix Text }

// Event is what decides over a record before its columns are built: when it happened and
// which event it is. Its bytes belong to the Collector (or to the text) and are valid until the next Read.
type Event struct {
	// Time is eventTime in milliseconds since 1970, UTC, if HasTime.
	Time    int64
	HasTime bool

	EventTime, EventID, RecipientAccountID Text
	// EventCategory and EventType say for which kind of store it is.
	EventCategory, EventType Text
}

// Selection is what selectors look at.
type Selection struct {
	EventCategory, EventSource, EventName           Text
	EventType, ReadOnly, ManagementEvent, ErrorCode Text
	VPCEndpointID, SessionCredentialFromConsole     Text
	UserIdentityARN                                 Text
	Resources                                       []Resource
}

// eventReader finds the members of Event and Selection among those that a Collector has noted.
type eventReader struct {
	of                  *Collector
	event               Event
	selection           Selection
	ofEvent, selected   []memberText
	identity, resources int
	scratch             []byte
	days                dayTimes
}

// noChild stands for a member that the table has no column for.
const noChild = -1

// memberText says where the text of a member goes.
type memberText struct {
	child int
	at    *Text
}

func (r *eventReader) bind(of *Collector) {
	r.of = of
	child := func(name string) int {
		if i, ok := of.members.names[name]; ok {
			return i
		}
		return noChild
	}
	member := func(name string, at *Text) memberText { return memberText{child(name), at} }
	e, s := &r.event, &r.selection
	r.ofEvent = []memberText{member("eventTime", &e.EventTime), member("eventID", &e.EventID),
		member("recipientAccountId", &e.RecipientAccountID),
		member("eventCategory", &e.EventCategory), member("eventType", &e.EventType)}
	r.selected = []memberText{member("eventCategory", &s.EventCategory), member("eventSource", &s.EventSource),
		member("eventName", &s.EventName), member("eventType", &s.EventType), member("readOnly", &s.ReadOnly),
		member("managementEvent", &s.ManagementEvent), member("errorCode", &s.ErrorCode),
		member("vpcEndpointId", &s.VPCEndpointID), member("sessionCredentialFromConsole", &s.SessionCredentialFromConsole)}
	r.identity, r.resources = child("userIdentity"), child("resources")
}

func (r *eventReader) read(text []byte) *Event {
	e := &r.event
	r.scratch = r.scratch[:0]
	r.texts(text, r.ofEvent)
	e.Time, e.HasTime = 0, false
	if e.EventTime.Present {
		e.Time, e.HasTime = r.days.parse(e.EventTime.Bytes)
	}
	return e
}

// dayTimes is ParseTime for times that are mostly of one day, and as CloudTrail writes them: 2025-01-22T22:05:56Z.
type dayTimes struct {
	date   [dateBytes]byte // that was met last, with the T
	millis int64           // at its midnight
}

const dateBytes = len("2025-01-22T")

func (d *dayTimes) parse(text []byte) (millis int64, ok bool) {
	if len(text) != dateBytes+len("22:05:56Z") || text[dateBytes-1] != 'T' || text[len(text)-1] != 'Z' {
		return ParseTime(text)
	}
	clock := text[dateBytes:]
	hour, minute, second := twoDigits(clock), twoDigits(clock[3:]), twoDigits(clock[6:])
	if hour > 23 || minute > 59 || second > 59 || clock[2] != ':' || clock[5] != ':' {
		return ParseTime(text)
	}
	within := int64((hour*60+minute)*60+second) * 1000
	if string(text[:dateBytes]) == string(d.date[:]) {
		return d.millis + within, true
	}
	if millis, ok = ParseTime(text); ok {
		d.millis = millis - within
		copy(d.date[:], text)
	}
	return millis, ok
}

// twoDigits returns the number that begins text; a larger one than any of two digits if there is none.
func twoDigits(text []byte) uint {
	tens, units := uint(text[0]-'0'), uint(text[1]-'0')
	if tens > 9 || units > 9 {
		return 100
	}
	return tens*10 + units
}

func (r *eventReader) texts(text []byte, members []memberText) {
	for _, t := range members {
		*t.at = Text{}
		if value, ok := r.of.find(t.child); ok {
			*t.at = r.text(text, value)
		}
	}
}

func (r *eventReader) readSelection(text []byte) *Selection {
	e := &r.selection
	r.texts(text, r.selected)
	e.UserIdentityARN = Text{}
	if r.identity == noChild {
		e.Resources = e.Resources[:0]
		return e // a table of another kind, whose events are selected by category alone
	}
	if value, ok := r.of.find(r.identity); ok && value.Kind == Object {
		for w := walk(text, value); ; {
			name, value, ok := w.member()
			if !ok {
				break
			}
			if string(text[name.From:name.To]) == `"arn"` {
				e.UserIdentityARN = r.text(text, value)
			}
		}
	}
	e.Resources = e.Resources[:0]
	if value, ok := r.of.find(r.resources); ok && value.Kind == Array {
		for w := walk(text, value); ; {
			value, ok := w.element()
			if !ok {
				break
			}
			if value.Kind == Object {
				e.Resources = append(e.Resources, r.resource(text, value))
			}
		}
	}
	return e
}

func (r *eventReader) resource(text []byte, object Span) Resource {
	var found Resource
	for w := walk(text, object); ; {
		name, value, ok := w.member()
		if !ok {
			return found
		}
		switch string(text[name.From:name.To]) {
		case `"type"`:
			found.Type = r.text(text, value)
		case `"ARN"`, `"arn"`:
			found.ARN = r.text(text, value)
		case `"ARNPrefix"`:
			found.ARNPrefix = r.text(text, value)
		}
	}
}

// text returns the text of a value as a string column has it.
func (r *eventReader) text(text []byte, value Span) Text {
	token := text[value.From:value.To]
	switch value.Kind {
	case Null:
		return Text{}
	case String:
		if !value.Escaped {
			return Text{token[1 : len(token)-1], true}
		}
		from := len(r.scratch)
		r.scratch = appendString(r.scratch, token, true)
		return Text{r.scratch[from:], true}
	}
	return Text{token, true}
}
