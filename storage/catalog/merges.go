package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// MergeCommit says which data files of a store one file takes the place of.
type MergeCommit struct {
	StoreID string
	FileIDs []string
	File    DataFile
	At      time.Time
}

// Merge puts a data file in the place of others that hold the same rows, in one transaction; ErrNotFound,
// and nothing happens, if one of them is not in the store. Queries that have a snapshot go on reading the
// old ones: the caller unlinks them later, see PurgedFiles. The log of purges does not speak of it.
func (c *Catalog) Merge(ctx context.Context, in MergeCommit) error {
	return c.transact(ctx, func(tx *transaction) error {
		if _, err := readStore(ctx, tx, in.StoreID); err != nil {
			return err
		}
		rows := int64(0)
		files := make([]DataFile, len(in.FileIDs))
		for i, id := range in.FileIDs {
			f, err := readDataFile(ctx, tx, in.StoreID, id)
			if err == nil && slices.Contains(in.FileIDs[:i], id) {
				err = fmt.Errorf("data file %s is named twice: %w", id, ErrNotFound)
			}
			if err != nil {
				return err
			}
			if f.CalendarDay != in.File.CalendarDay {
				return fmt.Errorf("data file %s is of the day %d, its merger of %d", id, f.CalendarDay, in.File.CalendarDay)
			}
			files[i] = f
			rows += f.Rows
		}
		if rows != in.File.Rows || in.File.StoreID != in.StoreID {
			return fmt.Errorf("%d rows in place of %d", in.File.Rows, rows)
		}
		if err := supersede(ctx, tx, files, in.At); err != nil {
			return err
		}
		return addDataFiles(ctx, tx, []DataFile{in.File})
	})
}

// readDataFile returns a data file of a store; ErrNotFound if it is not there.
func readDataFile(ctx context.Context, tx *transaction, storeID, id string) (DataFile, error) {
	f, err := scanDataFile(tx.QueryRowContext(ctx, `SELECT `+dataFileColumns+` FROM data_files WHERE store_id = ? AND id = ?`, storeID, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("data file %s of event data store %s: %w", id, storeID, ErrNotFound)
	}
	return f, err
}

// supersede moves files from those that are read to those that are to be unlinked.
func supersede(ctx context.Context, tx *transaction, files []DataFile, at time.Time) error {
	for _, f := range files {
		tx.of(DataFileRows, f.StoreID).remove(f.row())
		tx.of(PurgedFileRows, "").add(PurgedFile{f.Path, f.StoreID, at}.row())
	}
	if err := insert(ctx, tx, `DELETE FROM data_files WHERE id = ?`, files, func(f DataFile) []any { return []any{f.ID} }); err != nil {
		return err
	}
	return insert(ctx, tx, `INSERT INTO purged_files (path, store_id, at) VALUES (?, ?, ?)`, files,
		func(f DataFile) []any { return []any{f.Path, f.StoreID, micros(at)} })
}
