package ingest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage"
)

// hostileFiles are crafted to be read wrong. Each is named by what it must end as:
// failed (listed with a reason), ignored (likewise) or imported.
func hostileFiles() map[string]string {
	files := map[string]string{}
	add := func(outcome, name, content string) { files[outcome+"-"+name] = content }
	good := records(a, b)
	zipped := string(gzipped(good))

	for i := 2; i < len(zipped)-1; i += len(zipped) / 40 { // gzip that is cut off, and with a byte changed
		add("failed", fmt.Sprintf("cut-%d.gz", i), zipped[:i])
		if i >= 10 {
			add("any", fmt.Sprintf("changed-%d.gz", i), zipped[:i]+string(zipped[i]^0x55)+zipped[i+1:])
		}
	}
	for i := 1; i < len(good); i += len(good) / 30 {
		add("failed", fmt.Sprintf("cut-%d.json", i), good[:i])
	}
	add("failed", "bomb.gz", string(gzipped(strings.Repeat(" ", 64<<20))))
	add("failed", "bomb-in-bomb.gz", string(gzipped(string(gzipped(strings.Repeat(" ", 64<<20))))))
	add("failed", "bomb.tar", tarball("a.gz", string(gzipped(strings.Repeat(" ", 64<<20)))))
	nested := good
	for range 8 {
		nested = string(gzipped(nested))
	}
	add("failed", "nested.gz", nested)
	add("failed", "behind.gz", zipped+"garbage")
	add("failed", "deep.json", `{"Records":[`+strings.Repeat("[", 100_000))
	add("failed", "deep-objects.json", strings.Repeat(`{"Records":[`, 50_000))
	add("failed", "deep-record.json", records(event("d", today, `,"x":`+strings.Repeat(`{"a":`, 300)+`1`+strings.Repeat(`}`, 300))))
	add("failed", "brackets.json", strings.Repeat("[\n{\n", 200_000))
	add("failed", "quotes.json", `{"Records":[{"a":"`+strings.Repeat(`\"`, 1<<20))
	add("failed", "long-line.json", `{"Records":["`+strings.Repeat("x", 24<<20))
	add("failed", "long-name.json", `{"`+strings.Repeat("x", 24<<20))
	add("failed", "number.json", `{"Records":[`+strings.Repeat("1", 12<<20)+`]}`)
	add("failed", "huge-record.json", records(event("h", today, `,"x":"`+strings.Repeat("x", 12<<20)+`"`)))
	add("failed", "members.json", records(event("m", today, `,"x":{}`)+`,{"a":1`+strings.Repeat(`,"":1`, 70_000)+`}`))
	add("failed", "wrapped.json", strings.Repeat(`{"a":`, 199)+`{"eventVersion"`)
	add("failed", "nul.json", "{\"Records\":[\x00]}")
	add("failed", "control.json", "{\"Records\":[{\"eventName\":\"\x01\"}]}")
	add("failed", "surrogate-escape.json", `{"Records":[{"eventName":"\ud8"}]}`)
	add("failed", "literal.json", `{"Records":[nul]}`)
	add("failed", "leading-zero.json", `{"Records":[{"eventVersion":01}]}`)
	add("failed", "comment.json", `{"Records":[/* none */]}`)
	add("failed", "utf16.json", "\xff\xfe{\x00\"\x00R\x00")
	add("ignored", "random.bin", "\x00\x01\x02\x03\x04\x05")
	add("ignored", "zeros.bin", strings.Repeat("\x00", 100_000))
	add("ignored", "blank.json", strings.Repeat(" \n", 1<<20))
	add("failed", "zip-without-end.zip", "PK\x03\x04"+strings.Repeat("\xff", 100))
	add("failed", "tar-size.tar", tarball("a", good)[:600])

	add("imported", "invalid-utf8.json", records(event("u", today, ",\"errorMessage\":\"\xff\xc0\xaf\xed\xa0\x80\"")))
	add("imported", "nul-escape.json", records(event("n", today, `,"errorMessage":"\u0000"`)))
	add("imported", "lone-surrogate.json", records(event("s", today, `,"errorMessage":"\ud800x\udc00"`)))
	add("imported", "duplicate-keys.json", records(event("k", today, `,"eventName":"F","eventName":"G","readOnly":true,"readOnly":false`)))
	add("imported", "numbers.json", records(event("r", today, `,"requestParameters":{"a":1e999,"b":-0,"c":123456789012345678901234567890}`)))
	add("imported", "a-long-string.json", records(event("l", today, `,"errorMessage":"`+strings.Repeat("é", 400_000)+`"`)))
	for i, at := range []string{"0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "99999-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "2026-02-30T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-03-01T25:00:00Z", "2026-03-01T23:59:60Z", "1e999", "", "yesterday", "1970-01-01T00:00:00+99:99", "2026-03-01T00:00:00.99999999999999999999Z"} {
		add("imported", fmt.Sprintf("time-%d.json", i), records(event(fmt.Sprint("t", i), at)))
	}
	// Each member with a value of each wrong kind.
	members := []string{"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress", "userAgent", "errorCode",
		"requestParameters", "responseElements", "additionalEventData", "requestID", "eventID", "readOnly", "resources", "eventType", "apiVersion",
		"managementEvent", "recipientAccountId", "sharedEventID", "vpcEndpointId", "eventCategory", "addendum", "tlsDetails", "eventContext", "insightDetails"}
	for i, value := range []string{`null`, `true`, `-1.5e3`, `"x"`, `[1,[2],{"a":3}]`, `{"type":[],"arn":{},"sessionContext":7,"a":{"b":[{}]}}`} {
		for _, m := range members {
			add("imported", fmt.Sprintf("%s-%d.json", m, i), records(event(fmt.Sprint(m, i), today, `,"`+m+`":`+value)))
		}
	}
	return files
}

