package catalog

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// Version tells commits apart: while it is the same, the catalog says what it said. It compares with ==, and means nothing in
// another Catalog.
type Version struct {
	connection int64 // that was asked, counted: the numbers of two mean different things
	commit     int64 // PRAGMA data_version, which differs from before if another connection has committed, of whatever process
}

// watch is a connection that never writes, so that all commits are those of others.
type watch struct {
	mu         sync.Mutex
	conn       *sql.Conn
	version    *sql.Stmt
	connection int64 // the number of conn
}

// Version returns the version as of the last commit. What is read between two calls that return the same is of it.
func (c *Catalog) Version(ctx context.Context) (Version, error) {
	if c.still != nil {
		return Version{}, c.still.check() // which fails if it is another one
	}
	w := &c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return Version{}, err
	}
	ctx = context.WithoutCancel(ctx) // it takes microseconds, and to watch for its end takes longer
	if w.conn == nil {
		if err := w.open(ctx, c.read); err != nil {
			return Version{}, explain(err)
		}
	}
	v := Version{connection: w.connection}
	if err := w.version.QueryRowContext(ctx).Scan(&v.commit); err != nil {
		return Version{}, errors.Join(explain(err), w.close())
	}
	return v, nil
}

func (w *watch) open(ctx context.Context, db *sql.DB) (err error) {
	w.connection++
	if w.conn, err = db.Conn(ctx); err != nil {
		return err
	}
	if w.version, err = w.conn.PrepareContext(ctx, "PRAGMA data_version"); err != nil {
		return errors.Join(err, w.close())
	}
	return nil
}

// close gives the connection up; the next Version takes another one.
func (w *watch) close() error {
	var err error
	if w.version != nil {
		err = w.version.Close()
	}
	if w.conn != nil {
		err = errors.Join(err, w.conn.Close())
	}
	w.conn, w.version = nil, nil
	return err
}
