package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"
)

// Import is the row of an import.
type Import struct {
	ID, StoreID, Status string
	Sources             []string
	Started             time.Time
	Finished            time.Time // zero while it runs, and if it was interrupted
	// The counters are those of the last Commit.
	Counts        Counts
	ArchiveCounts ArchiveCounts
	ByteCounts    ByteCounts
}

// Counts are the event counters of an import, since its start: Read is the sum of the others.
// Conflicting events are among those kept.
type Counts struct {
	Read, Kept, Filtered, Expired, Duplicate, Failed int64
	Conflicting                                      int64 `json:",omitempty"`
}

// ArchiveCounts are the archive counters of an import, since its start: Found is the sum of the others.
type ArchiveCounts struct{ Found, Imported, Unchanged, Failed, Ignored int64 }

// ByteCounts say how much an import read, as it lay and decompressed, and wrote, since its start.
type ByteCounts struct{ Compressed, Raw, Stored int64 }

// Archive is the row of an archive that was imported.
type Archive struct {
	StoreID, ImportID                 string
	Digest                            string // SHA-256 of the file, hexadecimal; one of a store
	Path                              string
	CompressedBytes, RawBytes, Events int64
}

// Failure is a file or record that an import could not use.
type Failure struct {
	Number  int64 // 1, 2, … within the import; given by the catalog
	Path    string
	Offset  int64  // in the decompressed text
	Pointer string // JSON pointer of a record; "" for the archive
	Code    string
	Reason  string
}

// ImportCommit is what becomes visible at once.
type ImportCommit struct {
	ImportID, StoreID string
	Files             []DataFile
	Archives          []Archive
	Failures          []Failure
	Counts            Counts
	ArchiveCounts     ArchiveCounts
	ByteCounts        ByteCounts
	NewestEventTime   time.Time // zero if there is none
}

// BeginImport adds an import, whose counters are zero, if allowed agrees to the store as it is then;
// ErrNotFound if it does not exist. Imports that have not ended were interrupted: the caller has made
// sure that none runs. They end now, with the status given; "" leaves them, since they run beside this one.
func (c *Catalog) BeginImport(ctx context.Context, i Import, interrupted string, allowed func(s Store) error) error {
	sources, err := sourcesOf(i)
	if err != nil {
		return err
	}
	return c.transact(ctx, func(tx *sql.Tx) error {
		store, err := readStore(ctx, tx, i.StoreID)
		if err != nil {
			return err
		}
		if err := allowed(store); err != nil {
			return err
		}
		if interrupted != "" {
			if err := endInterrupted(ctx, tx, interrupted, i.Started); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO imports (id, store_id, status, sources, started) VALUES (?, ?, ?, ?, ?)`,
			i.ID, i.StoreID, i.Status, sources, micros(i.Started))
		return err
	})
}

// sourcesOf returns the sources of an import as JSON.
func sourcesOf(i Import) (string, error) {
	if i.Sources == nil {
		i.Sources = []string{}
	}
	text, err := json.Marshal(i.Sources)
	return string(text), err
}

// EndInterrupted gives the imports that have not ended a status and an end. The caller has made sure that none runs.
func (c *Catalog) EndInterrupted(ctx context.Context, status string, at time.Time) error {
	return c.transact(ctx, func(tx *sql.Tx) error { return endInterrupted(ctx, tx, status, at) })
}

func endInterrupted(ctx context.Context, tx *sql.Tx, status string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `UPDATE imports SET status = ?, finished = ? WHERE finished IS NULL`, status, micros(at))
	return err
}

// Commit makes data files visible, together with the archives that they came from, the
// failures met on the way, the import's counters and the store's newest event time: all
// of it, or on an error nothing. ErrExists if a data file or an archive of this content
// is in the store already; ErrNotFound if the import is not.
func (c *Catalog) Commit(ctx context.Context, in ImportCommit) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		if err := addDataFiles(ctx, tx, in.Files); err != nil {
			return err
		}
		if err := addArchives(ctx, tx, in.Archives); err != nil {
			return err
		}
		if err := addFailures(ctx, tx, in.ImportID, in.Failures); err != nil {
			return err
		}
		e, a, b := in.Counts, in.ArchiveCounts, in.ByteCounts
		if err := changed(tx.ExecContext(ctx, `UPDATE imports SET
			events_read = ?, events_kept = ?, events_filtered = ?, events_expired = ?, events_duplicate = ?, events_failed = ?,
			archives_found = ?, archives_imported = ?, archives_unchanged = ?, archives_failed = ?, archives_ignored = ?,
			bytes_compressed = ?, bytes_raw = ?, bytes_stored = ?, events_conflicting = ? WHERE id = ? AND store_id = ?`,
			e.Read, e.Kept, e.Filtered, e.Expired, e.Duplicate, e.Failed, a.Found, a.Imported, a.Unchanged, a.Failed, a.Ignored,
			b.Compressed, b.Raw, b.Stored, e.Conflicting, in.ImportID, in.StoreID)); err != nil {
			return fmt.Errorf("import %s into event data store %s: %w", in.ImportID, in.StoreID, err)
		}
		if !in.NewestEventTime.IsZero() {
			if _, err := tx.ExecContext(ctx, `UPDATE stores SET newest_millis = max(coalesce(newest_millis, ?1), ?1) WHERE id = ?2`,
				in.NewestEventTime.UnixMilli(), in.StoreID); err != nil {
				return err
			}
		}
		return seal(ctx, tx, in.StoreID)
	})
}

func addArchives(ctx context.Context, tx *sql.Tx, archives []Archive) error {
	return insert(ctx, tx, `INSERT INTO archives (store_id, sha256, import_id, path, compressed_bytes, raw_bytes, events)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, archives, func(a Archive) []any {
		return []any{a.StoreID, a.Digest, a.ImportID, a.Path, a.CompressedBytes, a.RawBytes, a.Events}
	})
}

func addFailures(ctx context.Context, tx *sql.Tx, importID string, failures []Failure) error {
	return insert(ctx, tx, `INSERT INTO import_failures (import_id, number, path, byte_offset, pointer, code, reason)
		SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6 FROM import_failures WHERE import_id = ?1`, failures,
		func(f Failure) []any { return []any{importID, f.Path, f.Offset, f.Pointer, f.Code, f.Reason} })
}

// FinishImport records how an import ended, with the failures that no Commit has
// recorded; ErrNotFound if there is no such import.
func (c *Catalog) FinishImport(ctx context.Context, id, status string, at time.Time, failures []Failure) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		if err := changed(tx.ExecContext(ctx, `UPDATE imports SET status = ?, finished = ? WHERE id = ?`, status, micros(at), id)); err != nil {
			return fmt.Errorf("import %s: %w", id, err)
		}
		return addFailures(ctx, tx, id, failures)
	})
}

