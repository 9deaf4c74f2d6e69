package parser

import (
	"strings"

	"github.com/ctlake/ctlake/sql"
)

// Scanner cuts a stream of text into statements that end with a semicolon. Text comes in
// pieces of any size; a statement is given out as soon as its semicolon has
// come. Semicolons in quotes and comments end nothing.
//
//	var s parser.Scanner
//	s.Write(line)
//	for {
//		statement, ok := s.Next()
//		…
//	}
//
// It looks at each byte once. Of a statement longer than Parse accepts it keeps just enough for Parse
// to say so. The zero value is ready for use; calls must not be concurrent.
type Scanner struct {
	// Terminators are what ends a statement beside a semicolon, outside of quotes and comments:
	// the shell's \G. Set before the first Write.
	Terminators []string

	pending  string  // text that was not looked at yet
	pos      sql.Pos // of pending
	state    scanState
	text     strings.Builder // the current statement so far
	start    sql.Pos         // of the current statement; zero while nothing but white space and comments came
	opened   sql.Pos         // where the quotes or the comment began that state is in
	finished bool
}

// scanState says what the scanner is inside of.
type scanState byte

const (
	inSQL          scanState = 0
	inText         scanState = '\''
	inName         scanState = '"'
	inBackquotes   scanState = '`'
	inLineComment  scanState = '-'
	inBlockComment scanState = '*'
)

// Statement is a piece of a longer text.
type Statement struct {
	Text       string  // from its first word on, without what ended it
	Pos        sql.Pos // of Text in all that was written to the Scanner
	Terminator string  // ";" or one of Scanner.Terminators; "" if the text ended first
}

// Write adds text. It ends where any piece may end, within a character even.
func (s *Scanner) Write(text string) { s.pending += text }

// Close says that no text follows: the next call of Next gives out what is left, if
// that is more than white space and comments.
func (s *Scanner) Close() { s.finished = true }

// Next returns the next statement that is complete. Empty ones (;;) are left out.
func (s *Scanner) Next() (Statement, bool) {
	if !s.pos.IsValid() {
		s.pos = sql.Pos{Line: 1, Column: 1}
	}
	for s.pending != "" {
		terminator, ok := s.step()
		if !ok {
			break
		}
		if terminator == "" {
			continue
		}
		if st, ok := s.take(terminator); ok {
			return st, true
		}
	}
	if s.finished {
		return s.take("")
	}
	return Statement{}, false
}

// Incomplete says whether the text since the last statement that was complete has anything but white
// space and comments, or ends inside quotes or a comment. Call Next until it returns false first.
func (s *Scanner) Incomplete() bool {
	return s.start.IsValid() || s.state == inBlockComment || strings.TrimSpace(s.pending) != ""
}

// Open returns where the quotes or the comment began that the text ends inside of.
// It is false if there are none.
func (s *Scanner) Open() (sql.Pos, bool) {
	return s.opened, s.state != inSQL && s.state != inLineComment
}

// Reset forgets the statement that is incomplete. Positions go on counting.
func (s *Scanner) Reset() {
	s.consume(len(s.pending), false)
	s.text.Reset()
	s.start, s.state = sql.Pos{}, inSQL
}

// take gives out the current statement, if there is one.
func (s *Scanner) take(terminator string) (Statement, bool) {
	st := Statement{Text: strings.TrimRight(s.text.String(), " \t\r\n"), Pos: s.start, Terminator: terminator}
	s.text.Reset()
	s.start = sql.Pos{}
	return st, st.Pos.IsValid()
}

// step looks at the start of pending. It returns the terminator that it found, and false if
// what is there cannot be judged before more text comes.
func (s *Scanner) step() (terminator string, ok bool) {
	switch s.state {
	case inText, inName, inBackquotes: // a doubled quote leaves and enters again
		n := strings.IndexByte(s.pending, byte(s.state))
		if n < 0 {
			s.consume(len(s.pending), true)
			return "", true
		}
		s.consume(n+1, true)
		s.state = inSQL
		return "", true
	case inLineComment:
		n := strings.IndexByte(s.pending, '\n')
		if n < 0 {
			s.consume(len(s.pending), true)
			return "", true
		}
		s.consume(n+1, true)
		s.state = inSQL
		return "", true
	case inBlockComment:
		n := strings.Index(s.pending, "*/")
		if n < 0 {
			kept := len(s.pending) - 1 // which may be the star of the end
			if s.finished || s.pending[kept] != '*' {
				kept++
			}
			s.consume(kept, true)
			return "", kept > 0
		}
		s.consume(n+2, true)
		s.state = inSQL
		return "", true
	}
	return s.stepInSQL()
}

func (s *Scanner) stepInSQL() (terminator string, ok bool) {
	for _, t := range s.Terminators {
		if strings.HasPrefix(s.pending, t) {
			s.consume(len(t), false)
			return t, true
		}
		if !s.finished && strings.HasPrefix(t, s.pending) {
			return "", false
		}
	}
	switch c := s.pending[0]; c {
	case ';':
		s.consume(1, false)
		return ";", true
	case '\'', '"', '`':
		s.begin()
		s.opened, s.state = s.pos, scanState(c)
		s.consume(1, true)
	case '-', '/':
		if len(s.pending) == 1 && !s.finished {
			return "", false
		}
		switch {
		case strings.HasPrefix(s.pending, "--"):
			s.opened, s.state = s.pos, inLineComment
			s.consume(2, true)
		case strings.HasPrefix(s.pending, "/*"):
			s.opened, s.state = s.pos, inBlockComment
			s.consume(2, true)
		default:
			s.begin()
			s.consume(1, true)
		}
	case ' ', '\t', '\r', '\n':
		s.consume(1, true)
	default:
		n := 1
		for n < len(s.pending) && !s.special(s.pending[n]) {
			n++
		}
		s.begin()
		s.consume(n, true)
	}
	return "", true
}

// special says whether c may be more to the scanner than a character of a statement.
func (s *Scanner) special(c byte) bool {
	switch c {
	case ';', '\'', '"', '`', '-', '/', ' ', '\t', '\r', '\n':
		return true
	}
	for _, t := range s.Terminators {
		if c == t[0] {
			return true
		}
	}
	return false
}

// begin marks the start of a statement, unless it has begun already.
func (s *Scanner) begin() {
	if !s.start.IsValid() {
		s.start = s.pos
	}
}

// consume moves over n bytes of pending, and keeps them if they belong to the statement.
func (s *Scanner) consume(n int, keep bool) {
	moved := s.pending[:n]
	s.pending = s.pending[n:]
	for i := range len(moved) {
		switch c := moved[i]; {
		case c == '\n':
			s.pos.Line++
			s.pos.Column = 1
		case c&0xc0 != 0x80: // not within a character
			s.pos.Column++
		}
	}
	if keep && s.start.IsValid() {
		s.text.WriteString(moved[:min(n, MaxStatementBytes+1-s.text.Len())])
	}
}

// Split returns the statements of a text, the last perhaps without a terminator.
func Split(text string) []Statement {
	var all []Statement
	var s Scanner
	s.Write(text)
	s.Close()
	for {
		st, ok := s.Next()
		if !ok {
			return all
		}
		all = append(all, st)
	}
}
