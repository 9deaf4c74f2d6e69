package record

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// row maps one record and returns the row's columns as text, by dotted path; "NULL" for NULL.
func row(t *testing.T, text string) func(path string) string {
	t.Helper()
	b := NewBuilder(schema.Events)
	var s Scanner
	if _, err := s.Scan([]byte(text), true); err != nil {
		t.Fatalf("scan: %v", err)
	}
	c := NewCollector(schema.Events)
	c.Read([]byte(text), &s)
	compact, _ := Compact([]byte(text), &s, nil)
	if err := c.Append(compact, sha256.Sum256(compact), "a.json"); err != nil {
		t.Fatal(err)
	}
	b.Append(c.Take(), 0)
	batch := b.Build()
	return func(path string) string {
		names := strings.Split(path, ".")
		var v vector.Vector
		fields := schema.Events.Columns
		for depth, name := range names {
			for i, c := range fields {
				if c.Name != name {
					continue
				}
				if depth == 0 {
					v = batch.Columns[i]
				} else {
					v = vector.FieldOf(v, i)
				}
				fields = c.Fields
				break
			}
		}
		if v.Nulls().Has(0) {
			return "NULL"
		}
		return string(vector.AppendText(nil, v, 0))
	}
}

func TestMappingRules(t *testing.T) {
	f := func(record, path, want string) {
		t.Helper()
		if got := row(t, record)(path); got != want {
			t.Errorf("%s of %s\n got %s\nwant %s", path, record, got, want)
		}
	}
	// 1: names match without regard to case; the exact spelling wins; the last of equals counts.
	f(`{"eventID":"a","sourceIPAddress":"1.2.3.4"}`, "eventid", "a")
	f(`{"EVENTid":"a"}`, "eventid", "a")
	f(`{"eventID":"a","eventId":"b"}`, "eventid", "a")
	f(`{"eventId":"b","eventID":"a"}`, "eventid", "a")
	f(`{"eventID":"a","eventID":"b"}`, "eventid", "b")
	f(`{"event\u0049D":"a"}`, "eventid", "a")
	// 2: strings are decoded.
	f(`{"eventName":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, "eventname", "a\"\\/\b\f\n\r\té😀")
	f(`{"eventName":"\ud83d x"}`, "eventname", "\ufffd x")
	f("{\"eventName\":\"a\xffb\"}", "eventname", "a\ufffdb")
	// 3: times.
	f(`{"eventTime":"2023-07-10T12:05:01Z"}`, "eventtime", "2023-07-10 12:05:01.000")
	f(`{"eventTime":"2023-07-10 12:05:01.123456789"}`, "eventtime", "2023-07-10 12:05:01.123")
	f(`{"eventTime":"2023-07-10T12:05:01+02:00"}`, "eventtime", "2023-07-10 10:05:01.000")
	f(`{"eventTime":"2023-02-29T12:05:01Z"}`, "eventtime", "NULL")
	f(`{"eventTime":1}`, "eventtime", "NULL")
	f(`{"eventTime":"1969-12-31T23:59:59.500Z"}`, "eventtime", "1969-12-31 23:59:59.000")
	f(`{"eventTime":"1969-12-31T23:59:58.500Z"}`, "eventtime", "1969-12-31 23:59:58.500")
	f(`{"userIdentity":{"sessionContext":{"attributes":{"creationDate":"20131102T010628Z","mfaAuthenticated":false}}}}`,
		"useridentity.sessioncontext.attributes", "{creationdate=2013-11-02 01:06:28.000, mfaauthenticated=false}")
	// 4: booleans, and what string columns make of other values.
	f(`{"readOnly":true}`, "readonly", "true")
	f(`{"readOnly":"False"}`, "readonly", "false")
	f(`{"readOnly":1}`, "readonly", "NULL")
	f(`{"sessionCredentialFromConsole":true}`, "sessioncredentialfromconsole", "true")
	f(`{"userAgent":["a", {"b": 1.0}]}`, "useragent", `["a",{"b":1.0}]`)
	// 5: maps.
	f(`{"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"}]},"force":false,"n":3,"name":"a\"b","x":null}}`,
		"requestparameters", `{instancesSet={"items":[{"instanceId":"i-1"}]}, force=false, n=3, name=a"b, x=null}`)
	f(`{"requestParameters":{"a":101.0,"b":1.5E9,"c":[ 1, "x \u003c y" ],"a":2}}`, "requestparameters",
		`{a=2, b=1.5E9, c=[1,"x \u003c y"]}`)
	// 6: absent, null, empty, and of another kind.
	f(`{}`, "requestparameters", "NULL")
	f(`{"requestParameters":null}`, "requestparameters", "NULL")
	f(`{"requestParameters":{}}`, "requestparameters", "{}")
	f(`{"requestParameters":"x"}`, "requestparameters", "NULL")
	// 7: structs.
	f(`{"tlsDetails":{"tlsVersion":"TLSv1.2","keyExchange":"x"}}`, "tlsdetails",
		"{tlsversion=TLSv1.2, ciphersuite=null, clientprovidedhostheader=null}")
	f(`{"tlsDetails":{}}`, "tlsdetails", "{tlsversion=null, ciphersuite=null, clientprovidedhostheader=null}")
	f(`{"tlsDetails":null}`, "tlsdetails", "NULL")
	f(`{"userIdentity":{"inScopeOf":{"credentialsIssuedTo":"c"}}}`, "useridentity.inscopeof.credentiaisissuedto", "c")
	// 8: resources.
	f(`{"resources":[{"ARN":"a","type":"t"},{"ARNPrefix":"p"},null]}`, "resources",
		"[{accountid=null, type=t, arn=a, arnprefix=null}, {accountid=null, type=null, arn=null, arnprefix=p}, null]")
	f(`{"eventContext":{"tagContext":{"resourceTags":[{"tags":{"k":"v"}}],"principalTags":{"p":"q"}}}}`,
		"eventcontext.tagcontext", "{resourcetags=[{arn=null, tags={k=v}}], principaltags={p=q}}")
	// 11: the record's own bytes without white space between tokens.
	f("{ \"eventName\" : \"a b\" ,\n\"x\":[1 , 2]}", "eventjson", `{"eventName":"a b","x":[1,2]}`)
	f(`{"a":1}`, "eventjsonchecksum", "AVq9f1zFei3ZS3WQ8ErYCEJzkF7jPsXOvq5iJ2qX+GI=")
	f(`{}`, "_archive", "a.json")
}

