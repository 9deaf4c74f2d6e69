package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// What is generated resembles an organization's month.
const (
	synthSeed     = 7
	synthDays     = 30
	synthAccounts = 40
)

// oneFile makes s.keep: all rows of a lake, an archive, or a generated archive if from is "".
func oneFile(ctx context.Context, from, dir string, s settings) error {
	if from == "" {
		from = filepath.Join(dir, "logs")
		fmt.Printf("generating %d events\n", s.events)
		if _, err := synth.Write(from, synth.Options{Seed: synthSeed, Events: s.events, Days: synthDays, Accounts: synthAccounts}); err != nil {
			return err
		}
	}
	files, err := dataFiles(from)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		fmt.Printf("importing %s\n", from)
		lake := filepath.Join(dir, "lake")
		if err := importArchive(ctx, lake, from); err != nil {
			return err
		}
		if files, err = dataFiles(lake); err != nil {
			return err
		}
	}
	fmt.Printf("writing %d data files into one\n", len(files))
	return merge(s.keep, files)
}

// dataFiles lists the ORC files below dir, in order.
func dataFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".orc") {
			files = append(files, path)
		}
		return err
	})
	slices.Sort(files)
	return files, err
}

func importArchive(ctx context.Context, dir, archive string) (err error) {
	lake, err := storage.Open(ctx, dir, storage.Options{Create: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	store, err := lake.Create(ctx, storage.CreateEventDataStore{Name: "orcbench", RetentionFrom: storage.RetentionFrom("newest")})
	if err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	im, err := lake.BeginImport(ctx, store, storage.ImportOptions{Sources: []string{archive}, Parallelism: workers})
	if err != nil {
		return err
	}
	_, err = ingest.Run(ctx, im, ingest.Options{Paths: []string{archive}, Workers: workers})
	return err
}

// merge writes the rows of data files into one, with the settings of data files.
func merge(to string, files []string) (err error) {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	o := storage.FileOptions(schema.Events)
	o.Parallelism = runtime.GOMAXPROCS(0)
	w, err := orc.NewWriter(out, schema.Events.Type(), o)
	if err != nil {
		return err
	}
	for _, path := range files {
		f, err := openFile(path)
		if err != nil {
			return err
		}
		err = f.batches(nil, o.RowIndexStride, int(f.Rows()), w.Write)
		if err := errors.Join(err, f.file.Close()); err != nil {
			return err
		}
	}
	_, err = w.Close()
	return err
}

// file is an ORC file that is open.
type file struct {
	*orc.File
	file *os.File
}

func openFile(path string) (*file, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	// Milliseconds are what records have.
	o, err := orc.Open(f, info.Size(), orc.OpenOptions{Name: path, TimestampPrecision: 3})
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &file{o, f}, nil
}

// batches reads columns, all if paths is nil, of the stripes that begin before row limit,
// and calls f with batches of at most batchRows rows.
func (f *file) batches(paths [][]string, batchRows, limit int, call func(*vector.Batch) error) error {
	if paths == nil {
		for _, x := range f.Schema().Fields() {
			paths = append(paths, []string{x.Name})
		}
	}
	rows := 0
	for i := range f.Stripes() {
		if rows >= limit {
			break
		}
		s, err := f.Stripe(i)
		if err != nil {
			return err
		}
		columns := make([]*orc.ColumnReader, len(paths))
		for c, path := range paths {
			if columns[c], err = s.Column(path); err != nil {
				return err
			}
		}
		for at := 0; at < s.Rows(); at += batchRows {
			b := &vector.Batch{N: min(batchRows, s.Rows()-at), Columns: make([]vector.Vector, len(columns))}
			for c, column := range columns {
				if b.Columns[c], err = column.Read(at, b.N); err != nil {
					return err
				}
			}
			if err := call(b); err != nil {
				return err
			}
		}
		rows += s.Rows()
	}
	return nil
}
