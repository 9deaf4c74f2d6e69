package storage

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ctlake/ctlake/storage/domain"
	"github.com/ctlake/ctlake/storage/orc"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// Verify reads a data file of the snapshot and compares it, whole, with the SHA-256 that the
// catalog has of it: orc.ErrCorrupt if it is another, fs.ErrNotExist if it is not there.
func (s *Snapshot) Verify(ctx context.Context, f DataFile) (err error) {
	file, err := s.lake.disk.Open(f.Path)
	if err != nil {
		return fmt.Errorf("open data file %s: %w", f.Path, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if file.Size() != f.Bytes {
		return sizeError(f, file.Size())
	}
	sum := sha256.New()
	buffer := make([]byte, 1<<20)
	for r := io.NewSectionReader(file, 0, f.Bytes); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := r.Read(buffer)
		_, _ = sum.Write(buffer[:n])
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read data file %s: %w", f.Path, err)
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.Checksum {
		return fmt.Errorf("data file %s has the SHA-256 %s where the catalog says %s: %w", f.Path, got, f.Checksum, orc.ErrCorrupt)
	}
	return nil
}

// isDamage reports whether an error of Verify says something about the file, and not about this process or its host.
func isDamage(err error) bool {
	return errors.Is(err, orc.ErrCorrupt) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.EIO)
}

// SkipDamaged leaves the data files out of the snapshot that are not there or not what was
// written, and says which, in order. It reads all of them.
func (s *Snapshot) SkipDamaged(ctx context.Context, left func(f DataFile, err error)) error {
	damage := make([]error, len(s.Files))
	var wg sync.WaitGroup
	next := make(chan int)
	for range max(1, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for i := range next {
				damage[i] = s.Verify(ctx, s.Files[i])
			}
		})
	}
	for i := range s.Files {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return err
	}
	var sound []DataFile
	for i, f := range s.Files {
		if isDamage(damage[i]) {
			left(f, damage[i])
			continue
		}
		if damage[i] != nil {
			return damage[i]
		}
		sound = append(sound, f)
	}
	s.Files = sound
	return nil
}

func sizeError(f DataFile, size int64) error {
	return fmt.Errorf("data file %s has %d bytes where the catalog says %d: %w", f.Path, size, f.Bytes, orc.ErrCorrupt)
}

// examine looks at one data file. The error is that of ctx, or of a host on which it cannot be looked at.
func (s *Snapshot) examine(ctx context.Context, f DataFile, deep bool, out *examined) error {
	damage := s.Verify(ctx, f)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(damage, fs.ErrNotExist) {
		// Retention may have been faster.
		if still, err := s.lake.catalog.HasDataFile(ctx, f.ID); err == nil && !still {
			return nil
		}
		out.findings = append(out.findings, s.found(f, FoundMissing, "it is not there"))
		return nil
	}
	if damage != nil && !isDamage(damage) {
		return damage
	}
	if damage != nil {
		out.findings = append(out.findings, s.found(f, FoundDamaged, "%s", strings.TrimPrefix(damage.Error(), "data file "+f.Path+" ")))
	}
	x := &examination{snapshot: s, file: f, out: out, kind: FoundWrong, deep: deep || damage != nil}
	if damage != nil {
		x.kind = FoundDamaged // what follows says where
	}
	x.run(ctx)
	if damage != nil {
		out.keys, out.names = nil, nil
	}
	return ctx.Err()
}

// examination is the look at the inside of a data file.
type examination struct {
	snapshot *Snapshot
	file     DataFile
	out      *examined
	kind     FindingKind // of what is found
	deep     bool
	found    int
	counts   map[string]map[orc.ValueCount]int64 // by column that the file has counted the values of: the rows of each in the stripes read so far
}

// maxFindings bounds what is said of one file.
const maxFindings = 20

func (x *examination) say(problem string, args ...any) {
	if x.found++; x.found <= maxFindings {
		x.out.findings = append(x.out.findings, x.snapshot.found(x.file, x.kind, problem, args...))
	}
}

