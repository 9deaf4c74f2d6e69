package format

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/storage/schema"
)

// collector notes what Records finds.
type collector struct {
	records []string
	offsets []int64
	bad     []string
	damaged []string
	passed  []string
}

func (c *collector) Record(r Record) error {
	c.records = append(c.records, string(r.Text))
	c.offsets = append(c.offsets, r.Offset)
	return nil
}

func (c *collector) Bad(e *Error) error {
	c.bad = append(c.bad, e.Error())
	return nil
}

func (c *collector) Damaged(e *Error) error {
	c.damaged = append(c.damaged, e.Error())
	return nil
}

func (c *collector) Passed(e *Error) error {
	c.passed = append(c.passed, e.Error())
	return nil
}

func read(file io.Reader) (c collector, v Verdict, err error) {
	v, err = NewReader(DefaultLimits).Read(file, &c)
	return c, v, err
}

const event = `{"eventVersion":"1.08","eventName":"E","eventSource":"s"}`

func TestRecords(t *testing.T) {
	f := func(name, text string, records int, want string) {
		t.Helper()
		for _, chunked := range []bool{false, true} {
			var file io.Reader = strings.NewReader(text)
			if chunked {
				file = iotest.OneByteReader(file)
			}
			c, v, err := read(file)
			got := v.Ignored
			if err != nil {
				got = err.Error()
			}
			if len(c.bad) > 0 {
				got = strings.Join(c.bad, "; ")
			}
			if len(c.records) != records || got != want {
				t.Errorf("%s: %d records, %q; want %d, %q", name, len(c.records), got, records, want)
			}
			for i, o := range c.offsets {
				if !strings.HasPrefix(text[o:], c.records[i]) {
					t.Errorf("%s: record %d is not at %d", name, i, o)
				}
			}
		}
	}
	f("plain", `{"Records":[`+event+`,`+event+`]}`, 2, "")
	f("pretty, reordered, with a BOM", "\ufeff\n{ \"x\": [1, {\"Records\": [2]}],\n \"Records\" : [ "+event+" ] , \"y\":{}}\n", 1, "")
	f("several objects", `{"Records":[`+event+`]}`+"\n"+`{"Records":[`+event+`]}`, 2, "")
	f("names with escapes", `{"\u0052ecords":[{"\u0065ventVersion":"1.08","event\u004eame":"E","event\u0053ource":"s"}]}{"x":{"\u0065ventVersion":"1.08","\u0065ventName":"E","\u0061wsRegion":"r"}}`, 2, "")
	f("no record", `{"Records":[]}`, 0, "")
	f("empty", " \n", 0, "an empty file")
	f("S3 notice", `{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","eventName":"ObjectCreated:Put"}]}`, 0, "an event notification of aws:s3")
	f("a stranger among records", `{"Records":[`+event+`,{"kinesis":{}},7,`+event+`]}`, 2,
		"at byte 85 (/Records/2): a value that is no object")
	f("trailing comma", `{"Records":[`+event+`,]}`, 1, "at byte 70 (/Records/1): ']' where a value should be")
	f("comma missing", `{"Records":[`+event+event+`]}`, 2, "at byte 69 (/Records): '{' where ',' or ']' should be")
	f("cut off", `{"Records":[`+event+`,{"eventV`, 1, "at byte 78 (/Records/1): the file ends inside a value")
	f("text behind", `{"Records":[`+event+`]}},`, 1, "at byte 71: '}' where '{' or the end of the file should be")
	f("bad escape elsewhere", `{"x":["\q"],"Records":[]}`, 0, "at byte 8 (/x/0): 'q' where an escape should be")
	f("no quotes", `{Records:[]}`, 0, "at byte 1: 'R' where a member's name should be")
	f("prose", `hello`, 0, "no JSON")
	f("digest", `{"digestStartTime":"a","digestEndTime":"b"}`, 0, "a digest file")
	f("deep", `{"x":`+strings.Repeat("[", 20000), 0, "at byte 216 (/x/0/0/0/0/0/0/0/0/0/0/0): more than 200 levels of nesting")
	f("a name that ends in a quote", `{"\"":A`, 0, `at byte 6 (/"): 'A' where a value should be`)
	f("long string skipped", `{"x":"`+strings.Repeat(`é\n`, 100_000)+`","Records":[`+event+`]}`, 1, "")
}

