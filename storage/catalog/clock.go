package catalog

import (
	"context"
	"database/sql"
	"time"
)

// Clock returns the time that SetClock was given last; zero if it was never called.
func (c *Catalog) Clock(ctx context.Context) (time.Time, error) {
	var last []time.Time
	err := c.view(ctx, func(tx *sql.Tx) (err error) {
		if last, err = list(ctx, tx, scanClock, `SELECT last FROM clock`); err != nil {
			return err
		}
		var found seal
		for _, t := range last {
			found.add(clockRow(t))
		}
		return hold(ctx, tx, Rows{ClockRows, ""}, found)
	})
	if err != nil || len(last) == 0 {
		return time.Time{}, err
	}
	return last[0], nil
}

func scanClock(row scanner) (time.Time, error) {
	var last int64
	err := row.Scan(&last)
	return timeOf(last), err
}

func clockRow(last time.Time) rowText { return rowText(nil).numbers(micros(last)) }

// SetClock keeps a time in place of the one before, whatever that is.
func (c *Catalog) SetClock(ctx context.Context, last time.Time) error {
	return c.transact(ctx, func(tx *transaction) error {
		of := Rows{ClockRows, ""}
		before, err := readSeal(ctx, tx, of)
		if err != nil {
			return err
		}
		s := tx.of(of.Kind, of.Owner)
		s.minus(before)
		s.add(clockRow(last))
		_, err = tx.ExecContext(ctx, `INSERT INTO clock (one, last) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET last = ?1`, micros(last))
		return err
	})
}
