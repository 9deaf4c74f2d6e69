package source

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
)

// Notifier gives notice of files in local trees that were closed after writing, or moved there, as inotify(7) has it:
//
//	Add: a watch on each folder ◄── folders that are made
//	kernel ──► goroutine ──► names of files ──► Changed, Take
//
// Notices may be lost: whoever uses them must list the folders now and then, too.
type Notifier struct {
	inotify *os.File
	fd      int
	changed chan struct{}
	ended   sync.WaitGroup

	mu      sync.Mutex
	roots   []root
	lost    map[string]bool  // roots that are not watched, since they were gone
	folders map[int32]string // by watch
	files   map[string]bool
	relist  bool // folders came, or notices were lost
	full    bool // there are no watches left
}

// root is a tree that is watched.
type root struct {
	path string
	days Days
}

// maxNoticed bounds the names of files that wait to be taken. Further ones are found when the folders are listed.
const maxNoticed = 100_000

// What folders and files are watched for.
const watchedEvents = syscall.IN_CLOSE_WRITE | syscall.IN_MOVED_TO | syscall.IN_CREATE

// NewNotifier returns a notifier that watches nothing yet.
func NewNotifier() (*Notifier, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoNotice, err)
	}
	n := &Notifier{inotify: os.NewFile(uintptr(fd), "inotify"), fd: fd, changed: make(chan struct{}, 1),
		folders: map[int32]string{}, files: map[string]bool{}, lost: map[string]bool{}}
	n.ended.Go(n.read)
	return n, nil
}

// Close ends the notices. Nothing may be called after it.
func (n *Notifier) Close() error {
	err := n.inotify.Close()
	n.ended.Wait()
	return err
}

// Changed has a value when there is something to take.
func (n *Notifier) Changed() <-chan struct{} { return n.changed }

// Take returns the files of which there was notice since the last call, by the paths that a list of the roots gives them, in
// order. relist says that there may be more than these: folders were made.
func (n *Notifier) Take() (files []string, relist bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	files, relist = slices.Sorted(maps.Keys(n.files)), n.relist
	clear(n.files)
	n.relist = false
	return files, relist
}

// Add watches a file, or the folders of a tree that are wanted. The error is of ErrNoNotice if the system watches no further folders:
// those that it does watch it goes on with.
func (n *Notifier) Add(path string, days Days) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	r := root{path, days}
	n.roots = append(n.roots, r)
	return n.addRoot(r)
}

// Renew watches again those roots that were gone, if they are there.
func (n *Notifier) Renew() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.lost) == 0 {
		return nil
	}
	for _, r := range n.roots {
		if n.lost[r.path] {
			if err := n.addRoot(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Notifier) addRoot(r root) error {
	delete(n.lost, r.path)
	info, err := os.Stat(r.path)
	switch {
	case err != nil:
		n.lost[r.path] = true // whoever lists it says why
		return nil
	case !info.IsDir():
		return n.watch(r.path)
	}
	return n.addTree(r.path+string(filepath.Separator), r.days)
}

// addTree watches the folders of a tree. What cannot be read is passed over.
func (n *Notifier) addTree(path string, days Days) error {
	return filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
		path = filepath.Clean(path)
		switch {
		case err != nil || !d.IsDir():
			return nil
		case !days.Wants(filepath.ToSlash(path) + "/"):
			return fs.SkipDir
		}
		return n.watch(path)
	})
}

// watch watches a folder, or a file.
func (n *Notifier) watch(path string) error {
	var watch int
	err := n.control(func() (err error) {
		watch, err = syscall.InotifyAddWatch(n.fd, path, watchedEvents)
		return err
	})
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.ENOMEM):
		n.full = true
		return fmt.Errorf("%w: %w", ErrNoNotice, err)
	case err == nil:
		n.folders[int32(watch)] = path
	}
	return nil // it is gone, or may not be read
}

// control calls f while the file is open.
func (n *Notifier) control(f func() error) error {
	raw, err := n.inotify.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := raw.Control(func(uintptr) { inner = f() }); err != nil {
		return err
	}
	return inner
}

// read takes notices until the file is closed.
func (n *Notifier) read() {
	const bufferBytes = 64 << 10
	buffer := make([]byte, bufferBytes)
	for {
		got, err := n.inotify.Read(buffer)
		if err != nil || got == 0 {
			return
		}
		if n.take(buffer[:got]) {
			select {
			case n.changed <- struct{}{}:
			default:
			}
		}
	}
}

// take takes the events of one read, as inotify(7) lays them out: watch, mask, cookie and the length of the name that
// follows, each of four bytes. It reports whether there is something to take.
func (n *Notifier) take(events []byte) (news bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	const head = syscall.SizeofInotifyEvent
	for len(events) >= head {
		watch, mask := int32(binary.NativeEndian.Uint32(events)), binary.NativeEndian.Uint32(events[4:])
		end := head + int(binary.NativeEndian.Uint32(events[12:]))
		if end < head || end > len(events) {
			return news
		}
		name, _, _ := bytes.Cut(events[head:end], []byte{0})
		events = events[end:]
		if n.event(watch, mask, string(name)) {
			news = true
		}
	}
	return news
}

func (n *Notifier) event(watch int32, mask uint32, name string) (news bool) {
	folder, ok := n.folders[watch]
	switch {
	case mask&syscall.IN_IGNORED != 0: // the folder is gone, and the watch with it
		delete(n.folders, watch)
		for _, r := range n.roots {
			if filepath.Clean(r.path) == folder {
				n.lost[r.path] = true
			}
		}
		return false
	case mask&syscall.IN_Q_OVERFLOW != 0: // notices were lost
		n.relist = true
		return true
	case !ok:
		return false // of a folder that is gone
	}
	path := folder
	if name != "" {
		path = filepath.Join(folder, name)
	}
	switch {
	case mask&syscall.IN_ISDIR != 0:
		if mask&(syscall.IN_CREATE|syscall.IN_MOVED_TO) != 0 && !n.full {
			_ = n.addTree(path, n.daysOf(path)) // where there are no watches left, it is listed now and then
			n.relist = true                     // files may have come before the watch did
			return true
		}
		return false
	case mask&(syscall.IN_CLOSE_WRITE|syscall.IN_MOVED_TO) != 0 && len(n.files) < maxNoticed:
		n.files[path] = true
		return true
	}
	return false
}

// daysOf returns the days of the root that a path is below.
func (n *Notifier) daysOf(path string) Days {
	for _, r := range n.roots {
		if rest, err := filepath.Rel(r.path, path); err == nil && filepath.IsLocal(rest) {
			return r.days
		}
	}
	return Days{}
}
