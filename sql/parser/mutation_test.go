package parser_test

import (
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/sql/parser"
)

// TestMutations parses statements of the goldens with some of their tokens deleted, doubled, or
// put in place of others. Whatever still parses must survive its own text form.
func TestMutations(t *testing.T) {
	const seed, rounds = 20240501, 30_000
	r := rand.New(rand.NewPCG(seed, 0))
	var statements [][]string
	var vocabulary []string
	tokens := regexp.MustCompile(`'[^']*'|"[^"]*"|[A-Za-z_$][A-Za-z_0-9]*|[0-9.]+|->|=>|<>|[<>]=|\|\||\S`)
	for _, file := range []string{"statements.txt", "idioms.txt", "errors.txt"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(data), "\n\n") {
			statement, _, ok := strings.Cut(block, "\n----\n")
			if ok && !strings.Contains(statement, "--") {
				words := tokens.FindAllString(statement, -1)
				statements = append(statements, words)
				vocabulary = append(vocabulary, words...)
			}
		}
	}
	parsed := 0
	for range rounds {
		words := append([]string(nil), statements[r.IntN(len(statements))]...)
		for range 1 + r.IntN(3) {
			i := r.IntN(len(words))
			switch r.IntN(4) {
			case 0:
				words = append(words[:i], words[i+1:]...)
			case 1:
				words = append(words[:i+1], words[i:]...)
			case 2:
				words[i] = vocabulary[r.IntN(len(vocabulary))]
			case 3:
				words = append(words[:i], append([]string{vocabulary[r.IntN(len(vocabulary))]}, words[i:]...)...)
			}
			if len(words) == 0 {
				words = []string{"SELECT"}
			}
		}
		text := strings.Join(words, " ")
		s, err := parser.Parse(text, parser.Options{})
		if err != nil {
			continue
		}
		parsed++
		if reparse(t, s); t.Failed() {
			t.Fatalf("seed %d: %s", seed, text)
		}
	}
	if parsed < rounds/50 {
		t.Errorf("only %d of %d mutations parse: they test little", parsed, rounds)
	}
}
