// Package repl is the interactive shell: a loop that reads lines, cuts them into
// statements and dot commands, and runs them one at a time.
//
//	LineSource ──► lines ──► parser.Scanner ──► Shell.Run ──► result on stdout
//	(liner on a terminal,         │
//	 a reader of our own          └── ".help" at the start of a statement ──► Command
//	 everywhere else)
//
// ctrl-C cancels the running statement, or forgets the one being typed; it never
// leaves. ctrl-D, or the end of the input, leaves.
package repl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/sql/parser"
)

// ErrInterrupted is returned by a LineSource when ctrl-C was pressed at the prompt.
var ErrInterrupted = errors.New("interrupted")

// LineSource gives lines. io.EOF ends them.
type LineSource interface {
	ReadLine(prompt string) (string, error)
	// AddHistory remembers a whole statement.
	AddHistory(statement string)
	Close() error
}

// Runner runs statements for the loop.
type Runner interface {
	// Run runs one statement and prints its result; vertical asks for one line a column. Errors are printed by it too.
	Run(ctx context.Context, s parser.Statement, vertical bool)
}

// Command is a dot command.
type Command struct {
	Name string // without the dot
	Args string // "on|off", for .help
	Doc  string // one line
	// Run is given the text behind the name. An error is printed.
	Run func(ctx context.Context, args string) error
}

// Shell is the loop.
type Shell struct {
	Lines    LineSource
	Runner   Runner
	Commands []Command
	Out, Err io.Writer
	// Prompt is shown for the first line of a statement; continuation lines get as many blanks and "-> ".
	Prompt string
}

// terminators end a statement beside the semicolon. \G prints its result vertically.
var terminators = []string{`\G`, `\g`}

// Loop runs until the input ends or a command leaves.
func (s *Shell) Loop(ctx context.Context) error {
	scanner := parser.Scanner{Terminators: terminators}
	continuation := strings.Repeat(" ", max(len(s.Prompt)-3, 0)) + "-> "
	for {
		for {
			statement, ok := scanner.Next()
			if !ok {
				break
			}
			s.Lines.AddHistory(statement.Text + statement.Terminator)
			s.run(ctx, func(ctx context.Context) { s.Runner.Run(ctx, statement, statement.Terminator == `\G`) })
		}
		prompt := s.Prompt
		if scanner.Incomplete() {
			prompt = continuation
		}
		line, err := s.Lines.ReadLine(prompt)
		switch {
		case errors.Is(err, ErrInterrupted):
			scanner.Reset()
			continue
		case errors.Is(err, io.EOF):
			scanner.Close()
			if statement, ok := scanner.Next(); ok {
				s.run(ctx, func(ctx context.Context) { s.Runner.Run(ctx, statement, false) })
			}
			return nil
		case err != nil:
			return fmt.Errorf("read from the terminal: %w", err)
		}
		if !scanner.Incomplete() {
			if name, args, ok := command(line); ok {
				s.Lines.AddHistory(line)
				if leave := s.command(ctx, name, args); leave {
					return nil
				}
				scanner.Write("\n") // keep counting lines
				continue
			}
		}
		scanner.Write(line + "\n")
	}
}

// run gives f a context that ctrl-C cancels.
func (s *Shell) run(ctx context.Context, f func(context.Context)) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	f(ctx)
}

// command takes a line apart that is a dot command, or one of the words by which people leave.
func command(line string) (name, args string, ok bool) {
	line = strings.TrimRight(strings.TrimSpace(line), "; ")
	switch strings.ToLower(line) {
	case "quit", "exit", `\q`:
		return "quit", "", true
	case "help", `\?`:
		return "help", "", true
	}
	rest, ok := strings.CutPrefix(line, ".")
	if !ok {
		return "", "", false
	}
	name, args, _ = strings.Cut(rest, " ")
	return name, strings.TrimSpace(args), true
}

func (s *Shell) command(ctx context.Context, name, args string) (leave bool) {
	switch name {
	case "quit", "exit":
		return true
	case "help":
		s.help()
		return false
	}
	i := slices.IndexFunc(s.Commands, func(c Command) bool { return c.Name == name })
	if i < 0 {
		fmt.Fprintf(s.Err, "ctlake: there is no command .%s; .help lists them\n", name)
		return false
	}
	s.run(ctx, func(ctx context.Context) {
		if err := s.Commands[i].Run(ctx, args); err != nil {
			fmt.Fprintf(s.Err, "ctlake: .%s: %v\n", name, err)
		}
	})
	return false
}

func (s *Shell) help() {
	lines := [][2]string{
		{"SELECT …;", "runs a statement; it may take several lines and ends with ;"},
		{`SELECT … \G`, "prints the result vertically"},
	}
	for _, c := range s.Commands {
		lines = append(lines, [2]string{strings.TrimSpace("." + c.Name + " " + c.Args), c.Doc})
	}
	lines = append(lines,
		[2]string{".help", "prints this"},
		[2]string{".quit", "leaves, as ctrl-D does"},
		[2]string{"ctrl-C", "cancels the running statement, or the one being typed"})
	for _, l := range lines {
		fmt.Fprintf(s.Out, "  %-22s %s\n", l[0], l[1])
	}
}
