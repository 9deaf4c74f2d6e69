// Package samples is a catalogue of queries for investigators: by topic, with the MITRE ATT&CK
// technique that each one looks for, and with parameters that have defaults.
//
// A file in queries/ holds the samples of a topic:
//
//	-- topic: Signing in
//
//	-- name: guessed-passwords
//	-- title: Addresses with several failed sign-ins, and whether one succeeded in the end
//	-- attack: T1110
//	-- param: failures number = 3; failed sign-ins at least
//	SELECT …
//	FROM $EDS_ID
//	WHERE {{when}}
//	  AND …
//	HAVING count(*) >= {{failures}};
//
// {{when}} stands for the range of time that is asked for and goes away, with the AND or WHERE
// about it, where none is; {{name}} for a parameter's value as a literal.
package samples

import (
	"embed"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed queries/*.sql
var queries embed.FS

// Sample is a query of the catalogue.
type Sample struct {
	Name  string // lower case, with dashes
	Title string
	Topic string
	// Attack is the ID of a MITRE ATT&CK technique, or "".
	Attack string
	Params []Param
	text   string
}

// Param is a parameter of a sample.
type Param struct {
	Name string
	// Number tells that the value is a whole number; else it is a text.
	Number  bool
	Default string
	Doc     string
}

// All returns the samples, by topic.
var All = sync.OnceValue(func() []Sample {
	files, err := queries.ReadDir("queries")
	if err != nil {
		panic(err) // the files are in the binary
	}
	var all []Sample
	for _, f := range files {
		text, err := queries.ReadFile(path.Join("queries", f.Name()))
		if err != nil {
			panic(err)
		}
		samples, err := parse(string(text))
		if err != nil {
			panic(fmt.Sprintf("%s: %v", f.Name(), err)) // a test reads them all
		}
		all = append(all, samples...)
	}
	return all
})

var (
	header    = regexp.MustCompile(`^-- ([a-z]+): (.*)$`)
	parameter = regexp.MustCompile(`^([a-z]+) (number|text) = ([^;]*); (.+)$`)
)

// parse reads the file of a topic.
func parse(text string) (samples []Sample, err error) {
	topic := ""
	for line := range strings.Lines(text) {
		m := header.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		var s *Sample
		if len(samples) > 0 {
			s = &samples[len(samples)-1]
		}
		switch {
		case m == nil:
			if s != nil {
				s.text += line
			}
			continue
		case m[1] == "topic":
			topic = m[2]
			continue
		case m[1] == "name":
			samples = append(samples, Sample{Name: m[2], Topic: topic})
			continue
		case s == nil:
			return nil, fmt.Errorf("%s stands before a name", m[1])
		}
		switch m[1] {
		case "title":
			s.Title = m[2]
		case "attack":
			s.Attack = m[2]
		case "param":
			p := parameter.FindStringSubmatch(m[2])
			if p == nil {
				return nil, fmt.Errorf("%s: %q is no parameter", s.Name, m[2])
			}
			s.Params = append(s.Params, Param{Name: p[1], Number: p[2] == "number", Default: p[3], Doc: p[4]})
		default:
			return nil, fmt.Errorf("%s: what is %q?", s.Name, m[1])
		}
	}
	for i := range samples {
		samples[i].text = strings.TrimSuffix(strings.TrimSpace(samples[i].text), ";")
	}
	return samples, nil
}

// Find returns the sample of a name. The error of one that there is not names those that are near.
func Find(name string) (Sample, error) {
	all := All()
	if i := slices.IndexFunc(all, func(s Sample) bool { return strings.EqualFold(s.Name, name) }); i >= 0 {
		return all[i], nil
	}
	var near []string
	for _, s := range Search(name) {
		near = append(near, s.Name)
	}
	switch {
	case len(near) == 0:
		return Sample{}, fmt.Errorf("there is no sample %q", name)
	case len(near) > 5:
		near = append(near[:5], "…")
	}
	return Sample{}, fmt.Errorf("there is no sample %q; there are %s", name, strings.Join(near, ", "))
}

// Search returns the samples that have every word in their name, title, topic, technique or text, without regard to case.
func Search(words string) []Sample {
	var found []Sample
	for _, s := range All() {
		text := strings.ToLower(strings.Join([]string{s.Name, s.Title, s.Topic, s.Attack, s.text}, "\n"))
		if !slices.ContainsFunc(strings.Fields(strings.ToLower(words)), func(word string) bool { return !strings.Contains(text, word) }) {
			found = append(found, s)
		}
	}
	return found
}

var (
	whenAlone = regexp.MustCompile(`\n *WHERE \{\{when\}\}(\n *)AND `)
	whenOnly  = regexp.MustCompile(`\n *WHERE \{\{when\}\}`)
)

// SQL returns the statement with the values of its parameters, of which those not given take
// their defaults, and with a condition on the events' time, or none ("").
func (s Sample) SQL(values map[string]string, when string) (string, error) {
	text := s.text
	if when == "" {
		text = whenAlone.ReplaceAllStringFunc(text, func(m string) string {
			return strings.TrimSuffix(m[:strings.Index(m, "{{when}}")], " ") + " "
		})
		text = whenOnly.ReplaceAllString(text, "")
	}
	// One pass over the text: a value that looks like a parameter is none.
	pairs := []string{"{{when}}", when}
	for _, p := range s.Params {
		value, given := values[p.Name]
		if !given {
			value = p.Default
		}
		if p.Number {
			if _, err := strconv.ParseInt(value, 10, 64); err != nil {
				return "", fmt.Errorf("%s is a whole number, not %q", p.Name, value)
			}
		} else {
			value = "'" + strings.ReplaceAll(value, "'", "''") + "'"
		}
		pairs = append(pairs, "{{"+p.Name+"}}", value)
	}
	for name := range values {
		if !slices.ContainsFunc(s.Params, func(p Param) bool { return p.Name == name }) {
			return "", fmt.Errorf("%s has no parameter %q%s", s.Name, name, s.parameters())
		}
	}
	return replace(text, pairs), nil
}

// parameters tells what parameters there are, for an error.
func (s Sample) parameters() string {
	var names []string
	for _, p := range s.Params {
		names = append(names, p.Name)
	}
	if names == nil {
		return ""
	}
	return "; it has " + strings.Join(names, ", ")
}

var placeholder = regexp.MustCompile(`\{\{[a-z]+\}\}`)

// replace puts values for placeholders.
func replace(text string, pairs []string) string {
	return placeholder.ReplaceAllStringFunc(text, func(m string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == m {
				return pairs[i+1]
			}
		}
		return m
	})
}
