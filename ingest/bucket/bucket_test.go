package bucket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/ctlake/ctlake/ingest/source"
)

// fakeS3 is S3 in this process, with faults to order.
type fakeS3 struct {
	t     *testing.T
	files *Files
	// client writes objects; it passes the faults by.
	backend *s3mem.Backend

	mu       sync.Mutex
	requests []string
	// fault answers a request in the place of S3, if it returns true.
	fault func(w http.ResponseWriter, r *http.Request) bool
}

func newS3(t *testing.T) *fakeS3 {
	t.Helper()
	f := &fakeS3{t: t, backend: s3mem.New()}
	inner := gofakes3.New(f.backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.requests = append(f.requests, r.Method+" "+r.URL.Path+" "+r.URL.Query().Get("prefix"))
		fault := f.fault
		f.mu.Unlock()
		if fault != nil && fault(w, r) {
			return
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	f.files = New(s3.New(s3.Options{
		BaseEndpoint: &server.URL, UsePathStyle: true, Region: "us-east-1", RetryMaxAttempts: 3,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "k", SecretAccessKey: "s"}, nil
		}),
		Retryer:                    hastyRetries{aws.NopRetryer{}},
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}))
	if err := f.backend.CreateBucket("logs"); err != nil {
		t.Fatal(err)
	}
	return f
}

// hastyRetries tries three times without waiting.
type hastyRetries struct{ aws.NopRetryer }

func (hastyRetries) IsErrorRetryable(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	return errors.As(err, &answer) && answer.HTTPStatusCode() >= 500
}
func (hastyRetries) MaxAttempts() int                             { return 3 }
func (hastyRetries) RetryDelay(int, error) (time.Duration, error) { return 0, nil }
func (hastyRetries) GetRetryToken(context.Context, error) (func(error) error, error) {
	return func(error) error { return nil }, nil
}

func (f *fakeS3) put(key, text string) {
	f.t.Helper()
	if _, err := f.backend.PutObject("logs", key, nil, strings.NewReader(text), int64(len(text)), nil); err != nil {
		f.t.Fatal(err)
	}
}

// list returns what lies at a path: files and failures, in order.
func (f *fakeS3) list(path string, days source.Days) (found []source.File, failed []string) {
	f.t.Helper()
	err := f.files.List(f.t.Context(), path, days, func(file source.File) { found = append(found, file) },
		func(path string, err error) { failed = append(failed, path+": "+err.Error()) })
	if err != nil {
		f.t.Fatal(err)
	}
	slices.SortFunc(found, func(a, b source.File) int { return strings.Compare(a.Path, b.Path) })
	return found, failed
}

func (f *fakeS3) read(file source.File) (string, error) {
	r, err := f.files.Open(f.t.Context(), file)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(r)
	return string(text), errors.Join(err, r.Close())
}

func paths(files []source.File) string {
	var list []string
	for _, f := range files {
		list = append(list, f.Path)
	}
	return strings.Join(list, "\n")
}

func TestObjectsAreListedPageByPageAndRead(t *testing.T) {
	f := newS3(t)
	var want []string
	for i := range 1203 {
		key := fmt.Sprintf("a/%04d.json", i)
		f.put(key, fmt.Sprint(i))
		want = append(want, "s3://logs/"+key)
	}
	f.put("b/other.json", "x")
	f.put("a/folder/", "")
	found, failed := f.list("s3://logs/a/", source.Days{})
	if paths(found) != strings.Join(want, "\n") || len(failed) > 0 {
		t.Errorf("%d found, %v", len(found), failed)
	}
	if text, err := f.read(found[17]); text != "17" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
	if found[0].Size != 1 || found[0].Version == "" || found[0].Modified.IsZero() {
		t.Errorf("listed %+v", found[0])
	}
}

