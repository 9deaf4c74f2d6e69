package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ctlake/ctlake/storage/vector"
)

// ErrVerification is the cause of the error of an import that does not find on disk what it wrote.
var ErrVerification = errors.New("what was written cannot be read back")

// writtenRows is a digest of rows, in their order, of columns of theirs: all, or those that identify a row. It says whether a data file gives back what it
// was given: it is no defence against somebody who wants it not to.
type writtenRows struct {
	rows   int64
	digest uint64
	hashes []uint64
}

func (w *writtenRows) add(b *vector.Batch) {
	w.hashes = slices.Grow(w.hashes[:0], b.N)[:b.N]
	clear(w.hashes)
	for _, c := range b.Columns {
		vector.Hash(c, w.hashes)
	}
	for _, h := range w.hashes {
		w.digest = (w.digest<<7 | w.digest>>57) ^ h
		w.digest *= 0x9e3779b97f4a7c15 // odd: no digest is lost
	}
	w.rows += int64(b.N)
}

func (w *writtenRows) equal(o *writtenRows) bool { return w.rows == o.rows && w.digest == o.digest }

// verifyWritten reads the data files back that the next commit names: they must be whole, their statistics, bloom filters
// and checksums must fit what is in them, and that must be the rows that were given to Write. The error, of ErrVerification,
// says what is not so; nothing is committed then.
func (im *Import) verifyWritten(ctx context.Context) error {
	s := &Snapshot{lake: im.lake, Store: im.store}
	for _, row := range im.files {
		if err := s.verifyWritten(ctx, dataFile(row), im.written[row.Path]); err != nil {
			return err
		}
	}
	return nil
}

func (s *Snapshot) verifyWritten(ctx context.Context, f DataFile, wrote *writtenRows) error {
	var out examined
	if err := s.examine(ctx, f, true, &out); err != nil {
		return err
	}
	if len(out.findings) > 0 {
		return fmt.Errorf("%w: %s: %s", ErrVerification, f.Path, out.findings[0].Problem)
	}
	table := s.Store.Table()
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	held, err := s.readBack(ctx, f, names)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrVerification, err)
	}
	if !held.equal(wrote) {
		return fmt.Errorf("%w: %s gives back other events than it was given", ErrVerification, f.Path)
	}
	return nil
}

// readBack reads some columns of a data file.
func (s *Snapshot) readBack(ctx context.Context, f DataFile, names []string) (*writtenRows, error) {
	held := &writtenRows{}
	err := s.scan(ctx, f, names, func(b *vector.Batch) error {
		held.add(b)
		return nil
	})
	return held, err
}