func TestSyntaxErrorsSayWhereAndWhy(t *testing.T) {
	f := func(text string, offset int, reason string) {
		t.Helper()
		var s Scanner
		_, err := s.Scan([]byte(text), true)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset != offset || syntax.Reason != reason {
			t.Errorf("%s: got %+v", text, err)
		}
	}
	f(`{"a":1,}`, 7, "'}' where a member's name should be")
	f(`{"a" 1}`, 5, "'1' where ':' should be")
	f(`{"a":1 "b":2}`, 7, "'\"' where ',' or '}' should be")
	f(`[1,2`, 4, "the file ends inside a value")
	f(`{"a":tru}`, 8, "'}' where the rest of true should be")
	f(`{"a":01}`, 6, "'1' where ',' or '}' should be")
	f(`{"a":1.}`, 7, "'}' where a digit should be")
	f("{\"a\":\"x\ny\"}", 7, "a raw control character 0x0a inside a string")
	f(`{"a":"\x"}`, 7, "'x' where an escape should be")
	f(`{"a":"\u12g4"}`, 10, "'g' where a hexadecimal digit of \\u should be")
	f("{\xff}", 1, "byte 0xff where a member's name should be")
	f(strings.Repeat("[", 300), 200, "more than 200 levels of nesting")
}

func TestTimes(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got := "none"
		if millis, ok := ParseTime([]byte(text)); ok {
			got = time.UnixMilli(millis).UTC().Format("2006-01-02T15:04:05.999")
		}
		if got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	const at = "2026-05-01T10:00:00"
	for _, text := range []string{at + "Z", "2026-05-01t10:00:00z", at, "2026-05-01 10:00:00", "2026-05-01 10:00:00.000 UTC", "20260501T100000Z",
		"2026-05-01T12:00:00+02:00", "2026-05-01T12:00:00+0200", "2026-05-01T08:00:00-02", "2026-05-01T10:00Z", "2026-05-01T10:00", "20260501T1000Z", "2026-05-01T12:00+02:00"} {
		f(text, at)
	}
	f("2026-05-01T10:00:00.1239Z", at+".123")
	f("2026-05-01", "2026-05-01T00:00:00")
	for _, text := range []string{"", "2026", "20260501", "2026-05", "2026-02-30", "2026-05-01T", "2026-05-01T10", "2026-05-01T10:00.5Z", "2026-05-01T10:0Z", "2026-05-01Z",
		"2026-05-01T24:00:00Z", "2026-05-01T10:00:61Z", "2026-05-01T10:00:00.Z", "2026-05-01T10:00:00 utc", "2026-05-01T10:00:00+05:60", "2026-05-01T10:00:00+18:01", "2026-05-01T10:00:00ZZ", " 2026-05-01T10:00:00Z", "1777629600"} {
		f(text, "none")
	}
}

