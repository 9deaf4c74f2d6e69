// Command ingestbench measures the import of an archive: events and bytes of JSON text a
// second, processor time and stored bytes an event, and the most memory that was resident.
//
//	go run ./cmd/internal/ingestbench [flags] [LOGS]
//
// Without LOGS it generates an archive (ingest/synth). With --python it lets DuckDB turn
// the same archive into Parquet, in the same run, and prints what that took.
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
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"time"

	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/storage"
)

// memoryLimit is what ctlake ingest takes with two workers before garbage is collected more often.
const memoryLimit = 416 << 20

// settings are the flags.
type settings struct {
	events, workers, rounds int
	lake, python            string
	profile, allocations    string
}

func main() {
	var s settings
	flag.IntVar(&s.events, "events", 1_000_000, "events to generate")
	flag.IntVar(&s.workers, "workers", runtime.GOMAXPROCS(0), "archives read at once")
	flag.IntVar(&s.rounds, "rounds", 1, "imports of the same archive, each into a lake of its own")
	flag.StringVar(&s.lake, "lake", "", "where to leave the last lake; \"\" keeps none")
	flag.StringVar(&s.python, "python", "", "a Python that has duckdb; \"\" compares with nothing")
	flag.StringVar(&s.profile, "profile", "", "write a processor profile of the last import here")
	flag.StringVar(&s.allocations, "allocations", "", "write a profile of what was allocated here")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "ingestbench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, args []string) (err error) {
	if len(args) > 1 || s.events < 1 || s.rounds < 1 || s.workers < 1 {
		return errors.New("usage: ingestbench [flags] [LOGS]")
	}
	dir, err := os.MkdirTemp("", "ingestbench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	logs := filepath.Join(dir, "logs")
	if len(args) == 1 {
		logs = args[0]
	} else if _, err := synth.Write(logs, synth.Options{Events: s.events, Days: 30, Accounts: 40, Seed: 7}); err != nil {
		return err
	}
	for round := range s.rounds {
		lake := filepath.Join(dir, fmt.Sprint("lake", round))
		last := round == s.rounds-1
		if last && s.lake != "" {
			lake = s.lake
		}
		if err := measured(ctx, s, logs, lake, last); err != nil {
			return err
		}
	}
	if s.python == "" {
		return nil
	}
	return duckDB(ctx, s, logs, filepath.Join(dir, "events.parquet"))
}

// measured imports logs into a new lake and prints a line.
func measured(ctx context.Context, s settings, logs, dir string, last bool) (err error) {
	if last && s.profile != "" {
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
	debug.SetMemoryLimit(min(memoryLimit, debug.SetMemoryLimit(-1)))
	idle, available := processors()
	wall, before := time.Now(), cpuTime()
	sum, err := imported(ctx, s, logs, dir)
	if err != nil {
		return err
	}
	elapsed, cpu := time.Since(wall), cpuTime()-before
	idleNow, availableNow := processors()
	idleShare := (idleNow - idle) / (availableNow - available)
	n := float64(max(sum.Events.Kept, 1))
	fmt.Printf("ctlake: %d events, %.1f s elapsed (%.0f events/s, %.0f MB/s), %.1f s of CPU (%.1f µs an event), %.2f of %d processors busy, %.1f bytes an event, at most %d MiB resident\n",
		sum.Events.Kept, elapsed.Seconds(), n/elapsed.Seconds(), float64(sum.Bytes.Raw)/1e6/elapsed.Seconds(), cpu.Seconds(), float64(cpu.Microseconds())/n,
		float64(runtime.GOMAXPROCS(0))*(1-idleShare), runtime.GOMAXPROCS(0), float64(sum.Bytes.Stored)/n, peakBytes()>>20)
	if !last || s.allocations == "" {
		return nil
	}
	f, err := os.Create(s.allocations)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

// processors returns the time for which Go had its processors, and for which it had nothing to run on them, in seconds.
// Other programs on the machine do not count: what they take makes everything take longer, not idle.
func processors() (idle, available float64) {
	runtime.GC() // the figures are of its end
	samples := []metrics.Sample{{Name: "/cpu/classes/idle:cpu-seconds"}, {Name: "/cpu/classes/total:cpu-seconds"}}
	metrics.Read(samples)
	return samples[0].Value.Float64(), samples[1].Value.Float64()
}

func imported(ctx context.Context, s settings, logs, dir string) (_ *ingest.Summary, err error) {
	lake, err := storage.Open(ctx, dir, storage.Options{Create: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lake.Close()) }()
	store, err := lake.Create(ctx, storage.CreateEventDataStore{Name: "trail", RetentionFrom: storage.RetentionFromNewest})
	if err != nil {
		return nil, err
	}
	im, err := lake.BeginImport(ctx, store, storage.ImportOptions{Sources: []string{logs}, Parallelism: s.workers})
	if err != nil {
		return nil, err
	}
	return ingest.Run(ctx, im, ingest.Options{Paths: []string{logs}, Workers: s.workers})
}
