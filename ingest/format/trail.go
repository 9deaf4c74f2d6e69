package format

import "github.com/ctlake/ctlake/ingest/record"

// trailMember is the only member of a trail's files.
const trailMember = "Records"

// trailFile is what trails deliver to S3, {"Records":[…]}, Insights and network activity
// included; the console's download of Event history has the same form. Files of other
// services have it, too: their elements are told apart one by one.
var trailFile = form{
	name:  formTrail,
	match: func(o *object) bool { return o.is(trailMember, record.Array) },
	read: func(t *text, o *object) (outcome, error) {
		out, err := t.list(o, trailMember)
		for i, m := range o.scan.Members {
			if err != nil || string(nameIn(o.text, m.Name)) == `"`+trailMember+`"` || !mentionsEvents(o.text[m.Value.From:m.Value.To]) {
				continue
			}
			err = t.quiet(func() error { // records that stand beside are records, too
				_, err := t.child(o, i)
				return err
			})
		}
		return out, err
	},
}
