package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// scratchIn returns a scratch file.
func scratchIn(t *testing.T) *setFile {
	t.Helper()
	disk, err := openDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	file, err := disk.Scratch("_x.ids.tmp")
	if err != nil {
		t.Fatal(err)
	}
	f := &setFile{file: file}
	t.Cleanup(func() {
		if err := f.close(); err != nil {
			t.Error(err)
		}
		if left, err := disk.ReadDir("."); err != nil || len(left) > 0 {
			t.Errorf("there is left %v, %v", left, err)
		}
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// numbered returns a key; of numbers that differ by a multiple of 1,000 the identities are the same.
func numbered(n int) (key EventKey) {
	identity := sha256.Sum256(binary.LittleEndian.AppendUint64(nil, uint64(n%1000)))
	copy(key[:identityBytes], identity[:])
	binary.LittleEndian.PutUint64(key[identityBytes:], uint64(n))
	return key
}

// A set says the same of each key whether it is in memory, on disk from its beginning, or goes there on its way.
func TestStoredSetsSayWhatSetsInMemorySay(t *testing.T) {
	f := scratchIn(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, movesAt := range []int{0, 1, 700, 5000} {
		var want, moving eventSet
		var stored *storedSet
		f2, err := f.empty(minEventSlots) // grows beside
		if err != nil {
			t.Fatal(err)
		}
		for i := range 9000 {
			if i == movesAt {
				if stored, err = f.store(&moving); err != nil {
					t.Fatal(err)
				}
			}
			key := numbered(random.IntN(4000))
			if i%3000 == 17 {
				key = EventKey{}
			}
			known := want.knows(key)
			sighting := want.add(key)
			got, gotKnown := First, false
			if stored == nil {
				gotKnown = moving.knows(key)
				got = moving.add(key)
			} else {
				if gotKnown, err = stored.knows(key); err != nil {
					t.Fatal(err)
				}
				if got, err = stored.add(key); err != nil {
					t.Fatal(err)
				}
			}
			beside, err := f2.add(key)
			if err != nil {
				t.Fatal(err)
			}
			if got != sighting || beside != sighting || gotKnown != known {
				t.Fatalf("key %d of a set that moves at %d: %d, %d beside, known %t; want %d, %t", i, movesAt, got, beside, gotKnown, sighting, known)
			}
		}
		if stored.n != want.n || f2.n != want.n {
			t.Errorf("%d and %d keys, want %d", stored.n, f2.n, want.n)
		}
		stored.leave()
		f2.leave()
		if f.end != 0 || len(f.free) != 0 {
			t.Errorf("of the file are left %d bytes and %v", f.end, f.free)
		}
	}
}

// Places in the file are used again, and never two at once.
func TestPlacesInTheScratchFile(t *testing.T) {
	f := &setFile{}
	random := rand.New(rand.NewPCG(3, 4))
	var held []extent
	for range 2000 {
		if len(held) > 20 || len(held) > 0 && random.IntN(2) == 0 {
			i := random.IntN(len(held))
			f.release(held[i])
			held = append(held[:i], held[i+1:]...)
			continue
		}
		e := f.allocate(int64(1 + random.IntN(50)))
		for _, other := range held {
			if e.at < other.at+other.size && other.at < e.at+e.size {
				t.Fatalf("%v and %v", e, other)
			}
		}
		held = append(held, e)
	}
	if f.end > 20*50*3 {
		t.Errorf("%d bytes for at most 20 places of 50", f.end)
	}
	for _, e := range held {
		f.release(e)
	}
	if f.end != 0 || len(f.free) != 0 {
		t.Errorf("%d bytes and %v are left", f.end, f.free)
	}
}
