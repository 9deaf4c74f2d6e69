package catalog

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Clock returns the time that SetClock was given last; zero if it was never called.
func (c *Catalog) Clock(ctx context.Context) (time.Time, error) {
	var last int64
	err := c.read.QueryRowContext(ctx, `SELECT last FROM clock`).Scan(&last)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, explain(err)
	}
	return timeOf(last), nil
}

// SetClock keeps a time.
func (c *Catalog) SetClock(ctx context.Context, last time.Time) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO clock (one, last) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET last = ?1`, micros(last))
		return err
	})
}
