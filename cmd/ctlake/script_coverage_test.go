package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ctlake/ctlake/cmd/internal/repl"
)

// notInScripts are the commands, flags and dot commands that no script uses, with what tests them instead.
var notInScripts = map[string]string{
	".pager": "TestTerminal: there is a pager on terminals alone",
}

// TestScriptsUseEverything holds that each command, each of its flags and each command of the shell is used by some
// script, so that what it prints and how it ends is written down.
func TestScriptsUseEverything(t *testing.T) {
	paths, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	root := rootCommand().command()
	used := map[string]bool{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		commands, files := parseScript(string(text))
		for line := range strings.Lines(commands) {
			words := scriptWord.FindAllString(strings.TrimPrefix(strings.TrimSpace(line), "! "), -1)
			if len(words) == 0 || words[0] != "ctlake" {
				continue
			}
			for i, w := range words {
				words[i] = strings.Trim(w, "'")
			}
			cmd, args, err := root.Find(words[1:])
			if err != nil {
				continue // of wrong usage, on purpose
			}
			used[cmd.CommandPath()] = true
			_ = cmd.ParseFlags(args) // flags before a wrong one count; they stay set for all scripts
		}
		for _, f := range files {
			for _, m := range dotCommand.FindAllStringSubmatch(f.text, -1) {
				used["."+m[1]] = true
			}
		}
	}
	needed := func(what string, is bool) {
		switch why := notInScripts[what]; {
		case !is && why == "":
			t.Errorf("no script of testdata/script uses %s", what)
		case is && why != "":
			t.Errorf("%s is used by a script: %q is no reason any more", what, why)
		}
	}
	for _, c := range allCommands(root) {
		if !c.HasSubCommands() {
			needed(c.CommandPath(), used[c.CommandPath()])
		}
		for _, f := range flagsOf(c) {
			needed(c.CommandPath()+" --"+f.Name, f.Changed)
		}
	}
	for _, f := range flagsOfAll(root) {
		needed("--"+f.Name, f.Changed)
	}
	for _, c := range (&repl.Shell{Commands: (&shell{}).commands()}).All() {
		needed("."+c.Name, used["."+c.Name])
	}
}

// dotCommand finds a command of the shell in a file of a script.
var dotCommand = regexp.MustCompile(`(?m)^\.([a-z]+)\b`)
