package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/peterh/liner"

	"github.com/ctlake/ctlake/cmd/internal/complete"
	"github.com/ctlake/ctlake/cmd/internal/output"
)

// Editor is a terminal on which lines are edited.
type Editor struct {
	History *History
	// Complete returns what may stand at the cursor, a byte offset in text, which is all that was typed of the
	// statement or command. nil completes nothing.
	Complete func(text string, cursor int) complete.Completions
	// Size returns the columns and lines of the terminal.
	Size func() (columns, lines int)
	// Out is where lists of completions are shown: the terminal.
	Out io.Writer
}

// terminalLines edits lines on a terminal. The terminal is in raw mode only while a
// line is edited, so that ctrl-C during a statement is a signal.
//
// A statement with a mistake is offered for mending, unless it was pasted.
//
// The editor knows single lines. A statement of several that is recalled shows its line breaks and tabs
// as the symbols ␤ and ␉; when the line is entered they are what they stand for again.
type terminalLines struct {
	Editor
	state       *liner.State
	cooked, raw liner.ModeApplier
	prompt      string
	before      string // what was typed of the statement
	offered     string // what the next line begins as
	cursor      int    // in it
	pasted      bool   // the last line came faster than anybody types
}

const (
	// maxOffered is how long a statement may be, in runes, that is offered for mending: each key draws it anew.
	maxOffered = 2000
	// TypedAfter is the least time that a person takes for a line. What comes faster was pasted, or typed ahead while a
	// statement ran, and was not meant for a line that is offered.
	TypedAfter = 100 * time.Millisecond
)

// Offer implements LineSource. After a line that was pasted others may follow, for which it would be in the way.
func (l *terminalLines) Offer(text string, cursor int) {
	line := toLine(text)
	if n := utf8.RuneCountInString(line); l.pasted || n > maxOffered || n != utf8.RuneCountInString(text) {
		return
	}
	l.offered, l.cursor = line, cursor
}

// isWhole reports whether what was typed into a statement that was offered is one by itself, or a command: its person
// had not looked.
func isWhole(typed string) bool {
	typed = strings.TrimSpace(typed)
	if strings.HasSuffix(typed, ";") || strings.HasSuffix(strings.ToUpper(typed), `\G`) {
		return true
	}
	name, _, ok := command(typed)
	return ok && name != "" && (name[0] >= 'a' && name[0] <= 'z' || name[0] == '\\')
}

// insertedInto returns what was inserted at the cursor, in runes, into a text to make line of it; false if line is another.
func insertedInto(line, text string, cursor int) (string, bool) {
	at := len(string([]rune(text)[:cursor]))
	rest, ok := strings.CutPrefix(line, text[:at])
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, text[at:])
}

// CanEdit reports whether the terminal understands what the editor needs.
func CanEdit() bool { return liner.TerminalSupported() }

// NewTerminalLines returns a line editor on the process's terminal. Close restores the terminal.
func NewTerminalLines(e Editor) (LineSource, error) {
	cooked, err := liner.TerminalMode()
	if err != nil {
		return nil, fmt.Errorf("ask for the terminal's mode: %w", err)
	}
	l := &terminalLines{Editor: e, state: liner.NewLiner(), cooked: cooked}
	l.state.SetCtrlCAborts(true)
	l.state.SetMultiLineMode(true)
	l.state.SetBeep(false)
	l.state.SetWordCompleter(l.complete)
	if l.raw, err = liner.TerminalMode(); err != nil {
		return nil, errors.Join(fmt.Errorf("ask for the terminal's mode: %w", err), l.state.Close())
	}
	for _, s := range e.History.Statements() {
		l.state.AppendHistory(toLine(s))
	}
	return l, l.cooked.ApplyMode()
}

func (l *terminalLines) ReadLine(ctx context.Context, prompt, before string) (string, error) {
	l.prompt, l.before = prompt, before
	if err := l.raw.ApplyMode(); err != nil {
		return "", err
	}
	offered, cursor := l.offered, l.cursor
	l.offered = ""
	asked := time.Now()
	entered := make(chan typedLine, 1)
	go func() {
		line, err := l.state.PromptWithSuggestion(prompt, offered, cursor)
		entered <- typedLine{line, err}
	}()
	var line typedLine
	select {
	case line = <-entered:
	case <-ctx.Done():
		// The read cannot be interrupted; the program is about to end.
		return "", errors.Join(ctx.Err(), l.cooked.ApplyMode())
	}
	if restore := l.cooked.ApplyMode(); line.err == nil {
		line.err = restore
	}
	if errors.Is(line.err, liner.ErrPromptAborted) {
		return "", ErrInterrupted
	}
	l.pasted = time.Since(asked) < TypedAfter
	if offered != "" {
		if alone, ok := insertedInto(line.text, offered, cursor); ok && (l.pasted || isWhole(alone)) {
			line.text = alone
		}
	}
	return fromLine(line.text), line.err
}

// AddHistory implements LineSource.
func (l *terminalLines) AddHistory(statement string) {
	if l.Editor.History.Add(statement) {
		l.state.AppendHistory(toLine(statement))
	}
}

