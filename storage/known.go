package storage

import (
	"context"
	"fmt"
	"sync"

	"github.com/ctlake/ctlake/storage/catalog"
)

// known is what the catalog said last of the stores and of their data files, for statements one after the other. It holds as
// long as nothing was committed, by this process or another one: catalog.Version. Rows were held against their seals
// when they were read. What depends on the time is worked out for each statement.
type known struct {
	mu        sync.Mutex
	version   catalog.Version
	stores    []*EventDataStore    // all; nil if they were not read
	snapshots map[string]*Snapshot // by ID of the store, without NotBefore; they do not change
}

// at makes k that of a version. The caller holds the lock.
func (k *known) at(v catalog.Version) {
	if k.version != v || k.snapshots == nil {
		k.version, k.stores, k.snapshots = v, nil, map[string]*Snapshot{}
	}
}

// knownStores returns all stores, those whose days of waiting are over among them.
func (l *Lake) knownStores(ctx context.Context) ([]*EventDataStore, error) {
	v, err := l.catalog.Version(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	k := &l.known
	k.mu.Lock()
	k.at(v)
	stores := k.stores
	k.mu.Unlock()
	if stores != nil {
		return stores, nil
	}
	rows, err := l.catalog.Stores(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	stores = make([]*EventDataStore, len(rows))
	for i, row := range rows {
		if stores[i], err = storeOf(row); err != nil {
			return nil, err
		}
	}
	// They are of v or of a later version. If it is a later one, the next call finds that one, and reads anew.
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.version == v {
		k.stores = stores
	}
	return stores, nil
}

// knownSnapshot is snapshot, which reads the catalog only if something was committed since.
func (l *Lake) knownSnapshot(ctx context.Context, id string) (*Snapshot, error) {
	v, err := l.catalog.Version(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	k := &l.known
	k.mu.Lock()
	k.at(v)
	found := k.snapshots[id]
	k.mu.Unlock()
	if found != nil {
		s := *found
		s.NotBefore = s.Store.notBefore(l.now(), s.Store.newestMillis())
		return &s, nil
	}
	s, err := l.snapshot(ctx, id)
	if err != nil {
		return nil, err
	}
	kept := *s
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.version == v { // see knownStores
		k.snapshots[id] = &kept
	}
	return s, nil
}
