package catalog

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
)

// CopyTo writes the catalog as of the last commit to a new file (mode 0600), while others may read and write it.
// The file is durable when CopyTo returns, its name is not.
func (c *Catalog) CopyTo(ctx context.Context, path string) (err error) {
	// SQLite makes files by the umask, but takes an empty one that is there.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy catalog: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	query := url.Values{"mode": {"ro"}}
	if c.still != nil {
		query.Set("immutable", "1")
	}
	db, err := connectAs(c.path, query)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, path); err != nil {
		return fmt.Errorf("copy catalog: %w", explain(err))
	}
	if c.still != nil {
		if err := c.still.check(); err != nil {
			return err
		}
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("copy catalog: sync: %w", err)
	}
	return nil
}
