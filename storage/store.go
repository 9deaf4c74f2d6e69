package storage

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/selector"
)

// Status is the state of an event data store, in AWS's words.
type Status string

// The states of a store that this version brings about.
const StatusEnabled Status = "ENABLED"

// Billing modes, which bound the retention period.
const (
	ExtendableRetention = "EXTENDABLE_RETENTION_PRICING"
	FixedRetention      = "FIXED_RETENTION_PRICING"
)

// Retention periods, in days, as AWS bounds them.
const (
	MinRetentionDays     = 7
	MaxRetentionDays     = 3653
	DefaultRetentionDays = 366
)

// Region and account in the ARNs of stores.
const (
	arnRegion  = "us-east-1"
	arnAccount = "000000000000"
)

// EventDataStore is a store as the catalog knows it. It does not change; ask the lake again for newer facts.
type EventDataStore struct {
	ID, Name, ARN string
	Status        Status
	// Selectors say which events are kept; none means all.
	Selectors             []selector.Selector
	BillingMode           string
	RetentionDays         int
	RetentionFrom         RetentionFrom
	TerminationProtection bool
	Created, Updated      time.Time
	// Newest is the newest eventTime in the store that was not in the future when it was imported; zero without events.
	Newest time.Time
}

func (s *EventDataStore) newestMillis() int64 {
	if s.Newest.IsZero() {
		return 0
	}
	return s.Newest.UnixMilli()
}

// CreateEventDataStore says what a new store is to be. Zero fields take AWS's defaults.
type CreateEventDataStore struct {
	Name          string
	Selectors     []selector.Selector
	RetentionDays int
	RetentionFrom RetentionFrom
}

var storeName = regexp.MustCompile(`^[a-zA-Z0-9._-]{3,128}$`)

// Create makes an event data store of CloudTrail events. Names are unique: ErrExists.
func (l *Lake) Create(ctx context.Context, in CreateEventDataStore) (*EventDataStore, error) {
	if !storeName.MatchString(in.Name) {
		return nil, fmt.Errorf("%w store name %q: it takes 3 to 128 letters, digits, '.', '_' and '-'", ErrInvalid, in.Name)
	}
	if isUUID(in.Name) {
		return nil, fmt.Errorf("%w store name %q: a UUID would be taken for a store's ID", ErrInvalid, in.Name)
	}
	if in.RetentionDays == 0 {
		in.RetentionDays = DefaultRetentionDays
	}
	if in.RetentionDays < MinRetentionDays || in.RetentionDays > MaxRetentionDays {
		return nil, fmt.Errorf("%w retention period of %d days: it is %d to %d", ErrInvalid, in.RetentionDays, MinRetentionDays, MaxRetentionDays)
	}
	switch in.RetentionFrom {
	case "":
		in.RetentionFrom = RetentionFromNow
	case RetentionFromNow, RetentionFromNewest:
	default:
		return nil, fmt.Errorf("%w origin of retention %q: it is now or newest", ErrInvalid, in.RetentionFrom)
	}
	if len(in.Selectors) > 0 {
		if err := selector.Validate(in.Selectors); err != nil {
			return nil, err
		}
		if family := selector.FamilyOf(in.Selectors); family != selector.CloudTrailEvents {
			return nil, fmt.Errorf("%w: stores of %s events are not built yet; selectors may take Management, Data and NetworkActivity", ErrInvalid, family)
		}
	}
	id := newUUID()
	text, err := selector.Marshal(in.Selectors)
	if err != nil {
		return nil, err
	}
	now := l.now()
	row := catalog.Store{
		ID: id, Name: in.Name, ARN: "arn:aws:cloudtrail:" + arnRegion + ":" + arnAccount + ":eventdatastore/" + id,
		Status: string(StatusEnabled), Kind: string(selector.FamilyOf(in.Selectors)), Selectors: string(text), BillingMode: ExtendableRetention,
		RetentionDays: in.RetentionDays, RetentionFrom: string(in.RetentionFrom), TerminationProtection: true, MultiRegion: true,
		Created: now, Updated: now,
	}
	if err := l.catalog.CreateStore(ctx, row); err != nil {
		if errors.Is(err, catalog.ErrExists) {
			return nil, fmt.Errorf("event data store %s %w", in.Name, ErrExists)
		}
		return nil, fmt.Errorf("create event data store %s: %w", in.Name, err)
	}
	return l.Find(ctx, id)
}

// EventDataStores returns all stores, by name.
func (l *Lake) EventDataStores(ctx context.Context) ([]*EventDataStore, error) {
	rows, err := l.catalog.Stores(ctx)
	if err != nil {
		return nil, fmt.Errorf("read catalog: %w", err)
	}
	stores := make([]*EventDataStore, len(rows))
	for i, row := range rows {
		if stores[i], err = storeOf(row); err != nil {
			return nil, err
		}
	}
	return stores, nil
}

// Find returns the store with the given UUID, ARN or name; names are matched
// exactly first, then without regard to case. ErrNotFound if there is none.
func (l *Lake) Find(ctx context.Context, ref string) (*EventDataStore, error) {
	stores, err := l.EventDataStores(ctx)
	if err != nil {
		return nil, err
	}
	for _, matches := range []func(s *EventDataStore) bool{
		func(s *EventDataStore) bool {
			return strings.EqualFold(s.ID, ref) || s.ARN == ref || s.Name == ref
		},
		func(s *EventDataStore) bool { return strings.EqualFold(s.Name, ref) },
	} {
		for _, s := range stores {
			if matches(s) {
				return s, nil
			}
		}
	}
	return nil, fmt.Errorf("event data store %s: %w", ref, ErrNotFound)
}

func storeOf(row catalog.Store) (*EventDataStore, error) {
	selectors, err := selector.Unmarshal([]byte(row.Selectors))
	if err != nil {
		return nil, fmt.Errorf("selectors of event data store %s in the catalog: %w", row.Name, err)
	}
	return &EventDataStore{
		ID: row.ID, Name: row.Name, ARN: row.ARN, Status: Status(row.Status), Selectors: selectors,
		BillingMode: row.BillingMode, RetentionDays: row.RetentionDays, RetentionFrom: RetentionFrom(row.RetentionFrom),
		TerminationProtection: row.TerminationProtection, Created: row.Created, Updated: row.Updated, Newest: row.Newest,
	}, nil
}

func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, c := range []byte(strings.ToLower(text)) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c < '0' || c > '9' && c < 'a' || c > 'f':
			return false
		}
	}
	return true
}
