// Package sqltest runs SQL tests: text files that hold statements with their expected
// answers side by side.
//
//	# who owns the key that the intruder made
//	load trail seed=7 events=2000 days=5 accounts=3 duplicates=3
//
//	query owner
//	SELECT DISTINCT userIdentity.arn FROM trail WHERE userIdentity.accessKeyId = 'AKIA…'
//	----
//	arn
//	arn:aws:iam::111122223333:user/svc-legacy-sync
//
//	error misspelt
//	SELECT evntName FROM trail
//	----
//	COLUMN_NOT_FOUND: line 1:8: Column 'evntname' cannot be resolved
//	hint: did you mean 'eventname'?
//
// A file begins with one load directive: the name of an event data store and what of
// package ingest/synth is in it. A file whose statements need no store has none. What
// follows are blocks, set apart by empty lines:
//
//	query NAME   the answer as CSV with a header
//	error NAME   the code and text of the error, and its hint if it has one
//	plan NAME    the text of the plan; it is not run
//
// A block is the directive, the statement, a line "----", and what is expected up to an
// empty line. An answer with empty lines in it stands between two pairs of such lines.
// Lines that begin with # before a directive are comments. "{store id}" in a statement
// stands for the UUID of the store, which no test can know.
//
// The clock of statements stands at Now. Order is part of every answer, with ORDER BY or
// without: a lake gives rows of equal statements in equal order. Each file runs under many
// Configs, which must not matter: each statement in one way of each kind, with -every-way in all.
//
// Functions and operators have files of another form, an expression a line. Each is
// computed in all Ways, which must not matter either:
//
//	expressions zone=America/New_York
//	# Trino's documentation; Python's str.upper
//	upper('abc') => varchar(3) : ABC
//	upper(NULL) => varchar : NULL
//	upper('') => varchar(0) : ""
//	chr(-1) => ! INVALID_FUNCTION_ARGUMENT: Not a valid Unicode code point: -1
//	(SELECT sum(x) FROM (VALUES 1, 2) t(x)) => bigint : 3
//
// Behind => stand the type and the value's text, NULL for NULL; a text that is empty, reads
// NULL, begins with a double quote, or has spaces at an end or control characters in it is
// in double quotes with Go's escapes. An error has its code and its text without the
// position. The session zone is UTC unless the first line names another.
package sqltest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ctlake/ctlake/ingest/synth"
)

// Kind is what a block expects.
type Kind string

// The kinds of blocks.
const (
	QueryBlock Kind = "query"
	ErrorBlock Kind = "error"
	PlanBlock  Kind = "plan"
)

// separator stands between a statement and what it gives.
const separator = "----"

// Archive says what a store holds.
type Archive struct {
	Store   string
	Options synth.Options
}

// Block is a statement and what is expected of it.
type Block struct {
	Kind      Kind
	Name      string
	Statement string
	Expected  string // ends in a newline, unless empty
	Line      int    // of the directive, from 1

	from, to int // lines of what is expected, with its marks: [from, to)
}

// Script is a parsed test file.
type Script struct {
	Archive Archive
	Blocks  []*Block

	lines []string
}

// Parse reads the text of a test file. Its errors name the line.
func Parse(text string) (*Script, error) {
	s := &Script{lines: strings.Split(text, "\n")}
	names := map[string]bool{}
	for i := 0; i < len(s.lines); {
		line := s.lines[i]
		word, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
			i++
		case word == "load":
			if s.Archive.Store != "" || len(s.Blocks) > 0 {
				return nil, fmt.Errorf("line %d: a load that is not the first directive", i+1)
			}
			archive, err := parseLoad(rest)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+1, err)
			}
			s.Archive = archive
			i++
		case word == string(QueryBlock) || word == string(ErrorBlock) || word == string(PlanBlock):
			b := &Block{Kind: Kind(word), Name: rest, Line: i + 1}
			switch {
			case rest == "" || strings.ContainsAny(rest, " /") || names[rest]:
				return nil, fmt.Errorf("line %d: %q is no name, or not the first of it", b.Line, rest)
			}
			names[rest] = true
			var err error
			if i, err = s.block(b, i+1); err != nil {
				return nil, fmt.Errorf("line %d: %w", b.Line, err)
			}
			s.Blocks = append(s.Blocks, b)
		default:
			return nil, fmt.Errorf("line %d: %q is no directive", i+1, word)
		}
	}
	return s, nil
}

// block reads the rest of b from line i, and returns the line after it.
func (s *Script) block(b *Block, i int) (int, error) {
	from := i
	for i < len(s.lines) && s.lines[i] != separator {
		i++
	}
	if i == len(s.lines) {
		return 0, fmt.Errorf("no %s after the statement", separator)
	}
	b.Statement = strings.Join(s.lines[from:i], "\n")
	b.from = i + 1
	var text []string
	if s.at(i+1) == separator {
		i += 2
		for from = i; !(s.at(i) == separator && s.at(i+1) == separator); i++ {
			if i >= len(s.lines) {
				return 0, fmt.Errorf("what is expected does not end in two %s", separator)
			}
		}
		text, b.to = s.lines[from:i], i+2
	} else {
		for from, i = i+1, i+1; i < len(s.lines) && s.lines[i] != ""; i++ {
		}
		text, b.to = s.lines[from:i], i
	}
	if len(text) > 0 {
		b.Expected = strings.Join(text, "\n") + "\n"
	}
	return b.to, nil
}

func (s *Script) at(i int) string {
	if i >= len(s.lines) {
		return ""
	}
	return s.lines[i]
}

// Rewrite returns the file's text with what answers says in place of what was expected.
func (s *Script) Rewrite(answer func(*Block) string) string {
	var out []string
	last := 0
	for _, b := range s.Blocks {
		out = append(out, s.lines[last:b.from]...)
		last = b.to
		text := answer(b)
		if text == "" {
			continue
		}
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if strings.HasPrefix(text, "\n") || strings.Contains(text, "\n\n") {
			out = append(append(append(out, separator), lines...), separator, separator)
		} else {
			out = append(out, lines...)
		}
	}
	return strings.Join(append(out, s.lines[last:]...), "\n")
}

// parseLoad reads what follows "load": a store's name, and options as key=value.
func parseLoad(text string) (Archive, error) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return Archive{}, fmt.Errorf("load what?")
	}
	a := Archive{Store: fields[0], Options: synth.Options{Story: true}}
	for _, f := range fields[1:] {
		key, value, _ := strings.Cut(f, "=")
		n, err := strconv.Atoi(value)
		if err != nil {
			return Archive{}, fmt.Errorf("load: %s takes a number, not %q", key, value)
		}
		switch key {
		case "seed":
			a.Options.Seed = uint64(n)
		case "events":
			a.Options.Events = n
		case "days":
			a.Options.Days = n
		case "accounts":
			a.Options.Accounts = n
		case "duplicates":
			a.Options.DuplicatePercent = n
		default:
			return Archive{}, fmt.Errorf("load: no option is called %q", key)
		}
	}
	return a, nil
}

// Now is the moment at which all statements run: midnight after a week from synth.DefaultStart.
var Now = time.Date(2026, time.March, 9, 0, 0, 0, 0, time.UTC)