func TestFoldersOfOtherDaysAreNotListed(t *testing.T) {
	f := newS3(t)
	for _, root := range []string{"AWSLogs/111122223333/CloudTrail/", "AWSLogs/o-abc/111122223333/CloudTrail/", "o-abc/AWSLogs/o-abc/444455556666/CloudTrail/"} {
		for _, day := range []string{"2025/12/31", "2026/02/28", "2026/03/01", "2026/03/03", "2026/03/04"} {
			f.put(root+"eu-west-1/"+day+"/x.json.gz", "x")
		}
	}
	f.put("notes.txt", "x")
	days := source.DaysOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	found, failed := f.list("s3://logs", days)
	want := []string{
		"s3://logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/x.json.gz",
		"s3://logs/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/03/x.json.gz",
		"s3://logs/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/01/x.json.gz",
		"s3://logs/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/03/03/x.json.gz",
		"s3://logs/notes.txt",
		"s3://logs/o-abc/AWSLogs/o-abc/444455556666/CloudTrail/eu-west-1/2026/03/01/x.json.gz",
		"s3://logs/o-abc/AWSLogs/o-abc/444455556666/CloudTrail/eu-west-1/2026/03/03/x.json.gz",
	}
	if paths(found) != strings.Join(want, "\n") || len(failed) > 0 {
		t.Errorf("found\n%s\n%v", paths(found), failed)
	}
	for _, r := range f.requests {
		if strings.Contains(r, "2025/") || strings.Contains(r, "2026/02") || strings.Contains(r, "03/04") {
			t.Errorf("a folder of another day was listed: %s", r)
		}
	}
}

func TestFaultsOfS3AreNamed(t *testing.T) {
	said := "m"
	answer := func(status int, code string) func(w http.ResponseWriter, r *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, said)
			return true
		}
	}
	f := newS3(t)
	f.put("a.json", "text")
	found, _ := f.list("s3://logs/a.json", source.Days{})
	if len(found) != 1 {
		t.Fatal("not found")
	}
	reads := func(name string, fault func(w http.ResponseWriter, r *http.Request) bool, want string) {
		t.Helper()
		f.fault = fault
		defer func() { f.fault = nil }()
		if _, err := f.read(found[0]); err == nil || err.Error() != want {
			t.Errorf("%s: %v\nwant %s", name, err, want)
		}
	}
	said = "Access Denied"
	reads("no permission", answer(403, "AccessDenied"), "access denied: to read it takes the permission s3:GetObject, and kms:Decrypt where a KMS key encrypts")
	said = "no kms:Decrypt"
	reads("no key", answer(403, "AccessDenied"), "access denied: to read it takes the permission s3:GetObject, and kms:Decrypt where a KMS key encrypts; S3 says: no kms:Decrypt")
	said = "m"
	reads("a wrong clock", answer(403, "RequestTimeTooSkewed"), "read: S3 answers RequestTimeTooSkewed: m")
	reads("throttled", answer(503, "SlowDown"), "S3 throttles requests (SlowDown), also after waiting: use fewer --workers, or run again later")
	reads("a fault of S3", answer(500, "InternalError"), "S3 has a fault of its own (InternalError), also after trying again")
	reads("deleted", answer(404, "NoSuchKey"), "the object is gone: it was deleted after it was listed")
	reads("replaced", answer(412, "PreconditionFailed"), "the object was replaced after it was listed; the next run takes the new one")
	reads("frozen", answer(403, "InvalidObjectState"), "the object is in an archive tier of S3 (Glacier): restore it first")
	reads("something else", answer(400, "Strange"), "read: S3 answers Strange: m")

	said = "Access Denied"
	f.fault = answer(403, "AccessDenied")
	if _, failed := f.list("s3://logs/a", source.Days{}); strings.Join(failed, "") != "s3://logs/a: access denied: to list it takes the permission s3:ListBucket, and kms:Decrypt where a KMS key encrypts" {
		t.Errorf("listing: %v", failed)
	}
	f.fault = nil
	if _, failed := f.list("s3://absent/a", source.Days{}); strings.Join(failed, "") != "s3://absent/a: there is no such bucket" {
		t.Errorf("no bucket: %v", failed)
	}
	f.put("a.json", "other")
	if _, err := f.read(found[0]); !errors.Is(err, errChanged) {
		t.Errorf("an object that was replaced: %v", err)
	}
}

