package ingest

import (
	"fmt"
	"testing"

	"github.com/ctlake/ctlake/storage"
)

// Of one ID there may be very many events that differ: from some on they are kept without a look at what they say, but never lost.
func TestVeryManyEventsOfOneID(t *testing.T) {
	var texts, more []string
	for i := range maxVersions + 1 {
		texts = append(texts, event("same", today, fmt.Sprintf(`,"errorCode":"%d"`, i)))
	}
	for i := range 20 {
		more = append(more, event("same", today, fmt.Sprintf(`,"errorCode":"\u003%d"`, i%10))) // as above, spelt in another way
	}
	l := newLake(t, storage.CreateEventDataStore{})
	dir := put(t, map[string]string{"a.json": records(texts...), "b.json": records(more...), "c.json": records(texts[:5]...)})
	s := l.ingest(Options{Paths: []string{dir}, Workers: 1, doubted: 1})
	if s.Events.Kept != maxVersions+1+10 || s.Events.Duplicate != 15 || s.Events.Conflicting != s.Events.Kept-1 {
		t.Errorf("%s, %d conflicting", counts(s), s.Events.Conflicting)
	}
	l.rows()
}
