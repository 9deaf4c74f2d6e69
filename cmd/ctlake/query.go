package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/machine"
	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/analyzer"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/sql/plan"
	"github.com/ctlake/ctlake/storage"
)

// queryFlags are the flags of ctlake query and, in part, of the shell.
type queryFlags struct {
	file         string
	store        string
	output       string
	timezone     string
	noHeader     bool
	null         string
	hasNull      bool
	csvSafe      bool
	out          string
	timeout      time.Duration
	memory       int64
	spillDir     string
	threads      int
	maxBytes     int64
	ignoreErrors bool
	stats        bool
	verify       bool
	skipDamaged  bool
	params       []string
}

func (a *app) queryCommand() *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "query [SQL]",
		Short: "Run SQL statements",
		Long: "Runs one or several statements, separated by semicolons: the argument, the file given by -f, or stdin, of which\n" +
			"each statement is answered as soon as its semicolon was read. The language is Trino's SELECT with CloudTrail\n" +
			"Lake's additions; event data stores are tables, by name, UUID or $EDS_ID.",
		Example: "  ctlake query \"SELECT eventName, count(*) AS n FROM trail GROUP BY 1 ORDER BY 2 DESC LIMIT 10\"\n" +
			"  ctlake query -f hunt.sql --store trail --output json\n" +
			"  ctlake query --param 203.0.113.66 'SELECT eventTime, eventName FROM trail WHERE sourceIPAddress = ?'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("one statement text, please: quote it as a whole")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			f.hasNull = cmd.Flags().Changed("null")
			return a.query(cmd.Context(), args, f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.file, "file", "f", "", "read the statements from a file")
	f.add(cmd)
	flags.StringVar(&f.out, "out", "", "write the result to a file in place of stdout")
	flags.BoolVar(&f.ignoreErrors, "ignore-errors", false, "go on after a statement that fails")
	flags.StringArrayVar(&f.params, "param", nil, "the value of the next ? in the statement; may be repeated")
	flags.BoolVar(&f.stats, "stats", false, "print what each statement cost on stderr, as JSON")
	return cmd
}

// add adds the flags that queries and the shell share.
func (f *queryFlags) add(cmd *cobra.Command) {
	addStore(cmd, &f.store)
	flags := cmd.Flags()
	flags.StringVar(&f.output, "output", "", fmt.Sprintf("the form of results: %v (default table on a terminal, else csv)", output.Names()))
	flags.StringVar(&f.timezone, "timezone", "UTC", "the session's zone: an IANA name or an offset such as +02:00")
	flags.BoolVar(&f.noHeader, "no-header", false, "leave the header line out")
	flags.StringVar(&f.null, "null", "", "what NULL is written as in texts")
	flags.BoolVar(&f.csvSafe, "csv-safe", false, "prefix cells that a spreadsheet would run as a formula")
	flags.DurationVar(&f.timeout, "timeout", 0, "end a statement after so long: 30s, 5m")
	flags.Var(bytesFlag{&f.memory}, "memory", "memory of statements, with the columns kept between them, which may be an eighth of it (default half of the machine's or container's)")
	flags.StringVar(&f.spillDir, "spill-dir", "", "where statements write what they have no memory for (default: the lake's directory, of a read-only lake that for temporary files)")
	flags.IntVar(&f.threads, "threads", 0, "threads for a statement (default: one for each processor)")
	flags.BoolVar(&f.verify, "verify", false, "compare each data file that is opened with its SHA-256 first")
	flags.BoolVar(&f.skipDamaged, "skip-damaged", false, "go on without data files that are damaged or missing, and say on stderr what is left out")
	flags.Var(bytesFlag{&f.maxBytes}, "max-bytes", "end a statement that would read more")
}

func addStore(cmd *cobra.Command, store *string) {
	cmd.Flags().StringVar(store, "store", "", "the event data store that $EDS_ID means (default: the only one)")
}

// session runs statements and prints their results.
type session struct {
	app    *app
	engine *engine.Engine
	flags  queryFlags
	format string
	zone   *time.Location
	out    io.Writer
	// failed: some statement failed.
	failed bool
	// filled: the file of the result has one, of a format of which there can be no second.
	filled bool
	// color marks errors by the terminal's attributes.
	color bool
	// running, if not nil, is called when a statement has begun, with what it has done so far; it
	// returns what is to be called at its end.
	running func(*engine.Result) (ended func())
}

