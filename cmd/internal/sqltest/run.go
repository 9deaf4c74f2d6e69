package sqltest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/ingest"
	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/storage"
)

// SmallStripe is the rows of a stripe in the lakes whose stripes are cut small: groups,
// joins and sorts then cross many splits, and statistics prune many stripes.
const SmallStripe = 7

// Config is a way to run statements that must not change what they answer.
type Config struct {
	Threads, BatchRows                   int
	SmallStripes                         bool
	NoOptimizer, NoPruning, NoDictionary bool
	// Spill makes operators write to disk whatever they hold.
	Spill bool
}

// Plain is the configuration that others are compared with; plans are its own.
var Plain = Config{Threads: 1, BatchRows: 1024}

// String names what differs, as in "threads=2,batch=3,stripes=7,optimizer=off".
func (c Config) String() string {
	s := fmt.Sprintf("threads=%d,batch=%d", c.Threads, c.BatchRows)
	if c.SmallStripes {
		s += fmt.Sprintf(",stripes=%d", SmallStripe)
	}
	for _, o := range []struct {
		off  bool
		name string
	}{{c.NoOptimizer, "optimizer"}, {c.NoPruning, "pruning"}, {c.NoDictionary, "dictionaries"}} {
		if o.off {
			s += "," + o.name + "=off"
		}
	}
	if c.Spill {
		s += ",spill"
	}
	return s
}

// axes are the ways that files are run, by what they vary: each value of each axis occurs beside
// the plain ones of the others, and some in company. Small stripes, which cost most, are
// those that pruning has something to do with; the others say what is there without it.
var axes = [][]Config{
	{Plain},
	{{Threads: 2, BatchRows: 1024}},
	{{Threads: 1, BatchRows: 1}, {Threads: 1, BatchRows: 3}},
	{{Threads: 1, BatchRows: 1024, NoOptimizer: true}, {Threads: 2, BatchRows: 3, NoOptimizer: true, NoPruning: true, NoDictionary: true}},
	{{Threads: 1, BatchRows: 1024, SmallStripes: true}, {Threads: 2, BatchRows: 3, SmallStripes: true}, {Threads: 2, BatchRows: 3, SmallStripes: true, Spill: true}},
	{{Threads: 1, BatchRows: 1024, NoPruning: true}, {Threads: 1, BatchRows: 1024, NoDictionary: true}, {Threads: 1, BatchRows: 1024, Spill: true}},
}

// Configs are the ways of all axes.
func Configs() []Config { return slices.Concat(axes...) }

// InTurn reports whether block i of a file is run in the way c when each block takes one way
// of each axis, which blocks take in turn.
func InTurn(c Config, i int) bool {
	return slices.ContainsFunc(axes, func(ways []Config) bool { return ways[i%len(ways)] == c })
}

// ShortConfigs are those that find most in little time: as users run, and with nothing in common with that.
func ShortConfigs() []Config {
	return []Config{
		{Threads: 2, BatchRows: 1024},
		{Threads: 2, BatchRows: 3, NoOptimizer: true, NoPruning: true, NoDictionary: true},
		{Threads: 2, BatchRows: 3, SmallStripes: true, Spill: true},
	}
}

// AllConfigs are all combinations.
func AllConfigs() (all []Config) {
	sides := []bool{false, true}
	for _, threads := range []int{1, 2} {
		for _, rows := range []int{1, 3, 1024} {
			for _, small := range sides {
				for _, optimizer := range sides {
					for _, pruning := range sides {
						for _, dictionary := range sides {
							for _, spill := range sides {
								all = append(all, Config{threads, rows, small, optimizer, pruning, dictionary, spill})
							}
						}
					}
				}
			}
		}
	}
	return all
}

// Lake is an archive, imported.
type Lake struct {
	lake   *storage.Lake
	store  *storage.EventDataStore
	engine *engine.Engine
}

