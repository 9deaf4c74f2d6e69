package catalog

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlake/ctlake/storage/laketest"
)

// full returns the path of a catalog, closed, with rows of every kind.
func full(t testing.TB) string {
	t.Helper()
	c, path := made(t)
	tagged := store("o", "other")
	tagged.Tags = []Tag{{"team", "blue"}, {"cost", ""}}
	must(t, create(c, tagged))
	must(t, create(c, store("g", "gone")))
	must(t, begin(c, Import{ID: "j", StoreID: "o", Status: "IN_PROGRESS", Sources: []string{"a", "b c"}, Started: start}))
	for n := 1; n <= 3; n++ {
		must(t, c.Commit(ctx, group(n, 12)))
	}
	must(t, c.Commit(ctx, ImportCommit{ImportID: "j", StoreID: "o", Failures: []Failure{{Path: "x", Offset: 5, Pointer: "/Records/0", Code: "C", Reason: "why"}},
		Archives: []Archive{{StoreID: "o", ImportID: "j", Digest: "e", Path: "logs/e.json.gz", Events: 9}}, Counts: Counts{Read: 9, Kept: 9}}))
	must(t, c.FinishImport(ctx, "j", "COMPLETED", start.Add(time.Minute), []Failure{{Path: "y", Reason: "how"}}))
	must(t, c.CommitVerdicts(ctx, VerdictCommit{Verification: Verification{StoreID: "o", ImportID: "j", Summary: `{"verified":1}`}, Verdicts: []Verdict{{Digest: "e", Verdict: "verified"}}}))
	_, err := c.Purge(ctx, PurgeCommit{StoreID: "s", FileIDs: []string{"000001-000000", "000002-000001"}, NotBefore: 7, Floor: 5, Rule: "age", At: start})
	must(t, err)
	merged := file("m", 2)
	merged.Rows = 2
	must(t, c.Merge(ctx, MergeCommit{StoreID: "s", FileIDs: []string{"000001-000002", "000002-000002"}, File: merged, At: start}))
	must(t, c.ForgetPurgedFiles(ctx, []string{"p/000001-000000"}))
	_, err = c.DropStore(ctx, "g", "deleted", start, func(Store) error { return nil })
	must(t, err)
	_, err = c.UpdateStore(ctx, "o", func(s *Store, _ Use) error { s.Status = "STOPPED_INGESTION"; return nil })
	must(t, err)
	must(t, c.SetClock(ctx, start))
	must(t, c.SetClock(ctx, start.Add(time.Hour)))
	must(t, c.Close())
	return path
}

// said returns what a catalog says to queries and commands, and what nobody holds against a seal but the check.
func said(c *Catalog) (text, unheld string, err error) {
	var b strings.Builder
	stores, err := c.Stores(ctx)
	for _, s := range stores {
		if err == nil {
			var snapshot Snapshot
			snapshot, err = c.Snapshot(ctx, s.ID)
			fmt.Fprintf(&b, "%+v\n", snapshot)
		}
	}
	if err != nil {
		return "", "", err
	}
	imports, err := c.Imports(ctx, "")
	if err != nil {
		return "", "", err
	}
	log, err := c.Purges(ctx, "")
	if err != nil {
		return "", "", err
	}
	purged, err := c.PurgedFiles(ctx)
	if err != nil {
		return "", "", err
	}
	last, err := c.Clock(ctx)
	if err != nil {
		return "", "", err
	}
	fmt.Fprintf(&b, "%+v\n%+v\n%+v\n%+v\n", imports, log, purged, last)
	var u strings.Builder
	for _, i := range imports {
		failures, err := c.Failures(ctx, i.ID, 0, 1000)
		fmt.Fprintf(&u, "%+v %v\n", failures, err)
	}
	for _, s := range stores {
		err := c.Verdicts(ctx, s.ID, func(v ArchiveVerdict) error {
			if v.Verdict != "" {
				fmt.Fprintf(&u, "%+v\n", v)
			}
			return nil
		})
		fmt.Fprintln(&u, err)
		for n := range 4 {
			for f := range 12 {
				known, err := c.HasArchive(ctx, s.ID, fmt.Sprintf("%06d-%06d", n, f))
				fmt.Fprintln(&u, known, err)
			}
		}
		for _, f := range []string{"m", "000001-000003", "000001-000000"} {
			known, err := c.HasDataFile(ctx, f)
			fmt.Fprintln(&u, known, err)
		}
		err = c.Dump(ctx, s.ID, func(row DumpRow) error {
			if row.Archive != nil {
				fmt.Fprintf(&u, "%+v\n", *row.Archive)
			}
			return nil
		})
		fmt.Fprintln(&u, err)
	}
	return b.String(), u.String(), nil
}

