package storage

import (
	"encoding/binary"
	"testing"
)

// Whoever makes up IDs and contents can make them of one identity, or of identities that hash functions put side by
// side: a set must not look through all of them for each.
func TestEventsMadeUpToCollide(t *testing.T) {
	const n = 20_000
	for name, word := range map[string]func(i uint64) (identity, content uint64){
		"one ID, many contents":         func(i uint64) (uint64, uint64) { return 7, i * 0x9e3779b97f4a7c15 },
		"one ID, contents side by side": func(i uint64) (uint64, uint64) { return 7, i << 40 },
		"IDs with the same first bytes": func(i uint64) (uint64, uint64) { return 0xabcdef<<40 | i, i },
		"IDs with the same last bytes":  func(i uint64) (uint64, uint64) { return i<<40 | 0xabcdef, 0 },
		"IDs and contents that cancel":  func(i uint64) (uint64, uint64) { return i, ^i },
		"many contents of each of 10":   func(i uint64) (uint64, uint64) { return i % 10 << 60, i },
		"identities that are contents":  func(i uint64) (uint64, uint64) { return i, i },
		"few contents of very many IDs": func(i uint64) (uint64, uint64) { return i / 2, i % 2 },
		"few IDs, one of zeros":         func(i uint64) (uint64, uint64) { return i % 2, i / 2 },
	} {
		keys := make([]EventKey, n)
		for i := range keys {
			identity, content := word(uint64(i))
			binary.LittleEndian.PutUint64(keys[i][:], identity)
			binary.LittleEndian.PutUint64(keys[i][identityBytes:], content)
		}
		var s eventSet
		met := map[uint64]bool{}
		for _, again := range []bool{false, true} {
			for i, key := range keys {
				identity := binary.LittleEndian.Uint64(key[:])
				want := First
				switch {
				case again:
					want = Repeated
				case met[identity]:
					want = Doubtful
				}
				met[identity] = true
				if got := s.add(key); got != want && identity != 0 { // of which the empty key is, which is noted apart
					t.Fatalf("%s: key %d, again %v: %d, want %d", name, i, again, got, want)
				}
				if !s.knows(key) && identity != 0 {
					t.Fatalf("%s: key %d is not known", name, i)
				}
			}
		}
		const most = 250 // for two additions and two questions, and for growing; far more by chance never
		if s.probes > most*n {
			t.Errorf("%s: %d slots were looked at for %d keys", name, s.probes, n)
		}
	}
}
