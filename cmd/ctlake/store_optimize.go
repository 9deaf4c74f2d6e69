package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func (a *app) optimizeStoreCommand() *cobra.Command {
	var o storage.OptimizeOptions
	cmd := &cobra.Command{
		Use: "optimize [NAME]", Short: "Merge small data files",
		Long: "Merges the small data files of each day, of one event data store or of all: the same events in the same order, in\n" +
			"files of 64 to 256 MiB or of a whole day. Queries go on meanwhile. Each ingest does a little of this by itself.\n" +
			"Prints what was merged.",
		Example: "  ctlake store optimize\n  ctlake store optimize trail --dry-run",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("optimize which store? Name one, or none for all")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			ref := ""
			if len(args) > 0 {
				ref = args[0]
			}
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
				r, err := lake.Optimize(cmd.Context(), ref, o)
				if r == nil {
					return err
				}
				if err := errors.Join(err, a.printMerges(r.Merges)); err != nil {
					return err
				}
				if r.Waiting > 0 {
					fmt.Fprintf(a.err, "ctlake: still on disk: %s that queries may be reading; a later retention run unlinks what is left\n",
						output.Count(int64(r.Waiting), "file"))
				}
				for _, d := range r.Damaged {
					fmt.Fprintf(a.err, "ctlake: not merged: %s\n", output.Escape(nil, []byte(d.Error())))
				}
				if len(r.Damaged) > 0 {
					return &exitError{status: exitSomeInput}
				}
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "tell what would be merged, and merge nothing")
	return cmd
}

// printMerges prints a table of what was merged, or would be.
func (a *app) printMerges(merges []storage.Merge) error {
	n := len(merges)
	stores, days, dayless := make([]string, n), make([]int64, n), vector.NewBitmap(n)
	var numbers [4][]int64
	for i, m := range merges {
		stores[i], days[i] = m.StoreName, m.Day.Calendar()
		if m.Day == storage.NoDay {
			dayless.Set(i)
		}
		for j, v := range []int64{int64(m.Files), m.Events, m.Before, m.After} {
			numbers[j] = append(numbers[j], v)
		}
	}
	number := func(v []int64) vector.Vector { return vector.NewFlat(types.TBigint, v, nil) }
	return a.printTable([]string{"store", "calendarday", "files", "events", "bytes before", "bytes after"}, &vector.Batch{N: n, Columns: []vector.Vector{
		vector.NewFlat(types.TVarchar, stores, nil), vector.NewFlat(types.TBigint, days, dayless),
		number(numbers[0]), number(numbers[1]), number(numbers[2]), number(numbers[3])}})
}