var everyFlip = flag.Bool("every-flip", false, "flip each bit of the catalog, not some hundreds of them")

// Whichever bit of a catalog changes: what it says is what it said, or an error. What is not held against a seal whenever it is
// read may be something else; then Integrity finds it.
func TestFlippedBits(t *testing.T) {
	path := full(t)
	c, err := OpenReadOnly(ctx, path)
	must(t, err)
	want, wantUnheld, err := said(c)
	must(t, err)
	if problems, err := c.Integrity(ctx); len(problems) > 0 || err != nil {
		t.Fatalf("the sound catalog: %v, %v", problems, err)
	}
	must(t, c.Close())
	sound, err := os.ReadFile(path)
	must(t, err)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	used := inUse(sound)
	t.Logf("seed %d; %d of %d bytes are in use", seed, len(used), len(sound))
	var flips []int // numbers of bits
	switch {
	case *everyFlip:
		for _, at := range used {
			for bit := range 8 {
				flips = append(flips, 8*at+bit)
			}
		}
	default:
		tries := 300
		if testing.Short() {
			tries = 60
		}
		for range tries {
			flips = append(flips, 8*used[random.IntN(len(used))]+random.IntN(8))
		}
	}
	for range len(flips) / 4 { // and anywhere
		flips = append(flips, random.IntN(8*len(sound)))
	}
	flipped := filepath.Join(laketest.Dir(t), "catalog.db") // opened thousands of times
	var refused, noticed, harmless int
	quiet := map[int][]int{} // harmless ones of bytes in use
	for n, bit := range flips {
		changed := append([]byte{}, sound...)
		changed[bit/8] ^= 1 << (bit % 8)
		must(t, os.WriteFile(flipped, changed, 0o600))
		c, err := OpenReadOnly(ctx, flipped)
		if err != nil {
			refused++
			continue
		}
		got, unheld, err := said(c)
		if err == nil && got != want {
			t.Errorf("bit %d of byte %d: it says\n%s\nwhere it said\n%s", bit%8, bit/8, got, want)
		}
		problems, failed := c.Integrity(ctx)
		switch {
		case len(problems) > 0 || failed != nil:
			noticed++
		case err != nil:
			t.Errorf("bit %d of byte %d: the check finds nothing, but %v", bit%8, bit/8, err)
		case unheld != wantUnheld:
			t.Errorf("bit %d of byte %d: the check finds nothing, and it says\n%s\nwhere it said\n%s", bit%8, bit/8, unheld, wantUnheld)
		default:
			harmless++
			if n < len(flips)*4/5 {
				quiet[bit/8] = append(quiet[bit/8], bit%8)
			}
		}
		must(t, c.Close())
		if t.Failed() {
			return
		}
	}
	for _, at := range slices.Sorted(maps.Keys(quiet)) {
		t.Logf("harmless: bits %v of byte %d of page %d", quiet[at], at%pageBytes, 1+at/pageBytes)
	}
	t.Logf("%d flips: %d are refused when the catalog is opened, %d are found by the check, %d change nothing", refused+noticed+harmless, refused, noticed, harmless)
}

// pageBytes is the size of the pages of catalogs.
const pageBytes = 4096

// inUse returns the bytes of a database file that hold something: its header, and of the pages of tables and indexes their
// headers, cells and the list of these. Neither what lies between, nor free pages.
func inUse(db []byte) (at []int) {
	be := binary.BigEndian
	free := map[int]bool{}
	for trunk := int(be.Uint32(db[32:])); trunk != 0; {
		page := db[(trunk-1)*pageBytes:]
		free[trunk] = true
		for i := range int(be.Uint32(page[4:])) {
			free[int(be.Uint32(page[8+4*i:]))] = true
		}
		trunk = int(be.Uint32(page))
	}
	add := func(from, count int) {
		for i := range count {
			at = append(at, from+i)
		}
	}
	varint := func(b []byte) (v, n int) {
		for n < 8 && b[n] >= 0x80 {
			v, n = v<<7|int(b[n]&0x7f), n+1
		}
		return v<<7 | int(b[n]), n + 1
	}
	for number := 1; number*pageBytes <= len(db); number++ {
		start := (number - 1) * pageBytes
		header := start
		if number == 1 {
			add(0, 100)
			header = 100
		}
		kind := db[header]
		size := map[byte]int{2: 12, 5: 12, 10: 8, 13: 8}[kind] // interior and leaf of an index, of a table
		switch {
		case free[number]:
			continue
		case size == 0: // the rest of a long row
			add(start, pageBytes)
			continue
		}
		cells := int(be.Uint16(db[header+3:]))
		add(header, size+2*cells)
		for i := range cells {
			cell := start + int(be.Uint16(db[header+size+2*i:]))
			head, payload := 0, 0
			if kind == 2 || kind == 5 {
				head = 4
			}
			n := 0
			if kind != 5 {
				payload, n = varint(db[cell+head:])
				head += n
			}
			if kind == 5 || kind == 13 {
				_, n = varint(db[cell+head:])
				head += n
			}
			most, least := (pageBytes-12)*64/255-23, (pageBytes-12)*32/255-23
			if kind == 13 {
				most = pageBytes - 35
			}
			if payload > most {
				if payload = least + (payload-least)%(pageBytes-4); payload > most {
					payload = least
				}
				payload += 4
			}
			add(cell, head+payload)
		}
	}
	return at
}

