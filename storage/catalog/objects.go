package catalog

import (
	"context"
	"database/sql"
	"errors"
)

// Object is the row of an object of S3 that was imported, or holds no events.
type Object struct {
	StoreID, Path string
	Version       string // what tells its content from any other at the path
	Digest        string // SHA-256 of the archive, hexadecimal; "" of one without events
	Ignored       string // why it holds no events; "" if it was imported
}

// putObjects adds objects, in place of others at their paths.
func putObjects(ctx context.Context, tx *transaction, objects []Object) error {
	for _, o := range objects {
		was := Object{StoreID: o.StoreID, Path: o.Path}
		err := tx.QueryRowContext(ctx, `SELECT version, sha256, ignored FROM objects WHERE store_id = ? AND path = ?`, o.StoreID, o.Path).Scan(&was.Version, &was.Digest, &was.Ignored)
		switch {
		case err == nil && was == o:
			continue
		case err == nil:
			tx.of(ObjectRows, o.StoreID).remove(was.row())
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		tx.of(ObjectRows, o.StoreID).add(o.row())
		if _, err := tx.ExecContext(ctx, `INSERT INTO objects (`+objectColumns+`) VALUES (?1, ?2, ?3, ?4, ?5)
			ON CONFLICT (store_id, path) DO UPDATE SET version = ?3, sha256 = ?4, ignored = ?5`, o.StoreID, o.Path, o.Version, o.Digest, o.Ignored); err != nil {
			return err
		}
	}
	return nil
}

const objectColumns = `store_id, path, version, sha256, ignored`

func scanObject(row scanner) (o Object, err error) {
	err = row.Scan(&o.StoreID, &o.Path, &o.Version, &o.Digest, &o.Ignored)
	return o, err
}

// FindObject returns what is known of an object for a store: ErrNotFound if nothing is, or if the store does not have the archive
// that it held.
func (c *Catalog) FindObject(ctx context.Context, storeID, path string) (Object, error) {
	o, err := scanObject(c.read.QueryRowContext(ctx, `SELECT `+objectColumns+` FROM objects o WHERE store_id = ?1 AND path = ?2
		AND (ignored <> '' OR EXISTS (SELECT 1 FROM archives a WHERE a.store_id = ?1 AND a.sha256 = o.sha256))`, storeID, path))
	if errors.Is(err, sql.ErrNoRows) {
		return Object{}, ErrNotFound
	}
	return o, explain(err)
}
