package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// said returns all that queries take from the catalog.
func said(t *testing.T, dir string) (text string, err error) {
	t.Helper()
	l, err := Open(t.Context(), dir, Options{ReadOnly: true, Now: func() time.Time { return noon }})
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	stores, err := l.EventDataStores(t.Context())
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, s := range stores {
		snapshot, err := l.snapshot(t.Context(), s.ID)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%+v %d\n%+v\n", *snapshot.Store, snapshot.NotBefore, snapshot.Files)
	}
	return b.String(), nil
}

// Whichever bit of the catalog changes, what it says of stores and data files is as it was written, or an error; then
// the check finds damage, too.
func TestBitFlipsOfTheCatalog(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	source := exportable(t)
	source.with("other", StatusPendingDeletion, false)
	dir := copied(t, source.Dir())
	closeLake(t, openLake(t, dir, nil)) // which takes the log into the catalog
	want, err := said(t, dir)
	if err != nil || strings.Count(want, "\n") != 4 {
		t.Fatalf("%v:\n%s", err, want)
	}
	path := filepath.Join(dir, catalogName)
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// Where the values lie, and anywhere.
	var values []int
	for _, value := range []string{"trail", "EXTENDABLE", "calendarday=20260310/", "ENABLED", "team"} {
		for at := 0; ; at++ {
			next := strings.Index(string(sound[at:]), value)
			if next < 0 {
				break
			}
			at += next
			values = append(values, at)
		}
	}
	flips, noticed := 200, 0
	switch {
	case *everyFault:
		flips = 1000
	case testing.Short():
		flips = 100
	}
	for i := range flips {
		at := random.IntN(len(sound))
		if i%2 == 0 {
			at = min(max(values[random.IntN(len(values))]+random.IntN(200)-100, 0), len(sound)-1)
		}
		changed := append([]byte{}, sound...)
		changed[at] ^= 1 << random.IntN(8)
		if err := os.WriteFile(path, changed, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := said(t, dir)
		if err == nil && got != want {
			t.Errorf("byte %d of the catalog: it says\n%s\nwhere it said\n%s", at, got, want)
		}
		if err == nil {
			continue
		}
		noticed++
		l, err := Open(t.Context(), dir, Options{ReadOnly: true, Now: func() time.Time { return noon }})
		if err != nil {
			continue
		}
		if r, err := l.Check(t.Context(), CheckOptions{Deep: true}); err == nil && !r.Damaged() {
			t.Errorf("byte %d of the catalog: the check finds nothing", at)
		}
		closeLake(t, l)
	}
	if noticed == 0 {
		t.Error("no flip was noticed at all")
	}
	t.Logf("%d of %d flips were noticed, the others change nothing", noticed, flips)
}
