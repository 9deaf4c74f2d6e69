package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"
)

// Store is the row of an event data store.
type Store struct {
	ID, Name, ARN, Status    string
	Selectors                string // AWS's JSON list
	BillingMode              string
	RetentionDays            int
	RetentionFrom            string
	TerminationProtection    bool
	Created, Updated, Newest time.Time // Newest is zero without events
}

// DataFile is the row of a data file.
type DataFile struct {
	ID, StoreID, ImportID      string
	Path                       string // relative to the lake
	CalendarDay                int64  // YYYYMMDD, 0 for events without a time
	Rows, Bytes, RawBytes      int64
	MinEventTime, MaxEventTime int64 // milliseconds since 1970, if HasEventTime
	HasEventTime               bool
	Checksum                   string // SHA-256, hexadecimal
	Created                    time.Time
}

// Archive is the row of an archive that was imported.
type Archive struct {
	StoreID, ImportID, Digest, Path   string
	CompressedBytes, RawBytes, Events int64
}

// Import is the row of an import.
type Import struct {
	ID, StoreID, Status string
	Sources             []string
	Started             time.Time
}

// Counts are the event counters of an import, since its start.
type Counts struct{ Read, Kept, Filtered, Expired, Duplicate, Failed int64 }

// Failure is a file or record that an import could not use.
type Failure struct {
	Path    string
	Offset  int64
	Pointer string
	Reason  string
}

// ImportCommit is what becomes visible at once.
type ImportCommit struct {
	ImportID, StoreID string
	Files             []DataFile
	Archives          []Archive
	Failures          []Failure
	Counts            Counts
	NewestEventTime   time.Time // zero if there is none
}

func micros(t time.Time) int64 { return t.UnixMicro() }

// CreateStore adds a store; ErrExists if its name, ID or ARN is taken.
func (c *Catalog) CreateStore(ctx context.Context, s Store) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO stores (id, name, arn, status, selectors, billing_mode, retention_days,
			retention_from, termination_protection, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			s.ID, s.Name, s.ARN, s.Status, s.Selectors, s.BillingMode, s.RetentionDays,
			s.RetentionFrom, s.TerminationProtection, micros(s.Created), micros(s.Updated))
		return err
	})
}

// Stores returns all stores, by name.
func (c *Catalog) Stores(ctx context.Context) (stores []Store, err error) {
	rows, err := c.read.QueryContext(ctx, `SELECT id, name, arn, status, selectors, billing_mode, retention_days,
		retention_from, termination_protection, created, updated, newest_millis FROM stores ORDER BY name, id`)
	if err != nil {
		return nil, explain(err)
	}
	defer func() { err = explain(errors.Join(err, rows.Close())) }()
	for rows.Next() {
		var s Store
		var created, updated int64
		var newest sql.NullInt64
		if err := rows.Scan(&s.ID, &s.Name, &s.ARN, &s.Status, &s.Selectors, &s.BillingMode, &s.RetentionDays,
			&s.RetentionFrom, &s.TerminationProtection, &created, &updated, &newest); err != nil {
			return nil, err
		}
		s.Created, s.Updated = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
		if newest.Valid {
			s.Newest = time.UnixMilli(newest.Int64).UTC()
		}
		stores = append(stores, s)
	}
	return stores, rows.Err()
}

