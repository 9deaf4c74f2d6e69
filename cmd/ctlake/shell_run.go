package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/cmd/internal/pager"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/storage/vector"
)

// Limits of the last result, which .chart and .export take.
const (
	maxKeptRows  = 100_000
	maxKeptBytes = 64 << 20
)

// lastResult is the last statement and what is kept of its result.
type lastResult struct {
	statement parser.Statement // the last one that ran without an error
	columns   []engine.Column
	batches   []*vector.Batch
	rows      int64
	bytes     int64
	whole     bool // all rows are in batches
	stats     engine.Stats
	known     bool // stats are those of a statement
	left      bool // its reader left the pager before the end: nothing but the statement is known
}

// keeper writes a result, and keeps it.
type keeper struct {
	output.Writer
	last *lastResult
}

func (k *keeper) Begin(columns []engine.Column) error {
	k.last.columns, k.last.whole = columns, true
	return k.Writer.Begin(columns)
}

func (k *keeper) Write(b *vector.Batch) error {
	l := k.last
	l.rows += int64(b.N)
	if l.whole {
		for _, v := range b.Columns {
			l.bytes += vector.Bytes(v)
		}
		if l.batches = append(l.batches, b); l.rows > maxKeptRows || l.bytes > maxKeptBytes {
			l.whole, l.batches = false, nil
		}
	}
	return k.Writer.Write(b)
}

// Run implements repl.Runner.
func (sh *shell) Run(ctx context.Context, st parser.Statement, vertical bool) (mistake sql.Pos) {
	sh.mistake = sql.Pos{}
	format := sh.format
	if vertical {
		format = "vertical"
	}
	if err := sh.show(ctx, st, format); err != nil {
		sh.failed = true
		fmt.Fprintf(sh.app.err, "ctlake: %v\n", err)
	}
	if word, _, _ := strings.Cut(st.Text, " "); strings.EqualFold(word, "use") && sh.mistake.IsValid() {
		fmt.Fprintln(sh.app.err, "hint: .use STORE chooses the store that $EDS_ID means")
	}
	return sh.mistake
}

// show runs a statement and shows its result. A statement that fails is reported; the error returned is one of writing.
func (sh *shell) show(ctx context.Context, st parser.Statement, format string) error {
	to, shown := sh.destination(output.ForPeople(format))
	options := sh.options()
	options.Screen = sh.screen()
	progress := sh.newProgress()
	w, err := output.New(format, &announced{to, progress.stop}, options)
	if err != nil {
		return err
	}
	last := lastResult{statement: st}
	sh.running = progress.start
	stats, err := sh.run(ctx, st, &keeper{w, &last})
	sh.running = nil
	progress.stop()
	if written, ok := errors.AsType[*writeError](err); ok {
		failed := written.err
		if errors.Is(failed, pager.ErrLeft) {
			failed = nil
			sh.last = lastResult{statement: st, left: true}
		}
		if err := errors.Join(failed, shown()); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		return nil
	}
	var failed error
	if err != nil {
		failed = w.Fail(err)
	}
	if failed = errors.Join(failed, shown()); failed != nil && !errors.Is(failed, pager.ErrLeft) {
		return fmt.Errorf("write the result: %w", failed)
	}
	if err != nil {
		sh.failed = true
		sh.report(st, err)
		if e, ok := errors.AsType[*sql.Error](err); ok && last.columns == nil {
			sh.mistake = e.Pos
		}
		return nil
	}
	last.stats, last.known = stats, true
	sh.last = last
	if sh.timing {
		fmt.Fprintln(sh.app.err, dimmed(sh.color, cost(stats)))
	}
	return nil
}

func dimmed(color bool, text string) string {
	if !color {
		return text
	}
	return "\x1b[2m" + text + "\x1b[0m"
}

