package storage

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/selector"
)

// Bounds of what is read of an exported store before it is known to be one.
const (
	maxExportHeadBytes = 64 << 10
	maxExportRowBytes  = 4 << 20
	maxExportSumBytes  = 1 << 10 // of a line
	maxExportFiles     = 1 << 20
)

// exportedData is the name of a data file in an exported store: nothing else leads anywhere.
var exportedData = regexp.MustCompile(`^calendarday=([0-9]{8}|__HIVE_DEFAULT_PARTITION__)/[0-9A-HJKMNP-TV-Z]{26}\.orc$`)

// ImportStore makes a store of an exported one, a folder or a tar file: with its ID, its events, and all that its catalog
// knew. name, if it is not "", is another name for it. Everything is held against the SHA-256 that it was exported with before
// the catalog takes it, in one transaction. ErrExport if it is not as it was written, ErrExists if the
// lake has the store, its name, or one of its imports already.
func (l *Lake) ImportStore(ctx context.Context, from, name string) (store *EventDataStore, err error) {
	if name != "" {
		if err := checkName(name); err != nil {
			return nil, err
		}
	}
	source, err := openExport(from)
	if err != nil {
		return nil, fmt.Errorf("import event data store: %w", err)
	}
	defer func() { err = errors.Join(err, source.close()) }()
	unlock, err := l.lock("import of an event data store")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := l.dropDeleted(ctx); err != nil && !errors.Is(err, ErrClock) {
		return nil, err
	}
	in := &importer{lake: l, source: source, name: name, sums: map[string]string{}, sizes: map[string]int64{}}
	if err := in.run(ctx); errors.Is(err, catalog.ErrUncertain) {
		return nil, fmt.Errorf("import event data store from %s: %w", from, err) // its files stay: the catalog may know them
	} else if err != nil {
		return nil, errors.Join(fmt.Errorf("import event data store from %s: %w", from, err), in.discard())
	}
	if err := l.tick(ctx); err != nil {
		return nil, err
	}
	return l.Find(ctx, in.head.StoreID)
}

// exportSource gives the files of an exported store, in their order.
type exportSource interface {
	// next returns the next file; io.EOF at the end. The file before must not be read any more.
	next() (name string, size int64, content io.Reader, err error)
	close() error
}

func openExport(from string) (exportSource, error) {
	info, err := os.Stat(from)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return openFolder(from)
	}
	f, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	return &tarSource{f, tar.NewReader(bufio.NewReaderSize(f, 1<<20))}, nil
}

type tarSource struct {
	file *os.File
	tar  *tar.Reader
}

func (s *tarSource) next() (string, int64, io.Reader, error) {
	h, err := s.tar.Next()
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: %w", ErrExport, err)
	}
	if err != nil {
		return "", 0, nil, err
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse") {
			return "", 0, nil, fmt.Errorf("%w: %q is a sparse file", ErrExport, clipped(h.Name))
		}
	}
	if h.Typeflag != tar.TypeReg {
		return "", 0, nil, fmt.Errorf("%w: %q is no plain file", ErrExport, clipped(h.Name))
	}
	return h.Name, h.Size, s.tar, nil
}

func (s *tarSource) close() error { return s.file.Close() }

// folderSource reads a folder. Nothing in it, links neither, leads out of it.
type folderSource struct {
	disk  *rootDisk
	names []string
	open  ReadFile
}

func openFolder(from string) (exportSource, error) {
	disk, err := openDisk(from)
	if err != nil {
		return nil, err
	}
	s := &folderSource{disk: disk, names: []string{exportHead}}
	err = func() error {
		top, err := disk.ReadDir(".")
		if err != nil {
			return err
		}
		for _, day := range top {
			if !day.IsDir() {
				continue
			}
			files, err := disk.ReadDir(day.Name())
			if err != nil {
				return err
			}
			for _, f := range files {
				s.names = append(s.names, day.Name()+"/"+f.Name())
			}
		}
		s.names = append(s.names, exportCatalog, exportSums)
		for _, e := range top {
			if !e.IsDir() && !slices.Contains(s.names, e.Name()) {
				return fmt.Errorf("%w: %q does not belong to it", ErrExport, clipped(e.Name()))
			}
		}
		return nil
	}()
	if err != nil {
		return nil, errors.Join(err, disk.Close())
	}
	return s, nil
}

