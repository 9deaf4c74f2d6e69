package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func (a *app) importsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "imports",
		Short:   "List imports, show what failed in them, and try that again",
		Example: "  ctlake imports list\n  ctlake imports failures 6f1c9a0e",
		Args:    onlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.listImportsCommand(), a.showImportCommand(), a.importFailuresCommand(), a.retryImportCommand())
	return cmd
}

// oneImport takes the ID of an import.
func oneImport(_ *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage("which import? Give its ID, or how it begins; ctlake imports list shows them")
	}
	return nil
}

// minImportPrefix is how much of an import's ID names it, in characters, as long as no other begins so.
const minImportPrefix = 4

// findImport returns the import with this ID, or the only one whose ID begins so.
func findImport(ctx context.Context, lake *storage.Lake, ref string) (storage.ImportRecord, error) {
	i, err := lake.FindImport(ctx, ref)
	if !errors.Is(err, storage.ErrNoImport) {
		return i, err
	}
	var found []storage.ImportRecord
	if len(ref) >= minImportPrefix {
		imports, err := lake.Imports(ctx, "")
		if err != nil {
			return i, err
		}
		found = slices.DeleteFunc(imports, func(i storage.ImportRecord) bool { return !strings.HasPrefix(i.ID, strings.ToLower(ref)) })
	}
	switch len(found) {
	case 0:
		return i, fmt.Errorf("%w; ctlake imports list shows which there are", err)
	case 1:
		return found[0], nil
	}
	return i, usage("import %s: %d imports begin so; give more of the ID", ref, len(found))
}

// importIDs completes the IDs of imports, the newest first.
func (a *app) importIDs(cmd *cobra.Command, args []string, _ string) (ids []string, _ cobra.ShellCompDirective) {
	const none = cobra.ShellCompDirectiveNoFileComp
	if len(args) > 0 {
		return nil, none
	}
	// What cannot be read has no completions.
	_ = a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
		imports, err := lake.Imports(cmd.Context(), "")
		if err != nil {
			return err
		}
		names, err := storeNames(cmd.Context(), lake)
		for _, i := range imports {
			ids = append(ids, fmt.Sprintf("%s\t%s of %s, %s", i.ID, names[i.StoreID], i.Started.UTC().Format(time.RFC3339), i.Status))
		}
		return err
	})
	return ids, none | cobra.ShellCompDirectiveKeepOrder
}

// wantsForm refuses a form of output that a command does not have.
func wantsForm(form string, forms ...string) error {
	for _, f := range forms {
		if f == form {
			return nil
		}
	}
	return usage("--output %s: it is %s or %s", form, forms[0], forms[1])
}

func (a *app) listImportsCommand() *cobra.Command {
	var store, form string
	cmd := &cobra.Command{
		Use: "list", Short: "List imports, the newest first", Args: noArguments,
		Example: "  ctlake imports list\n  ctlake imports list --store trail --output json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := wantsForm(form, "text", "json"); err != nil {
				return err
			}
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error { return a.listImports(cmd.Context(), lake, store, form) })
		},
	}
	cmd.Flags().StringVar(&store, "store", "", "only imports into this event data store, by `NAME`, UUID or ARN")
	cmd.Flags().StringVar(&form, "output", "text", "`FORM`: text, a table; json, an object a line")
	return cmd
}

