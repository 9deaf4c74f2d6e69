package synth

import (
	"iter"
	"sort"
	"strings"
	"time"
)

const (
	slotSeconds = 300 // CloudTrail delivers about every five minutes
	// fillPerStoryFile is how many events of the population lie in a file with events of the story.
	fillPerStoryFile = 12
	// networkEvery is how many files there are for one of network activity.
	networkEvery = 100
)

// hourWeights is the share of the traffic by hour of a working day, UTC; at weekends only
// a part of what exceeds the quietest hour remains.
var hourWeights = [24]int{42, 40, 38, 38, 40, 46, 58, 72, 88, 100, 104, 102, 98, 102, 108, 108, 104, 96, 86, 76, 66, 58, 50, 46}

// File is one file of an archive.
type File struct {
	// Path is where the file lies, slashes between, from the root of the archive: AWSLogs/….
	Path string
	// Text is {"Records":[…]}, not compressed.
	Text []byte
	// Records is how many records it holds, Duplicates how many of them an earlier file holds too:
	// all or none.
	Records, Duplicates int
	// Management, Data and NetworkActivity count the records by category, also those of
	// event versions that do not write it.
	Management, Data, NetworkActivity int
	// Story counts the records of the story, but for duplicates.
	Story int

	spans []span // of the records in Text
}

type span struct {
	from, to int
	category string
}

// Record returns the i-th record: a part of Text.
func (f *File) Record(i int) []byte { return f.Text[f.spans[i].from:f.spans[i].to] }

// Generator makes an archive, a file at a time, in memory that does not grow with it.
// It is for one goroutine.
type Generator struct {
	source
	opts     Options
	seed     uint64
	catalog  *catalog
	accounts []*account
	outside  *account // stands for the others where there is one account only

	hourSums      []int // running sums of the weights of all hours
	regionSums    []int
	story         []storyFile
	nextStory     int
	fill          int // events of the population in each file of the story
	ordinary      int // events in ordinary files
	files         int // ordinary files
	nextFile      int
	pendingSecond bool // the file at hand is due again, for its duplicates

	// Of the file at hand.
	file       File
	slot       int64 // start of its five minutes
	account    *account
	region     string
	regionHash uint64
	floats     bool // numbers of bytes are written as floats
	daytime    bool
	busy       [8]struct{ role, instance int } // workloads that make most of its events

	// Of the event at hand.
	when       int64
	requestID  []byte
	caller     caller
	session    session
	assumed    session
	hasAssumed bool
	bound      [][]byte // values of variables
	boundList  []int
	arena      []byte // what values and JSON of the event are appended to
	name       []byte
	record     record
}

// New returns a generator at the start of the archive that opts describe, or says
// which of them is out of bounds.
func New(opts Options) (*Generator, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	c, err := loadCatalog()
	if err != nil {
		return nil, err
	}
	g := &Generator{opts: opts, seed: mix(opts.Seed), catalog: c, bound: make([][]byte, len(c.variables))}
	g.outside = &account{number: MaxAccounts, id: "888899990000"}
	for i := range opts.Accounts {
		g.accounts = append(g.accounts, newAccount(i))
	}
	sum := 0
	for hour := range opts.Days * 24 {
		sum += hourWeight(opts.Start.Add(time.Duration(hour) * time.Hour))
		g.hourSums = append(g.hourSums, sum)
	}
	sum = 0
	for _, r := range regions {
		sum += r.weight
		g.regionSums = append(g.regionSums, sum)
	}
	g.ordinary = opts.Events
	if opts.Story {
		g.story = storyFiles(g.tell(opts.StoryStart()))
		g.fill = min(fillPerStoryFile, opts.EventsPerFile)
		if opts.Events < StoryEvents+2*g.fill*len(g.story) {
			g.fill = 0
		}
		g.ordinary -= StoryEvents + g.fill*len(g.story)
	}
	g.files = (g.ordinary + opts.EventsPerFile - 1) / opts.EventsPerFile
	return g, nil
}

