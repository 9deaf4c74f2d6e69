// Package output writes the results of queries, one file a format.
//
//	Begin(columns) ── Write(batch)* ── End(stats) | Fail(error)
//
// A Writer streams: what it holds back is bounded by named constants. Text that
// comes from logs is hostile: formats for people escape control characters,
// formats for programs quote by their own rules and change nothing else.
package output

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/engine"
	"github.com/ctlake/ctlake/storage/vector"
)

// Options change how values are written, where the format has a choice.
type Options struct {
	NoHeader bool
	// Null is what NULL is written as; nil for the format's own way.
	Null *string
	// Safe prefixes cells that a spreadsheet would run as a formula.
	Safe bool
	// Screen is where a person sees the result; nil if nobody does: nothing is then cut or coloured.
	Screen *Screen
}

// Writer writes the result of one statement. Its methods are called in order: Begin
// once, Write for each batch, then End, or Fail if the statement failed on the way
// (also before Begin).
type Writer interface {
	Begin(columns []engine.Column) error
	Write(b *vector.Batch) error
	End(stats engine.Stats) error
	// Fail ends the result of a statement that failed. Only formats that say so in
	// their own text write anything; the caller reports err elsewhere in any case.
	Fail(err error) error
}

type format struct {
	names []string // the first is the one for lists; others are Trino's
	doc   string
	// file: a result is a whole file, of bytes that are nothing to look at
	file bool
	// people: it is fitted to a screen, and paged
	people bool
	new    func(w io.Writer, o Options) Writer
}

var formats []format

func register(f format) struct{} {
	formats = append(formats, f)
	return struct{}{}
}

// find returns the format of a name. Names in lower case are ctlake's; Trino's names are
// known too, in upper case where the two differ.
func find(name string) (format, error) {
	for _, candidate := range []string{name, strings.ToUpper(name), strings.ToLower(name)} {
		for _, f := range formats {
			if slices.Contains(f.names, candidate) {
				return f, nil
			}
		}
	}
	return format{}, fmt.Errorf("unknown output format %q; there are %s", name, strings.Join(Names(), ", "))
}

// New returns a writer of the named format to w.
func New(name string, w io.Writer, o Options) (Writer, error) {
	f, err := find(name)
	if err != nil {
		return nil, err
	}
	return f.new(w, o), nil
}

// NeedsFile reports whether each result in the named format is a file of its own: a terminal or pipe is no place for it.
func NeedsFile(name string) bool {
	f, err := find(name)
	return err == nil && f.file
}

// ForPeople reports whether the named format is one for people to look at.
func ForPeople(name string) bool {
	f, err := find(name)
	return err == nil && f.people
}

// Doc returns what the named format is, in a line.
func Doc(name string) string {
	f, _ := find(name)
	return f.doc
}

// endings are the names of files that say which format they have.
var endings = map[string]string{".csv": "csv", ".tsv": "tsv", ".json": "json", ".jsonl": "jsonl", ".orc": "orc", ".md": "markdown",
	".txt": "table"}

// OfFile returns the format that the name of a file asks for.
func OfFile(name string) (string, error) {
	ending := strings.ToLower(filepath.Ext(name))
	if f, ok := endings[ending]; ok {
		return f, nil
	}
	return "", fmt.Errorf("%q does not say its format: it is to end with %s", name, strings.Join(slices.Sorted(maps.Keys(endings)), ", "))
}

// Names returns the formats' names, sorted.
func Names() []string {
	var names []string
	for _, f := range formats {
		if f.names[0] == strings.ToLower(f.names[0]) {
			names = append(names, f.names[0])
		}
	}
	slices.Sort(names)
	return names
}

// silent is embedded by formats that have nothing to say at the end.
type silent struct{}

func (silent) End(engine.Stats) error { return nil }
func (silent) Fail(error) error       { return nil }

// flushAt is how many bytes a format gathers before it writes them out.
const flushAt = 64 << 10

// buffer gathers output in pieces of flushAt bytes.
type buffer struct {
	w    io.Writer
	text []byte
}

func (b *buffer) flush() error {
	if len(b.text) == 0 {
		return nil
	}
	_, err := b.w.Write(b.text)
	b.text = b.text[:0]
	return err
}

func (b *buffer) flushIfFull() error {
	if len(b.text) < flushAt {
		return nil
	}
	return b.flush()
}

var _ = register(format{names: []string{"null", "NULL"}, doc: "nothing, for timing",
	new: func(io.Writer, Options) Writer { return nothing{} }})

type nothing struct{ silent }

func (nothing) Begin([]engine.Column) error { return nil }
func (nothing) Write(*vector.Batch) error   { return nil }
