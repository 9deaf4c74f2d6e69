// Command ctlake is AWS CloudTrail Lake on one's own machine: it imports CloudTrail
// archives into event data stores and answers CloudTrail Lake's SQL over them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitDone      = 0
	exitFailed    = 1
	exitUsage     = 2
	exitSomeInput = 3 // done, but some input failed
	exitCancelled = 130
)

// exitError ends the program with a status. Its text, if any, was not printed yet.
type exitError struct {
	status int
	err    error // nil: all has been said
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage makes err one of wrong usage.
func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

func main() {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.Getenv}
	os.Exit(a.run(os.Args[1:]))
}

// run runs a command line and returns the exit status.
func (a *app) run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := a.command()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	status, said := exitFailed, false
	if e, ok := errors.AsType[*exitError](err); ok {
		status, said = e.status, e.err == nil
	}
	if ctx.Err() != nil && status == exitFailed {
		status = exitCancelled
	}
	if !said {
		a.complain(cmd, err, status)
	}
	return status
}

// command returns the root command.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "ctlake",
		Short: "AWS CloudTrail Lake on your own machine",
		Long: "ctlake turns CloudTrail log archives into event data stores and answers the SQL of\n" +
			"CloudTrail Lake (Trino's SELECT language) over them. Nothing leaves this machine.",
		Example: "  ctlake demo\n" +
			"  ctlake ingest ~/logs/AWSLogs --store trail\n" +
			"  ctlake query \"SELECT eventName, count(*) FROM trail GROUP BY 1 ORDER BY 2 DESC LIMIT 10\"",
		SilenceErrors: true, SilenceUsage: true, Version: versionLine(),
		Args: rootArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if isTerminal(a.in) && isTerminal(a.out) {
				return a.shell(cmd.Context(), queryFlags{}, nil)
			}
			return cmd.Help()
		},
	}
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(a.helpCommand())
	root.PersistentFlags().StringVar(&a.lakeDir, "lake", "", "`DIR` of the lake (default $CTLAKE_HOME, else ~/.local/share/ctlake)")
	root.PersistentFlags().StringVar(&a.now, "now", "", "`TIME` that the clock of this command shows, as RFC 3339: 2026-01-31T12:00:00Z")
	root.PersistentFlags().BoolVar(&a.readOnly, "read-only", false, "create and change nothing in the lake, which may lie on write-protected media")
	root.AddCommand(a.ingestCommand(), a.queryCommand(), a.shellCommand(), a.storeCommand(), a.retentionCommand(), a.importsCommand(), a.selectorsCommand(), a.checkCommand(), a.copyCommand(), a.demoCommand(), a.orcCommand(), a.completionCommand(), a.versionCommand())
	root.AddCommand(a.manCommand())
	root.AddCommand(append(a.questionCommands(), a.samplesCommand())...)
	root.CompletionOptions.DisableDefaultCmd = true
	a.completeAll(root)
	return root
}
