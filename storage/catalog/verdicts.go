package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// PartialArchive is the row of an archive of which some events were kept, but which does not count as imported.
type PartialArchive struct {
	StoreID, ImportID string
	Path              string
	Digest            string // SHA-256 of the file, hexadecimal; "" if it is not known
}

// Verdict is the row of what digest files prove of an archive, or of a file inside it.
type Verdict struct {
	StoreID, ImportID string
	Digest            string // SHA-256 of the archive, hexadecimal
	Member            string // the file inside it; "" for the archive itself
	Verdict           string
}

// Verification is the row of what the verification found that followed an import.
type Verification struct {
	StoreID, ImportID string
	Summary           string // JSON
}

// VerdictCommit is what a verification found. The stores and imports in its rows are those of the verification.
type VerdictCommit struct {
	Verification
	Verdicts []Verdict
	// Weak verdicts say that nothing was found out: they do not replace others.
	Weak     []string
	Failures []Failure
}

// CommitVerdicts records what a verification found, all of it or nothing. Verdicts on archives that the
// store has no events of are left out.
func (c *Catalog) CommitVerdicts(ctx context.Context, in VerdictCommit) error {
	return c.transact(ctx, func(tx *transaction) (err error) {
		there, err := tx.PrepareContext(ctx, `SELECT
			EXISTS (SELECT 1 FROM archives WHERE store_id = ?1 AND sha256 = ?2) OR EXISTS (SELECT 1 FROM partial_archives WHERE store_id = ?1 AND sha256 = ?2),
			coalesce((SELECT verdict FROM verdicts WHERE store_id = ?1 AND sha256 = ?2 AND member = ?3), ''),
			coalesce((SELECT import_id FROM verdicts WHERE store_id = ?1 AND sha256 = ?2 AND member = ?3), '')`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, there.Close()) }()
		for _, v := range in.Verdicts {
			v.StoreID, v.ImportID = in.StoreID, in.ImportID
			was := v
			var known bool
			if err := there.QueryRowContext(ctx, v.StoreID, v.Digest, v.Member).Scan(&known, &was.Verdict, &was.ImportID); err != nil {
				return err
			}
			if !known || was.Verdict == v.Verdict || was.Verdict != "" && slices.Contains(in.Weak, v.Verdict) {
				continue
			}
			if was.Verdict != "" {
				tx.of(VerdictRows, v.StoreID).remove(was.row())
				if _, err := tx.ExecContext(ctx, `DELETE FROM verdicts WHERE store_id = ? AND sha256 = ? AND member = ?`, v.StoreID, v.Digest, v.Member); err != nil {
					return err
				}
			}
			if err := addVerdict(ctx, tx, v); err != nil {
				return err
			}
		}
		if err := addFailures(ctx, tx, in.ImportID, in.Failures); err != nil {
			return err
		}
		return addVerification(ctx, tx, in.Verification)
	})
}

func addVerdict(ctx context.Context, tx *transaction, v Verdict) error {
	tx.of(VerdictRows, v.StoreID).add(v.row())
	_, err := tx.ExecContext(ctx, `INSERT INTO verdicts (`+verdictColumns+`) VALUES (?, ?, ?, ?, ?)`, v.StoreID, v.ImportID, v.Digest, v.Member, v.Verdict)
	return err
}

func addVerification(ctx context.Context, tx *transaction, v Verification) error {
	tx.of(VerdictRows, v.StoreID).add(v.row())
	_, err := tx.ExecContext(ctx, `INSERT INTO verifications (`+verificationColumns+`) VALUES (?, ?, ?)`, v.StoreID, v.ImportID, v.Summary)
	return err
}

