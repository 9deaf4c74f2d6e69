package ingest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/ctlake/ctlake/ingest/digest"
	"github.com/ctlake/ctlake/ingest/format"
	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
)

// Integrity is what a verification by digest files found.
type Integrity struct {
	// Keys is how many public keys there were: without one no signature is verified.
	Keys    int                 `json:"publicKeys"`
	Digests digest.DigestCounts `json:"digestFiles"`
	Logs    digest.LogCounts    `json:"logFiles"`
	// Archives counts the archives that were read by the verdict on them, files inside archives one by one.
	Archives map[storage.Verdict]int64 `json:"archives"`
	// Findings are what is not as it was delivered, and notes; Unlisted counts further ones.
	Findings []digest.Finding `json:"-"`
	Unlisted int64            `json:"-"`
}

// Proven reports whether everything that was looked at is as it was delivered: nothing changed, missing or slipped in.
func (i *Integrity) Proven() bool {
	return i.Digests.Invalid == 0 && i.Digests.Missing == 0 && i.Logs.Invalid == 0 && i.Logs.Missing == 0 && i.Logs.DigestInvalid == 0 &&
		i.Archives[storage.VerdictInvalid] == 0 && i.Archives[storage.VerdictUnlisted] == 0 && i.Digests.Found > 0
}

const (
	// metadataSuffix is behind the name of a digest file in that of the file with its object's metadata.
	metadataSuffix = ".metadata.json"
	// maxMetadataBytes bounds that file: S3 allows metadata of 2 KB.
	maxMetadataBytes = 64 << 10
	// minListedBytes is how much of a file a log file that a digest file in it names takes at the least: the SHA-256 of a text cannot be
	// compressed. Digest files that name more log files hold the same over and over, to fill the memory.
	minListedBytes = sha256.Size
	// digestHeadBytes of a text show whether it looks like a digest file.
	digestHeadBytes = 4 << 10
)

// examined is what a verification reads of one file.
type examined struct {
	sum      [sha256.Size]byte // of the file; of no meaning if it could not be read
	files    []digest.File
	members  []string // of files: where they lie in the archive
	digests  []digest.Found
	metadata map[string][]byte // by the path of the digest file
}

// verify reads all files once more and holds them against the digest files among them.
func (s *sequencer) verify(ctx context.Context) error {
	all := make([]examined, len(s.sources))
	if err := s.examineAll(ctx, all); err != nil {
		return err
	}
	in := digest.Input{Keys: s.options.PublicKeys}
	if in.Keys == nil {
		in.Keys = &digest.Keys{}
	}
	metadata := map[string][]byte{}
	var places []place
	for i := range all {
		e := &all[i]
		for m := range e.files {
			places = append(places, place{e.sum, e.members[m]})
		}
		in.Files = append(in.Files, e.files...)
		in.Digests = append(in.Digests, e.digests...)
		for path, text := range e.metadata {
			metadata[digest.PlainName(path)] = text
		}
		*e = examined{}
	}
	days := source.DaysOf(s.options.From, s.options.To)
	in.Wants = days.Wants
	in.Signature = func(path string) (string, error) { return s.signature(ctx, path, metadata[digest.PlainName(path)]) }
	report := digest.Verify(in)
	if err := ctx.Err(); err != nil {
		return err
	}
	result := &Integrity{Keys: in.Keys.Len(), Digests: report.Digests, Logs: report.Logs, Archives: map[storage.Verdict]int64{},
		Findings: report.Findings, Unlisted: report.Unlisted}
	if report.Digests.Found == 0 {
		result.Findings = append(result.Findings, digest.Finding{Reason: "no digest files were found: nothing is verified"})
	}
	proven := map[[sha256.Size]byte]bool{} // texts of digest files
	for i := range in.Digests {
		if in.Digests[i].Proven() {
			proven[in.Digests[i].Digest.Text] = true
		}
	}
	found := storage.Verification{}
	for i, f := range in.Files {
		if !s.verified[places[i].sum] || !f.Unreadable && proven[f.Text] {
			continue // no event is of it
		}
		result.Archives[f.Verdict]++
		found.Archives = append(found.Archives, storage.ArchiveVerdict{Digest: places[i].sum, Member: places[i].member, Verdict: f.Verdict})
	}
	found.Archives = worst(found.Archives)
	for _, f := range result.Findings {
		if !f.Note {
			found.Findings = append(found.Findings, storage.ImportFailure{Path: f.Path, Offset: -1, Reason: f.Reason, Kind: storage.FailureOfIntegrity})
		}
	}
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	found.Summary = string(text)
	for _, k := range s.sinks {
		k.sum.Integrity = result
		if err := k.im.Verified(ctx, found); err != nil {
			return fmt.Errorf("record what digest files prove: %w", err)
		}
	}
	return nil
}

// worst leaves the worst verdict of those on one place: two files in an archive may have one name, and copies of an archive other
// names, and events do not say of which of them they are.
func worst(verdicts []storage.ArchiveVerdict) []storage.ArchiveVerdict {
	slices.SortFunc(verdicts, func(a, b storage.ArchiveVerdict) int {
		return cmp.Or(bytes.Compare(a.Digest[:], b.Digest[:]), strings.Compare(a.Member, b.Member),
			cmp.Compare(slices.Index(storage.Verdicts, b.Verdict), slices.Index(storage.Verdicts, a.Verdict)))
	})
	return slices.CompactFunc(verdicts, func(a, b storage.ArchiveVerdict) bool { return a.Digest == b.Digest && a.Member == b.Member })
}

