package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
)

// storeFlags are the flags of store create and store update.
type storeFlags struct {
	name            string
	selectors       string
	billingMode     string
	retentionDays   int
	retentionFrom   string
	protect, expose bool
	stopped         bool
	tags, untag     []string
}

// common adds the flags that create and update share.
func (f *storeFlags) common(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.selectors, "selectors", "", "a `FILE` with advanced event selectors: AWS's JSON, or a Terraform or CloudFormation export of it")
	cmd.Flags().StringVar(&f.billingMode, "billing-mode", "", "the `MODE`: EXTENDABLE_RETENTION_PRICING (7 to 3653 days) or FIXED_RETENTION_PRICING (7 to 2557 days)")
	cmd.Flags().IntVar(&f.retentionDays, "retention-days", 0, "`DAYS` to keep events, by eventTime")
	cmd.Flags().BoolVar(&f.expose, "no-termination-protection", false, "let the store be deleted")
	cmd.Flags().StringArrayVar(&f.tags, "tag", nil, "a tag, as `KEY=VALUE`; it may be given several times")
}

// oneStore checks that a command names one store.
func oneStore(doing string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage("%s which store? Name one, by name, UUID or ARN", doing)
		}
		return nil
	}
}

// inLake opens the lake for f.
func (a *app) inLake(ctx context.Context, create bool, f func(lake *storage.Lake) error) (err error) {
	lake, err := a.open(ctx, create)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	return wrongInput(f(lake))
}

// wrongInput makes a refusal of what the user wrote one of wrong usage.
func wrongInput(err error) error {
	for _, e := range []error{storage.ErrInvalid, storage.ErrTag, storage.ErrSelectors, storage.ErrARN} {
		if errors.Is(err, e) {
			return &exitError{exitUsage, err}
		}
	}
	return err
}

// readSelectors reads the file of --selectors, if it is given, and prints what is doubtful in it.
func (a *app) readSelectors(path string) ([]selector.Selector, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("read --selectors: %w", err)}
	}
	selectors, err := selector.Parse(text)
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("%s: %w (%s)", path, err, storage.ErrSelectors)}
	}
	for _, w := range selector.Warnings(selectors) {
		fmt.Fprintf(a.err, "ctlake: %s: %s\n", path, w)
	}
	return selectors, nil
}

// tagsOf reads tags as KEY=VALUE, or KEY for an empty value.
func tagsOf(texts []string) (tags []storage.Tag) {
	for _, t := range texts {
		key, value, _ := strings.Cut(t, "=")
		tags = append(tags, storage.Tag{Key: key, Value: value})
	}
	return tags
}

func (a *app) createStoreCommand() *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make an event data store",
		Long: "Makes an event data store and prints it as JSON. A lake has at most 10, those pending deletion included.\n" +
			"Without --selectors the store takes every event.",
		Example: "  ctlake store create trail --retention-days 90\n" +
			"  ctlake store create writes --selectors selectors.json --tag team=security\n" +
			"  ctlake store create incident --retention-from newest --no-termination-protection",
		Args: oneStore("create"),
		RunE: func(cmd *cobra.Command, args []string) error {
			selectors, err := a.readSelectors(f.selectors)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("retention-days") && f.retentionDays == 0 {
				return usage("--retention-days 0: it is %d to %d", storage.MinRetentionDays, storage.MaxRetentionDays)
			}
			return a.inLake(cmd.Context(), true, func(lake *storage.Lake) error {
				store, err := lake.Create(cmd.Context(), storage.CreateEventDataStore{Name: args[0], Selectors: selectors, BillingMode: f.billingMode,
					RetentionDays: f.retentionDays, RetentionFrom: storage.RetentionFrom(f.retentionFrom), Unprotected: f.expose, Stopped: f.stopped,
					Tags: tagsOf(f.tags)})
				if err != nil {
					return err
				}
				return a.printStore(store, nil)
			})
		},
	}
	f.common(cmd)
	cmd.Flags().StringVar(&f.retentionFrom, "retention-from", "", "age counts from this `POINT`: now, or newest, its newest event (default now)")
	cmd.Flags().BoolVar(&f.stopped, "no-start-ingestion", false, "make it with its ingestion stopped")
	return cmd
}

