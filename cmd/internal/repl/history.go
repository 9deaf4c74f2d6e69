package repl

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of the history.
const (
	// maxHistory is how many statements are remembered.
	maxHistory = 2000
	// maxHistoryBytes is how much of the end of the history's file is read.
	maxHistoryBytes = 16 << 20
)

// History is what was typed before, statements whole, in a file of one line for each.
type History struct {
	file       string // "": none is kept
	statements []string
	added      int // to the file, by this process
}

// OpenHistory reads the history; file may not be there yet, or be "". A history that cannot be read is empty: it
// is no reason to disturb a session.
func OpenHistory(file string) *History {
	h := &History{file: file}
	h.statements = h.read()
	return h
}

// read returns the statements of the file, the newest maxHistory.
func (h *History) read() []string {
	if h.file == "" {
		return nil
	}
	file, err := os.Open(h.file)
	if err != nil {
		return nil
	}
	defer func() { _ = file.Close() }() // only read
	cut := false
	if info, err := file.Stat(); err == nil && info.Size() > maxHistoryBytes {
		_, err := file.Seek(-maxHistoryBytes, io.SeekEnd)
		cut = err == nil
	}
	text, err := io.ReadAll(io.LimitReader(bufio.NewReader(file), maxHistoryBytes))
	if err != nil {
		return nil
	}
	var statements []string
	for line := range bytes.Lines(text) {
		if cut { // the first line is a part of one
			cut = false
			continue
		}
		if line = bytes.TrimSuffix(line, []byte("\n")); len(line) > 0 && utf8.Valid(line) {
			statements = append(statements, unescapeHistory(string(line)))
		}
	}
	return statements[max(len(statements)-maxHistory, 0):]
}

// Statements returns what is remembered, the newest last.
func (h *History) Statements() []string { return slices.Clone(h.statements) }

// Add remembers a statement, in the file at once, so that nothing is lost however the shell ends. Statements
// that begin with a blank are not kept, nor is one that repeats the last.
func (h *History) Add(statement string) (kept bool) {
	if strings.TrimSpace(statement) == "" || strings.HasPrefix(statement, " ") || len(h.statements) > 0 && h.statements[len(h.statements)-1] == statement {
		return false
	}
	h.statements = append(h.statements, statement)
	if h.file == "" {
		return true
	}
	if err := os.MkdirAll(filepath.Dir(h.file), 0o700); err != nil {
		return true
	}
	file, err := os.OpenFile(h.file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return true
	}
	if info, err := file.Stat(); err == nil && info.Mode().Perm()&0o077 != 0 {
		_ = file.Chmod(0o600) // it may hold names and keys
	}
	_, _ = file.WriteString(escapeHistory(statement) + "\n")
	_ = file.Close()
	h.added++
	return true
}

// Close shortens the file where it has grown by half beyond what is remembered. What
// other shells have added since is kept.
func (h *History) Close() error {
	if h.file == "" || h.added == 0 {
		return nil
	}
	if text, err := os.ReadFile(h.file); err != nil || bytes.Count(text, []byte("\n")) <= maxHistory*3/2 {
		return nil
	}
	var b strings.Builder
	for _, s := range h.read() {
		b.WriteString(escapeHistory(s) + "\n")
	}
	temporary := h.file + ".new"
	if err := os.WriteFile(temporary, []byte(b.String()), 0o600); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	return os.Rename(temporary, h.file)
}

// The history file holds one statement a line.
var (
	toHistory   = strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`)
	fromHistory = strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\r`, "\r")
)

func escapeHistory(s string) string   { return toHistory.Replace(s) }
func unescapeHistory(s string) string { return fromHistory.Replace(s) }
