package sqltest

import (
	"strings"
	"testing"
)

const sample = `# a comment
load trail seed=7 events=400 days=3 accounts=2

query one
SELECT 1
AS x
----
x
1

# on the next
query holes
SELECT NULL AS x
----
----
x

----
----

error wrong
SELECT y
----
COLUMN_NOT_FOUND: line 1:8: Column 'y' cannot be resolved
`

func TestParse(t *testing.T) {
	s, err := Parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Archive; a.Store != "trail" || a.Options.Seed != 7 || a.Options.Events != 400 || a.Options.Days != 3 || a.Options.Accounts != 2 {
		t.Errorf("load: %+v", a)
	}
	want := []Block{
		{Kind: QueryBlock, Name: "one", Statement: "SELECT 1\nAS x", Expected: "x\n1\n", Line: 4},
		{Kind: QueryBlock, Name: "holes", Statement: "SELECT NULL AS x", Expected: "x\n\n", Line: 12},
		{Kind: ErrorBlock, Name: "wrong", Statement: "SELECT y", Expected: "COLUMN_NOT_FOUND: line 1:8: Column 'y' cannot be resolved\n", Line: 21},
	}
	for i, b := range s.Blocks {
		got := *b
		got.from, got.to = 0, 0
		if got != want[i] {
			t.Errorf("block %d: %+v, want %+v", i, got, want[i])
		}
	}
	if got := s.Rewrite(func(b *Block) string { return b.Expected }); got != sample {
		t.Errorf("rewritten with what it has:\n%s", got)
	}
	got := s.Rewrite(func(b *Block) string { return "a\n\nb\n" })
	if again, err := Parse(got); err != nil || again.Blocks[2].Expected != "a\n\nb\n" {
		t.Errorf("rewritten with empty lines: %v\n%s", err, got)
	}
}

func TestParseComplains(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	f("load", "load what?")
	f("load trail size=3", `no option is called "size"`)
	f("load trail days=x", "takes a number")
	f("load trail\nload trail", "not the first directive")
	f("load trail\nquery\nSELECT 1\n----\n", "is no name")
	f("load trail\nquery a\nSELECT 1\n", "line 2: no ----")
	f("load trail\nquery a\nSELECT 1\n----\n----\n1\n", "does not end")
	f("load trail\nquery a\nSELECT 1\n----\n1\n\nquery a\nSELECT 1\n----\n", "not the first")
	f("load trail\nselect 1", `"select" is no directive`)
}
