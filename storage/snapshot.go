package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// DataFile is a data file as the catalog knows it.
type DataFile struct {
	ID                         string // a ULID
	Path                       string // relative to the lake
	Day                        Day
	Rows, Bytes, RawBytes      int64
	MinEventTime, MaxEventTime int64 // milliseconds since 1970; of no meaning if HasEventTime is false
	HasEventTime               bool
	Checksum                   string // SHA-256 of the file, hexadecimal
	ImportID                   string // the import that brought it, of a merged file the last of them
}

// Snapshot is a store at one moment. It is safe for concurrent use.
type Snapshot struct {
	lake  *Lake
	Store *EventDataStore
	// Files are in order of day, then of age.
	Files []DataFile
	// NotBefore is the time, in milliseconds since 1970, before which events have
	// expired: files may still hold some, queries must not.
	NotBefore int64
}

// Snapshot returns a store as it is now, with the data files that make it up, both of one
// commit. They stay on disk while the lake is open, up to queryGrace.
func (l *Lake) Snapshot(ctx context.Context, store *EventDataStore) (*Snapshot, error) {
	if err := l.readers.join(); err != nil {
		return nil, err
	}
	s, err := l.knownSnapshot(ctx, store.ID)
	if err != nil {
		return nil, err
	}
	if s.Store.gone(l.now()) {
		return nil, notFound(store.Name)
	}
	return s, s.Store.usable()
}

func (l *Lake) snapshot(ctx context.Context, id string) (*Snapshot, error) {
	now, err := l.catalog.Snapshot(ctx, id)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, notFound(id)
	}
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	store, err := storeOf(now.Store)
	if err != nil {
		return nil, err
	}
	s := &Snapshot{lake: l, Store: store, NotBefore: store.notBefore(l.now(), store.newestMillis())}
	for _, f := range now.Files {
		s.Files = append(s.Files, dataFile(f))
	}
	return s, nil
}

func dataFile(f catalog.DataFile) DataFile {
	return DataFile{ID: f.ID, Path: f.Path, Day: dayOfCalendar(f.CalendarDay), Rows: f.Rows, Bytes: f.Bytes, RawBytes: f.RawBytes,
		MinEventTime: f.MinEventTime, MaxEventTime: f.MaxEventTime, HasEventTime: f.HasEventTime, Checksum: f.Checksum, ImportID: f.ImportID}
}

// OpenFile is a data file that is open for reading.
type OpenFile struct {
	*orc.File
	file ReadFile
}

// Close gives the file up.
func (f *OpenFile) Close() error { return f.file.Close() }

// Open opens a data file of the snapshot.
func (s *Snapshot) Open(f DataFile) (*OpenFile, error) {
	file, err := s.openFile(f)
	if err != nil {
		return nil, err
	}
	opened, err := orc.Open(file, file.Size(), orc.OpenOptions{Name: f.Path, TimestampPrecision: 3})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open data file: %w", err), file.Close())
	}
	return &OpenFile{opened, file}, nil
}

// openFile opens a data file and looks at its size.
func (s *Snapshot) openFile(f DataFile) (ReadFile, error) {
	file, err := s.lake.disk.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("open data file %s: %w", f.Path, err)
	}
	if file.Size() != f.Bytes {
		return nil, errors.Join(sizeError(f, file.Size()), file.Close())
	}
	return file, nil
}

// openUnmeasured is Open of a file of whatever size.
func (s *Snapshot) openUnmeasured(f DataFile) (*OpenFile, error) {
	file, err := s.lake.disk.Open(f.Path)
	if err != nil {
		return nil, fmt.Errorf("open data file %s: %w", f.Path, err)
	}
	opened, err := orc.Open(file, file.Size(), orc.OpenOptions{Name: f.Path, TimestampPrecision: 3})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open data file: %w", err), file.Close())
	}
	return &OpenFile{opened, file}, nil
}

// OpenKnown is Open for a file that was opened before: known is what that gave, whether
// or not it was closed. The file is looked for when something is read from it.
func (s *Snapshot) OpenKnown(f DataFile, known *orc.File) *OpenFile {
	file := &lateFile{open: func() (ReadFile, error) { return s.openFile(f) }, size: f.Bytes}
	return &OpenFile{known.Over(file), file}
}

// lateFile is a file that is opened when it is first read.
type lateFile struct {
	open func() (ReadFile, error)
	size int64

	once sync.Once
	file ReadFile
	err  error
}

func (f *lateFile) Size() int64 { return f.size }

func (f *lateFile) ReadAt(p []byte, off int64) (int, error) {
	f.once.Do(func() { f.file, f.err = f.open() })
	if f.err != nil {
		return 0, f.err
	}
	return f.file.ReadAt(p, off)
}

// Close closes the file if it was opened. Nothing may be read at the same time.
func (f *lateFile) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// keys gives each the keys of the events in a data file, some at a time. It must not keep the slice.
func (s *Snapshot) keys(ctx context.Context, f DataFile, each func([]EventKey) error) (err error) {
	file, err := s.Open(f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	keys := make([]EventKey, 0, keyRows)
	var scratch []byte
	for i := range file.Stripes() {
		stripe, err := file.Stripe(i)
		if err != nil {
			return err
		}
		columns := make([]*orc.ColumnReader, 3)
		for c, name := range []string{schema.EventID, schema.Recipient, schema.Checksum} {
			if columns[c], err = stripe.Column([]string{name}); err != nil {
				return err
			}
		}
		for from := 0; from < stripe.Rows(); from += keyRows {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(keyRows, stripe.Rows()-from)
			var read [3]vector.View[string]
			for c, column := range columns {
				texts, err := column.Read(from, n)
				if err != nil {
					return err
				}
				read[c] = vector.ViewOf[string](texts)
			}
			id, account, checksum := read[0], read[1], read[2]
			keys = keys[:0]
			for row := range n {
				sum, err := sumOf(checksum.Get(row))
				if err != nil {
					return fmt.Errorf("data file %s: %w", f.Path, err)
				}
				if id.Nulls.Has(row) {
					keys = append(keys, KeyOfContent(sum))
					continue
				}
				var key EventKey
				recipient := ""
				if !account.Nulls.Has(row) {
					recipient = account.Get(row)
				}
				key, scratch = KeyOf([]byte(id.Get(row)), []byte(recipient), sum, scratch)
				keys = append(keys, key)
			}
			if err := each(keys); err != nil {
				return err
			}
		}
	}
	return nil
}

// keyRows is how many rows keys reads at once.
const keyRows = RowGroupRows