func (s *folderSource) next() (name string, size int64, content io.Reader, err error) {
	if err := s.done(); err != nil {
		return "", 0, nil, err
	}
	if len(s.names) == 0 {
		return "", 0, nil, io.EOF
	}
	name, s.names = s.names[0], s.names[1:]
	info, err := s.disk.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", 0, nil, fmt.Errorf("%w: %s is missing", ErrExport, name)
	case err != nil:
		return "", 0, nil, err
	case !info.Mode().IsRegular():
		return "", 0, nil, fmt.Errorf("%w: %q is no plain file", ErrExport, clipped(name))
	}
	if s.open, err = s.disk.Open(name); err != nil {
		return "", 0, nil, err
	}
	return name, s.open.Size(), io.NewSectionReader(s.open, 0, s.open.Size()), nil
}

func (s *folderSource) done() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}

func (s *folderSource) close() error { return errors.Join(s.done(), s.disk.Close()) }

// importer is an import of a store under way.
type importer struct {
	lake   *Lake
	source exportSource
	name   string
	head   Export
	// Of the files that were read: SHA-256, and the size of those of data.
	sums   map[string]string
	sizes  map[string]int64
	placed []string // in the lake
}

func (in *importer) run(ctx context.Context) error {
	if err := in.readHead(ctx); err != nil {
		return err
	}
	for {
		name, size, content, err := in.next()
		if err != nil {
			return err
		}
		if name == exportCatalog {
			return in.load(ctx, content)
		}
		if err := in.place(ctx, name, size, content); err != nil {
			return err
		}
	}
}

// next returns the next file of the source, whose content is hashed while it is read.
func (in *importer) next() (name string, size int64, content *hashedReader, err error) {
	name, size, r, err := in.source.next()
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("%w: it ends too early", ErrExport)
	}
	if err != nil {
		return "", 0, nil, err
	}
	if name != exportHead && name != exportCatalog && name != exportSums && !exportedData.MatchString(name) {
		return "", 0, nil, fmt.Errorf("%w: %q does not belong to it", ErrExport, clipped(name))
	}
	if _, again := in.sums[name]; again {
		return "", 0, nil, fmt.Errorf("%w: %s is there twice", ErrExport, name)
	}
	if len(in.sums) > maxExportFiles {
		return "", 0, nil, fmt.Errorf("%w: it has more than %d files", ErrExport, maxExportFiles)
	}
	return name, size, &hashedReader{r: r, sum: sha256.New()}, nil
}

// took keeps the sum of a file that was read to its end.
func (in *importer) took(name string, content *hashedReader) {
	in.sums[name] = hex.EncodeToString(content.sum.Sum(nil))
}

// hashedReader hashes what is read of it.
type hashedReader struct {
	r   io.Reader
	sum interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (h *hashedReader) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	_, _ = h.sum.Write(p[:n])
	return n, err
}

func (in *importer) readHead(ctx context.Context) error {
	name, size, content, err := in.next()
	if err != nil {
		return err
	}
	if name != exportHead || size > maxExportHeadBytes {
		return fmt.Errorf("%w: it does not begin with %s", ErrExport, exportHead)
	}
	text, err := io.ReadAll(io.LimitReader(content, maxExportHeadBytes))
	if err != nil {
		return err
	}
	in.took(name, content)
	err = json.Unmarshal(text, &in.head)
	switch {
	case err != nil || in.head.Format != exportFormat:
		return fmt.Errorf("%w: %s does not say that it is one", ErrExport, exportHead)
	case in.head.Version > exportVersion:
		return fmt.Errorf("%w: it has version %d, this ctlake knows %d; use the newer one that wrote it", ErrExport, in.head.Version, exportVersion)
	case in.head.Version < 1 || !isUUID(in.head.StoreID) || strings.ToLower(in.head.StoreID) != in.head.StoreID:
		return fmt.Errorf("%w: version %d of the store %q", ErrExport, in.head.Version, clipped(in.head.StoreID))
	}
	if _, err := in.lake.catalog.Store(ctx, in.head.StoreID); err == nil {
		return refuse(ErrExists, "the lake has the event data store %s already", in.head.StoreID)
	} else if !errors.Is(err, catalog.ErrNotFound) {
		return fmt.Errorf("read catalog: %w", err)
	}
	// What an import before left, and what was removed and waits for queries: its files have the same names.
	if _, _, err := in.lake.unlink(ctx); err != nil {
		return err
	}
	waiting, err := in.lake.catalog.PurgedFiles(ctx)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	for _, f := range waiting {
		if strings.HasPrefix(f.Path, in.dir()+"/") {
			return fmt.Errorf("files of the removed event data store %s are still there for running queries; retention run removes them later", in.head.StoreID)
		}
	}
	return in.lake.sweep(ctx, in.head.StoreID)
}