// newSession opens the lake for queries. Where there is no lake the session is returned with the error.
func (a *app) newSession(ctx context.Context, f queryFlags) (*session, *storage.Lake, error) {
	if f.threads < 0 || f.threads > engine.MaxThreads {
		return nil, nil, usage("--threads %d: it is 1 to %d", f.threads, engine.MaxThreads)
	}
	zone, err := location(f.timezone)
	if err != nil {
		return nil, nil, usage("--timezone %s: %v", f.timezone, err)
	}
	s := &session{app: a, flags: f, format: f.output, zone: zone, out: a.out}
	if s.format == "" {
		s.format = "csv"
		if f.out == "" && isTerminal(a.out) {
			s.format = "table"
		}
	}
	if _, err := output.New(s.format, io.Discard, output.Options{}); err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	if output.NeedsFile(s.format) && f.out == "" {
		return nil, nil, usage("--output %s makes a file: name it with --out FILE", s.format)
	}
	if s.flags.memory == 0 {
		s.flags.memory = machine.Memory() / 2
	}
	lake, err := a.open(ctx, false)
	if err != nil {
		return s, nil, err
	}
	if f.store != "" {
		if _, err := lake.Find(ctx, f.store); err != nil {
			return nil, nil, errors.Join(err, lake.Close())
		}
	}
	if s.flags.spillDir == "" {
		if s.flags.spillDir = lake.Dir(); lake.ReadOnly() {
			s.flags.spillDir = os.TempDir()
		}
	}
	tables := engine.LakeCatalog{Lake: lake, Verify: f.verify, Cache: engine.NewCache(engine.CacheBytes(s.flags.memory))}
	if f.skipDamaged {
		tables.SkipDamaged = func(store string, damaged storage.DataFile, err error) {
			fmt.Fprintf(a.err, "ctlake: left out, %s of %s in %s: %s\n", output.Count(damaged.Rows, "event"), damaged.Day, store,
				output.Escape(nil, []byte(err.Error())))
		}
	}
	s.engine = engine.New(tables, lake.Now)
	s.limitMemory()
	return s, lake, nil
}

// withoutLake lets statements run that name no table; those that do fail with complaint.
func (s *session) withoutLake(complaint error) error {
	now, err := s.app.clock()
	if err != nil {
		return err
	}
	if now == nil {
		now = time.Now
	}
	if s.flags.spillDir == "" {
		s.flags.spillDir = os.TempDir()
	}
	s.engine = engine.New(noLake{complaint}, now)
	s.limitMemory()
	return nil
}

// collectorShare and collectorBytes say how much memory the process may take beside what statements are charged
// with: a share of it, and so many bytes more, for garbage that is not collected yet and for the program itself.
const (
	collectorShare = 4
	collectorBytes = 32 << 20
)

// limitMemory makes --memory the limit of all that statements hold, and of the cache with them, and has the
// collector run more often when the process comes near it. A lower limit from the environment stays.
func (s *session) limitMemory() {
	s.engine.LimitMemory(s.flags.memory)
	soft := s.flags.memory + s.flags.memory/collectorShare + collectorBytes
	debug.SetMemoryLimit(min(soft, collectorLimit()))
}

// collectorLimit is the limit that the collector was started with, from GOMEMLIMIT.
var collectorLimit = sync.OnceValue(func() int64 { return debug.SetMemoryLimit(-1) })

// noLake is the catalog where there is no lake.
type noLake struct{ complaint error }

// Snapshot implements engine.Catalog.
func (c noLake) Snapshot(context.Context, string) (analyzer.Catalog, error) { return c, nil }

// Table implements analyzer.Catalog.
func (c noLake) Table(name analyzer.TableName) (plan.Table, error) {
	return nil, sql.Errorf(sql.TABLE_NOT_FOUND, sql.Pos{}, "Table '%s' does not exist: %v", name, c.complaint)
}

// TableNames implements analyzer.Catalog.
func (noLake) TableNames() []string { return nil }

// query runs the command.
func (a *app) query(ctx context.Context, args []string, f queryFlags) (err error) {
	if len(args) > 0 && f.file != "" {
		return usage("a statement and -f at once: give one")
	}
	s, lake, err := a.newSession(ctx, f)
	switch {
	case errors.Is(err, storage.ErrNoLake) && f.store == "":
		if err = s.withoutLake(err); err != nil {
			return err
		}
	case err != nil:
		return err
	default:
		defer func() { err = errors.Join(err, lake.Close()) }()
	}
	if f.out != "" {
		file, failed := output.CreateFile(f.out)
		if failed != nil {
			return fmt.Errorf("open --out: %w", failed)
		}
		s.out = file
		defer func() {
			// What failed leaves no file, unless failures were asked to be passed over.
			if err != nil && !(s.failed && f.ignoreErrors) {
				err = errors.Join(err, file.Abort())
				return
			}
			err = errors.Join(err, file.Commit())
		}()
	}
	switch {
	case len(args) > 0:
		err = s.text(ctx, args[0])
	case f.file != "":
		text, failed := os.ReadFile(f.file)
		if failed != nil {
			return &exitError{exitUsage, fmt.Errorf("read -f: %w", failed)}
		}
		err = s.text(ctx, string(text))
	default:
		err = s.stream(ctx, a.in)
	}
	if err == nil && s.failed {
		err = &exitError{status: exitFailed}
	}
	return err
}

// text runs the statements of a text.
func (s *session) text(ctx context.Context, text string) error {
	statements := parser.Split(text)
	if len(statements) == 0 {
		return usage("there is no statement")
	}
	for _, st := range statements {
		if err := s.statement(ctx, st, s.format); err != nil {
			return err
		}
		if s.failed && !s.flags.ignoreErrors {
			return nil
		}
	}
	return nil
}

