package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func (a *app) storeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "store",
		Short:   "Make, list, show, change and delete event data stores",
		Example: "  ctlake store list\n  ctlake store show trail\n  ctlake store create writes --retention-days 90",
		Args:    onlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var form string
	list := &cobra.Command{
		Use: "list", Short: "List the event data stores", Example: "  ctlake store list\n  ctlake store list --output json", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := wantsForm(form, "text", "json"); err != nil {
				return err
			}
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
				if form == "json" {
					return a.listStoresJSON(cmd.Context(), lake)
				}
				return a.listStores(cmd.Context(), lake, a.out, a.screen())
			})
		},
	}
	list.Flags().StringVar(&form, "output", "text", "`FORM`: text, a table; json, an object a line, as store show has it")
	cmd.AddCommand(list, &cobra.Command{
		Use: "show NAME", Short: "Show an event data store as JSON", Example: "  ctlake store show trail", Args: oneStore("show"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error { return a.showStore(cmd.Context(), lake, args[0]) })
		},
	}, a.createStoreCommand(), a.updateStoreCommand(), a.optimizeStoreCommand(), a.exportStoreCommand(), a.importStoreCommand(), a.statsStoreCommand(), a.ddlStoreCommand())
	cmd.AddCommand(a.storeStateCommands()...)
	return cmd
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("it takes no arguments, but got %q", args[0])
	}
	return nil
}

// listStores prints a table of the stores.
func (a *app) listStores(ctx context.Context, lake *storage.Lake, w io.Writer, screen *output.Screen) error {
	stores, err := lake.EventDataStores(ctx)
	if err != nil {
		return err
	}
	texts := make([][]string, 5)
	numbers := make([][]int64, 2)
	for _, store := range stores {
		held, err := lake.Holdings(ctx, store)
		if err != nil {
			return err
		}
		days := ""
		if held.HasDays {
			days = fmt.Sprintf("%d..%d", held.FirstDay.Calendar(), held.LastDay.Calendar())
		}
		for i, t := range []string{store.Name, store.ID, string(store.Status), days, fmt.Sprintf("%d days from %s", store.RetentionDays, store.RetentionFrom)} {
			texts[i] = append(texts[i], t)
		}
		numbers[0], numbers[1] = append(numbers[0], held.Events), append(numbers[1], held.Bytes)
	}
	text := func(i int) vector.Vector { return vector.NewFlat(types.TVarchar, texts[i], nil) }
	number := func(i int) vector.Vector { return vector.NewFlat(types.TBigint, numbers[i], nil) }
	return fitTable(w, screen, []string{"name", "id", "status", "events", "bytes", "days", "retention"}, &vector.Batch{N: len(stores),
		Columns: []vector.Vector{text(0), text(1), text(2), number(0), number(1), text(3), text(4)}})
}

// showStore prints a store and what it holds.
func (a *app) showStore(ctx context.Context, lake *storage.Lake, ref string) error {
	store, err := lake.Find(ctx, ref)
	if err != nil {
		return err
	}
	held, err := lake.Holdings(ctx, store)
	if err != nil {
		return err
	}
	return a.printStore(store, &held)
}

// listStoresJSON prints an object a line for each store.
func (a *app) listStoresJSON(ctx context.Context, lake *storage.Lake) error {
	stores, err := lake.EventDataStores(ctx)
	if err != nil {
		return err
	}
	for _, store := range stores {
		held, err := lake.Holdings(ctx, store)
		if err != nil {
			return err
		}
		answer, err := storeJSON(store, &held)
		if err != nil {
			return err
		}
		if err := a.writeJSON(answer, false); err != nil {
			return err
		}
	}
	return nil
}

// printStore prints a store as JSON; held may be nil.
func (a *app) printStore(store *storage.EventDataStore, held *storage.Holdings) error {
	answer, err := storeJSON(store, held)
	if err != nil {
		return err
	}
	return a.writeJSON(answer, true)
}

// storeJSON returns what is printed of a store as JSON, with AWS's names for what AWS has; held may be nil.
func storeJSON(store *storage.EventDataStore, held *storage.Holdings) (any, error) {
	selectors, err := selector.Marshal(store.Selectors)
	if err != nil {
		return nil, err
	}
	type contents struct {
		Files         int
		Events, Bytes int64
	}
	tags := store.Tags
	if tags == nil {
		tags = []storage.Tag{}
	}
	answer := struct {
		EventDataStoreArn            string
		Name                         string
		Status                       storage.Status
		AdvancedEventSelectors       json.RawMessage
		MultiRegionEnabled           bool
		OrganizationEnabled          bool
		RetentionPeriod              int
		RetentionFrom                storage.RetentionFrom
		BillingMode                  string
		TerminationProtectionEnabled bool
		TagsList                     []storage.Tag
		CreatedTimestamp             time.Time
		UpdatedTimestamp             time.Time
		DeletedTimestamp             *time.Time `json:",omitempty"`
		*contents
	}{store.ARN, store.Name, store.Status, selectors, store.MultiRegion, store.Organization, store.RetentionDays, store.RetentionFrom, store.BillingMode,
		store.TerminationProtection, tags, store.Created, store.Updated, nil, nil}
	if !store.Deleted.IsZero() {
		answer.DeletedTimestamp = &store.Deleted
	}
	if held != nil {
		answer.contents = &contents{held.Files, held.Events, held.Bytes}
	}
	return answer, nil
}
