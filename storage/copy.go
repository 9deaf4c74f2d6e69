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

// Copy makes a lake in a new folder that holds what this one does at one commit, while it is written to and queried.
// Data files, which never change, are linked where both lie on one file system, else copied and held against their SHA-256. Until the
// copy is whole it has no catalog, and is no lake.
//
//	catalog ──► catalog.db.partial, one commit ──► links or copies, folders synced ──► catalog.db
func (l *Lake) Copy(ctx context.Context, to string, o CopyOptions) (c *Copied, err error) {
	if err := l.readers.join(); err != nil { // files that are purged meanwhile stay
		return nil, err
	}
	if to, err = filepath.Abs(to); err != nil {
		return nil, fmt.Errorf("copy lake: %w", err)
	}
	entries, err := os.ReadDir(to)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = os.Mkdir(to, 0o700)
	case err == nil && len(entries) > 0:
		err = fmt.Errorf("%s is not empty: %w", to, fs.ErrExist)
	}
	if err != nil {
		return nil, fmt.Errorf("copy lake: %w", err)
	}
	target, err := openDisk(to)
	if err != nil {
		return nil, fmt.Errorf("copy lake: %w", err)
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	if c, err = l.copyTo(ctx, to, target, o); err != nil {
		return nil, fmt.Errorf("copy lake to %s, which is no lake yet: %w", to, err)
	}
	return c, nil
}

func (l *Lake) copyTo(ctx context.Context, to string, target *rootDisk, o CopyOptions) (*Copied, error) {
	const partial = catalogName + ".partial"
	if err := l.catalog.CopyTo(ctx, filepath.Join(to, partial)); err != nil {
		return nil, err
	}
	files, stores, err := l.settle(ctx, filepath.Join(to, partial))
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
	return c, errors.Join(target.Rename(partial, catalogName), target.SyncDir("."))
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
func (l *Lake) copyFile(ctx context.Context, f DataFile, to string, target *rootDisk, o CopyOptions) (linked bool, err error) {
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
