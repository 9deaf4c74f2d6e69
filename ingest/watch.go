package ingest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/ctlake/ctlake/ingest/source"
)

const (
	// pollEvery is how often a tree that is watched is listed.
	pollEvery = 5 * time.Second
	// settleTime is how long a file must not have changed before it is read: it may be half written. Of those that the
	// system says were closed after writing it is not asked.
	settleTime = 5 * time.Second
	// noticeTime is how long files of which there was notice wait: programs write under another name first, close the
	// file, and give it its own name then.
	noticeTime = 200 * time.Millisecond
	// commitEvery is after which time what came is committed at the latest, at the end of an archive.
	commitEvery = 20 * time.Second
)

// watcher sends files as they come: those that it has not sent in the form they have now, once they
// have settled. A file that is written to after it was sent is sent again; what is gone is
// forgotten, and folders that vanish or cannot be read are looked for at the next listing.
//
//	every pollEvery: list all ──► those that have settled ──┐
//	inotify, of local trees: closed or moved in ────────────┴──► send
type watcher struct {
	options *Options
	poll    time.Duration
	sent    map[string]source.File
	send    func(file) bool
}

// watch sends files, and those that come, until ctx ends or send returns false.
func watch(ctx context.Context, o *Options, files []file, send func(file) bool) {
	w := &watcher{options: o, poll: pollEvery, send: send}
	w.run(ctx, files)
}

func (w *watcher) run(ctx context.Context, files []file) {
	ticker := time.NewTicker(w.poll)
	defer ticker.Stop()
	notifier := w.notifier()
	var changed <-chan struct{}
	if notifier != nil {
		changed = notifier.Changed()
		defer func() { _ = notifier.Close() }() // it was only read
	}
	if !w.listed(files) {
		return
	}
	for {
		select {
		case <-ticker.C:
			if notifier != nil {
				w.note(notifier.Renew())
			}
		case <-changed:
			if !wait(ctx, noticeTime) {
				return
			}
			closed, relist := notifier.Take()
			if !w.closed(closed) {
				return
			}
			if !relist {
				continue
			}
		case <-ctx.Done():
			return
		}
		files, _, err := w.options.walk(ctx)
		if err != nil { // ctx has ended
			return
		}
		if !w.listed(files) {
			return
		}
	}
}

// wait waits; false if ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// notifier watches the local trees; nil if there is none, or no notice to be had.
func (w *watcher) notifier() *source.Notifier {
	o := w.options
	var local []string
	for _, path := range o.Paths {
		if o.Files == nil && !(path == "-" && o.Stdin != nil) && !(source.IsS3(path) && o.Buckets != nil) {
			local = append(local, path)
		}
	}
	if len(local) == 0 {
		return nil
	}
	n, err := source.NewNotifier()
	if err != nil {
		w.note(err)
		return nil
	}
	for _, path := range local {
		if err := n.Add(path, source.DaysOf(o.From, o.To)); err != nil {
			w.note(err)
			break
		}
	}
	return n
}

// note says that new files are found by listing alone.
func (w *watcher) note(err error) {
	if err != nil && w.options.Note != nil {
		w.options.Note(fmt.Sprintf("%v: those below some folders are found by listing, every %s", err, w.poll))
	}
}

// listed sends those of all files that are to be read; false if there is nobody to send to.
func (w *watcher) listed(files []file) bool {
	there := make(map[string]source.File, len(files))
	for _, f := range files {
		last, ok := w.sent[f.Path]
		switch {
		case ok && last == f.File, f.stream != nil && ok:
			there[f.Path] = last
		case f.stream == nil && f.Version == "" && time.Since(f.Modified) < settleTime && !future(f.Modified):
			// Still being written, or just now: at a later listing.
			if ok {
				there[f.Path] = last
			}
		case !w.send(f):
			return false
		default:
			there[f.Path] = f.File
		}
	}
	w.sent = there
	return true
}

// closed sends files that were closed or moved in, if they are still there.
func (w *watcher) closed(paths []string) bool {
	var files []file
	for _, path := range paths {
		info, err := os.Lstat(path)
		if err != nil || info.Mode()&fs.ModeType != 0 {
			continue // it has another name by now, or is no file
		}
		f := file{File: source.File{Path: path, Size: info.Size(), Modified: info.ModTime()}, at: deliveredAt(path)}
		if last, ok := w.sent[path]; !ok || last != f.File {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, inOrder)
	for _, f := range files {
		if !w.send(f) {
			return false
		}
		w.sent[f.Path] = f.File
	}
	return true
}

// future reports whether a time is so far ahead that the file's clock must be another one.
func future(t time.Time) bool { return time.Until(t) > settleTime }