func (a *app) listImports(ctx context.Context, lake *storage.Lake, ref, form string) error {
	imports, err := lake.Imports(ctx, ref)
	if err != nil {
		return err
	}
	names, err := storeNames(ctx, lake)
	if err != nil {
		return err
	}
	if form == "json" {
		for _, i := range imports {
			if err := a.writeJSON(importOf(i, names), false); err != nil {
				return err
			}
		}
		return nil
	}
	texts, numbers := make([][]string, 4), make([][]int64, 5)
	for _, i := range imports {
		for column, text := range []string{i.ID, names[i.StoreID], string(i.Status), i.Started.UTC().Format(time.RFC3339)} {
			texts[column] = append(texts[column], text)
		}
		for column, n := range []int64{i.Counts.Imported, i.Counts.FailedArchives, i.Counts.Kept, i.Counts.Duplicate, i.Counts.Failed} {
			numbers[column] = append(numbers[column], n)
		}
	}
	batch := &vector.Batch{N: len(imports)}
	for _, t := range texts {
		batch.Columns = append(batch.Columns, vector.NewFlat(types.TVarchar, t, nil))
	}
	for _, n := range numbers {
		batch.Columns = append(batch.Columns, vector.NewFlat(types.TBigint, n, nil))
	}
	return a.printTable([]string{"id", "store", "status", "started", "archives", "failed archives", "kept", "duplicate", "failed"}, batch)
}

func storeNames(ctx context.Context, lake *storage.Lake) (map[string]string, error) {
	stores, err := lake.EventDataStores(ctx)
	names := map[string]string{}
	for _, s := range stores {
		names[s.ID] = s.Name
	}
	return names, err
}

// importJSON is an import as JSON, in the words of the summary of ingest.
type importJSON struct {
	ImportID string           `json:"importId"`
	Store    ingest.StoreName `json:"store"`
	Status   string           `json:"status"`
	Sources  []string         `json:"sources"`
	Started  time.Time        `json:"started"`
	Finished *time.Time       `json:"finished,omitempty"`
	Archives ingest.Archives  `json:"archives"`
	Events   ingest.Events    `json:"events"`
	Bytes    ingest.Bytes     `json:"bytes"`
	// Integrity is what its verification found, as the summary of ingest has it.
	Integrity json.RawMessage `json:"integrity,omitempty"`
}

func importOf(i storage.ImportRecord, names map[string]string) importJSON {
	c := i.Counts
	j := importJSON{
		ImportID: i.ID, Store: ingest.StoreName{ID: i.StoreID, Name: names[i.StoreID]}, Status: string(i.Status), Sources: i.Sources, Started: i.Started.UTC(),
		Archives: ingest.Archives{Found: c.Imported + c.Unchanged + c.FailedArchives + c.Ignored, Imported: c.Imported, Unchanged: c.Unchanged,
			Failed: c.FailedArchives, Ignored: c.Ignored},
		Events: ingest.Events{Read: c.Read, Kept: c.Kept, Filtered: c.Filtered, Expired: c.Expired, Duplicate: c.Duplicate, Failed: c.Failed, Conflicting: c.Conflicting},
		Bytes:  ingest.Bytes{Compressed: c.CompressedBytes, Raw: c.RawBytes, Stored: i.StoredBytes},
	}
	if !i.Finished.IsZero() {
		finished := i.Finished.UTC()
		j.Finished = &finished
	}
	return j
}

func (a *app) showImportCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show ID", Short: "Show an import as JSON", Args: oneImport, ValidArgsFunction: a.importIDs,
		Long: "Shows an import as JSON: its paths, its counts, and what its verification found. Of its ID the beginning will do,\n" +
			"as for imports failures and imports retry.",
		Example: "  ctlake imports show 6f1c9a0e-3f0b-4c51-9a51-0f6f2f0f6c11",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error {
				i, err := findImport(cmd.Context(), lake, args[0])
				if err != nil {
					return err
				}
				names, err := storeNames(cmd.Context(), lake)
				if err != nil {
					return err
				}
				shown := importOf(i, names)
				found, err := lake.Verification(cmd.Context(), i)
				if err != nil {
					return err
				}
				shown.Integrity = json.RawMessage(found)
				return a.writeJSON(shown, true)
			})
		},
	}
}

