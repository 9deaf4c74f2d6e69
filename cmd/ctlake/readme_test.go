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

var (
	block     = regexp.MustCompile("(?ms)^```(sh|sql)\n(.*?)^```$")
	shellWord = regexp.MustCompile(`"([^"]*)"|(\S+)`)
)

// TestReadme runs what README tells the reader to type, in a home with logs where README has them.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, dir: t.TempDir()}
	if _, err := synth.Write(filepath.Join(s.dir, "logs"), synth.Options{Events: 300, Days: 1, Accounts: 1}); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, m := range block.FindAllStringSubmatch(string(text), -1) {
		var lines [][]string
		switch m[1] {
		case "sh":
			for line := range strings.Lines(m[2]) {
				// The go commands are for a checkout; this test is run by one of them.
				if command, ok := strings.CutPrefix(line, "./ctlake "); ok {
					command, _, _ = strings.Cut(command, " # ")
					var words []string
					for _, w := range shellWord.FindAllStringSubmatch(command, -1) {
						word := w[1] + w[2]
						if rest, ok := strings.CutPrefix(word, "~"); ok {
							word = s.dir + rest
						}
						words = append(words, word)
					}
					lines = append(lines, words)
				}
			}
		case "sql":
			for _, st := range parser.Split(m[2]) {
				lines = append(lines, []string{"query", st.Text})
			}
		}
		for _, words := range lines {
			ran++
			if err := s.ctlake(words); err != nil || s.status != exitDone {
				t.Errorf("ctlake %s: %v, status %d\n%s", strings.Join(words, " "), err, s.status, s.stderr)
			}
		}
	}
	if ran < 5 {
		t.Errorf("only %d commands", ran)
	}
}
