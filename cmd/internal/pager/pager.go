// Package pager shows text on a terminal a screen at a time, where it is longer or wider than that.
//
//	Write ─► held, while it fits the screen ──► Close: printed as it is
//	            └── it does not fit ──► less -SRFX, CTLAKE_PAGER, or the package's own pager
package pager

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/term"

	"github.com/ctlake/ctlake/cmd/internal/output"
)

// ErrLeft is what Write returns once the reader has left the pager: nobody sees what follows.
var ErrLeft = errors.New("the pager was left")

// Pager is an io.WriteCloser to the terminal. It is for one goroutine.
type Pager struct {
	terminal *os.File // to show on
	keys     *os.File // to read keys from, for the pager of our own
	command  []string // nil: our own
	columns  int
	lines    int

	held    []byte
	to      io.WriteCloser // once it pages
	running *exec.Cmd
	left    bool
}

// Command returns the command line that pages: setting, that of CTLAKE_PAGER, or else less if there is one. paged is
// false where setting is off or cat. An empty command is for the package's own pager, which setting own asks for.
func Command(setting string) (command []string, paged bool) {
	switch setting {
	case "off", "cat":
		return nil, false
	case "own":
		return nil, true
	case "":
		if less, err := exec.LookPath("less"); err == nil {
			return []string{less, "-SRFX"}, true
		}
		return nil, true
	}
	return []string{"/bin/sh", "-c", setting}, true
}

// New returns a pager for a terminal of this size.
func New(terminal, keys *os.File, command []string, columns, lines int) *Pager {
	return &Pager{terminal: terminal, keys: keys, command: command, columns: columns, lines: lines}
}

// Write implements io.Writer.
func (p *Pager) Write(b []byte) (int, error) {
	if p.left {
		return 0, ErrLeft
	}
	if p.to != nil {
		return p.forward(b)
	}
	p.held = append(p.held, b...)
	if fits(p.held, p.columns, p.lines) {
		return len(b), nil
	}
	if err := p.start(); err != nil {
		return 0, err
	}
	held := p.held
	p.held = nil
	if _, err := p.forward(held); err != nil {
		return 0, err
	}
	return len(b), nil
}

// fits reports whether text is less than a screen: a line is left for the prompt and one for what it cost.
func fits(text []byte, columns, lines int) bool {
	if bytes.Count(text, []byte("\n")) > lines-2 {
		return false
	}
	for line := range bytes.Lines(text) {
		if len(line) > columns && output.Width(withoutAttributes(bytes.TrimSuffix(line, []byte("\n")))) > columns {
			return false
		}
	}
	return true
}

// withoutAttributes leaves out what sets attributes of the text, ESC [ … m.
func withoutAttributes(line []byte) []byte {
	if bytes.IndexByte(line, 0x1b) < 0 {
		return line
	}
	var out []byte
	for len(line) > 0 {
		if line[0] == 0x1b {
			if end := bytes.IndexByte(line, 'm'); end > 0 {
				line = line[end+1:]
				continue
			}
		}
		out = append(out, line[0])
		line = line[1:]
	}
	return out
}

func (p *Pager) start() error {
	if p.command == nil {
		p.to = &own{Pager: p}
		return nil
	}
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, p.terminal, os.Stderr
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		p.to = &own{Pager: p} // a pager that cannot be run is no reason to show nothing
		return nil
	}
	p.to, p.running = pipe, cmd
	return nil
}

func (p *Pager) forward(b []byte) (int, error) {
	n, err := p.to.Write(b)
	if err != nil {
		p.left = true // the pipe is closed: the reader has seen enough
		return n, ErrLeft
	}
	return n, nil
}

// Close shows what is held, and waits until the reader leaves the pager.
func (p *Pager) Close() error {
	if p.to == nil {
		_, err := p.terminal.Write(p.held)
		p.held = nil
		return err
	}
	err := p.to.Close()
	if p.running != nil {
		// What the pager's status says is between it and its reader.
		_ = p.running.Wait()
	}
	if p.left {
		return nil
	}
	return err
}

// own is the pager where there is no other: it stops at each screen.
type own struct {
	*Pager
	shown int // lines since the last stop
	all   bool
}

const more = "-- more: space, enter, q --"

func (o *own) Write(b []byte) (int, error) {
	for line := range bytes.Lines(b) {
		if o.shown >= max(o.lines-1, 1) && !o.all {
			if !o.ask() {
				return 0, ErrLeft
			}
		}
		if _, err := o.terminal.Write(line); err != nil {
			return 0, err
		}
		if bytes.HasSuffix(line, []byte("\n")) {
			width := output.Width(withoutAttributes(bytes.TrimSuffix(line, []byte("\n"))))
			o.shown += max((width+o.columns-1)/max(o.columns, 1), 1)
		}
	}
	return len(b), nil
}

func (o *own) Close() error { return nil }

// ask waits for a key. It is false if the reader leaves.
func (o *own) ask() bool {
	fd := int(o.keys.Fd())
	before, err := term.MakeRaw(fd)
	if err != nil {
		o.all = true // no keys: no stops
		return true
	}
	defer func() { _ = term.Restore(fd, before) }()
	fmt.Fprint(o.terminal, more)
	defer fmt.Fprint(o.terminal, "\r\x1b[K")
	key := make([]byte, 1)
	for {
		if n, err := o.keys.Read(key); err != nil || n == 0 {
			return false
		}
		switch key[0] {
		case 'q', 'Q', 3, 4, 27:
			return false
		case ' ', 'f':
			o.shown = 0
			return true
		case '\r', '\n', 'j':
			o.shown--
			return true
		case 'G':
			o.all = true
			return true
		}
	}
}
