package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func (a *app) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "store",
		Short:   "List and show event data stores",
		Example: "  ctlake store list\n  ctlake store show trail",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("there is no command store %s; there are list and show", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(&cobra.Command{
		Use: "list", Short: "List the event data stores", Example: "  ctlake store list", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			lake, err := a.open(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, lake.Close()) }()
			return a.listStores(cmd.Context(), lake, a.out)
		},
	}, &cobra.Command{
		Use: "show NAME", Short: "Show an event data store as JSON", Example: "  ctlake store show trail",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("show which store? Name one, by name, UUID or ARN")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			lake, err := a.open(cmd.Context(), false)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, lake.Close()) }()
			return a.showStore(cmd.Context(), lake, args[0])
		},
	})
	return cmd
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("it takes no arguments, but got %q", args[0])
	}
	return nil
}

// totals sums up the data files of a store.
func totals(s *storage.Snapshot) (events, bytes int64, first, last storage.Day) {
	for i, f := range s.Files {
		events += f.Rows
		bytes += f.Bytes
		if f.Day == storage.NoDay {
			continue
		}
		if i == 0 || first == 0 {
			first = f.Day
		}
		last = f.Day
	}
	return events, bytes, first, last
}

// listStores prints a table of the stores.
func (a *app) listStores(ctx context.Context, lake *storage.Lake, w io.Writer) error {
	stores, err := lake.EventDataStores(ctx)
	if err != nil {
		return err
	}
	texts := make([][]string, 4)
	numbers := make([][]int64, 2)
	for _, store := range stores {
		snapshot, err := lake.Snapshot(ctx, store)
		if err != nil {
			return err
		}
		events, bytes, first, last := totals(snapshot)
		days := ""
		if last != 0 {
			days = fmt.Sprintf("%d..%d", first.Calendar(), last.Calendar())
		}
		for i, t := range []string{store.Name, store.ID, days, fmt.Sprintf("%d days from %s", store.RetentionDays, store.RetentionFrom)} {
			texts[i] = append(texts[i], t)
		}
		numbers[0], numbers[1] = append(numbers[0], events), append(numbers[1], bytes)
	}
	text := func(i int) vector.Vector { return vector.NewFlat(types.TVarchar, texts[i], nil) }
	number := func(i int) vector.Vector { return vector.NewFlat(types.TBigint, numbers[i], nil) }
	t, err := output.New("table", w, output.Options{})
	if err != nil {
		return err
	}
	names := []string{"name", "id", "events", "bytes", "days", "retention"}
	batch := &vector.Batch{N: len(stores), Columns: []vector.Vector{text(0), text(1), number(0), number(1), text(2), text(3)}}
	columns := make([]engine.Column, len(names))
	for i, n := range names {
		columns[i] = engine.Column{Name: n, Type: batch.Columns[i].Type()}
	}
	return errors.Join(t.Begin(columns), t.Write(batch), t.End(engine.Stats{}))
}

// showStore prints a store, with AWS's names for what AWS has.
func (a *app) showStore(ctx context.Context, lake *storage.Lake, ref string) error {
	store, err := lake.Find(ctx, ref)
	if err != nil {
		return err
	}
	snapshot, err := lake.Snapshot(ctx, store)
	if err != nil {
		return err
	}
	selectors, err := selector.Marshal(store.Selectors)
	if err != nil {
		return err
	}
	events, bytes, _, _ := totals(snapshot)
	text, err := json.MarshalIndent(struct {
		EventDataStoreArn            string
		Name                         string
		Status                       storage.Status
		AdvancedEventSelectors       json.RawMessage
		RetentionPeriod              int
		RetentionFrom                storage.RetentionFrom
		BillingMode                  string
		TerminationProtectionEnabled bool
		CreatedTimestamp             time.Time
		UpdatedTimestamp             time.Time
		Files                        int
		Events, Bytes                int64
	}{store.ARN, store.Name, store.Status, selectors, store.RetentionDays, store.RetentionFrom, store.BillingMode,
		store.TerminationProtection, store.Created, store.Updated, len(snapshot.Files), events, bytes}, "", "  ")
	if err != nil {
		return err
	}
	return writeLine(a.out, "%s", text)
}
