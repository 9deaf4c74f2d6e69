// Package complete finds what may stand at the cursor in a statement that is being typed.
//
//	SELECT userIdentity.ses|            fields of the struct
//	SELECT element_at(requestParameters, 'buck|   keys seen in the data
//	WHERE eventName = 'Cre|             values seen in the data
//	FROM tr|                            event data stores
//	SELECT date_tr|                     columns, functions, keywords
//
// A statement that is not finished has no syntax tree: the package goes by its tokens. What it
// offers is a help for typing; nothing depends on it being all that could stand there.
package complete

import (
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql/function"
	"github.com/ctlake/ctlake/storage/types"
)

// Kind is a sort of candidate.
type Kind string

// The kinds of candidates, in the order in which lists have them.
const (
	Store    Kind = "store"
	Column   Kind = "column"
	Field    Kind = "field"
	Key      Kind = "key"
	Value    Kind = "value"
	Alias    Kind = "alias"
	Function Kind = "function"
	Keyword  Kind = "keyword"
	Command  Kind = "command"
	File     Kind = "file"
)

var order = []Kind{Store, Column, Field, Key, Value, Alias, Function, Keyword, Command, File}

// Candidate is something that may stand at the cursor.
type Candidate struct {
	Text   string
	Kind   Kind
	Detail string // the type of a column, the signature of a function
	// Close is what follows Text if it is the only candidate: the quote behind a key.
	Close string
}

// Completions are what may take the place of the text from From to the cursor.
type Completions struct {
	From       int // byte offset in the text
	Candidates []Candidate
	// Signatures are those of the function whose arguments the cursor is in, if nothing of the argument was typed yet.
	Signatures []string
}

// Source knows the lake. Its methods are to answer at once, from memory.
type Source interface {
	// Stores returns the names of the event data stores.
	Stores() []string
	// Columns returns the columns of the stores, with names as people write them.
	Columns() []TableColumn
	// Keys returns the keys seen in a column of maps of a store, the most frequent first; store is "" where
	// the statement does not tell it.
	Keys(store, column string) []string
	// Values returns texts seen in a column or field, the most frequent first.
	Values(store, path string) []string
}

// TableColumn is a column, or a field of a struct.
type TableColumn struct {
	Name   string
	Type   types.Type
	Fields []TableColumn // of a struct, or of the structs in an array
}

// At returns the completions at the cursor, a byte offset in text, which is the whole statement as far as it was typed.
func At(text string, cursor int, source Source) Completions {
	cursor = min(max(cursor, 0), len(text))
	tokens := scan(text[:cursor])
	c := context{source: source, tokens: tokens, all: scan(text), at: cursor}
	return c.complete()
}

// context is a place in a statement.
type context struct {
	source Source
	tokens []token // up to the cursor
	all    []token // of the whole statement
	at     int
}

func (c *context) complete() Completions {
	n := len(c.tokens)
	if n > 0 {
		switch last := c.tokens[n-1]; {
		case last.kind == comment && last.open:
			return Completions{From: c.at}
		case last.kind == text && last.open:
			return c.literal(last)
		case last.kind == quoted && last.open:
			return c.word(last.at+1, last.text, c.tokens[:n-1], true)
		case last.kind == name && last.end == c.at:
			return c.word(last.at, last.text, c.tokens[:n-1], false)
		}
	}
	return c.word(c.at, "", c.tokens, false)
}