// History implements LineSource.
func (l *terminalLines) History() []string { return l.Editor.History.Statements() }

// Close restores the terminal.
func (l *terminalLines) Close() error { return errors.Join(l.Editor.History.Close(), l.state.Close()) }

// Symbols for characters that cannot stand in the editor's line.
var (
	lineOf = strings.NewReplacer("\n", "␤", "\t", "␉")
	ofLine = strings.NewReplacer("␤", "\n", "␉", "\t")
)

// toLine returns a statement as the editor can show it.
func toLine(statement string) string {
	line := lineOf.Replace(statement)
	if strings.IndexFunc(line, isControl) >= 0 {
		return string(output.Escape(nil, []byte(line)))
	}
	return line
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// fromLine returns the statement that a line of the editor stands for.
func fromLine(line string) string { return ofLine.Replace(line) }

// indent is what the tab key gives where nothing stands before the cursor.
const indent = "    "

// complete is called for the tab key. pos counts runes.
func (l *terminalLines) complete(line string, pos int) (head string, completions []string, tail string) {
	runes := []rune(line)
	left, right := string(runes[:pos]), string(runes[pos:])
	if l.Complete == nil || strings.TrimSpace(left) == "" {
		return left, []string{indent}, right
	}
	text := l.before + fromLine(left)
	found := l.Complete(text+fromLine(right), len(text))
	from := min(max(found.From, len(l.before)), len(text))
	typed := text[from:]
	head = toLine(text[len(l.before):from])
	common := found.Common(typed)
	if common != typed && (len(found.Candidates) == 1 || len(common) > len(typed)) {
		if len(found.Candidates) == 1 && strings.HasPrefix(right, found.Candidates[0].Close) {
			common = strings.TrimSuffix(common, found.Candidates[0].Close) // it is there
		}
		return head, []string{toLine(common)}, right
	}
	columns, lines := l.Size()
	list := List(found, typed, columns, lines)
	if list == "" {
		return left, nil, right
	}
	// The editor redraws its line from where it believes the cursor to be: below as many rows as the line had.
	rows := func(s string) int {
		return (output.Width([]byte(l.prompt+s)) + columns) / max(columns, 1)
	}
	all, upTo := rows(line), rows(left)
	fmt.Fprint(l.Out, strings.Repeat("\n", all-upTo+1)+list+strings.Repeat("\n", all-1))
	return head, []string{toLine(typed)}, right
}

// maxListLines is how many lines a list of completions has at most, of the lines of a terminal in half.
const maxListLines = 40

// List returns a list of completions for a person: signatures and details one a line, names alone in columns.
// typed is what they begin with. It is "" if there are none.
func List(found complete.Completions, typed string, columns, lines int) string {
	if columns <= 0 {
		columns = 80
	}
	most := maxListLines
	if lines > 0 {
		most = max(min(most, lines/2), 4)
	}
	var b strings.Builder
	for i, s := range found.Signatures {
		if i == most/2 {
			fmt.Fprintf(&b, "… and %d more\n", len(found.Signatures)-i)
			break
		}
		b.WriteString(clip(s, columns) + "\n")
	}
	detailed := false
	for _, c := range found.Candidates {
		detailed = detailed || c.Detail != ""
	}
	if detailed && len(found.Candidates) <= most {
		width := 0
		for _, c := range found.Candidates {
			width = max(width, output.Width([]byte(c.Text)))
		}
		for _, c := range found.Candidates {
			text := string(output.Escape(nil, []byte(c.Text)))
			separator := strings.Repeat(" ", max(width-output.Width([]byte(text)), 0)) + "  "
			if c.Kind == complete.Function {
				separator = ""
			}
			detail := c.Detail
			if detail == "" {
				detail = string(c.Kind)
				if c.Kind == complete.Function {
					detail = ""
				}
			}
			b.WriteString(clip(strings.TrimRight(text+separator+detail, " "), columns) + "\n")
		}
		return b.String()
	}
	var names []string
	for _, c := range found.Candidates {
		names = append(names, clip(string(output.Escape(nil, []byte(c.Text))), columns))
	}
	b.WriteString(inColumns(names, columns, most))
	return b.String()
}

func clip(s string, columns int) string {
	cut, _ := output.Cut([]byte(s), max(columns-1, 2))
	return string(cut)
}

// inColumns lays names out as ls does, down the columns.
func inColumns(names []string, columns, most int) string {
	if len(names) == 0 {
		return ""
	}
	width := 0
	for _, n := range names {
		width = max(width, output.Width([]byte(n))+2)
	}
	across := max(columns/width, 1)
	more := 0
	if room := across * most; len(names) > room {
		more = len(names) - room
		names = names[:room]
	}
	down := (len(names) + across - 1) / across
	var b strings.Builder
	for row := range down {
		var line strings.Builder
		for i := row; i < len(names); i += down {
			line.WriteString(names[i])
			line.WriteString(strings.Repeat(" ", width-output.Width([]byte(names[i]))))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	if more > 0 {
		fmt.Fprintf(&b, "… and %d more\n", more)
	}
	return b.String()
}
