package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ctlake/ctlake/storage/catalog"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/selector"
)

// Billing modes, which bound the retention period.
const (
	ExtendableRetention = "EXTENDABLE_RETENTION_PRICING"
	FixedRetention      = "FIXED_RETENTION_PRICING"
)

// Retention periods, in days, as AWS bounds them.
const (
	MinRetentionDays      = 7
	MaxRetentionDays      = 3653
	DefaultRetentionDays  = 366
	MaxFixedRetentionDays = 2557 // of FixedRetention, and its default
)

// MaxStores is how many event data stores a lake holds, those that wait for their removal included.
const MaxStores = 10

// Limits of tags: how many a store has, and the characters of their parts.
const (
	MaxTags           = 50
	MaxTagKeyLength   = 128
	MaxTagValueLength = 256
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
	// Kind is which events it takes, one of schema's kinds; it never changes.
	Kind string
	// Selectors say which events are kept; none means all.
	Selectors             []selector.Selector
	BillingMode           string
	RetentionDays         int
	RetentionFrom         RetentionFrom
	TerminationProtection bool
	// MultiRegion and Organization are recorded and shown; what is ingested does not depend on them.
	MultiRegion, Organization bool
	Tags                      []Tag // by key
	Created, Updated          time.Time
	// Newest is the newest eventTime in the store that was not in the future when it was imported; zero without events.
	Newest time.Time
	// Deleted is when the store was deleted; zero unless it is StatusPendingDeletion.
	Deleted time.Time

	floor int64 // milliseconds; events before it have expired for good; NeverExpires if none have
}

// Tag is a tag of a store.
type Tag struct{ Key, Value string }

func (s *EventDataStore) newestMillis() int64 {
	if s.Newest.IsZero() {
		return 0
	}
	return s.Newest.UnixMilli()
}

// CreateEventDataStore says what a new store is to be. Zero fields take AWS's defaults, but no
// selectors take every event.
type CreateEventDataStore struct {
	Name          string
	Selectors     []selector.Selector
	BillingMode   string
	RetentionDays int
	RetentionFrom RetentionFrom
	// Unprotected makes the store without termination protection.
	Unprotected bool
	// Stopped makes the store with its ingestion stopped.
	Stopped bool
	Tags    []Tag
}

// Table returns the shape of the store's table, which follows from its kind.
func (s *EventDataStore) Table() *schema.Table {
	table, ok := schema.Of(s.Kind)
	if !ok {
		panic("a store of kind " + s.Kind) // storeOf refuses it
	}
	return table
}

// Create makes an event data store of the kind that its selectors say, enabled. Names are unique, without
// regard to case.
func (l *Lake) Create(ctx context.Context, in CreateEventDataStore) (*EventDataStore, error) {
	row, err := l.newStore(in)
	if err != nil {
		return nil, err
	}
	// A store whose days of waiting are over gives its name and place free.
	if err := l.dropDeleted(ctx); err != nil && !errors.Is(err, ErrClock) {
		return nil, err
	}
	err = l.catalog.CreateStore(ctx, *row, MaxStores)
	switch {
	case errors.Is(err, catalog.ErrExists):
		return nil, l.nameTaken(ctx, in.Name)
	case errors.Is(err, catalog.ErrFull):
		return nil, refuse(ErrMaxStores, "the lake has %d event data stores, which is as many as it may, those pending deletion included", MaxStores)
	case err != nil:
		return nil, fmt.Errorf("create event data store %s: %w", in.Name, err)
	}
	if err := l.tick(ctx); err != nil {
		return nil, err
	}
	return l.Find(ctx, row.ID)
}

// Plan returns the store that Create would make, without making it: for a dry run.
func (l *Lake) Plan(in CreateEventDataStore) (*EventDataStore, error) {
	row, err := l.newStore(in)
	if err != nil {
		return nil, err
	}
	return storeOf(*row)
}