// NewLake writes the archive and imports it, both below dir. stripeRows cuts stripes after
// so many rows; 0 is as the lake likes.
func NewLake(ctx context.Context, dir string, a Archive, stripeRows int) (l *Lake, err error) {
	logs := filepath.Join(dir, "logs")
	written, err := synth.Write(logs, a.Options)
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return Now }
	lake, err := storage.Open(ctx, filepath.Join(dir, "lake"), storage.Options{Create: true, Now: now})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, lake.Close())
		}
	}()
	store, err := lake.Create(ctx, storage.CreateEventDataStore{Name: a.Store})
	if err != nil {
		return nil, err
	}
	im, err := lake.BeginImport(ctx, store, storage.ImportOptions{Sources: []string{logs}, Parallelism: 1, StripeRows: stripeRows})
	if err != nil {
		return nil, err
	}
	summary, err := ingest.Run(ctx, im, ingest.Options{Paths: []string{logs}, Workers: 2})
	if err != nil {
		return nil, err
	}
	if e := summary.Events; e.Kept != int64(written.Events) || e.Duplicate != int64(written.Duplicates) {
		return nil, fmt.Errorf("imported %d events and %d duplicates of an archive with %d and %d", e.Kept, e.Duplicate, written.Events, written.Duplicates)
	}
	return &Lake{lake: lake, store: store, engine: engine.New(engine.LakeCatalog{Lake: lake, Cache: engine.NewCache(cacheBytes)}, now)}, nil
}

// cacheBytes is the size of the cache that the statements over a lake share: what the
// first of them read from data files the others find in it, until it is full.
const cacheBytes = 2 << 20

// NoLake is for files without a load: statements that read no store.
func NoLake() *Lake {
	return &Lake{engine: engine.New(noTables{}, func() time.Time { return Now })}
}

// Close gives the lake up.
func (l *Lake) Close() error {
	if l.lake == nil {
		return nil
	}
	return l.lake.Close()
}

// Answer runs the statement of a block and returns what it gives, in the form of the
// block's kind. err is a failure of the test: a query that fails, an error that does not come.
func (l *Lake) Answer(ctx context.Context, b *Block, c Config) (string, error) {
	text := b.Statement
	if l.store != nil {
		text = strings.ReplaceAll(text, "{store id}", l.store.ID)
	}
	if b.Kind == PlanBlock {
		text = "EXPLAIN " + text
	}
	var out strings.Builder
	format, null := "csv", ""
	if b.Kind == PlanBlock {
		format = "CSV_UNQUOTED"
	}
	w, err := output.New(format, &out, output.Options{Null: &null})
	if err != nil {
		return "", err
	}
	err = l.run(ctx, text, c, w)
	var complaint *sql.Error
	switch {
	case b.Kind == ErrorBlock && err == nil:
		return "", fmt.Errorf("no error, but\n%s", out.String())
	case b.Kind == ErrorBlock && errors.As(err, &complaint):
		answer := fmt.Sprintf("%s: %s\n", complaint.Code, complaint)
		if complaint.Hint != "" {
			answer += "hint: " + complaint.Hint + "\n"
		}
		return answer, nil
	}
	if b.Kind == PlanBlock {
		return withoutEstimates(out.String()), err
	}
	return out.String(), err
}

// withoutEstimates leaves out the lines that say how many rows are expected: plans that are kept are about how
// rows are found.
func withoutEstimates(plan string) string {
	var kept strings.Builder
	for line := range strings.Lines(plan) {
		if !strings.HasPrefix(strings.TrimSpace(line), "estimate: ") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func (l *Lake) run(ctx context.Context, text string, c Config, w output.Writer) (err error) {
	options := engine.Options{
		Threads: c.Threads, BatchRows: c.BatchRows, User: "tester",
		DisableOptimizer: c.NoOptimizer, DisablePruning: c.NoPruning, DisableDictionaries: c.NoDictionary,
	}
	if c.Spill {
		options.SpillBytes = 1
	}
	r, err := l.engine.Run(ctx, engine.Query{Text: text, Options: options})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := w.Begin(r.Columns()); err != nil {
		return err
	}
	for {
		b, err := r.Next()
		if err == io.EOF {
			return w.End(r.Stats())
		}
		if err != nil {
			return err
		}
		if err := w.Write(b); err != nil {
			return err
		}
	}
}
