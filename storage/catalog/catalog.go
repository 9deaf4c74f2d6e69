// Package catalog is the SQLite database that says what a lake holds: event data
// stores, data files, imported archives, imports, their failures, and what retention
// removed. It never holds events.
//
//	stores ◄── tags
//	  ▲ ▲
//	  │ └───── imports ◄── import_failures
//	  │          ▲  ▲
//	  │          │  ├── archives           by store and SHA-256 of the content
//	  │          │  ├── partial_archives   of which only some events are there
//	  │          │  ├── objects            of S3, as they were listed, with the archives that they held
//	  │          │  └── verdicts           what digest files prove of archives
//	  └──────── data_files                 what queries read; by store, day, ULID
//	purges                                 the log of what was removed; outlives its stores
//	purged_files                           out of data_files, perhaps still on disk
//	seals                                  hashes over all rows, so that a changed value is noticed
//	clock                                  the time of the last commit that could be trusted
//
// One connection writes; readers have connections of their own, which cannot write, and
// see, in WAL mode, the last commit without ever waiting. Commits are durable
// (synchronous=FULL) before they return; a crash leaves all of a commit or nothing.
// Methods take the time from their caller: the catalog has no clock. Times are kept as
// whole microseconds since 1970 UTC, event times as the milliseconds that they are.
//
// The schema is made by numbered migrations, each one transaction; PRAGMA user_version
// is the number of the last one. A catalog with a higher number was written by a newer
// version and is refused: ErrNewer.
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
	"strconv"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Errors of the catalog. What they are wrapped in says more.
var (
	ErrNotFound = errors.New("not in the catalog")
	ErrExists   = errors.New("exists already")
	ErrFull     = errors.New("the catalog has as many event data stores as it may")
	ErrNewer    = errors.New("the catalog was written by a newer version of ctlake")
	ErrDamage   = errors.New("the catalog is damaged")
	ErrReadOnly = errors.New("the lake is open for reading only")
	// ErrUncertain says that a commit failed. What is not in the catalog then may be there when it is opened again.
	ErrUncertain = errors.New("whether this was committed to the catalog is not known")
	ErrBusy      = fmt.Errorf("another process has been writing to the catalog for more than %s", busyTimeout)
)

// watchers is how many of the connections for reading Version keeps for itself.
const watchers = 1

// busyTimeout is how long a writer waits for another process's transaction.
const busyTimeout = 10 * time.Second

// busyPause is how long a process waits before it looks again whether it can open a new catalog.
const busyPause = 10 * time.Millisecond

// Catalog is an open catalog, safe for concurrent use.
type Catalog struct {
	write   *sql.DB // one connection; nil if the catalog is open for reading only
	read    *sql.DB
	path    string
	still   *still                          // nil unless the file is read as one that nobody writes to
	disturb func(commit func() error) error // nil but in tests
	watch   watch
	// hasArchive is asked once for every archive.
	hasArchive prepared
}

// Open opens the catalog file at path, makes it (mode 0600) if it is absent, and brings its schema up to
// date. It writes only if that is needed, so it does not wait for a writer.
func Open(ctx context.Context, path string) (*Catalog, error) {
	// SQLite makes files by the umask; an empty file of the right mode comes first. The
	// WAL takes its mode from it.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	c := &Catalog{path: path}
	if c.write, err = connect(path, "immediate", "synchronous(FULL)", "foreign_keys(ON)"); err != nil {
		return nil, err
	}
	c.write.SetMaxOpenConns(1)
	if err := c.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open catalog %s: %w", path, err), c.write.Close())
	}
	if c.read, err = connect(path, "deferred", "query_only(ON)"); err != nil {
		return nil, errors.Join(err, c.write.Close())
	}
	readers := watchers + max(4, runtime.GOMAXPROCS(0))
	c.read.SetMaxOpenConns(readers)
	c.read.SetMaxIdleConns(readers)
	return c, nil
}

// prepare is migrate. Of those that make a new database one of WAL at once SQLite tells some that it is busy, without
// waiting for busyTimeout: what they wait for might wait for them.
func (c *Catalog) prepare(ctx context.Context) error {
	for began := time.Now(); ; {
		err := explain(c.migrate(ctx))
		if !errors.Is(err, ErrBusy) || time.Since(began) > busyTimeout {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(busyPause):
		}
	}
}

func connect(path, lock string, pragmas ...string) (*sql.DB, error) {
	return connectAs(path, url.Values{"_txlock": {lock}, "_pragma": append([]string{"journal_mode(WAL)"}, pragmas...)})
}

func connectAs(path string, query url.Values) (*sql.DB, error) {
	query["_pragma"] = append([]string{fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds())}, query["_pragma"]...)
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("open catalog: %w", err)
	}
	return db, nil
}

// Close gives the catalog up.
func (c *Catalog) Close() error {
	c.watch.mu.Lock()
	defer c.watch.mu.Unlock()
	err := errors.Join(c.watch.close(), c.read.Close())
	if c.write == nil {
		return err
	}
	return errors.Join(err, c.write.Close())
}

//go:embed migrations/*.sql
var migrations embed.FS

// sealedVersion is the schema from which on every row is sealed.
const sealedVersion = 6

