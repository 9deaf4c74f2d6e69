package storage

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
)

// ErrNoImport is the cause of the error for an import that the lake does not know.
var ErrNoImport = errors.New("import not found")

// ImportRecord is what the catalog keeps of an import.
type ImportRecord struct {
	ID, StoreID string
	Status      ImportStatus
	Sources     []string
	Started     time.Time
	Finished    time.Time // zero while it runs, and if it was interrupted
	// Counts are those of its last commit.
	Counts      ImportCounts
	StoredBytes int64
}

// NumberedFailure is a failure of an import, with its place in the list.
type NumberedFailure struct {
	Number int64 // 1, 2, …
	ImportFailure
}

// Imports returns the imports into a store, or into all if ref is "", the newest first.
func (l *Lake) Imports(ctx context.Context, ref string) ([]ImportRecord, error) {
	id := ""
	if ref != "" {
		store, err := l.Find(ctx, ref)
		if err != nil {
			return nil, err
		}
		id = store.ID
	}
	rows, err := l.catalog.Imports(ctx, id)
	if err != nil {
		return nil, err
	}
	records := make([]ImportRecord, len(rows))
	for i, row := range rows {
		records[i] = importRecord(row)
	}
	return records, nil
}

// FindImport returns the import with this ID; ErrNoImport if there is none.
func (l *Lake) FindImport(ctx context.Context, id string) (ImportRecord, error) {
	row, err := l.catalog.Import(ctx, id)
	if errors.Is(err, catalog.ErrNotFound) {
		return ImportRecord{}, fmt.Errorf("%w: %s", ErrNoImport, clipped(id))
	}
	return importRecord(row), err
}

// Verification returns what the verification found that followed an import, as JSON; "" if there was none.
func (l *Lake) Verification(ctx context.Context, i ImportRecord) (string, error) {
	return l.catalog.Verification(ctx, catalog.Import{ID: i.ID, StoreID: i.StoreID})
}

func importRecord(row catalog.Import) ImportRecord {
	e, a, b := row.Counts, row.ArchiveCounts, row.ByteCounts
	return ImportRecord{
		ID: row.ID, StoreID: row.StoreID, Status: ImportStatus(row.Status), Sources: row.Sources, Started: row.Started, Finished: row.Finished,
		Counts: ImportCounts{Read: e.Read, Kept: e.Kept, Filtered: e.Filtered, Expired: e.Expired, Duplicate: e.Duplicate, Failed: e.Failed, Conflicting: e.Conflicting,
			Imported: a.Imported, Unchanged: a.Unchanged, FailedArchives: a.Failed, Ignored: a.Ignored, CompressedBytes: b.Compressed, RawBytes: b.Raw},
		StoredBytes: b.Stored,
	}
}

// ImportFailures returns at most limit failures of an import, those numbered above after, in order.
func (l *Lake) ImportFailures(ctx context.Context, id string, after int64, limit int) ([]NumberedFailure, error) {
	rows, err := l.catalog.Failures(ctx, id, after, limit)
	if err != nil {
		return nil, err
	}
	failures := make([]NumberedFailure, len(rows))
	for i, f := range rows {
		failures[i] = NumberedFailure{f.Number, ImportFailure{Path: f.Path, Offset: f.Offset, Pointer: f.Pointer, Reason: f.Reason, Kind: FailureKind(f.Code)}}
	}
	return failures, nil
}