// What is changed behind the back of the catalog: who says so, and that no later commit makes it good.
func TestChangedRows(t *testing.T) {
	sound, err := os.ReadFile(full(t))
	must(t, err)
	for _, c := range []struct {
		change string
		rows   Rows // that Integrity names
		read   func(c *Catalog) error
	}{
		{`UPDATE stores SET retention_days = 7 WHERE id = 's'`, Rows{StoreRows, "s"}, func(c *Catalog) error { _, err := c.Store(ctx, "s"); return err }},
		{`UPDATE stores SET retention_days = 7 WHERE id = 's'`, Rows{StoreRows, "s"}, func(c *Catalog) error { _, err := c.Stores(ctx); return err }},
		{`UPDATE tags SET value = 'red' WHERE key = 'team'`, Rows{StoreRows, "o"}, func(c *Catalog) error { _, err := c.Snapshot(ctx, "o"); return err }},
		{`DELETE FROM stores WHERE id = 'o'`, Rows{StoreRows, "o"}, func(c *Catalog) error { _, err := c.Stores(ctx); return err }},
		{`UPDATE data_files SET min_millis = NULL WHERE id = 'm'`, Rows{DataFileRows, "s"}, func(c *Catalog) error { _, err := c.Snapshot(ctx, "s"); return err }},
		{`DELETE FROM data_files WHERE id = 'm'`, Rows{DataFileRows, "s"}, func(c *Catalog) error { _, err := c.DataFiles(ctx, "s"); return err }},
		{`UPDATE imports SET events_kept = 0 WHERE id = 'j'`, Rows{ImportRows, "j"}, func(c *Catalog) error { _, err := c.Import(ctx, "j"); return err }},
		{`DELETE FROM imports WHERE id = 'j'`, Rows{ImportRows, "j"}, func(c *Catalog) error { _, err := c.Imports(ctx, ""); return err }},
		{`UPDATE imports SET finished = NULL WHERE id = 'j'`, Rows{ImportRows, "j"}, func(c *Catalog) error { _, err := c.Imports(ctx, "o"); return err }},
		{`UPDATE archives SET path = 'logs/f.json.gz' WHERE sha256 = 'e'`, Rows{ArchiveRows, "j"}, func(c *Catalog) error { return c.Dump(ctx, "o", func(DumpRow) error { return nil }) }},
		{`DELETE FROM archives WHERE sha256 = 'e'`, Rows{ArchiveRows, "j"}, func(c *Catalog) error { return c.Dump(ctx, "o", func(DumpRow) error { return nil }) }},
		{`UPDATE import_failures SET number = 3 WHERE import_id = 'j' AND number = 2`, Rows{FailureRows, "j"}, func(c *Catalog) error { return c.Dump(ctx, "o", func(DumpRow) error { return nil }) }},
		{`UPDATE verdicts SET verdict = 'unverified'`, Rows{VerdictRows, "o"}, func(c *Catalog) error { return c.Verdicts(ctx, "o", func(ArchiveVerdict) error { return nil }) }},
		{`DELETE FROM verifications`, Rows{VerdictRows, "o"}, func(c *Catalog) error { return c.Verdicts(ctx, "o", func(ArchiveVerdict) error { return nil }) }},
		{`UPDATE archives SET path = 'logs/f.json.gz' WHERE sha256 = 'e'`, Rows{ArchiveRows, "j"}, func(c *Catalog) error { return c.Verdicts(ctx, "o", func(ArchiveVerdict) error { return nil }) }},
		{`UPDATE purges SET row_count = row_count + 1 WHERE store_id = 's'`, Rows{PurgeRows, "s"}, func(c *Catalog) error { _, err := c.Purges(ctx, "s"); return err }},
		{`DELETE FROM purges WHERE store_id = 'g'`, Rows{PurgeRows, "g"}, func(c *Catalog) error { _, err := c.Purges(ctx, ""); return err }},
		{`UPDATE purged_files SET path = 'p/m' WHERE path = 'p/000001-000002'`, Rows{PurgedFileRows, ""}, func(c *Catalog) error { _, err := c.PurgedFiles(ctx); return err }},
		{`UPDATE clock SET last = last + 1`, Rows{ClockRows, ""}, func(c *Catalog) error { _, err := c.Clock(ctx); return err }},
		{`DELETE FROM clock`, Rows{ClockRows, ""}, func(c *Catalog) error { _, err := c.Clock(ctx); return err }},
		{`DELETE FROM seals WHERE kind = 'archives' AND owner = 'j'`, Rows{ArchiveRows, "j"}, func(c *Catalog) error { return c.Dump(ctx, "o", func(DumpRow) error { return nil }) }},
		{`UPDATE seals SET sum = zeroblob(32) WHERE kind = 'store' AND owner = 's'`, Rows{StoreRows, "s"}, func(c *Catalog) error { _, err := c.Store(ctx, "s"); return err }},
		{`UPDATE seals SET owner = 'x' WHERE kind = 'clock'`, Rows{ClockRows, ""}, func(c *Catalog) error { _, err := c.Clock(ctx); return err }},
		{`UPDATE stores SET organization = 7 WHERE id = 's'`, Rows{StoreRows, "s"}, func(c *Catalog) error { _, err := c.Store(ctx, "s"); return err }},
		{`UPDATE imports SET sources = '["a"' WHERE id = 'j'`, Rows{ImportRows, "j"}, func(c *Catalog) error { _, err := c.Import(ctx, "j"); return err }},
	} {
		t.Run(c.change, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "catalog.db")
			must(t, os.WriteFile(path, sound, 0o600))
			cat := opened(t, path)
			_, err := cat.write.Exec("PRAGMA foreign_keys = OFF")
			must(t, err)
			result, err := cat.write.Exec(c.change)
			must(t, err)
			if n, err := result.RowsAffected(); n == 0 || err != nil {
				t.Fatalf("nothing was changed: %v", err)
			}
			found := func(when string) {
				t.Helper()
				wantError(t, when, c.read(cat), ErrDamage)
				problems, err := cat.Integrity(ctx)
				must(t, err)
				named := false
				for _, p := range problems {
					named = named || p.Rows == c.rows
				}
				if !named {
					t.Errorf("%s: %v is not among %v", when, c.rows, problems)
				}
			}
			found("at once")
			// Whatever is committed, or refused, afterwards.
			err = errors.Join(cat.Commit(ctx, ImportCommit{ImportID: "i", StoreID: "s", Files: []DataFile{file("n", 3)}, NewestEventTime: start.Add(time.Hour)}),
				cat.Commit(ctx, ImportCommit{ImportID: "j", StoreID: "o", Failures: []Failure{{Path: "z"}}}))
			if err != nil && !errors.Is(err, ErrDamage) && !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
			_, err = cat.Purge(ctx, PurgeCommit{StoreID: "s", FileIDs: []string{"000003-000005"}, At: start})
			if err != nil && !errors.Is(err, ErrDamage) {
				t.Error(err)
			}
			found("after more commits")
		})
	}
}

