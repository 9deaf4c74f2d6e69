package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
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

func addDataFiles(ctx context.Context, tx *transaction, files []DataFile) error {
	for _, f := range files {
		tx.of(DataFileRows, f.StoreID).add(f.row())
	}
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
func (c *Catalog) DataFiles(ctx context.Context, storeID string) (files []DataFile, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		files, err = dataFiles(ctx, tx, storeID)
		return err
	})
	return files, err
}

// dataFiles returns the data files of a store; ErrDamage if they are not as they were sealed.
func dataFiles(ctx context.Context, q queryer, storeID string) ([]DataFile, error) {
	files, err := listDataFiles(ctx, q, storeID)
	if err != nil {
		return nil, err
	}
	var found seal
	for _, f := range files {
		found.add(f.row())
	}
	return files, hold(ctx, q, Rows{DataFileRows, storeID}, found)
}

// listDataFiles is dataFiles, whatever they were sealed as.
func listDataFiles(ctx context.Context, q queryer, storeID string) ([]DataFile, error) {
	files, err := list(ctx, q, scanDataFile, `SELECT `+dataFileColumns+` FROM data_files WHERE store_id = ? ORDER BY calendarday, id`, storeID)
	// The order is that of an index, which no seal speaks of.
	slices.SortFunc(files, func(a, b DataFile) int {
		return cmp.Or(cmp.Compare(a.CalendarDay, b.CalendarDay), cmp.Compare(a.ID, b.ID))
	})
	return files, err
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

// HasDataFile reports whether some store has the data file with this ID.
func (c *Catalog) HasDataFile(ctx context.Context, id string) (bool, error) {
	var found bool
	err := c.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM data_files WHERE id = ?)`, id).Scan(&found)
	return found, explain(err)
}
