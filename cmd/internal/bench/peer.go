package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

//go:embed peer.py
var script string

// peer is a Python with an engine that runs what it is told to.
type peer struct {
	settings settings
	kind     string
	files    []string
	command  *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
	version  string
	closed   bool
}

// reply is what a peer says.
type reply struct {
	Version   string
	Wall, CPU float64 // seconds
	Error     string
	answer
}

func startPeer(ctx context.Context, s settings, kind string) (*peer, error) {
	p := &peer{settings: s, kind: kind, command: exec.CommandContext(ctx, s.python, "-c", script, kind, s.keep, strconv.Itoa(s.threads))}
	var err error
	if p.files, err = s.files(); err != nil {
		return nil, err
	}
	var stderr strings.Builder
	p.command.Stderr = &stderr
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	hello, err := p.ask(map[string]any{"files": p.files})
	if err != nil {
		_ = p.close() // stderr says why
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return nil, errors.New(lines[len(lines)-1])
	}
	p.version = hello.Version
	return p, nil
}

func (p *peer) ask(request map[string]any) (reply, error) {
	var r reply
	text, err := json.Marshal(request)
	if err != nil {
		return r, err
	}
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		return r, err
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return r, fmt.Errorf("%s stopped: %w", p.kind, err)
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, err
	}
	if r.Error != "" {
		return r, errors.New(r.Error)
	}
	return r, nil
}

func (p *peer) name() string  { return p.kind }
func (p *peer) about() string { return fmt.Sprintf("%s, %d threads", p.version, p.settings.threads) }

func (p *peer) dialect() string {
	dialect, _, _ := strings.Cut(p.kind, "-")
	return dialect
}

// run implements competitor.
func (p *peer) run(_ context.Context, text string, rows bool) (time.Duration, answer, error) {
	r, err := p.ask(map[string]any{"sql": text, "rows": rows})
	took := r.Wall
	if p.settings.clock == "cpu" {
		took = r.CPU
	}
	return time.Duration(took * float64(time.Second)), r.answer, err
}

// close ends the process; a second call does nothing.
func (p *peer) close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	return errors.Join(p.in.Close(), p.command.Wait())
}

// coldRun runs a statement in a process of its own and returns how long that took.
func (p *peer) coldRun(ctx context.Context, text string) (time.Duration, error) {
	began := time.Now()
	fresh, err := startPeer(ctx, p.settings, p.kind)
	if err != nil {
		return 0, err
	}
	_, _, err = fresh.run(ctx, text, false)
	if err := errors.Join(err, fresh.close()); err != nil {
		return 0, err
	}
	if p.settings.clock == "cpu" {
		return fresh.command.ProcessState.UserTime() + fresh.command.ProcessState.SystemTime(), nil
	}
	return time.Since(began), nil
}

// coldRun implements coldRunner: by the program of cmd/ctlake, built into the folder of --keep.
func (l *lake) coldRun(ctx context.Context, text string) (time.Duration, error) {
	program := l.settings.keep + "/ctlake"
	if _, err := os.Stat(program); err != nil {
		if out, err := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/ctlake/ctlake/cmd/ctlake").CombinedOutput(); err != nil {
			return 0, fmt.Errorf("%w: %s", err, out)
		}
	}
	text = strings.ReplaceAll(text, "FROM trail", "FROM "+l.settings.store)
	began := time.Now()
	c := exec.CommandContext(ctx, program, "--lake", l.settings.lake, "query", "--output", "null", text)
	if out, err := c.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%w: %s", err, out)
	}
	if l.settings.clock == "cpu" {
		return c.ProcessState.UserTime() + c.ProcessState.SystemTime(), nil
	}
	return time.Since(began), nil
}
