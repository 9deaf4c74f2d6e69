package format

import (
	"strings"

	"github.com/ctlake/ctlake/ingest/record"
)

// eventBridge is an event of EventBridge: its detail is the record, if its detail-type
// ends in "via CloudTrail"; tests and redacted logs have other types.
var eventBridge = form{
	name: formEventBridge,
	match: func(o *object) bool {
		return o.is("detail-type", record.String) && (o.is("detail", record.Object) || o.is("detail", record.String))
	},
	read: func(t *text, o *object) (outcome, error) {
		typ, _ := o.string("detail-type")
		if strings.HasSuffix(typ, "via CloudTrail") {
			return t.must(o, "detail")
		}
		before := t.records
		if _, err := t.inside(o, "detail"); err != nil || t.records > before {
			return outcome{}, err
		}
		return outcome{none: `an EventBridge event "` + typ + `"`, known: true}, nil
	},
}
