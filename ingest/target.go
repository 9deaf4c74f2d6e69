package ingest

import (
	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/selector"
)

// target is an event data store that a worker collects records for.
type target struct {
	im        *storage.Import
	kind      string
	program   *selector.Program // nil: every event of its kind is taken
	collector *record.Collector
	rows      []row // of what collector holds
	// notBefore is the retention bound in milliseconds, if age counts from now.
	notBefore    int64
	hasNotBefore bool
}

func newTarget(im *storage.Import, program *selector.Program) *target {
	store := im.Store()
	t := &target{im: im, kind: store.Kind, program: program, collector: record.NewCollector(store.Table())}
	t.notBefore, t.hasNotBefore = im.FixedBound()
	return t
}

// takes reports whether events of a kind fit the store's table. A store of CloudTrail events has a
// column for what trails deliver as Insights, and takes them where no selectors say otherwise.
func (t *target) takes(kind string) bool {
	return kind == t.kind || t.kind == schema.KindEvents && kind == schema.KindInsights
}