// stream runs statements as they come in.
func (s *session) stream(ctx context.Context, in io.Reader) error {
	// The read cannot be interrupted; a closed context ends the wait for it.
	pieces := make(chan string)
	failed := make(chan error, 1)
	go func() {
		defer close(pieces)
		reader := bufio.NewReader(in)
		for {
			line, err := reader.ReadString('\n')
			if line != "" {
				select {
				case pieces <- line:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					failed <- fmt.Errorf("read stdin: %w", err)
				}
				return
			}
		}
	}()
	var scanner parser.Scanner
	for {
		for {
			st, ok := scanner.Next()
			if !ok {
				break
			}
			if err := s.statement(ctx, st, s.format); err != nil {
				return err
			}
			if s.failed && !s.flags.ignoreErrors {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return &exitError{status: exitCancelled}
		case piece, ok := <-pieces:
			if ok {
				scanner.Write(piece)
				continue
			}
			select {
			case err := <-failed:
				return err
			default:
			}
			scanner.Close()
			if st, ok := scanner.Next(); ok {
				return s.statement(ctx, st, s.format)
			}
			return nil
		}
	}
}

// statement runs one statement and writes its result. A statement that fails is
// reported, and noted in s.failed; the error returned is one of writing or of the end of ctx.
func (s *session) statement(ctx context.Context, st parser.Statement, format string) error {
	if output.NeedsFile(format) {
		if s.filled {
			return usage("--output %s makes a file of one result: there is a second statement", format)
		}
		s.filled = true
	}
	w, err := output.New(format, s.out, s.options())
	if err != nil {
		return err
	}
	stats, err := s.run(ctx, st, w)
	if written, ok := errors.AsType[*writeError](err); ok {
		return fmt.Errorf("write the result: %w", written.err)
	}
	if err != nil {
		s.failed = true
		if failed := w.Fail(err); failed != nil {
			return fmt.Errorf("write the result: %w", failed)
		}
		s.report(st, err)
		if ctx.Err() != nil {
			return &exitError{status: exitCancelled}
		}
		return nil
	}
	if s.flags.stats {
		text, err := json.Marshal(stats)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.app.err, "%s\n", text)
	}
	return nil
}

// options are how values are written.
func (s *session) options() output.Options {
	o := output.Options{NoHeader: s.flags.noHeader, Safe: s.flags.csvSafe}
	if s.flags.hasNull {
		o.Null = &s.flags.null
	}
	return o
}

// writeError is an error of the writer, not of the statement.
type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }

func (s *session) run(ctx context.Context, st parser.Statement, w output.Writer) (stats engine.Stats, err error) {
	result, err := s.engine.Run(ctx, engine.Query{Text: st.Text, Options: s.engineOptions()})
	if err != nil {
		return stats, err
	}
	defer func() { err = errors.Join(err, result.Close()) }()
	for _, warning := range result.Warnings() {
		s.warn(st, warning)
	}
	if s.running != nil {
		defer s.running(result)()
	}
	if err := w.Begin(result.Columns()); err != nil {
		return stats, &writeError{err}
	}
	for {
		batch, err := result.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return stats, err
		}
		if err := w.Write(batch); err != nil {
			return stats, &writeError{err}
		}
	}
	stats = result.Stats()
	if err := w.End(stats); err != nil {
		return stats, &writeError{err}
	}
	return stats, nil
}

// warn prints a remark on a statement that is run all the same.
func (s *session) warn(st parser.Statement, w analyzer.Warning) {
	if !w.Pos.IsValid() {
		fmt.Fprintf(s.app.err, "ctlake: warning: %s\n", output.Escape(nil, []byte(w.Msg)))
		return
	}
	fmt.Fprintf(s.app.err, "ctlake: warning: line %s: %s\n", w.Pos, output.Escape(nil, []byte(w.Msg)))
	if excerpt := sql.Excerpt(st.Text, w.Pos); excerpt != "" {
		fmt.Fprintln(s.app.err, excerpt)
	}
}

// report prints what is wrong with a statement, where, and what may help. Positions
// count from the statement's first word, as Trino's do.
func (s *session) report(st parser.Statement, err error) {
	message := string(output.Escape(nil, []byte(err.Error())))
	if s.color {
		message = "\x1b[31m" + message + "\x1b[0m"
	}
	fmt.Fprintf(s.app.err, "ctlake: %s\n", message)
	e, ok := errors.AsType[*sql.Error](err)
	if !ok {
		return
	}
	if e.Pos.IsValid() {
		if excerpt := sql.Excerpt(st.Text, e.Pos); excerpt != "" {
			fmt.Fprintln(s.app.err, excerpt)
		}
	}
	if e.Hint != "" {
		fmt.Fprintf(s.app.err, "hint: %s\n", output.Escape(nil, []byte(e.Hint)))
	}
}
