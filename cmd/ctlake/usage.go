package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/ctlake/ctlake/cmd/internal/output"
)

// flagError returns what is wrong with a flag, in the words of all other wrong usage, with the flag that may be meant.
func flagError(cmd *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if short := unknown.GetSpecifiedShortnames(); short != "" {
			return usage("unknown flag: -%s", short)
		}
		name, meant := unknown.GetSpecifiedName(), ""
		if near := nearFlag(cmd, name); near != "" {
			meant = "; did you mean --" + near + "?"
		}
		return usage("unknown flag: --%s%s", name, meant)
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		flag := wrong.GetFlag()
		switch kind := flag.Value.Type(); kind {
		case "int", "int64", "uint64":
			return usage("--%s %s: it is a whole number", flag.Name, wrong.GetValue())
		case "bool":
			return usage("--%s=%s: it is true or false", flag.Name, wrong.GetValue())
		case "duration":
			return usage("--%s %s: it is a time such as 30s or 5m", flag.Name, wrong.GetValue())
		}
		return usage("--%s: %w", flag.Name, wrong.Unwrap())
	}
	return &exitError{exitUsage, err}
}

// nearFlag returns the flag of a command that is spelt nearly so, or begins so; "" if there is none.
func nearFlag(cmd *cobra.Command, name string) (near string) {
	best := maxTypos + 1
	visit := func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		d := typos(name, f.Name)
		if len(name) >= minPrefix && strings.HasPrefix(f.Name, name) {
			d = min(d, maxTypos)
		}
		if d < best {
			best, near = d, f.Name
		}
	}
	cmd.LocalFlags().VisitAll(visit)
	cmd.InheritedFlags().VisitAll(visit)
	return near
}

const (
	maxTypos  = 2 // more of them make another word
	minPrefix = 3 // letters
)

// typos returns how many letters are to be added, dropped, changed or swapped with their neighbour to make b of a.
func typos(a, b string) int {
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			change := 1
			if a[i] == b[j] {
				change = 0
			}
			next[j+1] = min(last[j]+change, last[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}

// otherNames are what other programs, and AWS's API, call a command.
var otherNames = map[string][]string{
	"ctlake ingest":           {"load", "add", "start-import", "copy-trail-events"},
	"ctlake imports":          {"import", "list-imports"},
	"ctlake imports failures": {"list-import-failures", "errors"},
	"ctlake imports show":     {"get", "get-import", "describe"},
	"ctlake imports list":     {"ls"},
	"ctlake query":            {"sql", "select", "start-query", "run"},
	"ctlake lookup":           {"lookup-events"},
	"ctlake store":            {"eds", "table", "tables", "list-event-data-stores", "create-event-data-store"},
	"ctlake store create":     {"add", "new", "make"},
	"ctlake store delete":     {"drop", "remove", "rm"},
	"ctlake store list":       {"ls"},
	"ctlake store show":       {"get", "describe"},
	"ctlake store ddl":        {"schema"},
	"ctlake shell":            {"cli", "repl", "console"},
	"ctlake check":            {"verify", "validate", "fsck"},
	"ctlake selectors check":  {"validate"},
}

// noCommand refuses a name that no command below cmd has, with those that may be meant; else says says where they are.
func noCommand(cmd *cobra.Command, name, says string) error {
	at := strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()), " ")
	if at != "" {
		at += " "
	}
	shown := at + name
	if at == "" {
		shown = fmt.Sprintf("%q", name) // it may be anything: a statement, a path
	}
	var near []string
	best := maxTypos + 1
	for _, c := range cmd.Commands() {
		if c.Hidden {
			continue
		}
		d := typos(name, c.Name())
		if len(name) >= minPrefix && strings.HasPrefix(c.Name(), name) || slices.Contains(otherNames[c.CommandPath()], name) {
			d = 0
		}
		if d > best || d > maxTypos {
			continue
		}
		if d < best {
			near = nil
		}
		best, near = d, append(near, c.CommandPath())
	}
	if len(near) > 0 {
		says = "did you mean " + strings.Join(near, " or ") + "?"
	}
	if says != "" {
		says = "; " + says
	}
	return usage("there is no command %s%s", shown, says)
}

// statementWords are what statements begin with.
var statementWords = []string{"select", "with", "show", "describe", "explain", "values", "table"}

// rootArguments refuses what is no command, and says how a statement or a path is given to one.
func rootArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if first, rest, _ := strings.Cut(strings.TrimSpace(args[0]), " "); rest != "" && slices.Contains(statementWords, strings.ToLower(first)) {
		return usage("there is no command %q; ctlake query runs statements", args[0])
	}
	return noCommand(cmd, args[0], "")
}

// onlyCommands is for commands that have others below them, and do nothing themselves.
func onlyCommands(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	says := cmd.CommandPath() + " --help lists them"
	if n := len(cmd.Commands()); n > 1 && n <= fewCommands {
		var names []string
		for _, c := range cmd.Commands() {
			names = append(names, c.Name())
		}
		says = "there are " + strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return noCommand(cmd, args[0], says)
}

// fewCommands is how many commands an error lists.
const fewCommands = 4

// helpCommand prints the help of a command.
func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Tell how a command is used", Example: "  ctlake help ingest\n  ctlake help store create",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			if c, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
				for _, below := range c.Commands() {
					if below.IsAvailableCommand() {
						names = append(names, below.Name()+"\t"+below.Short)
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			c, rest, err := cmd.Root().Find(args)
			if err != nil {
				return &exitError{exitUsage, err}
			}
			if len(rest) > 0 {
				return noCommand(c, rest[0], "")
			}
			c.InitDefaultHelpFlag()
			return c.Help()
		},
	}
}

// complain prints an error, and after wrong usage of a command where its usage is told. What the text quotes may come from anywhere:
// it does nothing to a terminal.
func (a *app) complain(cmd *cobra.Command, err error, status int) {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(a.err, "ctlake: %s\n", output.Escape(nil, []byte(strings.TrimSuffix(line, "\n"))))
	}
	if status != exitUsage {
		return
	}
	fmt.Fprintf(a.err, "ctlake: %s --help tells how it is used\n", cmd.CommandPath())
}
