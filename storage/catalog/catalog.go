// Package catalog is the SQLite database that says what a lake holds: event data
// stores, data files, imported archives, imports and their failures. It never holds
// events.
//
// One connection writes; readers have connections of their own and see, in WAL mode,
// the last commit without ever waiting. Commits are durable (synchronous=FULL) before
// they return. The schema is made by numbered migrations, each one transaction;
// PRAGMA user_version is the number of the last one. A catalog with a higher number was
// written by a newer version and is refused: ErrNewer.
package catalog

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of the catalog.
var (
	ErrExists = errors.New("exists already")
	ErrNewer  = errors.New("the catalog was written by a newer version of ctlake")
	ErrDamage = errors.New("the catalog is damaged")
)

// busyTimeout is how long a writer waits for another process's transaction.
const busyTimeout = 10 * time.Second

// Catalog is an open catalog, safe for concurrent use.
type Catalog struct {
	write *sql.DB // one connection
	read  *sql.DB
}

// Open opens the catalog file at path, makes it if it is absent, and brings its schema up to date.
func Open(ctx context.Context, path string) (*Catalog, error) {
	// SQLite makes files by the umask; an empty file of the right mode comes first.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	c := &Catalog{}
	if c.write, err = open(path, "immediate"); err != nil {
		return nil, err
	}
	c.write.SetMaxOpenConns(1)
	if err := c.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog %s: %w", path, err), c.write.Close())
	}
	if c.read, err = open(path, "deferred"); err != nil {
		return nil, errors.Join(err, c.write.Close())
	}
	c.read.SetMaxOpenConns(max(4, runtime.GOMAXPROCS(0)))
	return c, nil
}

func open(path, lock string) (*sql.DB, error) {
	query := url.Values{"_txlock": {lock}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	return db, nil
}

// Close gives the catalog up.
func (c *Catalog) Close() error { return errors.Join(c.read.Close(), c.write.Close()) }

//go:embed migrations/*.sql
var migrations embed.FS

func (c *Catalog) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql") // in order: the numbers have four digits
	if err != nil {
		return err
	}
	return c.transact(ctx, func(tx *sql.Tx) error {
		var version int
		if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
			return err
		}
		if version > len(names) {
			return fmt.Errorf("%w: it has schema %d, this one knows %d; use the newer version", ErrNewer, version, len(names))
		}
		for number, name := range names {
			if number < version {
				continue
			}
			text, err := migrations.ReadFile(name)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("migration %s: %w", name, err)
			}
		}
		if version == len(names) {
			return nil
		}
		_, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", len(names)))
		return err
	})
}

// transact runs f in a transaction of the writing connection: all of it, or nothing.
func (c *Catalog) transact(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := c.write.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	if err := f(tx); err != nil {
		return explain(errors.Join(err, tx.Rollback()))
	}
	return explain(tx.Commit())
}

// explain turns SQLite's codes into the errors of this package.
func explain(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT:
		if e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
			return errors.Join(ErrExists, err)
		}
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return errors.Join(ErrDamage, err)
	}
	return err
}