// Times of the day that was met last are those that ParseTime reads.
func TestTimesOfADay(t *testing.T) {
	var days dayTimes
	for _, date := range []string{"2025-01-22T", "2025-01-22t", "2025-01-22 ", "1969-12-31T", "1970-01-01T", "2024-02-29T", "2023-02-29T", "20250122T0", "2025-01-2xT"} {
		for _, clock := range []string{"22:05:56Z", "00:00:00Z", "23:59:59Z", "23:59:60Z", "00:00:00Z", "24:00:00Z", "12:60:00Z", "1x:00:00Z",
			"12-00:00Z", "12:00-00Z", "12:00:00z", "12:00:0Z", "120000.1Z", "12:00:00+01:00", "12:00:00.5Z"} {
			millis, ok := days.parse([]byte(date + clock))
			if want, wantOK := ParseTime([]byte(date + clock)); millis != want || ok != wantOK {
				t.Errorf("%s: %d, %v; want %d, %v", date+clock, millis, ok, want, wantOK)
			}
		}
	}
}

// FuzzScan: the scanner accepts what encoding/json accepts, and a record that it accepts is mapped without a panic.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{`{"eventTime":"2023-07-10T12:05:01Z","userIdentity":{"arn":"x"},"resources":[{}]}`, `[1e9]`, `{"a":{"b":[]}}`, `"\ud800"`} {
		f.Add([]byte(seed))
	}
	var learned learner
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) == 0 || strings.ContainsRune(" \t\r\n", rune(text[0])) {
			return
		}
		s := learned.scanner()
		sameScan(t, s, text[:len(text)/2], false)
		n, err := sameScan(t, s, text, true)
		again, _ := sameScan(t, s, text, true) // now it is known
		if again != n {
			t.Fatalf("%d bytes, at first %d", again, n)
		}
		if err != nil {
			var value any
			if json.Unmarshal(text, &value) == nil {
				t.Fatalf("refused: %v", err)
			}
			return
		}
		if !json.Valid(text[:n]) {
			t.Fatalf("accepted %q", text[:n])
		}
		if s.Root.Kind != Object {
			return
		}
		c := NewCollector(schema.Events)
		c.Read(text, s)
		compact, _ := Compact(text, s, nil)
		if !json.Valid(compact) {
			t.Fatalf("compact form %q of %q", compact, text[:n])
		}
		if err := c.Append(compact, sha256.Sum256(compact), ""); err != nil {
			t.Fatal(err)
		}
		b := NewBuilder(schema.Events)
		b.Append(c.Take(), 0)
		b.Build()
	})
}

// sameScan scans text and holds that the scan is that of a scanner that looks at everything closely.
func sameScan(t *testing.T, s *Scanner, text []byte, final bool) (int, error) {
	t.Helper()
	n, err := s.Scan(text, final)
	var slow Scanner
	slowN, slowErr := slow.closely(text, final)
	if fmt.Sprint(err) != fmt.Sprint(slowErr) {
		t.Fatalf("%q: %v; looked at closely %v", text, err, slowErr)
	}
	if syntax, ok := errors.AsType[*SyntaxError](err); ok && *syntax != *slowErr.(*SyntaxError) {
		t.Fatalf("%q: at %d; looked at closely at %d", text, syntax.Offset, slowErr.(*SyntaxError).Offset)
	}
	if err == nil && (n != slowN || s.Root != slow.Root || s.NonASCII != slow.NonASCII || !slices.Equal(s.Members, slow.Members)) {
		t.Fatalf("%q: %d, %+v, %+v; looked at closely %d, %+v, %+v", text, n, s.Root, s.Members, slowN, slow.Root, slow.Members)
	}
	return n, err
}

// learner makes scanners that have learned from records.
type learner struct{ records [][]byte }

func (l *learner) scanner() *Scanner {
	if l.records == nil {
		g, err := synth.New(synth.Options{Events: 40, Days: 1, Accounts: 2, Seed: 7})
		if err != nil {
			panic(err)
		}
		for r := range g.Records() {
			l.records = append(l.records, bytes.Clone(r))
		}
	}
	s := &Scanner{}
	for _, r := range l.records {
		if _, err := s.Scan(r, true); err != nil {
			panic(err)
		}
	}
	return s
}

