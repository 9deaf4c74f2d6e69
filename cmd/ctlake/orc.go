package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func (a *app) orcCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "orc",
		Short:   "Look inside ORC files",
		Long:    "Looks inside any ORC file, of any writer: what it says of itself, and its rows.",
		Example: "  ctlake orc meta events.orc\n  ctlake orc data events.orc --columns eventtime,useridentity.arn --limit 5",
		Args:    onlyCommands,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.orcMetaCommand(), a.orcDataCommand())
	return cmd
}

func someFiles(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage("which file? Name one or more ORC files")
	}
	return nil
}

func (a *app) orcMetaCommand() *cobra.Command {
	var asJSON, rowGroups bool
	cmd := &cobra.Command{
		Use:   "meta FILE...",
		Short: "Show schema, stripes, streams, statistics, indexes and bloom filters",
		Long: "Shows what ORC files say of themselves: schema, user metadata, the columns with their encodings, sizes by stream\n" +
			"and statistics, the stripes, and with --row-groups the row indexes and bloom filters. With --json all of it, one\n" +
			"object a line for each file.",
		Example: "  ctlake orc meta events.orc\n  ctlake orc meta --json events.orc",
		Args:    someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.eachORC(cmd.Context(), args, func(name string, f *orc.File, w *bufio.Writer) error {
				m, err := describe(name, f)
				if err != nil {
					return err
				}
				if asJSON {
					return m.writeJSON(w)
				}
				return m.writeText(w, rowGroups)
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, an object a line for each file")
	cmd.Flags().BoolVar(&rowGroups, "row-groups", false, "show what row indexes and bloom filters say of each row group")
	return cmd
}

func (a *app) orcDataCommand() *cobra.Command {
	var columns []string
	limit := int64(-1)
	cmd := &cobra.Command{
		Use:   "data FILE...",
		Short: "Print rows as JSON lines",
		Long: "Prints the rows of ORC files, one JSON object a line. Columns are named by path: useridentity.arn,\n" +
			"resources.element.type, requestparameters.key; a name with dots stands in backquotes.",
		Example: "  ctlake orc data events.orc --limit 10\n  ctlake orc data events.orc --columns eventtime,useridentity.arn",
		Args:    someFiles,
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("limit") && limit < 0 {
				return usage("--limit %d: it is 0 or more", limit)
			}
			var paths [][]string
			for _, c := range columns {
				path, err := orc.ParsePath(c)
				if err != nil {
					return usage("--columns: %v", err)
				}
				paths = append(paths, path)
			}
			return a.eachORC(cmd.Context(), args, func(_ string, f *orc.File, w *bufio.Writer) error {
				return writeRows(cmd.Context(), w, f, paths, &limit)
			})
		},
	}
	cmd.Flags().StringSliceVar(&columns, "columns", nil, "the columns to print, by path (default all)")
	cmd.Flags().Int64Var(&limit, "limit", -1, "print no more than so many rows in all (default all)")
	return cmd
}

// eachORC opens file after file. One that cannot be read is told of; the others are still shown.
func (a *app) eachORC(ctx context.Context, names []string, show func(name string, f *orc.File, w *bufio.Writer) error) error {
	w := bufio.NewWriter(a.out)
	failed := 0
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := showORC(name, w, show)
		if flushed := w.Flush(); flushed != nil {
			return flushed
		}
		if err == nil {
			continue
		}
		if len(names) == 1 {
			return err
		}
		failed++
		if _, err := fmt.Fprintf(a.err, "ctlake: %v\n", err); err != nil {
			return err
		}
	}
	switch failed {
	case 0:
		return nil
	case len(names):
		return &exitError{status: exitFailed}
	}
	return &exitError{status: exitSomeInput}
}

func showORC(name string, w *bufio.Writer, show func(name string, f *orc.File, w *bufio.Writer) error) (err error) {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", name)
	}
	f, err := orc.Open(file, info.Size(), orc.OpenOptions{Name: name})
	if err != nil {
		return err
	}
	return show(name, f, w)
}

// printedRows is how many rows are decoded at once.
const printedRows = 1024

// writeRows prints rows until *limit, which it counts down, is 0; a negative one is none.
func writeRows(ctx context.Context, w io.Writer, f *orc.File, paths [][]string, limit *int64) error {
	lines, err := output.New("jsonl", w, output.Options{})
	if err != nil {
		return err
	}
	for _, path := range paths {
		if _, err := f.Attributes(path); err != nil { // it is missing even if there are no rows
			return err
		}
	}
	whole := len(paths) == 0
	if whole {
		paths = [][]string{nil}
	}
	for i := range f.Stripes() {
		s, err := f.Stripe(i)
		if err != nil {
			return err
		}
		var readers []*orc.ColumnReader
		var columns []engine.Column
		for _, path := range paths {
			r, err := s.Column(path)
			if err != nil {
				return err
			}
			readers = append(readers, r)
			columns = append(columns, engine.Column{Name: orc.PathOf(path...), Type: r.Type()})
		}
		split := whole && columns[0].Type.Is(types.Row)
		switch {
		case split:
			fields := columns[0].Type.Fields()
			columns = columns[:0]
			for _, field := range fields {
				columns = append(columns, engine.Column{Name: field.Name, Type: field.Type})
			}
		case whole:
			columns[0].Name = "value"
		}
		if i == 0 {
			if err := lines.Begin(columns); err != nil {
				return err
			}
		}
		for at := 0; at < s.Rows() && *limit != 0; {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(printedRows, s.Rows()-at)
			if *limit > 0 {
				n = int(min(int64(n), *limit))
				*limit -= int64(n)
			}
			batch := &vector.Batch{N: n}
			for _, r := range readers {
				v, err := r.Read(at, n)
				if err != nil {
					return err
				}
				batch.Columns = append(batch.Columns, v)
			}
			if split {
				row := batch.Columns[0]
				batch.Columns = nil
				for c := range columns {
					batch.Columns = append(batch.Columns, vector.WithNulls(vector.FieldOf(row, c), row.Nulls()))
				}
			}
			if err := lines.Write(batch); err != nil {
				return err
			}
			at += n
		}
		if *limit == 0 {
			break
		}
	}
	return lines.End(engine.Stats{})
}
