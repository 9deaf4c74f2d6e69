package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/selector"
)

// Status is the state of an event data store, in AWS's words. Here changes are done when
// they return, so that a store is never CREATED, STARTING_INGESTION or STOPPING_INGESTION.
//
//	          StopIngestion
//	ENABLED ───────────────► STOPPED_INGESTION      Update, AddTags and RemoveTags leave it
//	   │ ▲ ◄─────────────────       │ ▲
//	   │ │    StartIngestion        │ │
//	   │ └── Restore ──┐  ┌─────────┘ │
//	   └── Delete ──► PENDING_DELETION┘ ── after DeletionWait ──► gone
type Status string

// The states of a store.
const (
	StatusEnabled          Status = "ENABLED"
	StatusStoppedIngestion Status = "STOPPED_INGESTION"
	StatusPendingDeletion  Status = "PENDING_DELETION"
)

// DeletionWait is how long a deleted store can be restored.
const DeletionWait = 7 * 24 * time.Hour

// removal returns when a store that is pending deletion ceases to be.
func (s *EventDataStore) removal() time.Time { return s.Deleted.Add(DeletionWait) }

// gone reports whether a deleted store's days of waiting are over.
func (s *EventDataStore) gone(now time.Time) bool {
	return s.Status == StatusPendingDeletion && !now.Before(s.removal())
}

// usable refuses a store that is pending deletion.
func (s *EventDataStore) usable() error {
	if s.Status != StatusPendingDeletion {
		return nil
	}
	return refuse(ErrInactive, "event data store %s is pending deletion since %s; ctlake store restore brings it back",
		s.Name, s.Deleted.Format(time.RFC3339))
}

// idle refuses a store that is being imported into.
func (s *EventDataStore) idle(importing bool) error {
	if !importing {
		return nil
	}
	return refuse(ErrOngoingImport, "an import into event data store %s is under way", s.Name)
}

// UpdateEventDataStore says what of a store changes: what is not nil.
type UpdateEventDataStore struct {
	Name *string
	// Selectors replace those of the store, as a whole. The kind of events stays.
	Selectors     []selector.Selector
	BillingMode   *string
	RetentionDays *int
	// RetentionFrom is for a store that never held an event: the age of others counts as it always did.
	RetentionFrom         *RetentionFrom
	TerminationProtection *bool
}

// Update changes a store, not while an import into it is under way. Selectors govern what is
// ingested from then on. What expires by a shorter period is gone at once and for good, and
// so is what had expired before a longer one, unless the store never held an event. A billing mode may become
// ExtendableRetention only.
func (l *Lake) Update(ctx context.Context, ref string, in UpdateEventDataStore) (*EventDataStore, error) {
	if in.Name == nil && in.Selectors == nil && in.BillingMode == nil && in.RetentionDays == nil && in.RetentionFrom == nil && in.TerminationProtection == nil {
		return nil, refuse(ErrInvalid, "nothing to update: name what is to change")
	}
	if l.readOnly {
		return nil, ErrReadOnly
	}
	if in.Name != nil {
		if err := checkName(*in.Name); err != nil {
			return nil, err
		}
	}
	selectors := ""
	if in.Selectors != nil {
		if len(in.Selectors) == 0 {
			return nil, refuse(ErrSelectors, "event selectors: there is none")
		}
		if err := checkSelectors(in.Selectors); err != nil {
			return nil, err
		}
		text, err := selector.Marshal(in.Selectors)
		if err != nil {
			return nil, err
		}
		selectors = string(text)
	}
	if in.RetentionFrom != nil {
		if err := checkRetentionFrom(*in.RetentionFrom); err != nil {
			return nil, err
		}
	}
	if in.RetentionDays != nil {
		if err := l.checkClock(ctx, DefaultMaxClockAhead); err != nil {
			return nil, fmt.Errorf("change the retention period: %w", err)
		}
	}
	store, err := l.change(ctx, ref, "update", func(s *EventDataStore, row *catalog.Store, use catalog.Use) error {
		if err := errors.Join(s.usable(), s.idle(use.Importing)); err != nil {
			return err
		}
		if in.Name != nil {
			row.Name = *in.Name
		}
		if in.Selectors != nil {
			if family := string(selector.FamilyOf(in.Selectors)); family != row.Kind {
				return refuse(ErrSelectors, "event data store %s holds %s events; event selectors of %s events cannot be put into it", s.Name, row.Kind, family)
			}
			row.Selectors = selectors
		}
		if in.TerminationProtection != nil {
			row.TerminationProtection = *in.TerminationProtection
		}
		if in.BillingMode != nil {
			row.BillingMode = *in.BillingMode
		}
		if in.RetentionDays != nil {
			row.RetentionDays = *in.RetentionDays
		}
		if err := checkRetention(row.BillingMode, row.RetentionDays); err != nil {
			return err
		}
		if row.BillingMode != s.BillingMode && row.BillingMode != ExtendableRetention {
			return refuse(ErrInvalid, "the billing mode of event data store %s is %s; it cannot become %s", s.Name, s.BillingMode, row.BillingMode)
		}
		if in.RetentionFrom != nil && *in.RetentionFrom != s.RetentionFrom {
			if use.Held {
				return refuse(ErrInvalid, "event data store %s counts the age of its events from %s; that can change only before it holds any", s.Name, s.RetentionFrom)
			}
			row.RetentionFrom = string(*in.RetentionFrom)
		}
		if row.RetentionDays != s.RetentionDays && use.Held {
			now, newest := l.now(), s.newestMillis()
			later := *s
			later.RetentionDays = row.RetentionDays
			if floor := max(s.notBefore(now, newest), later.notBefore(now, newest)); floor != NeverExpires {
				row.Floor, row.HasFloor = floor, true
			}
		}
		return nil
	})
	if errors.Is(err, catalog.ErrExists) && in.Name != nil {
		return nil, l.nameTaken(ctx, *in.Name)
	}
	return store, err
}