func (in *importer) dir() string { return storesName + "/" + in.head.StoreID }

// place writes a data file where it belongs, durably.
func (in *importer) place(ctx context.Context, name string, size int64, content *hashedReader) error {
	if !exportedData.MatchString(name) {
		return fmt.Errorf("%w: %s comes too early", ErrExport, name)
	}
	disk, to := in.lake.disk, path.Join(in.dir(), name)
	folder, temporary := path.Dir(to), path.Join(path.Dir(to), "_"+path.Base(to)+".tmp")
	if err := disk.MkdirAll(folder); err != nil {
		return fmt.Errorf("make folder %s: %w", folder, err)
	}
	in.placed = append(in.placed, temporary)
	if err := writeNew(disk, temporary, size, contextReader{ctx, content}); err != nil {
		return fmt.Errorf("write %s: %w", temporary, err)
	}
	if err := disk.Rename(temporary, to); err != nil {
		return fmt.Errorf("rename %s: %w", temporary, err)
	}
	in.placed[len(in.placed)-1] = to
	if err := disk.SyncDir(folder); err != nil {
		return fmt.Errorf("sync folder %s: %w", folder, err)
	}
	in.took(name, content)
	in.sizes[name] = size
	return nil
}

// load gives the rows to the catalog, which takes them if all of it proves to be what was exported.
func (in *importer) load(ctx context.Context, content *hashedReader) error {
	lines := bufio.NewScanner(contextReader{ctx, content})
	lines.Buffer(make([]byte, 0, 64<<10), maxExportRowBytes)
	var store *EventDataStore
	var files []DataFile
	err := in.lake.catalog.Load(ctx, MaxStores, func() (row catalog.DumpRow, err error) {
		if !lines.Scan() {
			if err := lines.Err(); err != nil {
				return row, fmt.Errorf("%s: %w", exportCatalog, err)
			}
			in.took(exportCatalog, content)
			if err := in.whole(ctx, store, files); err != nil {
				return row, err
			}
			return row, io.EOF
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return row, fmt.Errorf("%w: %s: %w", ErrExport, exportCatalog, err)
		}
		switch {
		case row.Store != nil:
			store, err = in.adopt(row.Store)
		case row.Import != nil && row.Import.Finished.IsZero(): // it ran when the store was exported
			row.Import.Status, row.Import.Finished = string(ImportFailed), in.lake.now()
		case row.File != nil:
			err = in.claim(row.File)
			files = append(files, dataFile(*row.File))
		}
		return row, err
	})
	switch {
	case errors.Is(err, catalog.ErrExists):
		return refuse(ErrExists, "the name %s, or an import or data file of it, is in the lake already; --name gives another name: %v", in.head.Name, err)
	case errors.Is(err, catalog.ErrFull):
		return refuse(ErrMaxStores, "the lake has %d event data stores, which is as many as it may, those pending deletion included", MaxStores)
	case errors.Is(err, catalog.ErrNotFound), errors.Is(err, catalog.ErrDamage):
		return fmt.Errorf("%w: %s: %w", ErrExport, exportCatalog, err)
	}
	return err
}

