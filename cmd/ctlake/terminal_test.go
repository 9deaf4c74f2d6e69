package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/cmd/internal/repl"
	"github.com/ctlake/ctlake/ingest/synth"
)

// hang is when a test gives up waiting: for a machine that is busy beyond reason.
const hang = time.Minute

// terminal is the real program in a terminal of its own, which tmux emulates.
type terminal struct {
	t      *testing.T
	socket string
	home   string
	pid    string // of the program
}

// needTmux skips the test where there is no tmux.
func needTmux(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: terminals; without -short they run")
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("skipped: tmux, which emulates the terminal, is not installed")
	}
}

// terminalHome is a home with a small lake in it, always the same.
func terminalHome(t *testing.T) string {
	t.Helper()
	s := &script{t: t, dir: t.TempDir()}
	if _, err := synth.Write(filepath.Join(s.dir, "logs"), synth.Options{Events: 300, Days: 1, Accounts: 1}); err != nil {
		t.Fatal(err)
	}
	if err := s.ctlake([]string{"ingest", "logs", "--store", "trail", "--retention-from", "newest"}); err != nil || s.status != exitDone {
		t.Fatalf("%v, status %d\n%s", err, s.status, s.stderr)
	}
	return s.dir
}

// openTerminal starts ctlake with args in a terminal of this size; more is added to its environment.
func openTerminal(t *testing.T, home string, columns, lines int, more []string, args ...string) *terminal {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The name of a socket may not be long.
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		t.Fatal(err)
	}
	x := &terminal{t: t, socket: filepath.Join(dir, "s"), home: home}
	config := filepath.Join(dir, "conf")
	if err := os.WriteFile(config, []byte("set -g status off\nset -s escape-time 0\nset -g remain-on-exit on\nset -g default-shell /bin/sh\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	environment := append([]string{asProgram + "=1", "HOME=" + home, "CTLAKE_HOME=" + filepath.Join(home, "lake"), "PATH=" + os.Getenv("PATH"),
		"TERM=screen", "LANG=C.UTF-8", "LESSCHARSET=utf-8", "NO_COLOR=1"}, more...)
	words := append(append([]string{"cd", home, "&&", "exec", "env", "-i"}, environment...), append([]string{self}, args...)...)
	for i, w := range words {
		if w != "&&" {
			words[i] = "'" + w + "'"
		}
	}
	t.Cleanup(func() {
		_ = exec.Command("tmux", "-S", x.socket, "kill-server").Run() // it may have ended by itself
		_ = os.RemoveAll(dir)
	})
	x.tmux("-u", "-f", config, "new-session", "-d", "-x", fmt.Sprint(columns), "-y", fmt.Sprint(lines), strings.Join(words, " "))
	x.pid = strings.TrimSpace(x.tmux("display-message", "-p", "#{pane_pid}"))
	return x
}

