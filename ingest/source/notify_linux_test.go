package source

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestNotifier(t *testing.T) {
	dir := t.TempDir()
	root := filepath.Join(dir, "logs")
	n, err := NewNotifier()
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// expect takes until these files came, and a listing is asked for or not.
	expect := func(relisted bool, want ...string) {
		t.Helper()
		var got []string
		any := false
		for len(got) < len(want) || any != relisted {
			select {
			case <-n.Changed():
			case <-time.After(time.Minute):
				t.Fatalf("came %q, %t, want %q, %t", got, any, want, relisted)
			}
			files, relist := n.Take()
			got, any = append(got, files...), any || relist
		}
		if slices.Sort(got); !slices.Equal(slices.Compact(got), want) {
			t.Errorf("came %q, want %q", got, want)
		}
	}
	write := func(path string) {
		t.Helper()
		check(os.WriteFile(path, []byte("x"), 0o600))
	}
	check(n.Add(root, Days{})) // not there yet
	check(os.MkdirAll(filepath.Join(root, "a"), 0o700))
	check(n.Renew())
	write(filepath.Join(root, "a", "1"))
	expect(false, filepath.Join(root, "a", "1"))
	check(os.Mkdir(filepath.Join(root, "b"), 0o700))
	expect(true)
	write(filepath.Join(root, "b", "2"))
	check(os.Rename(filepath.Join(root, "b", "2"), filepath.Join(root, "a", "3")))
	expect(false, filepath.Join(root, "a", "3"), filepath.Join(root, "b", "2"))
	check(os.Rename(filepath.Join(root, "b"), filepath.Join(root, "c"))) // its files have other names now
	expect(true)
	write(filepath.Join(root, "c", "4"))
	expect(false, filepath.Join(root, "c", "4"))

	single := filepath.Join(dir, "single")
	write(single)
	check(n.Add(single, Days{}))
	write(single)
	expect(false, single)

	days := filepath.Join(dir, "days")
	for _, day := range []string{"01", "02"} {
		check(os.MkdirAll(filepath.Join(days, "AWSLogs", "111122223333", "CloudTrail", "eu-west-1", "2026", "03", day), 0o700))
	}
	check(n.Add(days, Days{First: "20260302"}))
	for _, day := range []string{"01", "02"} {
		write(filepath.Join(days, "AWSLogs", "111122223333", "CloudTrail", "eu-west-1", "2026", "03", day, "f"))
	}
	expect(false, filepath.Join(days, "AWSLogs", "111122223333", "CloudTrail", "eu-west-1", "2026", "03", "02", "f"))

	check(n.Close())
	if err := n.Add(dir, Days{}); err != nil && !errors.Is(err, ErrNoNotice) {
		t.Errorf("after its end: %v", err)
	}
}