// adopt checks the row of the store by the rules for new ones.
func (in *importer) adopt(row *catalog.Store) (*EventDataStore, error) {
	if in.name != "" {
		row.Name = in.name
	}
	if row.ID != in.head.StoreID || row.ARN != arnPrefix+row.ID {
		return nil, fmt.Errorf("%w: %s is about another store", ErrExport, exportCatalog)
	}
	store, err := storeOf(*row)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrExport, err)
	}
	status := store.Status == StatusEnabled || store.Status == StatusStoppedIngestion
	from := store.RetentionFrom == RetentionFromNow || store.RetentionFrom == RetentionFromNewest
	if !status || !from || string(selector.FamilyOf(store.Selectors)) != row.Kind || len(store.Tags) > MaxTags {
		return nil, fmt.Errorf("%w: the store is %s, counts age from %s, and holds %s events", ErrExport, clipped(string(store.Status)), clipped(string(store.RetentionFrom)), clipped(row.Kind))
	}
	if err := errors.Join(checkName(row.Name), checkRetention(row.BillingMode, row.RetentionDays), checkTags(store.Tags)); err != nil {
		return nil, err
	}
	return store, nil
}

// claim holds the row of a data file against the file that was placed.
func (in *importer) claim(row *catalog.DataFile) error {
	name := strings.TrimPrefix(row.Path, in.dir()+"/")
	size, there := in.sizes[name]
	switch {
	case !there || row.Path != in.dir()+"/"+name:
		return fmt.Errorf("%w: %q is missing", ErrExport, clipped(row.Path))
	case size != row.Bytes || in.sums[name] != row.Checksum:
		return fmt.Errorf("%w: %s has not the size and SHA-256 that it was exported with", ErrExport, name)
	case path.Base(name) != row.ID+".orc" || path.Dir(name) != dayOfCalendar(row.CalendarDay).folder() || row.Rows < 0:
		return fmt.Errorf("%w: %s lies under another name or day", ErrExport, name)
	}
	delete(in.sizes, name)
	return nil
}

// whole checks what is left to check when all rows were read.
func (in *importer) whole(ctx context.Context, store *EventDataStore, files []DataFile) error {
	if store == nil {
		return fmt.Errorf("%w: %s has no store", ErrExport, exportCatalog)
	}
	if left := slices.Sorted(maps.Keys(in.sizes)); len(left) > 0 {
		return fmt.Errorf("%w: %s is in no row of %s", ErrExport, left[0], exportCatalog)
	}
	if err := in.checkSums(); err != nil {
		return err
	}
	s := &Snapshot{lake: in.lake, Store: store, Files: files}
	for _, f := range files {
		var out examined
		x := &examination{snapshot: s, file: f, out: &out, kind: FoundWrong}
		x.run(ctx)
		if err := ctx.Err(); err != nil {
			return err
		}
		if len(out.findings) > 0 {
			return fmt.Errorf("%w: %s: %s", ErrExport, f.Path, out.findings[0].Problem)
		}
	}
	return nil
}

// checkSums reads the list of sums, which comes last, and holds it against what was read.
func (in *importer) checkSums() error {
	name, _, content, err := in.next()
	if err != nil {
		return err
	}
	if name != exportSums {
		return fmt.Errorf("%w: %s comes too late", ErrExport, name)
	}
	lines := bufio.NewScanner(content)
	lines.Buffer(make([]byte, 0, maxExportSumBytes), maxExportSumBytes)
	left := maps.Clone(in.sums)
	for lines.Scan() {
		sum, name, _ := strings.Cut(lines.Text(), "  ")
		if got, ok := left[name]; !ok || got != sum {
			return fmt.Errorf("%w: %q has not the SHA-256 that %s says", ErrExport, clipped(name), exportSums)
		}
		delete(left, name)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrExport, exportSums, err)
	}
	if len(left) > 0 {
		return fmt.Errorf("%w: %s lacks %s", ErrExport, exportSums, slices.Sorted(maps.Keys(left))[0])
	}
	if _, _, _, err := in.source.next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: there is more behind %s", ErrExport, exportSums)
	}
	if files := len(in.sums) - 2; files != in.head.Files { // but for the head and the catalog
		return fmt.Errorf("%w: it has %d data files, not %d", ErrExport, files, in.head.Files)
	}
	return nil
}

// discard removes what was placed. What cannot be removed is swept by the next import of the store.
func (in *importer) discard() error {
	var errs []error
	folders := map[string]bool{}
	for _, name := range in.placed {
		if err := in.lake.disk.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		folders[path.Dir(name)] = true
	}
	for _, folder := range append(slices.Sorted(maps.Keys(folders)), in.dir()) {
		if len(in.placed) > 0 {
			_ = in.lake.disk.Remove(folder) // it may hold what could not be removed
		}
	}
	return errors.Join(errs...)
}
