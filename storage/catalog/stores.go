package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Deleted                   time.Time // zero unless it waits to be removed
	RestoredStatus            string    // the status that it had before; "" unless it waits to be removed
	Floor                     int64     // milliseconds since 1970; events before it have expired for good
	HasFloor                  bool
}

// Tag is a tag of a store.
type Tag struct{ Key, Value string }

const storeColumns = `id, name, arn, status, kind, selectors, billing_mode, retention_days, retention_from,
	termination_protection, multi_region, organization, created, updated, newest_millis, deleted, restored_status, floor_millis`

func scanStore(row scanner) (Store, error) {
	var s Store
	var created, updated int64
	var newest, deleted, floor sql.NullInt64
	err := row.Scan(&s.ID, &s.Name, &s.ARN, &s.Status, &s.Kind, &s.Selectors, &s.BillingMode, &s.RetentionDays, &s.RetentionFrom,
		&s.TerminationProtection, &s.MultiRegion, &s.Organization, &created, &updated, &newest, &deleted, &s.RestoredStatus, &floor)
	s.Created, s.Updated = timeOf(created), timeOf(updated)
	if newest.Valid {
		s.Newest = time.UnixMilli(newest.Int64).UTC()
	}
	if deleted.Valid {
		s.Deleted = timeOf(deleted.Int64)
	}
	s.Floor, s.HasFloor = floor.Int64, floor.Valid
	return s, err
}

// CreateStore adds a store; ErrExists if its name (in any case), ID or ARN is taken, ErrFull if there are
// most stores already.
func (c *Catalog) CreateStore(ctx context.Context, s Store, most int) error {
	return c.transact(ctx, func(tx *transaction) error { return createStore(ctx, tx, s, most) })
}

func createStore(ctx context.Context, tx *transaction, s Store, most int) error {
	var count int
	var taken bool
	if err := tx.QueryRowContext(ctx, `SELECT count(*), coalesce(max(name = ?), 0) FROM stores`, s.Name).Scan(&count, &taken); err != nil {
		return err
	}
	switch {
	case taken:
		return ErrExists
	case count >= most:
		return ErrFull
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO stores (`+storeColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.ID, s.Name, s.ARN, s.Status, s.Kind, s.Selectors, s.BillingMode, s.RetentionDays, s.RetentionFrom,
		s.TerminationProtection, s.MultiRegion, s.Organization, micros(s.Created), micros(s.Updated),
		s.newest(), s.deleted(), s.RestoredStatus, s.floor()); err != nil {
		return err
	}
	s.Tags = slices.Clone(s.Tags)
	if err := addTags(ctx, tx, s); err != nil {
		return err
	}
	tx.of(StoreRows, s.ID).add(s.row())
	return nil
}

func (s Store) newest() sql.NullInt64 {
	return sql.NullInt64{Int64: s.Newest.UnixMilli(), Valid: !s.Newest.IsZero()}
}

func (s Store) deleted() sql.NullInt64 {
	return sql.NullInt64{Int64: micros(s.Deleted), Valid: !s.Deleted.IsZero()}
}

func (s Store) floor() sql.NullInt64 {
	return sql.NullInt64{Int64: s.Floor, Valid: s.HasFloor}
}

// addTags adds the tags of a store, and puts them in order.
func addTags(ctx context.Context, tx *transaction, s Store) error {
	slices.SortFunc(s.Tags, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
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

// readStores returns the store with an ID, or all if it is ""; ErrDamage if one is not as it was sealed.
func readStores(ctx context.Context, q queryer, id string) ([]Store, error) {
	stores, err := listStores(ctx, q, id)
	if err != nil {
		return nil, err
	}
	found := tally{}
	for _, s := range stores {
		found.add(StoreRows, s.ID, s.row())
	}
	if id == "" {
		return stores, holdAll(ctx, q, StoreRows, found)
	}
	of := Rows{StoreRows, id}
	if found[of] == nil {
		found[of] = &seal{}
	}
	return stores, hold(ctx, q, of, *found[of])
}

// listStores is readStores, whatever they were sealed as.
func listStores(ctx context.Context, q queryer, id string) ([]Store, error) {
	stores, err := list(ctx, q, scanStore, `SELECT `+storeColumns+` FROM stores WHERE ?1 IN ('', id) ORDER BY name, id`, id)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(stores, func(a, b Store) int { // see listDataFiles
		return cmp.Or(cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), cmp.Compare(a.ID, b.ID))
	})
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

// Use is what became of a store up to now.
type Use struct {
	Importing bool // an import into it is under way
	Held      bool // an event came into it once, whatever became of that
}

// UpdateStore changes a store: nobody else changes it between what change sees and what
// it leaves; importing says whether an import into it is under way. change must not use
// the catalog, which would wait for itself; if it fails, nothing happens, and its error
// is returned. The ID, the ARN, the kind, the time of creation and the newest event time
// must stay as they are. It returns the store as it is now; ErrNotFound if there is none,
// ErrExists if the new name is taken.
func (c *Catalog) UpdateStore(ctx context.Context, id string, change func(s *Store, use Use) error) (s Store, err error) {
	err = c.transact(ctx, func(tx *transaction) (err error) {
		if s, err = readStore(ctx, tx, id); err != nil {
			return err
		}
		var use Use
		if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM imports WHERE store_id = ?1 AND finished IS NULL),
			EXISTS (SELECT 1 FROM imports WHERE store_id = ?1 AND events_kept > 0) OR EXISTS (SELECT 1 FROM data_files WHERE store_id = ?1)`, id).
			Scan(&use.Importing, &use.Held); err != nil {
			return err
		}
		was := s
		s.Tags = slices.Clone(s.Tags)
		if err := change(&s, use); err != nil {
			return err
		}
		if s.ID != was.ID || s.ARN != was.ARN || s.Kind != was.Kind || !s.Created.Equal(was.Created) || !s.Newest.Equal(was.Newest) {
			return errors.New("the ID, ARN, kind, creation and newest event of an event data store cannot be changed")
		}
		if _, err := tx.ExecContext(ctx, `UPDATE stores SET name = ?, status = ?, selectors = ?, billing_mode = ?, retention_days = ?,
			retention_from = ?, termination_protection = ?, multi_region = ?, organization = ?, updated = ?,
			deleted = ?, restored_status = ?, floor_millis = ? WHERE id = ?`,
			s.Name, s.Status, s.Selectors, s.BillingMode, s.RetentionDays,
			s.RetentionFrom, s.TerminationProtection, s.MultiRegion, s.Organization, micros(s.Updated),
			s.deleted(), s.RestoredStatus, s.floor(), id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM tags WHERE store_id = ?`, id); err != nil {
			return err
		}
		if err := addTags(ctx, tx, s); err != nil {
			return err
		}
		tx.changed(was, s)
		return nil
	})
	if err != nil {
		return Store{}, err
	}
	return s, nil
}

// changed takes note that a store is another now.
func (tx *transaction) changed(was, is Store) {
	seal := tx.of(StoreRows, is.ID)
	seal.remove(was.row())
	seal.add(is.row())
}
