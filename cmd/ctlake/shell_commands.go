package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/chart"
	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/cmd/internal/pager"
	"github.com/ctlake/ctlake/cmd/internal/repl"
	"github.com/ctlake/ctlake/cmd/internal/samples"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// commands returns the dot commands beside those of the loop itself.
func (sh *shell) commands() []repl.Command {
	return []repl.Command{
		{Name: "around", Args: "ID [5m]", Doc: "what the same principal, key and address did around an event", Run: sh.around},
		{Name: "chart", Args: "[bar|line|time]", Doc: "draws the last result: its first numbers by its first texts or times", Run: sh.chart},
		{Name: "event", Args: "ID [raw]", Doc: "shows one event with its JSON, or only its JSON as it was delivered", Run: sh.event},
		{Name: "explain", Args: "[analyze] [SQL]", Doc: "shows how the last statement, or this one, is run", Run: sh.explain},
		{Name: "export", Args: "FILE", Doc: "writes the last result to a file: .csv .tsv .json .jsonl .orc .md .txt", Run: sh.export},
		{Name: "null", Args: "[TEXT]", Doc: "sets what NULL is shown as; alone, as the format has it", Run: sh.null},
		{Name: "output", Args: "[FORMAT [FILE]]", Doc: "sets the form of results, and where they go; alone, lists the forms", Run: sh.output},
		{Name: "pager", Args: "on|off|COMMAND", Doc: "sets what shows long and wide results", Run: sh.setPager},
		{Name: "queries", Doc: "lists the saved statements", Run: sh.listQueries},
		{Name: "run", Args: "NAME", Doc: "runs a saved statement, or a sample query", Run: sh.runQuery},
		{Name: "samples", Args: "[WORD…]", Doc: "lists sample queries that have the words, or shows the one of that name; .run runs it", Run: sh.samples},
		{Name: "save", Args: "NAME [SQL]", Doc: "saves the last statement, or this one", Run: sh.saveQuery},
		{Name: "schema", Args: "[STORE]", Doc: "lists the columns of a store", Run: sh.schema},
		{Name: "stats", Doc: "prints what the last statement read and needed", Run: sh.stats},
		{Name: "stores", Doc: "lists the event data stores", Run: func(ctx context.Context, _ string) error {
			if sh.lake == nil {
				return errNoLakeYet
			}
			return sh.list(func(w io.Writer) error { return sh.app.listStores(ctx, sh.lake, w, sh.screen()) })
		}},
		{Name: "timer", Args: "[on|off]", Doc: "prints how long statements take, and what they read", Run: func(_ context.Context, args string) error {
			switch args {
			case "on", "off":
				sh.timing = args == "on"
			case "":
				sh.timing = !sh.timing
			default:
				return fmt.Errorf("on or off, not %q", args)
			}
			return nil
		}},
		{Name: "timezone", Args: "ZONE", Doc: "sets the session's zone", Run: func(_ context.Context, args string) error {
			zone, err := location(args)
			if err != nil {
				return err
			}
			sh.zone = zone
			return nil
		}},
		{Name: "use", Args: "STORE", Doc: "chooses the store that $EDS_ID means", Run: func(ctx context.Context, args string) error {
			if sh.lake == nil {
				return errNoLakeYet
			}
			store, err := sh.lake.Find(ctx, args)
			if err != nil {
				return err
			}
			sh.flags.store = store.ID
			return nil
		}},
		{Name: "width", Args: "[N|auto|off]", Doc: "cuts the values of tables at N cells; auto: to fit the screen; off: never", Run: sh.setWidth},
	}
}

// errLeft is what commands say that need the whole of the last result.
var errLeft = errors.New("the last result was left before its end: .export FILE writes it whole, .pager off shows it so")

var errNoLakeYet = errors.New("there is no lake yet: ctlake ingest PATH --store NAME makes one")