// TestWhatAScannerLearnsChangesNothing scans records, whole, cut off and with a byte changed, by a
// scanner that has seen others like them.
func TestWhatAScannerLearnsChangesNothing(t *testing.T) {
	var l learner
	s := l.scanner()
	known := 0
	for i, r := range l.records {
		sameScan(t, s, r, true)
		sameScan(t, s, append(bytes.Clone(r), `,{"eventVersion"`...), false)
		for _, m := range s.Members {
			if m.Known != NoName {
				known++
			}
		}
		for at := i % 7; at < len(r); at += 7 {
			sameScan(t, s, r[:at+1], at%2 == 0)
			changed := bytes.Clone(r)
			changed[at] = "\"\\ ,:{}[]0x\n\xff"[(at/7+i)%13]
			sameScan(t, s, changed, true)
		}
	}
	if known < 500 {
		t.Errorf("%d members were known", known)
	}
}

// TestWhatComesAgain: values that stood in a row before are copied, wherever they are NULL, nested or empty; what is
// built is what single rows are.
func TestWhatComesAgain(t *testing.T) {
	identities := []string{
		`{"type":"IAMUser","arn":"a\u00e9","sessionContext":{"attributes":{"creationDate":"2025-01-22T22:05:56Z","mfaAuthenticated":"false"},"webIdFederationData":{"attributes":{"k":"v"}}}}`,
		`{"type":"Root"}`, `{}`, `null`, `"text"`, `{"type":null,"arn":"b"}`,
	}
	maps := []string{`{}`, `{"a":"1","b":null}`, `{"a":{"x":1},"a":2}`, `null`, `[1]`}
	// Maps of names that the one before had, or not: more, fewer, in another order, twice, beginning alike, with escapes.
	shapes := []string{`{"a":"%[1]d","b":%[1]d}`, `{"a":"%[1]d","b":%[1]d}`, `{"a":%[1]d}`, `{"a":%[1]d,"ab":{"b":%[1]d},"c":null}`, `{"a":1,"b":%[1]d,"a":%[1]d}`,
		`{"a":1,"b":%[1]d,"a":2}`, `{"b":%[1]d,"a":"x"}`, `{"b":%[1]d,"\u0061":"x"}`, `{"b":%[1]d,"a":[%[1]d],"b":"y"}`, `{"":%[1]d}`, `{"":"%[1]d","a":""}`, `{"a\"b":%[1]d,"c":1}`}
	structs := []string{`{"tlsVersion":"%[1]d","cipherSuite":"c"}`, `{"tlsVersion":"%[1]d","cipherSuite":"c"}`, `{"cipherSuite":"%[1]d","tlsVersion":"c"}`,
		`{"tlsVersion":"%[1]d","tlsVersion":"c","cipherSuite":"d"}`, `{"TLSVERSION":"%[1]d","tlsVersion":"c"}`, `{"tlsVersion":"%[1]d","x":1,"cipherSuite":"c"}`, `{"\u0074lsVersion":"%[1]d"}`}
	lists := []string{`[]`, `[{"ARN":"x"},null,{"accountId":"1","type":"t"}]`, `[{}]`, `null`}
	var texts []string
	for i := range 200 {
		texts = append(texts, fmt.Sprintf(`{"eventID":"%d","userIdentity":%s,"requestParameters":%s,"resources":%s,"additionalEventData":%s,"tlsDetails":%s}`,
			i, identities[i%len(identities)], maps[i*i%len(maps)], lists[i/3%len(lists)], fmt.Sprintf(shapes[(i+i/12*5)%len(shapes)], i),
			fmt.Sprintf(structs[(i+i/7*3)%len(structs)], i)))
	}
	collector, all := NewCollector(schema.Events), NewBuilder(schema.Events)
	add := func(b *Builder, text string) {
		var s Scanner
		if _, err := s.Scan([]byte(text), true); err != nil {
			t.Fatal(err)
		}
		collector.Read([]byte(text), &s)
		if err := collector.Append([]byte(text), sha256.Sum256([]byte(text)), "a.json"); err != nil {
			t.Fatal(err)
		}
		b.Append(collector.Take(), 0)
	}
	for range 3 { // vectors
		for _, text := range texts {
			add(all, text)
		}
		built := all.Build()
		for i, text := range texts {
			one := NewBuilder(schema.Events)
			add(one, text)
			alone := one.Build()
			for c := range built.Columns {
				got, want := vector.AppendText(nil, built.Columns[c], i), vector.AppendText(nil, alone.Columns[c], 0)
				if string(got) != string(want) {
					t.Fatalf("row %d, %s: %s, alone %s", i, schema.Events.Columns[c].Name, got, want)
				}
			}
		}
	}
}

