package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/complete"
	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/cmd/internal/samples"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
)

// Limits of what completion learns from the data.
const (
	sampleRows    = 20_000 // events looked at for a column
	sampleBytes   = 256 << 20
	sampleTimeout = 5 * time.Second
	sampleWait    = 500 * time.Millisecond // how long the tab key waits for a sample; it goes on behind it
	maxSampled    = 1000                   // keys or values of a column
)

// shellSource is what completion knows of the lake. Samples are taken once, by the engine, and kept.
type shellSource struct {
	sh     *shell
	ctx    context.Context
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu      sync.Mutex
	stores  []string
	fresh   time.Time // when stores were read
	samples map[string]*sample
}

// sample is keys or values seen in the data.
type sample struct {
	done  chan struct{}
	texts []string
}

func newShellSource(ctx context.Context, sh *shell) *shellSource {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &shellSource{sh: sh, ctx: ctx, cancel: cancel, samples: map[string]*sample{}}
}

// close ends the samples that are still taken.
func (s *shellSource) close() {
	s.cancel()
	s.tasks.Wait()
}

// storesKeptFor is how long the list of stores is not asked for again.
const storesKeptFor = 2 * time.Second

// Stores implements complete.Source.
func (s *shellSource) Stores() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sh.lake == nil || time.Since(s.fresh) < storesKeptFor {
		return s.stores
	}
	all, err := s.sh.lake.EventDataStores(s.ctx)
	if err != nil {
		return s.stores
	}
	s.stores, s.fresh = nil, time.Now()
	for _, store := range all {
		if store.Status != storage.StatusPendingDeletion {
			s.stores = append(s.stores, store.Name)
		}
	}
	return s.stores
}

// eventColumns are the columns of all stores, spelled as CloudTrail spells them.
var eventColumns = sync.OnceValue(func() []complete.TableColumn {
	out := tableColumns(schema.Events.Columns)
	return append(out, complete.TableColumn{Name: schema.CalendarDay, Type: types.TBigint}, complete.TableColumn{Name: schema.Hour, Type: types.TBigint},
		complete.TableColumn{Name: schema.PathColumn, Type: types.TVarchar}, complete.TableColumn{Name: schema.ArchiveColumn, Type: types.TVarchar},
		complete.TableColumn{Name: schema.Integrity, Type: types.TVarchar})
})

func tableColumns(columns []schema.Column) []complete.TableColumn {
	var out []complete.TableColumn
	for _, c := range columns {
		if c.Name == schema.Archive {
			continue
		}
		name := c.Name
		if strings.EqualFold(c.Member, name) {
			name = c.Member
		}
		out = append(out, complete.TableColumn{Name: name, Type: c.Type, Fields: tableColumns(c.Fields)})
	}
	return out
}

// Columns implements complete.Source.
func (s *shellSource) Columns() []complete.TableColumn { return eventColumns() }

// Keys implements complete.Source.
func (s *shellSource) Keys(store, column string) []string {
	for _, c := range schema.Events.Columns {
		if strings.EqualFold(c.Name, column) && c.Type.Is(types.Map) {
			return s.sampled(store, c.Name, fmt.Sprintf(`SELECT k, count(*) FROM (SELECT map_keys(%s) AS ks FROM %%s LIMIT %d) CROSS JOIN UNNEST(ks) AS t(k)
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d`, c.Name, sampleRows, maxSampled))
		}
	}
	return nil
}

// Values implements complete.Source. path is that of a column or field which there is.
func (s *shellSource) Values(store, path string) []string {
	return s.sampled(store, path, fmt.Sprintf(`SELECT v, count(*) FROM (SELECT %s AS v FROM %%s LIMIT %d) WHERE v IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %d`,
		path, sampleRows, maxSampled))
}

