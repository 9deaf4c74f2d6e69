package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Store is the row of an event data store.
type Store struct {
	ID, Name, ARN, Status     string
	Kind                      string // the family of its selectors' categories
	Selectors                 string // AWS's JSON list
	BillingMode               string
	RetentionDays             int
	RetentionFrom             string // now or newest
	TerminationProtection     bool
	MultiRegion, Organization bool
	Tags                      []Tag // by key
	Created, Updated          time.Time
	Newest                    time.Time // the newest event time that a Commit brought; zero without events
}

// Tag is a tag of a store.
type Tag struct{ Key, Value string }

const storeColumns = `id, name, arn, status, kind, selectors, billing_mode, retention_days, retention_from,
	termination_protection, multi_region, organization, created, updated, newest_millis`

func scanStore(row scanner) (Store, error) {
	var s Store
	var created, updated int64
	var newest sql.NullInt64
	err := row.Scan(&s.ID, &s.Name, &s.ARN, &s.Status, &s.Kind, &s.Selectors, &s.BillingMode, &s.RetentionDays, &s.RetentionFrom,
		&s.TerminationProtection, &s.MultiRegion, &s.Organization, &created, &updated, &newest)
	s.Created, s.Updated = timeOf(created), timeOf(updated)
	if newest.Valid {
		s.Newest = time.UnixMilli(newest.Int64).UTC()
	}
	return s, err
}

// CreateStore adds a store; ErrExists if its name (in any case), ID or ARN is taken. Newest is not written.
func (c *Catalog) CreateStore(ctx context.Context, s Store) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO stores (`+storeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)`,
			s.ID, s.Name, s.ARN, s.Status, s.Kind, s.Selectors, s.BillingMode, s.RetentionDays, s.RetentionFrom,
			s.TerminationProtection, s.MultiRegion, s.Organization, micros(s.Created), micros(s.Updated)); err != nil {
			return err
		}
		return addTags(ctx, tx, s)
	})
}

func addTags(ctx context.Context, tx *sql.Tx, s Store) error {
	return insert(ctx, tx, `INSERT INTO tags (store_id, key, value) VALUES (?, ?, ?)`, s.Tags,
		func(t Tag) []any { return []any{s.ID, t.Key, t.Value} })
}

// Stores returns all stores, by name.
func (c *Catalog) Stores(ctx context.Context) (stores []Store, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		stores, err = readStores(ctx, tx, "")
		return err
	})
	return stores, err
}

// Store returns the store with this ID; ErrNotFound if there is none.
func (c *Catalog) Store(ctx context.Context, id string) (s Store, err error) {
	err = c.view(ctx, func(tx *sql.Tx) (err error) {
		s, err = readStore(ctx, tx, id)
		return err
	})
	return s, err
}

func readStore(ctx context.Context, q queryer, id string) (Store, error) {
	stores, err := readStores(ctx, q, id)
	if err == nil && len(stores) == 0 {
		err = fmt.Errorf("event data store %s: %w", id, ErrNotFound)
	}
	if err != nil {
		return Store{}, err
	}
	return stores[0], nil
}

// readStores returns the store with an ID, or all if it is "".
func readStores(ctx context.Context, q queryer, id string) ([]Store, error) {
	stores, err := list(ctx, q, scanStore, `SELECT `+storeColumns+` FROM stores WHERE ?1 IN ('', id) ORDER BY name, id`, id)
	if err != nil {
		return nil, err
	}
	at := make(map[string]*Store, len(stores))
	for i := range stores {
		at[stores[i].ID] = &stores[i]
	}
	_, err = list(ctx, q, func(row scanner) (struct{}, error) {
		var store string
		var t Tag
		err := row.Scan(&store, &t.Key, &t.Value)
		if s := at[store]; s != nil {
			s.Tags = append(s.Tags, t)
		}
		return struct{}{}, err
	}, `SELECT store_id, key, value FROM tags WHERE ?1 IN ('', store_id) ORDER BY store_id, key`, id)
	return stores, err
}

// UpdateStore changes a store: nobody else changes it between what change sees and what
// it leaves. change must not use the catalog, which would wait for itself; if it fails,
// nothing happens, and its error is returned. The ID, the ARN, the kind, the time of
// creation and the newest event time must stay as they are. It returns the store as it
// is now; ErrNotFound if there is none, ErrExists if the new name is taken.
func (c *Catalog) UpdateStore(ctx context.Context, id string, change func(s *Store) error) (s Store, err error) {
	err = c.transact(ctx, func(tx *sql.Tx) (err error) {
		if s, err = readStore(ctx, tx, id); err != nil {
			return err
		}
		was := s
		s.Tags = slices.Clone(s.Tags)
		if err := change(&s); err != nil {
			return err
		}
		if s.ID != was.ID || s.ARN != was.ARN || s.Kind != was.Kind || !s.Created.Equal(was.Created) || !s.Newest.Equal(was.Newest) {
			return errors.New("the ID, ARN, kind, creation and newest event of an event data store cannot be changed")
		}
		if _, err := tx.ExecContext(ctx, `UPDATE stores SET name = ?, status = ?, selectors = ?, billing_mode = ?, retention_days = ?,
			retention_from = ?, termination_protection = ?, multi_region = ?, organization = ?, updated = ? WHERE id = ?`,
			s.Name, s.Status, s.Selectors, s.BillingMode, s.RetentionDays,
			s.RetentionFrom, s.TerminationProtection, s.MultiRegion, s.Organization, micros(s.Updated), id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM tags WHERE store_id = ?`, id); err != nil {
			return err
		}
		slices.SortFunc(s.Tags, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
		return addTags(ctx, tx, s)
	})
	if err != nil {
		return Store{}, err
	}
	return s, nil
}

// DeleteStore removes a store and every row that belongs to it; ErrNotFound if there is
// none. Its files are the caller's to remove, afterwards.
func (c *Catalog) DeleteStore(ctx context.Context, id string) error {
	return c.transact(ctx, func(tx *sql.Tx) error {
		for _, statement := range []string{ // those that refer to others first
			`DELETE FROM purged_files WHERE store_id = ?`,
			`DELETE FROM purges WHERE store_id = ?`,
			`DELETE FROM import_failures WHERE import_id IN (SELECT id FROM imports WHERE store_id = ?)`,
			`DELETE FROM archives WHERE store_id = ?`,
			`DELETE FROM data_files WHERE store_id = ?`,
			`DELETE FROM imports WHERE store_id = ?`,
			`DELETE FROM tags WHERE store_id = ?`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id); err != nil {
				return err
			}
		}
		if err := changed(tx.ExecContext(ctx, `DELETE FROM stores WHERE id = ?`, id)); err != nil {
			return fmt.Errorf("delete event data store %s: %w", id, err)
		}
		return nil
	})
}
