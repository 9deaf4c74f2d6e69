package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/ctlake/ctlake/cmd/internal/output"
	"github.com/ctlake/ctlake/storage"
)

// app is what the commands share: the program's ends, and the flags of all commands.
type app struct {
	in     *os.File
	out    *os.File
	err    *os.File
	getenv func(string) string

	lakeDir  string
	now      string
	readOnly bool
}

// directory returns the lake's directory.
func (a *app) directory() (string, error) {
	if a.lakeDir != "" {
		return a.lakeDir, nil
	}
	if dir := a.getenv("CTLAKE_HOME"); dir != "" {
		return dir, nil
	}
	if dir := a.getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "ctlake"), nil
	}
	home := a.getenv("HOME")
	if home == "" {
		return "", usage("where is the lake? Give --lake DIR, or set CTLAKE_HOME or HOME")
	}
	return filepath.Join(home, ".local", "share", "ctlake"), nil
}

// clock returns the clock that --now sets; nil is the system's.
func (a *app) clock() (func() time.Time, error) {
	if a.now == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, a.now)
	if err != nil {
		return nil, usage("--now %s is no time as RFC 3339, such as 2026-01-31T12:00:00Z", a.now)
	}
	return func() time.Time { return t }, nil
}

// open opens the lake.
func (a *app) open(ctx context.Context, create bool) (*storage.Lake, error) {
	dir, err := a.directory()
	if err != nil {
		return nil, err
	}
	now, err := a.clock()
	if err != nil {
		return nil, err
	}
	if a.readOnly && create {
		return nil, usage("--read-only: this command writes to the lake")
	}
	return storage.Open(ctx, dir, storage.Options{Create: create, ReadOnly: a.readOnly, Now: now})
}

func isTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// width returns how many columns a terminal has; 0 if f is none.
func width(f *os.File) int {
	if !isTerminal(f) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// screen returns how the tables of commands are fitted to the terminal, nil where there is none: a table that is too wide is
// written vertically, so that IDs stay whole.
func (a *app) screen() *output.Screen {
	if columns := width(a.out); columns > 0 {
		return &output.Screen{Columns: columns, MaxValue: -1}
	}
	return nil
}

// bytesFlag is a size with a unit: 512MiB, 2GB, 1000.
type bytesFlag struct{ n *int64 }

func (f bytesFlag) String() string {
	if f.n == nil || *f.n == 0 {
		return ""
	}
	return strconv.FormatInt(*f.n, 10)
}

func (bytesFlag) Type() string { return "SIZE" }

// timeFlag is a time: RFC 3339, with or without seconds and zone, or a day, which begins at midnight UTC.
type timeFlag struct{ time.Time }

func (f *timeFlag) String() string {
	if f.IsZero() {
		return ""
	}
	return f.Format(time.RFC3339)
}

func (*timeFlag) Type() string { return "TIME" }

func (f *timeFlag) Set(text string) (err error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} { // without a zone they are UTC
		if f.Time, err = time.Parse(layout, text); err == nil {
			return nil
		}
	}
	return fmt.Errorf("%q is no time such as 2026-01-31 or 2026-01-31T12:00:00Z", text)
}

var units = []struct {
	suffix string
	size   float64
}{
	{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"tib", 1 << 40},
	{"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"tb", 1e12}, {"b", 1}, {"k", 1 << 10}, {"m", 1 << 20}, {"g", 1 << 30}, {"", 1},
}

func (f bytesFlag) Set(text string) error {
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, u := range units {
		number, ok := strings.CutSuffix(lower, u.suffix)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || v < 0 || v*u.size > 1<<62 || v != v {
			return fmt.Errorf("%q is no size such as 512MiB or 2GB", text)
		}
		*f.n = int64(v * u.size)
		return nil
	}
	return fmt.Errorf("%q is no size", text)
}

// humanBytes returns a size for people: 12.3 MB.
func humanBytes(n int64) string {
	size := float64(n)
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if size < 1000 {
			if unit == "B" {
				return fmt.Sprintf("%d B", n)
			}
			return fmt.Sprintf("%.1f %s", size, unit)
		}
		size /= 1000
	}
	return fmt.Sprintf("%.1f TB", size)
}

// humanTime returns a duration for people.
func humanTime(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
	case d < time.Minute:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// thousands returns 1,234,567.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// writeJSON writes a value as JSON in a line of its own, or indented. What comes from logs and file names does nothing to a terminal.
func (a *app) writeJSON(value any, indented bool) error {
	text, err := json.Marshal(value)
	if indented {
		text, err = json.MarshalIndent(value, "", "  ")
	}
	if err != nil {
		return err
	}
	return writeLine(a.out, "%s", output.EscapeJSON(text))
}

// writeLine writes a line of an answer.
func writeLine(w io.Writer, format string, args ...any) error {
	_, err := fmt.Fprintf(w, format+"\n", args...)
	return err
}
