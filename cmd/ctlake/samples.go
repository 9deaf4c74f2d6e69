package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/cmd/internal/question"
	"github.com/ctlake/ctlake/cmd/internal/samples"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func (a *app) samplesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "samples",
		Short:   "List, show and run sample queries for investigations",
		Example: "  ctlake samples list mfa\n  ctlake samples show guessed-passwords\n  ctlake samples run guessed-passwords --set failures=5 --last 30d",
		Args:    onlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var asJSON bool
	list := &cobra.Command{
		Use: "list [WORD…]", Short: "List the samples that have all the words, by topic",
		Example: "  ctlake samples list\n  ctlake samples list T1110\n  ctlake samples list bucket --json",
		RunE: func(_ *cobra.Command, args []string) error {
			return a.listSamples(a.out, nil, strings.Join(args, " "), asJSON)
		},
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print a JSON object a line, with parameters and SQL")
	var ran sampleFlags
	run := a.questionCommand(&cobra.Command{
		Use: "run NAME", Short: "Run a sample",
		Example: "  ctlake samples run root-calls --last 30d\n  ctlake samples run bucket-access --set bucket=acme-finance-exports --output json",
		Args:    oneArgument("which sample? ctlake samples list tells"),
	}, ran.build)
	run.Flags().StringArrayVar(&ran.set, "set", nil, "a parameter's value: name=value; may be repeated")
	cmd.AddCommand(list, a.showSampleCommand(), run)
	return cmd
}

func (a *app) showSampleCommand() *cobra.Command {
	var values sampleFlags
	var f scopeFlags
	cmd := &cobra.Command{
		Use: "show NAME", Short: "Print a sample's SQL, with its parameters' defaults or the values given",
		Example: "  ctlake samples show root-calls\n  ctlake samples show guessed-passwords --set failures=5 --last 7d",
		Args:    oneArgument("which sample? ctlake samples list tells"),
	}
	f.add(cmd)
	addStore(cmd, &f.store)
	cmd.Flags().StringArrayVar(&values.set, "set", nil, "a parameter's value: name=value; may be repeated")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := samples.Find(args[0])
		if err != nil {
			return &exitError{exitUsage, err}
		}
		var scope question.Scope
		if f != (scopeFlags{}) { // without it no lake is needed
			if scope, err = a.scope(cmd.Context(), f); err != nil {
				return err
			}
		}
		text, err := values.build(scope, args)
		if err != nil {
			return &exitError{exitUsage, err}
		}
		return writeLine(a.out, "-- %s\n%s%s;", s.Title, parameterNotes(s), text)
	}
	return cmd
}

// sampleFlags are the values given for a sample's parameters.
type sampleFlags struct{ set []string }

// build makes a sample's SQL.
func (f *sampleFlags) build(scope question.Scope, args []string) (string, error) {
	s, err := samples.Find(args[0])
	if err != nil {
		return "", err
	}
	values := map[string]string{}
	for _, pair := range f.set {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return "", fmt.Errorf("--set %s: it is name=value", pair)
		}
		values[name] = value
	}
	text, err := s.SQL(values, scope.When())
	if err != nil || scope.Limit == 0 {
		return text, err
	}
	return fmt.Sprintf("SELECT * FROM (\n%s)\nLIMIT %d", text, scope.Limit), nil
}

func parameterNotes(s samples.Sample) string {
	var b strings.Builder
	for _, p := range s.Params {
		fmt.Fprintf(&b, "-- --set %s=%s: %s\n", p.Name, p.Default, p.Doc)
	}
	return b.String()
}

// listSamples prints the samples that have the words.
func (a *app) listSamples(w io.Writer, screen *output.Screen, words string, asJSON bool) error {
	found := samples.Search(words)
	if len(found) == 0 {
		return fmt.Errorf("no sample has %q", words)
	}
	if asJSON {
		type param struct {
			Name    string `json:"name"`
			Type    string `json:"type"`
			Default string `json:"default"`
			Doc     string `json:"doc"`
		}
		for _, s := range found {
			params := []param{}
			for _, p := range s.Params {
				kind := "text"
				if p.Number {
					kind = "number"
				}
				params = append(params, param{p.Name, kind, p.Default, p.Doc})
			}
			text, err := s.SQL(nil, "")
			if err != nil {
				return err
			}
			line, err := json.Marshal(struct {
				Name   string  `json:"name"`
				Title  string  `json:"title"`
				Topic  string  `json:"topic"`
				Attack string  `json:"attack,omitempty"`
				Params []param `json:"params"`
				SQL    string  `json:"sql"`
			}{s.Name, s.Title, s.Topic, s.Attack, params, text})
			if err != nil {
				return err
			}
			if err := writeLine(w, "%s", line); err != nil {
				return err
			}
		}
		return nil
	}
	texts := make([][]string, 4)
	for _, s := range found {
		for i, t := range []string{s.Topic, s.Name, s.Attack, s.Title} {
			texts[i] = append(texts[i], t)
		}
	}
	columns := make([]vector.Vector, len(texts))
	for i := range texts {
		columns[i] = vector.NewFlat(types.TVarchar, texts[i], nil)
	}
	return fitTable(w, screen, []string{"topic", "name", "ATT&CK", "title"}, &vector.Batch{N: len(found), Columns: columns})
}