func (sh *shell) setWidth(_ context.Context, args string) error {
	switch args {
	case "", "auto":
		sh.maxValue = 0
	case "off":
		sh.maxValue = -1
	default:
		n, err := strconv.Atoi(args)
		if err != nil || n < 2 || n > math.MaxInt32 {
			return fmt.Errorf("%q is no width: a number of cells from 2 on, auto, or off", args)
		}
		sh.maxValue = n
	}
	return nil
}

func (sh *shell) null(_ context.Context, args string) error {
	sh.flags.null, sh.flags.hasNull = strings.Trim(args, `'"`), args != ""
	return nil
}

func (sh *shell) setPager(_ context.Context, args string) error {
	switch args {
	case "", "on":
		sh.pager, sh.paged = pager.Command("")
	default:
		sh.pager, sh.paged = pager.Command(args)
	}
	return nil
}

func (sh *shell) output(_ context.Context, args string) error {
	format, path, _ := strings.Cut(args, " ")
	if format == "" {
		for _, name := range output.Names() {
			mark := " "
			if name == sh.format {
				mark = "*"
			}
			if err := writeLine(sh.app.out, "%s %-10s %s", mark, name, output.Doc(name)); err != nil {
				return err
			}
		}
		return nil
	}
	if _, err := output.New(format, io.Discard, output.Options{}); err != nil {
		return err
	}
	if output.NeedsFile(format) {
		return fmt.Errorf("%s is a file of one result: .export FILE.%s writes the last one", format, format)
	}
	var file *os.File
	if path = strings.TrimSpace(path); path != "" {
		var err error
		if file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600); err != nil {
			return err
		}
	}
	sh.format = format
	err := sh.closeFile()
	sh.file = file
	return err
}

// lastStatement is what .explain, .save and .export mean where they are given no other.
func (sh *shell) lastStatement() (string, error) {
	if sh.last.statement.Text == "" {
		return "", errors.New("no statement has been run yet")
	}
	return sh.last.statement.Text, nil
}

func (sh *shell) explain(ctx context.Context, args string) (err error) {
	prefix := "EXPLAIN "
	if first, rest, _ := strings.Cut(args, " "); strings.EqualFold(first, "analyze") {
		prefix, args = "EXPLAIN ANALYZE ", strings.TrimSpace(rest)
	}
	if args == "" {
		if args, err = sh.lastStatement(); err != nil {
			return err
		}
	}
	return sh.aside(ctx, prefix+args)
}

// aside runs a statement of a command: it does not become the last one.
func (sh *shell) aside(ctx context.Context, text string) error {
	last := sh.last
	defer func() { sh.last = last }()
	return sh.show(ctx, statementOf(text), sh.format)
}

func (sh *shell) schema(ctx context.Context, args string) error {
	if args == "" {
		return sh.aside(ctx, "DESCRIBE $EDS_ID")
	}
	if sh.lake == nil {
		return errNoLakeYet
	}
	store, err := sh.lake.Find(ctx, args)
	if err != nil {
		return err
	}
	return sh.aside(ctx, "DESCRIBE "+store.ID)
}

func (sh *shell) stats(context.Context, string) error {
	if sh.last.left {
		return errLeft
	}
	if !sh.last.known {
		return errors.New("no statement has been run yet")
	}
	s := sh.last.stats
	lines := [][2]string{
		{"elapsed", humanTime(time.Duration(s.ElapsedMicros) * time.Microsecond)},
		{"rows", thousands(s.ResultRows)},
		{"events read", thousands(s.EventsScanned)},
		{"events counted", thousands(s.EventsCounted)}, // from what data files say of values, without reading them
		{"events that matched", thousands(s.EventsMatched)},
		{"bytes read", humanBytes(s.BytesScanned)},
		{"peak memory", humanBytes(s.PeakMemoryBytes)},
		{"spilled", humanBytes(s.SpilledBytes)},
		{"files", pruned(s.Files, "file")},
		{"row groups", pruned(s.RowGroups, "row group")},
	}
	for _, l := range lines {
		if err := writeLine(sh.app.out, "%-20s %s", l[0], l[1]); err != nil {
			return err
		}
	}
	return nil
}

