package bucket

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// An import of objects: what cannot be read fails alone, and a retry completes it.
func TestImportOfObjects(t *testing.T) {
	f := newS3(t)
	const folder = "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/"
	for i := range 3 {
		f.put(fmt.Sprintf("%s%d.json", folder, i), fmt.Sprintf(`{"Records":[{"eventVersion":"1.11","eventTime":"2026-03-01T10:00:00Z",`+
			`"eventSource":"ec2.amazonaws.com","eventName":"RunInstances","eventID":"e%d","recipientAccountId":"111122223333"}]}`, i))
	}
	lake, err := storage.Open(t.Context(), t.TempDir(), storage.Options{Create: true,
		Now: func() time.Time { return time.Date(2026, time.March, 10, 12, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := lake.Close(); err != nil {
			t.Error(err)
		}
	}()
	store, err := lake.Create(t.Context(), storage.CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	run := func(paths ...string) *ingest.Summary {
		t.Helper()
		im, err := lake.BeginImport(t.Context(), store, storage.ImportOptions{Parallelism: 1})
		if err != nil {
			t.Fatal(err)
		}
		s, err := ingest.Run(t.Context(), im, ingest.Options{Paths: paths, Workers: 2, Buckets: f.files})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/1.json") {
			w.WriteHeader(403)
			return true
		}
		return false
	}
	s := run("s3://logs/AWSLogs/")
	if s.Archives.Imported != 2 || s.Archives.Failed != 1 || s.Events.Kept != 2 || len(s.Problems) != 1 {
		t.Fatalf("%+v %+v %v", s.Archives, s.Events, s.Problems)
	}
	if got := s.Problems[0].String(); !strings.HasPrefix(got, "s3://logs/"+folder+"1.json: access denied") {
		t.Errorf("the failure reads %s", got)
	}
	f.fault = nil
	again, err := ingest.FailedArchives(t.Context(), lake, s.ImportID)
	if err != nil || len(again) != 1 || again[0] != "s3://logs/"+folder+"1.json" {
		t.Fatalf("to retry: %v, %v", again, err)
	}
	if s = run(again...); s.Archives.Imported != 1 || s.Events.Kept != 1 {
		t.Errorf("retried: %+v %+v", s.Archives, s.Events)
	}
	// What was imported is not even read again, until it is put anew; what holds the same text then is read, and unchanged.
	read := map[string]int{}
	f.fault = func(_ http.ResponseWriter, r *http.Request) bool {
		if name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; strings.HasSuffix(name, ".json") {
			read[name]++
		}
		return false
	}
	if s = run("s3://logs"); s.Archives.Unchanged != 3 || s.Events.Read != 0 || len(read) != 0 {
		t.Errorf("a second run: %+v %+v, which read %v", s.Archives, s.Events, read)
	}
	f.put(folder+"2.json", `{"Records":[{"eventVersion":"1.11","eventTime":"2026-03-01T10:00:00Z",`+
		`"eventSource":"ec2.amazonaws.com","eventName":"StopInstances","eventID":"e3","recipientAccountId":"111122223333"}]}`)
	if s = run("s3://logs"); s.Archives.Unchanged != 2 || s.Events.Kept != 1 || fmt.Sprint(read) != "map[2.json:1]" {
		t.Errorf("a run after one was put anew: %+v %+v, which read %v", s.Archives, s.Events, read)
	}
	clear(read)
	if s = run("s3://logs"); s.Archives.Unchanged != 3 || len(read) != 0 {
		t.Errorf("a run after that: %+v %+v, which read %v", s.Archives, s.Events, read)
	}
	// What holds no events is remembered as well, and named again.
	f.put("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/d.json", `{"digestS3Object":"d"}`)
	f.put(folder+"empty.json", "")
	f.put(folder+"none.json", `{"Records":[]}`)
	for i, reads := range []string{"map[d.json:1 empty.json:1 none.json:1]", "map[]"} {
		clear(read)
		if s = run("s3://logs"); s.Archives.Found != 6 || s.Archives.Ignored != 2 || s.Archives.Imported != int64(1-i) || fmt.Sprint(read) != reads {
			t.Errorf("run %d over objects without events: %+v, which read %v", i, s.Archives, read)
		}
		if got := fmt.Sprint(s.Problems); !strings.Contains(got, "/d.json: ignored: a digest file s3://") || !strings.Contains(got, "empty.json: ignored: an empty file") {
			t.Errorf("run %d: %s", i, got)
		}
	}
	f.put("AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/d.json", `{"digestS3Object":"other"}`)
	if clear(read); run("s3://logs").Archives.Ignored != 2 || fmt.Sprint(read) != "map[d.json:1]" {
		t.Errorf("a run after a digest file was put anew read %v", read)
	}
	if got := archivesOf(t, lake, store); got != "s3://logs/"+folder+"0.json s3://logs/"+folder+"1.json s3://logs/"+folder+"2.json" {
		t.Errorf("the events say that they are from %s", got)
	}
}

// archivesOf returns what _archive says, by event.
func archivesOf(t *testing.T, lake *storage.Lake, store *storage.EventDataStore) string {
	t.Helper()
	snapshot, err := lake.Snapshot(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]string{}
	for _, f := range snapshot.Files {
		file, err := snapshot.Open(f)
		if err != nil {
			t.Fatal(err)
		}
		stripe, err := file.Stripe(0)
		if err != nil {
			t.Fatal(err)
		}
		read := func(name string) vector.Vector {
			column, err := stripe.Column([]string{name})
			if err != nil {
				t.Fatal(err)
			}
			v, err := column.Read(0, stripe.Rows())
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		ids, archives := read(schema.EventID), read(schema.Archive)
		for row := range stripe.Rows() {
			byID[fmt.Sprint(vector.ValueAt(ids, row))] = fmt.Sprint(vector.ValueAt(archives, row))
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	return strings.Join([]string{byID["e0"], byID["e1"], byID["e2"]}, " ")
}
