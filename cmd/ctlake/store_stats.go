package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlake/ctlake/cmd/internal/ddl"
	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

func (a *app) statsStoreCommand() *cobra.Command {
	var form string
	cmd := &cobra.Command{
		Use: "stats NAME", Short: "Show what an event data store holds, by day",
		Long: "Shows the days of a store: files, events, bytes on disk and of the events' text, first and last eventTime. Events that\n" +
			"have expired do not count.",
		Example: "  ctlake store stats trail\n  ctlake store stats trail --output json",
		Args:    oneStore("stats of"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if form != "text" && form != "json" {
				return usage("--output %s: the statistics come as text or json", form)
			}
			ctx := cmd.Context()
			return a.inLake(ctx, false, func(lake *storage.Lake) error {
				s, err := statistics(ctx, lake, args[0])
				if err != nil {
					return err
				}
				if form == "json" {
					return a.printStatisticsJSON(s)
				}
				return a.printStatistics(s)
			})
		},
	}
	cmd.Flags().StringVar(&form, "output", "text", "the form: text, json")
	return cmd
}

func statistics(ctx context.Context, lake *storage.Lake, ref string) (*storage.Statistics, error) {
	store, err := lake.Find(ctx, ref)
	if err != nil {
		return nil, err
	}
	return lake.Statistics(ctx, store)
}

// printStatistics prints a table of days, and a line with the sums.
func (a *app) printStatistics(s *storage.Statistics) error {
	n := len(s.Days)
	days, first, last, none := make([]int64, n), make([]int64, n), make([]int64, n), vector.NewBitmap(n)
	var numbers [4][]int64
	for i, d := range s.Days {
		if days[i] = d.Day.Calendar(); d.Day == storage.NoDay {
			none.Set(i)
		}
		first[i], last[i] = d.Earliest*1000, d.Latest*1000
		for j, v := range []int64{int64(d.Files), d.Events, d.Bytes, d.RawBytes} {
			numbers[j] = append(numbers[j], v)
		}
	}
	number := func(v []int64) vector.Vector { return vector.NewFlat(types.TBigint, v, nil) }
	when := func(v []int64) vector.Vector { return vector.NewFlat(types.TTimestamp, v, none) }
	if err := a.printTable([]string{"calendarday", "files", "events", "bytes", "text bytes", "first event", "last event"}, &vector.Batch{N: n,
		Columns: []vector.Vector{vector.NewFlat(types.TBigint, days, none), number(numbers[0]), number(numbers[1]), number(numbers[2]), number(numbers[3]), when(first), when(last)}}); err != nil {
		return err
	}
	h := s.Holdings()
	ratio := ""
	if h.Bytes > 0 && h.RawBytes > h.Bytes {
		ratio = fmt.Sprintf(", %.1f times smaller than their text", float64(h.RawBytes)/float64(h.Bytes))
	}
	return writeLine(a.out, "%s: %s of %s in %s, %s%s", s.Store.Name, output.Count(h.Events, "event"), output.Count(int64(n), "day"),
		output.Count(int64(h.Files), "file"), humanBytes(h.Bytes), ratio)
}

func (a *app) printStatisticsJSON(s *storage.Statistics) error {
	type day struct {
		CalendarDay *int64     `json:"calendarday"`
		Files       int        `json:"files"`
		Events      int64      `json:"events"`
		Bytes       int64      `json:"bytes"`
		TextBytes   int64      `json:"textBytes"`
		First       *time.Time `json:"firstEventTime"`
		Last        *time.Time `json:"lastEventTime"`
	}
	h := s.Holdings()
	answer := struct {
		Store     string     `json:"store"`
		Files     int        `json:"files"`
		Events    int64      `json:"events"`
		Bytes     int64      `json:"bytes"`
		TextBytes int64      `json:"textBytes"`
		NotBefore *time.Time `json:"notBefore"`
		Days      []day      `json:"days"`
	}{s.Store.Name, h.Files, h.Events, h.Bytes, h.RawBytes, nil, []day{}}
	at := func(millis int64) *time.Time { return new(time.UnixMilli(millis).UTC()) }
	if s.NotBefore != storage.NeverExpires {
		answer.NotBefore = at(s.NotBefore)
	}
	for _, d := range s.Days {
		one := day{Files: d.Files, Events: d.Events, Bytes: d.Bytes, TextBytes: d.RawBytes}
		if d.Day != storage.NoDay {
			one.CalendarDay, one.First, one.Last = new(d.Day.Calendar()), at(d.Earliest), at(d.Latest)
		}
		answer.Days = append(answer.Days, one)
	}
	return a.writeJSON(answer, false)
}

func (a *app) ddlStoreCommand() *cobra.Command {
	var engine, name, location string
	cmd := &cobra.Command{
		Use: "ddl NAME", Short: "Print statements by which another engine reads the store",
		Long: "Prints CREATE TABLE over the data files of a store, and a view over that table which carries the bound of\n" +
			"retention: query the view. For " + strings.Join(ddl.Engines(), ", ") + ".",
		Example: "  ctlake store ddl trail --engine trino\n  ctlake store ddl trail --engine athena --location s3://bucket/trail/",
		Args:    oneStore("ddl of"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.inLake(ctx, false, func(lake *storage.Lake) error {
				s, err := statistics(ctx, lake, args[0])
				if err != nil {
					return err
				}
				if s.Store.Status == storage.StatusPendingDeletion {
					return fmt.Errorf("event data store %s is pending deletion (%w)", s.Store.Name, storage.ErrInactive)
				}
				table := ddl.Store{Name: name, Location: location, Columns: s.Store.Table().Columns, NotBefore: s.NotBefore,
					Expires: s.NotBefore != storage.NeverExpires, Foreign: s.Waiting}
				if table.Name == "" {
					table.Name = ddl.Identifier(s.Store.Name)
				}
				if s.Store.RetentionFrom == storage.RetentionFromNow {
					table.Days = s.Store.RetentionDays
				}
				if table.Location == "" {
					dir, err := filepath.Abs(lake.StoreDir(s.Store))
					if err != nil {
						return err
					}
					if table.Location = filepath.ToSlash(dir); !strings.EqualFold(engine, "clickhouse") {
						table.Location = "file://" + table.Location
					}
				}
				statements, err := ddl.Write(engine, table)
				if err != nil {
					return &exitError{exitUsage, err}
				}
				_, err = a.out.WriteString(statements)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&engine, "engine", "trino", "whose statements: "+strings.Join(ddl.Engines(), ", "))
	cmd.Flags().StringVar(&name, "view", "", "the view's name (default the store's, in lower case); the table's has _files behind it")
	cmd.Flags().StringVar(&location, "location", "", "where the engine finds the store's folder (default where it lies)")
	return cmd
}
