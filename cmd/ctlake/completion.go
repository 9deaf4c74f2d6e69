package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage"
)

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print a script that completes ctlake's commands, flags and stores in your shell",
		Long: "Prints a script for bash, zsh or fish that completes commands, flags and the names of event data stores.\n" +
			"The script asks ctlake itself, so that it need not be renewed.",
		Example: "  source <(ctlake completion bash)\n" +
			"  ctlake completion bash > ~/.local/share/bash-completion/completions/ctlake\n" +
			"  ctlake completion zsh > ~/.zfunc/_ctlake\n" +
			"  ctlake completion fish > ~/.config/fish/completions/ctlake.fish",
		ValidArgs: []string{"bash", "zsh", "fish"},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("for which shell? bash, zsh or fish")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.out, true)
			case "zsh":
				return root.GenZshCompletion(a.out)
			case "fish":
				return root.GenFishCompletion(a.out, true)
			}
			return usage("there is no completion for %q; there is for bash, zsh and fish", args[0])
		},
	}
}

// storeNames completes the names of the event data stores.
func (a *app) storeNames(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	ctx := cmd.Context()
	if ctx == nil {
		ctx = context.Background()
	}
	lake, err := a.open(ctx, false)
	if err != nil {
		return nil, none
	}
	defer func() { _ = lake.Close() }() // only read
	stores, err := lake.EventDataStores(ctx)
	if err != nil {
		return nil, none
	}
	var names []string
	for _, s := range stores {
		if s.Status != storage.StatusPendingDeletion {
			names = append(names, fmt.Sprintf("%s\t%s", s.Name, s.ID))
		}
	}
	return names, none
}

// completeAll gives all commands below cmd what completes their flags and arguments.
func (a *app) completeAll(cmd *cobra.Command) {
	a.completeStores(cmd)
	if cmd.HasParent() && cmd.Parent().Name() == "store" && strings.HasSuffix(cmd.Use, " NAME") && cmd.Name() != "create" {
		cmd.ValidArgsFunction = a.storeNames
	}
	for _, c := range cmd.Commands() {
		a.completeAll(c)
	}
}

// completeStores completes the flags of cmd that name a store or a format.
func (a *app) completeStores(cmd *cobra.Command) {
	register := func(flag string, f cobra.CompletionFunc) {
		if cmd.Flags().Lookup(flag) == nil {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
			panic(err) // a flag that has it already: a mistake of the program
		}
	}
	register("store", a.storeNames)
	register("format", completeFormats)
	if f := cmd.Flags().Lookup("output"); f != nil && strings.HasPrefix(f.Usage, "the form of results") {
		register("output", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, n := range output.Names() {
				names = append(names, n+"\t"+output.Doc(n))
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		})
	}
}
