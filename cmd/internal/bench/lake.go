package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/machine"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/vector"
)

// What is generated resembles an organization's month.
const (
	synthSeed     = 7
	synthDays     = 30
	synthAccounts = 40
)

// lake is ctlake, in this process.
type lake struct {
	settings settings
	lake     *storage.Lake
	engine   *engine.Engine
}

// openLake opens the lake to measure, and makes it if need be. It completes s.
func openLake(ctx context.Context, s *settings) (*lake, error) {
	if s.lake == "" {
		s.lake, s.store = filepath.Join(s.keep, "lake"), "trail"
		if _, err := os.Stat(s.lake); errors.Is(err, fs.ErrNotExist) {
			if err := makeLake(ctx, s); err != nil {
				return nil, err
			}
		}
	}
	opened, err := storage.Open(ctx, s.lake, storage.Options{})
	if err != nil {
		return nil, err
	}
	catalog := engine.LakeCatalog{Lake: opened}
	if s.cache > 0 {
		catalog.Cache = engine.NewCache(s.cache)
	}
	return &lake{*s, opened, engine.New(catalog, opened.Now)}, nil
}

func makeLake(ctx context.Context, s *settings) (err error) {
	if s.archive == "" {
		s.archive = filepath.Join(s.keep, "archive")
		fmt.Printf("generating %d events\n", s.events)
		if _, err := synth.Write(s.archive, synth.Options{Seed: synthSeed, Events: s.events, Days: synthDays, Accounts: synthAccounts, Story: true}); err != nil {
			return err
		}
	}
	fmt.Printf("importing %s\n", s.archive)
	began := time.Now()
	partial := s.lake + ".partial"
	made, err := storage.Open(ctx, partial, storage.Options{Create: true})
	if err != nil {
		return err
	}
	store, err := made.Create(ctx, storage.CreateEventDataStore{Name: s.store, RetentionFrom: storage.RetentionFromNewest})
	if err == nil {
		err = importAll(ctx, made, store, s.archive)
	}
	if err := errors.Join(err, made.Close()); err != nil {
		return err
	}
	fmt.Printf("imported in %.1f s\n", time.Since(began).Seconds())
	return os.Rename(partial, s.lake)
}

func importAll(ctx context.Context, made *storage.Lake, store *storage.EventDataStore, archive string) error {
	workers := runtime.GOMAXPROCS(0)
	im, err := made.BeginImport(ctx, store, storage.ImportOptions{Sources: []string{archive}, Parallelism: workers})
	if err != nil {
		return err
	}
	_, err = ingest.Run(ctx, im, ingest.Options{Paths: []string{archive}, Workers: workers})
	return err
}

func (l *lake) name() string    { return "ctlake" }
func (l *lake) dialect() string { return "" }
func (l *lake) close() error    { return l.lake.Close() }
func (l *lake) about() string {
	return fmt.Sprintf("%s, %d threads, in this process", runtime.Version(), l.settings.threads)
}

// files lists the data files, in order.
func (s settings) files() (files []string, err error) {
	err = filepath.WalkDir(filepath.Join(s.lake, "stores"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".orc") {
			files = append(files, path)
		}
		return err
	})
	slices.Sort(files)
	return files, err
}

// run implements competitor.
func (l *lake) run(ctx context.Context, text string, rows bool) (took time.Duration, a answer, err error) {
	s := l.settings
	text = strings.ReplaceAll(text, "FROM trail", "FROM "+s.store)
	wall, cpu := time.Now(), machine.ProcessorTime()
	r, err := l.engine.Run(ctx, engine.Query{Text: text, Options: engine.Options{
		Threads: s.threads, Memory: s.memory,
		DisablePruning: s.noPruning, DisableOptimizer: s.noOptimizer, DisableDictionaries: s.noEntries,
	}})
	if err != nil {
		return 0, a, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var batches []*vector.Batch
	for {
		b, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return 0, a, err
		}
		if rows {
			batches = append(batches, b)
		}
	}
	took = time.Since(wall)
	if s.clock == "cpu" {
		took = machine.ProcessorTime() - cpu
	}
	for _, c := range r.Columns() {
		a.Names = append(a.Names, strings.ToLower(c.Name))
	}
	for _, b := range batches {
		for i := range b.N {
			row := make([]*string, len(b.Columns))
			for c, v := range b.Columns {
				if !v.Nulls().Has(i) {
					text := strings.TrimSuffix(string(vector.AppendText(nil, v, i)), ".000")
					row[c] = &text
				}
			}
			a.Rows = append(a.Rows, row)
		}
	}
	return took, a, nil
}
