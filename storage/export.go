package storage

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/orc"
)

// An exported store is a folder, or a tar file, of these in this order:
//
//	export.json                  what this is
//	calendarday=YYYYMMDD/….orc   the data files, as they lie in the lake
//	catalog.jsonl                the rows of the catalog: the store, its imports, archives, files, purges
//	SHA256SUMS                   of all of them, as sha256sum -c reads it
const (
	exportHead    = "export.json"
	exportCatalog = "catalog.jsonl"
	exportSums    = "SHA256SUMS"
)

const (
	exportFormat  = "ctlake event data store"
	exportVersion = 1
)

// Export says what is in an exported store.
type Export struct {
	Format   string    `json:"format"`
	Version  int       `json:"version"`
	StoreID  string    `json:"storeId"`
	Name     string    `json:"name"`
	Exported time.Time `json:"exported"`
	Files    int       `json:"files"`
	Events   int64     `json:"events"`
	Bytes    int64     `json:"bytes"` // of the data files
}

// ErrExport says that what is to be imported is no exported store, or not as it was exported.
var ErrExport = errors.New("not an exported event data store as it was written")

// errThere says that the target of an export exists.
var errThere = fs.ErrExist

// Export writes a store, with all that the catalog knows of it, to a new folder, or a new tar file if the name
// ends with .tar. Each data file is held against its SHA-256 on the way. The store may be written to and queried meanwhile: it is
// exported as it was at one commit. What is there under the name appears whole, or not at all.
func (l *Lake) Export(ctx context.Context, ref, to string) (e *Export, err error) {
	store, err := l.Find(ctx, ref)
	if err != nil {
		return nil, err
	}
	if _, err := l.Snapshot(ctx, store); err != nil { // which makes purged files wait, too
		return nil, err
	}
	if to, err = filepath.Abs(to); err != nil {
		return nil, fmt.Errorf("export event data store %s: %w", store.Name, err)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(fmt.Errorf("export event data store %s: %s: %w", store.Name, to, errThere))
	}
	parent, err := l.openDisk(filepath.Dir(to))
	if err != nil {
		return nil, fmt.Errorf("export event data store %s: %w", store.Name, err)
	}
	defer func() { err = errors.Join(err, parent.Close()) }()
	x := &exporter{lake: l, parent: parent, partial: "." + filepath.Base(to) + ".partial-" + newUUID()[:8]}
	x.sink = &folderSink{disk: parent, dir: x.partial}
	if strings.HasSuffix(to, ".tar") {
		x.sink = &tarSink{disk: parent, name: x.partial}
	}
	if err := x.run(ctx, store); err != nil {
		return nil, errors.Join(fmt.Errorf("export event data store %s: %w", store.Name, err), x.sink.discard(), removeTree(parent, x.partial))
	}
	name := filepath.Base(to)
	if err := parent.Rename(x.partial, name); err != nil {
		return nil, errors.Join(fmt.Errorf("export event data store %s: %w", store.Name, err), removeTree(parent, x.partial))
	}
	if err := parent.SyncDir("."); err != nil {
		return nil, errors.Join(fmt.Errorf("export event data store %s: %w", store.Name, err), removeTree(parent, name))
	}
	return &x.head, nil
}

// spoolBytes is how much of the catalog's rows is written at once.
const spoolBytes = 64 << 10

// exporter is an export under way.
type exporter struct {
	lake    *Lake
	parent  Disk
	partial string // what it is called until it is whole
	sink    sink
	head    Export
	sums    bytes.Buffer
}

// sink is where the files of an export go.
type sink interface {
	// put adds a file of the size given.
	put(name string, size int64, content io.Reader) error
	// finish makes all of it durable.
	finish() error
	discard() error
}

