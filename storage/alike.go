package storage

import (
	"context"
	"errors"

	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/vector"
)

// EventIdentity says which event a key is of, whatever it holds: by its ID and recipient account.
type EventIdentity [identityBytes]byte

// Identity returns the key's first half.
func (k EventKey) Identity() EventIdentity { return EventIdentity(k[:identityBytes]) }

// Alike gives each the eventjson of every event of a day that is wanted, by its ID and recipient account: of those that the store has,
// and of those given to Write, whose data file is sealed for it. A dry import knows only the former. Write may not be called at the same time.
func (im *Import) Alike(ctx context.Context, day Day, wanted func(EventIdentity) bool, each func(id EventIdentity, eventjson string) error) error {
	if err := im.sealDay(day); err != nil {
		return err
	}
	committed, err := im.committedFiles(ctx, day)
	if err != nil {
		return err
	}
	for _, f := range committed {
		if err := im.remembered.snapshot.alike(ctx, f, wanted, each); err != nil {
			return err
		}
	}
	for _, row := range im.files {
		s := &Snapshot{lake: im.lake, Store: im.store}
		if f := dataFile(row); f.Day == day {
			if err := s.alike(ctx, f, wanted, each); err != nil {
				return err
			}
		}
	}
	return nil
}

// alike is Alike of one data file. Of the texts it reads only those around the events that are wanted.
func (s *Snapshot) alike(ctx context.Context, f DataFile, wanted func(EventIdentity) bool, each func(id EventIdentity, eventjson string) error) (err error) {
	file, err := s.Open(f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var scratch []byte
	for i := range file.Stripes() {
		stripe, err := file.Stripe(i)
		if err != nil {
			return err
		}
		columns := make([]*orc.ColumnReader, 3)
		for c, name := range []string{schema.EventID, schema.Recipient, schema.EventJSON} {
			if columns[c], err = stripe.Column([]string{name}); err != nil {
				return err
			}
		}
		for from := 0; from < stripe.Rows(); from += mergeRows {
			if err := ctx.Err(); err != nil {
				return err
			}
			n := min(mergeRows, stripe.Rows()-from)
			ids, err := columns[0].Read(from, n)
			if err != nil {
				return err
			}
			accounts, err := columns[1].Read(from, n)
			if err != nil {
				return err
			}
			id, account := vector.ViewOf[string](ids), vector.ViewOf[string](accounts)
			var texts *vector.View[string]
			for row := range n {
				if id.Nulls.Has(row) {
					continue
				}
				recipient := ""
				if !account.Nulls.Has(row) {
					recipient = account.Get(row)
				}
				var key EventKey
				key, scratch = KeyOf([]byte(id.Get(row)), []byte(recipient), [32]byte{}, scratch)
				if !wanted(key.Identity()) {
					continue
				}
				if texts == nil {
					json, err := columns[2].Read(from, n)
					if err != nil {
						return err
					}
					view := vector.ViewOf[string](json)
					texts = &view
				}
				if err := each(key.Identity(), texts.Get(row)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
