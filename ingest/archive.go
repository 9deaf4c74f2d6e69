package ingest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"strings"
	"unsafe"

	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/ingest/record"
	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/schema"
	"github.com/ctlake/ctlake/storage/selector"
)

const (
	// wholeFileBytes is up to which size a file is read into memory at once. A larger one is read twice: for its
	// digest, then for its records. Then it is read, decompressed and scanned by a goroutine each.
	wholeFileBytes = 16 << 20
	// A piece of an archive is handed on when it holds so much.
	pieceRows  = 4096
	pieceBytes = 4 << 20
	// maxListedFailures bounds the failures that are listed of one archive; further ones are counted.
	maxListedFailures = 1000
)

// archive is a file on its way through a worker to the sequencer.
type archive struct {
	file
	// pieces carries what the worker made of the file; closed when it is done. All
	// that follows may be read by the sequencer: digest once a piece came, the rest after the close.
	pieces chan *piece
	digest [sha256.Size]byte
	// streamed: the archive is read once, so that its digest is known only at its end.
	streamed bool
	// version is that of the object that was read; "" if it has none, or was not read since it has not changed.
	version string
	// takes says of each target what the archive is to it.
	takes  []taking
	form   string
	state  archiveState
	reason string // why it was ignored
	err    *format.Error

	read     int64
	raw      int64            // bytes of text
	unstored map[string]int64 // records of kinds that no store takes, by kind
	failures []*format.Error
	passed   []*format.Error // parts without records
	damaged  bool            // failures lists a part that could not be read
	failed   int64           // records that could not be used
}

// taking is what an archive is to one target.
type taking struct {
	known             bool // the store has an archive of this content; it is not recorded again
	passed            bool // therefore it takes nothing of it
	expired, filtered int64
	otherKind         int64
	outOfRange        int64 // not between Options.From and To
}

type archiveState uint8

const (
	imported archiveState = iota
	unchanged
	ignored
	failedArchive
)

// piece is a run of rows for one target, in the order of the archive.
type piece struct {
	target  int
	records *held
	rows    []row
}

// row is what the sequencer decides over.
type row struct {
	key     storage.EventKey
	millis  int64
	hasTime bool
	offset  int64 // where the record begins, in bytes of the text
}

// worker reads archives, one at a time.
type worker struct {
	targets []*target
	reader  *format.Reader
	options *Options
	out     *archive
	ctx     context.Context
	compact []byte
	scratch []byte
	file    []byte // read last
	// inside is the file inside an archive that insidePath names.
	inside, insidePath string
	selected           selector.Event
	// from and to bound the events that are taken, in milliseconds; to is not included.
	from, to int64
}

func limitsOf(o *Options) format.Limits {
	return format.Limits{ExpandRatio: cmp.Or(o.Limits.ExpandRatio, format.DefaultLimits.ExpandRatio),
		ExpandBytes: cmp.Or(o.Limits.ExpandBytes, format.DefaultLimits.ExpandBytes)}
}

func newWorker(ctx context.Context, imports []*storage.Import, programs []*selector.Program, o *Options) *worker {
	w := &worker{ctx: ctx, reader: format.NewReader(limitsOf(o)), options: o, from: math.MinInt64, to: math.MaxInt64}
	w.reader.Only(o.Format)
	if !o.From.IsZero() {
		w.from = o.From.UnixMilli()
	}
	if !o.To.IsZero() {
		w.to = o.To.UnixMilli()
	}
	for i, im := range imports {
		w.targets = append(w.targets, newTarget(im, programs[i]))
	}
	return w
}

// run reads one archive and sends its pieces. It returns only when the archive is
// done; what is wrong with it is kept in it.
func (w *worker) run(a *archive) {
	defer close(a.pieces)
	w.out, w.inside = a, ""
	err := w.read(a)
	var located *format.Error
	switch {
	case err == nil:
		if a.damaged {
			a.state = failedArchive
		}
	case errors.As(err, &located):
		a.state, a.err = failedArchive, located
	default:
		a.state, a.err = failedArchive, &format.Error{Offset: -1, Reason: source.Plain(err).Error(), Err: err}
	}
}

