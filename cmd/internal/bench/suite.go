package main

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed suite/*.sql
var suiteFiles embed.FS

// statement is a file of the suite.
type statement struct {
	name, title string
	check       []string          // columns whose values must agree; nil for all
	text        string            // Trino's SQL
	other       map[string]string // for engines that want it differently; "" if they cannot do it
}

// readSuite returns the statements in order.
func readSuite() ([]statement, error) {
	files, err := suiteFiles.ReadDir("suite")
	if err != nil {
		return nil, err
	}
	var out []statement
	for _, f := range files {
		text, err := suiteFiles.ReadFile("suite/" + f.Name())
		if err != nil {
			return nil, err
		}
		s, err := parseStatement(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name(), err)
		}
		s.name = strings.TrimSuffix(f.Name(), ".sql")
		out = append(out, s)
	}
	return out, nil
}

func parseStatement(text string) (statement, error) {
	s := statement{other: map[string]string{}}
	title, rest, _ := strings.Cut(text, "\n")
	var ok bool
	if s.title, ok = strings.CutPrefix(title, "-- "); !ok {
		return s, fmt.Errorf("the first line is no title")
	}
	engine := ""
	for line := range strings.Lines(rest) {
		directive, ok := strings.CutPrefix(strings.TrimSpace(line), "-- @")
		name, argument, _ := strings.Cut(directive, " ")
		switch {
		case !ok && engine == "":
			s.text += line
		case !ok:
			s.other[engine] += line
		case name == "check":
			s.check = strings.Fields(argument)
		default:
			engine = name
			s.other[engine] = ""
		}
	}
	return s, nil
}

// forEngine returns the statement as an engine wants it; "" if it cannot do it.
func (s statement) forEngine(dialect string) string {
	if text, ok := s.other[dialect]; ok {
		return text
	}
	return s.text
}

// replaced returns s with words in place of others.
func (s statement) replaced(r *strings.Replacer) statement {
	s.text = r.Replace(s.text)
	other := map[string]string{}
	for engine, text := range s.other {
		other[engine] = r.Replace(text)
	}
	s.other = other
	return s
}

// chosen returns the statements whose names have one of the parts in them.
func chosen(suite []statement, parts []string) []statement {
	return slices.DeleteFunc(suite, func(s statement) bool {
		return !slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(s.name, p) })
	})
}
