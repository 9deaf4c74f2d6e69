package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage/selector"
)

func (a *app) selectorsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "selectors",
		Short:   "Check advanced event selectors, and see what they take of archives",
		Example: "  ctlake selectors check selectors.json\n  ctlake selectors explain selectors.json ~/logs/AWSLogs",
		Args:    onlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.checkSelectorsCommand(), a.explainSelectorsCommand())
	return cmd
}

func (a *app) checkSelectorsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "check FILE", Short: "Check selectors by AWS's rules", Example: "  ctlake selectors check selectors.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("which selectors? Name one file")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			selectors, err := a.readSelectors(args[0])
			if err != nil {
				return err
			}
			return writeLine(a.out, "%s: %s of %s events, valid", output.Escape(nil, []byte(args[0])), output.Count(int64(len(selectors)), "event selector"), selector.FamilyOf(selectors))
		},
	}
}

func (a *app) explainSelectorsCommand() *cobra.Command {
	var f ingestFlags
	cmd := &cobra.Command{
		Use: "explain FILE PATH…", Short: "Say what selectors take of archives, what decides, and what is noisy",
		Long: "Reads archives, as ingest does, and says how many events each selector takes, which field decided against the\n" +
			"others, what share of events and bytes each eventSource and eventName has, and proposes selectors that leave\n" +
			"out the noisiest names, each of which has a tenth of the bytes or more. Nothing is written.",
		Example: "  ctlake selectors explain selectors.json ~/logs/AWSLogs\n" +
			"  ctlake selectors explain selectors.json s3://trail-logs/AWSLogs/ --from 2026-01-01 --to 2026-01-02 --output json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage("explain what? Name a file of selectors, then archives")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := wantsForm(f.output, "text", "json"); err != nil {
				return err
			}
			return a.explainSelectors(cmd.Context(), args[0], args[1:], f)
		},
	}
	cmd.Flags().Var(&f.from, "from", "look at events from this time on: 2026-01-31, 2026-01-31T12:00 or RFC 3339, in UTC")
	cmd.Flags().Var(&f.to, "to", "look at events before this time; a day alone is its midnight")
	cmd.Flags().StringVar(&f.endpoint, "endpoint-url", "", "for s3:// paths: the `URL` of a store other than AWS's")
	cmd.Flags().StringVar(&f.output, "output", "text", "`FORM`: text, for people; json, one object")
	return cmd
}

func (a *app) explainSelectors(ctx context.Context, file string, paths []string, f ingestFlags) error {
	selectors, err := a.readSelectors(file)
	if err != nil {
		return err
	}
	options := ingest.Options{Paths: paths, Workers: runtime.GOMAXPROCS(0), Stdin: a.in, From: f.from.Time, To: f.to.Time, Limits: format.DefaultLimits}
	if slices.ContainsFunc(paths, source.IsS3) {
		buckets, err := a.buckets(ctx, f.endpoint)
		if err != nil {
			return err
		}
		options.Buckets = buckets
	}
	e, err := ingest.Explain(ctx, selectors, options)
	if err != nil {
		return err
	}
	for _, p := range e.Problems {
		fmt.Fprintf(a.err, "ctlake: %s\n", output.Escape(nil, []byte(p.String())))
	}
	if f.output == "json" {
		if err := a.writeJSON(e, false); err != nil {
			return err
		}
	} else if err := a.explanation(e); err != nil {
		return err
	}
	if len(e.Problems) > 0 {
		return &exitError{status: exitSomeInput}
	}
	return nil
}

// maxPrintedShares is how many kinds of event are printed for people; JSON has all.
const maxPrintedShares = 20

// explanation prints an explanation for people.
func (a *app) explanation(e *ingest.Explanation) error {
	percent := func(part, whole int64) string {
		return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(max(whole, 1)))
	}
	lines := []string{fmt.Sprintf("%s in %s; taken: %s (%s of the events, %s of the bytes)", output.Count(e.Events, "event"), output.Count(e.Archives, "archive"),
		thousands(e.Taken), percent(e.Taken, e.Events), percent(e.TakenBytes, e.Bytes)), ""}
	for _, s := range e.Selectors {
		name := ""
		if s.Name != "" {
			name = fmt.Sprintf(" (%q)", output.Escape(nil, []byte(s.Name)))
		}
		lines = append(lines, fmt.Sprintf("event selector %d%s takes %s, %s", s.Selector, name, output.Count(s.Events, "event"), humanBytes(s.Bytes)))
		for _, r := range e.Refusals {
			if r.Selector != s.Selector {
				continue
			}
			by := r.Field
			if r.Operator != "" {
				by += " " + r.Operator
			}
			lines = append(lines, fmt.Sprintf("  %s that no selector takes: decided by %s", output.Count(r.Events, "event"), by))
		}
	}
	lines = append(lines, "")
	for i, s := range e.Shares {
		if i == maxPrintedShares {
			lines = append(lines, fmt.Sprintf("and %d names more", len(e.Shares)-i))
			break
		}
		lines = append(lines, fmt.Sprintf("%7s of bytes, %7s of events, %7s of them taken: %s", percent(s.Bytes, e.Bytes), percent(s.Events, e.Events),
			percent(s.Taken, s.Events), output.Escape(nil, []byte(strings.TrimSpace(strings.Join([]string{s.Category, s.Source, s.Name, s.ResourceType}, " "))))))
	}
	if e.Proposed == nil {
		lines = append(lines, "", "no name is so noisy that leaving it out is proposed")
	} else {
		text, err := selector.Marshal(e.Proposed)
		if err != nil {
			return err
		}
		text = output.EscapeJSON(text)
		lines = append(lines, "", fmt.Sprintf("without the noisiest names, %s of the events and %s of the bytes would be left out:",
			percent(e.SavedEvents, e.Events), percent(e.SavedBytes, e.Bytes)), string(text))
	}
	for _, l := range lines {
		if err := writeLine(a.out, "%s", l); err != nil {
			return err
		}
	}
	return nil
}
