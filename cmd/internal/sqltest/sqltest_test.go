package sqltest

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/ctlake/ctlake/ingest/synth"
)

var (
	update   = flag.Bool("update", false, "rewrite what the tests expect by what plain runs give")
	only     = flag.String("only", "", "files whose path has this text in it")
	full     = flag.Bool("full", false, "run under all combinations of threads, batches, stripes and shortcuts")
	everyWay = flag.Bool("every-way", false, "run each statement in all ways of Configs, not in one of each kind")
	one      = flag.Bool("one", false, "run the files in one way only: two threads, small batches and stripes, spilling")
	archives = flag.String("archives", "", "write the archives of the tests below this folder, for a second engine")
)

const folder = "../../../testdata/sql"

// lakes holds what was imported already, by archive and rows of a stripe.
var lakes struct {
	sync.Mutex
	dir  string
	open map[lakeKey]*Lake
}

type lakeKey struct {
	Archive
	stripeRows int
}

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	debug.SetGCPercent(400) // thousands of statements that live for moments, in little memory
	dir, err := os.MkdirTemp("", "sqltest-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	lakes.dir, lakes.open = dir, map[lakeKey]*Lake{}
	defer func() {
		for _, l := range lakes.open {
			l.Close()
		}
	}()
	return m.Run()
}

func lake(t *testing.T, a Archive, c Config) *Lake {
	t.Helper()
	if a.Store == "" {
		return NoLake()
	}
	lakes.Lock()
	defer lakes.Unlock()
	key := lakeKey{Archive: a}
	if c.SmallStripes {
		key.stripeRows = SmallStripe
	}
	if l := lakes.open[key]; l != nil {
		return l
	}
	dir, err := os.MkdirTemp(lakes.dir, a.Store+"-")
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLake(t.Context(), dir, a, key.stripeRows)
	if err != nil {
		t.Fatal(err)
	}
	lakes.open[key] = l
	return l
}

func scripts(t *testing.T) map[string]*Script {
	t.Helper()
	all := map[string]*Script{}
	for path, text := range files(t) {
		if isExpressions(text) {
			continue
		}
		s, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all[path] = s
	}
	return all
}

// files returns the texts of all test files, by path.
func files(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".test" || !strings.Contains(path, *only) {
			return err
		}
		text, err := os.ReadFile(path)
		all[path] = string(text)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("no tests in %s: %v", folder, err)
	}
	return all
}

func TestFiles(t *testing.T) {
	all := scripts(t)
	if *update {
		for path, s := range all {
			rewrite(t, path, s)
		}
		all = scripts(t)
	}
	configs, runs := Configs(), InTurn
	if *everyWay || *one || *full || testing.Short() {
		runs = func(Config, int) bool { return true }
	}
	switch {
	case *one:
		configs = ShortConfigs()[2:]
	case *full:
		configs = AllConfigs()
	case testing.Short():
		configs = ShortConfigs()
	}
	for path, s := range all {
		t.Run(label(path), func(t *testing.T) {
			for _, c := range configs {
				if s.Archive.Store == "" && c.SmallStripes {
					continue // there is no file that could have stripes
				}
				t.Run(c.String(), func(t *testing.T) {
					t.Parallel()
					check(t, path, s, c, runs)
				})
			}
		})
	}
}

// check runs the blocks of a file that runs takes of a way.
func check(t *testing.T, path string, s *Script, c Config, runs func(Config, int) bool) {
	for i, b := range s.Blocks {
		if b.Kind == PlanBlock && c != Plain || !runs(c, i) {
			continue
		}
		l := lake(t, s.Archive, c)
		got, err := l.Answer(t.Context(), b, c)
		switch {
		case err != nil:
			t.Errorf("%s:%d: %s %s: %v\n%s", path, b.Line, b.Kind, b.Name, err, b.Statement)
		case got != b.Expected:
			t.Errorf("%s:%d: %s %s\n%s\ngot:\n%s\nwant:\n%s", path, b.Line, b.Kind, b.Name, b.Statement, got, b.Expected)
		}
	}
}

// rewrite sets what is expected to what plain runs give. A block that does not do as its
// kind says keeps what it has, and fails the test.
func rewrite(t *testing.T, path string, s *Script) {
	l := lake(t, s.Archive, Plain)
	text := s.Rewrite(func(b *Block) string {
		got, err := l.Answer(t.Context(), b, Plain)
		if err != nil {
			t.Errorf("%s:%d: %s %s: %v\n%s", path, b.Line, b.Kind, b.Name, err, b.Statement)
			return b.Expected
		}
		return got
	})
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestWriteArchives(t *testing.T) {
	if *archives == "" {
		t.Skip("without -archives there is nothing to write")
	}
	done := map[Archive]bool{}
	for _, s := range scripts(t) {
		if s.Archive.Store == "" || done[s.Archive] {
			continue
		}
		done[s.Archive] = true
		if _, err := synth.Write(filepath.Join(*archives, s.Archive.Store), s.Archive.Options); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStoresAreOneArchiveEach(t *testing.T) {
	of := map[string]Archive{}
	for path, s := range scripts(t) {
		if a, ok := of[s.Archive.Store]; ok && a != s.Archive {
			t.Errorf("%s: load %s has other options than elsewhere", path, s.Archive.Store)
		}
		of[s.Archive.Store] = s.Archive
	}
}
