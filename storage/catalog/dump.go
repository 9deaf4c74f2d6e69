package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
)

// DumpRow is a row of a store that is written out or read in: one of its members is set. A dump begins with
// the store; a row comes after those that it refers to.
type DumpRow struct {
	Store   *Store    `json:",omitempty"`
	Import  *Import   `json:",omitempty"`
	Failure *DumpFail `json:",omitempty"`
	Archive *Archive  `json:",omitempty"`
	File    *DataFile `json:",omitempty"`
	Purge   *Purge    `json:",omitempty"`
}

// DumpFail is a failure with the import that it belongs to.
type DumpFail struct {
	ImportID string
	Failure
}

// Dump gives all rows of a store to each, as of one commit; ErrNotFound if there is no such store.
func (c *Catalog) Dump(ctx context.Context, storeID string, each func(row DumpRow) error) error {
	return c.view(ctx, func(tx *sql.Tx) error {
		store, err := readStore(ctx, tx, storeID)
		if err != nil {
			return err
		}
		if err := each(DumpRow{Store: &store}); err != nil {
			return err
		}
		if err := stream(ctx, tx, func(row scanner) error {
			i, err := scanImport(row)
			return errors.Join(err, each(DumpRow{Import: &i}))
		}, `SELECT `+importColumns+` FROM imports WHERE store_id = ? ORDER BY started, id`, storeID); err != nil {
			return err
		}
		if err := stream(ctx, tx, func(row scanner) error {
			var f DumpFail
			err := row.Scan(&f.ImportID, &f.Number, &f.Path, &f.Offset, &f.Pointer, &f.Code, &f.Reason)
			return errors.Join(err, each(DumpRow{Failure: &f}))
		}, `SELECT f.import_id, f.number, f.path, f.byte_offset, f.pointer, f.code, f.reason FROM import_failures f
			JOIN imports i ON i.id = f.import_id WHERE i.store_id = ? ORDER BY f.import_id, f.number`, storeID); err != nil {
			return err
		}
		if err := stream(ctx, tx, func(row scanner) error {
			var a Archive
			err := row.Scan(&a.StoreID, &a.ImportID, &a.Digest, &a.Path, &a.CompressedBytes, &a.RawBytes, &a.Events)
			return errors.Join(err, each(DumpRow{Archive: &a}))
		}, `SELECT store_id, import_id, sha256, path, compressed_bytes, raw_bytes, events FROM archives WHERE store_id = ? ORDER BY sha256`, storeID); err != nil {
			return err
		}
		if err := stream(ctx, tx, func(row scanner) error {
			f, err := scanDataFile(row)
			return errors.Join(err, each(DumpRow{File: &f}))
		}, `SELECT `+dataFileColumns+` FROM data_files WHERE store_id = ? ORDER BY calendarday, id`, storeID); err != nil {
			return err
		}
		return stream(ctx, tx, func(row scanner) error {
			p, err := scanPurge(row)
			return errors.Join(err, each(DumpRow{Purge: &p}))
		}, purgeQuery, storeID)
	})
}

// stream gives each row of a query to f.
func stream(ctx context.Context, q queryer, f func(row scanner) error, query string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Load adds a store and all that belongs to it, in one transaction: the rows that next returns until io.EOF, in the
// order of a dump. Any other error of next undoes all of it. ErrExists if the store's ID, name or ARN is taken, or an import or data
// file of these IDs; ErrFull if there are most stores already. A purge takes the next number.
func (c *Catalog) Load(ctx context.Context, most int, next func() (DumpRow, error)) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		id := ""
		for {
			row, err := next()
			if errors.Is(err, io.EOF) {
				return seal(ctx, tx, id)
			}
			if err != nil {
				return err
			}
			if (id == "") != (row.Store != nil) {
				return fmt.Errorf("%w: a dump has one store, which comes first", ErrDamage)
			}
			switch {
			case row.Store != nil:
				id = row.Store.ID
				err = loadStore(ctx, tx, *row.Store, most)
			case row.Import != nil:
				row.Import.StoreID = id
				err = loadImport(ctx, tx, *row.Import)
			case row.Failure != nil:
				f := row.Failure
				err = changed(tx.ExecContext(ctx, `INSERT INTO import_failures (import_id, number, path, byte_offset, pointer, code, reason)
					SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM imports WHERE id = ?1 AND store_id = ?8`, f.ImportID, f.Number, f.Path, f.Offset, f.Pointer, f.Code, f.Reason, id))
			case row.Archive != nil:
				row.Archive.StoreID = id
				err = addArchives(ctx, tx, []Archive{*row.Archive})
			case row.File != nil:
				row.File.StoreID = id
				err = addDataFiles(ctx, tx, []DataFile{*row.File})
			case row.Purge != nil:
				row.Purge.StoreID = id
				err = addPurge(ctx, tx, row.Purge)
			default:
				err = fmt.Errorf("%w: a row of a dump is empty", ErrDamage)
			}
			if err != nil {
				return err
			}
		}
	})
}

func loadStore(ctx context.Context, tx *sql.Tx, s Store, most int) error {
	if err := createStore(ctx, tx, s, most); err != nil {
		return err
	}
	newest := sql.NullInt64{Int64: s.Newest.UnixMilli(), Valid: !s.Newest.IsZero()}
	floor := sql.NullInt64{Int64: s.Floor, Valid: s.HasFloor}
	_, err := tx.ExecContext(ctx, `UPDATE stores SET newest_millis = ?, floor_millis = ? WHERE id = ?`, newest, floor, s.ID)
	return err
}

func loadImport(ctx context.Context, tx *sql.Tx, i Import) error {
	sources, err := sourcesOf(i)
	if err != nil {
		return err
	}
	finished := sql.NullInt64{Int64: micros(i.Finished), Valid: !i.Finished.IsZero()}
	e, a, b := i.Counts, i.ArchiveCounts, i.ByteCounts
	_, err = tx.ExecContext(ctx, `INSERT INTO imports (`+importColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		i.ID, i.StoreID, i.Status, sources, micros(i.Started), finished, e.Read, e.Kept, e.Filtered, e.Expired, e.Duplicate, e.Failed,
		a.Found, a.Imported, a.Unchanged, a.Failed, a.Ignored, b.Compressed, b.Raw, b.Stored, e.Conflicting)
	return err
}