func (sh *shell) export(ctx context.Context, path string) (err error) {
	text, err := sh.lastStatement()
	if err != nil {
		return err
	}
	if path = unquote(path); path == "" {
		return errors.New("to which file?")
	}
	format, err := output.OfFile(path)
	if err != nil {
		return err
	}
	file, err := output.CreateFile(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Abort()) }() // nothing once it is complete
	w, err := output.New(format, file, sh.options())
	if err != nil {
		return err
	}
	rows := sh.last.rows
	if sh.last.whole {
		err = sh.writeLast(w)
	} else {
		// Too much to keep: it is run again.
		progress := sh.newProgress()
		sh.running = progress.start
		stats, failed := sh.run(ctx, statementOf(text), w)
		sh.running = nil
		progress.stop()
		rows, err = stats.ResultRows, failed
	}
	if err != nil {
		return err
	}
	if err := file.Commit(); err != nil {
		return err
	}
	return writeLine(sh.app.err, "%s written to %s as %s", output.Count(rows, "row"), path, format)
}

// writeLast writes the last result, which is kept.
func (sh *shell) writeLast(w output.Writer) error {
	if err := w.Begin(sh.last.columns); err != nil {
		return err
	}
	for _, b := range sh.last.batches {
		if err := w.Write(b); err != nil {
			return err
		}
	}
	return w.End(sh.last.stats)
}

// unquote takes the quotes from a file's name, and puts the home folder for a tilde.
func unquote(path string) string {
	path = strings.TrimSpace(path)
	for _, q := range []string{`'`, `"`} {
		if len(path) >= 2 && strings.HasPrefix(path, q) && strings.HasSuffix(path, q) {
			return path[1 : len(path)-1]
		}
	}
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	return path
}

// maxChartRows bounds the rows that a chart is drawn of.
const maxChartRows = 20_000

// chartColumns returns the columns of a chart's labels and of its numbers, -1 if there is none. The label is the first
// column that is no number, and the others of that kind up to the number: service and call. Of times it is one.
func chartColumns(columns []engine.Column) (labels []int, value int) {
	value = -1
	for i, c := range columns {
		switch {
		case c.Type.IsNumeric() && value < 0:
			value = i
		case !c.Type.IsNumeric() && (len(labels) == 0 || value < 0 && !isTime(columns[labels[0]].Type)):
			labels = append(labels, i)
		}
	}
	if len(labels) == 0 && value == 0 && len(columns) > 1 && columns[1].Type.IsNumeric() {
		return []int{0}, 1 // SELECT hour, count(*)
	}
	return labels, value
}

func isTime(t types.Type) bool {
	return t.Is(types.Timestamp) || t.Is(types.TimestampWithTimeZone) || t.Is(types.Date)
}