func hourWeight(t time.Time) int {
	const quiet = 38
	w := hourWeights[t.Hour()]
	if day := t.Weekday(); day == time.Saturday || day == time.Sunday {
		w = quiet + (w-quiet)*30/100
	}
	return w
}

// Next makes the next file. It is valid until the call after; nil is the end.
func (g *Generator) Next() *File {
	if g.pendingSecond {
		g.pendingSecond = false
		if g.deliverAgain() {
			return &g.file
		}
	}
	switch {
	case g.nextStory < len(g.story) && (g.nextFile >= g.files || g.story[g.nextStory].slot <= g.ordinarySlot(g.nextFile)):
		g.storyFile(g.nextStory)
		g.nextStory++
	case g.nextFile < g.files:
		g.ordinaryFile(g.nextFile)
		g.nextFile++
	default:
		return nil
	}
	g.pendingSecond = g.opts.DuplicatePercent > 0
	return &g.file
}

// firstEvent is the number of events in the ordinary files before file i; files differ in size.
func (g *Generator) firstEvent(i int) int {
	if i == 0 || i == g.files {
		return i / max(g.files, 1) * g.ordinary
	}
	jitter := int(hash(g.seed, 0xf11e, uint64(i))%81) - 40 // percent of a mean file
	return i*g.ordinary/g.files + jitter*(g.ordinary/g.files)/100
}

// ordinarySlot is the start of the five minutes of file i. Files are spread so that the
// rhythm of days and weeks shows in their number.
func (g *Generator) ordinarySlot(i int) int64 {
	total := g.hourSums[len(g.hourSums)-1]
	position := (i*total + int(hash(g.seed, 0x510, uint64(i))%uint64(total))) / g.files
	hour := sort.SearchInts(g.hourSums, position+1)
	before := 0
	if hour > 0 {
		before = g.hourSums[hour-1]
	}
	slot := (position - before) * (3600 / slotSeconds) / (g.hourSums[hour] - before)
	return g.opts.Start.Unix() + int64(hour)*3600 + int64(slot)*slotSeconds
}

func (g *Generator) ordinaryFile(i int) {
	from, to := g.firstEvent(i), g.firstEvent(i+1)
	g.begin(hash(g.seed, 0xf, uint64(i)), g.ordinarySlot(i))
	g.account = g.accounts[g.skewed(len(g.accounts))]
	g.setRegion(regions[sort.SearchInts(g.regionSums, g.below(g.regionSums[len(g.regionSums)-1])+1)].name)
	folder := "CloudTrail"
	if g.files > 1 && i%networkEvery == min(7, g.files-1) {
		folder = "CloudTrail-NetworkActivity"
	}
	base := uint64(len(g.story)*g.fill + from)
	if g.opts.Story {
		base += uint64(StoryEvents)
	}
	g.fillFile(folder, base, to-from, nil)
}

func (g *Generator) storyFile(i int) {
	s := &g.story[i]
	g.begin(hash(g.seed, 0x5f, uint64(i)), s.slot)
	g.account = g.accounts[s.account]
	g.setRegion(s.region)
	g.fillFile(s.folder, uint64(StoryEvents+i*g.fill), g.fill, s.events)
}

// begin starts a file with a state of its own, so that files do not depend on each other.
func (g *Generator) begin(seed uint64, slot int64) {
	g.pcg.Seed(seed, g.seed)
	g.slot = slot
	hour := time.Unix(slot, 0).UTC()
	g.daytime = hour.Hour() >= 6 && hour.Hour() < 20 && hour.Weekday() != time.Saturday && hour.Weekday() != time.Sunday
	g.floats = g.percent(60)
	for i := range g.busy {
		g.busy[i].role, g.busy[i].instance = g.skewed(24), g.skewed(12)
	}
	g.file = File{Text: append(g.file.Text[:0], `{"Records":[`...), spans: g.file.spans[:0]}
}