const importColumns = `id, store_id, status, sources, started, finished,
	events_read, events_kept, events_filtered, events_expired, events_duplicate, events_failed,
	archives_found, archives_imported, archives_unchanged, archives_failed, archives_ignored, bytes_compressed, bytes_raw, bytes_stored, events_conflicting`

func scanImport(row scanner) (Import, error) {
	var i Import
	var sources string
	var started int64
	var finished sql.NullInt64
	e, a, b := &i.Counts, &i.ArchiveCounts, &i.ByteCounts
	if err := row.Scan(&i.ID, &i.StoreID, &i.Status, &sources, &started, &finished,
		&e.Read, &e.Kept, &e.Filtered, &e.Expired, &e.Duplicate, &e.Failed,
		&a.Found, &a.Imported, &a.Unchanged, &a.Failed, &a.Ignored, &b.Compressed, &b.Raw, &b.Stored, &e.Conflicting); err != nil {
		return i, err
	}
	i.Started = timeOf(started)
	if finished.Valid {
		i.Finished = timeOf(finished.Int64)
	}
	if err := json.Unmarshal([]byte(sources), &i.Sources); err != nil {
		return i, fmt.Errorf("%w: sources of import %s: %w", ErrDamage, i.ID, err)
	}
	return i, nil
}

// Import returns the import with this ID; ErrNotFound if there is none.
func (c *Catalog) Import(ctx context.Context, id string) (Import, error) {
	imports, err := list(ctx, c.read, scanImport, `SELECT `+importColumns+` FROM imports WHERE id = ?`, id)
	if err == nil && len(imports) == 0 {
		err = fmt.Errorf("import %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Import{}, err
	}
	return imports[0], nil
}

// Imports returns the imports into a store, or into all if storeID is "", the newest first.
func (c *Catalog) Imports(ctx context.Context, storeID string) ([]Import, error) {
	return list(ctx, c.read, scanImport, `SELECT `+importColumns+` FROM imports WHERE ?1 IN ('', store_id) ORDER BY started DESC, id`, storeID)
}

// Failures returns at most limit failures of an import, those with numbers above after, in order.
func (c *Catalog) Failures(ctx context.Context, importID string, after int64, limit int) ([]Failure, error) {
	return list(ctx, c.read, func(row scanner) (f Failure, err error) {
		err = row.Scan(&f.Number, &f.Path, &f.Offset, &f.Pointer, &f.Code, &f.Reason)
		return f, err
	}, `SELECT number, path, byte_offset, pointer, code, reason FROM import_failures WHERE import_id = ? AND number > ? ORDER BY number LIMIT ?`,
		importID, after, limit)
}

// HasArchive reports whether an archive with this digest was imported into a store.
func (c *Catalog) HasArchive(ctx context.Context, storeID, digest string) (bool, error) {
	var found bool
	err := c.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM archives WHERE store_id = ? AND sha256 = ?)`, storeID, digest).Scan(&found)
	return found, explain(err)
}
