package synth

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// small is the archive most tests look at.
var small = Options{Seed: 7, Events: 8_000, Days: 5, Accounts: 4, DuplicatePercent: 3, Story: true}

func generator(t testing.TB, opts Options) *Generator {
	t.Helper()
	g, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// event is what tests read of a record.
type event struct {
	EventVersion, EventSource, EventName, EventTime, EventID, RequestID, EventType string
	AWSRegion, SourceIPAddress, UserAgent, ErrorCode, ErrorMessage                 string
	RecipientAccountID, SharedEventID, VPCEndpointID, EventCategory                string
	ManagementEvent, ReadOnly                                                      *bool
	UserIdentity                                                                   identity
	RequestParameters, ResponseElements, AdditionalEventData                       map[string]any
	Resources                                                                      []map[string]string
	Addendum                                                                       map[string]string
}

type identity struct {
	Type, ARN, AccountID, AccessKeyID, UserName, PrincipalID string
	SessionContext                                           struct {
		Attributes struct{ CreationDate string }
	}
}

func parse(t *testing.T, record []byte) (e event) {
	t.Helper()
	if err := json.Unmarshal(record, &e); err != nil {
		t.Fatalf("%v in %s", err, record)
	}
	return e
}

// digest is the hash of all paths and texts.
func digest(t *testing.T, opts Options) string {
	h := sha256.New()
	g := generator(t, opts)
	for f := g.Next(); f != nil; f = g.Next() {
		io.WriteString(h, f.Path)
		h.Write(f.Text)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func TestGolden(t *testing.T) {
	// These change with every change to what is generated, and only then.
	f := func(opts Options, want string) {
		t.Helper()
		if got := digest(t, opts); got != want {
			t.Errorf("%+v: got %s, want %s", opts, got, want)
		}
	}
	f(small, "694e1c97075d99b4")
	f(Options{Events: 1000, Accounts: 1}, "c2ed2a50505bb941")
	f(Options{Events: 1000, Accounts: 1, Seed: 1}, "dbdca45a0e75699f")
}

func TestWriteTwice(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	a, err := Write(one, small)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Write(two, small)
	if err != nil {
		t.Fatal(err)
	}
	if a != b {
		t.Errorf("summaries differ: %+v, %+v", a, b)
	}
	files, raw, packed := 0, int64(0), int64(0)
	err = filepath.WalkDir(one, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(one, path)
		x, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		y, err := os.ReadFile(filepath.Join(two, rel))
		if err != nil {
			return err
		}
		if !slices.Equal(x, y) {
			t.Errorf("%s differs", rel)
		}
		zr, err := gzip.NewReader(strings.NewReader(string(x)))
		if err != nil {
			return err
		}
		if zr.Name != "" || !zr.ModTime.IsZero() {
			t.Errorf("%s: name %q, time %v in the gzip header", rel, zr.Name, zr.ModTime)
		}
		text, err := io.ReadAll(zr)
		files, raw, packed = files+1, raw+int64(len(text)), packed+int64(len(x))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != a.Files || raw != a.RawBytes || packed != a.CompressedBytes {
		t.Errorf("%d files of %d and %d bytes, summary says %+v", files, raw, packed, a)
	}
}

func TestCountsAddUp(t *testing.T) {
	f := func(opts Options) {
		t.Helper()
		var s Summary
		ids := map[string]bool{}
		g := generator(t, opts)
		for file := g.Next(); file != nil; file = g.Next() {
			s.add(file)
			var envelope struct{ Records []json.RawMessage }
			if err := json.Unmarshal(file.Text, &envelope); err != nil {
				t.Fatalf("%s: %v", file.Path, err)
			}
			if len(envelope.Records) != file.Records {
				t.Errorf("%s has %d records, says %d", file.Path, len(envelope.Records), file.Records)
			}
			for i, raw := range envelope.Records {
				if string(raw) != string(file.Record(i)) {
					t.Fatalf("record %d of %s is not the one in its text", i, file.Path)
				}
				e := parse(t, raw)
				if again := ids[e.EventID]; again != (file.Duplicates > 0) {
					t.Fatalf("event ID %s in %s: seen before: %v", e.EventID, file.Path, again)
				}
				ids[e.EventID] = true
			}
		}
		want := opts.Events
		if want == 0 {
			want = DefaultEvents
		}
		if s.Events != want || len(ids) != want || s.Events+s.Duplicates != s.Records ||
			s.Management+s.Data+s.NetworkActivity != s.Records {
			t.Errorf("%+v: %+v, %d IDs", opts, s, len(ids))
		}
		if (s.Duplicates > 0) != (opts.DuplicatePercent > 0) {
			t.Errorf("%d duplicates at %d percent", s.Duplicates, opts.DuplicatePercent)
		}
		if opts.Story && s.Story != StoryEvents {
			t.Errorf("%d events of the story, want %d", s.Story, StoryEvents)
		}
	}
	f(small)
	f(Options{})
	f(Options{Events: 1})
	f(Options{Events: 7, EventsPerFile: 1, Days: 1, Accounts: 1})
	f(Options{Events: StoryEvents, Story: true, Accounts: 2, Days: 1})
	f(Options{Events: StoryEvents + 1, Story: true, DuplicatePercent: 100})
	f(Options{Events: 3000, EventsPerFile: 2000, Days: 3653, Accounts: 50})
}

func TestRequestIDsAreUnique(t *testing.T) {
	seen := map[string]bool{}
	opts := small
	opts.DuplicatePercent = 0
	for record := range generator(t, opts).Records() {
		e := parse(t, record)
		if e.RequestID == "" {
			continue // sign-ins have none
		}
		if seen[e.RequestID] {
			t.Fatalf("request ID %s twice", e.RequestID)
		}
		seen[e.RequestID] = true
	}
}

var layout = regexp.MustCompile(`^AWSLogs/(?:o-[a-z0-9]{10,32}/)?(\d{12})/(CloudTrail|CloudTrail-NetworkActivity)/([a-z]+-[a-z]+-\d)/(\d{4}/\d\d/\d\d)/` +
	`(\d{12})_(CloudTrail|CloudTrail-NetworkActivity)_([a-z]+-[a-z]+-\d)_(\d{8}T\d{4}Z)_[A-Za-z0-9]{16}\.json\.gz$`)

func TestFilesLieWhereATrailPutsThem(t *testing.T) {
	start, end := DefaultStart, DefaultStart.AddDate(0, 0, small.Days)
	paths := map[string]bool{}
	disorder, late := 0, 0
	g := generator(t, small)
	for f := g.Next(); f != nil; f = g.Next() {
		m := layout.FindStringSubmatch(f.Path)
		if m == nil {
			t.Fatalf("path %s", f.Path)
		}
		published, err := time.Parse("20060102T1504Z", m[8])
		if err != nil || m[4] != published.Format("2006/01/02") || m[1] != m[5] || m[2] != m[6] || m[3] != m[7] {
			t.Errorf("path %s contradicts itself", f.Path)
		}
		if paths[f.Path] {
			t.Errorf("path %s twice", f.Path)
		}
		paths[f.Path] = true
		if strings.HasPrefix(f.Path, "AWSLogs/o-") != (small.Accounts > 1) {
			t.Errorf("path %s of %d accounts", f.Path, small.Accounts)
		}
		if !strings.HasPrefix(string(f.Text), `{"Records":[{"eventVersion":"1.`) || !strings.HasSuffix(string(f.Text), "}]}") {
			t.Errorf("%s is not {\"Records\":[{…}]}", f.Path)
		}
		before := ""
		sorted := true
		for i := range f.Records {
			e := parse(t, f.Record(i))
			when, err := time.Parse(time.RFC3339, e.EventTime)
			if err != nil {
				t.Fatal(err)
			}
			age := published.Sub(when)
			switch {
			case when.Before(start) || !when.Before(end):
				t.Errorf("event at %v, outside of the archive", when)
			case e.Addendum["reason"] == "DELIVERY_DELAY":
				late++
			case age < 0 || age > 10*time.Minute:
				t.Errorf("event at %v in %s", when, f.Path)
			}
			sorted = sorted && before <= e.EventTime
			before = e.EventTime
			if e.AWSRegion != m[3] || e.RecipientAccountID != m[1] {
				t.Errorf("event of %s in %s lies in %s", e.RecipientAccountID, e.AWSRegion, f.Path)
			}
			if (e.EventType == "AwsVpceEvent") != (m[2] == "CloudTrail-NetworkActivity") {
				t.Errorf("event of type %s in %s", e.EventType, f.Path)
			}
		}
		if !sorted {
			disorder++
		}
	}
	if disorder == 0 || disorder > len(paths)/2 || late == 0 {
		t.Errorf("%d of %d files out of order, %d events late", disorder, len(paths), late)
	}
}

func TestVersionsDecideOverMembers(t *testing.T) {
	versions := map[string]int{}
	for record := range generator(t, small).Records() {
		e := parse(t, record)
		versions[e.EventVersion]++
		has := func(member string) bool { return strings.Contains(string(record), `,"`+member+`":`) }
		network := e.EventType == "AwsVpceEvent"
		for _, c := range []struct {
			member string
			ok     bool
		}{
			{"managementEvent", has("managementEvent") == (e.EventVersion >= "1.06" && !network)},
			{"eventCategory", has("eventCategory") == (e.EventVersion >= "1.07")},
			{"tlsDetails", !has("tlsDetails") || e.EventVersion >= "1.08"},
			{"sessionCredentialFromConsole", !has("sessionCredentialFromConsole") || e.EventVersion >= "1.08"},
			{"addendum", !has("addendum") || e.EventVersion >= "1.08"},
			{"vpcEndpointAccountId", !has("vpcEndpointAccountId") || e.EventVersion >= "1.09"},
			{"eventContext", !has("eventContext") || e.EventVersion >= "1.11"},
			{"readOnly", has("readOnly") == !network},
			{"errorCode", e.ErrorCode == "" || e.ResponseElements == nil},
		} {
			if !c.ok {
				t.Errorf("%s in version %s: %s", c.member, e.EventVersion, record)
			}
		}
	}
	for _, v := range []string{"1.05", "1.06", "1.07", "1.08", "1.09", "1.10", "1.11"} {
		if versions[v] == 0 {
			t.Errorf("no event of version %s", v)
		}
	}
}

// TestEveryCallIsJSON fills every template of the catalogue, also the rare ones.
func TestEveryCallIsJSON(t *testing.T) {
	g := generator(t, small)
	g.begin(1, DefaultStart.Unix())
	g.account = g.accounts[0]
	g.setRegion("us-east-1")
	g.when = g.slot
	for _, m := range []mixture{g.catalog.main, g.catalog.network} {
		for _, c := range m.calls {
			for _, kind := range []byte(c.callers) {
				g.reset()
				g.drawCaller(kind)
				g.drawRequestID(c.service.request)
				for _, tmpl := range []template{c.request, c.response, c.additional, c.resources, c.details} {
					if text := g.expand(tmpl); tmpl != nil && !json.Valid(text) {
						t.Errorf("%s of %s: %s", c.name, c.source, text)
					}
				}
				for _, f := range c.failures {
					if text := append(append([]byte(`"`), g.expand(f.message)...), '"'); !json.Valid(text) {
						t.Errorf("%s of %s: %s", c.name, c.source, text)
					}
				}
				if !json.Valid(g.caller.identity) {
					t.Errorf("caller %q: %s", kind, g.caller.identity)
				}
			}
		}
	}
}

// TestKeysBelongToOneCaller holds the keys that were given out against those in use.
func TestKeysBelongToOneCaller(t *testing.T) {
	owner := map[string]string{}
	given, used := map[string]string{}, 0
	opts := Options{Seed: 3, Events: 25_000, Days: 1, Accounts: 2}
	for record := range generator(t, opts).Records() {
		e := parse(t, record)
		id := e.UserIdentity
		if began := id.SessionContext.Attributes.CreationDate; began > e.EventTime {
			t.Fatalf("session that began at %s calls at %s", began, e.EventTime)
		}
		if id.AccessKeyID != "" {
			if who := owner[id.AccessKeyID]; who != "" && who != id.ARN {
				t.Fatalf("key %s of %s and %s", id.AccessKeyID, who, id.ARN)
			}
			owner[id.AccessKeyID] = id.ARN
		}
		if e.EventName == "AssumeRole" && e.ResponseElements != nil {
			credentials := e.ResponseElements["credentials"].(map[string]any)
			role := e.ResponseElements["assumedRoleUser"].(map[string]any)
			given[credentials["accessKeyId"].(string)] = role["arn"].(string)
		}
	}
	for key, arn := range given {
		if who := owner[key]; who != "" {
			used++
			if who != arn {
				t.Errorf("key %s was given to %s and is used by %s", key, arn, who)
			}
		}
	}
	if used < 100 {
		t.Errorf("only %d of %d keys that were given out are used", used, len(given))
	}
}

func TestSizesAreThoseOfRealTrails(t *testing.T) {
	s, err := Write(t.TempDir(), Options{Events: 30_000, EventsPerFile: 500})
	if err != nil {
		t.Fatal(err)
	}
	var sizes []int
	for record := range generator(t, Options{Events: 30_000, EventsPerFile: 500}).Records() {
		sizes = append(sizes, len(record))
	}
	slices.Sort(sizes)
	f := func(what string, got, low, high int) {
		t.Helper()
		t.Logf("%s: %d", what, got)
		if got < low || got > high {
			t.Errorf("%s is %d, want %d to %d", what, got, low, high)
		}
	}
	f("mean bytes of a record", int(s.RawBytes)/s.Records, 1350, 1600)
	f("compressed bytes of a record", int(s.CompressedBytes)/s.Records, 190, 250)
	f("median bytes", sizes[len(sizes)/2], 1150, 1450)
	f("90 percent are below", sizes[len(sizes)*9/10], 1600, 2100)
	f("99 percent are below", sizes[len(sizes)*99/100], 2000, 3000)
	f("smallest", sizes[0], 300, 700)
}

func TestTrafficIsVaried(t *testing.T) {
	counts := map[string]map[string]int{}
	count := func(what, value string) {
		if counts[what] == nil {
			counts[what] = map[string]int{}
		}
		counts[what][value]++
	}
	opts := Options{Events: 30_000, Days: 14}
	for record := range generator(t, opts).Records() {
		e := parse(t, record)
		when, _ := time.Parse(time.RFC3339, e.EventTime)
		count("source", e.EventSource)
		count("name", e.EventName)
		count("type", e.UserIdentity.Type)
		count("error", e.ErrorCode)
		count("address", e.SourceIPAddress)
		count("agent", e.UserAgent)
		count("region", e.AWSRegion)
		if weekday := when.Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			count("part", "weekend")
		} else if when.Hour() < 6 {
			count("part", "night")
		} else {
			count("part", "day")
		}
	}
	atLeast := func(what string, n int) {
		t.Helper()
		if got := len(counts[what]); got < n {
			t.Errorf("%d of %s, want %d or more: %v", got, what, n, counts[what])
		}
	}
	atLeast("source", 45)
	atLeast("name", 300)
	atLeast("type", 11)
	atLeast("error", 25)
	atLeast("address", 1500)
	atLeast("agent", 400)
	atLeast("region", 6)
	for _, typ := range []string{"", "AWSAccount", "AWSService", "AssumedRole", "FederatedUser", "IAMUser", "IdentityCenterUser", "Root", "SAMLUser", "Unknown", "WebIdentityUser"} {
		if counts["type"][typ] == 0 {
			t.Errorf("no caller of type %q", typ)
		}
	}
	part := counts["part"] // 4 days of weekend, 10 of work: 60 hours of night, 180 of day
	if day, night, weekend := part["day"]*100/180, part["night"]*100/60, part["weekend"]*100/96; day < night*3/2 || day < weekend*3/2 {
		t.Errorf("events by the hour, times 100: day %d, night %d, weekend %d", day, night, weekend)
	}
	if n := counts["address"][IntruderIP]; n != 0 {
		t.Errorf("%d events of the intruder without the story", n)
	}
}

func TestNewRefuses(t *testing.T) {
	f := func(opts Options, want string) {
		t.Helper()
		_, err := New(opts)
		if err == nil || err.Error() != want {
			t.Errorf("%+v: error %v, want %s", opts, err, want)
		}
	}
	f(Options{Events: -1}, "generate archive: events is -1, must be between 1 and 1073741824")
	f(Options{Days: 4000}, "generate archive: days is 4000, must be between 1 and 3653")
	f(Options{Accounts: -2}, "generate archive: accounts is -2, must be between 1 and 10000")
	f(Options{EventsPerFile: 1 << 20}, "generate archive: events per file is 1048576, must be between 1 and 20000")
	f(Options{DuplicatePercent: 101}, "generate archive: duplicate percent is 101, must be between 0 and 100")
	f(Options{Story: true, Accounts: 1}, "generate archive: the story needs two accounts, there is 1")
	f(Options{Story: true, Events: 10}, "generate archive: the story has 301 events, the archive only 10")
	f(Options{Start: time.Date(1805, 1, 1, 0, 0, 0, 0, time.UTC)}, "generate archive: year of the start is 1805, must be between 1970 and 9000")
}

func TestAccountsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for i := range MaxAccounts {
		id := newAccount(i).id
		if len(id) != 12 || seen[id] {
			t.Fatalf("account %d is %s", i, id)
		}
		seen[id] = true
	}
}

func BenchmarkRecords(b *testing.B) {
	g := generator(b, Options{Events: MaxEvents, Days: MaxDays})
	b.ReportAllocs()
	n, bytes := 0, 0
	for record := range g.Records() {
		if n == b.N {
			break
		}
		n++
		bytes += len(record)
	}
	b.SetBytes(int64(bytes / n))
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkWrite(b *testing.B) {
	dir := b.TempDir()
	for b.Loop() {
		if _, err := Write(dir, Options{Events: 20_000, EventsPerFile: 500}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(20_000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
