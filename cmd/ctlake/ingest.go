package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/bucket"
	"github.com/ctlake/ctlake/ingest/digest"
	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
)

// ingestFlags are the flags of ctlake ingest.
type ingestFlags struct {
	stores          []string
	createWith      string // a file
	create          *storage.CreateEventDataStore
	selectors       string
	retentionDays   int
	retentionFrom   string
	workers         int
	ignoreSelectors bool
	dryRun          bool
	listIgnored     bool // name each ignored file, not one of each kind
	maxExpand       int64
	format          string // "" and formatAuto are any
	again           bool   // read archives that were imported before, too
	watch           bool
	verify          bool
	verifyDigests   bool
	publicKeys      []string
	keys            *digest.Keys
	endpoint        string // of S3
	from, to        timeFlag
	output          string
	quiet           bool
}

func (a *app) ingestCommand() *cobra.Command {
	var f ingestFlags
	cmd := &cobra.Command{
		Use:   "ingest PATH… --store NAME",
		Short: "Import CloudTrail archives into an event data store",
		Long: "Imports files and folders with CloudTrail records in any form, told by their bytes, not by their names:\n" +
			"files of a trail, output of LookupEvents, downloads of Event history (JSON, CSV), EventBridge events, payloads\n" +
			"and exports of CloudWatch Logs, SQS and SNS messages, query results with eventjson, bare records one by one or\n" +
			"in arrays; gzip, zstd, bzip2, zip and tar, in each other too. The store is made if there is none of that name.\n" +
			"Of events each store takes its own kind: CloudTrail events, Insights events, configuration items of AWS Config,\n" +
			"evidence of Audit Manager or events from outside AWS. --store may be given several times: one pass feeds them all.\n" +
			"Events are imported once: archives that were imported before are passed over, events delivered twice are dropped.\n\n" +
			"The path - is the standard input. s3://BUCKET/PREFIX reads objects, with the credentials that AWS's tools use.\n\n" +
			"Exit status 3 says that all is done but some input could not be used; it is listed on stderr.",
		Example: "  ctlake ingest ~/logs/AWSLogs --store trail\n" +
			"  ctlake ingest incident/ --store incident --retention-from newest\n" +
			"  ctlake ingest ~/logs/AWSLogs --store trail --store insights\n" +
			"  ctlake ingest s3://trail-logs/AWSLogs/ --store trail --from 2026-01-01 --to 2026-02-01\n" +
			"  ctlake ingest download.zip --store trail --dry-run\n" +
			"  ctlake ingest ~/logs/AWSLogs --store trail --verify-digests --public-keys keys.json\n" +
			"  ctlake ingest ~/logs --store writes --selectors selectors.json --output json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("ingest what? Name files or folders")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.ingest(cmd.Context(), args, f) },
	}
	cmd.Flags().StringArrayVar(&f.stores, "store", nil, "the event data store, by `NAME`, UUID or ARN; several may be given, each takes what is its own")
	cmd.Flags().StringVar(&f.createWith, "create-with", "", "for a new store: a `FILE` with AWS's input of CreateEventDataStore, as aws cloudtrail create-event-data-store --cli-input-json takes it")
	cmd.Flags().StringVar(&f.selectors, "selectors", "", "for a new store: a `FILE` with AWS's advanced event selectors (default: every event is kept)")
	cmd.Flags().IntVar(&f.retentionDays, "retention-days", 0, "for a new store: `DAYS` to keep events, 7 to 3653 (default 366)")
	cmd.Flags().StringVar(&f.retentionFrom, "retention-from", "", "for a new store: age counts from this `POINT`: now, or newest, its newest event (default now)")
	cmd.Flags().StringVar(&f.format, "format", formatAuto, "the `FORM` of the archives: "+formatAuto+" tells each by its content; with another, what does not have that form is a failure: "+strings.Join(formatNames(), ", "))
	cmd.Flags().IntVar(&f.workers, "workers", 0, "`N` archives are read at once (default: one for each processor)")
	cmd.Flags().BoolVar(&f.ignoreSelectors, "ignore-selectors", false, "keep every event, whatever the store's selectors say; archives that were imported by them are read again")
	cmd.Flags().BoolVar(&f.again, "again", false, "read archives that were imported before, too, as after a change of the store's selectors; events are never imported twice")
	cmd.Flags().Var(&f.from, "from", "take events from this time on: 2026-01-31, 2026-01-31T12:00 or RFC 3339, in UTC; folders of trails of earlier days are left out")
	cmd.Flags().Var(&f.to, "to", "take events before this time; a day alone is its midnight")
	cmd.Flags().StringVar(&f.endpoint, "endpoint-url", "", "for s3:// paths: the `URL` of a store other than AWS's")
	cmd.Flags().BoolVar(&f.watch, "watch", false, "go on with files that are new or have changed, until interrupted; what came is committed every 30 seconds")
	cmd.Flags().BoolVar(&f.verify, "verify", false, "read each data file back before it counts, and compare it with what was written")
	cmd.Flags().BoolVar(&f.verifyDigests, "verify-digests", false, "then verify the archives by CloudTrail's digest files, which must be among the paths")
	cmd.Flags().StringArrayVar(&f.publicKeys, "public-keys", nil, "for --verify-digests: a `FILE` with CloudTrail's public keys, as aws cloudtrail list-public-keys prints them, PEM or DER; several may be given")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "tell what would be imported; write nothing")
	cmd.Flags().BoolVar(&f.listIgnored, "list-ignored", false, fmt.Sprintf("name each file without CloudTrail records, up to %d, not one of each kind", ingest.MaxProblems))
	cmd.Flags().Int64Var(&f.maxExpand, "max-expand", format.DefaultLimits.ExpandRatio, "an archive may expand to `N` times its size")
	cmd.Flags().StringVar(&f.output, "output", "text", "the summary's `FORM`: text, json")
	return cmd
}

