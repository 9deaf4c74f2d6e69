package repl

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/peterh/liner"
)

// readerLines gives the lines of a reader, of any length, without prompts.
type readerLines struct{ r *bufio.Reader }

// NewReaderLines returns the lines of a pipe or file.
func NewReaderLines(r io.Reader) LineSource { return &readerLines{bufio.NewReader(r)} }

func (l *readerLines) ReadLine(string) (string, error) {
	line, err := l.r.ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), err
}

func (l *readerLines) AddHistory(string) {}
func (l *readerLines) Close() error      { return nil }

// maxHistory is how many statements are remembered.
const maxHistory = 2000

// terminalLines edits lines on a terminal. The terminal is in raw mode only while a
// line is edited, so that ctrl-C during a statement is a signal.
type terminalLines struct {
	state       *liner.State
	cooked, raw liner.ModeApplier
	file        string
	history     []string
}

// NewTerminalLines returns a line editor on the process's terminal, with the history in
// file; "" keeps none. Close restores the terminal.
func NewTerminalLines(file string) (LineSource, error) {
	cooked, err := liner.TerminalMode()
	if err != nil {
		return nil, fmt.Errorf("ask for the terminal's mode: %w", err)
	}
	l := &terminalLines{state: liner.NewLiner(), cooked: cooked, file: file}
	l.state.SetCtrlCAborts(true)
	l.state.SetMultiLineMode(true)
	if l.raw, err = liner.TerminalMode(); err != nil {
		return nil, errors.Join(fmt.Errorf("ask for the terminal's mode: %w", err), l.state.Close())
	}
	if text, err := os.ReadFile(file); err == nil {
		for line := range strings.Lines(string(text)) {
			l.remember(unescapeHistory(strings.TrimSuffix(line, "\n")))
		}
	}
	return l, l.cooked.ApplyMode()
}

func (l *terminalLines) ReadLine(prompt string) (string, error) {
	if err := l.raw.ApplyMode(); err != nil {
		return "", err
	}
	line, err := l.state.Prompt(prompt)
	if restore := l.cooked.ApplyMode(); err == nil {
		err = restore
	}
	if errors.Is(err, liner.ErrPromptAborted) {
		return "", ErrInterrupted
	}
	return line, err
}

func (l *terminalLines) remember(statement string) {
	l.history = append(l.history, statement)
	// The editor shows one line: a statement of several becomes one.
	l.state.AppendHistory(strings.Join(strings.Fields(statement), " "))
}

// AddHistory appends to the history file at once, so that nothing is lost however the
// shell ends. Statements that begin with a blank are not kept.
func (l *terminalLines) AddHistory(statement string) {
	if strings.HasPrefix(statement, " ") || len(l.history) > 0 && l.history[len(l.history)-1] == statement {
		return
	}
	l.remember(statement)
	if l.file == "" {
		return
	}
	// A history that cannot be kept is no reason to disturb a session.
	if err := os.MkdirAll(filepath.Dir(l.file), 0o700); err != nil {
		return
	}
	file, err := os.OpenFile(l.file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return
	}
	_, _ = file.WriteString(escapeHistory(statement) + "\n")
	_ = file.Close()
}

// Close restores the terminal and shortens the history file to the newest statements.
func (l *terminalLines) Close() error {
	if l.file != "" && len(l.history) > maxHistory {
		var b strings.Builder
		for _, s := range l.history[len(l.history)-maxHistory:] {
			b.WriteString(escapeHistory(s) + "\n")
		}
		temporary := l.file + ".new"
		if os.WriteFile(temporary, []byte(b.String()), 0o600) == nil {
			_ = os.Rename(temporary, l.file)
		}
	}
	return l.state.Close()
}

// The history file holds one statement a line.
var (
	toHistory   = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	fromHistory = strings.NewReplacer(`\\`, `\`, `\n`, "\n")
)

func escapeHistory(s string) string   { return toHistory.Replace(s) }
func unescapeHistory(s string) string { return fromHistory.Replace(s) }
