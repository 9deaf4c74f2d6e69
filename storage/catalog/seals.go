package catalog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
)

// A seal is a hash over what queries depend on: the row of a store with its tags, and the rows of its data files.
// SQLite notices a broken page, not a changed value in a sound one; with seals whatever is read of these
// rows is as it was written, or ErrDamage. Every transaction that changes them seals the store anew.

// sealOfStore hashes the row of a store.
func sealOfStore(s Store) string {
	text := fmt.Sprintf("%q %q %q %q %q %q %q %d %q %t %t %t %q %d %d %t %d %d %q %d %t", s.ID, s.Name, s.ARN, s.Status, s.Kind, s.Selectors, s.BillingMode,
		s.RetentionDays, s.RetentionFrom, s.TerminationProtection, s.MultiRegion, s.Organization, s.Tags, micros(s.Created), micros(s.Updated),
		s.Newest.IsZero(), s.Newest.UnixMilli(), s.Deleted.UnixMicro(), s.RestoredStatus, s.Floor, s.HasFloor)
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// sealOfFiles hashes the rows of data files, in their order.
func sealOfFiles(files []DataFile) string {
	sum := sha256.New()
	var buffer []byte
	for _, f := range files {
		buffer = fmt.Appendf(buffer[:0], "%q %q %q %q %d %d %d %d %d %d %t %q %x %d\n", f.ID, f.StoreID, f.ImportID, f.Path, f.CalendarDay, f.Rows, f.Bytes, f.RawBytes,
			f.MinEventTime, f.MaxEventTime, f.HasEventTime, f.Checksum, f.Statistics, micros(f.Created))
		_, _ = sum.Write(buffer)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// seal seals a store as it is now in the transaction.
func seal(ctx context.Context, tx *sql.Tx, id string) error {
	stores, err := listStores(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, s := range stores {
		files, err := listDataFiles(ctx, tx, s.ID)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO seals (store_id, store, files) VALUES (?1, ?2, ?3)
			ON CONFLICT (store_id) DO UPDATE SET store = ?2, files = ?3`, s.ID, sealOfStore(s), sealOfFiles(files)); err != nil {
			return err
		}
	}
	return nil
}

// readSeal returns the seals of a store.
func readSeal(ctx context.Context, q queryer, id string) (store, files string, err error) {
	err = q.QueryRowContext(ctx, `SELECT store, files FROM seals WHERE store_id = ?`, id).Scan(&store, &files)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil // which no row fits
	}
	return store, files, err
}

// checkStore returns ErrDamage if the row of a store is not as it was sealed.
func checkStore(ctx context.Context, q queryer, s Store) error {
	want, _, err := readSeal(ctx, q, s.ID)
	if err == nil && want != sealOfStore(s) {
		err = fmt.Errorf("%w: the row of event data store %s is not as it was written", ErrDamage, s.ID)
	}
	return err
}

// checkFiles returns ErrDamage if the rows of a store's data files are not as they were sealed.
func checkFiles(ctx context.Context, q queryer, id string, files []DataFile) error {
	_, want, err := readSeal(ctx, q, id)
	if err == nil && want != sealOfFiles(files) && (want != "" || len(files) > 0) {
		err = fmt.Errorf("%w: the list of data files of event data store %s is not as it was written", ErrDamage, id)
	}
	return err
}
