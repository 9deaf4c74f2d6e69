package ddl

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/storage/schema"
)

var update = flag.Bool("update", false, "rewrite the statements in testdata")

// Trino took testdata/trino.sql for grammar; ClickHouse ran testdata/clickhouse.sql over files of a store with expired events.
func TestStatements(t *testing.T) {
	for _, engine := range Engines() {
		s := Store{Name: "trail", Location: "/lake/stores/3f/", Columns: schema.Events.Columns, NotBefore: 1_767_225_600_123, Expires: true, Days: 366}
		if engine != "clickhouse" {
			s.Location = "file:///lake/it's/3f"
		}
		if engine == "athena" {
			s.Location = "s3://bucket/3f/"
		}
		got, err := Write(engine, s)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", engine+".sql")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s:\n%s\nwant:\n%s", engine, got, want)
		}
	}
}

// The view keeps out what has expired, and files that are there for running queries alone.
func TestTheBoundOfTheView(t *testing.T) {
	for _, c := range []struct {
		name string
		s    Store
		want string
	}{
		{"nothing expires", Store{}, ""},
		{"from the newest event", Store{Expires: true, NotBefore: -1}, "(eventtime >= TIMESTAMP '1969-12-31 23:59:59.999' OR eventtime IS NULL)"},
		{"from now", Store{Expires: true, Days: 7}, "(eventtime >= TIMESTAMP '1970-01-01 00:00:00.000' AND eventtime >= " +
			"CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)) - INTERVAL '7' DAY OR eventtime IS NULL)"},
		{"merged files", Store{Foreign: []string{"B.orc", "A'.orc"}}, `regexp_extract("$path", '[^/]+$') NOT IN ('A''.orc', 'B.orc')`},
	} {
		c.s.Name, c.s.Location = "trail", "file:///x"
		got, err := Write("Trino", c.s)
		if err != nil {
			t.Fatal(err)
		}
		_, where, _ := strings.Cut(got, "WHERE ")
		if where = strings.TrimSuffix(where, ";\n"); where != c.want {
			t.Errorf("%s: %s\nwant %s", c.name, where, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	for engine, want := range map[string]error{"duckdb": ErrEngine, "oracle": ErrEngine, "": ErrEngine, "athena": ErrLocation} {
		if _, err := Write(engine, Store{Name: "trail", Location: "file:///x"}); !errors.Is(err, want) {
			t.Errorf("%s: %v", engine, err)
		}
	}
}

func TestIdentifier(t *testing.T) {
	for name, want := range map[string]string{"Trail.2": "trail_2", "9-a": "store_9_a", "a_b": "a_b", "_x": "store__x"} {
		if got := Identifier(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
