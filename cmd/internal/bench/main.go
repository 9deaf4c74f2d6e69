// Command bench measures ctlake beside DuckDB and ClickHouse: the same events, the same
// statements, the same number of threads, in turn.
//
//	go run ./cmd/internal/bench [flags]
//
//	archive ── ingest ──► lake ──────────────────────────────► ctlake, in this process
//	(generated,             └── pyarrow ──► events.parquet ──► DuckDB on Parquet ┐
//	 or --archive)                                        └──► DuckDB's table    ├ a Python process each
//	                                                      └──► ClickHouse's table┘
//
// All that is made stays in the folder of --keep and is used again by the next run. The
// statements are the files of suite, in order: a title, the statement in Trino's SQL, and
// where another engine wants it written differently, that after a line "-- @duckdb" or
// "-- @clickhouse" (nothing after it: the engine cannot do it). "-- @check columns" names
// the columns whose values must agree where a statement leaves the others open.
// {{day}} and the like are chosen from the data, see parameters.go.
//
// Warm means: in a process that has run the statement before. A measurement of ctlake
// ends with the last batch, of DuckDB and ClickHouse with the result as Arrow. Engines
// whose Python module is missing are left out. --cold measures whole processes, in
// Python's case that starts Python and loads the module, too.
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

	"github.com/ctlake/ctlake/cmd/internal/machine"
	"github.com/ctlake/ctlake/engine"
)

// settings are the flags.
type settings struct {
	events, rounds, threads           int
	archive, lake, store, keep        string
	python, engines, clock, only      string
	profile, allocations              string
	cold                              bool
	noPruning, noOptimizer, noEntries bool
	memory, cache                     int64
}

func main() {
	var s settings
	flag.IntVar(&s.events, "events", 1_000_000, "events to generate")
	flag.StringVar(&s.archive, "archive", "", "measure over this archive instead of a generated one")
	flag.StringVar(&s.lake, "lake", "", "measure over this lake instead of one made of the archive")
	flag.StringVar(&s.store, "store", "trail", "the event data store in --lake")
	flag.StringVar(&s.keep, "keep", "", "make everything in this folder, use what is there, and leave it (default a temporary folder)")
	flag.StringVar(&s.python, "python", "python3", "a Python that has pyarrow, duckdb, chdb, or some of them; \"\" compares with nothing")
	flag.StringVar(&s.engines, "engines", "duckdb-parquet,duckdb,clickhouse", "what to compare with")
	flag.IntVar(&s.threads, "threads", runtime.GOMAXPROCS(0), "threads of every engine")
	flag.IntVar(&s.rounds, "rounds", 5, "measurements of each statement")
	flag.StringVar(&s.clock, "clock", "wall", "what is measured: wall, cpu (of all threads; other work on the machine disturbs less)")
	flag.StringVar(&s.only, "only", "", "statements to run: parts of their names, with commas")
	flag.BoolVar(&s.cold, "cold", false, "measure whole processes, too")
	flag.StringVar(&s.profile, "profile", "", "write a processor profile of ctlake at work here")
	flag.StringVar(&s.allocations, "allocations", "", "write a profile of what was allocated here")
	flag.Int64Var(&s.memory, "memory", 0, "bytes a statement of ctlake may hold (default the engine's)")
	flag.Int64Var(&s.cache, "cache", engine.CacheBytes(machine.Memory()/2), "bytes of decoded columns and indexes that ctlake keeps between statements; 0 keeps none")
	flag.BoolVar(&s.noPruning, "no-pruning", false, "ctlake without statistics")
	flag.BoolVar(&s.noOptimizer, "no-optimizer", false, "ctlake without the optimizer")
	flag.BoolVar(&s.noEntries, "no-dictionaries", false, "ctlake without its paths for dictionaries")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	if flag.NArg() > 0 || s.rounds < 1 || s.events < 1 || s.threads < 1 || s.clock != "cpu" && s.clock != "wall" {
		return errors.New("usage: bench [flags]")
	}
	if s.keep == "" {
		if s.keep, err = os.MkdirTemp("", "bench"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(s.keep)) }()
	} else if err := os.MkdirAll(s.keep, 0o755); err != nil {
		return err
	}
	if s.keep, err = filepath.Abs(s.keep); err != nil {
		return err
	}
	suite, err := readSuite()
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(s.threads)
	ours, err := openLake(ctx, &s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ours.close()) }()
	if suite, err = ours.fill(ctx, suite); err != nil {
		return err
	}
	if s.only != "" {
		suite = chosen(suite, strings.Split(s.only, ","))
	}
	engines := []competitor{ours}
	var peers []*peer
	if s.python != "" && s.engines != "" {
		for _, kind := range strings.Split(s.engines, ",") {
			p, err := startPeer(ctx, s, kind)
			if err != nil {
				fmt.Printf("without %s: %v\n", kind, err)
				continue
			}
			defer func() { err = errors.Join(err, p.close()) }()
			engines, peers = append(engines, p), append(peers, p)
		}
	}
	for _, e := range engines {
		fmt.Printf("%s: %s\n", e.name(), e.about())
	}
	stopProfile, err := startProfiles(s)
	if err != nil {
		return err
	}
	t := measure(ctx, s, suite, engines)
	if err := stopProfile(); err != nil {
		return err
	}
	t.print(os.Stdout)
	if s.cold {
		for _, p := range peers { // they lock their files
			if err := p.close(); err != nil {
				return err
			}
		}
		return coldRuns(ctx, s, suite, engines)
	}
	return ctx.Err()
}

// startProfiles begins the profiles asked for; the function that it returns writes them.
func startProfiles(s settings) (stop func() error, err error) {
	var f *os.File
	if s.profile != "" {
		if f, err = os.Create(s.profile); err != nil {
			return nil, err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return func() error {
		var err error
		if f != nil {
			pprof.StopCPUProfile()
			err = f.Close()
		}
		if s.allocations == "" {
			return err
		}
		a, e := os.Create(s.allocations)
		if e != nil {
			return errors.Join(err, e)
		}
		return errors.Join(err, pprof.Lookup("allocs").WriteTo(a, 0), a.Close())
	}, nil
}