// literal completes the text of a string literal that is open.
func (c *context) literal(open token) Completions {
	out := Completions{From: open.at + 1}
	before := c.tokens[:len(c.tokens)-1]
	if path, ok := mapBefore(before); ok {
		column := path[len(path)-1]
		closing := "'"
		if before[len(before)-1].text == "," {
			closing = "')"
		} else {
			closing = "']"
		}
		for _, key := range c.source.Keys(c.store(), strings.ToLower(column)) {
			out.add(open.text, Candidate{Text: strings.ReplaceAll(key, "'", "''"), Kind: Key, Close: closing})
		}
		return out.sorted(false)
	}
	if path, ok := compared(before); ok {
		if column, known := c.resolve(path); known && column.Type.IsString() {
			for _, value := range c.source.Values(c.store(), strings.ToLower(strings.Join(c.unqualified(path), "."))) {
				out.add(open.text, Candidate{Text: strings.ReplaceAll(value, "'", "''"), Kind: Value, Close: "'"})
			}
		}
	}
	return out.sorted(false)
}

// mapBefore returns the path of a map that a key is looked up in: element_at(path, ' or path['.
func mapBefore(tokens []token) (path []string, ok bool) {
	n := len(tokens)
	switch {
	case n >= 1 && tokens[n-1].text == "[":
		path, _ = pathBefore(tokens[:n-1])
		return path, len(path) > 0
	case n >= 4 && tokens[n-1].text == ",":
		path, from := pathBefore(tokens[:n-1])
		if len(path) > 0 && from >= 2 && tokens[from-1].text == "(" && strings.EqualFold(tokens[from-2].text, "element_at") {
			return path, true
		}
	}
	return nil, false
}

// compared returns the path that a literal is compared with: path = ', path <> ', path LIKE ', path IN (', …
func compared(tokens []token) (path []string, ok bool) {
	n := len(tokens)
	if n == 0 {
		return nil, false
	}
	end := n - 1
	switch last := tokens[n-1]; {
	case last.text == "=" || last.text == ">" && n >= 2 && tokens[n-2].text == "<" || last.text == "=" && n >= 2 && tokens[n-2].text == "!":
		for end > 0 && strings.Contains("<>!=", tokens[end-1].text) {
			end--
		}
	case strings.EqualFold(last.text, "LIKE"):
	case last.text == "(" || last.text == ",":
		// a list: back to its IN (
		for end > 0 && (tokens[end].kind == text || tokens[end].text == ",") {
			end--
		}
		if tokens[end].text != "(" || end == 0 || !strings.EqualFold(tokens[end-1].text, "IN") {
			return nil, false
		}
		end--
	default:
		return nil, false
	}
	if end > 0 && strings.EqualFold(tokens[end-1].text, "NOT") {
		end--
	}
	path, _ = pathBefore(tokens[:end])
	return path, len(path) > 0
}

// pathBefore returns the names a.b[1].c at the end of tokens, without subscripts, and the index where they begin.
func pathBefore(tokens []token) (path []string, from int) {
	i := len(tokens)
	for i > 0 {
		for i > 0 && tokens[i-1].text == "]" {
			depth := 0
			for i > 0 {
				i--
				if tokens[i].text == "]" {
					depth++
				} else if tokens[i].text == "[" {
					if depth--; depth == 0 {
						break
					}
				}
			}
		}
		if i == 0 || tokens[i-1].kind != name && tokens[i-1].kind != quoted {
			break
		}
		i--
		path = append(path, tokens[i].text)
		if i == 0 || tokens[i-1].text != "." {
			break
		}
		i--
	}
	slices.Reverse(path)
	return path, i
}

