package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"

	"github.com/ctlake/ctlake/storage/catalog"
)

// FindingKind is what a check finds.
type FindingKind string

// The kinds of findings. Leftovers of what was interrupted are no damage: no query sees
// them, and no event is lost.
const (
	FoundCatalog     FindingKind = "catalog"     // the catalog contradicts itself
	FoundMissing     FindingKind = "missing"     // a data file is not there
	FoundDamaged     FindingKind = "damaged"     // a data file is not what was written
	FoundWrong       FindingKind = "wrong"       // a data file, or what the catalog says of it, was written wrongly
	FoundDuplicate   FindingKind = "duplicate"   // an event is in the store twice
	FoundOrphan      FindingKind = "orphan"      // a leftover: a file that the catalog does not know
	FoundInterrupted FindingKind = "interrupted" // a leftover: an import that did not come to its end
	FoundPurged      FindingKind = "purged"      // a leftover: a file that was purged or merged, and not unlinked yet
)

// Leftover reports whether findings of the kind are harmless.
func (k FindingKind) Leftover() bool {
	return k == FoundOrphan || k == FoundInterrupted || k == FoundPurged
}

// Finding is something that is not as it should be.
type Finding struct {
	Kind    FindingKind
	Store   string // the name of the event data store; "" if it concerns none
	Path    string // of the file, relative to the lake; "" if it concerns none
	Problem string
	Meaning string // for queries, or for what comes next
	Repair  string // what was done about it; "" if nothing was
}

// CheckOptions say how much is checked.
type CheckOptions struct {
	// Deep reads every value, holds statistics and bloom filters, days, times and checksums against
	// them, and looks for events that are there twice.
	Deep bool
	// Repair moves orphans to the folder quarantine, ends interrupted imports and unlinks purged
	// files. It takes the writer's lock. Damage is not touched.
	Repair bool
}

// CheckReport is the outcome of a check.
type CheckReport struct {
	Stores, Files int
	Events, Bytes int64
	// Findings are in the order of stores, days and files.
	Findings []Finding
	// Writing says who writes to the lake meanwhile, if somebody does: orphans are not looked for then.
	Writing error
}

// Damaged reports whether something was found that is more than a leftover.
func (r *CheckReport) Damaged() bool {
	for _, f := range r.Findings {
		if !f.Kind.Leftover() {
			return true
		}
	}
	return false
}

const quarantineName = "quarantine"

