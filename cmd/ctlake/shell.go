package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/cmd/internal/pager"
	"github.com/ctlake/ctlake/cmd/internal/repl"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage"
)

func (a *app) shellCommand() *cobra.Command {
	var f queryFlags
	var init string
	cmd := &cobra.Command{
		Use:   "shell",
		Short: "Open the SQL shell",
		Long: "Opens the interactive SQL shell. A statement may take several lines and ends with ; or, for a vertical result,\n" +
			"with \\G. One that has a mistake comes back to be mended, with the cursor there. The tab key completes, ctrl-R searches\n" +
			"the history, ctrl-C cancels the running statement or forgets the one being typed, ctrl-D leaves. .help lists the\n" +
			"commands. What is in ~/.ctlakerc is run first.\n\n" +
			"CTLAKE_PAGER is the command that shows long results (default less -SRFX; off for none). NO_COLOR turns colours off.",
		Example: "  ctlake shell --store trail\n  ctlake shell --init hunt.sql\n  echo 'SELECT count(*) FROM trail;' | ctlake shell",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("the shell takes no arguments; ctlake query runs a statement")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.hasNull = cmd.Flags().Changed("null")
			if cmd.Flags().Changed("init") {
				return a.shell(cmd.Context(), f, &init)
			}
			return a.shell(cmd.Context(), f, nil)
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&init, "init", "", "run the statements and commands of this file first, in place of ~/.ctlakerc; empty for none")
	return cmd
}

// shell is a session with a person, or a script of its commands.
type shell struct {
	*session
	lake *storage.Lake // nil where there is none yet
	loop *repl.Shell
	data *shellSource // what completion knows

	interactive bool
	timing      bool
	maxValue    int      // of the cells of tables, as output.Screen has it
	pager       []string // the command; nil is our own
	paged       bool
	file        *os.File // of .output FORMAT FILE; nil for the terminal
	last        lastResult
	mistake     sql.Pos // for which the statement that was run could not begin
}

