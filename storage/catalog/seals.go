package catalog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
)

// SQLite notices a broken page, not a changed value in a sound one, nor a row that is lost with its cell. Therefore every row
// is sealed: rows that are read together have one seal, their number and the sum of their hashes. A sum does not
// depend on the order of rows and is kept up by what is added and removed, so no transaction reads what it does not
// change; and it never makes good what was damaged before.
//
//	kind          owner    rows                                        held against them
//	store         store    the one in stores, with its tags            by whatever reads it
//	data_files    store    all of them                                 by every snapshot
//	import        import   the one in imports                          by whatever reads it
//	archives      import   all of them                                 by Integrity, Dump and Verdicts
//	failures      import   all of them                                 by Integrity and Dump
//	verdicts      store    all in verdicts, partial_archives, …        by whatever reads them
//	objects       store    all of them                                 by Integrity
//	purges        store    all of them; the store may be gone          by whatever reads them
//	purged_files  ''       all of them                                 by whatever reads them
//	clock         ''       the one                                     by whatever reads it

// Rows names rows that are sealed together.
type Rows struct {
	Kind  RowKind
	Owner string // the ID of the store or import; "" if they belong to all of the lake
}

// RowKind is a kind of rows.
type RowKind string

// The kinds of rows.
const (
	StoreRows      RowKind = "store"
	DataFileRows   RowKind = "data_files"
	ImportRows     RowKind = "import"
	ArchiveRows    RowKind = "archives"
	FailureRows    RowKind = "failures"
	VerdictRows    RowKind = "verdicts"
	ObjectRows     RowKind = "objects"
	PurgeRows      RowKind = "purges"
	PurgedFileRows RowKind = "purged_files"
	ClockRows      RowKind = "clock"
)

// String says which rows they are.
func (r Rows) String() string {
	switch r.Kind {
	case StoreRows:
		return "the row of event data store " + r.Owner
	case DataFileRows:
		return "the list of data files of event data store " + r.Owner
	case ImportRows:
		return "the row of import " + r.Owner
	case ArchiveRows:
		return "the list of archives of import " + r.Owner
	case FailureRows:
		return "the list of failures of import " + r.Owner
	case VerdictRows:
		return "what is known of the integrity of archives of event data store " + r.Owner
	case ObjectRows:
		return "the list of objects in S3 of event data store " + r.Owner
	case PurgeRows:
		return "the log of purges of event data store " + r.Owner
	case PurgedFileRows:
		return "the list of files to be unlinked"
	case ClockRows:
		return "the time of the last commit"
	}
	return fmt.Sprintf("a seal of the kind %q", string(r.Kind))
}

// damaged returns the error that rows are not as they were sealed.
func (r Rows) damaged() error { return fmt.Errorf("%w: %s is not as it was written", ErrDamage, r) }

// seal is what is kept of rows. As a difference between two its count may be negative.
type seal struct {
	count int64
	sum   [4]uint64 // a number of 256 bits, the lowest first
}

func (s *seal) add(row rowText)    { s.plus(sealOf(row)) }
func (s *seal) remove(row rowText) { s.minus(sealOf(row)) }

// sealOf returns the seal of one row.
func sealOf(row rowText) (s seal) {
	hash := sha256.Sum256(row)
	s.count = 1
	for i := range s.sum {
		s.sum[i] = binary.LittleEndian.Uint64(hash[8*i:])
	}
	return s
}

func (s *seal) plus(o seal) {
	s.count += o.count
	carry := uint64(0)
	for i := range s.sum {
		s.sum[i], carry = bits.Add64(s.sum[i], o.sum[i], carry)
	}
}

func (s *seal) minus(o seal) {
	s.count -= o.count
	borrow := uint64(0)
	for i := range s.sum {
		s.sum[i], borrow = bits.Sub64(s.sum[i], o.sum[i], borrow)
	}
}

