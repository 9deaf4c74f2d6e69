package storage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// The files that processes lock. Locks are advisory ones of the operating system, which
// releases those of a process that dies: what a lock file says of a process that does not
// hold the lock any more is of no meaning.
const (
	writerLockName  = "writer.lock"
	readersLockName = "readers.lock"
)

// writer is what the lock file says of who holds the lock.
type writer struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Doing string    `json:"doing"`
	Since time.Time `json:"since"`
}

// lock takes the writer's lock, which the system releases if the process dies. ErrLocked, with who
// holds it, if another one does.
func (l *Lake) lock(doing string) (unlock func() error, err error) {
	if l.readOnly {
		return nil, ErrReadOnly
	}
	path := filepath.Join(l.dir, writerLockName)
	lock := flock.New(path, flock.SetPermissions(0o600))
	ok, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if !ok {
		return nil, lockedBy(path)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	text, err := json.Marshal(writer{PID: os.Getpid(), Host: host, Doing: doing, Since: time.Now().UTC().Truncate(time.Second)})
	if err == nil {
		err = os.WriteFile(path, append(text, '\n'), 0o600)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), lock.Unlock())
	}
	return lock.Unlock, nil
}

// maxLockBytes bounds what is read of a lock file.
const maxLockBytes = 4 << 10

// lockedBy is the error that the lock at path is taken.
func lockedBy(path string) error {
	text, err := os.ReadFile(path)
	var w writer
	if err != nil || len(text) > maxLockBytes || json.Unmarshal(text, &w) != nil || w.PID == 0 {
		return fmt.Errorf("%w; it does not say which", ErrLocked)
	}
	return fmt.Errorf("%w: process %d on %s, since %s (%s)", ErrLocked, w.PID, w.Host, w.Since.Format(time.RFC3339), w.Doing)
}

// readers is this process's share in the lock of those that query: while one has it, purged
// files stay on disk up to queryGrace.
type readers struct {
	path string // "" if no share is taken
	mu   sync.Mutex
	lock *flock.Flock // nil until the first query
}

// Taking the lock alone is a matter of an instant: see others.
const (
	readersLockTries = 1000
	readersLockPause = time.Millisecond
)

// join takes the share. A user who may not write to the lake takes it if the file is
// there; where nobody can write, nothing is purged.
func (r *readers) join() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lock != nil || r.path == "" {
		return nil
	}
	for _, flags := range []int{os.O_CREATE | os.O_RDONLY, os.O_RDONLY} {
		lock := flock.New(r.path, flock.SetPermissions(0o600), flock.SetFlag(flags))
		for range readersLockTries {
			ok, err := lock.TryRLock()
			if ok {
				r.lock = lock
				return nil
			}
			if readOnly(err) || errors.Is(err, fs.ErrNotExist) {
				break
			}
			if err != nil {
				return fmt.Errorf("lock %s: %w", r.path, err)
			}
			time.Sleep(readersLockPause)
		}
	}
	return nil
}

// readOnly reports whether an error says that this user cannot write here.
func readOnly(err error) bool {
	return errors.Is(err, ErrReadOnly) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// others reports whether a query may be running that has a snapshot of before this call: in
// this process, or in another one. Those that begin now see the catalog as it is now.
func (r *readers) others() (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lock != nil {
		return true, nil
	}
	lock := flock.New(r.path, flock.SetPermissions(0o600), flock.SetFlag(os.O_CREATE|os.O_RDONLY))
	alone, err := lock.TryLock()
	if err != nil {
		return false, fmt.Errorf("lock %s: %w", r.path, err)
	}
	if !alone {
		return true, nil
	}
	return false, lock.Unlock()
}

// release gives the share back.
func (r *readers) release() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lock == nil {
		return nil
	}
	err := r.lock.Unlock()
	r.lock = nil
	return err
}
