// Package repl is the interactive shell: a loop that reads lines, cuts them into
// statements and dot commands, and runs them one at a time.
//
//	LineSource ──► lines ──► parser.Scanner ──► Runner.Run ──► result on stdout
//	(liner on a terminal,         │
//	 readers of our own           └── ".help" at the start of a statement ──► Command
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
	"unicode/utf8"

	"github.com/ctlake/ctlake/sql"
	"github.com/ctlake/ctlake/sql/parser"
)

// ErrInterrupted is returned by a LineSource when ctrl-C was pressed at the prompt.
var ErrInterrupted = errors.New("interrupted")

// LineSource gives lines. io.EOF ends them.
type LineSource interface {
	// ReadLine returns the next line; several lines come at once where one recalls a statement that has them.
	// before is what was typed of the statement already. It ends with ctx.
	ReadLine(ctx context.Context, prompt, before string) (string, error)
	// Offer makes the next line begin as text, with the cursor before its rune of that index, for a person to mend. A
	// source at which nobody types does nothing.
	Offer(text string, cursor int)
	// AddHistory remembers a whole statement.
	AddHistory(statement string)
	// History returns what was remembered, the newest last.
	History() []string
	Close() error
}

// Runner runs statements for the loop.
type Runner interface {
	// Run runs one statement and prints its result; vertical asks for one line a column. Errors are printed by it too.
	// mistake is the place in the statement's text for which it could not begin; the zero Pos if it did.
	Run(ctx context.Context, s parser.Statement, vertical bool) (mistake sql.Pos)
}

// Command is a dot command.
type Command struct {
	Name string // without the dot
	Args string // "on|off", for .help
	Doc  string // one line
	// Run is given the text behind the name. An error is printed.
	Run func(ctx context.Context, args string) error
}

// maxReadDepth is how deep files may be read by .read in files.
const maxReadDepth = 16

// Shell is the loop.
type Shell struct {
	Lines    LineSource
	Runner   Runner
	Commands []Command
	Out, Err io.Writer
	// Prompt is shown for the first line of a statement; continuation lines get as many blanks and "-> ".
	Prompt string
	// Failed: some command failed.
	Failed bool

	depth int
}

// terminators end a statement beside the semicolon. \G prints its result vertically.
var terminators = []string{`\G`, `\g`}

// Loop runs until the input ends or a command leaves. It ends with ctx, too.
func (s *Shell) Loop(ctx context.Context) error {
	_, err := s.loop(ctx, s.Lines, s.Prompt)
	return err
}

// Read runs the statements and commands of r. leave tells that one of them asked to leave the shell.
func (s *Shell) Read(ctx context.Context, r io.Reader) (leave bool, err error) {
	if s.depth >= maxReadDepth {
		return false, fmt.Errorf("files are read by .read in each other %d deep, which is the limit", maxReadDepth)
	}
	s.depth++
	defer func() { s.depth-- }()
	return s.loop(ctx, NewReaderLines(r), "")
}

func (s *Shell) loop(ctx context.Context, lines LineSource, prompt string) (leave bool, err error) {
	scanner := parser.Scanner{Terminators: terminators}
	var typed strings.Builder // of the statement that is incomplete
	for {
		var last parser.Statement // that was run
		var mistake sql.Pos
		for {
			statement, ok := scanner.Next()
			if !ok {
				break
			}
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			lines.AddHistory(statement.Text + statement.Terminator)
			last = statement
			s.run(ctx, func(ctx context.Context) { mistake = s.Runner.Run(ctx, statement, statement.Terminator == `\G`) })
		}
		ask := prompt
		if scanner.Incomplete() {
			ask = continuation(&scanner, prompt)
		} else {
			typed.Reset()
			if mistake.IsValid() {
				lines.Offer(last.Text+last.Terminator, runeIndex(last.Text, mistake))
			}
		}
		line, err := lines.ReadLine(ctx, ask, typed.String())
		switch {
		case errors.Is(err, ErrInterrupted):
			scanner.Reset()
			continue
		case errors.Is(err, io.EOF):
			scanner.Close()
			if statement, ok := scanner.Next(); ok {
				s.run(ctx, func(ctx context.Context) { s.Runner.Run(ctx, statement, false) })
			}
			return false, ctx.Err()
		case err != nil && ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil:
			return false, fmt.Errorf("read a line: %w", err)
		}
		if !scanner.Incomplete() {
			if name, args, ok := command(line); ok {
				lines.AddHistory(line)
				if leave := s.command(ctx, name, args); leave {
					return true, nil
				}
				scanner.Write("\n") // keep counting lines
				continue
			}
		}
		scanner.Write(line + "\n")
		if typed.Len() < parser.MaxStatementBytes {
			typed.WriteString(line + "\n")
		}
	}
}

// runeIndex returns the index of the rune at a place in a text; that of its end if there is no such place.
func runeIndex(text string, at sql.Pos) int {
	index := 0
	for n, line := range strings.SplitAfter(text, "\n") {
		runes := utf8.RuneCountInString(line)
		if n+1 == at.Line {
			return index + min(at.Column-1, runes)
		}
		index += runes
	}
	return index
}

// continuation returns the prompt for a further line of a statement, which tells what the line is inside of.
func continuation(scanner *parser.Scanner, prompt string) string {
	if prompt == "" {
		return ""
	}
	arrow := "-> "
	if _, open := scanner.Open(); open {
		arrow = "'> "
	}
	return strings.Repeat(" ", max(len(prompt)-len(arrow), 0)) + arrow
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
	if line == "" || line[0] != '.' && line[0] != '\\' {
		return "", "", false
	}
	name, args, _ = strings.Cut(line[1:], " ")
	if line[0] == '\\' {
		name = line[:1] + name // no statement begins so: it is another shell's command
	}
	return name, strings.TrimSpace(args), true
}

