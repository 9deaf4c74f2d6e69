package main

import (
	"bytes"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var updateScripts = flag.Bool("update", false, "rewrite the files that scripts compare with")

// TestScripts runs testdata/script/<command>_<case>.txtar: a script, then files.
//
//	ctlake ARGS...       runs ctlake; it must end with status 0
//	status N             after a line "! ctlake ARGS...": the status that it ended with
//	demo DIR             puts the lake of "ctlake demo --keep DIR" there, as a copy of one that all scripts share
//	stdin FILE           what the next ctlake reads
//	stdout|stderr REGEXP matches what the last one printed; with ! before it, must not
//	cmp stdout|stderr|FILE FILE    compares with a file of the script
//	chmod MODE PATH, exists PATH, missing PATH, nothing GLOB
//	let NAME REGEXP      keeps what the group in REGEXP matches of what the last one printed; $NAME stands for it
//	copy FILE TO
//	save stdout|stderr FILE    keeps what the last one printed
//	flip GLOB            changes a byte in the midst of the first file that matches
//	remove GLOB          removes the first file that matches
//	base64 FILE          makes of a file of base64 what it stands for
//
// Words may stand in single quotes. Each script has a folder of its own: $HOME, with the lake in it.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runScript(t, path)
		})
	}
}

// script is a script as it runs.
type script struct {
	t              *testing.T
	dir            string
	stdin          []byte
	stdout, stderr []byte
	status         int
	files          []scriptFile
	changed        bool
	kept           map[string]string // by let
}

type scriptFile struct{ name, text string }

var fileLine = regexp.MustCompile(`(?m)^-- (\S+) --\n`)

// parseScript splits a text into the script and its files.
func parseScript(text string) (commands string, files []scriptFile) {
	at := fileLine.FindAllStringSubmatchIndex(text, -1)
	if at == nil {
		return text, nil
	}
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		files = append(files, scriptFile{text[m[2]:m[3]], text[m[1]:end]})
	}
	return text[:at[0][0]], files
}

func runScript(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	commands, files := parseScript(string(text))
	s := &script{t: t, dir: t.TempDir(), files: files, kept: map[string]string{}}
	for _, f := range files {
		path := filepath.Join(s.dir, filepath.FromSlash(f.name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(f.text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for i, line := range strings.Split(commands, "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := s.run(line); err != nil {
			t.Fatalf("%s:%d: %s: %v\nstatus %d, stdout:\n%s\nstderr:\n%s", path, i+1, line, err, s.status, s.stdout, s.stderr)
		}
	}
	if s.changed {
		var b strings.Builder
		b.WriteString(commands)
		for _, f := range s.files {
			fmt.Fprintf(&b, "-- %s --\n%s", f.name, f.text)
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

var scriptWord = regexp.MustCompile(`'[^']*'|[^\s']+`)

func (s *script) run(line string) error {
	not := false
	if rest, ok := strings.CutPrefix(line, "! "); ok {
		line, not = rest, true
	}
	words := scriptWord.FindAllString(line, -1)
	for i, w := range words {
		words[i] = strings.Trim(w, "'")
		if kept, ok := s.kept[strings.TrimPrefix(w, "$")]; ok {
			words[i] = kept
		}
	}
	name, args := words[0], words[1:]
	if name != "ctlake" && len(args) == 0 {
		return errors.New("it takes an argument")
	}
	switch name {
	case "ctlake":
		if err := s.ctlake(args); err != nil {
			return err
		}
		if (s.status != exitDone) != not {
			return fmt.Errorf("it ended with status %d", s.status)
		}
		return nil
	case "demo":
		return putDemo(filepath.Join(s.dir, args[0]))
	case "status":
		if want, err := strconv.Atoi(args[0]); err != nil || s.status != want {
			return fmt.Errorf("the status is %d", s.status)
		}
		return nil
	case "stdin":
		text, err := os.ReadFile(filepath.Join(s.dir, args[0]))
		s.stdin = text
		return err
	case "stdout", "stderr":
		pattern, err := regexp.Compile("(?m)" + args[0])
		if err != nil {
			return err
		}
		if pattern.Match(s.output(name)) == not {
			return errors.New("that is not so")
		}
		return nil
	case "cmp":
		got := s.output(args[0])
		if args[0] != "stdout" && args[0] != "stderr" {
			var err error
			if got, err = os.ReadFile(filepath.Join(s.dir, args[0])); err != nil {
				return err
			}
		}
		return s.compare(got, args[1])
	case "let":
		m := regexp.MustCompile(args[1]).FindSubmatch(s.stdout)
		if m == nil {
			return errors.New("that is not so")
		}
		s.kept[args[0]] = string(m[1])
		return nil
	case "copy":
		text, err := os.ReadFile(filepath.Join(s.dir, args[0]))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(s.dir, args[1]), text, 0o600)
	case "save":
		return os.WriteFile(filepath.Join(s.dir, args[1]), s.output(args[0]), 0o600)
	case "chmod":
		mode, err := strconv.ParseUint(args[0], 8, 32)
		if err != nil {
			return err
		}
		return os.Chmod(filepath.Join(s.dir, args[1]), os.FileMode(mode))
	case "nothing":
		if matches, err := filepath.Glob(filepath.Join(s.dir, args[0])); err != nil || len(matches) > 0 {
			return fmt.Errorf("there is %q: %v", matches, err)
		}
		return nil
	case "flip", "remove":
		matches, err := filepath.Glob(filepath.Join(s.dir, args[0]))
		if err != nil || len(matches) == 0 {
			return fmt.Errorf("no file matches: %v", err)
		}
		if name == "remove" {
			return os.Remove(matches[0])
		}
		b, err := os.ReadFile(matches[0])
		if err != nil {
			return err
		}
		b[len(b)/2] ^= 1
		return os.WriteFile(matches[0], b, 0o600)
	case "base64":
		path := filepath.Join(s.dir, args[0])
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(text)), ""))
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o600)
	case "exists", "missing":
		if _, err := os.Stat(filepath.Join(s.dir, args[0])); (err == nil) != (name == "exists") {
			return fmt.Errorf("that is not so: %v", err)
		}
		return nil
	}
	return errors.New("no such command")
}

func (s *script) output(name string) []byte {
	if name == "stderr" {
		return s.stderr
	}
	return s.stdout
}

func (s *script) compare(got []byte, name string) error {
	for i := range s.files {
		f := &s.files[i]
		switch {
		case f.name != name:
			continue
		case f.text == string(got):
			return nil
		case *updateScripts:
			f.text, s.changed = string(got), true
			return nil
		}
		return fmt.Errorf("it is not %s:\n%s", name, f.text)
	}
	return fmt.Errorf("there is no file %s", name)
}

func (s *script) ctlake(args []string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(s.t.Context(), self, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{asProgram + "=1", "HOME=" + s.dir, "CTLAKE_HOME=" + filepath.Join(s.dir, "lake"), "TMPDIR=" + s.dir, "GORACE=" + os.Getenv("GORACE")}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(s.stdin), &stdout, &stderr
	s.stdin = nil
	err = cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		return err
	}
	s.status, s.stdout, s.stderr = cmd.ProcessState.ExitCode(), stdout.Bytes(), stderr.Bytes()
	if bytes.Contains(s.stderr, []byte("goroutine ")) {
		return errors.New("it panicked")
	}
	return nil
}