// shell runs the shell. init is the file to run first; nil is the one of the user's home, "" is none.
func (a *app) shell(ctx context.Context, f queryFlags, init *string) (err error) {
	if f.timezone == "" {
		f.timezone = "UTC"
	}
	s, lake, err := a.newSession(ctx, f)
	switch {
	case errors.Is(err, storage.ErrNoLake) && f.store == "":
		complaint := err
		if err = s.withoutLake(complaint); err != nil {
			return err
		}
		fmt.Fprintf(a.err, "ctlake: %v\nctlake ingest PATH --store NAME makes one; ctlake demo --keep DIR makes one to try things in.\n", complaint)
	case err != nil:
		return err
	default:
		defer func() { err = errors.Join(err, lake.Close()) }()
	}
	sh := &shell{session: s, lake: lake, interactive: isTerminal(a.in) && isTerminal(a.out)}
	sh.data = newShellSource(ctx, sh)
	defer sh.data.close()
	sh.timing = sh.interactive
	if sh.interactive {
		sh.pager, sh.paged = pager.Command(a.getenv("CTLAKE_PAGER"))
	}
	dumb := a.getenv("TERM") == "" || a.getenv("TERM") == "dumb"
	s.color = sh.interactive && isTerminal(a.err) && a.getenv("NO_COLOR") == "" && !dumb

	var lines repl.LineSource
	prompt := ""
	if sh.interactive {
		// ctrl-C is the shell's own affair: it leaves by SIGTERM and SIGHUP only.
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(context.WithoutCancel(ctx), syscall.SIGTERM, syscall.SIGHUP)
		defer stop()
		history := repl.OpenHistory(a.historyFile())
		if repl.CanEdit() {
			if lines, err = repl.NewTerminalLines(repl.Editor{History: history, Complete: sh.complete, Size: sh.size, Out: a.out}); err != nil {
				return err
			}
		} else {
			lines = repl.NewWaitingLines(a.in, a.out, history)
		}
		prompt = "ctlake> "
		where := "no lake yet"
		if lake != nil {
			where = "lake " + lake.Dir()
		}
		fmt.Fprintf(a.out, "ctlake %s, %s\nStatements end with ; and .help lists what else there is.\n", version(), where)
	} else {
		lines = repl.NewWaitingLines(a.in, nil, nil)
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	sh.loop = &repl.Shell{Lines: lines, Runner: sh, Out: a.out, Err: a.err, Prompt: prompt}
	sh.loop.Commands = sh.commands()
	defer func() { err = errors.Join(err, sh.closeFile()) }()

	left, err := sh.runInit(ctx, init)
	if err == nil && !left {
		err = sh.loop.Loop(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return &exitError{status: exitCancelled}
	case err != nil:
		return err
	case sh.interactive:
		fmt.Fprintln(a.out)
	case s.failed || sh.loop.Failed:
		return &exitError{status: exitFailed}
	}
	return nil
}

// runInit runs the file that comes before everything else.
func (sh *shell) runInit(ctx context.Context, init *string) (left bool, err error) {
	path := ""
	switch {
	case init != nil:
		path = *init
	case sh.interactive && sh.app.getenv("HOME") != "":
		path = filepath.Join(sh.app.getenv("HOME"), ".ctlakerc")
	}
	if path == "" {
		return false, nil
	}
	file, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && init == nil:
		return false, nil
	case err != nil && init != nil:
		return false, usage("--init: %v", err)
	case err != nil:
		fmt.Fprintf(sh.app.err, "ctlake: %v\n", err)
		return false, nil
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return sh.loop.Read(ctx, file)
}

// size returns the columns and lines of the terminal.
func (sh *shell) size() (columns, lines int) {
	columns, lines, err := term.GetSize(int(sh.app.out.Fd()))
	if err != nil || columns <= 0 || lines <= 0 {
		return 80, 24
	}
	return columns, lines
}

// screen returns how tables are fitted to the terminal; nil where there is none.
func (sh *shell) screen() *output.Screen {
	if !sh.interactive || sh.file != nil {
		return nil
	}
	columns, _ := sh.size()
	return &output.Screen{Columns: columns, MaxValue: sh.maxValue, Color: sh.color}
}

// historyFile is where statements are remembered; "" if there is no place.
func (a *app) historyFile() string {
	state := a.getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) {
		home := a.getenv("HOME")
		if home == "" {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "ctlake", "history")
}

func (sh *shell) closeFile() error {
	if sh.file == nil {
		return nil
	}
	err := sh.file.Close()
	sh.file = nil
	return err
}

// destination returns where results go, and what to call when one is complete.
func (sh *shell) destination(people bool) (io.Writer, func() error) {
	switch {
	case sh.file != nil:
		return sh.file, func() error { return nil }
	case sh.interactive && sh.paged && people:
		columns, lines := sh.size()
		p := pager.New(sh.app.out, sh.app.in, sh.pager, columns, lines)
		return p, p.Close
	}
	return sh.app.out, func() error { return nil }
}

// list writes what a command lists, through the pager where there is one.
func (sh *shell) list(write func(w io.Writer) error) error {
	if !sh.interactive || !sh.paged {
		return write(sh.app.out)
	}
	columns, lines := sh.size()
	p := pager.New(sh.app.out, sh.app.in, sh.pager, columns, lines)
	err := errors.Join(write(p), p.Close())
	if errors.Is(err, pager.ErrLeft) {
		return nil
	}
	return err
}

// engineOptions are those of all statements of the session.
func (s *session) engineOptions() engine.Options {
	return engine.Options{Threads: s.flags.threads, Timeout: s.flags.timeout, Memory: s.flags.memory, SpillDir: s.flags.spillDir, MaxBytes: s.flags.maxBytes,
		Zone: s.zone, User: s.app.getenv("USER"), Store: s.flags.store, Params: s.flags.params}
}