func (g *Generator) setRegion(name string) {
	g.region, g.regionHash = name, hashText(name)
}

// fillFile writes n events of the population, numbered from base, and those of the story among them.
func (g *Generator) fillFile(folder string, base uint64, n int, story []storyEvent) {
	ordered := g.percent(80)
	for k := range n {
		offset := g.below(slotSeconds)
		if ordered {
			offset = (k*slotSeconds + offset) / n
		}
		g.when = g.slot + int64(offset)
		for len(story) > 0 && story[0].when <= g.when {
			g.storyEvent(&story[0])
			story = story[1:]
		}
		g.event(folder, base+uint64(k))
	}
	for i := range story {
		g.storyEvent(&story[i])
	}
	g.end(folder)
}

// add appends g.record to the file.
func (g *Generator) add() {
	f := &g.file
	from := f.comma()
	f.Text = appendRecord(f.Text, g.seed, &g.record)
	f.count(span{from, len(f.Text), g.record.category})
}

// comma separates the next record from the one before, and returns where it begins.
func (f *File) comma() int {
	if f.Records > 0 {
		f.Text = append(f.Text, ',')
	}
	return len(f.Text)
}

// count counts a record that has been appended.
func (f *File) count(s span) {
	f.spans = append(f.spans, s)
	f.Records++
	switch s.category {
	case "Data":
		f.Data++
	case "NetworkActivity":
		f.NetworkActivity++
	default:
		f.Management++
	}
}

// end closes the file and names it.
func (g *Generator) end(folder string) {
	g.file.Text = append(g.file.Text, `]}`...)
	b := append(g.arena[:0], "AWSLogs/"...)
	if g.opts.Accounts > 1 {
		b = append(b, OrganizationID+"/"...)
	}
	published := time.Unix(g.slot+slotSeconds+int64(60*g.below(5)), 0).UTC()
	b = append(append(b, g.account.id...), '/')
	b = append(append(append(append(b, folder...), '/'), g.region...), '/')
	b = published.AppendFormat(b, "2006/01/02/")
	b = append(append(append(append(b, g.account.id...), '_'), folder...), '_')
	b = append(append(b, g.region...), '_')
	b = append(published.AppendFormat(b, "20060102T1504Z"), '_')
	b = appendDigits(b, g.pcg.Uint64(), 16, fileDigits, 6)
	g.file.Path = string(append(b, ".json.gz"...))
	g.arena = b[:0]
}

// deliverAgain turns the file at hand into a second one, with those of its records that are
// delivered twice; it reports whether there are any.
func (g *Generator) deliverAgain() bool {
	f := &g.file
	again := File{Path: f.Path, Text: append([]byte(nil), `{"Records":[`...)}
	for i, s := range f.spans {
		if g.percent(g.opts.DuplicatePercent) {
			from := again.comma()
			again.Text = append(again.Text, f.Record(i)...)
			again.count(span{from, len(again.Text), s.category})
		}
	}
	if again.Records == 0 {
		return false
	}
	again.Text = append(again.Text, `]}`...)
	again.Duplicates = again.Records
	suffix := len(f.Path) - len("0123456789abcdef.json.gz")
	b := appendDigits([]byte(f.Path[:suffix]), g.pcg.Uint64(), 16, fileDigits, 6)
	again.Path = string(append(b, ".json.gz"...))
	*f = again
	return true
}

func (g *Generator) otherAccount() *account {
	n := len(g.accounts)
	if n == 1 {
		return g.outside
	}
	return g.accounts[(int(g.account.number)+1+g.below(n-1))%n]
}

// text joins strings.
func (g *Generator) text(parts ...string) string { return strings.Join(parts, "") }

// Records yields the records of all files that are left, each valid until the next.
func (g *Generator) Records() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for f := g.Next(); f != nil; f = g.Next() {
			for i := range f.Records {
				if !yield(f.Record(i)) {
					return
				}
			}
		}
	}
}
