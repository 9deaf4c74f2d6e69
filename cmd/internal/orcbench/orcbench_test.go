package main

import (
	"context"
	"path/filepath"
	"testing"
)

// A run over few events: that it measures, not what.
func TestRun(t *testing.T) {
	keep := filepath.Join(t.TempDir(), "events.orc")
	s := settings{events: 2000, rounds: 1, batchRows: 500, writeRows: 1000, clock: "cpu", keep: keep}
	if err := run(context.Background(), s, nil); err != nil {
		t.Fatal(err)
	}
	f, err := openFile(keep)
	if err != nil {
		t.Fatal(err)
	}
	defer f.file.Close()
	if f.Rows() != 2000 {
		t.Errorf("%d rows, wrote 2000", f.Rows())
	}
	if err := run(context.Background(), s, []string{keep}); err != nil {
		t.Fatal(err)
	}
}

func TestRunRefuses(t *testing.T) {
	for _, s := range []settings{
		{events: 1, rounds: 0, batchRows: 1, clock: "cpu"},
		{events: 1, rounds: 1, batchRows: 1, clock: "sun"},
	} {
		if err := run(context.Background(), s, nil); err == nil {
			t.Errorf("%+v runs", s)
		}
	}
}
