package storage

import (
	"crypto/rand"
	"encoding/binary"
	"sync"
	"time"
)

// ulids makes file names: 48 bits of milliseconds and 80 random bits, in Crockford's
// base 32, so that names sort by the time at which they were made. Within one
// process they ascend strictly.
type ulids struct {
	mu   sync.Mutex
	last [16]byte
}

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

func (u *ulids) next(now time.Time) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(id[6:]) // never fails
	u.mu.Lock()
	defer u.mu.Unlock()
	if string(id[:]) <= string(u.last[:]) {
		id = u.last
		for i := len(id) - 1; i >= 0; i-- {
			if id[i]++; id[i] != 0 {
				break
			}
		}
	}
	u.last = id
	var text [26]byte
	hi, lo := binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
	for i := 25; i >= 0; i-- {
		text[i] = crockford[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(text[:])
}
