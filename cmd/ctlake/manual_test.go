package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func rootCommand() *app {
	return &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: func(string) string { return "" }}
}

func TestCommandsPageIsCurrent(t *testing.T) {
	path := filepath.Join("..", "..", "docs", "commands.md")
	want := commandsPage(rootCommand().command())
	have, err := os.ReadFile(path)
	if err != nil && !*updateScripts {
		t.Fatal(err)
	}
	if bytes.Equal(have, want) {
		return
	}
	if *updateScripts {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Error("docs/commands.md is not what the commands say: go run ./cmd/ctlake man docs --markdown")
}

// TestEveryCommandExplainsItself holds that each command says what it does, in a line and with an example of its own.
func TestEveryCommandExplainsItself(t *testing.T) {
	for _, c := range allCommands(rootCommand().command()) {
		path := c.CommandPath()
		switch {
		case c.Short == "" || strings.HasSuffix(c.Short, "."):
			t.Errorf("%s: %q is not one line without a full stop", path, c.Short)
		case !strings.Contains(c.Example, "ctlake"):
			t.Errorf("%s has no example", path)
		case c.HasParent() && !c.HasSubCommands() && !strings.Contains(c.Example, path):
			t.Errorf("%s has no example of its own:\n%s", path, c.Example)
		}
		for _, f := range flagsOf(c) {
			if f.Usage == "" {
				t.Errorf("%s --%s does not say what it does", path, f.Name)
			}
		}
	}
}

func TestManPage(t *testing.T) {
	root := rootCommand().command()
	query, _, err := root.Find([]string{"query"})
	if err != nil {
		t.Fatal(err)
	}
	page := string(manPage(query))
	for _, want := range []string{".TH \"CTLAKE\\-QUERY\" \"1\"", ".SH NAME\nctlake\\-query \\- Run SQL statements\n", ".B \\-f, \\-\\-file string\n",
		".SH EXAMPLES\n.nf\nctlake query ", ".BR ctlake (1)\n"} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q in\n%s", want, page)
		}
	}
	for line := range strings.Lines(page) {
		if strings.HasPrefix(line, "'") {
			t.Errorf("man would obey %q", line)
		}
	}
}
