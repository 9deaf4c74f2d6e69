package main

import (
	"testing"
	"time"

	"github.com/ctlake/ctlake/ingest"
)

func TestProgressFitsTheTerminal(t *testing.T) {
	p := ingest.Progress{Archives: 251, ArchivesTotal: 2315, Events: 1185423}
	for _, c := range []struct {
		columns int
		want    string
	}{
		{120, "251 of 2,315 archives, 1,185,423 events, 118,542 events/s"},
		{57, "251 of 2,315 archives, 1,185,423 events, 118,542 events/s"},
		{56, "251 of 2,315 archives, 118,542 events/s"},
		{38, "118,542 events/s"},
		{4, ""},
		{-10, ""},
	} {
		if got := describeProgress(p, 10*time.Second, c.columns); got != c.want {
			t.Errorf("%d columns: %q, want %q", c.columns, got, c.want)
		}
	}
	if got := describeProgress(ingest.Progress{}, 0, 80); got != "0 of 0 archives, 0 events, 0 events/s" {
		t.Errorf("at the start: %q", got)
	}
}
