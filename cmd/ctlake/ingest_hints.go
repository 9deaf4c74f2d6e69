package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/storage"
)

// beforehand is what is known of a store's imports before one more.
type beforehand struct {
	held              bool // some import kept an event
	filtered, expired bool // some left events out for that
	// changed says that the store was updated after the last of them began.
	changed bool
}

func beforeImport(ctx context.Context, lake *storage.Lake, store *storage.EventDataStore) (b beforehand, err error) {
	imports, err := lake.Imports(ctx, "")
	if err != nil {
		return b, err
	}
	last := time.Time{}
	for _, i := range imports {
		if i.StoreID != store.ID {
			continue
		}
		if i.Started.After(last) {
			last = i.Started
		}
		b.held = b.held || i.Counts.Kept > 0
		b.filtered = b.filtered || i.Counts.Filtered > 0
		b.expired = b.expired || i.Counts.Expired > 0
	}
	b.changed = !last.IsZero() && store.Updated.After(last)
	return b, nil
}

// hints says on stderr why events are not there, and what would bring them.
func (a *app) hints(s *ingest.Summary, store *storage.EventDataStore, b beforehand, again bool) {
	say := func(format string, args ...any) { fmt.Fprintf(a.err, "ctlake: "+format+"\n", args...) }
	e := s.Events
	var failed []string
	if n := s.Archives.Failed; n > 0 {
		failed = append(failed, output.Count(n, "archive"))
	}
	if n := s.Events.Failed; n > 0 {
		failed = append(failed, output.Count(n, "event"))
	}
	if len(failed) > 0 && !s.DryRun {
		rest := ""
		if s.Archives.Imported+s.Archives.Unchanged+e.Kept+e.Duplicate > 0 {
			rest = ", the rest is imported"
		}
		say("%s failed%s; ctlake imports failures %s lists why, ctlake imports retry reads them again", strings.Join(failed, " and "), rest, s.ImportID)
	}
	virgin := !b.held && e.Kept == 0
	if e.Expired > 0 {
		forGood, from := "", "now"
		if store.RetentionFrom == storage.RetentionFromNewest {
			from = "the newest event"
		}
		if at, ok := store.Floor(); ok {
			forGood = fmt.Sprintf(", or than %s, before which its events have expired for good", at.Format(time.RFC3339))
		}
		say("%s older than the %d days for which %s keeps events, counted from %s%s", output.Count(e.Expired, "event"), store.RetentionDays, store.Name, from, forGood)
		switch {
		case e.Kept > 0 || store.RetentionFrom != storage.RetentionFromNow:
		case virgin && !s.DryRun:
			say("to keep an old archive: ctlake store update %s --retention-from newest, then the same command with --again", store.Name)
		default:
			say("to keep an old archive, import it into a new store with --retention-from newest")
		}
	}
	if filtered := e.Filtered - s.OtherKind - s.OutOfRange; filtered > 0 {
		say("%s not selected by %s's event selectors; --ignore-selectors keeps all", output.Count(filtered, "event"), store.Name)
	}
	switch {
	case again || s.Archives.Unchanged == 0:
	case virgin && e.Expired == 0 && b.expired:
		say("%s holds no events: those of unchanged archives had expired when they were imported", store.Name)
		if b.changed {
			say("%s was changed since: --again reads them by its retention period of now", store.Name)
		} else if store.RetentionFrom == storage.RetentionFromNow {
			say("to keep an old archive: ctlake store update %s --retention-from newest, then the same command with --again", store.Name)
		}
	case b.filtered && b.changed:
		say("%s was changed since archives were imported of which its event selectors left events out: --again reads them by those of now", store.Name)
	}
}