// sampled returns the first column of a statement, of which the store is still to be named.
func (s *shellSource) sampled(store, what, statement string) []string {
	if store == "" {
		stores := s.Stores()
		switch {
		case s.sh.flags.store != "":
			store = s.sh.flags.store
		case len(stores) > 0:
			store = stores[0]
		default:
			return nil
		}
	}
	key := store + "\x00" + what
	s.mu.Lock()
	known := s.samples[key]
	if known == nil {
		known = &sample{done: make(chan struct{})}
		s.samples[key] = known
		s.tasks.Add(1)
		go func() {
			defer s.tasks.Done()
			defer close(known.done)
			ctx, cancel := context.WithTimeout(s.ctx, sampleTimeout)
			defer cancel()
			rows, err := s.sh.sample(ctx, fmt.Sprintf(statement, `"`+strings.ReplaceAll(store, `"`, `""`)+`"`))
			if err != nil {
				return // completion without the data's help is still completion
			}
			for _, row := range rows {
				if row[0] != nil {
					known.texts = append(known.texts, *row[0])
				}
			}
		}()
	}
	s.mu.Unlock()
	wait := time.NewTimer(sampleWait)
	defer wait.Stop()
	select {
	case <-known.done:
		return known.texts
	case <-wait.C:
		return nil
	}
}

// sample runs a statement for completion.
func (sh *shell) sample(ctx context.Context, text string) ([][]*string, error) {
	o := sh.engineOptions()
	o.MaxBytes, o.Params, o.Timeout = sampleBytes, nil, sampleTimeout
	return sh.rows(ctx, text, o, maxSampled)
}

// complete returns what may stand at the cursor, in a statement or a dot command.
func (sh *shell) complete(text string, cursor int) complete.Completions {
	before := text[:cursor]
	if !strings.HasPrefix(strings.TrimLeft(before, " "), ".") || strings.Contains(before, "\n") {
		return complete.At(text, cursor, sh.data)
	}
	at := strings.LastIndexByte(before, ' ') + 1
	word := before[at:]
	out := complete.Completions{From: at}
	add := func(kind complete.Kind, texts ...string) {
		for _, t := range texts {
			if strings.HasPrefix(t, word) {
				out.Candidates = append(out.Candidates, complete.Candidate{Text: t, Kind: kind})
			}
		}
	}
	fields := strings.Fields(before[:at])
	if len(fields) == 0 {
		for _, c := range sh.loop.All() {
			if strings.HasPrefix("."+c.Name, word) {
				out.Candidates = append(out.Candidates, complete.Candidate{Text: "." + c.Name, Kind: complete.Command, Detail: strings.TrimSpace(c.Args + "  " + c.Doc)})
			}
		}
		return out
	}
	switch fields[0] {
	case ".use", ".schema":
		add(complete.Store, sh.data.Stores()...)
	case ".output":
		if len(fields) == 1 {
			add(complete.Command, output.Names()...)
		} else {
			add(complete.File, files(word)...)
		}
	case ".read", ".export":
		add(complete.File, files(word)...)
	case ".run", ".save":
		if names, err := sh.queryNames(); err == nil {
			add(complete.File, names...)
		}
		if fields[0] == ".run" {
			for _, s := range samples.All() {
				add(complete.Command, s.Name)
			}
		}
	case ".samples":
		for _, s := range samples.All() {
			add(complete.Command, s.Name)
		}
	case ".chart":
		add(complete.Command, "bar", "line", "time")
	case ".timer":
		add(complete.Command, "on", "off")
	case ".pager":
		add(complete.Command, "on", "off")
	case ".width":
		add(complete.Command, "auto", "off")
	case ".help":
		for _, c := range sh.loop.All() {
			add(complete.Command, c.Name)
		}
	case ".explain":
		return complete.At(text, cursor, sh.data)
	}
	return out
}

// maxFiles bounds how many files a list has.
const maxFiles = 500

// files returns the files that a path may go on as; folders end with a slash.
func files(word string) []string {
	dir, base := filepath.Split(word)
	in := unquote(dir)
	if in == "" {
		in = "."
	}
	entries, err := os.ReadDir(in)
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(base, ".") || !strings.HasPrefix(e.Name(), base) {
			continue
		}
		name := dir + e.Name()
		if e.IsDir() {
			name += string(filepath.Separator)
		}
		if out = append(out, name); len(out) == maxFiles {
			break
		}
	}
	return out
}