// word completes a name of which prefix was typed, behind the tokens before it.
func (c *context) word(from int, prefix string, before []token, inQuotes bool) Completions {
	out := Completions{From: from}
	n := len(before)
	if n > 0 && before[n-1].text == "." {
		path, _ := pathBefore(before[:n-1])
		for _, f := range c.members(path) {
			out.add(prefix, Candidate{Text: f.Name, Kind: Field, Detail: f.Type.String()})
		}
		return out.sorted(true)
	}
	if inTables(before) {
		for _, s := range c.source.Stores() {
			if !inQuotes {
				s = quoteName(s)
			}
			out.add(prefix, Candidate{Text: s, Kind: Store})
		}
		for _, s := range c.commonTables() {
			out.add(prefix, Candidate{Text: s, Kind: Alias, Detail: "WITH"})
		}
		if prefix != "" && !inQuotes {
			out.words(prefix, []string{"LATERAL", "UNNEST", "TABLE", "SELECT"})
		}
		return out.sorted(true)
	}
	if inQuotes {
		return out
	}
	if n == 0 || before[n-1].text == ";" {
		out.words(prefix, statementWords)
		return out.sorted(true)
	}
	if n >= 2 && before[n-1].text == "(" && before[n-2].kind == name && prefix == "" {
		out.Signatures = signaturesOf(before[n-2].text)
	}
	for _, col := range c.source.Columns() {
		out.add(prefix, Candidate{Text: quoteName(col.Name), Kind: Column, Detail: col.Type.String()})
	}
	for _, a := range c.aliases() {
		out.add(prefix, Candidate{Text: a, Kind: Alias})
	}
	if prefix != "" {
		for _, f := range functions() {
			out.add(prefix, f)
		}
		out.words(prefix, keywords)
	}
	return out.sorted(true)
}

// add adds a candidate if it begins with what was typed, in any case.
func (out *Completions) add(prefix string, candidate Candidate) {
	if len(candidate.Text) >= len(prefix) && strings.EqualFold(candidate.Text[:len(prefix)], prefix) {
		out.Candidates = append(out.Candidates, candidate)
	}
}

// words adds keywords, in lower case where what was typed is.
func (out *Completions) words(prefix string, words []string) {
	lower := prefix != "" && prefix == strings.ToLower(prefix)
	for _, w := range words {
		if lower {
			w = strings.ToLower(w)
		}
		out.add(prefix, Candidate{Text: w, Kind: Keyword})
	}
}

// sorted puts the kinds in order, names within a kind by the alphabet, and leaves out what comes twice.
// Keys and values keep their order: the most frequent first.
func (out Completions) sorted(byName bool) Completions {
	slices.SortStableFunc(out.Candidates, func(a, b Candidate) int {
		if d := slices.Index(order, a.Kind) - slices.Index(order, b.Kind); d != 0 || !byName {
			return d
		}
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	})
	seen := map[string]bool{}
	out.Candidates = slices.DeleteFunc(out.Candidates, func(c Candidate) bool {
		lower := strings.ToLower(c.Text)
		if seen[lower] {
			return true
		}
		seen[lower] = true
		return false
	})
	return out
}

// Common returns how the text from From to the cursor may be continued whatever candidate is meant;
// typed is that text. A sole candidate comes with its Close.
func (out Completions) Common(typed string) string {
	if len(out.Candidates) == 0 {
		return typed
	}
	first := out.Candidates[0].Text
	if len(out.Candidates) == 1 {
		return first + out.Candidates[0].Close
	}
	n := len(first)
	for _, c := range out.Candidates[1:] {
		n = min(n, len(c.Text))
		for !strings.EqualFold(first[:n], c.Text[:n]) {
			n--
		}
	}
	for n > 0 && n < len(first) && first[n]&0xc0 == 0x80 {
		n-- // within a character
	}
	if n <= len(typed) {
		return typed
	}
	return first[:n]
}

// functions are the candidates of all functions.
var functions = onceValue(func() []Candidate {
	var out []Candidate
	for _, s := range function.Signatures() {
		if len(out) > 0 && out[len(out)-1].Text == s.Name {
			continue
		}
		out = append(out, Candidate{Text: s.Name, Kind: Function, Detail: signature(s)})
	}
	return out
})

func signature(s function.Signature) string {
	params, variadic := s.Arguments()
	if variadic {
		params += " …"
	}
	return "(" + params + ") → " + s.Result
}

func signaturesOf(called string) []string {
	var out []string
	for _, s := range function.Signatures() {
		if strings.EqualFold(s.Name, called) {
			out = append(out, s.Name+signature(s))
		}
	}
	return out
}
