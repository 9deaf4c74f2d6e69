package repl

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
)

// readerLines gives the lines of a reader, of any length, without prompts.
type readerLines struct{ r *bufio.Reader }

// NewReaderLines returns the lines of a pipe or file.
func NewReaderLines(r io.Reader) LineSource { return &readerLines{bufio.NewReader(r)} }

func (l *readerLines) ReadLine(context.Context, string, string) (string, error) { return readLine(l.r) }
func (l *readerLines) Offer(string, int)                                        {}
func (l *readerLines) AddHistory(string)                                        {}
func (l *readerLines) History() []string                                        { return nil }
func (l *readerLines) Close() error                                             { return nil }

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if errors.Is(err, io.EOF) && line != "" {
		err = nil
	}
	return strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), err
}

// waitingLines gives lines of input that may keep one waiting, a pipe or a terminal without
// an editor: the wait ends with the context, and at a prompt by ctrl-C.
type waitingLines struct {
	prompts io.Writer // nil: there are none, and ctrl-C is not its affair
	history *History
	r       *bufio.Reader
	asked   chan struct{}
	lines   chan typedLine
	pending bool // a line was asked for, and has not come
	once    sync.Once
}

type typedLine struct {
	text string
	err  error
}

// NewWaitingLines returns the lines of in. Prompts are written to prompts, unless it is nil; history may be nil.
func NewWaitingLines(in io.Reader, prompts io.Writer, history *History) LineSource {
	return &waitingLines{prompts: prompts, history: history, r: bufio.NewReader(in), asked: make(chan struct{}), lines: make(chan typedLine)}
}

func (l *waitingLines) ReadLine(ctx context.Context, prompt, _ string) (string, error) {
	// A read cannot be interrupted: it goes on in its goroutine, and what it brings is the next line.
	l.once.Do(func() {
		go func() {
			for range l.asked {
				text, err := readLine(l.r)
				l.lines <- typedLine{text, err}
			}
		}()
	})
	var interrupted <-chan os.Signal
	if l.prompts != nil {
		c := make(chan os.Signal, 1)
		signal.Notify(c, os.Interrupt)
		defer signal.Stop(c)
		interrupted = c
		fmt.Fprint(l.prompts, prompt)
	}
	if !l.pending {
		l.asked <- struct{}{}
		l.pending = true
	}
	select {
	case line := <-l.lines:
		l.pending = false
		return line.text, line.err
	case <-interrupted:
		fmt.Fprintln(l.prompts)
		return "", ErrInterrupted
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Offer does nothing: there is no editor.
func (l *waitingLines) Offer(string, int) {}

func (l *waitingLines) AddHistory(statement string) {
	if l.history != nil {
		l.history.Add(statement)
	}
}

func (l *waitingLines) History() []string {
	if l.history == nil {
		return nil
	}
	return l.history.Statements()
}

func (l *waitingLines) Close() error {
	if l.history == nil {
		return nil
	}
	return l.history.Close()
}
