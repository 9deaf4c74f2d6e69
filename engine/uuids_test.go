package engine

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/vector"
)

// IDs that are UUIDs are read, kept and counted in 16 bytes; statements do not see that, nor days whose IDs are others.
func TestUUIDsMeanTheirTexts(t *testing.T) {
	now := time.Date(2026, time.March, 20, 0, 0, 0, 0, time.UTC)
	lake, err := storage.Open(t.Context(), filepath.Join(t.TempDir(), "lake"), storage.Options{Create: true, Now: func() time.Time { return now }})
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
	var lines strings.Builder
	const days, events = 3, 150
	for i := range days * events {
		day := i % days
		id := vector.UUID{Hi: uint64(i) * 0x9e3779b97f4a7c15, Lo: uint64(i)}.String()
		if day == 2 && i%5 == 0 {
			id = strings.ToUpper(id)
		}
		request := fmt.Sprintf(`"requestID":%q,`, vector.UUID{Lo: uint64(i % 200)})
		if i%4 == 0 {
			request = ""
		}
		fmt.Fprintf(&lines, `{"eventVersion":"1.11","eventTime":"2026-03-%02dT10:%02d:00Z","eventSource":"s3.amazonaws.com","eventName":"Name%d",%s"eventID":%q,"recipientAccountId":"111122223333"}`+"\n",
			10+day, i%60, i%7, request, id)
	}
	importLines(t, lake, store, lines.String())
	plain := New(LakeCatalog{Lake: lake}, lake.Now)
	cache := NewCache(16 << 20)
	cached := New(LakeCatalog{Lake: lake, Cache: cache}, lake.Now)
	for sql, answer := range map[string]string{
		"SELECT count(DISTINCT eventid), count(DISTINCT requestid) FROM trail":                                                                                  "450 150 \n",
		"SELECT count(DISTINCT requestid), count(requestid), count(*) FROM trail":                                                                               "150 337 450 \n",
		"SELECT count(DISTINCT requestid) FILTER (WHERE eventname = 'Name3') FROM trail":                                                                        "",
		"SELECT count(DISTINCT eventid) FROM trail WHERE eventname = 'Name3'":                                                                                   "",
		"SELECT count(DISTINCT requestid), max(requestid) FROM trail WHERE requestid LIKE '%1'":                                                                 "",
		"SELECT eventid, requestid FROM trail ORDER BY eventid DESC LIMIT 20":                                                                                   "",
		"SELECT eventid, upper(requestid) FROM trail WHERE requestid BETWEEN '00000000-0000-0000-0000-000000000010' AND '00000000-0000-0000-0000-000000000020'": "",
		"SELECT requestid, count(*), count(DISTINCT eventid) FROM trail GROUP BY requestid":                                                                     "",
		"SELECT requestid, eventname, count(*) FROM trail GROUP BY requestid, eventname":                                                                        "",
		"SELECT eventid, count(*) FROM trail GROUP BY eventid HAVING count(*) > 1":                                                                              "",
		"SELECT requestid, count(*) FROM trail GROUP BY requestid ORDER BY 2 DESC, 1 LIMIT 7":                                                                   "",
		"SELECT DISTINCT requestid FROM trail":                                                                                                                  "",
		"SELECT count(*) FROM trail a JOIN trail b ON a.eventid = b.eventid":                                                                                    "450 \n",
		"SELECT a.eventid, b.eventname FROM trail a JOIN trail b ON a.requestid = b.requestid AND a.eventid < b.eventid WHERE a.eventname = 'Name1'":            "",
		"SELECT substr(requestid, 30), count(*) FROM trail GROUP BY 1":                                                                                          "",
		"SELECT array_agg(requestid ORDER BY eventid)[5] FROM trail WHERE calendarday = 20260312":                                                               "",
	} {
		want, _, err := rowsAndStats(t.Context(), plain, sql, Options{DisableOptimizer: true, DisablePruning: true, Threads: 1})
		if err != nil || answer != "" && want != answer {
			t.Errorf("%s: %v\n%swant\n%s", sql, err, want, answer)
			continue
		}
		for i, o := range []Options{{}, {}, {BatchRows: 1, Threads: 4}, {SpillBytes: 2000, Threads: 2}, {DisableDictionaries: true, Threads: 1}} {
			e := cached
			if i == 0 {
				e = plain
			}
			if got, _, err := rowsAndStats(t.Context(), e, sql, o); err != nil || got != want {
				t.Errorf("%s\n%d, %+v: %v\ngot\n%swant\n%s", sql, i, o, err, got, want)
			}
		}
	}
	kept := 0
	for _, e := range cache.entries {
		if _, ok := e.Value.(*cacheEntry).vector.(*vector.UUIDs); ok {
			kept++
		}
	}
	if want := 2*days - 1; kept != want {
		t.Errorf("%d columns are kept as UUIDs, not %d", kept, want)
	}
}