// migrate applies the migrations that the catalog lacks.
func (c *Catalog) migrate(ctx context.Context) error {
	names, err := fs.Glob(migrations, "migrations/*.sql") // in order: the numbers have four digits
	if err != nil {
		return err
	}
	version, err := schemaVersion(ctx, c.write)
	if err != nil {
		return err
	}
	for version < len(names) {
		if err := c.transact(ctx, func(tx *transaction) (err error) {
			// Another process may have been faster.
			if version, err = schemaVersion(ctx, tx); err != nil || version >= len(names) {
				return err
			}
			name := names[version]
			text, err := migrations.ReadFile(name)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, string(text)); err != nil {
				return fmt.Errorf("migration %s: %w", name, err)
			}
			version++
			if version == sealedVersion {
				if err := sealAll(ctx, tx); err != nil {
					return fmt.Errorf("migration %s: %w", name, err)
				}
			}
			_, err = tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(version))
			return err
		}); err != nil {
			return err
		}
	}
	if version > len(names) {
		return fmt.Errorf("%w: it has schema %d, this one knows %d; use the newer version", ErrNewer, version, len(names))
	}
	return nil
}

// queryer is what a database and a transaction have in common.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func schemaVersion(ctx context.Context, q queryer) (version int, err error) {
	err = q.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return version, err
}

// transact runs f in a transaction of the writing connection: all of it, or nothing. ErrUncertain if it is not known which.
func (c *Catalog) transact(ctx context.Context, f func(tx *transaction) error) error {
	if c.write == nil {
		return ErrReadOnly
	}
	tx, err := c.write.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	ended := false
	defer func() {
		if !ended { // f panicked: the one connection must not stay taken
			_ = tx.Rollback()
		}
	}()
	writes := &transaction{Tx: tx}
	err = f(writes)
	if err == nil {
		err = writes.writeSeals(ctx)
	}
	ended = true
	if err != nil {
		return rollback(tx, explain(err))
	}
	return c.commit(ctx, tx)
}

// commit commits tx. ErrUncertain if that fails: its rows may be in the log of the database, complete, and come to light when
// that is read anew.
func (c *Catalog) commit(ctx context.Context, tx *sql.Tx) (err error) {
	if c.disturb != nil {
		err = c.disturb(tx.Commit)
	} else {
		err = tx.Commit()
	}
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && (errors.Is(err, sql.ErrTxDone) || errors.Is(err, ctx.Err())) {
		return ctx.Err() // which rolled the transaction back, before Commit could
	}
	// SQLite leaves some transactions open that could not be committed, and then the one connection could not begin another.
	_ = tx.Rollback()
	_, _ = c.write.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return fmt.Errorf("%w: %w", ErrUncertain, explain(err))
}

// DisturbCommits, for tests, runs f in place of each commit from now on, which it may call. Nobody may write meanwhile.
func (c *Catalog) DisturbCommits(f func(commit func() error) error) { c.disturb = f }

// view runs f over the state of the last commit: one state, whatever is committed meanwhile.
func (c *Catalog) view(ctx context.Context, f func(tx *sql.Tx) error) error {
	tx, err := c.read.BeginTx(ctx, nil)
	if err != nil {
		return explain(err)
	}
	err = rollback(tx, explain(f(tx))) // nothing was written
	if c.still != nil {
		err = errors.Join(c.still.check(), err)
	}
	return err
}

// rollback ends tx. The end of its context may have done so before.
func rollback(tx *sql.Tx, err error) error {
	if undone := tx.Rollback(); undone != nil && !errors.Is(undone, sql.ErrTxDone) {
		return errors.Join(err, explain(undone))
	}
	return err
}

// explain turns SQLite's codes into the errors of this package.
func explain(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	for _, known := range []error{ErrNotFound, ErrExists, ErrBusy, ErrDamage} {
		if errors.Is(err, known) {
			return err
		}
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fmt.Errorf("%w (%w)", ErrExists, err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fmt.Errorf("a store or import that it belongs to is %w (%w)", ErrNotFound, err)
	}
	switch e.Code() & 0xff { // the rest says more precisely what happened
	case sqlite3.SQLITE_BUSY:
		return fmt.Errorf("%w (%w)", ErrBusy, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w (%w)", ErrDamage, err)
	}
	return err
}

// insert runs a statement once for each row.
func insert[T any](ctx context.Context, tx *transaction, statement string, rows []T, values func(T) []any) (err error) {
	if len(rows) == 0 {
		return nil
	}
	prepared, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, prepared.Close()) }()
	for _, row := range rows {
		if _, err := prepared.ExecContext(ctx, values(row)...); err != nil {
			return err
		}
	}
	return nil
}

// list reads all rows of a query.
func list[T any](ctx context.Context, q queryer, scan func(row scanner) (T, error), query string, args ...any) (out []T, err error) {
	err = stream(ctx, q, func(row scanner) error {
		v, err := scan(row)
		out = append(out, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return out, nil
}

// stream gives each row of a query to f. ErrDamage if a value is none that could have been written.
func stream(ctx context.Context, q queryer, f func(row scanner) error, query string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return explain(err)
	}
	defer func() { err = explain(errors.Join(err, rows.Close())) }()
	for rows.Next() {
		if err := f(scanned{rows, ctx}); err != nil {
			return err
		}
	}
	return rows.Err()
}

// scanned is a row whose values are of the types that they should be, or damaged.
type scanned struct {
	rows *sql.Rows
	ctx  context.Context
}

func (s scanned) Scan(into ...any) error {
	err := s.rows.Scan(into...)
	if err != nil && s.ctx.Err() == nil {
		err = fmt.Errorf("%w: %w", ErrDamage, err)
	}
	return err
}

// scanner is a row.
type scanner interface{ Scan(into ...any) error }

func micros(t time.Time) int64 { return t.UnixMicro() }

// timeOf is the inverse of micros.
func timeOf(micros int64) time.Time { return time.UnixMicro(micros).UTC() }
