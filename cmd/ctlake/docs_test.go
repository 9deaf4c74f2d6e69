package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/ingest/synth"
	"github.com/ctlake/ctlake/sql/parser"
)

// example is a block of SQL, and the block right behind it that has what it prints, if any.
var example = regexp.MustCompile("(?ms)^```sql( fails)?\n(.*?)^```\n(?:```(?:csv|text)\n(.*?)^```$)?")

// TestLanguageExamples runs the examples of docs/sql.md, and compares what they print.
func TestLanguageExamples(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "sql.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, dir: t.TempDir()}
	if _, err := synth.Write(filepath.Join(s.dir, "logs"), synth.Options{Events: 300, Days: 1, Accounts: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.ctlake([]string{"ingest", "logs", "--store", "trail", "--retention-from", "newest"}); err != nil || s.status != exitDone {
		t.Fatalf("%v, status %d\n%s", err, s.status, s.stderr)
	}
	ran := 0
	for _, m := range example.FindAllStringSubmatch(string(text), -1) {
		fails, want := m[1] != "", m[3]
		for _, st := range parser.Split(m[2]) {
			ran++
			status, got := exitDone, &s.stdout
			if fails {
				status, got = exitFailed, &s.stderr
			}
			if err := s.ctlake([]string{"query", st.Text}); err != nil || s.status != status {
				t.Errorf("%s: %v, status %d\n%s", st.Text, err, s.status, s.stderr)
			} else if want != "" && string(*got) != want {
				t.Errorf("%s\ngave\n%s\nwant\n%s", st.Text, *got, want)
			}
		}
	}
	if blocks := strings.Count(string(text), "```sql"); ran < blocks {
		t.Errorf("%d statements of %d examples", ran, blocks)
	}
}

var guideExample = regexp.MustCompile("(?ms)^```sh\n(.*?)^```\n(```text\n(.*?)^```$)?")

// TestGuide does what docs/guide.md does, and compares what is printed.
func TestGuide(t *testing.T) {
	file := filepath.Join("..", "..", "docs", "guide.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, dir: t.TempDir()}
	ran := 0
	updated := guideExample.ReplaceAllStringFunc(string(text), func(block string) string {
		m := guideExample.FindStringSubmatch(block)
		for line := range strings.Lines(m[1]) {
			words := append([]string{"--lake", "demo-lake"}, strings.Fields(line)[1:]...)
			if err := s.ctlake(words); err != nil || s.status != exitDone {
				t.Fatalf("%s: %v, status %d\n%s", line, err, s.status, s.stderr)
			}
			ran++
		}
		if m[2] == "" {
			return block
		}
		if !*updateScripts && m[3] != string(s.stdout) {
			t.Errorf("%sprints\n%s\nwant\n%s", m[1], s.stdout, m[3])
		}
		return "```sh\n" + m[1] + "```\n```text\n" + string(s.stdout) + "```"
	})
	if ran < 10 {
		t.Errorf("only %d commands", ran)
	}
	if *updateScripts {
		if err := os.WriteFile(file, []byte(updated), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