// StopIngestion stops the ingestion of an enabled store; what it holds stays, and can be queried.
func (l *Lake) StopIngestion(ctx context.Context, ref string) (*EventDataStore, error) {
	return l.switchIngestion(ctx, ref, "stop ingestion", StatusEnabled, StatusStoppedIngestion)
}

// StartIngestion starts the ingestion of a store where it was stopped.
func (l *Lake) StartIngestion(ctx context.Context, ref string) (*EventDataStore, error) {
	return l.switchIngestion(ctx, ref, "start ingestion", StatusStoppedIngestion, StatusEnabled)
}

func (l *Lake) switchIngestion(ctx context.Context, ref, doing string, from, to Status) (*EventDataStore, error) {
	return l.change(ctx, ref, doing, func(s *EventDataStore, row *catalog.Store, use catalog.Use) error {
		if s.Status != from {
			return refuse(ErrStatus, "%s of event data store %s: it is %s, not %s", doing, s.Name, s.Status, from)
		}
		if to == StatusStoppedIngestion {
			if err := s.idle(use.Importing); err != nil {
				return err
			}
		}
		if row.Kind == selector.Insight || row.Kind == selector.Evidence || row.Kind == selector.ActivityAuditLog {
			return refuse(ErrCategory, "%s of event data store %s: its %s events are not ingested by start and stop", doing, s.Name, row.Kind)
		}
		row.Status = string(to)
		return nil
	})
}

// Delete begins to delete a store without termination protection, not while an import into it
// is under way: it is listed, but cannot be queried, and can be restored for DeletionWait.
func (l *Lake) Delete(ctx context.Context, ref string) (*EventDataStore, error) {
	return l.change(ctx, ref, "delete", func(s *EventDataStore, row *catalog.Store, use catalog.Use) error {
		if err := s.usable(); err != nil {
			return err
		}
		if s.TerminationProtection {
			return refuse(ErrTerminationProtected, "event data store %s has termination protection; ctlake store update --no-termination-protection takes it away", s.Name)
		}
		if err := s.idle(use.Importing); err != nil {
			return err
		}
		row.RestoredStatus, row.Status, row.Deleted = row.Status, string(StatusPendingDeletion), l.now()
		return nil
	})
}

// Restore takes the deletion of a store back.
func (l *Lake) Restore(ctx context.Context, ref string) (*EventDataStore, error) {
	return l.change(ctx, ref, "restore", func(s *EventDataStore, row *catalog.Store, _ catalog.Use) error {
		if s.Status != StatusPendingDeletion {
			return refuse(ErrStatus, "restore event data store %s: it is %s, not %s", s.Name, s.Status, StatusPendingDeletion)
		}
		row.Status, row.RestoredStatus, row.Deleted = row.RestoredStatus, "", time.Time{}
		return nil
	})
}

// AddTags gives a store tags; those that it has with these keys take the new values.
func (l *Lake) AddTags(ctx context.Context, ref string, tags []Tag) (*EventDataStore, error) {
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	return l.changeTags(ctx, ref, tags, func(kept []catalog.Tag) []catalog.Tag { return append(kept, rowsOfTags(tags)...) })
}