// TestListsOfTexts: the list of a column's texts goes on from vector to vector and grows, up to a bound; a column of
// texts that do not come again has none. The rows are what was appended, in every vector and after others were built.
func TestListsOfTexts(t *testing.T) {
	c := newTextColumn(types.TVarchar)
	var built []vector.Vector
	var want [][]string
	f := func(text func(i int) string) (entries int, of *vector.Origin) {
		var rows []string
		for i := range 300 {
			s := text(i)
			rows = append(rows, s)
			switch i % 3 {
			case 0:
				c.AppendStable([]byte(s))
			case 1:
				c.AppendBytes(slices.Clip([]byte(s)))
			default:
				c.Write(func(buffer []byte) []byte { return append(buffer, s...) })
			}
		}
		v := c.Build(1)
		built, want = append(built, v), append(want, rows)
		if d, ok := v.(*vector.Dictionary); ok {
			return d.Values.Len(), vector.OriginOf(d.Values)
		}
		return 0, nil
	}
	n, first := f(func(i int) string { return fmt.Sprint("a", i%10) })
	if m, of := f(func(i int) string { return fmt.Sprint("b", i%10) }); n != 10 || m != 20 || of != first || first == nil {
		t.Errorf("lists of %d and %d texts, the same list: %t", n, m, of == first)
	}
	long := strings.Repeat("x", maxListBytes/8)
	f(func(i int) string { return fmt.Sprint(long, i%10) })
	if n, of := f(func(i int) string { return fmt.Sprint("b", i%10) }); n != 10 || of == first {
		t.Errorf("%d texts after too many bytes, of the same list: %t", n, of == first)
	}
	f(func(i int) string { return fmt.Sprint("unique", i) })
	if n, _ := f(func(i int) string { return fmt.Sprint("b", i%10) }); n != 0 {
		t.Errorf("a list of %d texts after a vector in which none came again", n)
	}
	for i, v := range built {
		for row, s := range want[i] {
			if got := string(vector.AppendText(nil, v, row)); got != s {
				t.Fatalf("vector %d, row %d: %q, not %q", i, row, got, s)
			}
		}
	}
}

// TestTextsLookedForTogether: a column that looks for many texts at a time builds the same vectors, of the same lists, as
// one that looks for each.
func TestTextsLookedForTogether(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	each, together := newTextColumn(types.TVarchar), newTextColumn(types.TVarchar)
	for number := range 40 {
		distinct := []int{3, 90, 1500, 40, 1 << 20}[random.IntN(5)]
		each.isLate, together.isLate = false, !together.flat
		for range random.IntN(900) {
			s := fmt.Sprint("text ", random.IntN(distinct))
			for _, c := range []*textColumn{each, together} {
				switch len(s) % 5 {
				case 0:
					c.AppendBytes([]byte(s))
				case 1:
					c.AppendNulls(1 + len(s)%3)
				default:
					c.AppendStable([]byte(s))
				}
			}
		}
		want, got := each.Build(1), together.Build(1)
		if w, g := fmt.Sprintf("%T %v %v", want, want.Nulls(), textsOf(want)), fmt.Sprintf("%T %v %v", got, got.Nulls(), textsOf(got)); g != w {
			t.Fatalf("vector %d: %s, looked for one by one %s", number, g, w)
		}
		if each.flat != together.flat || len(each.values) != len(together.values) {
			t.Fatalf("after vector %d: flat %t, %d texts; one by one %t, %d", number, together.flat, len(together.values), each.flat, len(each.values))
		}
	}
}

// textsOf returns what a vector of texts consists of.
func textsOf(v vector.Vector) any {
	switch v := v.(type) {
	case *vector.Dictionary:
		return []any{v.Ids, textsOf(v.Values)}
	case *vector.Flat[string]:
		return v.Values
	}
	return v.Len()
}

// TestRareTextsThatDoNotComeAgain: a column is flat after a vector of texts that did not come again, however few rows had one.
func TestRareTextsThatDoNotComeAgain(t *testing.T) {
	for _, c := range []struct {
		texts, distinct int
		flat            bool
	}{{trialRows, trialRows, true}, {trialRows - 1, trialRows - 1, false}, {2 * trialRows, trialRows, false}} {
		column := newTextColumn(types.TVarchar)
		for i := range c.texts {
			column.AppendNulls(20)
			column.AppendString(fmt.Sprint("text ", i%c.distinct))
		}
		if column.Build(1); column.flat != c.flat {
			t.Errorf("%d texts, %d of them distinct, among 20 times as many NULLs: flat %t", c.texts, c.distinct, column.flat)
		}
	}
}
