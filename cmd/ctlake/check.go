package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage"
)

func (a *app) checkCommand() *cobra.Command {
	var o storage.CheckOptions
	var form string
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read the lake back and say what is damaged",
		Long: "Holds the catalog against the files: each data file's size, SHA-256, ORC structure and rows, and what lies\n" +
			"beside them. --deep reads every value too: statistics and bloom filters against data, days and times,\n" +
			"eventjsonchecksum against eventjson, events that are there twice. What an interrupted command left is no damage.\n\n" +
			"Exit status 1 says that something is damaged; what, and what it means for queries, is on stdout.",
		Example: "  ctlake check\n  ctlake check --deep --output json\n  ctlake check --repair",
		Args:    noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if form != "text" && form != "json" {
				return usage("--output %s: the report comes as text or json", form)
			}
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
				r, err := lake.Check(cmd.Context(), o)
				if err != nil {
					return err
				}
				if err := a.printReport(r, o, form); err != nil {
					return err
				}
				if r.Damaged() {
					return &exitError{status: exitFailed}
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&o.Deep, "deep", false, "read every value")
	cmd.Flags().BoolVar(&o.Repair, "repair", false, "move files that the catalog does not know to the folder quarantine, and tidy up after what was interrupted")
	cmd.Flags().StringVar(&form, "output", "text", "the report's form: text, json")
	return cmd
}

// printReport prints the outcome of a check.
func (a *app) printReport(r *storage.CheckReport, o storage.CheckOptions, form string) error {
	if r.Writing != nil {
		fmt.Fprintf(a.err, "ctlake: leftovers are not looked for: %v\n", r.Writing)
	}
	if form == "json" {
		type finding struct {
			Kind     storage.FindingKind `json:"kind"`
			Leftover bool                `json:"leftover"`
			Store    string              `json:"store,omitempty"`
			Path     string              `json:"path,omitempty"`
			Problem  string              `json:"problem"`
			Meaning  string              `json:"meaning,omitempty"`
			Repair   string              `json:"repair,omitempty"`
		}
		findings := []finding{}
		for _, f := range r.Findings {
			findings = append(findings, finding{f.Kind, f.Kind.Leftover(), f.Store, f.Path, f.Problem, f.Meaning, f.Repair})
		}
		return a.writeJSON(struct {
			Damaged  bool      `json:"damaged"`
			Deep     bool      `json:"deep"`
			Stores   int       `json:"stores"`
			Files    int       `json:"files"`
			Events   int64     `json:"events"`
			Bytes    int64     `json:"bytes"`
			Findings []finding `json:"findings"`
		}{r.Damaged(), o.Deep, r.Stores, r.Files, r.Events, r.Bytes, findings}, false)
	}
	damaged := 0
	for _, f := range r.Findings {
		if !f.Kind.Leftover() {
			damaged++
		}
		line := string(f.Kind) + ": "
		if f.Path != "" {
			line += f.Path + ": "
		}
		line += f.Problem
		if f.Meaning != "" {
			line += "; " + f.Meaning
		}
		if f.Repair != "" {
			line += "; " + f.Repair
		}
		if err := writeLine(a.out, "%s", output.Escape(nil, []byte(line))); err != nil {
			return err
		}
	}
	verdict := "sound"
	if damaged > 0 {
		verdict = output.Count(int64(damaged), "problem")
	}
	return writeLine(a.out, "%s, %s, %s, %s checked: %s", output.Count(int64(r.Stores), "event data store"), output.Count(int64(r.Files), "data file"),
		output.Count(r.Events, "event"), humanBytes(r.Bytes), verdict)
}