func (sh *shell) chart(_ context.Context, args string) error {
	if _, err := sh.lastStatement(); err != nil {
		return err
	}
	if sh.last.left {
		return errLeft
	}
	if !sh.last.whole {
		return fmt.Errorf("the last result has %s, more than is kept for a chart: group it, or add LIMIT", output.Count(sh.last.rows, "row"))
	}
	labels, value := chartColumns(sh.last.columns)
	if value < 0 {
		return chart.ErrNoNumbers
	}
	var points []chart.Point
	var scratch []byte
	for _, b := range sh.last.batches {
		for row := range b.N {
			p := chart.Point{Value: math.NaN()}
			if v := b.Columns[value]; !v.Nulls().Has(row) {
				scratch = vector.AppendText(scratch[:0], v, row)
				if f, err := strconv.ParseFloat(string(scratch), 64); err == nil {
					p.Value = f
				}
			}
			for i, label := range labels {
				if i > 0 {
					p.Label += " "
				}
				if v := b.Columns[label]; v.Nulls().Has(row) {
					p.Label += "NULL"
				} else {
					scratch = vector.AppendText(scratch[:0], v, row)
					p.Label += string(output.Escape(nil, scratch))
				}
			}
			if points = append(points, p); len(points) > maxChartRows {
				return fmt.Errorf("the last result has %s, more than a chart shows: group it, or add LIMIT", output.Count(sh.last.rows, "row"))
			}
		}
	}
	if len(points) == 0 {
		return errors.New("the last result has no rows")
	}
	columns, lines := 80, 24
	if sh.interactive {
		columns, lines = sh.size()
	}
	drawn, err := chart.Draw(chart.Kind(args), points, columns, lines)
	if err != nil {
		return err
	}
	return sh.list(func(w io.Writer) error {
		_, err := io.WriteString(w, drawn)
		return err
	})
}

func (sh *shell) samples(_ context.Context, words string) error {
	if sample, err := samples.Find(words); err == nil {
		text, err := sample.SQL(nil, "")
		if err != nil {
			return err
		}
		return writeLine(sh.app.out, "-- %s\n%s;", sample.Title, text)
	}
	return sh.list(func(w io.Writer) error { return sh.app.listSamples(w, sh.screen(), words, false) })
}

// queryName is what the name of a saved statement may be.
var queryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$`)

// queriesDir is where saved statements are, one a file: NAME.sql.
func (sh *shell) queriesDir() (string, error) {
	config := sh.app.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		home := sh.app.getenv("HOME")
		if home == "" {
			return "", errors.New("where are they kept? Set HOME")
		}
		config = filepath.Join(home, ".config")
	}
	return filepath.Join(config, "ctlake", "queries"), nil
}

func (sh *shell) queryFile(name string) (string, error) {
	if !queryName.MatchString(name) {
		return "", fmt.Errorf("%q is no name: it may have letters, digits, dots, _ and -", name)
	}
	dir, err := sh.queriesDir()
	return filepath.Join(dir, name+".sql"), err
}

func (sh *shell) saveQuery(_ context.Context, args string) (err error) {
	name, text, _ := strings.Cut(args, " ")
	if text = strings.TrimSpace(text); text == "" {
		if text, err = sh.lastStatement(); err != nil {
			return err
		}
	}
	path, err := sh.queryFile(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := output.CreateFile(path)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(file, text+";\n"); err != nil {
		return errors.Join(err, file.Abort())
	}
	return file.Commit()
}

// queryNames returns the names of the saved statements, sorted.
func (sh *shell) queryNames() ([]string, error) {
	dir, err := sh.queriesDir()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		if name, ok := strings.CutSuffix(e.Name(), ".sql"); ok && queryName.MatchString(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

func (sh *shell) listQueries(context.Context, string) error {
	names, err := sh.queryNames()
	if err != nil {
		return err
	}
	columns, _ := sh.size()
	for _, name := range names {
		path, err := sh.queryFile(name)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		first := strings.Join(strings.Fields(string(text)), " ")
		line, _ := output.Cut(output.Escape(nil, []byte(first)), max(columns-22, 20))
		if err := writeLine(sh.app.out, "%-20s %s", name, line); err != nil {
			return err
		}
	}
	return nil
}

func (sh *shell) runQuery(ctx context.Context, name string) error {
	path, err := sh.queryFile(name)
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		sample, missing := samples.Find(name)
		if missing != nil {
			return fmt.Errorf("there is no saved statement and no sample %q; .queries and .samples list them", name)
		}
		text, err := sample.SQL(nil, "")
		if err != nil {
			return err
		}
		return sh.show(ctx, statementOf(text), sh.format)
	}
	if err != nil {
		return err
	}
	_, err = sh.loop.Read(ctx, file)
	return errors.Join(err, file.Close())
}
