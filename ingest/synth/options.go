package synth

import (
	"fmt"
	"time"
)

const (
	// DefaultEvents, DefaultDays and DefaultAccounts stand for zero in Options.
	DefaultEvents   = 10_000
	DefaultDays     = 7
	DefaultAccounts = 3

	// MaxEvents bounds Options.Events, so that products of event and file numbers fit in 63 bits.
	MaxEvents = 1 << 30
	// MaxDays is the longest span, ten years, as long as an event data store may keep events.
	MaxDays = 3653
	// MaxAccounts is the largest organization.
	MaxAccounts = 10_000
	// MaxEventsPerFile keeps the text of a file under the 50 MB that CloudTrail writes into one.
	MaxEventsPerFile = 20_000
)

// DefaultStart is the first day of an archive that names none: a Monday.
var DefaultStart = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

// Options say which archive to make. Equal options make equal archives, byte for byte,
// on every machine.
type Options struct {
	// Seed selects one of the archives that the other options describe.
	Seed uint64
	// Events is the number of distinct events, those of the story included; 0 means DefaultEvents.
	Events int
	// Days is the number of UTC days that the events lie in; 0 means DefaultDays.
	Days int
	// Accounts is the number of accounts; 0 means DefaultAccounts. More than one are an
	// organization, whose ID is then part of every path.
	Accounts int
	// Start is the first day; its time of day is dropped. Zero means DefaultStart.
	Start time.Time
	// EventsPerFile is the mean number of events in a file; 0 means between 20 and 500, by Events.
	EventsPerFile int
	// DuplicatePercent of the events are delivered a second time, in a file of the same
	// account, Region and minute, as two trails of one account do: 0 to 100.
	DuplicatePercent int
	// Story adds the intrusion that the package comment tells. It needs two accounts.
	Story bool
}

// withDefaults fills what is zero and checks the rest.
func (o Options) withDefaults() (Options, error) {
	if o.Events == 0 {
		o.Events = DefaultEvents
	}
	if o.Days == 0 {
		o.Days = DefaultDays
	}
	if o.Accounts == 0 {
		o.Accounts = DefaultAccounts
	}
	if o.Start.IsZero() {
		o.Start = DefaultStart
	}
	o.Start = o.Start.UTC().Truncate(24 * time.Hour)
	if o.EventsPerFile == 0 {
		o.EventsPerFile = min(max(o.Events/400, 20), 500)
	}
	for _, c := range []struct {
		name     string
		n        int
		low, top int
	}{
		{"events", o.Events, 1, MaxEvents},
		{"days", o.Days, 1, MaxDays},
		{"accounts", o.Accounts, 1, MaxAccounts},
		{"events per file", o.EventsPerFile, 1, MaxEventsPerFile},
		{"duplicate percent", o.DuplicatePercent, 0, 100},
		{"year of the start", o.Start.Year(), 1970, 9000},
	} {
		if c.n < c.low || c.n > c.top {
			return o, fmt.Errorf("generate archive: %s is %d, must be between %d and %d", c.name, c.n, c.low, c.top)
		}
	}
	if o.Story && o.Accounts < 2 {
		return o, fmt.Errorf("generate archive: the story needs two accounts, there is %d", o.Accounts)
	}
	if o.Story && o.Events < StoryEvents {
		return o, fmt.Errorf("generate archive: the story has %d events, the archive only %d", StoryEvents, o.Events)
	}
	return o, nil
}

// StoryStart is when the story begins under these options: 01:47 UTC of the third day, or of the
// last one of a shorter archive.
func (o Options) StoryStart() time.Time {
	if o.Start.IsZero() {
		o.Start = DefaultStart
	}
	if o.Days == 0 {
		o.Days = DefaultDays
	}
	day := o.Start.UTC().Truncate(24 * time.Hour)
	return day.AddDate(0, 0, min(2, o.Days-1)).Add(time.Hour + 47*time.Minute)
}