// formatAuto is the --format that takes every form.
const formatAuto = "auto"

// formatNames returns the other ones.
func formatNames() []string {
	var names []string
	for _, f := range format.Forms() {
		names = append(names, f.Name)
	}
	return names
}

// completeFormats completes --format.
func completeFormats(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names := []string{formatAuto + "\tevery form, told by its content"}
	for _, f := range format.Forms() {
		names = append(names, f.Name+"\t"+f.What)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// ingest runs the command.
func (a *app) ingest(ctx context.Context, paths []string, f ingestFlags) (err error) {
	// The first interrupt ends the import with what was committed; another one ends the program, whatever it waits for.
	defer context.AfterFunc(ctx, func() { signal.Reset(os.Interrupt, syscall.SIGTERM) })()
	switch {
	case len(f.stores) == 0:
		return usage("into which store? Give --store NAME; it is made if there is none")
	case f.output != "text" && f.output != "json":
		return usage("--output %s: the summary comes as text or json", f.output)
	case f.format != "" && f.format != formatAuto && !slices.Contains(formatNames(), f.format):
		return usage("--format %s: it is %s, %s", f.format, formatAuto, strings.Join(formatNames(), ", "))
	case f.workers < 0 || f.workers > maxWorkers:
		return usage("--workers %d: it is 1 to %d", f.workers, maxWorkers)
	case f.watch && f.verifyDigests:
		return usage("--verify-digests looks at what is there; it cannot go on as --watch does")
	case len(f.publicKeys) > 0 && !f.verifyDigests:
		return usage("--public-keys is for --verify-digests")
	case f.watch && f.dryRun:
		return usage("--watch imports; it cannot be a --dry-run")
	case f.maxExpand < 1 || f.maxExpand > maxExpand:
		return usage("--max-expand %d: it is 1 to %d", f.maxExpand, maxExpand)
	}
	for _, p := range paths {
		if p == "" {
			return usage("a path is empty")
		}
		if !source.IsS3(p) {
			continue
		}
		if _, _, err := bucket.Split(p); err != nil {
			return usage("%s", err)
		}
	}
	if !f.from.IsZero() && !f.to.IsZero() && !f.from.Before(f.to.Time) {
		return usage("--from is not before --to")
	}
	selectors, err := a.readSelectors(f.selectors)
	if err != nil {
		return err
	}
	if f.create, err = a.readCreateInput(f.createWith); err != nil {
		return err
	}
	if f.create != nil && (f.selectors != "" || f.retentionDays != 0) {
		return usage("--create-with says what --selectors and --retention-days say; give one of them")
	}
	f.keys, err = readKeys(f.publicKeys)
	if err != nil {
		return err
	}
	lake, leave, err := a.openFor(ctx, f.dryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leave()) }()
	stores, err := a.storesFor(ctx, lake, f, selectors)
	if err != nil {
		return err
	}
	if f.workers == 0 {
		f.workers = runtime.GOMAXPROCS(0)
	}
	return a.importInto(ctx, lake, stores, paths, f)
}

// openFor opens the lake; a dry run without a lake gets an empty one that is gone when leave was called.
func (a *app) openFor(ctx context.Context, dryRun bool) (lake *storage.Lake, leave func() error, err error) {
	lake, err = a.open(ctx, !dryRun)
	if err == nil {
		return lake, lake.Close, nil
	}
	if !dryRun || !errors.Is(err, storage.ErrNoLake) {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "ctlake-dry-run-")
	if err != nil {
		return nil, nil, err
	}
	empty := *a
	empty.lakeDir = dir
	if lake, err = empty.open(ctx, true); err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(dir))
	}
	return lake, func() error { return errors.Join(lake.Close(), os.RemoveAll(dir)) }, nil
}