func TestRequestsAreTriedAgain(t *testing.T) {
	f := newS3(t)
	f.put("a.json", "text")
	found, _ := f.list("s3://logs/", source.Days{})
	failures := 2
	f.fault = func(w http.ResponseWriter, _ *http.Request) bool {
		if failures == 0 {
			return false
		}
		failures--
		w.WriteHeader(503)
		return true
	}
	if text, err := f.read(found[0]); text != "text" || err != nil {
		t.Errorf("read %q, %v", text, err)
	}
}

func TestReadingGoesOnWhereTheConnectionBroke(t *testing.T) {
	f := newS3(t)
	text := strings.Repeat("0123456789", 20_000)
	f.put("a.json", text)
	found, _ := f.list("s3://logs/", source.Days{})
	var ranges []string
	breaks := maxResumed
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		from := 0
		if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
			ranges = append(ranges, r.Header.Get("Range"))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(text)-1, len(text)))
		}
		w.Header().Set("ETag", found[0].Version)
		w.Header().Set("Content-Length", fmt.Sprint(len(text)-from))
		end := len(text)
		if breaks > 0 {
			breaks--
			end = from + 10_000
		}
		_, _ = io.WriteString(w, text[from:end])
		if end < len(text) {
			panic(http.ErrAbortHandler)
		}
		return true
	}
	if got, err := f.read(found[0]); got != text || err != nil {
		t.Errorf("read %d bytes, %v", len(got), err)
	}
	if len(ranges) != maxResumed {
		t.Errorf("asked for %v", ranges)
	}
	breaks = maxResumed + 1
	if _, err := f.read(found[0]); err == nil || !strings.Contains(err.Error(), "the connection broke 5 times, last at byte") {
		t.Errorf("an object that breaks too often: %v", err)
	}
}

// Where a connection gives much before it breaks, another one is tried as often as it takes.
func TestConnectionsThatBreakOften(t *testing.T) {
	f := newS3(t)
	const breaks = maxResumed + 1
	text := strings.Repeat("0123456789abcdef", (breaks+1)*progressBytes/16)
	f.put("a.json", text)
	found, _ := f.list("s3://logs/", source.Days{})
	var asked atomic.Int64
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		asked.Add(1)
		from := answerRange(w, r, found[0], len(text))
		end := min(from+progressBytes, len(text))
		_, _ = io.WriteString(w, text[from:end])
		if end < len(text) {
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
		return true
	}
	if got, err := f.read(found[0]); got != text || err != nil || asked.Load() != breaks+1 {
		t.Errorf("read %d of %d bytes, %v, asked %d times", len(got), len(text), err, asked.Load())
	}
}

// answerRange writes the head of an answer to a request for an object from some byte on, which it returns.
func answerRange(w http.ResponseWriter, r *http.Request, of source.File, size int) (from int) {
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, size-1, size))
	}
	w.Header().Set("ETag", of.Version)
	w.Header().Set("Content-Length", fmt.Sprint(size-from))
	return from
}

// A connection that gives nothing any more is broken, too.
func TestConnectionsThatStall(t *testing.T) {
	f := newS3(t)
	const text = "0123456789"
	f.put("a.json", text)
	found, _ := f.list("s3://logs/", source.Days{})
	var asked atomic.Int64
	watches := make(chan func(), 1)
	f.files.watch = func(expire func()) func() bool {
		select {
		case watches <- expire:
		default:
		}
		return func() bool { return true }
	}
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		from := answerRange(w, r, found[0], len(text))
		if asked.Add(1) > 1 {
			_, _ = io.WriteString(w, text[from:])
			return true
		}
		_, _ = io.WriteString(w, text[:5])
		w.(http.Flusher).Flush()
		(<-watches)()
		<-r.Context().Done() // until it is given up
		return true
	}
	if got, err := f.read(found[0]); got != text || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
}