// BeginImport adds an import.
func (c *Catalog) BeginImport(ctx context.Context, i Import) error {
	sources, err := json.Marshal(i.Sources)
	if err != nil {
		return err
	}
	return c.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO imports (id, store_id, status, sources, started) VALUES (?, ?, ?, ?, ?)`,
			i.ID, i.StoreID, i.Status, string(sources), micros(i.Started))
		return err
	})
}

// Commit makes data files visible, together with the archives that they came from,
// the failures met on the way and the import's counters.
func (c *Catalog) Commit(ctx context.Context, in ImportCommit) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		if err := insert(ctx, tx, `INSERT INTO data_files (id, store_id, import_id, path, calendarday, row_count, bytes, raw_bytes,
			min_millis, max_millis, sha256, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, in.Files, func(f DataFile) []any {
			least := sql.NullInt64{Int64: f.MinEventTime, Valid: f.HasEventTime}
			most := sql.NullInt64{Int64: f.MaxEventTime, Valid: f.HasEventTime}
			return []any{f.ID, f.StoreID, f.ImportID, f.Path, f.CalendarDay, f.Rows, f.Bytes, f.RawBytes, least, most, f.Checksum, micros(f.Created)}
		}); err != nil {
			return err
		}
		if err := insert(ctx, tx, `INSERT INTO archives (store_id, sha256, import_id, path, compressed_bytes, raw_bytes, events)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, in.Archives, func(a Archive) []any {
			return []any{a.StoreID, a.Digest, a.ImportID, a.Path, a.CompressedBytes, a.RawBytes, a.Events}
		}); err != nil {
			return err
		}
		if err := addFailures(ctx, tx, in.ImportID, in.Failures); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE imports SET events_read = ?, events_kept = ?, events_filtered = ?, events_expired = ?,
			events_duplicate = ?, events_failed = ? WHERE id = ?`, in.Counts.Read, in.Counts.Kept, in.Counts.Filtered,
			in.Counts.Expired, in.Counts.Duplicate, in.Counts.Failed, in.ImportID); err != nil {
			return err
		}
		if in.NewestEventTime.IsZero() {
			return nil
		}
		_, err := tx.ExecContext(ctx, `UPDATE stores SET newest_millis = max(coalesce(newest_millis, ?1), ?1) WHERE id = ?2`,
			in.NewestEventTime.UnixMilli(), in.StoreID)
		return err
	})
}

func insert[T any](ctx context.Context, tx *sql.Tx, statement string, rows []T, values func(T) []any) (err error) {
	if len(rows) == 0 {
		return nil
	}
	prepared, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	for _, row := range rows {
		if _, err := prepared.ExecContext(ctx, values(row)...); err != nil {
			return err
		}
	}
	return nil
}

func addFailures(ctx context.Context, tx *sql.Tx, importID string, failures []Failure) error {
	return insert(ctx, tx, `INSERT INTO import_failures (import_id, number, path, byte_offset, pointer, reason)
		SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM import_failures WHERE import_id = ?1`, failures,
		func(f Failure) []any { return []any{importID, f.Path, f.Offset, f.Pointer, f.Reason} })
}

// FinishImport records how an import ended, with the failures that no Commit has recorded.
func (c *Catalog) FinishImport(ctx context.Context, id, status string, at time.Time, failures []Failure) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		if err := addFailures(ctx, tx, id, failures); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE imports SET status = ?, finished = ? WHERE id = ?`, status, micros(at), id)
		return err
	})
}

// HasArchive reports whether an archive with this digest was imported into a store.
func (c *Catalog) HasArchive(ctx context.Context, storeID, digest string) (bool, error) {
	var found bool
	err := c.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM archives WHERE store_id = ? AND sha256 = ?)`, storeID, digest).Scan(&found)
	return found, explain(err)
}

// DataFiles returns the data files of a store as of the last commit, by day, then by age.
func (c *Catalog) DataFiles(ctx context.Context, storeID string) (files []DataFile, err error) {
	rows, err := c.read.QueryContext(ctx, `SELECT id, import_id, path, calendarday, row_count, bytes, raw_bytes, min_millis, max_millis,
		sha256, created FROM data_files WHERE store_id = ? ORDER BY calendarday, id`, storeID)
	if err != nil {
		return nil, explain(err)
	}
	defer func() { err = explain(errors.Join(err, rows.Close())) }()
	for rows.Next() {
		f := DataFile{StoreID: storeID}
		var least, most sql.NullInt64
		var created int64
		if err := rows.Scan(&f.ID, &f.ImportID, &f.Path, &f.CalendarDay, &f.Rows, &f.Bytes, &f.RawBytes, &least, &most,
			&f.Checksum, &created); err != nil {
			return nil, err
		}
		f.MinEventTime, f.MaxEventTime, f.HasEventTime = least.Int64, most.Int64, least.Valid
		f.Created = time.UnixMicro(created).UTC()
		files = append(files, f)
	}
	return files, rows.Err()
}
