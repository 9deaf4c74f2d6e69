package engine

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/storage"
)

// verifyAsk are statements that need all of a data file, some of it, and nothing but what the catalog says.
var verifyAsk = []struct {
	sql   string
	needs bool // any data file
}{
	{`SELECT eventid, eventtime, eventname, sourceipaddress, useridentity.arn, eventjson, eventjsonchecksum FROM trail ORDER BY eventid`, true},
	{`SELECT eventname, count(*), max(eventtime) FROM trail WHERE sourceipaddress LIKE '10.%' GROUP BY 1 ORDER BY 1`, true},
	{`SELECT eventid FROM trail WHERE eventid = 'e00000003'`, true},
	{`SELECT "$archive", requestparameters['k'] FROM trail WHERE useridentity.arn IS NOT NULL ORDER BY 1, 2`, true},
	{`SELECT count(*) FROM trail`, false},
}

// With verified reads no changed bit of a data file changes an answer: the statement fails and names the file, unless it does
// not need it.
func TestVerifiedReadsOfFlippedBits(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	lake, err := storage.Open(t.Context(), filepath.Join(dir, "lake"), storage.Options{Create: true, Now: func() time.Time { return time.Date(2030, 1, 3, 0, 0, 0, 0, time.UTC) }})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lake.Close() }()
	store, err := lake.Create(t.Context(), storage.CreateEventDataStore{Name: "trail"})
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	for i := range 60 {
		fmt.Fprintf(&lines, `{"eventVersion":"1.11","eventTime":"2030-01-0%dT10:00:%02dZ","eventSource":"s3.amazonaws.com","eventName":"Name%d","eventID":"e%08d",`+
			`"sourceIPAddress":"10.0.0.%d","userIdentity":{"type":"IAMUser","arn":"arn:aws:iam::111122223333:user/u%d"},"requestParameters":{"k":"v%d"},"recipientAccountId":"111122223333"}`+"\n",
			1+i%2, i, i%7, i, i%9, i%5, i)
	}
	path := filepath.Join(dir, "events.jsonl")
	if err := os.WriteFile(path, []byte(lines.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	im, err := lake.BeginImport(t.Context(), store, storage.ImportOptions{Parallelism: 1})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := ingest.Run(t.Context(), im, ingest.Options{Paths: []string{path}}); err != nil || s.Events.Kept != 60 {
		t.Fatalf("%+v, %v", s, err)
	}
	ask := func(sql string) (string, error) {
		return answerIn(t.Context(), LakeCatalog{Lake: lake, Verify: true, Cache: NewCache(leastCacheBytes)}, lake.Now, sql)
	}
	want := make([]string, len(verifyAsk))
	for i, a := range verifyAsk {
		if want[i], err = ask(a.sql); err != nil || want[i] == "" {
			t.Fatalf("%s: %q, %v", a.sql, want[i], err)
		}
	}
	files, err := filepath.Glob(filepath.Join(lake.StoreDir(store), "*", "*.orc"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	flips := 20
	if testing.Short() {
		flips = 6
	}
	for _, file := range files {
		sound, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		for range flips {
			at, bit := random.IntN(len(sound)), byte(1)<<random.IntN(8)
			changed := append([]byte{}, sound...)
			changed[at] ^= bit
			if err := os.WriteFile(file, changed, 0o600); err != nil {
				t.Fatal(err)
			}
			for i, a := range verifyAsk {
				got, err := ask(a.sql)
				switch {
				case err == nil && (got != want[i] || i == 0):
					t.Errorf("byte %d of %s, %s: it answers\n%s", at, name, a.sql, got)
				case err != nil && (!a.needs || !strings.Contains(err.Error(), name)):
					t.Errorf("byte %d of %s, %s: %v", at, name, a.sql, err)
				}
			}
		}
		if err := os.WriteFile(file, sound, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
