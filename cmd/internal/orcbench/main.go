// Command orcbench measures storage/orc beside Apache ORC's C++ reader and writer, as
// pyarrow has them: the same file, the same run, measurements in turn, a thread each.
//
//	go run ./cmd/internal/orcbench [flags] [FILE.orc | LAKE | ARCHIVE]
//
// Without an argument it generates an archive (ingest/synth), imports it, and writes the
// data files of the lake into one file with the settings of data files; a folder is taken
// for a lake if it has data files, else for an archive.
//
// Times are processor time of the whole process, garbage collection included, so that
// other work on the machine disturbs less; --clock wall takes the clock on the wall.
// Of the columns of strings MB/s counts the text and 4 bytes a row, whichever library
// reads them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
)

// settings are the flags.
type settings struct {
	events, rounds, batchRows, writeRows int
	keep, python, clock, only            string
	profile, allocations                 string
}

func main() {
	var s settings
	flag.IntVar(&s.events, "events", 1_000_000, "events to generate")
	flag.StringVar(&s.keep, "keep", "", "write the file that is read here, and keep it")
	flag.IntVar(&s.rounds, "rounds", 5, "measurements of each thing")
	flag.IntVar(&s.batchRows, "batch", 10_000, "rows of a vector that is read")
	flag.IntVar(&s.writeRows, "write-rows", 250_000, "rows, rounded up to stripes, that are held in memory and written; 0 writes none")
	flag.StringVar(&s.python, "python", "python3", "a Python that has pyarrow; \"\" compares with nothing")
	flag.StringVar(&s.clock, "clock", "cpu", "what is measured: cpu, wall")
	flag.StringVar(&s.only, "only", "", "measure only what has this in its name")
	flag.StringVar(&s.profile, "profile", "", "write a processor profile of storage/orc at work here")
	flag.StringVar(&s.allocations, "allocations", "", "write a profile of what was allocated here")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "orcbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, args []string) (err error) {
	if len(args) > 1 || s.rounds < 1 || s.batchRows < 1 || s.events < 1 || s.clock != "cpu" && s.clock != "wall" {
		return errors.New("usage: orcbench [flags] [FILE.orc | LAKE | ARCHIVE]")
	}
	dir, err := os.MkdirTemp("", "orcbench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := ""
	if len(args) == 1 {
		path = args[0]
	}
	if !strings.HasSuffix(path, ".orc") {
		if s.keep == "" {
			s.keep = filepath.Join(dir, "events.orc")
		}
		if err := oneFile(ctx, path, dir, s); err != nil {
			return err
		}
		path = s.keep
	}
	// One thread each: the collector of garbage shares it.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	b := &bench{settings: s}
	if err := b.open(path); err != nil {
		return err
	}
	defer b.close()
	if s.python != "" {
		if b.peer, err = startPeer(ctx, s.python, path, s.clock); err != nil {
			fmt.Printf("no comparison with C++: %v\n", err)
		} else {
			defer func() { err = errors.Join(err, b.peer.close()) }()
		}
	}
	if s.profile != "" {
		f, err := os.Create(s.profile)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if s.allocations != "" {
		f, err := os.Create(s.allocations)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, pprof.Lookup("allocs").WriteTo(f, 0), f.Close()) }()
	}
	if err := b.describe(path); err != nil {
		return err
	}
	if err := b.readings(); err != nil {
		return err
	}
	if err := b.gatherings(); err != nil {
		return err
	}
	return b.writings()
}