// Not every store knows ranges: what it gives from the beginning is not what comes next.
func TestAStoreWithoutRanges(t *testing.T) {
	f := newS3(t)
	f.put("a.json", "0123456789")
	found, _ := f.list("s3://logs/", source.Days{})
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("ETag", found[0].Version)
		w.Header().Set("Content-Length", "10")
		if r.Header.Get("Range") != "" {
			_, _ = io.WriteString(w, "0123456789")
			return true
		}
		_, _ = io.WriteString(w, "01234")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	if got, err := f.read(found[0]); err == nil || err.Error() != "the connection broke at byte 5, and the store does not give the rest alone" {
		t.Errorf("%q, %v", got, err)
	}
}

// Keys may hold every character, also those that XML cannot; listings end where they say so.
func TestListings(t *testing.T) {
	const entry = "<Contents><Key>%s</Key><Size>7</Size></Contents>"
	page := func(rest, key string) string {
		return "<ListBucketResult><Name>logs</Name>" + rest + fmt.Sprintf(entry, key) + "</ListBucketResult>"
	}
	test := func(want, fault string, pages ...string) {
		t.Helper()
		f := newS3(t)
		n := 0
		f.fault = func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("encoding-type") != "url" {
				t.Error("keys are not asked for as URLs have them")
			}
			_, _ = io.WriteString(w, pages[n])
			n++
			return true
		}
		found, failed := f.list("s3://logs/", source.Days{})
		got := ""
		for _, f := range found {
			got += f.Path + "\n"
		}
		if got != want || strings.Join(failed, "\n") != fault {
			t.Errorf("%q %q\nwant %q %q", got, failed, want, fault)
		}
	}
	const encoded = "<EncodingType>url</EncodingType>"
	test("s3://logs/a b+c%/\x01ü.json\n", "", page(encoded, "a+b%2Bc%25/%01%C3%BC.json"))
	test("s3://logs/a+b%20c\n", "", page("", "a+b%20c"))
	test("s3://logs/a\ns3://logs/b\n", "", page("<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>", "a"), page("", "b"))
	const endless = "s3://logs/: list: S3 answers that there is more, but not where it goes on: there may be objects that were not found"
	test("s3://logs/a\n", endless, page("<IsTruncated>true</IsTruncated>", "a"))
	test("s3://logs/a\ns3://logs/b\n", endless, page("<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>", "a"),
		page("<IsTruncated>true</IsTruncated><NextContinuationToken>1</NextContinuationToken>", "b"))
	const other = "s3://logs/: list: the answer is no listing of S3: is --endpoint-url right?"
	test("", other, "<html><body>Log in</body></html>")
	test("", other, "")
	test("", `s3://logs/: list: a key that is not encoded as it says: invalid URL escape "%zz"`, page(encoded, "%zz"))
}

// An answer that is not the object that was listed holds no events, but the object may.
func TestAnAnswerOfSomebodyElse(t *testing.T) {
	f := newS3(t)
	f.put("a.json", "0123456789")
	found, _ := f.list("s3://logs/", source.Days{})
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = io.WriteString(w, "<html>Log in</html>")
		return true
	}
	if got, err := f.read(found[0]); err == nil || err.Error() != "the answer has 19 bytes, but the object was listed with 10" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestABucketOfAnotherRegion(t *testing.T) {
	f := newS3(t)
	f.put("a.json", "text")
	asked := 0
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		asked++
		if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/s3/") {
			return false
		}
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		w.WriteHeader(301)
		_, _ = io.WriteString(w, "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>")
		return true
	}
	found, failed := f.list("s3://logs/", source.Days{})
	if len(found) != 1 || len(failed) > 0 {
		t.Fatalf("%v, %v", found, failed)
	}
	if text, err := f.read(found[0]); text != "text" || err != nil || asked != 3 {
		t.Errorf("read %q, %v, %d requests", text, err, asked)
	}
}

func TestSplit(t *testing.T) {
	f := func(path, bucket, key string) {
		t.Helper()
		if b, k, err := Split(path); (err == nil) != (bucket != "") || err == nil && (b != bucket || k != key) {
			t.Errorf("%s: %q, %q, %v", path, b, k, err)
		}
	}
	f("s3://b", "b", "")
	f("s3://b/", "b", "")
	f("s3://b/a/b.json", "b", "a/b.json")
	f("s3:///a", "", "")
	f("s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/a/b", "", "")
}