func (a *app) importFailuresCommand() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use: "failures ID", Short: "List what an import could not use, with path, place and reason", Args: oneImport, ValidArgsFunction: a.importIDs,
		Long: "Lists what an import could not use, as JSON lines: number, path (of the archive, and behind !/ of the file inside\n" +
			"it), byte offset in the decompressed text, JSON pointer of the record, and the reason.",
		Example: "  ctlake imports failures 6f1c9a0e > failures.jsonl\n  ctlake imports failures 6f1c9a0e --output text",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := wantsForm(form, "json", "text"); err != nil {
				return err
			}
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error { return a.importFailures(cmd.Context(), lake, args[0], form) })
		},
	}
	cmd.Flags().StringVar(&form, "output", "json", "`FORM`: json, an object a line; text, a line for people")
	return cmd
}

func (a *app) importFailures(ctx context.Context, lake *storage.Lake, id, form string) error {
	i, err := findImport(ctx, lake, id)
	if err != nil {
		return err
	}
	const page = 1000
	for after := int64(0); ; {
		failures, err := lake.ImportFailures(ctx, i.ID, after, page)
		if err != nil {
			return err
		}
		for _, f := range failures {
			after = f.Number
			text, err := failureLine(f, form)
			if err != nil {
				return err
			}
			if err := writeLine(a.out, "%s", text); err != nil {
				return err
			}
		}
		if len(failures) < page {
			return nil
		}
	}
}

func failureLine(f storage.NumberedFailure, form string) ([]byte, error) {
	if form == "text" {
		p := ingest.Problem{Path: f.Path, Offset: f.Offset, Pointer: f.Pointer, Reason: f.Reason}
		return output.Escape(nil, []byte(p.String())), nil
	}
	line := struct {
		Number  int64  `json:"number"`
		Path    string `json:"path"`
		Offset  *int64 `json:"offset"`
		Pointer string `json:"pointer"`
		Reason  string `json:"reason"`
	}{f.Number, f.Path, &f.Offset, f.Pointer, f.Reason}
	if f.Offset < 0 {
		line.Offset = nil
	}
	text, err := json.Marshal(line)
	return output.EscapeJSON(text), err
}

func (a *app) retryImportCommand() *cobra.Command {
	f := ingestFlags{maxExpand: format.DefaultLimits.ExpandRatio, again: true}
	cmd := &cobra.Command{
		Use: "retry ID", Short: "Import again the archives in which an import met failures", Args: oneImport, ValidArgsFunction: a.importIDs,
		Long: "Imports again, into the same store, every archive in which an import met failures. Events that are in the\n" +
			"store are not imported twice. Paths are those that the import was given: run it in the same folder.",
		Example: "  ctlake imports retry 6f1c9a0e --dry-run\n  ctlake imports retry 6f1c9a0e",
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case f.maxExpand < 1 || f.maxExpand > maxExpand:
				return usage("--max-expand %d: it is 1 to %d", f.maxExpand, maxExpand)
			case f.output != "text" && f.output != "json":
				return usage("--output %s: the summary comes as text or json", f.output)
			}
			return a.inLake(cmd.Context(), false, func(lake *storage.Lake) error { return a.retryImport(cmd.Context(), lake, args[0], f) })
		},
	}
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "tell what would be imported; write nothing")
	cmd.Flags().Int64Var(&f.maxExpand, "max-expand", f.maxExpand, "an archive may expand to `N` times its size")
	cmd.Flags().StringVar(&f.endpoint, "endpoint-url", "", "for s3:// paths: the `URL` of a store other than AWS's")
	cmd.Flags().StringVar(&f.output, "output", "text", "the summary's `FORM`: text, json")
	return cmd
}

func (a *app) retryImport(ctx context.Context, lake *storage.Lake, id string, f ingestFlags) error {
	i, err := findImport(ctx, lake, id)
	if err != nil {
		return err
	}
	paths, err := ingest.FailedArchives(ctx, lake, i.ID)
	if errors.Is(err, ingest.ErrNothingToRetry) {
		return fmt.Errorf("import %s: %w", i.ID, err)
	}
	if err != nil {
		return err
	}
	store, err := lake.Find(ctx, i.StoreID)
	if err != nil {
		return err
	}
	f.workers = runtime.GOMAXPROCS(0)
	return a.importInto(ctx, lake, []*storage.EventDataStore{store}, paths, f)
}