func (w *worker) read(a *archive) error {
	if news, err := w.changed(a); err != nil || !news {
		return err
	}
	a.reason = ""
	content, hash, closing, err := w.open(a)
	if err != nil {
		return err
	}
	defer func() { _ = closing.Close() }() // only read
	if !a.streamed {
		if news, err := w.known(a); err != nil || !news {
			a.state = unchanged
			return err
		}
	}
	w.reader.Ahead = a.streamed || a.Size > wholeFileBytes
	verdict, err := w.reader.Read(content, w)
	a.raw, a.form = verdict.TextBytes, verdict.Form
	a.damaged = a.damaged || verdict.OtherForm // it is to be read again, whole
	if err == nil && verdict.Ignored != "" {
		a.state, a.reason = ignored, verdict.Ignored
	}
	if hash != nil && err == nil && (a.streamed || a.state != ignored) {
		err = w.atEnd(a, content, hash)
	}
	return w.flushAfter(err)
}

// atEnd says by the hash of what was read what it was.
func (w *worker) atEnd(a *archive, content io.Reader, hash hash.Hash) error {
	if _, err := io.Copy(io.Discard, content); err != nil {
		return err
	}
	digest := [sha256.Size]byte(hash.Sum(nil))
	if !a.streamed {
		if digest != a.digest {
			return errors.New("the file changed while it was read")
		}
		return nil
	}
	// Only now is it known. Its events, if they were there before, are duplicates.
	a.digest = digest
	_, err := w.known(a)
	return err
}

// changed reports whether a store wants an archive to be read, as far as its place tells: not if it was imported as it was listed now.
func (w *worker) changed(a *archive) (news bool, err error) {
	a.version = versionOf(a.file)
	if a.version == "" || w.options.Again {
		return true, nil
	}
	for i, t := range w.targets {
		known, ok, err := t.im.KnownObject(w.ctx, a.Path)
		if err != nil || !ok {
			return true, err
		}
		version := a.version
		if known.Ignored != "" {
			version = ignoredVersion(version)
		}
		// A form that is asked for makes failures of ignored files.
		if known.Version != version || i > 0 && known.Ignored != a.reason || known.Ignored != "" && w.options.Format != "" {
			return true, nil
		}
		a.digest, a.reason = known.Digest, known.Ignored // the same for all
	}
	a.version = ""
	if a.reason != "" {
		a.state = ignored
		return false, nil
	}
	a.state = unchanged
	for i := range a.takes {
		a.takes[i].known, a.takes[i].passed = true, true
	}
	return false, nil
}

// ignoredVersion returns the version of an archive that holds no events: they may be found in it by a later revision of the forms.
func ignoredVersion(version string) string {
	return fmt.Sprintf("%s forms %d", version, format.Revision)
}

// versionOf returns what tells the content of a file from any other at its path; "" where the place has no such thing.
func versionOf(f file) string {
	if f.Version == "" {
		return ""
	}
	return fmt.Sprintf("%s %d %d", f.Version, f.Size, f.Modified.UnixMicro())
}

// known asks each store whether it has an archive of this content, and reports whether one is to take it.
func (w *worker) known(a *archive) (news bool, err error) {
	for i, t := range w.targets {
		taking := &a.takes[i]
		if taking.known, err = t.im.Imported(w.ctx, a.digest); err != nil {
			return false, err
		}
		taking.passed = taking.known && !w.options.Again && !a.streamed
		news = news || !taking.passed
	}
	return news, nil
}