func (x *examination) run(ctx context.Context) {
	file, err := x.snapshot.openUnmeasured(x.file)
	if err != nil {
		x.say("%v", err)
		return
	}
	defer func() {
		if err := file.Close(); err != nil {
			x.say("close: %v", err)
		}
	}()
	if file.Rows() != x.file.Rows {
		x.say("it has %d rows where the catalog says %d", file.Rows(), x.file.Rows)
	}
	for _, m := range []struct{ name, want string }{{metaDay, fmt.Sprint(x.file.Day.Calendar())}, {metaStore, x.snapshot.Store.ID}} {
		if got, ok := file.MetadataValue(m.name); ok && string(got) != m.want {
			x.say("its metadata says %s %q, the catalog %q", m.name, got, m.want)
		}
	}
	rows := int64(0)
	for i, info := range file.Stripes() {
		rows += info.Rows
		if !x.deep {
			continue
		}
		if err := x.stripe(ctx, file.File, i); err != nil {
			if ctx.Err() != nil {
				return
			}
			x.say("stripe %d: %v", i, err)
		}
	}
	if x.deep && x.found == 0 {
		x.holdCounts(file.File)
	}
	if rows != file.Rows() {
		x.say("its stripes have %d rows, its footer says %d", rows, file.Rows())
	}
	if x.found > maxFindings {
		x.out.findings = append(x.out.findings, x.snapshot.found(x.file, x.kind, "and %d problems more", x.found-maxFindings))
	}
}

// stripe reads all of a stripe.
func (x *examination) stripe(ctx context.Context, file *orc.File, number int) error {
	stripe, err := file.Stripe(number)
	if err != nil {
		return err
	}
	for _, c := range x.snapshot.Store.Table().Columns {
		if err := ctx.Err(); err != nil {
			return err
		}
		x.column(file, stripe, number, []string{c.Name}, c.Type)
	}
	x.content(stripe, number)
	return nil
}

// column reads a column, a struct by its fields, and holds the statistics against it.
func (x *examination) column(file *orc.File, stripe *orc.StripeReader, number int, path []string, t types.Type) {
	name := strings.Join(path, ".")
	if t.Is(types.Row) {
		for _, field := range t.Fields() {
			x.column(file, stripe, number, append(path[:len(path):len(path)], field.Name), field.Type)
		}
		return
	}
	column, err := stripe.Column(path)
	if errors.Is(err, orc.ErrNoColumn) {
		return // written before the column was there
	}
	var v vector.Vector
	if err == nil {
		v, err = column.Read(0, stripe.Rows())
	}
	if err != nil {
		x.say("stripe %d, column %s: %v", number, name, err)
		return
	}
	if !v.Type().Equal(t) {
		x.say("column %s has type %s, not %s", name, v.Type(), t)
		return
	}
	if t.Physical() == types.Nested {
		return
	}
	if t.Is(types.Varchar) && HasValueCounts(file, path) {
		x.count(orc.PathOf(path...), v)
	}
	if known, err := file.StripeStatistics(number, path); err == nil {
		if wrong := contradiction(known, v, 0, v.Len()); wrong != "" {
			x.say("stripe %d, column %s: the stripe's statistics are wrong: %s", number, name, wrong)
		}
	}
	groups, err := stripe.RowGroupStatistics(path)
	if err != nil && !errors.Is(err, orc.ErrUnsupported) {
		x.say("stripe %d, column %s: row index: %v", number, name, err)
		return
	}
	from := 0
	for g, group := range stripe.RowGroups() {
		to := from + int(group.Rows)
		if g < len(groups) {
			if wrong := contradiction(groups[g], v, from, to); wrong != "" {
				x.say("stripe %d, row group %d, column %s: its statistics are wrong: %s", number, g, name, wrong)
			}
		}
		if stripe.HasBloomFilter(path) {
			x.bloom(stripe, number, g, path, v, from, to)
		}
		from = to
	}
}

// count counts the values of a column of a stripe.
func (x *examination) count(path string, v vector.Vector) {
	counts := x.counts[path]
	if counts == nil {
		counts = map[orc.ValueCount]int64{}
		if x.counts == nil {
			x.counts = map[string]map[orc.ValueCount]int64{}
		}
		x.counts[path] = counts
	}
	values := vector.ViewOf[string](v)
	for row := range v.Len() {
		if values.Nulls.Has(row) {
			counts[orc.ValueCount{Null: true}]++
		} else {
			counts[orc.ValueCount{Value: values.Get(row)}]++
		}
	}
}

// holdCounts holds what the file says of values against its rows.
func (x *examination) holdCounts(file *orc.File) {
	text, _ := file.MetadataValue(metaCounts)
	x.holdTexts(text, file.Rows())
}