// blob returns the sum as the catalog keeps it.
func (s *seal) blob() []byte {
	var b []byte
	for _, word := range s.sum {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	return b
}

// scanSeal is the inverse of blob, for a row of count and sum. A sum of another size fits no rows.
func scanSeal(row scanner, before ...any) (s seal, err error) {
	var sum []byte
	if err := row.Scan(append(before, &s.count, &sum)...); err != nil {
		return s, err
	}
	if len(sum) != 8*len(s.sum) {
		return s, fmt.Errorf("%w: a seal has %d bytes", ErrDamage, len(sum))
	}
	for i := range s.sum {
		s.sum[i] = binary.LittleEndian.Uint64(sum[8*i:])
	}
	return s, nil
}

// rowText is what is hashed of a row: its values in order. No two rows of a kind have the same text.
type rowText []byte

func (t rowText) texts(values ...string) rowText {
	for _, v := range values {
		t = append(binary.AppendUvarint(t, uint64(len(v))), v...)
	}
	return t
}

func (t rowText) numbers(values ...int64) rowText {
	for _, v := range values {
		t = binary.AppendVarint(t, v)
	}
	return t
}

func (t rowText) flags(values ...bool) rowText {
	for _, v := range values {
		if v {
			t = append(t, 1)
		} else {
			t = append(t, 0)
		}
	}
	return t
}

// transaction is one that writes: with the rows that it adds and removes it tells of them, and their seals
// are written before it is committed.
type transaction struct {
	*sql.Tx
	seals map[Rows]*seal // what is to be added to those in the catalog
}

// of returns what is to be added to a seal.
func (tx *transaction) of(kind RowKind, owner string) *seal {
	at := Rows{kind, owner}
	if tx.seals[at] == nil {
		if tx.seals == nil {
			tx.seals = map[Rows]*seal{}
		}
		tx.seals[at] = &seal{}
	}
	return tx.seals[at]
}

// writeSeals brings the seals in the catalog up to date.
func (tx *transaction) writeSeals(ctx context.Context) error {
	keys := slices.SortedFunc(maps.Keys(tx.seals), compareRows)
	for _, of := range keys {
		now, err := readSeal(ctx, tx, of)
		if err != nil {
			return err
		}
		if now == (seal{}) {
			_, err = tx.ExecContext(ctx, `DELETE FROM seals WHERE kind = ? AND owner = ?`, of.Kind, of.Owner)
		} else {
			_, err = tx.ExecContext(ctx, `INSERT INTO seals (kind, owner, count, sum) VALUES (?1, ?2, ?3, ?4)
				ON CONFLICT (kind, owner) DO UPDATE SET count = ?3, sum = ?4`, of.Kind, of.Owner, now.count, now.blob())
		}
		if err != nil {
			return err
		}
	}
	tx.seals = nil
	return nil
}

func compareRows(a, b Rows) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Owner, b.Owner))
}

// readSeal returns a seal as it is now, in the midst of a change, too; that of no rows if there is none.
func readSeal(ctx context.Context, q queryer, of Rows) (s seal, err error) {
	s, err = scanSeal(q.QueryRowContext(ctx, `SELECT count, sum FROM seals WHERE kind = ? AND owner = ?`, of.Kind, of.Owner))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return s, err
	}
	if tx, ok := q.(*transaction); ok && tx.seals[of] != nil {
		s.plus(*tx.seals[of])
	}
	return s, nil
}

// hold returns ErrDamage if rows are not as they were sealed.
func hold(ctx context.Context, q queryer, of Rows, found seal) error {
	sealed, err := readSeal(ctx, q, of)
	if err == nil && sealed != found {
		err = of.damaged()
	}
	return err
}

// readSeals returns the seals of a kind, or all if it is "".
func readSeals(ctx context.Context, q queryer, kind RowKind) (map[Rows]seal, error) {
	seals := map[Rows]seal{}
	_, err := list(ctx, q, func(row scanner) (struct{}, error) {
		var of Rows
		s, err := scanSeal(row, &of.Kind, &of.Owner)
		seals[of] = s
		return struct{}{}, err
	}, `SELECT kind, owner, count, sum FROM seals WHERE ?1 IN ('', kind)`, kind)
	return seals, err
}

// holdAll returns ErrDamage if rows of a kind are not as all of the kind were sealed.
func holdAll(ctx context.Context, q queryer, kind RowKind, found map[Rows]*seal) error {
	sealed, err := readSeals(ctx, q, kind)
	if err != nil {
		return err
	}
	if differing := differing(sealed, found); len(differing) > 0 {
		return differing[0].damaged()
	}
	return nil
}

