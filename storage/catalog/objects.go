package catalog

import (
	"context"
	"database/sql"
	"errors"
)

// Object is the row of an object of S3 that was imported.
type Object struct {
	StoreID, Path string
	Version       string // what tells its content from any other at the path
	Digest        string // SHA-256 of the archive, hexadecimal
}

// putObjects adds objects, in place of others at their paths.
func putObjects(ctx context.Context, tx *transaction, objects []Object) error {
	for _, o := range objects {
		was := Object{StoreID: o.StoreID, Path: o.Path}
		err := tx.QueryRowContext(ctx, `SELECT version, sha256 FROM objects WHERE store_id = ? AND path = ?`, o.StoreID, o.Path).Scan(&was.Version, &was.Digest)
		switch {
		case err == nil && was == o:
			continue
		case err == nil:
			tx.of(ObjectRows, o.StoreID).remove(was.row())
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		tx.of(ObjectRows, o.StoreID).add(o.row())
		if _, err := tx.ExecContext(ctx, `INSERT INTO objects (`+objectColumns+`) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (store_id, path) DO UPDATE SET version = ?3, sha256 = ?4`, o.StoreID, o.Path, o.Version, o.Digest); err != nil {
			return err
		}
	}
	return nil
}

const objectColumns = `store_id, path, version, sha256`

func scanObject(row scanner) (o Object, err error) {
	err = row.Scan(&o.StoreID, &o.Path, &o.Version, &o.Digest)
	return o, err
}

// ObjectDigest returns the SHA-256, hexadecimal, of the archive that an object held when it was imported into a store in this version; "" if
// it was not, or if the store does not have that archive.
func (c *Catalog) ObjectDigest(ctx context.Context, storeID, path, version string) (digest string, err error) {
	err = c.read.QueryRowContext(ctx, `SELECT o.sha256 FROM objects o JOIN archives a ON a.store_id = o.store_id AND a.sha256 = o.sha256
		WHERE o.store_id = ? AND o.path = ? AND o.version = ?`, storeID, path, version).Scan(&digest)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return digest, explain(err)
}