// newStore checks what a new store is to be, and returns its row.
func (l *Lake) newStore(in CreateEventDataStore) (*catalog.Store, error) {
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	in.BillingMode = cmp.Or(in.BillingMode, ExtendableRetention)
	if in.RetentionDays == 0 {
		in.RetentionDays = DefaultRetentionDays
		if in.BillingMode == FixedRetention {
			in.RetentionDays = MaxFixedRetentionDays
		}
	}
	if err := checkRetention(in.BillingMode, in.RetentionDays); err != nil {
		return nil, err
	}
	in.RetentionFrom = cmp.Or(in.RetentionFrom, RetentionFromNow)
	if err := checkRetentionFrom(in.RetentionFrom); err != nil {
		return nil, err
	}
	if len(in.Selectors) > 0 {
		if err := checkSelectors(in.Selectors); err != nil {
			return nil, err
		}
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	if len(in.Tags) > MaxTags {
		return nil, refuse(ErrTag, "%d tags; an event data store has at most %d", len(in.Tags), MaxTags)
	}
	id := newUUID()
	text, err := selector.Marshal(in.Selectors)
	if err != nil {
		return nil, err
	}
	now := l.now()
	row := &catalog.Store{
		ID: id, Name: in.Name, ARN: arnPrefix + id,
		Status: string(StatusEnabled), Kind: string(selector.FamilyOf(in.Selectors)), Selectors: string(text), BillingMode: in.BillingMode,
		RetentionDays: in.RetentionDays, RetentionFrom: string(in.RetentionFrom), TerminationProtection: !in.Unprotected, MultiRegion: true,
		Tags: rowsOfTags(in.Tags), Created: now, Updated: now,
	}
	if in.Stopped {
		row.Status = string(StatusStoppedIngestion)
	}
	return row, nil
}

// nameTaken is the refusal of a name that another store has.
func (l *Lake) nameTaken(ctx context.Context, name string) error {
	if s, err := l.Find(ctx, name); err == nil && s.Status == StatusPendingDeletion {
		return refuse(ErrExists, "event data store %s exists already: it is pending deletion until %s", s.Name, s.removal().Format(time.RFC3339))
	}
	return refuse(ErrExists, "event data store %s exists already", name)
}

var storeName = regexp.MustCompile(`^[a-zA-Z0-9._-]{3,128}$`)

func checkName(name string) error {
	if !storeName.MatchString(name) {
		return refuse(ErrInvalid, "invalid store name %q: it takes 3 to 128 letters, digits, '.', '_' and '-'", clipped(name))
	}
	if isUUID(name) {
		return refuse(ErrInvalid, "invalid store name %q: a UUID would be taken for a store's ID", name)
	}
	return nil
}

// clipped shortens a name from outside for a message.
func clipped(text string) string {
	const most = 150 // bytes
	if len(text) <= most {
		return text
	}
	cut := most
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

func checkRetention(mode string, days int) error {
	most := MaxRetentionDays
	switch mode {
	case ExtendableRetention:
	case FixedRetention:
		most = MaxFixedRetentionDays
	default:
		return refuse(ErrInvalid, "invalid billing mode %q: it is %s or %s", clipped(mode), ExtendableRetention, FixedRetention)
	}
	if days < MinRetentionDays || days > most {
		return refuse(ErrInvalid, "invalid retention period of %d days: it is %d to %d for %s", days, MinRetentionDays, most, mode)
	}
	return nil
}

func checkRetentionFrom(from RetentionFrom) error {
	if from != RetentionFromNow && from != RetentionFromNewest {
		return refuse(ErrInvalid, "invalid origin of retention %q: it is now or newest", clipped(string(from)))
	}
	return nil
}

func checkSelectors(selectors []selector.Selector) error {
	if err := selector.Validate(selectors); err != nil {
		return &Error{Exception: ErrSelectors, Msg: err.Error(), Err: err}
	}
	return nil
}

// checkTags checks each tag, and that no key stands twice.
func checkTags(tags []Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		switch key, value := utf8.RuneCountInString(t.Key), utf8.RuneCountInString(t.Value); {
		case !utf8.ValidString(t.Key) || !utf8.ValidString(t.Value):
			return refuse(ErrTag, "tag %q: it is not UTF-8", clipped(t.Key))
		case key == 0 || key > MaxTagKeyLength:
			return refuse(ErrTag, "tag %q: its key has %d characters; it has 1 to %d", clipped(t.Key), key, MaxTagKeyLength)
		case value > MaxTagValueLength:
			return refuse(ErrTag, "tag %q: its value has %d characters; it has at most %d", clipped(t.Key), value, MaxTagValueLength)
		case strings.HasPrefix(strings.ToLower(t.Key), "aws:"):
			return refuse(ErrTag, "tag %q: keys that begin with aws: are AWS's own", clipped(t.Key))
		case seen[t.Key]:
			return refuse(ErrTag, "tag %q: it stands twice", clipped(t.Key))
		}
		seen[t.Key] = true
	}
	return nil
}

func rowsOfTags(tags []Tag) (rows []catalog.Tag) {
	for _, t := range tags {
		rows = append(rows, catalog.Tag(t))
	}
	slices.SortFunc(rows, func(a, b catalog.Tag) int { return cmp.Compare(a.Key, b.Key) })
	return rows
}

// EventDataStores returns all stores, by name. Those that are pending deletion are among
// them until their days of waiting are over.
func (l *Lake) EventDataStores(ctx context.Context) ([]*EventDataStore, error) {
	all, err := l.knownStores(ctx)
	if err != nil {
		return nil, err
	}
	stores := make([]*EventDataStore, 0, len(all))
	now := l.now()
	for _, s := range all {
		if !s.gone(now) {
			own := *s // the caller's: all is kept for others
			stores = append(stores, &own)
		}
	}
	return stores, nil
}

const arnPrefix = "arn:aws:cloudtrail:" + arnRegion + ":" + arnAccount + ":eventdatastore/"

var storeARN = regexp.MustCompile(`^arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:[0-9]{12}:eventdatastore/[A-Fa-f0-9-]{36}$`)

// Find returns the store with the given UUID, ARN or name; names are matched
// exactly first, then without regard to case. ErrNotFound if there is none, ErrARN if
// it begins as an ARN and is none of an event data store.
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
	if strings.HasPrefix(ref, "arn:") && !storeARN.MatchString(ref) {
		return nil, refuse(ErrARN, "%s is no ARN of an event data store, which is %s<UUID>", clipped(ref), arnPrefix)
	}
	return nil, notFound(ref)
}

