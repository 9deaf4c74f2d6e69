package catalog

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// PurgeCommit says which data files of a store are removed, and why.
type PurgeCommit struct {
	StoreID string
	FileIDs []string
	// NotBefore is the time, in milliseconds since 1970, before which events have expired.
	NotBefore int64
	// Floor is the time, in milliseconds since 1970, before which nothing is in the store from now on.
	Floor int64
	Rule  string
	At    time.Time
}

// Purge is an entry in the log of what was removed: one for each day and purge.
type Purge struct {
	ID                 int64
	StoreID, StoreName string
	At                 time.Time
	CalendarDay        int64 // YYYYMMDD, 0 for events without a time
	HasDay             bool  // false if a store was removed that had no files
	Files, Rows, Bytes int64
	NotBefore          int64 // milliseconds since 1970
	HasNotBefore       bool  // false if the whole store was removed
	Rule               string
}

// Purge takes data files out of a store and logs it by day, in one transaction; ErrNotFound,
// and nothing happens, if one of them is not in the store. Queries that have a snapshot
// go on reading the files: the caller unlinks them later, see PurgedFiles. Without
// files nothing is logged. It returns the entries, by day.
func (c *Catalog) Purge(ctx context.Context, in PurgeCommit) (log []Purge, err error) {
	if len(in.FileIDs) == 0 {
		return nil, nil
	}
	err = c.transact(ctx, func(tx *transaction) error {
		store, err := readStore(ctx, tx, in.StoreID)
		if err != nil {
			return err
		}
		files := make([]DataFile, len(in.FileIDs))
		for i, id := range in.FileIDs {
			f, err := readDataFile(ctx, tx, in.StoreID, id)
			if err == nil && slices.Contains(in.FileIDs[:i], id) {
				err = fmt.Errorf("data file %s is named twice: %w", id, ErrNotFound)
			}
			if err != nil {
				return err
			}
			files[i] = f
		}
		entry := Purge{StoreID: in.StoreID, StoreName: store.Name, At: timeOf(micros(in.At)), NotBefore: in.NotBefore, HasNotBefore: true, Rule: in.Rule}
		if log, err = purge(ctx, tx, entry, files); err != nil {
			return err
		}
		was := store
		if !store.HasFloor || in.Floor > store.Floor {
			store.Floor, store.HasFloor = in.Floor, true
		}
		tx.changed(was, store)
		_, err = tx.ExecContext(ctx, `UPDATE stores SET floor_millis = ? WHERE id = ?`, store.floor(), in.StoreID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return log, nil
}

// purge moves files to those that are to be unlinked, and logs it, as entry says, for each of their days.
func purge(ctx context.Context, tx *transaction, entry Purge, files []DataFile) (log []Purge, err error) {
	if err := supersede(ctx, tx, files, entry.At); err != nil {
		return nil, err
	}
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b DataFile) int { return int(a.CalendarDay - b.CalendarDay) })
	for _, f := range files {
		if len(log) == 0 || log[len(log)-1].CalendarDay != f.CalendarDay {
			log = append(log, entry)
		}
		p := &log[len(log)-1]
		p.CalendarDay, p.HasDay = f.CalendarDay, true
		p.Files++
		p.Rows += f.Rows
		p.Bytes += f.Bytes
	}
	if len(files) == 0 {
		log = []Purge{entry}
	}
	for i := range log {
		if err := addPurge(ctx, tx, &log[i]); err != nil {
			return nil, err
		}
	}
	return log, nil
}

// addPurge adds an entry to the log and gives it its number.
func addPurge(ctx context.Context, tx *transaction, p *Purge) error {
	day := sql.NullInt64{Int64: p.CalendarDay, Valid: p.HasDay}
	notBefore := sql.NullInt64{Int64: p.NotBefore, Valid: p.HasNotBefore}
	err := tx.QueryRowContext(ctx, `INSERT INTO purges (store_id, store_name, at, calendarday, files, row_count, bytes, not_before_millis, rule)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, p.StoreID, p.StoreName, micros(p.At), day, p.Files, p.Rows, p.Bytes, notBefore, p.Rule).
		Scan(&p.ID)
	if err == nil {
		tx.of(PurgeRows, p.StoreID).add(p.row())
	}
	return err
}

// DropStore removes a store and every row that belongs to it, if allowed agrees to it, and logs that;
// its data files are left to be unlinked, see PurgedFiles. ErrNotFound if there is no such store.
func (c *Catalog) DropStore(ctx context.Context, id, rule string, at time.Time, allowed func(s Store) error) (log []Purge, err error) {
	err = c.transact(ctx, func(tx *transaction) error {
		store, err := readStore(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := allowed(store); err != nil {
			return err
		}
		files, err := dataFiles(ctx, tx, id)
		if err != nil {
			return err
		}
		if log, err = purge(ctx, tx, Purge{StoreID: id, StoreName: store.Name, At: timeOf(micros(at)), Rule: rule}, files); err != nil {
			return err
		}
		if err := unsealImports(ctx, tx, id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM seals WHERE kind IN (?, ?) AND owner = ?`, VerdictRows, ObjectRows, id); err != nil {
			return err
		}
		tx.of(StoreRows, id).remove(store.row())
		for _, statement := range []string{ // those that refer to others first
			`DELETE FROM import_failures WHERE import_id IN (SELECT id FROM imports WHERE store_id = ?)`,
			`DELETE FROM objects WHERE store_id = ?`,
			`DELETE FROM verifications WHERE store_id = ?`,
			`DELETE FROM verdicts WHERE store_id = ?`,
			`DELETE FROM partial_archives WHERE store_id = ?`,
			`DELETE FROM archives WHERE store_id = ?`,
			`DELETE FROM imports WHERE store_id = ?`,
			`DELETE FROM tags WHERE store_id = ?`,
			`DELETE FROM stores WHERE id = ?`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return log, nil
}

// Purges returns the log, of a store or of all if storeID is "", the oldest entry first.
func (c *Catalog) Purges(ctx context.Context, storeID string) (log []Purge, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		log, err = purges(ctx, tx, storeID)
		return err
	})
	return log, err
}

