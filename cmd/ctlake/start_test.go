//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// How long a person waits: for the first prompt, for the answer to a query that reads nothing, and for a list of
// completions. All of it is of the real program, on a lake of 1,000 data files:
//
//	go test ./cmd/ctlake -run '^$' -bench Start
//
// cpu-ms/op is what the program's processor time comes to, which a busy machine changes less than the clock's.

// filesOfStart is how many data files the lake has: one a day.
const filesOfStart = 1000

// lakeOfStart makes the lake, and returns the home that it lies in.
func lakeOfStart(b *testing.B) string {
	b.Helper()
	home := b.TempDir()
	var logs bytes.Buffer
	logs.WriteString(`{"Records":[`)
	for i := range filesOfStart {
		if i > 0 {
			logs.WriteByte(',')
		}
		at := time.Date(2023, 6, 1, 10, 0, 0, 0, time.UTC).AddDate(0, 0, i)
		fmt.Fprintf(&logs, `{"eventVersion":"1.11","eventTime":"%s","eventSource":"s3.amazonaws.com","eventName":"GetObject","eventID":"%08d","recipientAccountId":"111122223333","requestParameters":{"bucketName":"b%d"}}`,
			at.Format(time.RFC3339), i, i%7)
	}
	logs.WriteString(`]}`)
	if err := os.WriteFile(filepath.Join(home, "logs.json"), logs.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	if out, err := programAt(home, "ingest", filepath.Join(home, "logs.json"), "--store", "trail", "--retention-days", "3653", "--retention-from", "newest").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return home
}

// programAt is ctlake with its lake in home.
func programAt(home string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err) // there is no test without it
	}
	cmd := exec.Command(self, args...)
	cmd.Env = []string{asProgram + "=1", "HOME=" + home, "CTLAKE_HOME=" + filepath.Join(home, "lake"), "TERM=xterm", "NO_COLOR=1", "PATH=" + os.Getenv("PATH")}
	return cmd
}

// seat is that of a person at a terminal with a program.
type seat struct {
	b    *testing.B
	cmd  *exec.Cmd
	keys *os.File // the terminal's other side
	seen []byte
}

// Requests to the driver of pseudo-terminals, as Linux numbers them.
const (
	setWindowSize    = 0x5414     // TIOCSWINSZ
	numberOfTerminal = 0x80045430 // TIOCGPTN
	unlockTerminal   = 0x40045431 // TIOCSPTLCK
)

func control(b *testing.B, f *os.File, request uintptr, argument unsafe.Pointer) {
	b.Helper()
	if _, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), request, uintptr(argument)); failed != 0 {
		b.Fatal(failed)
	}
}

// sit starts a program on a terminal of its own.
func sit(b *testing.B, cmd *exec.Cmd) *seat {
	b.Helper()
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		b.Skipf("skipped: no terminal can be made: %v", err)
	}
	locked, number := int32(0), int32(0)
	size := [4]uint16{40, 120} // lines, columns
	control(b, keys, unlockTerminal, unsafe.Pointer(&locked))
	control(b, keys, numberOfTerminal, unsafe.Pointer(&number))
	control(b, keys, setWindowSize, unsafe.Pointer(&size))
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		b.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	if err := terminal.Close(); err != nil {
		b.Fatal(err)
	}
	return &seat{b: b, cmd: cmd, keys: keys}
}

func (p *seat) press(keys string) {
	if _, err := p.keys.WriteString(keys); err != nil {
		p.b.Fatal(err)
	}
}

// see reads until the texts have come, one behind the other.
func (p *seat) see(texts ...string) {
	p.b.Helper()
	for len(texts) > 0 {
		if at := bytes.Index(p.seen, []byte(texts[0])); at >= 0 {
			p.seen = p.seen[at+len(texts[0]):]
			texts = texts[1:]
			continue
		}
		piece := make([]byte, 4096)
		n, err := p.keys.Read(piece)
		if err != nil {
			p.b.Fatalf("there is no %q in %q: %v", texts[0], p.seen, err)
		}
		p.seen = append(p.seen, piece[:n]...)
	}
}

// leave ends the program, and returns its processor time.
func (p *seat) leave() time.Duration {
	p.press("\x03\x04")
	for piece := make([]byte, 4096); ; {
		if _, err := p.keys.Read(piece); err != nil {
			break // the terminal's last user has gone
		}
	}
	if err := p.cmd.Wait(); err != nil {
		p.b.Fatal(err)
	}
	if err := p.keys.Close(); err != nil {
		p.b.Fatal(err)
	}
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
}

func reportProcessorTime(b *testing.B, all time.Duration) {
	b.ReportMetric(float64(all.Microseconds())/1000/float64(b.N), "cpu-ms/op")
}

func BenchmarkStart(b *testing.B) {
	home := lakeOfStart(b)
	b.Run("FirstPrompt", func(b *testing.B) {
		var used time.Duration
		for range b.N {
			p := sit(b, programAt(home, "shell"))
			p.see("ctlake> ")
			b.StopTimer()
			used += p.leave()
			b.StartTimer()
		}
		reportProcessorTime(b, used)
	})
	b.Run("SelectOne", func(b *testing.B) {
		var used time.Duration
		for range b.N {
			cmd := programAt(home, "query", "SELECT 1")
			if out, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), "\n1\n") {
				b.Fatalf("%v\n%s", err, out)
			}
			used += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		}
		reportProcessorTime(b, used)
	})
	lists := func(name, typed string, sees ...string) {
		b.Run(name, func(b *testing.B) {
			p := sit(b, programAt(home, "shell"))
			p.see("ctlake> ")
			p.press(typed)
			p.see(typed[len(typed)-1:])
			p.press("\t") // what the data says is asked for once
			p.see(sees...)
			b.ResetTimer()
			for range b.N {
				p.press("\t")
				p.see(sees...)
			}
			b.StopTimer()
			p.leave()
		})
	}
	lists("ListOfFunctions", "SELECT json_extract", "json_extract_scalar(", "ctlake> SELECT json_extract")
	lists("ListOfFields", "SELECT userIdentity.", "sessionContext", "ctlake> SELECT userIdentity.")
}
