package ingest

import (
	"context"
	"time"

	"github.com/ctlake/ctlake/ingest/source"
)

const (
	// pollEvery is how often a tree that is watched is listed.
	pollEvery = 5 * time.Second
	// settleTime is how long a file must not have changed before it is read: it may be half written.
	settleTime = 5 * time.Second
	// commitEvery is after which time what came is committed at the latest, at the end of an archive.
	commitEvery = 20 * time.Second
)

// watch sends files as they come: those that it has not sent in the form they have now, once they
// have settled. A file that is written to after it was sent is sent again; what is gone is
// forgotten, and folders that vanish or cannot be read are looked for at the next listing.
func watch(ctx context.Context, o *Options, files []file, send func(file) bool) {
	sent := map[string]source.File{}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		there := make(map[string]source.File, len(files))
		for _, f := range files {
			last, ok := sent[f.Path]
			switch {
			case ok && last == f.File, f.stream != nil && ok:
				there[f.Path] = last
			case f.stream == nil && f.Version == "" && time.Since(f.Modified) < settleTime && !future(f.Modified):
				// Still being written, or just now: at a later listing.
			case !send(f):
				return
			default:
				there[f.Path] = f.File
			}
		}
		sent = there
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
		var err error
		if files, _, err = o.walk(ctx); err != nil {
			return // ctx has ended
		}
	}
}

// future reports whether a time is so far ahead that the file's clock must be another one.
func future(t time.Time) bool { return time.Until(t) > settleTime }
