package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// retentionFlags are the flags of ctlake retention run.
type retentionFlags struct {
	store     string
	dryRun    bool
	force     bool
	aheadDays int
}

func (a *app) retentionCommand() *cobra.Command {
	var f retentionFlags
	cmd := &cobra.Command{
		Use:   "retention run | --dry-run",
		Short: "Remove from disk what has expired",
		Long: "Removes whole UTC days that are older than their store's retention period, and event data stores that were\n" +
			"deleted seven days ago. Queries do not see expired events from the moment that they expire, with or without it;\n" +
			"each ingest ends with it. What was removed stays listed: SELECT * FROM \"$purges\".\n\n" +
			"Nothing is removed by a clock that is behind the last commit, or ahead of it by more than --max-clock-ahead\n" +
			"days, unless --force says that the clock is right.",
		Example: "  ctlake retention --dry-run\n  ctlake retention run\n  ctlake retention run --store trail",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && args[0] != "run" {
				return usage("there is no command retention %s; there is run", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 && !f.dryRun:
				return cmd.Help()
			case f.aheadDays < 1 || f.aheadDays > storage.MaxRetentionDays:
				return usage("--max-clock-ahead %d: it is 1 to %d days", f.aheadDays, storage.MaxRetentionDays)
			}
			return a.retention(cmd, f)
		},
	}
	cmd.Flags().StringVar(&f.store, "store", "", "only of this event data store, by name, UUID or ARN")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "tell what would be removed, and remove nothing")
	cmd.Flags().BoolVar(&f.force, "force", false, "the clock is right, whatever the last commit says")
	cmd.Flags().IntVar(&f.aheadDays, "max-clock-ahead", int(storage.DefaultMaxClockAhead.Hours()/24), "how many days the clock may be ahead of the last commit")
	return cmd
}

// retention runs the command.
func (a *app) retention(cmd *cobra.Command, f retentionFlags) error {
	ctx := cmd.Context()
	return a.inLake(ctx, false, func(lake *storage.Lake) error {
		r, err := lake.Retain(ctx, f.store, storage.RetainOptions{DryRun: f.dryRun, Force: f.force,
			MaxClockAhead: time.Duration(f.aheadDays) * 24 * time.Hour})
		if r != nil {
			err = errors.Join(err, a.printPurges(r.Purges))
		}
		if err != nil {
			return err
		}
		a.doubtOfClock(r)
		if r.Waiting > 0 {
			fmt.Fprintf(a.err, "ctlake: still on disk: %s that queries may be reading; a later retention run unlinks what is left\n",
				output.Count(int64(r.Waiting), "file"))
		}
		return nil
	})
}

// doubtOfClock says on stderr that nothing is removed by a clock in doubt. r may be nil.
func (a *app) doubtOfClock(r *storage.Retained) {
	if r != nil && r.Doubt != nil {
		fmt.Fprintf(a.err, "ctlake: nothing that has expired is removed from disk: %v\n", r.Doubt)
	}
}

// printPurges prints a table of what was removed, or would be.
func (a *app) printPurges(purges []storage.Purge) error {
	n := len(purges)
	stores, rules, days, dayless := make([]string, n), make([]string, n), make([]int64, n), vector.NewBitmap(n)
	var numbers [3][]int64
	for i, p := range purges {
		stores[i], rules[i], days[i] = p.StoreName, p.Rule, p.Day.Calendar()
		if !p.HasDay || p.Day == storage.NoDay {
			dayless.Set(i)
		}
		for j, v := range []int64{p.Files, p.Events, p.Size} {
			numbers[j] = append(numbers[j], v)
		}
	}
	number := func(v []int64) vector.Vector { return vector.NewFlat(types.TBigint, v, nil) }
	return a.printTable([]string{"store", "calendarday", "files", "events", "bytes", "rule"}, &vector.Batch{N: n, Columns: []vector.Vector{
		vector.NewFlat(types.TVarchar, stores, nil), vector.NewFlat(types.TBigint, days, dayless),
		number(numbers[0]), number(numbers[1]), number(numbers[2]), vector.NewFlat(types.TVarchar, rules, nil)}})
}

// printTable prints a batch as an aligned table.
func (a *app) printTable(names []string, batch *vector.Batch) error {
	return fitTable(a.out, a.screen(), names, batch)
}

// fitTable prints a table on a screen, of which there may be none.
func fitTable(w io.Writer, screen *output.Screen, names []string, batch *vector.Batch) error {
	t, err := output.New("table", w, output.Options{Screen: screen})
	if err != nil {
		return err
	}
	columns := make([]engine.Column, len(names))
	for i, n := range names {
		columns[i] = engine.Column{Name: n, Type: batch.Columns[i].Type()}
	}
	return errors.Join(t.Begin(columns), t.Write(batch), t.End(engine.Stats{}))
}