// RemoveTags takes tags from a store, by their keys; those that it has not are passed over.
func (l *Lake) RemoveTags(ctx context.Context, ref string, keys []string) (*EventDataStore, error) {
	tags := make([]Tag, len(keys))
	for i, k := range keys {
		tags[i].Key = k
	}
	if err := checkTags(tags); err != nil {
		return nil, err
	}
	return l.changeTags(ctx, ref, tags, func(kept []catalog.Tag) []catalog.Tag { return kept })
}

// changeTags gives a store the tags that of makes of those with other keys than the named ones.
func (l *Lake) changeTags(ctx context.Context, ref string, named []Tag, of func(kept []catalog.Tag) []catalog.Tag) (*EventDataStore, error) {
	return l.change(ctx, ref, "tag", func(s *EventDataStore, row *catalog.Store, _ catalog.Use) error {
		if err := s.usable(); err != nil {
			return err
		}
		row.Tags = of(slices.DeleteFunc(row.Tags, func(t catalog.Tag) bool {
			return slices.ContainsFunc(named, func(n Tag) bool { return n.Key == t.Key })
		}))
		if n := len(row.Tags); n > MaxTags {
			return refuse(ErrTagsLimit, "event data store %s would have %d tags; it has at most %d", s.Name, n, MaxTags)
		}
		return nil
	})
}

// change changes the row of a store in one transaction, and returns the store as it is then.
func (l *Lake) change(ctx context.Context, ref, doing string, f func(s *EventDataStore, row *catalog.Store, use catalog.Use) error) (*EventDataStore, error) {
	found, err := l.Find(ctx, ref)
	if err != nil {
		return nil, err
	}
	// With the lock, imports that have not ended were interrupted. Without it, the one that
	// has not ended runs, and the transaction sees whether into this store.
	unlock, err := l.lock(doing + " " + found.Name)
	switch {
	case errors.Is(err, ErrLocked):
	case err != nil:
		return nil, err
	default:
		if err := errors.Join(l.catalog.EndInterrupted(ctx, string(ImportFailed), l.now()), unlock()); err != nil {
			return nil, fmt.Errorf("%s event data store %s: %w", doing, found.Name, err)
		}
	}
	row, err := l.catalog.UpdateStore(ctx, found.ID, func(row *catalog.Store, use catalog.Use) error {
		s, err := storeOf(*row)
		if err != nil {
			return err
		}
		if s.gone(l.now()) {
			return notFound(ref)
		}
		if err := f(s, row, use); err != nil {
			return err
		}
		row.Updated = l.now()
		return nil
	})
	switch {
	case errors.Is(err, catalog.ErrNotFound):
		return nil, notFound(ref)
	case errors.As(err, new(*Error)):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%s event data store %s: %w", doing, found.Name, err)
	}
	return storeOf(row)
}

// dropDeleted removes the stores whose days of waiting are over from the catalog. It needs no
// lock: nothing is imported into them. ErrClock, if one is due, by a clock that is not trusted.
func (l *Lake) dropDeleted(ctx context.Context) error {
	rows, err := l.catalog.Stores(ctx)
	if err != nil {
		return fmt.Errorf("read catalog: %w", err)
	}
	for _, row := range rows {
		s, err := storeOf(row)
		if err != nil {
			return err
		}
		if !s.gone(l.now()) {
			continue
		}
		if err := l.checkClock(ctx, DefaultMaxClockAhead); err != nil {
			return err
		}
		if _, err := l.dropStore(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// removalRule says by which rule a deleted store is removed.
func (s *EventDataStore) removalRule() string {
	return fmt.Sprintf("event data store deleted at %s, removed %d days later", s.Deleted.Format(time.RFC3339), int(DeletionWait.Hours()/24))
}

// dropStore removes a store whose days of waiting are over from the catalog.
func (l *Lake) dropStore(ctx context.Context, s *EventDataStore) ([]Purge, error) {
	log, err := l.catalog.DropStore(ctx, s.ID, s.removalRule(), l.now(), func(row catalog.Store) error {
		if now, err := storeOf(row); err != nil || !now.gone(l.now()) {
			return errors.Join(errRestored, err)
		}
		return nil
	})
	switch {
	case errors.Is(err, errRestored), errors.Is(err, catalog.ErrNotFound):
		return nil, nil // another process was faster
	case err != nil:
		return nil, fmt.Errorf("remove event data store %s: %w", s.Name, err)
	}
	return purgesOf(log), nil
}

var errRestored = errors.New("the store was restored")
