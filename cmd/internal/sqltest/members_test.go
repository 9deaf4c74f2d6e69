package sqltest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
)

// oddRecords hold members whose columns are not what json_extract_scalar finds, or might not be.
var oddRecords = []string{
	`{"eventName":"A","userIdentity":{"arn":"x","sessionContext":{"sessionIssuer":{"userName":"u"}}}}`,
	`{"eventName":"first","eventName":"second"}`,
	`{"EVENTNAME":"other spelling"}`,
	`{"eventname":"column's own","eventName":"exact"}`,
	`{"eventName":{"an":"object"},"awsRegion":["an","array"]}`,
	`{"eventName":12.50,"awsRegion":true,"errorCode":null}`,
	`{"eventN\u0061me":"escaped name","errorCode":""}`,
	`{"eventName":"pair \ud83d\ude00","awsRegion":"lone \ud800","errorCode":"\u0000"}`,
	`{"eventName":"quote \" slash \/ line \n","awsRegion":"ü` + "\xff" + `"}`,
	`{"userIdentity":"text","eventName":"B"}`,
	`{"userIdentity":null,"eventName":"C"}`,
	`{"userIdentity":[{"arn":"in an array"}],"eventName":"D"}`,
	`{"userIdentity":{"arn":"one"},"userIdentity":{"type":"two"}}`,
	`{"USERIDENTITY":{"arn":"loud"},"eventName":"E"}`,
	`{"userIdentity":{"ARN":"loud"},"eventName":"F"}`,
	`{"userIdentity":{"arn":"one","arn":"two"},"eventName":"G"}`,
	`{"userIdentity":{"sessionContext":{"sessionIssuer":{"userName":{"deep":1}}}},"requestID":"r"}`,
	`{"tlsDetails":{"tlsVersion":"TLSv1.3"},"sharedEventID":1e3,"vpcEndpointId":-0}`,
	`{}`,
}

// recordsLake imports one record a day, or all on one.
func recordsLake(t *testing.T, oneDay bool) *Lake {
	t.Helper()
	dir := t.TempDir()
	var records []string
	for i, r := range oddRecords {
		day := 1
		if !oneDay {
			day += i
		}
		head := fmt.Sprintf(`{"eventVersion":"1.11","eventSource":"s3.amazonaws.com","eventType":"T","eventID":"id-%02d","eventTime":"2026-03-%02dT12:00:%02dZ"`, i, day, i)
		if rest := strings.TrimPrefix(r, "{"); rest == "}" {
			records = append(records, head+rest)
		} else {
			records = append(records, head+","+rest)
		}
	}
	logs := filepath.Join(dir, "odd.json")
	if err := os.WriteFile(logs, []byte(`{"Records":[`+strings.Join(records, ",")+`]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return Now }
	lake, err := storage.Open(t.Context(), filepath.Join(dir, "lake"), storage.Options{Create: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lake.Close() })
	store, err := lake.Create(t.Context(), storage.CreateEventDataStore{Name: "trail", RetentionFrom: storage.RetentionFromNewest})
	if err != nil {
		t.Fatal(err)
	}
	im, err := lake.BeginImport(t.Context(), store, storage.ImportOptions{Sources: []string{logs}, Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	summary, err := ingest.Run(t.Context(), im, ingest.Options{Paths: []string{logs}, Workers: 1})
	if err != nil || summary.Events.Kept != int64(len(oddRecords)) {
		t.Fatalf("%+v of %d, %v, %+v", summary.Events, len(oddRecords), err, summary.Problems)
	}
	return &Lake{lake: lake, store: store, engine: engine.New(engine.LakeCatalog{Lake: lake, Cache: engine.NewCache(cacheBytes)}, now)}
}

// TestMembersOfJSONAreTheSameAsColumns asks for each column of text by its path into the JSON: with the optimizer, which
// reads the column where it may, and without.
func TestMembersOfJSONAreTheSameAsColumns(t *testing.T) {
	for _, oneDay := range []bool{true, false} {
		lake := recordsLake(t, oneDay)
		answer := func(statement string, c Config) string {
			got, err := lake.Answer(t.Context(), &Block{Kind: QueryBlock, Statement: statement}, c)
			if err != nil {
				t.Errorf("%s with %s: %v", statement, c, err)
			}
			return got
		}
		for _, text := range schema.Events.Texts() {
			path := "$." + strings.Join(text.Members, ".")
			for _, statement := range []string{
				"SELECT eventid, json_extract_scalar(eventjson, '" + path + "') AS member FROM trail",
				"SELECT eventid FROM trail WHERE json_extract_scalar(eventjson, '" + path + "') >= 'A'",
				"SELECT eventid, eventjson FROM trail WHERE json_extract_scalar(eventjson, '" + path + "') IS NULL",
			} {
				plain := Config{Threads: 1, BatchRows: 1024, NoOptimizer: true}
				want := answer(statement, plain)
				for range 3 { // the second one and the third may come from the cache
					c := Config{Threads: 2, BatchRows: 3}
					if got := answer(statement, c); got != want {
						t.Errorf("%s, one day %v\n got %s\nwant %s", statement, oneDay, got, want)
					}
				}
			}
		}
	}
}

func TestMembersOfJSONAreReadAsColumns(t *testing.T) {
	lake := recordsLake(t, false)
	read := func(statement string) (bytes int64) {
		r, err := lake.engine.Run(context.Background(), engine.Query{Text: statement})
		if err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = r.Next()
		}
		bytes = r.Stats().BytesScanned
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		return bytes
	}
	text := read("SELECT eventjson FROM trail WHERE eventtime < TIMESTAMP '2026-03-02 00:00:00'")
	same := read("SELECT requestid FROM trail WHERE eventtime < TIMESTAMP '2026-03-02 00:00:00'")
	member := read("SELECT json_extract_scalar(eventjson, '$.requestID') FROM trail WHERE eventtime < TIMESTAMP '2026-03-02 00:00:00'")
	if same != member || text <= member {
		t.Errorf("the column takes %d bytes, the member %d, the text %d", same, member, text)
	}
}
