//go:build !linux

package source

// Notifier gives notice of files in local trees that were closed after writing, or moved there. Here there is none.
type Notifier struct{}

// NewNotifier fails: the error is of ErrNoNotice.
func NewNotifier() (*Notifier, error) { return nil, ErrNoNotice }

// Close ends the notices.
func (n *Notifier) Close() error { return nil }

// Changed has a value when there is something to take.
func (n *Notifier) Changed() <-chan struct{} { return nil }

// Take returns the files of which there was notice since the last call.
func (n *Notifier) Take() (files []string, relist bool) { return nil, false }

// Add watches a file, or the folders of a tree that are wanted.
func (n *Notifier) Add(string, Days) error { return ErrNoNotice }

// Renew watches again those roots that were gone, if they are there.
func (n *Notifier) Renew() error { return nil }
