// Package cmd_test holds the import table of the project: which package may know which.
package cmd_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/ctlake/ctlake/"

// mayImport lists, for a package and all below it, the packages of ours that its
// files may import; "x/..." stands for x and all below it. The longest matching
// key counts. Tests may import what their package may, and what testsMay adds.
var mayImport = map[string][]string{
	"storage/types":  {},
	"storage/vector": {"storage/types"},
	"storage/domain": {"storage/vector", "storage/types"},
	// The ORC package could be published alone: it knows no CloudTrail, no catalog, no SQL.
	"storage/orc":      {"storage/orc/...", "storage/domain", "storage/vector", "storage/types"},
	"storage/schema":   {"storage/domain", "storage/vector", "storage/types"},
	"storage/selector": {"storage/domain", "storage/vector", "storage/types"},
	"storage/catalog":  {"storage/domain", "storage/vector", "storage/types"},
	"storage/laketest": {},
	"storage":          {"storage/..."},

	"sql":           leaves("sql"),
	"sql/ast":       leaves("sql"),
	"sql/parser":    leaves("sql", "sql/ast"),
	"sql/jsonpath":  leaves("sql"),
	"sql/function":  leaves("sql", "sql/ast", "sql/parser", "sql/jsonpath", "sql/function/..."),
	"sql/plan":      leaves("sql", "sql/ast", "sql/parser", "sql/function"),
	"sql/analyzer":  leaves("sql", "sql/ast", "sql/parser", "sql/jsonpath", "sql/function", "sql/plan"),
	"sql/optimizer": leaves("sql", "sql/ast", "sql/parser", "sql/function", "sql/plan"),

	"engine/expr":  {"sql/...", "storage/..."},
	"engine/spill": {"storage/vector", "storage/types"},
	"engine/exec":  {"engine/expr", "engine/spill", "sql/...", "storage/..."},
	"engine":       {"engine/...", "sql/...", "storage/..."},

	// Services do not import each other.
	"ingest": {"ingest/...", "storage/..."},

	"cmd": {"cmd/...", "engine/...", "ingest/...", "sql/...", "storage/..."},
}

// testsMay lists what the tests of a package may import beyond its own table.
var testsMay = map[string][]string{
	"sql/ast":       {"sql/parser"},
	"sql/function":  {"sql/...", "engine/..."},
	"sql/optimizer": {"sql/analyzer"},
	"engine":        {"ingest/..."},
	"storage":       {"ingest/synth"},
	// Folders for lakes, in memory where the system has such a place; it knows none of ours.
	"storage/catalog": {"storage/laketest"},
}

// only lists packages from outside that one package of ours alone may import.
var only = map[string]string{
	"database/sql":                   "storage/catalog",
	"modernc.org/sqlite":             "storage/catalog",
	"github.com/peterh/liner":        "cmd/internal/repl",
	"github.com/spf13/cobra":         "cmd/ctlake",
	"golang.org/x/term":              "cmd",
	"golang.org/x/text/unicode/norm": "sql/function",
	"net/http":                       "cmd",
	"github.com/gofrs/flock":         "storage",
	"github.com/pierrec/lz4/v4":      "storage/orc",
}

func leaves(more ...string) []string {
	return append(more, "storage/types", "storage/vector", "storage/domain")
}

func TestImportsFollowTheTable(t *testing.T) {
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if base := d.Name(); rel != "." && (strings.HasPrefix(base, ".") || base == "testdata") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg, test := filepath.ToSlash(filepath.Dir(rel)), strings.HasSuffix(path, "_test.go")
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if owner, ok := only[imported]; ok && !test && !within(pkg, owner) {
				t.Errorf("%s imports %s, which only %s may", rel, imported, owner)
			}
			if ours, ok := strings.CutPrefix(imported, module); ok && !allowed(pkg, ours, test) {
				t.Errorf("%s imports %s, which package %s may not", rel, ours, pkg)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func allowed(pkg, imported string, test bool) bool {
	if pkg == imported {
		return true
	}
	key := pkg
	for mayImport[key] == nil {
		parent := strings.LastIndexByte(key, '/')
		if parent < 0 {
			return false
		}
		key = key[:parent]
	}
	list := mayImport[key]
	if test {
		list = slices.Concat(list, testsMay[key])
	}
	return slices.ContainsFunc(list, func(entry string) bool {
		if tree, ok := strings.CutSuffix(entry, "/..."); ok {
			return within(imported, tree)
		}
		return imported == entry
	})
}

func within(pkg, tree string) bool { return pkg == tree || strings.HasPrefix(pkg, tree+"/") }

func TestTheRootHoldsNothingElse(t *testing.T) {
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"cmd", "engine", "storage", "ingest", "sql", "testdata", "docs", "go.mod", "go.sum", "README.md"}
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(known, name) {
			t.Errorf("%s stands in the root", name)
		}
	}
}