// Check reads the lake back: the catalog, each data file's size, SHA-256 and structure, and what lies
// beside them. Stores that are pending deletion are part of it.
func (l *Lake) Check(ctx context.Context, o CheckOptions) (r *CheckReport, err error) {
	r = &CheckReport{}
	unlock, err := l.lock("check")
	switch {
	case err == nil:
		defer func() { err = errors.Join(err, unlock()) }()
	case o.Repair:
		return nil, err
	case errors.Is(err, ErrLocked):
		r.Writing = err
	case readOnly(err): // nor can anybody of this user write meanwhile
	default:
		return nil, err
	}
	problems, err := l.catalog.Integrity(ctx)
	if errors.Is(err, catalog.ErrDamage) {
		r.Findings = append(r.Findings, Finding{Kind: FoundCatalog, Path: catalogName, Problem: err.Error(), Meaning: meaningOf("")})
		return r, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check catalog: %w", err)
	}
	for _, p := range problems {
		f := Finding{Kind: FoundCatalog, Path: catalogName, Problem: p.Text, Meaning: meaningOf(p.Rows.Kind)}
		if p.Rows.Kind == catalog.DataFileRows {
			f.Store = l.nameOf(ctx, p.Rows.Owner)
		}
		r.Findings = append(r.Findings, f)
	}
	if _, err := l.allStores(ctx); errors.Is(err, catalog.ErrDamage) && len(problems) > 0 {
		return r, nil // which files there are is not known
	}
	// What the catalog says wrongly is not to be held against the files.
	if err := l.checkLeftovers(ctx, r, o); err != nil && !(errors.Is(err, catalog.ErrDamage) && len(problems) > 0) {
		return nil, err
	}
	stores, err := l.allStores(ctx)
	if err != nil {
		return nil, err
	}
	r.Stores = len(stores)
	for _, store := range stores {
		s, err := l.snapshot(ctx, store.ID)
		if errors.Is(err, ErrNotFound) {
			continue // removed meanwhile
		}
		if errors.Is(err, catalog.ErrDamage) && len(problems) > 0 {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.check(ctx, r, o); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// meaningOf says what it means that rows of the catalog are not as they were written; of "", that the database is damaged.
func meaningOf(kind catalog.RowKind) string {
	meaning := "answers may be wrong"
	switch kind {
	case catalog.StoreRows:
		meaning = "no statement is answered, since which event data store is which is not known"
	case catalog.DataFileRows:
		meaning = "queries of this event data store fail"
	case catalog.ImportRows:
		meaning = "the history of imports is not shown; queries of events are not concerned"
	case catalog.ArchiveRows:
		meaning = `an archive may be read again, whose events are then known as duplicates, and queries of "$integrity" fail; those of events alone are not concerned`
	case catalog.FailureRows:
		meaning = "what imports failures lists may be wrong; queries of events are not concerned"
	case catalog.VerdictRows:
		meaning = `queries of "$integrity" fail; those of events alone are not concerned`
	case catalog.ObjectRows:
		meaning = "an object may be fetched again, or not looked at; queries of events are not concerned"
	case catalog.PurgeRows:
		meaning = `queries of "$purges" fail; queries of events are not concerned`
	case catalog.PurgedFileRows:
		meaning = "files that were purged or merged stay on disk, and nothing is imported; queries are not concerned"
	case catalog.ClockRows:
		return "nothing is purged until ctlake retention run --force takes the system's clock as the lake's; queries are not concerned"
	}
	return meaning + "; restore the catalog from a backup"
}

// nameOf returns the name of a store; "" if the catalog does not tell.
func (l *Lake) nameOf(ctx context.Context, id string) string {
	store, err := l.catalog.Store(ctx, id)
	if err != nil {
		return ""
	}
	return store.Name
}

// examined is what is known of one file after it was looked at.
type examined struct {
	findings []Finding
	keys     []EventKey // of a deep check
	names    []string   // the eventIDs, beside keys
	done     chan struct{}
	err      error
}

// check examines the files of a store, several at once, and reports in their order.
func (s *Snapshot) check(ctx context.Context, r *CheckReport, o CheckOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	workers := max(1, runtime.GOMAXPROCS(0))
	order, queue := make(chan *examined, workers), make(chan func())
	for range workers {
		wg.Go(func() {
			for work := range queue {
				work()
			}
		})
	}
	wg.Go(func() {
		defer close(order)
		defer close(queue)
		for _, f := range s.Files {
			e := &examined{done: make(chan struct{})}
			select {
			case order <- e:
			case <-ctx.Done():
				return
			}
			queue <- func() {
				defer close(e.done)
				e.err = s.examine(ctx, f, o.Deep, e)
			}
		}
	})
	var seen eventSet
	for i := 0; ; i++ {
		e, more := <-order
		if !more {
			break
		}
		<-e.done
		if e.err != nil {
			return e.err
		}
		f := s.Files[i]
		r.Files++
		r.Events += f.Rows
		r.Bytes += f.Bytes
		again, which := 0, ""
		for k, key := range e.keys {
			if seen.add(key) == Repeated {
				if again == 0 {
					which = e.names[k]
				}
				again++
			}
		}
		if again > 0 {
			e.findings = append(e.findings, s.found(f, FoundDuplicate, "the store has %d of its events twice, the first %q", again, which))
		}
		r.Findings = append(r.Findings, e.findings...)
	}
	return ctx.Err()
}

// found returns a finding about a data file.
func (s *Snapshot) found(f DataFile, kind FindingKind, problem string, args ...any) Finding {
	meaning := ""
	switch kind {
	case FoundMissing, FoundDamaged:
		meaning = fmt.Sprintf("queries that need it fail and name it; with --skip-damaged the events in it are left out: %d of %s", f.Rows, f.Day)
	case FoundWrong:
		meaning = "queries that need it may answer wrongly"
	case FoundDuplicate:
		meaning = "queries count them twice"
	}
	return Finding{Kind: kind, Store: s.Store.Name, Path: f.Path, Problem: fmt.Sprintf(problem, args...), Meaning: meaning}
}

// checkLeftovers looks for what interrupted operations left, and tidies it up if it may.
func (l *Lake) checkLeftovers(ctx context.Context, r *CheckReport, o CheckOptions) error {
	if r.Writing != nil {
		return nil
	}
	imports, err := l.catalog.Imports(ctx, "")
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	for _, im := range imports {
		if im.Finished.IsZero() {
			r.Findings = append(r.Findings, Finding{Kind: FoundInterrupted, Problem: "import " + im.ID + " did not come to its end",
				Meaning: "what it committed is there; the same ingest goes on from it", Repair: repaired(o, "it counts as "+string(ImportFailed))})
		}
	}
	purged, err := l.catalog.PurgedFiles(ctx)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	known := map[string]bool{}
	for _, f := range purged {
		known[f.Path] = true
	}
	stores, err := l.allStores(ctx)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, s := range stores {
		names[s.ID] = s.Name
		files, err := l.catalog.DataFiles(ctx, s.ID)
		if err != nil {
			return fmt.Errorf("read catalog: %w", err)
		}
		for _, f := range files {
			known[f.Path] = true
		}
	}
	if o.Repair {
		if err := l.catalog.EndInterrupted(ctx, string(ImportFailed), l.now()); err != nil {
			return fmt.Errorf("write catalog: %w", err)
		}
		if _, _, err := l.unlink(ctx); err != nil {
			return err
		}
	}
	for _, f := range purged {
		if file, err := l.disk.Open(f.Path); err == nil {
			r.Findings = append(r.Findings, Finding{Kind: FoundPurged, Path: f.Path, Problem: "it was purged or merged into another, and is still on disk",
				Meaning: "no new query sees it; retention run unlinks it"})
			if err := file.Close(); err != nil {
				return err
			}
		}
	}
	return l.walk(storesName, func(name string) error {
		if known[name] {
			return nil
		}
		store, _, _ := strings.Cut(strings.TrimPrefix(name, storesName+"/"), "/")
		f := Finding{Kind: FoundOrphan, Store: names[store], Path: name, Problem: "the catalog does not know it",
			Meaning: "no query sees it; the next import into its store removes it"}
		if f.Store == "" {
			f.Meaning = "no query sees it: the catalog has no such event data store"
		}
		if o.Repair {
			to := path.Join(quarantineName, strings.TrimPrefix(name, storesName+"/"))
			if err := l.move(name, to); err != nil {
				return err
			}
			f.Repair = "moved to " + to
		}
		r.Findings = append(r.Findings, f)
		return nil
	})
}

func repaired(o CheckOptions, how string) string {
	if !o.Repair {
		return ""
	}
	return how
}

// walk calls f with the files below a folder, in the order of their names. It need not exist.
func (l *Lake) walk(dir string, f func(name string) error) error {
	entries, err := l.disk.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list %s: %w", dir, err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if e.IsDir() {
			err = l.walk(name, f)
		} else {
			err = f(name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// move gives a file a place in another folder, durably.
func (l *Lake) move(from, to string) error {
	if err := l.disk.MkdirAll(path.Dir(to)); err != nil {
		return fmt.Errorf("make folder %s: %w", path.Dir(to), err)
	}
	if err := l.disk.Rename(from, to); err != nil {
		return fmt.Errorf("move %s: %w", from, err)
	}
	for _, dir := range []string{path.Dir(to), path.Dir(from)} {
		if err := l.disk.SyncDir(dir); err != nil {
			return fmt.Errorf("sync folder %s: %w", dir, err)
		}
	}
	return nil
}
