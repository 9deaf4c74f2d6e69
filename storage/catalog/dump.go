package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// DumpRow is a row of a store that is written out or read in: one of its members is set. A dump begins with
// the store; a row comes after those that it refers to.
type DumpRow struct {
	Store        *Store          `json:",omitempty"`
	Import       *Import         `json:",omitempty"`
	Failure      *ImportFailure  `json:",omitempty"`
	Archive      *Archive        `json:",omitempty"`
	Part         *PartialArchive `json:",omitempty"`
	Verdict      *Verdict        `json:",omitempty"`
	Verification *Verification   `json:",omitempty"`
	File         *DataFile       `json:",omitempty"`
	Purge        *Purge          `json:",omitempty"`
}

// Dump gives all rows of a store to each, as of one commit; ErrNotFound if there is no such store, ErrDamage, perhaps after
// some of them, if they are not as they were sealed.
func (c *Catalog) Dump(ctx context.Context, storeID string, each func(row DumpRow) error) error {
	return c.view(ctx, func(tx *sql.Tx) error {
		store, err := readStore(ctx, tx, storeID)
		if err != nil {
			return err
		}
		if err := each(DumpRow{Store: &store}); err != nil {
			return err
		}
		found := tally{}
		if err := stream(ctx, tx, func(row scanner) error {
			i, err := scanImport(row)
			if err != nil {
				return err
			}
			found.add(ImportRows, i.ID, i.row())
			for _, kind := range []RowKind{ArchiveRows, FailureRows} {
				found[Rows{kind, i.ID}] = &seal{}
			}
			return each(DumpRow{Import: &i})
		}, `SELECT `+importColumns+` FROM imports WHERE store_id = ? ORDER BY started, id`, storeID); err != nil {
			return err
		}
		if err := stream(ctx, tx, func(row scanner) error {
			f, err := scanFailure(row)
			if err != nil {
				return err
			}
			found.add(FailureRows, f.ImportID, f.row())
			return each(DumpRow{Failure: &f})
		}, `SELECT f.import_id, f.number, f.path, f.byte_offset, f.pointer, f.code, f.reason FROM import_failures f
			JOIN imports i ON i.id = f.import_id WHERE i.store_id = ? ORDER BY f.import_id, f.number`, storeID); err != nil {
			return err
		}
		if err := stream(ctx, tx, func(row scanner) error {
			a, err := scanArchive(row)
			if err != nil {
				return err
			}
			found.add(ArchiveRows, a.ImportID, a.row())
			return each(DumpRow{Archive: &a})
		}, `SELECT `+archiveColumns+` FROM archives WHERE store_id = ? ORDER BY sha256`, storeID); err != nil {
			return err
		}
		for _, of := range slices.SortedFunc(maps.Keys(found), compareRows) {
			if err := hold(ctx, tx, of, *found[of]); err != nil {
				return err
			}
		}
		if err := dumpVerdicts(ctx, tx, storeID, each); err != nil {
			return err
		}
		files, err := dataFiles(ctx, tx, storeID)
		if err != nil {
			return err
		}
		for _, f := range files {
			if err := each(DumpRow{File: &f}); err != nil {
				return err
			}
		}
		log, err := purges(ctx, tx, storeID)
		if err != nil {
			return err
		}
		for _, p := range log {
			if err := each(DumpRow{Purge: &p}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Load adds a store and all that belongs to it, in one transaction: the rows that next returns until io.EOF, in the
// order of a dump. Any other error of next undoes all of it. ErrExists if the store's ID, name or ARN is taken, or an import or data
// file of these IDs; ErrFull if there are most stores already. A purge takes the next number.
func (c *Catalog) Load(ctx context.Context, most int, next func() (DumpRow, error)) error {
	return c.transact(ctx, func(tx *transaction) error {
		id := ""
		for {
			row, err := next()
			if errors.Is(err, io.EOF) {
				return nil
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
				s := *row.Store
				s.Deleted, s.RestoredStatus = time.Time{}, ""
				err = createStore(ctx, tx, s, most)
			case row.Import != nil:
				row.Import.StoreID = id
				err = loadImport(ctx, tx, *row.Import)
			case row.Failure != nil:
				var there bool
				if there, err = hasImport(ctx, tx, row.Failure.ImportID, id); err == nil && !there {
					err = ErrNotFound
				}
				if err == nil {
					err = putFailures(ctx, tx, row.Failure.ImportID, []Failure{row.Failure.Failure})
				}
			case row.Archive != nil:
				row.Archive.StoreID = id
				err = addArchives(ctx, tx, []Archive{*row.Archive})
			case row.Part != nil:
				row.Part.StoreID = id
				err = addPartialArchives(ctx, tx, []PartialArchive{*row.Part})
			case row.Verdict != nil:
				row.Verdict.StoreID = id
				err = addVerdict(ctx, tx, *row.Verdict)
			case row.Verification != nil:
				row.Verification.StoreID = id
				err = addVerification(ctx, tx, *row.Verification)
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

func hasImport(ctx context.Context, tx *transaction, id, storeID string) (there bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM imports WHERE id = ? AND store_id = ?)`, id, storeID).Scan(&there)
	return there, err
}

func loadImport(ctx context.Context, tx *transaction, i Import) error {
	tx.of(ImportRows, i.ID).add(i.row())
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