func addPartialArchives(ctx context.Context, tx *transaction, archives []PartialArchive) error {
	for _, a := range archives {
		added, err := tx.ExecContext(ctx, `INSERT INTO partial_archives (`+partialColumns+`) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			a.StoreID, a.ImportID, a.Path, a.Digest)
		if err != nil {
			return err
		}
		if n, err := added.RowsAffected(); err != nil {
			return err
		} else if n > 0 {
			tx.of(VerdictRows, a.StoreID).add(a.row())
		}
	}
	return nil
}

const (
	verdictColumns      = `store_id, import_id, sha256, member, verdict`
	partialColumns      = `store_id, import_id, path, sha256`
	verificationColumns = `store_id, import_id, summary`
)

func scanVerdict(row scanner) (v Verdict, err error) {
	err = row.Scan(&v.StoreID, &v.ImportID, &v.Digest, &v.Member, &v.Verdict)
	return v, err
}

func scanPartial(row scanner) (a PartialArchive, err error) {
	err = row.Scan(&a.StoreID, &a.ImportID, &a.Path, &a.Digest)
	return a, err
}

func scanVerification(row scanner) (v Verification, err error) {
	err = row.Scan(&v.StoreID, &v.ImportID, &v.Summary)
	return v, err
}

// dumpVerdicts gives what is known of the integrity of a store's archives to each; ErrDamage, perhaps after some rows, if
// it is not as it was sealed.
func dumpVerdicts(ctx context.Context, q queryer, storeID string, each func(row DumpRow) error) error {
	var found seal
	if err := stream(ctx, q, func(row scanner) error {
		a, err := scanPartial(row)
		if err != nil {
			return err
		}
		found.add(a.row())
		return each(DumpRow{Part: &a})
	}, `SELECT `+partialColumns+` FROM partial_archives WHERE store_id = ? ORDER BY path, sha256`, storeID); err != nil {
		return err
	}
	if err := stream(ctx, q, func(row scanner) error {
		v, err := scanVerdict(row)
		if err != nil {
			return err
		}
		found.add(v.row())
		return each(DumpRow{Verdict: &v})
	}, `SELECT `+verdictColumns+` FROM verdicts WHERE store_id = ? ORDER BY sha256, member`, storeID); err != nil {
		return err
	}
	if err := stream(ctx, q, func(row scanner) error {
		v, err := scanVerification(row)
		if err != nil {
			return err
		}
		found.add(v.row())
		return each(DumpRow{Verification: &v})
	}, `SELECT `+verificationColumns+` FROM verifications WHERE store_id = ? ORDER BY import_id`, storeID); err != nil {
		return err
	}
	return hold(ctx, q, Rows{VerdictRows, storeID}, found)
}

// Verification returns what the verification found that followed an import, as JSON; "" if there was none.
func (c *Catalog) Verification(ctx context.Context, i Import) (summary string, err error) {
	err = c.view(ctx, func(tx *sql.Tx) error {
		return dumpVerdicts(ctx, tx, i.StoreID, func(row DumpRow) error {
			if v := row.Verification; v != nil && v.ImportID == i.ID {
				summary = v.Summary
			}
			return nil
		})
	})
	return summary, err
}

// ArchiveVerdict is a verdict with the path of an archive of that content. Verdict is "" if there is none on any file of it.
type ArchiveVerdict struct{ Path, Digest, Member, Verdict string }

// Verdicts gives the verdicts on all archives of a store to each, in order of their paths and contents; ErrDamage, perhaps after
// some of them, if they are not as they were sealed.
func (c *Catalog) Verdicts(ctx context.Context, storeID string, each func(ArchiveVerdict) error) error {
	return c.view(ctx, func(tx *sql.Tx) error {
		if err := dumpVerdicts(ctx, tx, storeID, func(DumpRow) error { return nil }); err != nil {
			return err
		}
		if err := holdArchives(ctx, tx, storeID); err != nil {
			return err
		}
		return stream(ctx, tx, func(row scanner) error {
			var v ArchiveVerdict
			if err := row.Scan(&v.Path, &v.Digest, &v.Member, &v.Verdict); err != nil {
				return err
			}
			return each(v)
		}, `SELECT a.path, a.sha256, coalesce(v.member, ''), coalesce(v.verdict, '')
			FROM (SELECT path, sha256 FROM archives WHERE store_id = ?1 UNION SELECT path, sha256 FROM partial_archives WHERE store_id = ?1) a
			LEFT JOIN verdicts v ON v.store_id = ?1 AND v.sha256 = a.sha256 ORDER BY a.path, a.sha256, v.member`, storeID)
	})
}

// holdArchives returns ErrDamage if the archives of a store are not as they were sealed.
func holdArchives(ctx context.Context, q queryer, storeID string) error {
	found := tally{}
	imports, err := list(ctx, q, func(row scanner) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	}, `SELECT id FROM imports WHERE store_id = ?`, storeID)
	if err != nil {
		return fmt.Errorf("imports of event data store %s: %w", storeID, err)
	}
	for _, id := range imports {
		found[Rows{ArchiveRows, id}] = &seal{}
	}
	if err := stream(ctx, q, func(row scanner) error {
		a, err := scanArchive(row)
		found.add(ArchiveRows, a.ImportID, a.row())
		return err
	}, `SELECT `+archiveColumns+` FROM archives WHERE store_id = ?`, storeID); err != nil {
		return err
	}
	for _, of := range slices.SortedFunc(maps.Keys(found), compareRows) {
		if err := hold(ctx, q, of, *found[of]); err != nil {
			return err
		}
	}
	return nil
}

// tallyVerdicts adds up all rows of the kind.
func tallyVerdicts(ctx context.Context, q queryer, found tally) error {
	if err := stream(ctx, q, func(row scanner) error {
		a, err := scanPartial(row)
		found.add(VerdictRows, a.StoreID, a.row())
		return err
	}, `SELECT `+partialColumns+` FROM partial_archives`); err != nil {
		return err
	}
	if err := stream(ctx, q, func(row scanner) error {
		v, err := scanVerdict(row)
		found.add(VerdictRows, v.StoreID, v.row())
		return err
	}, `SELECT `+verdictColumns+` FROM verdicts`); err != nil {
		return err
	}
	return stream(ctx, q, func(row scanner) error {
		v, err := scanVerification(row)
		found.add(VerdictRows, v.StoreID, v.row())
		return err
	}, `SELECT `+verificationColumns+` FROM verifications`)
}