func (x *terminal) tmux(args ...string) string {
	x.t.Helper()
	out, err := exec.Command("tmux", append([]string{"-S", x.socket}, args...)...).CombinedOutput()
	if err != nil {
		x.t.Fatalf("tmux %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// screen returns what the terminal shows, without blank lines at its end.
func (x *terminal) screen() string {
	x.t.Helper()
	var lines []string
	for line := range strings.Lines(x.tmux("capture-pane", "-p")) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// wait waits until the screen matches.
func (x *terminal) wait(pattern string) string {
	x.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	deadline := time.Now().Add(hang)
	for {
		screen := x.screen()
		if re.MatchString(screen) {
			return screen
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("the terminal does not show %s, but\n%s", pattern, screen)
		}
		time.Sleep(25 * time.Millisecond) // until the next look
	}
}

// prompt waits for an empty prompt at the end of the screen. Where a line is being typed it is no sign
// that the line was entered: the editor shows it, for a moment, whenever it draws the line again.
func (x *terminal) prompt() string {
	x.t.Helper()
	return x.wait(`ctlake>\z`)
}

var promptLine = regexp.MustCompile(`(?m)^ctlake>`)

// prompts counts the prompts on the screen, and above it.
func (x *terminal) prompts() int {
	x.t.Helper()
	return len(promptLine.FindAllString(x.tmux("capture-pane", "-p", "-S", "-"), -1))
}

// end presses a key that ends what is being typed, and waits for the prompt behind it.
func (x *terminal) end(key string) string {
	x.t.Helper()
	before := x.prompts()
	x.press(key)
	for deadline := time.Now().Add(hang); x.prompts() <= before; time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			x.t.Fatalf("there is no prompt behind\n%s", x.screen())
		}
	}
	return x.prompt()
}

// leave presses ctrl-D and waits until the program has ended. tmux says so only once it has waited for the
// program, which it now and then forgets; the table of processes knows.
func (x *terminal) leave() {
	x.t.Helper()
	x.press("C-d")
	for deadline := time.Now().Add(hang); ; time.Sleep(25 * time.Millisecond) {
		out, err := exec.Command("ps", "-o", "stat=", "-p", x.pid).Output()
		if err != nil || strings.HasPrefix(strings.TrimSpace(string(out)), "Z") {
			return
		}
		if time.Now().After(deadline) {
			x.t.Fatalf("ctrl-D does not end the program (%s):\n%s", out, x.screen())
		}
	}
}

// write types text, as it is; it waits until its end is to be seen, so that keys that follow are not taken before it.
func (x *terminal) write(text string) {
	x.t.Helper()
	keys := text
	if whole, ok := strings.CutSuffix(text, ";"); ok {
		keys = whole + `\;` // which would end the command of tmux
	}
	x.tmux("send-keys", "-l", "--", keys)
	if end := text[max(len(text)-12, 0):]; strings.TrimSpace(end) != "" {
		x.wait(regexp.QuoteMeta(strings.TrimRight(end, " ")) + `\s*\z`)
	}
}

// press presses keys by their names for tmux: Enter, Tab, C-c, Up.
func (x *terminal) press(keys ...string) {
	x.t.Helper()
	x.tmux(append([]string{"send-keys"}, keys...)...)
}

// pressUntil presses a key until the screen matches: what it asks for may not be known the first time.
func (x *terminal) pressUntil(key, pattern string) {
	x.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	for deadline := time.Now().Add(hang); time.Now().Before(deadline); {
		x.press(key)
		for again := time.Now().Add(3 * time.Second); time.Now().Before(again); time.Sleep(25 * time.Millisecond) {
			if re.MatchString(x.screen()) {
				return
			}
		}
	}
	x.wait(pattern)
}

// enter types lines at prompts, and waits for the prompt behind the last.
func (x *terminal) enter(lines ...string) string {
	x.t.Helper()
	for i, line := range lines {
		x.write(line)
		if i+1 < len(lines) {
			x.press("Enter")
			x.wait(`    (->|'>)\z`)
		}
	}
	return x.end("Enter")
}

// mistake enters a statement as a person does, who is not as quick as a paste: what is pasted does not come back.
func (x *terminal) mistake() {
	x.t.Helper()
	time.Sleep(2 * repl.TypedAfter)
	x.press("Enter")
}

// fresh clears the screen at a prompt.
func (x *terminal) fresh() {
	x.t.Helper()
	x.press("C-l")
	x.wait(`\Actlake>\z`)
}

// golden compares a screen with testdata/screen/NAME.txt.
func (x *terminal) golden(name, screen string) {
	x.t.Helper()
	screen = regexp.MustCompile(`ctlake \S+, lake \S+`).ReplaceAllString(screen, "ctlake VERSION, lake LAKE") + "\n"
	path := filepath.Join("testdata", "screen", name+".txt")
	if *updateScripts {
		if err := os.WriteFile(path, []byte(screen), 0o644); err != nil {
			x.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		x.t.Fatal(err)
	}
	if screen != string(want) {
		x.t.Errorf("%s: the terminal shows\n%swant\n%s", name, screen, want)
	}
}

func TestTerminal(t *testing.T) {
	needTmux(t)
	t.Parallel()
	home := terminalHome(t)
	if err := os.WriteFile(filepath.Join(home, ".ctlakerc"), []byte(".timer off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x := openTerminal(t, home, 90, 24, nil, "shell")
	x.prompt()

	// A statement of several lines, with text that takes two cells a character.
	x.golden("table", x.enter("SELECT eventName, count(*) AS n, '日本語' AS text", "FROM trail", "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 4;"))

	// An error points at its place; the statement comes back, whole, with the cursor there.
	x.fresh()
	x.write("SELECT eventNam")
	x.press("Enter")
	x.wait(`    ->\z`)
	x.write("FROM trail ORDER BY 1 LIMIT 1;")
	x.mistake()
	x.wait(`ctlake> SELECT eventNam␤FROM trail ORDER BY 1 LIMIT 1;\z`)
	x.press("Right", "Right", "Right", "Right", "Right", "Right", "Right", "Right")
	x.tmux("send-keys", "-l", "e")
	x.wait(`SELECT eventName␤FROM trail ORDER BY 1 LIMIT 1;\z`)
	x.golden("mended", x.end("Enter"))

	// Or it is left, and comes with the up key.
	x.fresh()
	x.write("SELECT 1 AS one WHER true;")
	x.mistake()
	x.wait(`hint: did you mean WHERE\?\nctlake> SELECT 1 AS one WHER true;\z`)
	x.end("C-c")
	x.press("Up")
	x.wait(`ctlake> SELECT 1 AS one WHER true;\z`)
	x.end("C-c")

	// Completion: of a keyword, a column, a field, a key seen in the data; lists; signatures.
	x.fresh()
	x.write("sel")
	x.press("Tab")
	x.wait(`select\z`)
	x.write(" userI")
	x.press("Tab")
	x.wait(`userIdentity\z`)
	x.write(".sessionC")
	x.press("Tab")
	x.wait(`userIdentity\.sessionContext\z`)
	x.write(".")
	x.press("Tab")
	x.golden("completion_fields", x.wait(`webIdFederationData[^\0]*sessionContext\.\z`))
	x.end("C-c")
	x.fresh()
	x.write("SELECT element_at(requestParameters, 'bucketN")
	x.pressUntil("Tab", `'bucketName'\)\z`)
	x.write(" FROM tr")
	x.press("Tab")
	x.wait(`FROM trail\z`)
	x.end("C-c")
	x.fresh()
	x.write("SELECT json_extract")
	x.press("Tab")
	x.golden("completion_functions", x.wait(`json_extract_scalar\([^\0]*ctlake> SELECT json_extract\z`))
	x.end("C-c")
	x.write(".out")
	x.press("Tab")
	x.wait(`\.output\z`)
	x.end("C-c")

	// ctrl-C forgets what is being typed, on any of its lines.
	x.fresh()
	x.write("SELECT 'never")
	x.press("Enter")
	x.wait(`    '>\z`)
	x.write("run")
	x.end("C-c")
	x.golden("interrupted", x.enter("SELECT 1 AS one;"))

	// ctrl-C cancels a statement that runs.
	x.fresh()
	x.write("SELECT count(*) FROM UNNEST(sequence(1, 10000)) a(x) CROSS JOIN UNNEST(sequence(1, 10000)) b(y) CROSS JOIN UNNEST(sequence(1, 10000)) c(z);")
	x.press("Enter")
	x.wait(`\(ctrl-C cancels\)`)
	began := time.Now()
	screen := x.end("C-c")
	t.Logf("back at the prompt %s after ctrl-C", time.Since(began).Round(time.Millisecond))
	x.golden("cancelled", screen)

	// ctrl-R searches the history.
	x.fresh()
	x.press("C-r")
	x.wait(`reverse-i-search`)
	x.tmux("send-keys", "-l", "one")
	x.wait(`SELECT 1 AS one;\z`)
	x.end("Enter")

	// Results of more columns than the screen has room for.
	var wide strings.Builder
	wide.WriteString("SELECT ")
	for i := range 300 {
		fmt.Fprintf(&wide, "%d AS column%d, ", i, i)
	}
	if err := os.WriteFile(filepath.Join(home, "wide.sql"), []byte(strings.TrimSuffix(wide.String(), ", ")+";\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	x.enter(".pager own")
	x.fresh()
	x.write(".read wide.sql")
	x.press("Enter")
	x.golden("wide", x.wait(`-- more: .*--\z`))
	x.press("Space")
	x.golden("wide_second_page", x.wait(`column44[^\0]*-- more: .*--\z`))
	x.press("q")
	x.prompt()

	// The table fits the screen as it is now.
	x.tmux("resize-window", "-x", "50", "-y", "16")
	for deadline := time.Now().Add(hang); !strings.Contains(x.enter("SELECT repeat('x', 60) AS wide;"), "1 value cut"); {
		if time.Now().After(deadline) {
			t.Fatal("the program does not know of its terminal's size")
		}
	}
	x.fresh()
	x.golden("resized", x.enter(`SELECT eventID, userIdentity.arn AS "user", 7 AS n FROM trail ORDER BY eventID LIMIT 3;`))
	x.golden("vertical", x.enter(`SELECT 1 AS one, 'two' AS two \G`))

	// Text out of logs cannot command the terminal.
	x.fresh()
	x.golden("escaped", x.enter(`SELECT U&'\001b[2Jgone\0007\202E' AS text;`))

	// ctrl-D leaves. The history is there the next time, and for its owner alone.
	x.leave()
	history := filepath.Join(home, ".local", "state", "ctlake", "history")
	if info, err := os.Stat(history); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	x = openTerminal(t, home, 80, 10, nil, "shell")
	x.prompt()
	x.press("Up", "Up")
	x.wait(`SELECT 1 AS one, 'two' AS two\\G\z`)
}

func TestTerminalPagesThroughLess(t *testing.T) {
	needTmux(t)
	if _, err := exec.LookPath("less"); err != nil {
		t.Skip("skipped: less is not installed")
	}
	t.Parallel()
	x := openTerminal(t, terminalHome(t), 60, 12, nil, "shell", "--init", "")
	x.prompt()
	x.write("SELECT n FROM UNNEST(sequence(1, 200)) AS t(n);")
	x.press("Enter")
	x.wait(`^  +9\n:\z`)
	x.press("G")
	x.wait(`^\(200 rows\)\n`)
	x.press("q")
	x.wait(`200 rows in .*\nctlake>\z`)

	// A result that is left before its end is still the last one: it is exported whole.
	x.write("SELECT n, repeat('x', 60) AS x FROM UNNEST(sequence(1, 10000)) AS t(n);")
	x.press("Enter")
	x.wait(`^ +9 .*\n:\z`)
	x.press("q")
	x.prompt()
	x.enter(".stats")
	x.wait(`the last result was left before its end`)
	x.enter(".export all.csv")
	x.wait(`^10,000 rows written to all.csv as csv\nctlake>\z`)
}

func TestTerminalThatCannotEdit(t *testing.T) {
	needTmux(t)
	t.Parallel()
	x := openTerminal(t, terminalHome(t), 80, 16, []string{"TERM=dumb"}, "shell")
	x.prompt()
	x.enter(".timer off")
	x.write("SELECT 'never")
	x.end("C-c")
	x.golden("dumb", x.enter("SELECT 1 AS one,", "2 AS two;"))
	x.leave()
}