func (a *app) updateStoreCommand() *cobra.Command {
	var f storeFlags
	cmd := &cobra.Command{
		Use: "update NAME", Short: "Change an event data store",
		Long: "Changes what flags name, and prints the store as JSON. Selectors are replaced as a whole and govern what is\n" +
			"ingested from then on: ctlake ingest --again reads archives once more that were imported by others. What a shorter\n" +
			"retention period makes expire is gone at once, and a longer one brings nothing back. --retention-from is for a\n" +
			"store that held no event yet. The billing mode may become EXTENDABLE_RETENTION_PRICING only.",
		Example: "  ctlake store update trail --retention-days 30\n" +
			"  ctlake store update trail --name archive --selectors selectors.json\n" +
			"  ctlake store update incident --retention-from newest\n" +
			"  ctlake store update trail --no-termination-protection",
		Args: oneStore("update"),
		RunE: func(cmd *cobra.Command, args []string) error { return a.updateStore(cmd, args[0], f) },
	}
	f.common(cmd)
	cmd.Flags().StringVar(&f.name, "name", "", "the new `NAME`")
	cmd.Flags().StringVar(&f.retentionFrom, "retention-from", "", "of a store that held no event yet: age counts from this `POINT`: now, newest")
	cmd.Flags().BoolVar(&f.protect, "termination-protection", false, "keep the store from being deleted")
	cmd.Flags().StringArrayVar(&f.untag, "untag", nil, "the `KEY` of a tag to take away; it may be given several times")
	return cmd
}

// updateStore runs store update.
func (a *app) updateStore(cmd *cobra.Command, ref string, f storeFlags) error {
	var in storage.UpdateEventDataStore
	var err error
	if in.Selectors, err = a.readSelectors(f.selectors); err != nil {
		return err
	}
	given := cmd.Flags().Changed
	if given("name") {
		in.Name = &f.name
	}
	if given("billing-mode") {
		in.BillingMode = &f.billingMode
	}
	if given("retention-days") {
		in.RetentionDays = &f.retentionDays
	}
	if given("retention-from") {
		in.RetentionFrom = new(storage.RetentionFrom(f.retentionFrom))
	}
	switch {
	case f.protect && f.expose:
		return usage("--termination-protection and --no-termination-protection: give one of them")
	case f.protect || f.expose:
		in.TerminationProtection = &f.protect
	}
	tagged := len(f.tags) > 0 || len(f.untag) > 0
	ctx := cmd.Context()
	return a.inLake(ctx, false, func(lake *storage.Lake) error {
		store, err := lake.Find(ctx, ref)
		if err != nil {
			return err
		}
		if updates := in.Name != nil || in.Selectors != nil || in.BillingMode != nil || in.RetentionDays != nil || in.RetentionFrom != nil || in.TerminationProtection != nil; updates || !tagged {
			if store, err = lake.Update(ctx, store.ID, in); err != nil {
				return err
			}
		}
		if len(f.untag) > 0 {
			if store, err = lake.RemoveTags(ctx, store.ID, f.untag); err != nil {
				return err
			}
		}
		if len(f.tags) > 0 {
			if store, err = lake.AddTags(ctx, store.ID, tagsOf(f.tags)); err != nil {
				return err
			}
		}
		return a.printStore(store, nil)
	})
}

// storeStateCommands are the commands that take a store from one status to another.
func (a *app) storeStateCommands() []*cobra.Command {
	type change func(lake *storage.Lake, ctx context.Context, ref string) (*storage.EventDataStore, error)
	command := func(verb, short, long string, f change) *cobra.Command {
		return &cobra.Command{
			Use: verb + " NAME", Short: short, Long: long, Example: "  ctlake store " + verb + " trail", Args: oneStore(verb),
			RunE: func(cmd *cobra.Command, args []string) error {
				return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
					store, err := f(lake, cmd.Context(), args[0])
					if err != nil {
						return err
					}
					if store.Status == storage.StatusPendingDeletion {
						fmt.Fprintf(a.err, "ctlake: %s is removed at %s; until then ctlake store restore brings it back\n", store.Name,
							store.Deleted.Add(storage.DeletionWait).Format(time.RFC3339))
					}
					return a.printStore(store, nil)
				})
			},
		}
	}
	return []*cobra.Command{
		command("stop-ingestion", "Stop the ingestion of an event data store", "Ingestion into the store is refused from then on; what it holds stays and can be queried.",
			func(lake *storage.Lake, ctx context.Context, ref string) (*storage.EventDataStore, error) {
				return lake.StopIngestion(ctx, ref)
			}),
		command("start-ingestion", "Start the ingestion of an event data store again", "Takes stop-ingestion back.",
			func(lake *storage.Lake, ctx context.Context, ref string) (*storage.EventDataStore, error) {
				return lake.StartIngestion(ctx, ref)
			}),
		command("delete", "Delete an event data store, with seven days to restore it",
			"Deletes a store that has no termination protection. For seven days it is listed as PENDING_DELETION, cannot be\n"+
				"queried, and can be restored; then it is removed with all that it holds.",
			func(lake *storage.Lake, ctx context.Context, ref string) (*storage.EventDataStore, error) {
				return lake.Delete(ctx, ref)
			}),
		command("restore", "Restore an event data store that is pending deletion", "Takes delete back, within seven days.",
			func(lake *storage.Lake, ctx context.Context, ref string) (*storage.EventDataStore, error) {
				return lake.Restore(ctx, ref)
			}),
	}
}
