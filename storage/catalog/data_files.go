package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// DataFile is the row of a data file.
type DataFile struct {
	ID, StoreID, ImportID      string
	Path                       string // relative to the lake
	CalendarDay                int64  // YYYYMMDD, 0 for events without a time
	Rows, Bytes, RawBytes      int64
	MinEventTime, MaxEventTime int64 // milliseconds since 1970, if HasEventTime
	HasEventTime               bool
	Checksum                   string // SHA-256 of the file, hexadecimal
	Statistics                 []byte // of columns, for pruning; opaque here; nil if there are none
	Created                    time.Time
}

const dataFileColumns = `id, store_id, import_id, path, calendarday, row_count, bytes, raw_bytes, min_millis, max_millis, sha256, statistics, created`

func scanDataFile(row scanner) (DataFile, error) {
	var f DataFile
	var least, most sql.NullInt64
	var created int64
	err := row.Scan(&f.ID, &f.StoreID, &f.ImportID, &f.Path, &f.CalendarDay, &f.Rows, &f.Bytes, &f.RawBytes, &least, &most,
		&f.Checksum, &f.Statistics, &created)
	f.MinEventTime, f.MaxEventTime, f.HasEventTime = least.Int64, most.Int64, least.Valid
	f.Created = timeOf(created)
	return f, err
}

func addDataFiles(ctx context.Context, tx *sql.Tx, files []DataFile) error {
	return insert(ctx, tx, `INSERT INTO data_files (`+dataFileColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, files, func(f DataFile) []any {
		least := sql.NullInt64{Int64: f.MinEventTime, Valid: f.HasEventTime}
		most := sql.NullInt64{Int64: f.MaxEventTime, Valid: f.HasEventTime}
		var statistics any // a nil []byte would be an empty blob
		if f.Statistics != nil {
			statistics = f.Statistics
		}
		return []any{f.ID, f.StoreID, f.ImportID, f.Path, f.CalendarDay, f.Rows, f.Bytes, f.RawBytes, least, most, f.Checksum, statistics, micros(f.Created)}
	})
}

// DataFiles returns the data files of a store as of the last commit, by day, then by
// ULID, which is by age. A store that does not exist has none.
func (c *Catalog) DataFiles(ctx context.Context, storeID string) ([]DataFile, error) {
	return dataFiles(ctx, c.read, storeID)
}

func dataFiles(ctx context.Context, q queryer, storeID string) ([]DataFile, error) {
	return list(ctx, q, scanDataFile, `SELECT `+dataFileColumns+` FROM data_files WHERE store_id = ? ORDER BY calendarday, id`, storeID)
}

// Snapshot is a store and its data files at one moment.
type Snapshot struct {
	Store Store
	Files []DataFile // by day, then by ULID, which is by age
}

// Snapshot returns a store and its data files as of the last commit, both of the same
// one; ErrNotFound if there is no such store.
func (c *Catalog) Snapshot(ctx context.Context, storeID string) (s Snapshot, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		if s.Store, err = readStore(ctx, tx, storeID); err != nil {
			return err
		}
		s.Files, err = dataFiles(ctx, tx, storeID)
		return err
	})
	return s, err
}

// PurgeCommit says which data files retention removes.
type PurgeCommit struct {
	StoreID string
	FileIDs []string
	// NotBefore is the time, in milliseconds since 1970, before which events have expired.
	NotBefore int64
	At        time.Time
}

// Purge is an entry in the log of what retention removed.
type Purge struct {
	ID                 int64
	StoreID            string
	At                 time.Time
	NotBefore          int64 // milliseconds since 1970
	Files, Rows, Bytes int64
}

// Purge takes data files out of a store and logs it, in one transaction; ErrNotFound,
// and nothing happens, if one of them is not in the store. Queries that have a snapshot
// go on reading the files: the caller unlinks them later, see PurgedFiles. Without
// files nothing is logged.
func (c *Catalog) Purge(ctx context.Context, in PurgeCommit) (p Purge, err error) {
	if len(in.FileIDs) == 0 {
		return Purge{}, nil
	}
	p = Purge{StoreID: in.StoreID, At: timeOf(micros(in.At)), NotBefore: in.NotBefore, Files: int64(len(in.FileIDs))}
	err = c.transact(ctx, func(tx *sql.Tx) error {
		paths := make([]string, len(in.FileIDs))
		for i, id := range in.FileIDs {
			var rows, bytes int64
			err := tx.QueryRowContext(ctx, `DELETE FROM data_files WHERE store_id = ? AND id = ? RETURNING path, row_count, bytes`, in.StoreID, id).
				Scan(&paths[i], &rows, &bytes)
			if errors.Is(err, sql.ErrNoRows) {
				return fmt.Errorf("data file %s of event data store %s: %w", id, in.StoreID, ErrNotFound)
			}
			if err != nil {
				return err
			}
			p.Rows += rows
			p.Bytes += bytes
		}
		if err := tx.QueryRowContext(ctx, `INSERT INTO purges (store_id, at, not_before_millis, files, row_count, bytes) VALUES (?, ?, ?, ?, ?, ?)
			RETURNING id`, p.StoreID, micros(p.At), p.NotBefore, p.Files, p.Rows, p.Bytes).Scan(&p.ID); err != nil {
			return err
		}
		return insert(ctx, tx, `INSERT INTO purged_files (path, store_id, purge_id) VALUES (?, ?, ?)`, paths,
			func(path string) []any { return []any{path, in.StoreID, p.ID} })
	})
	if err != nil {
		return Purge{}, err
	}
	return p, nil
}

// Purges returns the log of a store, the newest entry first.
func (c *Catalog) Purges(ctx context.Context, storeID string) ([]Purge, error) {
	return list(ctx, c.read, func(row scanner) (Purge, error) {
		p := Purge{StoreID: storeID}
		var at int64
		err := row.Scan(&p.ID, &at, &p.NotBefore, &p.Files, &p.Rows, &p.Bytes)
		p.At = timeOf(at)
		return p, err
	}, `SELECT id, at, not_before_millis, files, row_count, bytes FROM purges WHERE store_id = ? ORDER BY id DESC`, storeID)
}

// PurgedFile is a file that Purge took out of a store and that may still lie on disk.
type PurgedFile struct {
	Path   string // relative to the lake
	Purged time.Time
}

// PurgedFiles returns the files of a store that were purged and not yet forgotten, by path.
func (c *Catalog) PurgedFiles(ctx context.Context, storeID string) ([]PurgedFile, error) {
	return list(ctx, c.read, func(row scanner) (PurgedFile, error) {
		var f PurgedFile
		var at int64
		err := row.Scan(&f.Path, &at)
		f.Purged = timeOf(at)
		return f, err
	}, `SELECT f.path, p.at FROM purged_files f JOIN purges p ON p.id = f.purge_id WHERE f.store_id = ? ORDER BY f.path`, storeID)
}

// ForgetPurgedFiles takes note that purged files are gone from disk. Unknown ones are passed over.
func (c *Catalog) ForgetPurgedFiles(ctx context.Context, paths []string) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		return insert(ctx, tx, `DELETE FROM purged_files WHERE path = ?`, paths, func(path string) []any { return []any{path} })
	})
}