// The definitions of tables are part of what is checked: a default or a rule that changed would show much later.
func TestChangedSchema(t *testing.T) {
	c, _ := made(t)
	for _, statement := range []string{
		`PRAGMA writable_schema = ON`,
		`UPDATE sqlite_schema SET sql = replace(sql, 'events_read      INTEGER NOT NULL DEFAULT 0', 'events_read      INTEGER NOT NULL DEFAULT 1') WHERE name = 'imports'`,
		`PRAGMA writable_schema = OFF`,
	} {
		_, err := c.write.Exec(statement)
		must(t, err)
	}
	problems, err := c.Integrity(ctx)
	must(t, err)
	same(t, "problems", problems, []Problem{{Text: "the definition of the table imports is not what it should be"}})
}

func TestSums(t *testing.T) {
	a, b := rowText(nil).texts("a", ""), rowText(nil).texts("", "a")
	var one, other seal
	one.add(a)
	one.add(b)
	other.add(b)
	other.add(a)
	same(t, "in another order", one.blob(), other.blob())
	if sealOf(a) == sealOf(b) {
		t.Error("values that lie otherwise in their columns have the same seal")
	}
	other.remove(a)
	if other != sealOf(b) {
		t.Error("what was removed is in the sum")
	}
	other.remove(b)
	if other != (seal{}) {
		t.Error("the sum of nothing is not 0")
	}
	var twice seal
	twice.minus(sealOf(a)) // below 0, and back
	twice.add(b)
	twice.add(a)
	if twice != sealOf(b) {
		t.Error("a sum below 0 does not come back")
	}
}