// place is where a text was found.
type place struct {
	sum    [sha256.Size]byte
	member string
}

// signature returns the signature of a digest file: from the metadata file beside it, or from its object's metadata.
func (s *sequencer) signature(ctx context.Context, path string, beside []byte) (string, error) {
	if beside != nil {
		return digest.Signature(beside)
	}
	described, ok := s.options.filesOf(path).(source.Described)
	if !ok || !source.IsS3(path) || strings.Contains(path, memberSign) {
		return "", nil
	}
	metadata, err := described.Metadata(ctx, path)
	return metadata["signature"], err
}

// examineAll reads all files, side by side.
func (s *sequencer) examineAll(ctx context.Context, into []examined) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range max(s.options.Workers, 1) {
		wg.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					cancel(fmt.Errorf("a fault in ctlake: %v\n%s", p, debug.Stack()))
				}
			}()
			x := &examiner{options: &s.options, reader: format.NewReader(limitsOf(&s.options)), buffer: make([]byte, digestHeadBytes)}
			for i := range next {
				into[i] = x.examine(ctx, s.sources[i])
			}
		})
	}
	for i := range s.sources {
		if s.sources[i].stream != nil {
			continue // it is gone
		}
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}

// examiner reads files, one at a time.
type examiner struct {
	options *Options
	reader  *format.Reader
	buffer  []byte
	out     *examined
	path    string
	read    int64 // of the file at hand, in bytes
	listed  int64 // log files that digest files in it name
}

// examine reads one file to its end. What cannot be read has no text.
func (x *examiner) examine(ctx context.Context, f file) (out examined) {
	x.out, x.path, x.read, x.listed = &out, f.Path, 0, 0
	content, err := x.options.filesOf(f.Path).Open(ctx, f.File)
	if err != nil {
		x.unreadable("")
		return out
	}
	defer func() { _ = content.Close() }() // only read
	sum := sha256.New()
	rest := io.TeeReader(contextReader{ctx, content}, io.MultiWriter(sum, (*byteCount)(&x.read)))
	err = x.reader.Texts(rest, x.text, func(e *format.Error) { x.unreadable(e.Member) })
	if located, ok := errors.AsType[*format.Error](err); ok {
		x.unreadable(located.Member)
	}
	if _, err := io.Copy(io.Discard, rest); err != nil {
		out = examined{}
		x.unreadable("")
		return out
	}
	sum.Sum(out.sum[:0])
	return out
}

// byteCount counts what is written to it.
type byteCount int64

func (c *byteCount) Write(p []byte) (int, error) {
	*c += byteCount(len(p))
	return len(p), nil
}

func (x *examiner) unreadable(member string) {
	x.file(member, digest.File{Unreadable: true})
}

func (x *examiner) file(member string, f digest.File) {
	f.Path = memberPath(x.path, member)
	x.out.files = append(x.out.files, f)
	x.out.members = append(x.out.members, member)
}

// text takes one text. Whatever else it is, it is a file, too: events may be in all of them.
func (x *examiner) text(member string, text io.Reader) error {
	path := memberPath(x.path, member)
	sum := sha256.New()
	text = io.TeeReader(text, sum)
	n, err := io.ReadFull(text, x.buffer)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head := x.buffer[:n]
	switch of, ok := strings.CutSuffix(path, metadataSuffix); {
	case ok:
		whole, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(head), text), maxMetadataBytes))
		if err != nil {
			return err
		}
		if x.out.metadata == nil {
			x.out.metadata = map[string][]byte{}
		}
		x.out.metadata[of] = whole
	case digest.Looks(head):
		if err := x.digest(path, io.MultiReader(bytes.NewReader(head), text)); err != nil {
			return err
		}
	}
	if _, err := io.Copy(io.Discard, text); err != nil {
		return err
	}
	f := digest.File{}
	sum.Sum(f.Text[:0])
	x.file(member, f)
	return nil
}

// digest takes a digest file, or what looks like one.
func (x *examiner) digest(path string, text io.Reader) error {
	whole, err := io.ReadAll(io.LimitReader(text, digest.MaxBytes+1))
	if err != nil {
		return err
	}
	found := digest.Found{Path: path}
	if len(whole) > digest.MaxBytes {
		found.Err = fmt.Errorf("it is larger than %d bytes", digest.MaxBytes)
	} else {
		found.Digest, found.Err = digest.Parse(whole)
	}
	if d := found.Digest; d != nil && (x.listed+int64(len(d.Logs)))*minListedBytes > x.read {
		found.Digest, found.Err = nil, fmt.Errorf("it names %d log files: more than %d bytes can hold the SHA-256 of", len(d.Logs), x.read)
	} else if d != nil {
		x.listed += int64(len(d.Logs))
	}
	if source.IsS3(path) && !strings.Contains(path, memberSign) {
		bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "s3://"), "/")
		found.Place = digest.Object{Bucket: bucket, Key: key}
	}
	x.out.digests = append(x.out.digests, found)
	return nil
}
