package catalog

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// maxIntegrityProblems bounds what Integrity says of the database.
const maxIntegrityProblems = 100

// Problem is something that is wrong with the catalog.
type Problem struct {
	Text string
	// Rows are those that are not as they were written; zero if it is about the database itself.
	Rows Rows
}

// Integrity returns what is wrong with the catalog: its pages and indexes, its schema, rows that refer to others which are not
// there, and rows that are not as they were written. What it cannot read is an error.
func (c *Catalog) Integrity(ctx context.Context) (problems []Problem, err error) {
	schema, err := knownSchema()
	if err != nil {
		return nil, err
	}
	err = c.view(ctx, func(tx *sql.Tx) error {
		if err := checkDatabase(ctx, tx, &problems); err != nil {
			return err
		}
		found, err := readSchema(ctx, tx)
		if err != nil {
			return err
		}
		if !maps.Equal(found, schema) {
			for _, name := range slices.Sorted(maps.Keys(merged(found, schema))) {
				if found[name] != schema[name] {
					problems = append(problems, Problem{Text: "the definition of the " + name + " is not what it should be"})
				}
			}
		}
		rows, unread, err := tallyAll(ctx, tx)
		if err != nil {
			return err
		}
		problems = append(problems, unread...)
		if err := tallyVerdicts(ctx, tx, rows); errors.Is(err, ErrDamage) {
			problems = append(problems, Problem{Text: err.Error()})
		} else if err != nil {
			return err
		}
		if err := stream(ctx, tx, func(row scanner) error {
			o, err := scanObject(row)
			rows.add(ObjectRows, o.StoreID, o.row())
			return err
		}, `SELECT `+objectColumns+` FROM objects`); errors.Is(err, ErrDamage) {
			problems = append(problems, Problem{Text: err.Error()})
		} else if err != nil {
			return err
		}
		sealed, err := readSeals(ctx, tx, "")
		if err != nil {
			return err
		}
		for _, of := range differing(sealed, rows) {
			problems = append(problems, Problem{Text: of.String() + " is not as it was written", Rows: of})
		}
		return nil
	})
	return problems, err
}

// checkDatabase adds what SQLite finds.
func checkDatabase(ctx context.Context, tx *sql.Tx, problems *[]Problem) error {
	found, err := list(ctx, tx, func(row scanner) (s string, err error) {
		err = row.Scan(&s)
		return s, err
	}, fmt.Sprintf("PRAGMA integrity_check(%d)", maxIntegrityProblems))
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0] != "ok" {
		for _, text := range found {
			*problems = append(*problems, Problem{Text: text})
		}
	}
	lost, err := list(ctx, tx, func(row scanner) (s string, err error) {
		var table, parent string
		var id sql.NullInt64
		var key int
		err = row.Scan(&table, &id, &parent, &key)
		return fmt.Sprintf("a row of %s refers to one of %s that is not there", table, parent), err
	}, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	slices.Sort(lost)
	for _, text := range slices.Compact(lost) {
		*problems = append(*problems, Problem{Text: text})
	}
	return nil
}

// readSchema returns the definitions of tables and indexes by what they are called.
func readSchema(ctx context.Context, q queryer) (map[string]string, error) {
	definitions := map[string]string{}
	_, err := list(ctx, q, func(row scanner) (struct{}, error) {
		var kind, name, table, text string
		err := row.Scan(&kind, &name, &table, &text)
		definitions[kind+" "+name] = table + ": " + text
		return struct{}{}, err
	}, `SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema`)
	return definitions, err
}

// knownSchema returns what readSchema returns of a sound catalog.
var knownSchema = sync.OnceValues(func() (definitions map[string]string, err error) {
	ctx := context.Background()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	c := &Catalog{write: db}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := c.migrate(ctx); err != nil {
		return nil, err
	}
	return readSchema(ctx, db)
})

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// tallyAll adds up all rows that were sealed in schema 6. A row that cannot be read as what it should be is a problem.
func tallyAll(ctx context.Context, q queryer) (found tally, problems []Problem, err error) {
	found = tally{}
	stores, err := listStores(ctx, q, "")
	switch {
	case errors.Is(err, ErrDamage):
		problems = append(problems, Problem{Text: err.Error()})
	case err != nil:
		return nil, nil, err
	}
	for _, s := range stores {
		found.add(StoreRows, s.ID, s.row())
	}
	for _, table := range []struct {
		add   func(row scanner) error
		query string
	}{
		{func(row scanner) error {
			f, err := scanDataFile(row)
			found.add(DataFileRows, f.StoreID, f.row())
			return err
		}, `SELECT ` + dataFileColumns + ` FROM data_files`},
		{func(row scanner) error {
			i, err := scanImport(row)
			found.add(ImportRows, i.ID, i.row())
			return err
		}, `SELECT ` + importColumns + ` FROM imports`},
		{func(row scanner) error {
			a, err := scanArchive(row)
			found.add(ArchiveRows, a.ImportID, a.row())
			return err
		}, `SELECT ` + archiveColumns + ` FROM archives`},
		{func(row scanner) error {
			f, err := scanFailure(row)
			found.add(FailureRows, f.ImportID, f.row())
			return err
		}, `SELECT ` + failureColumns + ` FROM import_failures`},
		{func(row scanner) error {
			p, err := scanPurge(row)
			found.add(PurgeRows, p.StoreID, p.row())
			return err
		}, `SELECT ` + purgeColumns + ` FROM purges`},
		{func(row scanner) error {
			f, err := scanPurgedFile(row)
			found.add(PurgedFileRows, "", f.row())
			return err
		}, `SELECT ` + purgedFileColumns + ` FROM purged_files`},
		{func(row scanner) error {
			last, err := scanClock(row)
			found.add(ClockRows, "", clockRow(last))
			return err
		}, `SELECT last FROM clock`},
	} {
		if err := stream(ctx, q, func(row scanner) error {
			err := table.add(row)
			if errors.Is(err, ErrDamage) {
				problems, err = append(problems, Problem{Text: err.Error()}), nil
			}
			return err
		}, table.query); err != nil {
			return nil, nil, err
		}
	}
	return found, problems, nil
}