// purges returns the log, see Purges; ErrDamage if it is not as it was sealed.
func purges(ctx context.Context, q queryer, storeID string) ([]Purge, error) {
	log, err := list(ctx, q, scanPurge, `SELECT `+purgeColumns+` FROM purges WHERE ?1 IN ('', store_id) ORDER BY id`, storeID)
	if err != nil {
		return nil, err
	}
	found := tally{}
	for _, p := range log {
		found.add(PurgeRows, p.StoreID, p.row())
	}
	if storeID == "" {
		return log, holdAll(ctx, q, PurgeRows, found)
	}
	of := Rows{PurgeRows, storeID}
	if found[of] == nil {
		found[of] = &seal{}
	}
	return log, hold(ctx, q, of, *found[of])
}

const purgeColumns = `id, store_id, store_name, at, calendarday, files, row_count, bytes, not_before_millis, rule`

func scanPurge(row scanner) (p Purge, err error) {
	var at int64
	var day, notBefore sql.NullInt64
	err = row.Scan(&p.ID, &p.StoreID, &p.StoreName, &at, &day, &p.Files, &p.Rows, &p.Bytes, &notBefore, &p.Rule)
	p.At = timeOf(at)
	p.CalendarDay, p.HasDay = day.Int64, day.Valid
	p.NotBefore, p.HasNotBefore = notBefore.Int64, notBefore.Valid
	return p, err
}

// PurgedFile is a file that was purged or merged into another, and may still lie on disk.
type PurgedFile struct {
	Path    string // relative to the lake
	StoreID string
	Purged  time.Time
}

// PurgedFiles returns the files that were purged or merged and are not yet forgotten, of all stores, by path.
func (c *Catalog) PurgedFiles(ctx context.Context) (files []PurgedFile, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		if files, err = list(ctx, tx, scanPurgedFile, `SELECT `+purgedFileColumns+` FROM purged_files ORDER BY path`); err != nil {
			return err
		}
		var found seal
		for _, f := range files {
			found.add(f.row())
		}
		return hold(ctx, tx, Rows{PurgedFileRows, ""}, found)
	})
	return files, err
}

const purgedFileColumns = `path, store_id, at`

func scanPurgedFile(row scanner) (f PurgedFile, err error) {
	var at int64
	err = row.Scan(&f.Path, &f.StoreID, &at)
	f.Purged = timeOf(at)
	return f, err
}

// ForgetPurgedFiles takes note that purged files are gone from disk. Unknown ones are passed over.
func (c *Catalog) ForgetPurgedFiles(ctx context.Context, paths []string) error {
	return c.transact(ctx, func(tx *transaction) error {
		for _, path := range paths {
			gone, err := list(ctx, tx, scanPurgedFile, `DELETE FROM purged_files WHERE path = ? RETURNING `+purgedFileColumns, path)
			if err != nil {
				return err
			}
			for _, f := range gone {
				tx.of(PurgedFileRows, "").remove(f.row())
			}
		}
		return nil
	})
}