// differing returns the rows that are not as they were sealed, in order.
func differing(sealed map[Rows]seal, found map[Rows]*seal) (out []Rows) {
	for of, s := range sealed {
		if f := found[of]; f == nil || *f != s {
			out = append(out, of)
		}
	}
	for of, f := range found {
		if _, ok := sealed[of]; !ok && *f != (seal{}) {
			out = append(out, of)
		}
	}
	slices.SortFunc(out, compareRows)
	return out
}

// tally adds rows up.
type tally map[Rows]*seal

func (t tally) add(kind RowKind, owner string, row rowText) {
	of := Rows{kind, owner}
	if t[of] == nil {
		t[of] = &seal{}
	}
	t[of].add(row)
}

// The texts of rows.

func (s Store) row() rowText {
	t := rowText(nil).texts(s.ID, s.Name, s.ARN, s.Status, s.Kind, s.Selectors, s.BillingMode, s.RetentionFrom, s.RestoredStatus).
		numbers(int64(s.RetentionDays), micros(s.Created), micros(s.Updated), s.Newest.UnixMilli(), micros(s.Deleted), s.Floor, int64(len(s.Tags))).
		flags(s.TerminationProtection, s.MultiRegion, s.Organization, s.Newest.IsZero(), s.Deleted.IsZero(), s.HasFloor)
	for _, tag := range s.Tags {
		t = t.texts(tag.Key, tag.Value)
	}
	return t
}

func (f DataFile) row() rowText {
	return make(rowText, 0, 256+len(f.Statistics)).texts(f.ID, f.StoreID, f.ImportID, f.Path, f.Checksum).
		numbers(f.CalendarDay, f.Rows, f.Bytes, f.RawBytes, f.MinEventTime, f.MaxEventTime, micros(f.Created), int64(len(f.Statistics))).
		flags(f.HasEventTime, f.Statistics != nil).with(f.Statistics)
}

func (t rowText) with(b []byte) rowText { return append(t, b...) }

func (i Import) row() rowText {
	e, a, b := i.Counts, i.ArchiveCounts, i.ByteCounts
	return rowText(nil).texts(i.ID, i.StoreID, i.Status).numbers(micros(i.Started), micros(i.Finished),
		e.Read, e.Kept, e.Filtered, e.Expired, e.Duplicate, e.Failed, e.Conflicting,
		a.Found, a.Imported, a.Unchanged, a.Failed, a.Ignored, b.Compressed, b.Raw, b.Stored, int64(len(i.Sources))).
		flags(i.Finished.IsZero()).texts(i.Sources...)
}

func (a Archive) row() rowText {
	return make(rowText, 0, 256).texts(a.StoreID, a.ImportID, a.Digest, a.Path).numbers(a.CompressedBytes, a.RawBytes, a.Events)
}

// The rows of three tables are sealed together: the first text says of which table one is.

func (a PartialArchive) row() rowText {
	return make(rowText, 0, 256).texts("partial archive", a.StoreID, a.ImportID, a.Path, a.Digest)
}

func (v Verdict) row() rowText {
	return make(rowText, 0, 256).texts("verdict", v.StoreID, v.ImportID, v.Digest, v.Member, v.Verdict)
}

func (v Verification) row() rowText {
	return rowText(nil).texts("verification", v.StoreID, v.ImportID, v.Summary)
}

func (o Object) row() rowText {
	text := make(rowText, 0, 256).texts(o.StoreID, o.Path, o.Version, o.Digest)
	if o.Ignored != "" { // a column that came later: rows without it are sealed as they were
		text = text.texts(o.Ignored)
	}
	return text
}

func (f Failure) row() rowText {
	return make(rowText, 0, 256).numbers(f.Number, f.Offset).texts(f.Path, f.Pointer, f.Code, f.Reason)
}

func (p Purge) row() rowText {
	return rowText(nil).texts(p.StoreID, p.StoreName, p.Rule).numbers(p.ID, micros(p.At), p.CalendarDay, p.Files, p.Rows, p.Bytes, p.NotBefore).
		flags(p.HasDay, p.HasNotBefore)
}

func (f PurgedFile) row() rowText {
	return rowText(nil).texts(f.Path, f.StoreID).numbers(micros(f.Purged))
}
