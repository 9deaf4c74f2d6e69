package pager

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// paged writes lines through a pager for a screen of 10 lines, and returns what came on the terminal.
func paged(t *testing.T, command []string, lines int) (shown string, left bool) {
	t.Helper()
	terminal, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	// A file has no keys: the pager of our own then stops nowhere.
	p := New(terminal, terminal, command, 20, 10)
	for i := range lines {
		if _, err := fmt.Fprintf(p, "line %d\n", i); errors.Is(err, ErrLeft) {
			left = true
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(terminal.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), left
}

func TestPagers(t *testing.T) {
	upper := []string{"/bin/sh", "-c", "tr a-z A-Z"}
	if got, _ := paged(t, upper, 3); got != "line 0\nline 1\nline 2\n" {
		t.Errorf("what fits the screen was paged: %q", got)
	}
	if got, _ := paged(t, upper, 100); !strings.HasPrefix(got, "LINE 0\n") || strings.Count(got, "\n") != 100 {
		t.Errorf("%q", got)
	}
	if got, left := paged(t, []string{"/bin/sh", "-c", "read x; echo $x"}, 1_000_000); got != "line 0\n" || !left {
		t.Errorf("%q, left %v", got, left)
	}
	if got, _ := paged(t, nil, 100); strings.Count(got, "\n") != 100 {
		t.Errorf("%q", got)
	}
	if got, _ := paged(t, []string{"/nonexistent/pager"}, 100); strings.Count(got, "\n") != 100 {
		t.Errorf("%q", got)
	}
}

func TestCommand(t *testing.T) {
	f := func(setting string, want string, wantPaged bool) {
		t.Helper()
		command, paged := Command(setting)
		if got := strings.Join(command, " "); got != want || paged != wantPaged {
			t.Errorf("%q: %q, %v", setting, got, paged)
		}
	}
	f("off", "", false)
	f("cat", "", false)
	f("own", "", true)
	f("more -d", "/bin/sh -c more -d", true)
}

func TestFits(t *testing.T) {
	f := func(text string, want bool) {
		t.Helper()
		if got := fits([]byte(text), 10, 5); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	f("", true)
	f("a\nb\nc\n", true)
	f("a\nb\nc\nd\n", false)
	f("0123456789\n", true)
	f("0123456789x\n", false)
	f("\x1b[1m0123456789\x1b[0m\n", true)
	f("日本語日本\n", true)
	f("日本語日本語\n", false)
}
