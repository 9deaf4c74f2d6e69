package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxIntegrityProblems bounds what Integrity says.
const maxIntegrityProblems = 100

// Integrity returns what is wrong with the database itself, a sentence each: its pages and
// indexes, and rows that refer to others which are not there. What it cannot read is an error.
func (c *Catalog) Integrity(ctx context.Context) (problems []string, err error) {
	err = c.view(ctx, func(tx *sql.Tx) error {
		found, err := list(ctx, tx, func(row scanner) (s string, err error) {
			err = row.Scan(&s)
			return s, err
		}, fmt.Sprintf("PRAGMA integrity_check(%d)", maxIntegrityProblems))
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0] != "ok" {
			problems = found
		}
		lost, err := list(ctx, tx, func(row scanner) (s string, err error) {
			var table, parent string
			var id sql.NullInt64
			var key int
			err = row.Scan(&table, &id, &parent, &key)
			return fmt.Sprintf("a row of %s refers to one of %s that is not there", table, parent), err
		}, "PRAGMA foreign_key_check")
		problems = append(problems, lost...)
		if err != nil {
			return err
		}
		stores, err := listStores(ctx, tx, "")
		for _, s := range stores {
			if err == nil {
				err = checkStore(ctx, tx, s)
			}
			if err == nil {
				_, err = dataFiles(ctx, tx, s.ID)
			}
			if errors.Is(err, ErrDamage) {
				problems, err = append(problems, err.Error()), nil
			}
		}
		return err
	})
	return problems, err
}