// begin starts an import into each store.
func begin(ctx context.Context, lake *storage.Lake, stores []*storage.EventDataStore, paths []string, f ingestFlags) ([]*storage.Import, error) {
	if !f.dryRun {
		return lake.BeginImports(ctx, stores, storage.ImportOptions{Sources: paths, Parallelism: f.workers, Verify: f.verify})
	}
	var imports []*storage.Import
	for _, s := range stores {
		im, err := lake.DryImport(ctx, s)
		if err != nil {
			return nil, err
		}
		imports = append(imports, im)
	}
	return imports, nil
}

// What an import may take before garbage is collected more often: it holds three quarters of that at most
// where archives are of usual sizes, most of it without pointers, which the collector need not look at.
const (
	importBytes       = 384 << 20
	importWorkerBytes = 16 << 20 // and for each worker
)

// limitImportMemory has the collector run more often when the process comes near what an import needs. A lower
// limit from the environment stays.
func limitImportMemory(workers int) {
	debug.SetMemoryLimit(min(importBytes+importWorkerBytes*int64(workers), collectorLimit()))
}

// importInto runs an import into each store and prints how it went.
func (a *app) importInto(ctx context.Context, lake *storage.Lake, stores []*storage.EventDataStore, paths []string, f ingestFlags) error {
	options := ingest.Options{Paths: paths, Workers: f.workers, IgnoreSelectors: f.ignoreSelectors, Stdin: a.in, Again: f.again,
		Watch: f.watch, VerifyDigests: f.verifyDigests, PublicKeys: f.keys, From: f.from.Time, To: f.to.Time, Limits: format.Limits{ExpandRatio: f.maxExpand}}
	if f.format != formatAuto {
		options.Format = f.format
	}
	if slices.ContainsFunc(paths, source.IsS3) {
		buckets, err := a.buckets(ctx, f.endpoint)
		if err != nil {
			return err
		}
		options.Buckets = buckets
	}
	options.Note = func(text string) { fmt.Fprintf(a.err, "ctlake: %s\n", output.Escape(nil, []byte(text))) }
	before := make([]beforehand, len(stores))
	for i, s := range stores {
		var err error
		if before[i], err = beforeImport(ctx, lake, s); err != nil {
			return err
		}
		options.Again = options.Again || f.ignoreSelectors && len(s.Selectors) > 0
	}
	limitImportMemory(f.workers)
	imports, err := begin(ctx, lake, stores, paths, f)
	if err != nil {
		return err
	}
	finish := func() {}
	if isTerminal(a.err) && !f.quiet {
		options.Progress, finish = a.progress()
	}
	if f.watch {
		fmt.Fprintf(a.err, "ctlake: watching for new files; Ctrl-C ends it with the summary\n")
	}
	summaries, err := ingest.RunAll(ctx, imports, options)
	finish()
	a.problems(summaries[0], f.listIgnored)
	a.findings(summaries[0].Integrity)
	for i, summary := range summaries {
		a.doubtOfClock(imports[i].Retained())
		if printed := a.summary(summary, f.output); err == nil {
			err = printed
		}
		if f.output != "json" {
			a.hints(summary, stores[i], before[i], options.Again)
		}
	}
	summary := summaries[0]
	switch {
	case errors.Is(err, context.Canceled) && f.watch:
		// That is how watching ends.
	case errors.Is(err, context.Canceled):
		return &exitError{exitCancelled, errors.New("cancelled; what was imported so far stays, and the same command goes on from there")}
	case err != nil:
		return err
	}
	for _, im := range imports {
		a.tidy(ctx, im)
	}
	unproven := summary.Integrity != nil && !summary.Integrity.Proven()
	if summary.Archives.Failed > 0 || summary.Events.Failed > 0 || unproven {
		return &exitError{status: exitSomeInput}
	}
	return nil
}