func notFound(ref string) error {
	return refuse(ErrNotFound, "event data store %s: not found", clipped(ref))
}

func storeOf(row catalog.Store) (*EventDataStore, error) {
	selectors, err := selector.Unmarshal([]byte(row.Selectors))
	if err != nil {
		return nil, fmt.Errorf("selectors of event data store %s in the catalog: %w", row.Name, err)
	}
	s := &EventDataStore{
		ID: row.ID, Name: row.Name, ARN: row.ARN, Status: Status(row.Status), Kind: row.Kind, Selectors: selectors,
		BillingMode: row.BillingMode, RetentionDays: row.RetentionDays, RetentionFrom: RetentionFrom(row.RetentionFrom),
		TerminationProtection: row.TerminationProtection, Created: row.Created, Updated: row.Updated, Newest: row.Newest,
		MultiRegion: row.MultiRegion, Organization: row.Organization, Deleted: row.Deleted, floor: NeverExpires,
	}
	if _, ok := schema.Of(s.Kind); !ok {
		return nil, refuse(ErrUnsupported, "event data store %s holds %s events, which this version of ctlake does not know", s.Name, clipped(s.Kind))
	}
	if row.HasFloor {
		s.floor = row.Floor
	}
	for _, t := range row.Tags {
		s.Tags = append(s.Tags, Tag(t))
	}
	return s, nil
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