func TestARecordBeyondTheLimitIsListedAndTheRestGoesOn(t *testing.T) {
	long := `{"eventVersion":"1.08","eventName":"E","eventSource":"s","x":"` + strings.Repeat("x", MaxRecordBytes) + `"}`
	c, _, err := read(strings.NewReader(`{"Records":[` + event + `,` + long + `,` + event + `]}`))
	if err != nil || len(c.records) != 2 || fmt.Sprint(c.bad) != "[at byte 70 (/Records/1): a record of more than 1048576 bytes]" {
		t.Errorf("%d records, %v, %v", len(c.records), c.bad, err)
	}
}

func TestGzip(t *testing.T) {
	members := func(texts ...string) []byte {
		var b bytes.Buffer
		for _, text := range texts {
			z := gzip.NewWriter(&b)
			_, _ = io.WriteString(z, text)
			_ = z.Close()
		}
		return b.Bytes()
	}
	f := func(name string, file []byte, records int, want string) {
		t.Helper()
		c, _, err := read(bytes.NewReader(file))
		got := ""
		if err != nil {
			got = err.Error()
		}
		if len(c.records) != records || !regexp.MustCompile("^"+want+"$").MatchString(got) {
			t.Errorf("%s: %d records, %q; want %d, %q", name, len(c.records), got, records, want)
		}
	}
	whole := members(`{"Records":[` + event + `]}`)
	f("one member", whole, 1, "")
	f("several members", members(`{"Records":[`+event+`,`, event+`]}`), 2, "")
	f("cut off", whole[:len(whole)-9], 1, `at byte \d+( \(/Records/\d\))?: gzip: the file is cut off`)
	broken := bytes.Clone(whole)
	broken[len(broken)-8] ^= 1
	f("wrong checksum", broken, 1, "at byte 71: gzip: gzip: invalid checksum")
	f("garbage behind", append(bytes.Clone(whole), "xyz"...), 1, "at byte 71: gzip: .*")
	bomb := members(`{"x":"` + strings.Repeat("a", 40<<20))
	f("bomb", bomb, 0, "at byte \\d+ \\(/x\\): the archive expands to more than 250 times its size.*")
}

func TestReadErrorsAreNotTakenForTheEnd(t *testing.T) {
	fault := errors.New("input/output error")
	_, _, err := read(io.MultiReader(strings.NewReader(`{"Records":[`+event), iotest.ErrReader(fault)))
	if !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
}

// Every file of the collected logs ends as their list says: with as many records as were
// counted independently, with a fault where it is malformed, by name where it holds none.
func TestCollectedFiles(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data")
	sources, err := os.ReadFile(filepath.Join(data, "SOURCES.md"))
	if err != nil {
		t.Skip("the collected logs are not beside this checkout")
	}
	files, reader := 0, NewReader(DefaultLimits)
	for _, m := range regexp.MustCompile(`(?m)^\| ((?:corpora|formats|trail)/\S+) \| (\d+|-|\(\d+\)) \|`).FindAllStringSubmatch(string(sources), -1) {
		name, listed := m[1], m[2]
		want, _ := strconv.Atoi(strings.Trim(listed, "(-)"))
		files++
		file, err := os.ReadFile(filepath.Join(data, filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		var c collector
		v, err := reader.Read(bytes.NewReader(file), &c)
		var located *Error
		switch {
		case len(c.records) < want, len(c.records) > want && listed[0] != '(':
			t.Errorf("%s: %d records, want %s: %v, %v, bad: %v", name, len(c.records), listed, v, err, c.bad)
		case listed[0] == '(' && strings.HasSuffix(name, ".json") && !errors.As(err, &located):
			t.Errorf("%s: malformed, but: %v, %v, bad: %v", name, v, err, c.bad)
		case listed[0] != '(' && err != nil:
			t.Errorf("%s: %v", name, err)
		case listed[0] == '-' && v.Ignored == "" && !regexp.MustCompile(`"Records":\s*\[\s*\]`).Match(file):
			t.Errorf("%s: not named", name)
		}
	}
	if files == 0 {
		t.Error("the list names no files")
	}
}

// What a Name tells by the table is what its text tells.
func TestTraitsOfNames(t *testing.T) {
	for _, kind := range schema.Kinds {
		table, _ := schema.Of(kind)
		for _, c := range table.Columns {
			if c.Member == "" {
				continue
			}
			var want traits
			want.note([]byte(`"`+c.Member+`"`), nil)
			name := record.NameOf(c.Member)
			if name == record.NoName {
				t.Errorf("%s has no Name", c.Member)
			}
			if got := traitOf[name]; got&hasMore == 0 && (traits{has: got}) != want {
				t.Errorf("%s: %b by its Name, %+v by its text", c.Member, got, want)
			}
		}
	}
}