// elsewhere is what commands of psql, DuckDB and SQLite are called here.
var elsewhere = map[string]string{
	`\d`: ".schema STORE lists columns, .stores the stores", `\dt`: ".stores lists the stores", `\l`: ".stores lists the stores",
	`\g`: "it ends a statement", `\G`: "it ends a statement", `\c`: ".use STORE chooses a store", `\x`: `\G at the end of a statement prints its result vertically`, `\timing`: ".timer does that",
	`\i`: ".read does that", `\o`: ".output FORMAT FILE does that", `\copy`: ".export FILE writes the last result", `\pset`: ".null, .width and .pager do that",
	`\s`: ".history does that", `\h`: ".help does that", `\df`: "SHOW FUNCTIONS lists them", `\e`: "the up key brings the last statement back",
	"tables": ".stores lists the stores", "databases": ".stores lists the stores", "columns": ".schema STORE lists columns",
	"describe": ".schema STORE lists columns", "mode": ".output FORMAT does that", "once": ".export FILE writes the last result",
	"nullvalue": ".null does that", "maxwidth": ".width does that", "edit": "the up key brings the last statement back",
	"headers": "--no-header leaves them out", "open": "--lake DIR opens another lake", "import": "ctlake ingest imports archives",
}

func (s *Shell) command(ctx context.Context, name, args string) (leave bool) {
	if name == "exit" {
		name = "quit"
	}
	commands := s.commands(&leave)
	i := slices.IndexFunc(commands, func(c Command) bool { return c.Name == name })
	if i < 0 {
		var names []string
		for _, c := range commands {
			names = append(names, c.Name)
		}
		hint := ".help lists them"
		if near := near(name, names); near != "" {
			hint = "did you mean ." + near + "?"
		}
		if here, ok := elsewhere[name]; ok {
			hint = here
		}
		if !strings.HasPrefix(name, `\`) {
			name = "." + name
		}
		fmt.Fprintf(s.Err, "ctlake: there is no command %s; %s\n", sql.Printable(name, maxShownName), hint)
		s.Failed = true
		return false
	}
	s.run(ctx, func(ctx context.Context) {
		if err := commands[i].Run(ctx, args); err != nil {
			s.Failed = true
			fmt.Fprintf(s.Err, "ctlake: .%s: %v\n", name, err)
		}
	})
	return leave
}

// maxShownName is how much of a name that does not exist is printed, in characters.
const maxShownName = 40

// near returns the name that a mistyped one means: the only one that it begins, or one spelled alike.
func near(name string, names []string) string {
	var begun []string
	for _, n := range names {
		if name != "" && strings.HasPrefix(n, name) {
			begun = append(begun, n)
		}
	}
	if len(begun) == 1 {
		return begun[0]
	}
	return sql.Suggest(name, names)
}

// All returns all dot commands, by name.
func (s *Shell) All() []Command {
	var leave bool
	return s.commands(&leave)
}

// commands returns all dot commands: those of the shell itself and those it was given, by name.
func (s *Shell) commands(leave *bool) []Command {
	own := []Command{
		{Name: "help", Args: "[COMMAND]", Doc: "prints this", Run: func(_ context.Context, args string) error { return s.help(args) }},
		{Name: "history", Args: "[WORD]", Doc: "lists the statements typed, or those with the word in them", Run: func(_ context.Context, word string) error {
			for _, statement := range s.Lines.History() {
				if strings.Contains(strings.ToLower(statement), strings.ToLower(word)) {
					fmt.Fprintln(s.Out, sql.Printable(statement, parser.MaxStatementBytes))
				}
			}
			return nil
		}},
		{Name: "quit", Doc: "leaves, as ctrl-D does", Run: func(context.Context, string) error {
			*leave = true
			return nil
		}},
		{Name: "read", Args: "FILE", Doc: "runs the statements and commands of a file", Run: func(ctx context.Context, path string) error {
			if path == "" {
				return errors.New("which file?")
			}
			file, err := os.Open(path)
			if err != nil {
				return err
			}
			left, err := s.Read(ctx, file)
			*leave = left
			return errors.Join(err, file.Close())
		}},
	}
	all := append(own, s.Commands...)
	slices.SortFunc(all, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (s *Shell) help(about string) error {
	about = strings.TrimPrefix(about, ".")
	lines := [][2]string{}
	if about == "" {
		lines = append(lines, [2]string{"SELECT …;", "runs a statement; it may take several lines and ends with ;"},
			[2]string{`SELECT … \G`, "prints the result vertically"})
	}
	found := about == ""
	for _, c := range s.All() {
		if about == "" || c.Name == about {
			lines = append(lines, [2]string{strings.TrimSpace("." + c.Name + " " + c.Args), c.Doc})
			found = true
		}
	}
	if !found {
		return fmt.Errorf("there is no command .%s", sql.Printable(about, maxShownName))
	}
	if about == "" {
		lines = append(lines, [2]string{"Tab", "completes keywords, functions, stores, columns, fields, keys of maps"},
			[2]string{"ctrl-R", "searches the history"},
			[2]string{"ctrl-C", "cancels the running statement, or forgets the one being typed"})
	}
	for _, l := range lines {
		fmt.Fprintf(s.Out, "  %-24s %s\n", l[0], l[1])
	}
	return nil
}
