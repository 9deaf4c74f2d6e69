package source

import (
	"testing"
	"time"
)

func TestDaysTellFoldersOfTrailsByTheirDates(t *testing.T) {
	march := DaysOf(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC))
	if march != (Days{"20260301", "20260306"}) {
		t.Fatalf("days are %v", march)
	}
	f := func(folder string, want bool) {
		t.Helper()
		if got := march.Wants(folder); got != want {
			t.Errorf("%s: %v", folder, got)
		}
	}
	trail := "logs/AWSLogs/111122223333/CloudTrail/eu-west-1/"
	f(trail, true)
	f(trail+"2025/", false)
	f(trail+"2026/", true)
	f(trail+"2026/02/", false)
	f(trail+"2026/03/", true)
	f(trail+"2026/03/01/", true)
	f(trail+"2026/03/06/", true)
	f(trail+"2026/03/07/", false)
	f(trail+"2026/02/28/", false)
	// Of an organization, of Control Tower, and with AWSLogs in the prefix again.
	f("o-abc/AWSLogs/o-abc/111122223333/CloudTrail/eu-west-1/2026/02/", false)
	f("AWSLogs/o-abc/111122223333/CloudTrail-Insight/eu-west-1/2026/03/02/", true)
	f("AWSLogs/copy/AWSLogs/111122223333/CloudTrail/eu-west-1/2027/", false)
	// Folders of other layouts may hold anything.
	f("exports/2020/01/01/", true)
	f("AWSLogs/2020x/", true)
	if (Days{}).Pruned() || !(Days{}).Wants(trail+"1999/") {
		t.Error("no bounds leave something out")
	}
}