func (x *exporter) run(ctx context.Context, store *EventDataStore) (err error) {
	// The rows first, of one commit: they say which files there are.
	rowsName := x.partial + "-rows"
	spool, err := x.parent.Create(rowsName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spool.Close(), x.parent.Remove(rowsName)) }()
	x.head = Export{Format: exportFormat, Version: exportVersion, StoreID: store.ID, Name: store.Name, Exported: x.lake.now().UTC()}
	var files []DataFile
	buffer := bufio.NewWriterSize(spool, spoolBytes)
	rows := json.NewEncoder(buffer)
	if err := x.lake.catalog.Dump(ctx, store.ID, func(row catalog.DumpRow) error {
		switch {
		case row.Store != nil:
			x.head.Name = row.Store.Name
		case row.File != nil:
			files = append(files, dataFile(*row.File))
			x.head.Files++
			x.head.Events += row.File.Rows
			x.head.Bytes += row.File.Bytes
		}
		return rows.Encode(row)
	}); err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	head, err := json.MarshalIndent(x.head, "", "  ")
	if err != nil {
		return err
	}
	if err := x.put(ctx, exportHead, int64(len(head)), bytes.NewReader(head), ""); err != nil {
		return err
	}
	prefix := storesName + "/" + store.ID + "/"
	for _, f := range files {
		if err := x.putData(ctx, strings.TrimPrefix(f.Path, prefix), f); err != nil {
			return err
		}
	}
	read, err := x.parent.Open(rowsName)
	if err != nil {
		return err
	}
	err = x.put(ctx, exportCatalog, read.Size(), io.NewSectionReader(read, 0, read.Size()), "")
	if err := errors.Join(err, read.Close()); err != nil {
		return err
	}
	if err := x.sink.put(exportSums, int64(x.sums.Len()), &x.sums); err != nil {
		return err
	}
	return x.sink.finish()
}

// putData adds a data file.
func (x *exporter) putData(ctx context.Context, name string, f DataFile) (err error) {
	file, err := x.lake.disk.Open(f.Path)
	if err != nil {
		return fmt.Errorf("open data file %s: %w", f.Path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.Size() != f.Bytes {
		return sizeError(f, file.Size())
	}
	return x.put(ctx, name, f.Bytes, io.NewSectionReader(file, 0, f.Bytes), f.Checksum)
}

// put adds a file, whose SHA-256 must be want if that is not "".
func (x *exporter) put(ctx context.Context, name string, size int64, content io.Reader, want string) error {
	sum := sha256.New()
	if err := x.sink.put(name, size, io.TeeReader(contextReader{ctx, content}, sum)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	got := hex.EncodeToString(sum.Sum(nil))
	if want != "" && got != want {
		return fmt.Errorf("data file %s has the SHA-256 %s where the catalog says %s: %w", name, got, want, orc.ErrCorrupt)
	}
	fmt.Fprintf(&x.sums, "%s  %s\n", got, name)
	return nil
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// folderSink writes into a new folder.
type folderSink struct {
	disk Disk
	dir  string
	dirs []string // made so far
}

func (s *folderSink) put(name string, size int64, content io.Reader) error {
	dir := path.Join(s.dir, path.Dir(name))
	if err := s.disk.MkdirAll(dir); err != nil {
		return err
	}
	if len(s.dirs) == 0 || s.dirs[len(s.dirs)-1] != dir {
		s.dirs = append(s.dirs, dir)
	}
	return writeNew(s.disk, path.Join(s.dir, name), size, content)
}

func (s *folderSink) finish() error {
	for _, dir := range append(s.dirs, s.dir) {
		if err := s.disk.SyncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (s *folderSink) discard() error { return nil }

// writeNew makes a new file of a given size, durable but for its name.
func writeNew(disk Disk, name string, size int64, content io.Reader) error {
	f, err := disk.Create(name)
	if err != nil {
		return err
	}
	n, err := io.Copy(f, content)
	if err == nil && n != size {
		err = fmt.Errorf("it has %d bytes, not %d: %w", n, size, io.ErrUnexpectedEOF)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// tarSink writes a new tar file.
type tarSink struct {
	disk Disk
	name string
	file WriteFile
	tar  *tar.Writer
}

func (s *tarSink) put(name string, size int64, content io.Reader) (err error) {
	if s.file == nil {
		if s.file, err = s.disk.Create(s.name); err != nil {
			return err
		}
		s.tar = tar.NewWriter(s.file)
	}
	if err := s.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, Format: tar.FormatPAX}); err != nil {
		return err
	}
	n, err := io.Copy(s.tar, content)
	if err == nil && n != size {
		err = fmt.Errorf("it has %d bytes, not %d: %w", n, size, io.ErrUnexpectedEOF)
	}
	return err
}

func (s *tarSink) finish() error {
	err := errors.Join(s.tar.Close(), s.file.Sync(), s.file.Close())
	s.file = nil
	return err
}

func (s *tarSink) discard() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}
