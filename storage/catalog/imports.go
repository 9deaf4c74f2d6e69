package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
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
	Parts             []PartialArchive
	Objects           []Object
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
	return c.transact(ctx, func(tx *transaction) error {
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
		i = Import{ID: i.ID, StoreID: i.StoreID, Status: i.Status, Sources: i.Sources, Started: i.Started}
		tx.of(ImportRows, i.ID).add(i.row())
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
	return c.transact(ctx, func(tx *transaction) error { return endInterrupted(ctx, tx, status, at) })
}

func endInterrupted(ctx context.Context, tx *transaction, status string, at time.Time) error {
	running, err := list(ctx, tx, scanImport, `SELECT `+importColumns+` FROM imports WHERE finished IS NULL ORDER BY id`)
	if err != nil {
		return err
	}
	for _, i := range running {
		if err := endImport(ctx, tx, i.ID, status, at); err != nil {
			return err
		}
	}
	return nil
}

// endImport gives an import a status and an end.
func endImport(ctx context.Context, tx *transaction, id, status string, at time.Time) error {
	i, err := readImport(ctx, tx, id)
	if err != nil {
		return err
	}
	was := i
	i.Status, i.Finished = status, timeOf(micros(at))
	seal := tx.of(ImportRows, id)
	seal.remove(was.row())
	seal.add(i.row())
	_, err = tx.ExecContext(ctx, `UPDATE imports SET status = ?, finished = ? WHERE id = ?`, status, micros(at), id)
	return err
}

// Commit makes data files visible, together with the archives that they came from, the
// failures met on the way, the import's counters and the store's newest event time: all
// of it, or on an error nothing. ErrExists if a data file or an archive of this content
// is in the store already; ErrNotFound if the import is not.
func (c *Catalog) Commit(ctx context.Context, in ImportCommit) error {
	return c.transact(ctx, func(tx *transaction) error {
		if err := addDataFiles(ctx, tx, in.Files); err != nil {
			return err
		}
		if err := addArchives(ctx, tx, in.Archives); err != nil {
			return err
		}
		if err := addPartialArchives(ctx, tx, in.Parts); err != nil {
			return err
		}
		if err := putObjects(ctx, tx, in.Objects); err != nil {
			return err
		}
		if err := addFailures(ctx, tx, in.ImportID, in.Failures); err != nil {
			return err
		}
		i, err := readImport(ctx, tx, in.ImportID)
		if err == nil && i.StoreID != in.StoreID {
			err = ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("import %s into event data store %s: %w", in.ImportID, in.StoreID, err)
		}
		seal := tx.of(ImportRows, i.ID)
		seal.remove(i.row())
		i.Counts, i.ArchiveCounts, i.ByteCounts = in.Counts, in.ArchiveCounts, in.ByteCounts
		seal.add(i.row())
		e, a, b := in.Counts, in.ArchiveCounts, in.ByteCounts
		if _, err := tx.ExecContext(ctx, `UPDATE imports SET
			events_read = ?, events_kept = ?, events_filtered = ?, events_expired = ?, events_duplicate = ?, events_failed = ?,
			archives_found = ?, archives_imported = ?, archives_unchanged = ?, archives_failed = ?, archives_ignored = ?,
			bytes_compressed = ?, bytes_raw = ?, bytes_stored = ?, events_conflicting = ? WHERE id = ? AND store_id = ?`,
			e.Read, e.Kept, e.Filtered, e.Expired, e.Duplicate, e.Failed, a.Found, a.Imported, a.Unchanged, a.Failed, a.Ignored,
			b.Compressed, b.Raw, b.Stored, e.Conflicting, in.ImportID, in.StoreID); err != nil {
			return err
		}
		return newerEvents(ctx, tx, in)
	})
}

// newerEvents brings the store's newest event time up to date.
func newerEvents(ctx context.Context, tx *transaction, in ImportCommit) error {
	if in.NewestEventTime.IsZero() {
		return nil
	}
	store, err := readStore(ctx, tx, in.StoreID)
	if err != nil || !store.Newest.IsZero() && store.Newest.UnixMilli() >= in.NewestEventTime.UnixMilli() {
		return err
	}
	was := store
	store.Newest = in.NewestEventTime
	tx.changed(was, store)
	_, err = tx.ExecContext(ctx, `UPDATE stores SET newest_millis = ? WHERE id = ?`, store.newest(), store.ID)
	return err
}

func addArchives(ctx context.Context, tx *transaction, archives []Archive) error {
	for _, a := range archives {
		tx.of(ArchiveRows, a.ImportID).add(a.row())
	}
	return insert(ctx, tx, `INSERT INTO archives (`+archiveColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, archives, func(a Archive) []any {
		return []any{a.StoreID, a.Digest, a.ImportID, a.Path, a.CompressedBytes, a.RawBytes, a.Events}
	})
}

const archiveColumns = `store_id, sha256, import_id, path, compressed_bytes, raw_bytes, events`

func scanArchive(row scanner) (a Archive, err error) {
	err = row.Scan(&a.StoreID, &a.Digest, &a.ImportID, &a.Path, &a.CompressedBytes, &a.RawBytes, &a.Events)
	return a, err
}

// addFailures adds failures to those of an import, with the numbers that follow.
func addFailures(ctx context.Context, tx *transaction, importID string, failures []Failure) error {
	if len(failures) == 0 {
		return nil
	}
	var last int64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(number), 0) FROM import_failures WHERE import_id = ?`, importID).Scan(&last); err != nil {
		return err
	}
	failures = slices.Clone(failures)
	for i := range failures {
		last++
		failures[i].Number = last
	}
	return putFailures(ctx, tx, importID, failures)
}

// putFailures adds failures with the numbers that they have.
func putFailures(ctx context.Context, tx *transaction, importID string, failures []Failure) error {
	seal := tx.of(FailureRows, importID)
	for _, f := range failures {
		seal.add(f.row())
	}
	return insert(ctx, tx, `INSERT INTO import_failures (`+failureColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`, failures,
		func(f Failure) []any { return []any{importID, f.Number, f.Path, f.Offset, f.Pointer, f.Code, f.Reason} })
}