// holdTexts is holdCounts of what stands in the metadata of a file of so many rows.
func (x *examination) holdTexts(text []byte, rows int64) {
	for len(text) > 0 {
		name, rest, ok := cutPrefixed(text)
		if ok {
			rest, text, ok = cutPrefixed(rest)
		}
		if !ok {
			x.say("%v", badCounts())
			return
		}
		said, err := parseValueCounts(rest, rows)
		if err != nil {
			x.say("column %s: %v", name, err)
			continue
		}
		wrong := len(said) != len(x.counts[string(name)])
		for _, v := range said {
			wrong = wrong || x.counts[string(name)][orc.ValueCount{Value: v.Value, Null: v.Null}] != v.Rows
		}
		if wrong {
			x.say("column %s: its metadata counts other values than it has", name)
		}
	}
}

// contradiction says what is wrong with statistics of the rows from..to-1 of v; "" if nothing is.
func contradiction(s domain.Statistics, v vector.Vector, from, to int) string {
	if s.Rows != int64(to-from) {
		return fmt.Sprintf("%d rows, not %d", s.Rows, to-from)
	}
	compare := vector.Comparer(v.Type())
	least, most := -1, -1
	for row := from; row < to; row++ {
		if v.Nulls().Has(row) {
			if !s.HasNull && !s.AllNull {
				return fmt.Sprintf("row %d is NULL, against them", row)
			}
			continue
		}
		if least < 0 || compare(v, row, v, least) < 0 {
			least = row
		}
		if most < 0 || compare(v, row, v, most) > 0 {
			most = row
		}
	}
	for _, row := range []int{least, most} {
		if row < 0 {
			continue
		}
		if s.AllNull || !domain.Single(v.Type(), vector.ValueAt(v, row)).MayMatch(s) {
			return fmt.Sprintf("they exclude the value of row %d", row)
		}
	}
	return ""
}

// bloom holds that a bloom filter has each value of a row group.
func (x *examination) bloom(stripe *orc.StripeReader, number, group int, path []string, v vector.Vector, from, to int) {
	asked := map[string]bool{}
	values := vector.ViewOf[string](v)
	for row := from; row < to; row++ {
		if values.Nulls.Has(row) || asked[values.Get(row)] {
			continue
		}
		asked[values.Get(row)] = true
		if has, err := stripe.MayContain(path, group, values.Get(row)); err != nil || !has {
			x.say("stripe %d, row group %d, column %s: the bloom filter has not the value of row %d (%v)", number, group, strings.Join(path, "."), row, err)
			return
		}
	}
}

// content holds the days, times and checksums of events against each other and the catalog, and takes down their keys.
func (x *examination) content(stripe *orc.StripeReader, number int) {
	columns := map[string]vector.Vector{}
	for _, name := range []string{schema.EventTime, schema.EventID, schema.Recipient, schema.EventJSON, schema.Checksum} {
		column, err := stripe.Column([]string{name})
		if err == nil {
			columns[name], err = column.Read(0, stripe.Rows())
		}
		if err != nil {
			return // column has said so
		}
	}
	times := vector.ViewOf[int64](columns[schema.EventTime])
	text := func(name string) vector.View[string] { return vector.ViewOf[string](columns[name]) }
	ids, recipients, texts, sums := text(schema.EventID), text(schema.Recipient), text(schema.EventJSON), text(schema.Checksum)
	var scratch []byte
	for row := range stripe.Rows() {
		hasTime := !times.Nulls.Has(row)
		millis := int64(0)
		if hasTime {
			millis = times.Get(row) / 1000
		}
		switch day := DayOf(millis, hasTime); {
		case day != x.file.Day:
			x.say("stripe %d, row %d: an event of %s in a file of %s", number, row, day, x.file.Day)
		case hasTime && (millis < x.file.MinEventTime || millis > x.file.MaxEventTime):
			x.say("stripe %d, row %d: its eventtime %s is not between those that the catalog says", number, row, time.UnixMilli(millis).UTC().Format(time.RFC3339))
		}
		if texts.Nulls.Has(row) || sums.Nulls.Has(row) {
			x.say("stripe %d, row %d: eventjson or eventjsonchecksum is NULL", number, row)
			continue
		}
		sum := sha256.Sum256([]byte(texts.Get(row)))
		if base64.StdEncoding.EncodeToString(sum[:]) != sums.Get(row) {
			x.say("stripe %d, row %d: eventjsonchecksum is not the SHA-256 of eventjson", number, row)
		}
		key, id := KeyOfContent(sum), ""
		if !ids.Nulls.Has(row) {
			recipient := ""
			if !recipients.Nulls.Has(row) {
				recipient = recipients.Get(row)
			}
			id = ids.Get(row)
			key, scratch = KeyOf([]byte(id), []byte(recipient), sum, scratch)
		}
		x.out.keys, x.out.names = append(x.out.keys, key), append(x.out.names, id)
	}
}