func TestHostileFiles(t *testing.T) {
	files := hostileFiles()
	if n := len(files); n < 200 {
		t.Fatalf("only %d files", n)
	}
	dir := put(t, nil)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l := newLake(t, storage.CreateEventDataStore{RetentionFrom: storage.RetentionFromNewest, RetentionDays: storage.MaxRetentionDays})
	peak := peakOf(t, func() {
		s := l.ingest(Options{Paths: []string{dir}, Workers: 2})
		listed := map[string]string{}
		for _, p := range s.Problems {
			if p.Reason == "" {
				t.Errorf("%s: no reason", p.Path)
			}
			kind := "failed"
			if p.Ignored {
				kind = "ignored"
			}
			name, _, _ := strings.Cut(filepath.Base(strings.ReplaceAll(p.Path, memberSign, "\x00")), "\x00")
			listed[name] = kind
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			want, _, _ := strings.Cut(name, "-")
			got := listed[name]
			if got == "" {
				got = "imported"
			}
			if want != "any" && got != want {
				t.Errorf("%s ended as %s", name, got)
			}
		}
	})
	const most = 256 << 20
	if peak > most {
		t.Errorf("%d MiB of memory", peak>>20)
	}
	l.rows() // the counts of the catalog are those of the files
}

// One line that is longer than memory ought to be costs none, in any place.
func TestALineLongerThanMemory(t *testing.T) {
	line := int64(64 << 20)
	if *large {
		line = 2 << 30
	}
	for name, head := range map[string]string{
		"string": `{"Records":[{"eventName":"`, "member": `{"x":"`, "element": `["`, "text": `xx`, "blanks": ` `, "csv": "#\neventjson\n\"",
	} {
		fill := "x"
		if name == "blanks" {
			fill = " "
		}
		l := newLake(t, storage.CreateEventDataStore{})
		peak := peakOf(t, func() {
			s := l.ingest(Options{Paths: []string{"-"}, Stdin: io.MultiReader(strings.NewReader(head), io.LimitReader(repeating(fill), line))})
			if s.Archives.Failed+s.Archives.Ignored != 1 || s.Events.Kept > 0 {
				t.Errorf("%s: %s", name, counts(s))
			}
		})
		const most = 96 << 20
		if peak > most && !testing.Short() { // which a race detector's run is, whose memory says nothing
			t.Errorf("%s: %d MiB of memory", name, peak>>20)
		}
	}
}

// repeating is an endless stream.
type repeating string

func (r repeating) Read(p []byte) (int, error) {
	block := bytes.Repeat([]byte(r), max(1, min(len(p), 64<<10)/len(r)))
	return copy(p, block), nil
}

// peakOf returns how much the heap grew at most while f ran.
func peakOf(t *testing.T, f func()) uint64 {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	stop, peak := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
			select {
			case <-stop:
				peak <- most - min(most, before.HeapAlloc)
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	f()
	close(stop)
	return <-peak
}