const failureColumns = `import_id, number, path, byte_offset, pointer, code, reason`

func scanFailure(row scanner) (f ImportFailure, err error) {
	err = row.Scan(&f.ImportID, &f.Number, &f.Path, &f.Offset, &f.Pointer, &f.Code, &f.Reason)
	return f, err
}

// ImportFailure is a failure with the import that it belongs to.
type ImportFailure struct {
	ImportID string
	Failure
}

// unsealImports takes the seals of the imports into a store away, which are to be removed.
func unsealImports(ctx context.Context, tx *transaction, storeID string) error {
	ids, err := list(ctx, tx, func(row scanner) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	}, `SELECT id FROM imports WHERE store_id = ?`, storeID)
	if err != nil {
		return err
	}
	for _, kind := range []RowKind{ImportRows, ArchiveRows, FailureRows} {
		if err := insert(ctx, tx, `DELETE FROM seals WHERE kind = ? AND owner = ?`, ids, func(id string) []any { return []any{kind, id} }); err != nil {
			return err
		}
	}
	return nil
}

// FinishImport records how an import ended, with the failures that no Commit has
// recorded; ErrNotFound if there is no such import.
func (c *Catalog) FinishImport(ctx context.Context, id, status string, at time.Time, failures []Failure) error {
	return c.transact(ctx, func(tx *transaction) error {
		if err := endImport(ctx, tx, id, status, at); err != nil {
			return err
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
func (c *Catalog) Import(ctx context.Context, id string) (i Import, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		i, err = readImport(ctx, tx, id)
		return err
	})
	return i, err
}

// readImport returns the import with an ID; ErrDamage if it is not as it was sealed.
func readImport(ctx context.Context, q queryer, id string) (Import, error) {
	imports, err := list(ctx, q, scanImport, `SELECT `+importColumns+` FROM imports WHERE id = ?`, id)
	if err == nil && len(imports) == 0 {
		err = fmt.Errorf("import %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Import{}, err
	}
	return imports[0], hold(ctx, q, Rows{ImportRows, id}, sealOf(imports[0].row()))
}

// Imports returns the imports into a store, or into all if storeID is "", the newest first.
func (c *Catalog) Imports(ctx context.Context, storeID string) (imports []Import, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		imports, err = list(ctx, tx, scanImport, `SELECT `+importColumns+` FROM imports WHERE ?1 IN ('', store_id) ORDER BY started DESC, id`, storeID)
		if err != nil {
			return err
		}
		slices.SortFunc(imports, func(a, b Import) int { return cmp.Or(b.Started.Compare(a.Started), cmp.Compare(a.ID, b.ID)) }) // see listDataFiles
		sealed, err := readSeals(ctx, tx, ImportRows)
		if err != nil {
			return err
		}
		for _, i := range imports {
			of := Rows{ImportRows, i.ID}
			if sealed[of] != sealOf(i.row()) {
				return of.damaged()
			}
			delete(sealed, of)
		}
		if storeID == "" && len(sealed) > 0 {
			return slices.SortedFunc(maps.Keys(sealed), compareRows)[0].damaged()
		}
		return nil
	})
	return imports, err
}

// Failures returns at most limit failures of an import, those with numbers above after, in order.
func (c *Catalog) Failures(ctx context.Context, importID string, after int64, limit int) ([]Failure, error) {
	return list(ctx, c.read, func(row scanner) (Failure, error) {
		f, err := scanFailure(row)
		return f.Failure, err
	}, `SELECT `+failureColumns+` FROM import_failures WHERE import_id = ? AND number > ? ORDER BY number LIMIT ?`,
		importID, after, limit)
}

// HasArchive reports whether an archive with this digest was imported into a store.
func (c *Catalog) HasArchive(ctx context.Context, storeID, digest string) (bool, error) {
	var found bool
	ask, err := c.hasArchive.prepare(ctx, c.read, `SELECT EXISTS (SELECT 1 FROM archives WHERE store_id = ? AND sha256 = ?)`)
	if err == nil {
		err = ask.QueryRowContext(ctx, storeID, digest).Scan(&found)
	}
	return found, explain(err)
}

// prepared is a statement that is run so often that to parse it each time would be half of what it takes.
type prepared struct {
	mu sync.Mutex
	at *sql.Stmt // nil until it is run first; closed with the database
}

func (p *prepared) prepare(ctx context.Context, db *sql.DB, text string) (*sql.Stmt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at != nil {
		return p.at, nil
	}
	var err error
	p.at, err = db.PrepareContext(ctx, text)
	return p.at, err
}
