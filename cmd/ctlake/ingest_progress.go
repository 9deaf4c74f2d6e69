package main

import (
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/ctlake/ctlake/ingest"
)

// What the bar has beside its description: percentage, speed, times. An interrupt's ^C is to have its place on the line, too.
const (
	besideDescription = 36 // columns
	widestBar         = 40
)

// describeProgress says how far an import is, in at most so many columns; where there are too few, what matters less is left out.
func describeProgress(p ingest.Progress, elapsed time.Duration, columns int) string {
	archives := fmt.Sprintf("%s of %s archives", thousands(p.Archives), thousands(p.ArchivesTotal))
	rate := fmt.Sprintf("%s events/s", thousands(int64(float64(p.Events)/max(elapsed.Seconds(), 0.001))))
	for _, text := range []string{
		archives + ", " + thousands(p.Events) + " events, " + rate,
		archives + ", " + rate,
		rate,
	} {
		if len(text) <= columns {
			return text
		}
	}
	return ""
}

// progress returns a bar on stderr.
func (a *app) progress() (report func(ingest.Progress), finish func()) {
	var bar *progressbar.ProgressBar
	start, last := time.Now(), time.Time{}
	report = func(p ingest.Progress) {
		columns := width(a.err) - besideDescription
		if bar == nil {
			// The description grows as the counts do.
			full := p
			full.Archives, full.Events = p.ArchivesTotal, 1e8
			bar = progressbar.NewOptions64(p.BytesTotal, progressbar.OptionSetWriter(a.err), progressbar.OptionShowBytes(true),
				progressbar.OptionSetWidth(max(0, min(widestBar, columns-len(describeProgress(full, 1e3*time.Second, columns))))),
				progressbar.OptionUseANSICodes(a.getenv("TERM") != "dumb"), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		if now := time.Now(); now.Sub(last) > 100*time.Millisecond {
			last = now
			bar.Describe(describeProgress(p, now.Sub(start), columns))
		}
		if p.BytesTotal > bar.GetMax64() {
			bar.ChangeMax64(p.BytesTotal) // more came while it watches
		}
		_ = bar.Set64(min(p.Bytes, p.BytesTotal)) // a bar that cannot be drawn is no reason to stop
	}
	return report, func() {
		if bar != nil {
			_ = bar.Finish()
		}
	}
}
