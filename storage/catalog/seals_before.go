package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// Up to schema 5 only stores and the lists of their data files were sealed, by a hash over the whole of each.

// sealsBefore returns the seals of a store and its data files up to schema 5.
func sealsBefore(s Store, files []DataFile) (store, list string) {
	text := fmt.Sprintf("%q %q %q %q %q %q %q %d %q %t %t %t %q %d %d %t %d %d %q %d %t", s.ID, s.Name, s.ARN, s.Status, s.Kind, s.Selectors, s.BillingMode,
		s.RetentionDays, s.RetentionFrom, s.TerminationProtection, s.MultiRegion, s.Organization, s.Tags, micros(s.Created), micros(s.Updated),
		s.Newest.IsZero(), s.Newest.UnixMilli(), s.Deleted.UnixMicro(), s.RestoredStatus, s.Floor, s.HasFloor)
	sum := sha256.Sum256([]byte(text))
	hash := sha256.New()
	for _, f := range files {
		_, _ = fmt.Fprintf(hash, "%q %q %q %q %d %d %d %d %d %d %t %q %x %d\n", f.ID, f.StoreID, f.ImportID, f.Path, f.CalendarDay, f.Rows, f.Bytes, f.RawBytes,
			f.MinEventTime, f.MaxEventTime, f.HasEventTime, f.Checksum, f.Statistics, micros(f.Created))
	}
	return hex.EncodeToString(sum[:]), hex.EncodeToString(hash.Sum(nil))
}

// sealAll seals every row of a catalog of schema 5, which has no seals yet. What was sealed before, and is not as it was then, gets
// none: it stays damaged. It reads the columns of schema 6: a migration that adds others has to leave these to it.
func sealAll(ctx context.Context, tx *transaction) error {
	type pair struct{ store, files string }
	before := map[string]pair{}
	if _, err := list(ctx, tx, func(row scanner) (_ struct{}, err error) {
		var id string
		var p pair
		err = row.Scan(&id, &p.store, &p.files)
		before[id] = p
		return struct{}{}, err
	}, `SELECT store_id, store, files FROM store_seals`); err != nil {
		return err
	}
	found, _, err := tallyAll(ctx, tx) // what cannot be read stays so, and is found by Integrity
	if err != nil {
		return err
	}
	if len(before) > 0 { // else it comes from a schema that had none
		stores, err := listStores(ctx, tx, "")
		if err != nil && !errors.Is(err, ErrDamage) {
			return err
		}
		for _, s := range stores {
			files, err := listDataFiles(ctx, tx, s.ID)
			if err != nil {
				return err
			}
			store, list := sealsBefore(s, files)
			if store != before[s.ID].store {
				delete(found, Rows{StoreRows, s.ID})
			}
			if list != before[s.ID].files {
				delete(found, Rows{DataFileRows, s.ID})
			}
		}
	}
	tx.seals = found
	_, err = tx.ExecContext(ctx, `DROP TABLE store_seals`)
	return err
}