// open returns the bytes of an archive, in a bytes.Reader if they lie in memory, and what is to be closed behind them. The
// archive's digest is known, unless it is streamed. Of one that does not lie in memory the hash has that of what was read, at the end.
func (w *worker) open(a *archive) (io.Reader, hash.Hash, io.Closer, error) {
	file, sum := io.NopCloser(a.stream), sha256.New()
	if a.stream == nil {
		opened, err := w.options.filesOf(a.Path).Open(w.ctx, a.File)
		if err != nil {
			return nil, nil, nil, err
		}
		file = opened
	}
	seeker, again := file.(io.Seeker)
	fail := func(err error) (io.Reader, hash.Hash, io.Closer, error) {
		_ = file.Close() // only read
		return nil, nil, nil, err
	}
	if a.Size <= wholeFileBytes || !again {
		whole, err := w.readAll(io.LimitReader(contextReader{w.ctx, file}, wholeFileBytes+1), a.Size)
		switch {
		case err != nil:
			return fail(err)
		case len(whole) <= wholeFileBytes:
			_, _ = sum.Write(whole)
			sum.Sum(a.digest[:0])
			a.Size = int64(len(whole))
			return bytes.NewReader(whole), nil, file, nil
		case again:
			return fail(errors.New("the file grew while it was read"))
		}
		a.streamed = true
		// It is hashed where it is read: beside, since that is done ahead.
		rest := io.MultiReader(bytes.NewReader(whole), contextReader{w.ctx, file})
		return io.TeeReader(rest, io.MultiWriter(sum, (*sizeWriter)(&a.Size))), sum, file, nil
	}
	size, err := io.Copy(sum, contextReader{w.ctx, file})
	if err != nil {
		return fail(err)
	}
	if _, err := seeker.Seek(0, io.SeekStart); err != nil {
		return fail(err)
	}
	sum.Sum(a.digest[:0])
	sum.Reset()
	// What was appended since is another content, which is told when the file is read again.
	return io.TeeReader(io.LimitReader(contextReader{w.ctx, file}, size), sum), sum, file, nil
}

// keptFileBytes is up to which size the memory of a file is used for the next one.
const keptFileBytes = 1 << 20

// readAll reads all of a file of about size bytes. What it returns is valid until the next call.
func (w *worker) readAll(r io.Reader, size int64) ([]byte, error) {
	into := bytes.NewBuffer(w.file)
	into.Grow(int(min(max(size, 0), wholeFileBytes)) + bytes.MinRead)
	_, err := into.ReadFrom(r)
	if w.file = nil; into.Cap() <= keptFileBytes {
		w.file = into.Bytes()[:0]
	}
	return into.Bytes(), err
}

// sizeWriter counts what is written to it.
type sizeWriter int64

func (s *sizeWriter) Write(p []byte) (int, error) {
	*s += sizeWriter(len(p))
	return len(p), nil
}

// contextReader stops reading when the context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// Record implements format.Visitor.
func (w *worker) Record(r format.Record) error {
	w.out.read++
	kind, compacted, taken := "", false, false
	var compact []byte
	var sum [sha256.Size]byte
	for i, t := range w.targets {
		taking := &w.out.takes[i]
		if taking.passed {
			taken = true // by an earlier import
			continue
		}
		event := t.collector.Read(r.Text, r.Scan)
		if kind == "" {
			kind = kindOf(event)
		}
		if !t.takes(kind) {
			t.collector.Discard()
			taking.otherKind++
			continue
		}
		taken = true
		if event.HasTime && (event.Time < w.from || event.Time >= w.to) {
			t.collector.Discard()
			taking.outOfRange++
			continue
		}
		if t.hasNotBefore && event.HasTime && event.Time < t.notBefore {
			t.collector.Discard()
			taking.expired++
			continue
		}
		if t.program != nil && !t.program.Match(w.selection(t.collector)) {
			t.collector.Discard()
			taking.filtered++
			continue
		}
		if !compacted {
			compact, w.compact = record.Compact(r.Text, r.Scan, w.compact)
			sum = sha256.Sum256(compact)
			compacted = true
		}
		decided := row{millis: event.Time, hasTime: event.HasTime, offset: r.Offset}
		if event.EventID.Present {
			decided.key, w.scratch = storage.KeyOf(event.EventID.Bytes, event.RecipientAccountID.Bytes, sum, w.scratch)
		} else {
			decided.key = storage.KeyOfContent(sum)
		}
		if err := t.collector.Append(compact, sum, w.member(r.Member)); err != nil {
			return err
		}
		t.rows = append(t.rows, decided)
		if t.collector.Len() >= pieceRows || t.collector.Bytes() >= pieceBytes {
			if err := w.flush(i); err != nil {
				return err
			}
		}
	}
	if !taken {
		if w.out.unstored == nil {
			w.out.unstored = map[string]int64{}
		}
		w.out.unstored[kind]++
	}
	return nil
}

