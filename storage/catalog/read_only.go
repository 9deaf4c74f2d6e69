package catalog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"time"
)

// OpenReadOnly opens the catalog file at path and creates nothing beside it: not the file, nor its
// log, nor the index of that. Methods that write return ErrReadOnly.
//
// SQLite reads a catalog in WAL mode so if the log and its index are there, which is while some process
// has it open for writing. If they are not, nobody writes: then the file is read as one that does not
// change, and that it did not is checked after each look at it.
func OpenReadOnly(ctx context.Context, path string) (c *Catalog, err error) {
	c = &Catalog{path: path}
	log, err := os.Stat(path + "-wal")
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && log.Size() == 0:
		if c.still, err = newStill(path); err != nil {
			return nil, fmt.Errorf("open catalog: %w", err)
		}
	case err != nil:
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	query := url.Values{"mode": {"ro"}, "_pragma": {"query_only(ON)"}}
	if c.still != nil {
		query.Set("immutable", "1")
	}
	if c.read, err = connectAs(path, query); err != nil {
		return nil, err
	}
	readers := watchers + max(4, runtime.GOMAXPROCS(0))
	c.read.SetMaxOpenConns(readers)
	c.read.SetMaxIdleConns(readers)
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, errors.Join(err, c.read.Close())
	}
	version, err := schemaVersion(ctx, c.read)
	switch {
	case err != nil:
		err = explain(err)
	case version > len(names):
		err = fmt.Errorf("%w: it has schema %d, this one knows %d; use the newer version", ErrNewer, version, len(names))
	case version < len(names):
		err = fmt.Errorf("%w: the catalog has schema %d, and is brought to schema %d when it is opened for writing; copy the lake to where it can be", ErrReadOnly, version, len(names))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog %s: %w", path, err), c.read.Close())
	}
	return c, nil
}

// still is a catalog file as it was when it was opened.
type still struct {
	path     string
	size     int64
	modified time.Time
}

func newStill(path string) (*still, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &still{path, info.Size(), info.ModTime()}, nil
}

// check returns an error if somebody has begun to write to the catalog.
func (s *still) check() error {
	now, err := newStill(s.path)
	if err != nil {
		return err
	}
	if *now != *s {
		return fmt.Errorf("%w, and another process has begun to write to it: open it again", ErrReadOnly)
	}
	return nil
}
