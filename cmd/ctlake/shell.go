package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/cmd/internal/repl"
	"github.com/ctlake/ctlake/sql/parser"
	"github.com/ctlake/ctlake/storage"
)

func (a *app) shellCommand() *cobra.Command {
	var f queryFlags
	cmd := &cobra.Command{
		Use:   "shell",
		Short: "Open the SQL shell",
		Long: "Opens the interactive SQL shell. A statement may take several lines and ends with ; or, for a vertical result,\n" +
			"with \\G. ctrl-C cancels the running statement or the one being typed, ctrl-D leaves. .help lists the commands.",
		Example: "  ctlake shell --store trail",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("the shell takes no arguments; ctlake query runs a statement")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.hasNull = cmd.Flags().Changed("null")
			return a.shell(cmd.Context(), f)
		},
	}
	f.add(cmd)
	return cmd
}

// Run implements repl.Runner.
func (s *session) Run(ctx context.Context, st parser.Statement, vertical bool) {
	format := s.format
	if vertical {
		format = "vertical"
	}
	err := s.statement(ctx, st, format)
	if e, ok := errors.AsType[*exitError](err); ok && e.err == nil {
		return // cancelled, and said so
	}
	if err != nil {
		fmt.Fprintf(s.app.err, "ctlake: %v\n", err)
	}
}

// shell runs the shell.
func (a *app) shell(ctx context.Context, f queryFlags) (err error) {
	if f.timezone == "" {
		f.timezone = "UTC"
	}
	s, lake, err := a.newSession(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	interactive := isTerminal(a.in) && isTerminal(a.out)
	s.timing = interactive
	lines, prompt := repl.NewReaderLines(a.in), ""
	if interactive {
		if lines, err = repl.NewTerminalLines(a.historyFile()); err != nil {
			return err
		}
		prompt = "ctlake> "
		fmt.Fprintf(a.out, "ctlake %s, lake %s\nStatements end with ; and .help lists what else there is.\n", version(), lake.Dir())
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	shell := repl.Shell{Lines: lines, Runner: s, Out: a.out, Err: a.err, Prompt: prompt, Commands: s.commands(lake)}
	// ctrl-C is the shell's own affair: the program's context ends only by SIGTERM.
	if err := shell.Loop(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if interactive {
		fmt.Fprintln(a.out)
	} else if s.failed {
		return &exitError{status: exitFailed}
	}
	return nil
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

// commands returns the dot commands.
func (s *session) commands(lake *storage.Lake) []repl.Command {
	return []repl.Command{
		{Name: "stores", Doc: "lists the event data stores", Run: func(ctx context.Context, _ string) error {
			return s.app.listStores(ctx, lake, s.app.out)
		}},
		{Name: "store", Args: "NAME", Doc: "chooses the store that $EDS_ID means", Run: func(ctx context.Context, args string) error {
			store, err := lake.Find(ctx, args)
			if err != nil {
				return err
			}
			s.flags.store = store.ID
			return nil
		}},
		{Name: "output", Args: "FORMAT", Doc: fmt.Sprintf("sets the form of results: %v", output.Names()), Run: func(_ context.Context, args string) error {
			if _, err := output.New(args, io.Discard, output.Options{}); err != nil {
				return err
			}
			s.format = args
			return nil
		}},
		{Name: "timing", Args: "on|off", Doc: "prints how long statements take, and what they read", Run: func(_ context.Context, args string) error {
			switch args {
			case "on", "off":
				s.timing = args == "on"
				return nil
			}
			return fmt.Errorf("on or off, not %q", args)
		}},
		{Name: "timezone", Args: "ZONE", Doc: "sets the session's zone", Run: func(_ context.Context, args string) error {
			zone, err := location(args)
			if err != nil {
				return err
			}
			s.zone = zone
			return nil
		}},
	}
}
