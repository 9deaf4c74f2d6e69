package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The manual is written out of the commands themselves, so that it cannot say anything else than --help:
// docs/commands.md as Markdown, and manual pages for man.

func (a *app) manCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "man DIR",
		Short: "Write the manual pages of all commands into a folder",
		Long: "Writes a manual page for ctlake and for each of its commands (ctlake.1, ctlake-query.1, …) into a folder, which\n" +
			"is made if it is not there. With --markdown it writes one page, commands.md, of the same content.",
		Example: "  ctlake man man && man man/ctlake-query.1\n  ctlake man docs --markdown",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("into which folder?")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			markdown, err := cmd.Flags().GetBool("markdown")
			if err != nil {
				return err
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return err
			}
			if markdown {
				return os.WriteFile(filepath.Join(args[0], "commands.md"), commandsPage(cmd.Root()), 0o644)
			}
			for _, c := range allCommands(cmd.Root()) {
				name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
				if err := os.WriteFile(filepath.Join(args[0], name), manPage(c), 0o644); err != nil {
					return err
				}
			}
			return nil
		},
	}
	cmd.Flags().Bool("markdown", false, "write commands.md in place of manual pages")
	return cmd
}

// allCommands returns root and all commands below it that are shown, in order of their paths.
func allCommands(root *cobra.Command) []*cobra.Command {
	out := []*cobra.Command{root}
	children := slices.Clone(root.Commands())
	slices.SortFunc(children, func(a, b *cobra.Command) int { return strings.Compare(a.Name(), b.Name()) })
	for _, c := range children {
		if c.IsAvailableCommand() && c.Name() != "help" {
			out = append(out, allCommands(c)...)
		}
	}
	return out
}

// about is what a command does, in all its words.
func about(c *cobra.Command) string {
	if c.Long != "" {
		return strings.TrimSpace(c.Long)
	}
	return c.Short + "."
}

// flagsOf returns the flags of a command that are shown, without those of all commands and --help.
func flagsOf(c *cobra.Command) []*pflag.Flag {
	var out []*pflag.Flag
	c.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden && f.Name != "help" {
			out = append(out, f)
		}
	})
	return out
}

// flagsOfAll returns the flags of all commands.
func flagsOfAll(root *cobra.Command) []*pflag.Flag {
	var out []*pflag.Flag
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { out = append(out, f) })
	return out
}

// flagText returns how a flag is written, and what it does with its default.
func flagText(f *pflag.Flag) (written, does string) {
	value, does := pflag.UnquoteUsage(f)
	written = "--" + f.Name
	if f.Shorthand != "" {
		written = "-" + f.Shorthand + ", " + written
	}
	if value != "" {
		written += " " + value
	}
	switch f.DefValue {
	case "", "0", "0s", "false", "[]":
	default:
		does += fmt.Sprintf(" (default %s)", f.DefValue)
	}
	return written, does
}

// examplesOf returns the examples of a command, without their indentation.
func examplesOf(c *cobra.Command) string {
	var lines []string
	for line := range strings.Lines(c.Example) {
		lines = append(lines, strings.TrimPrefix(strings.TrimRight(line, " \n"), "  "))
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

const commandsHeading = `# Commands

Every command of ctlake and its flags, as ` + "`ctlake COMMAND --help`" + ` says them too. This page is made from the commands by
` + "`go run ./cmd/ctlake man docs --markdown`" + `; ` + "`ctlake man DIR`" + ` writes the same as manual pages.

Exit status: 0 done; 1 failed; 2 wrong usage; 3 done, but some input failed; 130 cancelled. Errors go to stderr, and nothing
is printed to stdout but the answer.
`

// commandsPage is the whole of docs/commands.md.
func commandsPage(root *cobra.Command) []byte {
	var b bytes.Buffer
	b.WriteString(commandsHeading)
	table := func(flags []*pflag.Flag) {
		if len(flags) == 0 {
			return
		}
		b.WriteString("\n| flag | what |\n|---|---|\n")
		for _, f := range flags {
			written, does := flagText(f)
			fmt.Fprintf(&b, "| `%s` | %s |\n", written, strings.ReplaceAll(does, "|", `\|`))
		}
	}
	b.WriteString("\nFlags of all commands:\n")
	table(flagsOfAll(root))
	for _, c := range allCommands(root) {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", c.CommandPath(), about(c))
		if c.Runnable() {
			fmt.Fprintf(&b, "\n```\n%s\n```\n", strings.TrimSuffix(c.UseLine(), " [flags]"))
		}
		if c != root {
			table(flagsOf(c))
		}
		if examples := examplesOf(c); examples != "" {
			fmt.Fprintf(&b, "\n```sh\n%s\n```\n", examples)
		}
	}
	return b.Bytes()
}

// roff returns text that means itself to man.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// manPage is the manual page of a command. It names no date: the same program writes the same page.
func manPage(c *cobra.Command) []byte {
	var b bytes.Buffer
	name := strings.ReplaceAll(c.CommandPath(), " ", "-")
	fmt.Fprintf(&b, ".TH \"%s\" \"1\" \"\" \"ctlake\" \"ctlake\"\n", roff(strings.ToUpper(name)))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(c.Short))
	if c.Runnable() {
		fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.UseLine()))
	}
	fmt.Fprintf(&b, ".SH DESCRIPTION\n%s\n", strings.ReplaceAll(roff(about(c)), "\n\n", "\n.PP\n"))
	list := func(title string, flags []*pflag.Flag) {
		if len(flags) == 0 {
			return
		}
		fmt.Fprintf(&b, ".SH %s\n", title)
		for _, f := range flags {
			written, does := flagText(f)
			fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", roff(written), roff(does))
		}
	}
	if c.HasParent() {
		list("OPTIONS", flagsOf(c))
	}
	list("OPTIONS OF ALL COMMANDS", flagsOfAll(c.Root()))
	if examples := examplesOf(c); examples != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(examples))
	}
	b.WriteString(".SH EXIT STATUS\n0 done; 1 failed; 2 wrong usage; 3 done, but some input failed; 130 cancelled.\n")
	var others []string
	for _, other := range c.Commands() {
		if other.IsAvailableCommand() && other.Name() != "help" {
			others = append(others, other.CommandPath())
		}
	}
	if c.HasParent() {
		others = append(others, c.Parent().CommandPath())
	}
	slices.Sort(others)
	for i, other := range others {
		if i == 0 {
			b.WriteString(".SH SEE ALSO\n")
		}
		comma := ","
		if i+1 == len(others) {
			comma = ""
		}
		fmt.Fprintf(&b, ".BR %s (1)%s\n", roff(strings.ReplaceAll(other, " ", "-")), comma)
	}
	return b.Bytes()
}