// cost says in a line what a statement did.
func cost(stats engine.Stats) string {
	parts := []string{output.Count(stats.ResultRows, "row") + " in " + humanTime(time.Duration(stats.ElapsedMicros)*time.Microsecond)}
	if stats.Files.Total > 0 {
		parts = append(parts, output.Count(stats.EventsScanned, "event")+" and "+humanBytes(stats.BytesScanned)+" read",
			pruned(stats.Files, "file"), pruned(stats.RowGroups, "row group"))
	}
	if stats.EventsCounted > 0 {
		parts = append(parts, output.Count(stats.EventsCounted, "event")+" counted by files")
	}
	if stats.SpilledBytes > 0 {
		parts = append(parts, humanBytes(stats.SpilledBytes)+" spilled")
	}
	return strings.Join(parts, ", ")
}

func pruned(c engine.PrunedCount, noun string) string {
	return thousands(c.Pruned) + " of " + output.Count(c.Total, noun) + " pruned"
}

// announced calls before the first byte is written.
type announced struct {
	io.Writer
	before func()
}

func (a *announced) Write(b []byte) (int, error) {
	a.before()
	return a.Writer.Write(b)
}

// Times of the line that shows how far a statement is.
const (
	progressAfter = 400 * time.Millisecond
	progressEvery = 100 * time.Millisecond
)

// progress shows on stderr how far a statement is, until it is stopped.
type progress struct {
	sh   *shell
	once sync.Once
	quit chan struct{} // nil before start
	done chan struct{}
}

func (sh *shell) newProgress() *progress { return &progress{sh: sh} }

// start begins to watch a result.
func (p *progress) start(r *engine.Result) (ended func()) {
	if !p.sh.interactive || !isTerminal(p.sh.app.err) || p.sh.app.getenv("TERM") == "dumb" {
		return func() {}
	}
	p.quit, p.done = make(chan struct{}), make(chan struct{})
	go func() {
		defer close(p.done)
		wait := time.NewTimer(progressAfter)
		defer wait.Stop()
		shown := false
		for {
			select {
			case <-p.quit:
				if shown {
					fmt.Fprint(p.sh.app.err, "\r\x1b[K")
				}
				return
			case <-wait.C:
				columns, _ := p.sh.size()
				line, _ := output.Cut([]byte(progressLine(r.Stats())), columns-1)
				fmt.Fprintf(p.sh.app.err, "\r%s\x1b[K", line)
				shown = true
				wait.Reset(progressEvery)
			}
		}
	}()
	return p.stop
}

// stop removes the line.
func (p *progress) stop() {
	p.once.Do(func() {
		if p.quit != nil {
			close(p.quit)
			<-p.done
		}
	})
}

// progressLine says how far a statement is.
func progressLine(s engine.Stats) string {
	line := humanTime(time.Duration(s.ElapsedMicros)*time.Microsecond) + "  " + output.Count(s.EventsScanned, "event") + "  " + humanBytes(s.BytesScanned)
	if s.Rows.Total > 0 {
		line += fmt.Sprintf("  %d %%", min(100*s.Rows.Done/s.Rows.Total, 100))
	}
	return line + "  (ctrl-C cancels)"
}

// query runs a statement of the shell's own, and returns its rows as texts; nil is NULL.
func (sh *shell) query(ctx context.Context, text string, maxRows int) (rows [][]*string, err error) {
	return sh.rows(ctx, text, sh.engineOptions(), maxRows)
}

func (sh *shell) rows(ctx context.Context, text string, o engine.Options, maxRows int) (rows [][]*string, err error) {
	result, err := sh.engine.Run(ctx, engine.Query{Text: text, Options: o})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, result.Close()) }()
	for len(rows) < maxRows {
		b, err := result.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for i := range min(b.N, maxRows-len(rows)) {
			row := make([]*string, len(b.Columns))
			for c, v := range b.Columns {
				if !v.Nulls().Has(i) {
					value := string(vector.AppendText(nil, v, i))
					row[c] = &value
				}
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}