// selection takes what selectors look at of the record that b read. Its texts alias the record's bytes.
func (w *worker) selection(b *record.Collector) *selector.Event {
	e, s := b.Selection(), &w.selected
	*s = selector.Event{
		ReadOnly: boolean(e.ReadOnly), EventSource: alias(e.EventSource), EventName: alias(e.EventName), EventType: alias(e.EventType),
		UserIdentityARN: alias(e.UserIdentityARN), ErrorCode: alias(e.ErrorCode), VPCEndpointID: alias(e.VPCEndpointID),
		SessionCredentialFromConsole: alias(e.SessionCredentialFromConsole), ManagementEvent: boolean(e.ManagementEvent),
		Resources: s.Resources[:0],
	}
	for _, r := range e.Resources {
		s.Resources = append(s.Resources, selector.Resource{Type: alias(r.Type), ARN: alias(r.ARN), ARNPrefix: alias(r.ARNPrefix)})
	}
	if s.Category = alias(e.EventCategory).Text; !e.EventCategory.Present {
		s.Category = selector.DeriveCategory(s)
	}
	return s
}

// kindOf returns the kind of store that an event is for.
func kindOf(e *record.Event) string {
	if e.EventCategory.Present {
		if kind := selector.KindOf(alias(e.EventCategory).Text); kind != selector.CloudTrailEvents {
			return strings.Clone(string(kind)) // of the record's bytes
		}
		return string(selector.CloudTrailEvents)
	}
	if string(e.EventType.Bytes) == "AwsCloudTrailInsight" {
		return schema.KindInsights
	}
	return schema.KindEvents
}

func alias(t record.Text) selector.Field {
	return selector.Field{Text: unsafe.String(unsafe.SliceData(t.Bytes), len(t.Bytes)), Present: t.Present}
}

// boolean returns the text of a boolean, however it is spelled: selectors are held against what the column holds.
func boolean(t record.Text) selector.Field {
	f := alias(t)
	switch f.Text {
	case "True", "TRUE":
		f.Text = "true"
	case "False", "FALSE":
		f.Text = "false"
	}
	return f
}

// member returns the name of the archive, or of the file inside it.
func (w *worker) member(member string) string {
	if member == "" {
		return w.out.Path
	}
	if member != w.inside {
		w.inside, w.insidePath = member, memberPath(w.out.Path, member)
	}
	return w.insidePath
}

// memberSign stands between the name of an archive and that of a file inside it.
const memberSign = "!/"

// memberPath names a file inside an archive; the archive itself if member is "".
func memberPath(archive, member string) string {
	if member == "" {
		return archive
	}
	return archive + memberSign + member
}

// Bad implements format.Visitor.
func (w *worker) Bad(e *format.Error) error {
	w.out.read++
	w.out.failed++
	w.list(e)
	return nil
}

// Damaged implements format.Visitor.
func (w *worker) Damaged(e *format.Error) error {
	w.out.damaged = true
	w.list(e)
	return nil
}

// list keeps a failure, unless there are too many.
func (w *worker) list(e *format.Error) {
	if len(w.out.failures) < maxListedFailures {
		w.out.failures = append(w.out.failures, e)
	}
}

// Passed implements format.Visitor.
func (w *worker) Passed(e *format.Error) error {
	if len(w.out.passed) < maxListedFailures {
		w.out.passed = append(w.out.passed, e)
	}
	return nil
}

// flush sends what was built for a target since the last piece.
func (w *worker) flush(number int) error {
	t := w.targets[number]
	if t.collector.Len() == 0 {
		return nil
	}
	p := &piece{target: number, records: hold(t.collector.Take()), rows: t.rows}
	t.rows = make([]row, 0, len(p.rows))
	select {
	case w.out.pieces <- p:
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

// flushAfter sends the last pieces: also of an archive that turned out to be broken,
// since the records before the fault are good.
func (w *worker) flushAfter(fault error) error {
	for i := range w.targets {
		if err := w.flush(i); err != nil && fault == nil {
			return err
		}
	}
	return fault
}
