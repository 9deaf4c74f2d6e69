package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/orc"
)

// Copied says what Copy made.
type Copied struct {
	Stores, Files int
	Bytes         int64
	// Linked files share their place on the disk with those of the lake; the others were copied.
	Linked int
}

// CopyOptions say how a lake is copied.
type CopyOptions struct {
	// Bytes copies data files also where they could be linked.
	Bytes bool
}

// partialCatalogName is what the catalog of a copy is called until the copy is whole.
const partialCatalogName = catalogName + ".partial"

// Copy makes a lake in a new folder that holds what this one does at one commit, while it is written to and queried.
// Data files, which never change, are linked where both lie on one file system, else copied and held against their SHA-256. Until the
// copy is whole it has no catalog, and is no lake. After an error nothing of it stays; what a copy left that was killed
// is removed by the next one to the same place.
//
//	catalog ──► catalog.db.partial, one commit ──► links or copies, folders synced ──► catalog.db
func (l *Lake) Copy(ctx context.Context, to string, o CopyOptions) (c *Copied, err error) {
	if err := l.readers.join(); err != nil { // files that are purged meanwhile stay
		return nil, err
	}
	if to, err = filepath.Abs(to); err != nil {
		return nil, fmt.Errorf("copy lake: %w", err)
	}
	if err := os.Mkdir(to, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("copy lake: %w", err)
	}
	target, err := l.openDisk(to)
	if err != nil {
		return nil, fmt.Errorf("copy lake: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if err := clearUnfinished(target); errors.Is(err, errNotEmpty) {
		return nil, fmt.Errorf("copy lake: %s %w: %w", to, err, fs.ErrExist)
	} else if err != nil {
		return nil, fmt.Errorf("copy lake to %s: %w", to, err)
	}
	if c, err = l.copyTo(ctx, to, target, o); err != nil {
		err = fmt.Errorf("copy lake to %s: %w", to, err)
		if left := removeCopy(target); left != nil {
			err = fmt.Errorf("%w; what is there is no lake, and cannot be removed: %w", err, left)
		}
		return nil, err
	}
	return c, nil
}

var errNotEmpty = errors.New("is not empty")

// clearUnfinished removes what a copy left in its folder that did not come to its end; errNotEmpty if something else is there.
func clearUnfinished(target Disk) error {
	entries, err := target.ReadDir(".")
	if err != nil {
		return err
	}
	unfinished := false
	for _, e := range entries {
		unfinished = unfinished || e.Name() == partialCatalogName
	}
	for _, e := range entries {
		name := e.Name()
		if !unfinished || name != storesName && !strings.HasPrefix(name, partialCatalogName) {
			return errNotEmpty
		}
	}
	return removeCopy(target)
}

// removeCopy removes all of a copy: first what makes it a lake, last what tells that it is unfinished.
func removeCopy(target Disk) error {
	for _, name := range []string{catalogName, storesName, partialCatalogName + "-wal", partialCatalogName + "-shm", partialCatalogName + "-journal", partialCatalogName} {
		if err := removeTree(target, name); err != nil {
			return err
		}
	}
	return nil
}

// removeTree removes a file, or a folder with all that is in it. It need not exist.
func removeTree(disk Disk, name string) error {
	err := disk.Remove(name)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	entries, listed := disk.ReadDir(name)
	if listed != nil {
		return err // it is no folder
	}
	for _, e := range entries {
		if err := removeTree(disk, path.Join(name, e.Name())); err != nil {
			return err
		}
	}
	return disk.Remove(name)
}

func (l *Lake) copyTo(ctx context.Context, to string, target Disk, o CopyOptions) (*Copied, error) {
	if err := l.catalog.CopyTo(ctx, filepath.Join(to, partialCatalogName)); err != nil {
		return nil, err
	}
	files, stores, err := l.settle(ctx, filepath.Join(to, partialCatalogName))
	if err != nil {
		return nil, err
	}
	c := &Copied{Stores: stores, Files: len(files)}
	folders := []string{}
	for _, f := range files {
		folder := path.Dir(f.Path)
		if len(folders) == 0 || folders[len(folders)-1] != folder {
			if err := target.MkdirAll(folder); err != nil {
				return nil, err
			}
			folders = append(folders, folder)
		}
		linked, err := l.copyFile(ctx, f, to, target, o)
		if err != nil {
			return nil, err
		}
		if linked {
			c.Linked++
		}
		c.Bytes += f.Bytes
	}
	for _, folder := range folders {
		if err := target.SyncDir(folder); err != nil {
			return nil, err
		}
	}
	if err := target.Rename(partialCatalogName, catalogName); err != nil {
		return nil, err
	}
	if err := target.SyncDir("."); err != nil {
		return nil, err
	}
	return c, syncFolder(filepath.Dir(to))
}

// syncFolder makes the names in a folder outside the lake durable.
func syncFolder(dir string) error {
	disk, err := openDisk(dir)
	if err != nil {
		return err
	}
	return errors.Join(disk.SyncDir("."), disk.Close())
}

// settle takes out of a copied catalog what belongs to the processes of the lake: imports that run, and files that
// wait for queries. It returns the data files of all stores.
func (l *Lake) settle(ctx context.Context, path string) (files []DataFile, stores int, err error) {
	c, err := catalog.Open(ctx, path)
	if err != nil {
		return nil, 0, err
	}
	c.DisturbCommits(l.commit)
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.EndInterrupted(ctx, string(ImportFailed), l.now()); err != nil {
		return nil, 0, err
	}
	purged, err := c.PurgedFiles(ctx)
	if err != nil {
		return nil, 0, err
	}
	names := make([]string, len(purged))
	for i, f := range purged {
		names[i] = f.Path
	}
	if err := c.ForgetPurgedFiles(ctx, names); err != nil {
		return nil, 0, err
	}
	rows, err := c.Stores(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, row := range rows {
		held, err := c.DataFiles(ctx, row.ID)
		if err != nil {
			return nil, 0, err
		}
		for _, f := range held {
			files = append(files, dataFile(f))
		}
	}
	return files, len(rows), nil
}

// copyFile gives a data file a place in the copy.
func (l *Lake) copyFile(ctx context.Context, f DataFile, to string, target Disk, o CopyOptions) (linked bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if !o.Bytes {
		err := l.disk.Link(f.Path, filepath.Join(to, filepath.FromSlash(f.Path)))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, syscall.EXDEV) && !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EMLINK) && !errors.Is(err, errors.ErrUnsupported) {
			return false, fmt.Errorf("link %s: %w", f.Path, err)
		}
	}
	file, err := l.disk.Open(f.Path)
	if err != nil {
		return false, fmt.Errorf("open data file %s: %w", f.Path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.Size() != f.Bytes {
		return false, sizeError(f, file.Size())
	}
	content := &hashedReader{r: contextReader{ctx, io.NewSectionReader(file, 0, f.Bytes)}, sum: sha256.New()}
	if err := writeNew(target, f.Path, f.Bytes, content); err != nil {
		return false, fmt.Errorf("copy %s: %w", f.Path, err)
	}
	if got := hex.EncodeToString(content.sum.Sum(nil)); got != f.Checksum {
		return false, fmt.Errorf("data file %s has the SHA-256 %s where the catalog says %s: %w", f.Path, got, f.Checksum, orc.ErrCorrupt)
	}
	return false, nil
}