// tidy merges small files after an import. That it does not come to it is no fault of the import.
func (a *app) tidy(ctx context.Context, im *storage.Import) {
	r, err := im.Tidy(ctx)
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(a.err, "ctlake: small files stay as they are: %v\n", err)
	}
	if r == nil {
		return
	}
	for _, d := range r.Damaged {
		fmt.Fprintf(a.err, "ctlake: not merged: %s\n", output.Escape(nil, []byte(d.Error())))
	}
}

// Bounds of --workers and --max-expand.
const (
	maxWorkers = 256
	maxExpand  = 1_000_000
)

// storesFor returns the stores to import into, and makes those that are absent.
func (a *app) storesFor(ctx context.Context, lake *storage.Lake, f ingestFlags, selectors []selector.Selector) ([]*storage.EventDataStore, error) {
	if f.create != nil && len(f.stores) > 1 {
		return nil, usage("--create-with is for one new store; make several with ctlake store create, then name them here")
	}
	if f.selectors != "" && len(f.stores) > 1 {
		return nil, usage("--selectors is for one new store; make several with ctlake store create, then name them here")
	}
	var stores []*storage.EventDataStore
	for _, ref := range f.stores {
		store, err := a.storeFor(ctx, lake, ref, f, selectors)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(stores, func(s *storage.EventDataStore) bool { return s.ID == store.ID || s.Name == store.Name }) {
			return nil, usage("--store %s: the store is given twice", ref)
		}
		stores = append(stores, store)
	}
	return stores, nil
}

// storeFor returns a store to import into, and makes it if it is absent.
func (a *app) storeFor(ctx context.Context, lake *storage.Lake, ref string, f ingestFlags, selectors []selector.Selector) (*storage.EventDataStore, error) {
	store, err := lake.Find(ctx, ref)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		in := storage.CreateEventDataStore{Name: ref, Selectors: selectors,
			RetentionDays: f.retentionDays, RetentionFrom: storage.RetentionFrom(f.retentionFrom)}
		if f.create != nil {
			if f.create.Name != "" && f.create.Name != ref {
				return nil, usage("--create-with names the store %s, and --store names it %s", f.create.Name, ref)
			}
			in = *f.create
			in.Name, in.RetentionFrom = ref, storage.RetentionFrom(f.retentionFrom)
		}
		if f.dryRun {
			store, err = lake.Plan(in)
		} else {
			store, err = lake.Create(ctx, in)
		}
		return store, wrongInput(err)
	case err != nil:
		return nil, err
	}
	for _, rule := range []struct {
		flag  string
		given bool
	}{{"--create-with", f.create != nil}, {"--selectors", f.selectors != ""}, {"--retention-days", f.retentionDays != 0}, {"--retention-from", f.retentionFrom != ""}} {
		if rule.given {
			return nil, usage("%s is for a new store, but %s exists already; ctlake store update changes its rules", rule.flag, store.Name)
		}
	}
	return store, nil
}

// maxPrintedKinds is how many kinds of ignored files have a line of their own.
const maxPrintedKinds = 20

// maxShownFailures is how many failures are listed on a terminal; elsewhere all are.
const maxShownFailures = 100

