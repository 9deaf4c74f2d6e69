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
)

//go:embed pyarrow.py
var script string

// peer is a Python with pyarrow that reads and writes when it is told to.
type peer struct {
	command *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	version string
}

// answer is what the peer measured.
type answer struct {
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"`
	Rows    int64   `json:"rows"`
	Bytes   int64   `json:"bytes"`
}

func startPeer(ctx context.Context, python, path, clock string) (*peer, error) {
	p := &peer{command: exec.CommandContext(ctx, python, "-c", script, path, clock)}
	p.command.Stderr = os.Stderr
	var err error
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
	hello, err := p.answer()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s has no pyarrow: name one that has by --python", python), p.close())
	}
	p.version = hello.Version
	return p, nil
}

func (p *peer) answer() (answer, error) {
	var a answer
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return a, fmt.Errorf("pyarrow stopped: %w", err)
	}
	return a, json.Unmarshal(line, &a)
}

func (p *peer) ask(request map[string]any) (answer, error) {
	line, err := json.Marshal(request)
	if err != nil {
		return answer{}, err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return answer{}, fmt.Errorf("pyarrow stopped: %w", err)
	}
	return p.answer()
}

func (p *peer) close() error {
	return errors.Join(p.in.Close(), p.command.Wait())
}