// problems lists what was not imported on stderr: each failure, and a line for each ignored file or for each kind of them.
func (a *app) problems(s *ingest.Summary, listIgnored bool) {
	most := int64(math.MaxInt64)
	if isTerminal(a.err) {
		most = maxShownFailures
	}
	unlisted := s.Unlisted
	ignored := map[string]int64{} // by reason
	for _, p := range s.Problems {
		if p.Ignored {
			ignored[p.Reason]++
		}
	}
	kinds, more := 0, int64(0)
	for _, p := range s.Problems {
		line := p.String()
		switch {
		case p.Ignored && listIgnored: // each has its line
		case p.Ignored:
			n := ignored[p.Reason]
			if n == 0 {
				continue // its kind has its line
			}
			delete(ignored, p.Reason)
			if kinds++; kinds > maxPrintedKinds {
				more += n
				continue
			}
			if n > 1 {
				line += fmt.Sprintf(", and %s more", output.Count(n-1, "file"))
			}
		default:
			if most--; most < 0 {
				unlisted++
				continue
			}
		}
		fmt.Fprintf(a.err, "ctlake: %s\n", output.Escape(nil, []byte(line)))
	}
	if more > 0 {
		fmt.Fprintf(a.err, "ctlake: and %s of other kinds, which --list-ignored names\n", output.Count(more, "ignored file"))
	}
	for _, u := range s.Unstored {
		fmt.Fprintf(a.err, "ctlake: %s of kind %s: no event data store given with --store takes them\n", output.Count(u.Events, "event"), u.Kind)
	}
	switch {
	case unlisted > 0 && s.DryRun:
		fmt.Fprintf(a.err, "ctlake: %s more\n", output.Count(unlisted, "problem"))
	case unlisted > 0:
		fmt.Fprintf(a.err, "ctlake: %s more, which ctlake imports failures %s lists\n", output.Count(unlisted, "problem"), s.ImportID)
	}
}

// summary prints the outcome.
func (a *app) summary(s *ingest.Summary, form string) error {
	if form == "json" {
		return a.writeJSON(s, false)
	}
	e, r := s.Events, s.Archives
	seconds := max(float64(s.ElapsedMillis)/1000, 0.001)
	title := fmt.Sprintf("import %s into %s: %s", s.ImportID, s.Store.Name, s.Status)
	if s.DryRun {
		title = fmt.Sprintf("dry run into %s: nothing was written", s.Store.Name)
	}
	lines := []string{
		title,
		fmt.Sprintf("archives  %s found = %s imported + %s unchanged + %s failed + %s ignored",
			thousands(r.Found), thousands(r.Imported), thousands(r.Unchanged), thousands(r.Failed), thousands(r.Ignored)),
		fmt.Sprintf("events    %s read = %s kept + %s filtered + %s expired + %s duplicate + %s failed", thousands(e.Read),
			thousands(e.Kept), thousands(e.Filtered), thousands(e.Expired), thousands(e.Duplicate), thousands(e.Failed)),
		fmt.Sprintf("bytes     %s of archives, %s of JSON, %s stored", humanBytes(s.Bytes.Compressed), humanBytes(s.Bytes.Raw), humanBytes(s.Bytes.Stored)),
		fmt.Sprintf("time      %s, %s events/s, %s/s of JSON", humanTime(time.Duration(s.ElapsedMillis)*time.Millisecond),
			thousands(int64(float64(e.Read)/seconds)), humanBytes(int64(float64(s.Bytes.Raw)/seconds))),
	}
	if e.Conflicting > 0 {
		lines = append(lines, fmt.Sprintf("conflicts %s of the events kept: another event has the same ID, with other content (ctlake imports failures)", thousands(e.Conflicting)))
	}
	lines = append(lines, integrityLines(s.Integrity)...)
	if s.DryRun {
		for _, form := range s.Forms {
			lines = append(lines, fmt.Sprintf("form      %s: %s, %s", cmp.Or(form.Name, "none"), output.Count(form.Archives, "archive"), output.Count(form.Events, "event")))
		}
	}
	for _, l := range lines {
		if err := writeLine(a.out, "%s", l); err != nil {
			return err
		}
	}
	return nil
}
