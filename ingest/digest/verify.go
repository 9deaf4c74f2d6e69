package digest

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ctlake/ctlake/storage"
)

// ranks are the verdicts, from the strongest statement to the weakest: of several on one file the first counts.
var ranks = []storage.Verdict{storage.VerdictValid, storage.VerdictInvalid, storage.VerdictUnsigned, storage.VerdictDigestInvalid,
	storage.VerdictUnlisted, storage.VerdictNotCovered}

// stronger reports whether a says more than b.
func stronger(a, b storage.Verdict) bool { return slices.Index(ranks, a) < slices.Index(ranks, b) }

// File is a file that may be a log file.
type File struct {
	// Path is where it is, also inside an archive of files.
	Path string
	// Text is the SHA-256 of its text, decompressed; of no meaning if Unreadable.
	Text       [sha256.Size]byte
	Unreadable bool
	// Verdict is what Verify finds.
	Verdict storage.Verdict
}

// Found is a digest file that was found.
type Found struct {
	Path string
	// Place is where in S3 it was found; zero if it was elsewhere.
	Place  Object
	Digest *Digest // nil if it could not be read as one
	Err    error   // why not

	verdict storage.Verdict // Valid, Unsigned or Invalid
	reason  string          // why not Valid
	copyOf  *Found          // what has the same text, and was judged
}

// Proven reports whether Verify found that CloudTrail made the digest file.
func (f *Found) Proven() bool { return f.verdict == storage.VerdictValid }

// Input is what Verify looks at.
type Input struct {
	Digests []Found
	// Files are all other files; Verify sets their verdicts.
	Files []File
	Keys  *Keys
	// Signature returns the signature that the metadata of a digest file holds; "" if it is not known.
	Signature func(path string) (string, error)
	// Wants reports whether log files in a folder of S3, which ends in "/", were looked for.
	Wants func(folder string) bool
}

// Counts of digest files and of the log files that they name.
type (
	// DigestCounts counts digest files: Found = Valid + Unsigned + Invalid. Missing ones are named by others, but not there.
	DigestCounts struct {
		Found    int64 `json:"found"`
		Valid    int64 `json:"valid"`
		Unsigned int64 `json:"unsigned"`
		Invalid  int64 `json:"invalid"`
		Missing  int64 `json:"missing"`
		// Gaps are times between two digest files of a chain that no digest file covers.
		Gaps int64 `json:"gaps"`
	}
	// LogCounts counts the log files that digest files name: Listed = Valid + Unsigned + Invalid + DigestInvalid + Missing.
	LogCounts struct {
		Listed        int64 `json:"listed"`
		Valid         int64 `json:"valid"`
		Unsigned      int64 `json:"unsigned"`
		Invalid       int64 `json:"invalid"`
		DigestInvalid int64 `json:"digestInvalid"`
		Missing       int64 `json:"missing"`
	}
)

// Finding is something that is not as it should be.
type Finding struct {
	Path, Reason string
	// Note: it proves nothing bad.
	Note bool
}

// Report is the outcome of Verify.
type Report struct {
	Digests  DigestCounts
	Logs     LogCounts
	Findings []Finding
	// Unlisted findings were too many.
	Unlisted int64
}

const (
	// maxFindings bounds the findings of a report.
	maxFindings = 10_000
	// maxNamesakes bounds the files of one name that a log file's are compared with: names of log files do not come again, but
	// in copies of a trail.
	maxNamesakes = 100
)

// statement is what a digest file says of the one before it.
type statement struct {
	by       *Found
	previous *Previous
}

type verifier struct {
	Input
	report     Report
	order      []*Found // the newest first
	judged     []*Found // those of them that lie where they belong, of copies the first one
	unproven   []string // why digest files are not verified, each reason once
	reasons    map[string]*unproven
	statements map[Object][]statement
	objects    map[Object]bool
	chains     map[string][]*Found // the newest first
	byName     []int32             // files in order of their names
	byText     []int32             // and of their texts
	held       []int8              // by the first of byText with a text: the rank of the strongest verdict given to all of that text, from 1 on
}

// Verify verifies digest files, the newest first, and what they say of the files.
func Verify(in Input) *Report {
	v := &verifier{Input: in, reasons: map[string]*unproven{}, statements: map[Object][]statement{}, objects: map[Object]bool{}, chains: map[string][]*Found{}}
	v.digests()
	v.links()
	v.logs()
	v.unlisted()
	return &v.report
}

func (v *verifier) find(path, format string, args ...any) { v.add(false, path, format, args) }

func (v *verifier) note(path, format string, args ...any) { v.add(true, path, format, args) }

func (v *verifier) add(note bool, path, format string, args []any) {
	if len(v.report.Findings) >= maxFindings {
		v.report.Unlisted++
		return
	}
	v.report.Findings = append(v.report.Findings, Finding{Path: path, Reason: fmt.Sprintf(format, args...), Note: note})
}

// digests judges each digest file.
func (v *verifier) digests() {
	seen := map[[sha256.Size]byte]*Found{}
	for i := range v.Digests {
		f := &v.Digests[i]
		if f.Digest != nil {
			v.objects[f.Digest.Object] = true
		}
		v.order = append(v.order, f)
	}
	slices.SortFunc(v.order, func(a, b *Found) int {
		return cmp.Or(b.end().Compare(a.end()), cmp.Compare(b.key(), a.key()), cmp.Compare(a.Path, b.Path))
	})
	for _, f := range v.order {
		v.report.Digests.Found++
		first := seen[f.text()]
		switch {
		case f.Digest == nil:
			f.verdict, f.reason = storage.VerdictInvalid, f.Err.Error()
		case f.Place.Bucket == f.Digest.Object.Bucket && f.Place != f.Digest.Object:
			f.verdict, f.reason = storage.VerdictInvalid, "it has been moved from its original location, "+f.Digest.Object.String()
		case first != nil:
			f.copyOf = first
			if !first.Proven() { // the signature may lie beside the copy
				if verdict, _ := v.judge(f); verdict == storage.VerdictValid {
					first.verdict, first.reason = verdict, ""
				}
			}
		default:
			seen[f.text()] = f
			v.judged = append(v.judged, f)
			f.verdict, f.reason = v.judge(f)
			if p := f.Digest.Previous; p != nil {
				v.statements[p.Object] = append(v.statements[p.Object], statement{f, p})
			}
			name := chain(f.Digest.Object.Key)
			v.chains[name] = append(v.chains[name], f)
		}
	}
	v.count()
}

// count counts the digest files by verdict, and lists what is wrong with them.
func (v *verifier) count() {
	for _, f := range v.order {
		if f.copyOf != nil {
			f.verdict, f.reason = f.copyOf.verdict, f.copyOf.reason
		}
		switch f.verdict {
		case storage.VerdictValid:
			v.report.Digests.Valid++
		case storage.VerdictUnsigned:
			v.report.Digests.Unsigned++
			if v.reasons[f.reason] == nil {
				v.reasons[f.reason] = &unproven{first: f.Path}
				v.unproven = append(v.unproven, f.reason)
			}
			v.reasons[f.reason].digests++
		default:
			v.report.Digests.Invalid++
			v.find(f.Path, "digest file INVALID: %s", f.reason)
		}
	}
	for _, reason := range v.unproven {
		u := v.reasons[reason]
		if u.digests == 1 {
			v.note(u.first, "the signature of this digest file is not verified: %s", reason)
			continue
		}
		v.note(u.first, "the signatures of this digest file and %d others are not verified: %s", u.digests-1, reason)
	}
}

// unproven counts the digest files that are not verified for one reason.
type unproven struct {
	first   string
	digests int
}

func (f *Found) end() (t time.Time) {
	if f.Digest != nil {
		t = f.Digest.End
	}
	return t
}

func (f *Found) key() string {
	if f.Digest == nil {
		return ""
	}
	return f.Digest.Object.Key
}

func (f *Found) text() (sum [sha256.Size]byte) {
	if f.Digest != nil {
		sum = f.Digest.Text
	}
	return sum
}

// otherText is why a digest file is not what was signed.
const otherText = "its SHA-256 is not what the digest file after it gives, "

// judge says what is to be held of a digest file. Those after it have been judged.
func (v *verifier) judge(f *Found) (verdict storage.Verdict, reason string) {
	d := f.Digest
	if d.algorithm != "" && d.algorithm != signatureAlgorithm {
		return storage.VerdictInvalid, fmt.Sprintf("it is signed by %q, which is not known", d.algorithm)
	}
	var signatures []string
	var denied []*Found // by what is not signed itself
	promised := false   // by one that is not itself invalid
	for _, s := range v.statements[d.Object] {
		if s.previous.Signature != "" {
			signatures = append(signatures, s.previous.Signature)
		}
		if s.by.verdict == storage.VerdictInvalid {
			continue
		}
		promised = promised || s.previous.Signature != ""
		switch {
		case s.previous.Text == d.Text:
		case s.by.Proven():
			return storage.VerdictInvalid, otherText + s.by.Path
		default:
			denied = append(denied, s.by)
		}
	}
	defer func() {
		switch {
		case len(denied) == 0:
		case verdict == storage.VerdictValid: // whoever says otherwise is wrong
			for _, by := range denied {
				by.verdict, by.reason = storage.VerdictInvalid, "it gives another SHA-256 than the one of the digest file before it, whose signature is valid, "+f.Path
			}
		default:
			verdict, reason = storage.VerdictInvalid, otherText+denied[0].Path
		}
	}()
	keys := v.Keys.of(d.Fingerprint)
	switch {
	case v.Keys.Len() == 0:
		return storage.VerdictUnsigned, "no public keys were given"
	case len(keys) == 0:
		return storage.VerdictUnsigned, fmt.Sprintf("no public key with the fingerprint %q was given", d.Fingerprint)
	case slices.ContainsFunc(signatures, func(s string) bool { return d.signed(keys, s) }):
		return storage.VerdictValid, ""
	}
	own, err := v.Signature(f.Path)
	switch {
	case err == nil && own != "" && d.signed(keys, own):
		return storage.VerdictValid, ""
	case promised || own != "":
		return storage.VerdictInvalid, "signature verification failed"
	case err != nil:
		return storage.VerdictUnsigned, fmt.Sprintf("its signature cannot be read: %v", err)
	case len(signatures) > 0:
		return storage.VerdictUnsigned, "its signature is known from an invalid digest file only"
	}
	return storage.VerdictUnsigned, "its signature is not known: neither the metadata of its object nor a digest file after it is there"
}

// links looks for digest files that are missing, and for gaps, in each chain.
func (v *verifier) links() {
	names := make([]string, 0, len(v.chains))
	for name := range v.chains {
		names = append(names, name)
	}
	slices.Sort(names)
	missing := map[Object]bool{}
	// Digest files that are there, but say nothing, by name. Of malformed ones that has been said.
	malformed, unreadable := map[string]bool{}, map[string]bool{}
	for i := range v.Digests {
		if f := &v.Digests[i]; f.Digest == nil {
			malformed[nameOf(f.Path)] = true
		}
	}
	for i := range v.Files {
		if f := &v.Files[i]; f.Unreadable {
			unreadable[nameOf(f.Path)] = true
		}
	}
	for _, name := range names {
		of := v.chains[name]
		for i, f := range of {
			d := f.Digest
			var older *Digest
			if i+1 < len(of) {
				older = of[i+1].Digest
			}
			switch p := d.Previous; {
			case f.verdict == storage.VerdictInvalid:
			case p == nil && older != nil:
				v.gap(f, older)
			case p == nil || v.objects[p.Object] || missing[p.Object]:
			case older == nil:
				v.note(f.Path, "the digest files before %s are not among those given: what they named is not verified", d.Start.UTC().Format(time.RFC3339))
			case malformed[nameOf(p.Object.Key)]:
			default:
				missing[p.Object] = true
				v.report.Digests.Missing++
				what := "not found"
				if unreadable[nameOf(p.Object.Key)] {
					what = "it cannot be read"
				}
				v.find(p.Object.String(), "digest file INVALID: %s, though %s names it as the one before it", what, f.Path)
			}
		}
	}
}

// gap notes that a chain starts anew.
func (v *verifier) gap(f *Found, older *Digest) {
	if !older.End.Before(f.Digest.Start) {
		return
	}
	v.report.Digests.Gaps++
	v.note(f.Path, "no digest file covers %s to %s: a new chain starts here, as when log file validation or logging was off",
		older.End.UTC().Format(time.RFC3339), f.Digest.Start.UTC().Format(time.RFC3339))
}

// logs compares the files with what digest files say of them.
func (v *verifier) logs() {
	v.index()
	for _, f := range v.judged {
		for i := range f.Digest.Logs {
			v.log(f, &f.Digest.Logs[i])
		}
	}
}

// log looks for a log file that a digest file names.
func (v *verifier) log(by *Found, l *Log) {
	counts := &v.report.Logs
	counts.Listed++
	good, bad := by.verdict, storage.VerdictInvalid
	if by.verdict == storage.VerdictInvalid {
		good, bad = storage.VerdictDigestInvalid, storage.VerdictDigestInvalid
	}
	known := v.holdText(&l.Text, good)
	name := PlainName(l.Name)
	there, same := false, false
	first, _ := slices.BinarySearchFunc(v.byName, name, func(i int32, name string) int { return cmp.Or(strings.Compare(nameOf(v.Files[i].Path), name), 1) })
	for n, i := range v.byName[first:] {
		f := &v.Files[i]
		if n == maxNamesakes || nameOf(f.Path) != name {
			break
		}
		if !mayBe(f.Path, l.Folder) {
			continue
		}
		there = true
		switch {
		case f.Unreadable:
			f.hold(bad)
			if bad == storage.VerdictInvalid {
				v.find(f.Path, "log file INVALID: it cannot be read, so that it has not the SHA-256 that %s gives", by.Path)
			}
		case f.Text == l.Text:
			same = true
		default:
			f.hold(bad)
			if bad == storage.VerdictInvalid {
				v.find(f.Path, "log file INVALID: its SHA-256 is not the one that %s gives: it was changed", by.Path)
			}
		}
	}
	if !there {
		same = known
	}
	switch {
	case by.verdict == storage.VerdictInvalid:
		counts.DigestInvalid++
	case same && by.verdict == storage.VerdictValid:
		counts.Valid++
	case same:
		counts.Unsigned++
	case there:
		counts.Invalid++
	case v.Wants(l.Folder):
		counts.Missing++
		v.find(l.Object().String(), "log file INVALID: not found, though %s names it", by.Path)
	default:
		counts.Listed-- // it was not looked for
	}
}

// holdText gives all files of a text a verdict, and reports whether there are any.
func (v *verifier) holdText(text *[sha256.Size]byte, verdict storage.Verdict) bool {
	first, _ := slices.BinarySearchFunc(v.byText, 0, func(i int32, _ int) int { return cmp.Or(bytes.Compare(v.Files[i].Text[:], text[:]), 1) })
	if first == len(v.byText) || v.Files[v.byText[first]].Text != *text {
		return false
	}
	rank := int8(slices.Index(ranks, verdict) + 1)
	if held := v.held[first]; held != 0 && held <= rank {
		return true // as often as a text is named, its files are visited but a few times
	}
	v.held[first] = rank
	for _, i := range v.byText[first:] {
		f := &v.Files[i]
		if f.Text != *text {
			break
		}
		f.hold(verdict)
	}
	return true
}

// hold takes a verdict, unless there is a stronger one.
func (f *File) hold(v storage.Verdict) {
	if f.Verdict == "" || stronger(v, f.Verdict) {
		f.Verdict = v
	}
}

// index sorts the files.
func (v *verifier) index() {
	v.byName, v.byText = make([]int32, len(v.Files)), make([]int32, 0, len(v.Files))
	for i := range v.Files {
		v.byName[i] = int32(i)
		if !v.Files[i].Unreadable {
			v.byText = append(v.byText, int32(i))
		}
	}
	v.held = make([]int8, len(v.byText))
	slices.SortStableFunc(v.byName, func(a, b int32) int { return strings.Compare(nameOf(v.Files[a].Path), nameOf(v.Files[b].Path)) })
	slices.SortStableFunc(v.byText, func(a, b int32) int { return bytes.Compare(v.Files[a].Text[:], v.Files[b].Text[:]) })
}

// nameOf returns the name of a file at a path, as it is when it is decompressed.
func nameOf(p string) string {
	return PlainName(p[strings.LastIndexAny(p, `/\`)+1:])
}

// PlainName returns the name, or the path, of a file as it is when it is decompressed.
func PlainName(name string) string {
	for _, compressed := range []string{".gz", ".zst", ".bz2"} {
		if plain, ok := strings.CutSuffix(name, compressed); ok {
			return plain
		}
	}
	return name
}

// mayBe reports whether a file may be the log file of its name in a folder of S3: where its path has the layout of trails, it
// must be the same one from AWSLogs on.
func mayBe(p, folder string) bool {
	const root = "AWSLogs/"
	p = strings.ReplaceAll(p, `\`, "/")
	at := strings.LastIndex(p, root)
	of := strings.LastIndex(folder, root)
	return at < 0 || of < 0 || path.Dir(p[at:])+"/" == folder[of:]
}

// window is a time that digest files cover, from start on and before end.
type window struct{ start, end time.Time }

// unlisted gives the files that no digest file names their verdict.
func (v *verifier) unlisted() {
	windows := map[[2]string][]window{} // by account and Region
	for _, f := range v.judged {
		if f.verdict == storage.VerdictInvalid || backfill(f.Digest.Object.Key) {
			continue
		}
		of := [2]string{f.Digest.Account, regionOf(f.Digest.Object.Key)}
		windows[of] = append(windows[of], window{f.Digest.Start, f.Digest.End})
	}
	for of, w := range windows {
		windows[of] = followed(w)
	}
	for i := range v.Files {
		f := &v.Files[i]
		if f.Verdict != "" {
			continue
		}
		f.Verdict = storage.VerdictNotCovered
		account, region, at, ok := delivery(nameOf(f.Path))
		if !ok {
			continue
		}
		of := windows[[2]string{account, region}]
		n, _ := slices.BinarySearchFunc(of, at, func(w window, at time.Time) int { return cmp.Or(w.start.Compare(at), -1) })
		if n > 0 && at.Before(of[n-1].end) {
			f.Verdict = storage.VerdictUnlisted
			v.find(f.Path, "no digest file names it, though those of the hour of its delivery and of the next one are there")
		}
	}
}

// followed returns the windows at whose end another one starts, merged where they overlap, in order.
func followed(all []window) (merged []window) {
	slices.SortFunc(all, func(a, b window) int { return cmp.Or(a.start.Compare(b.start), a.end.Compare(b.end)) })
	for _, w := range all {
		_, next := slices.BinarySearchFunc(all, w.end, func(w window, end time.Time) int { return w.start.Compare(end) })
		switch last := len(merged) - 1; {
		case !next || !w.start.Before(w.end):
		case last >= 0 && !merged[last].end.Before(w.start):
			if merged[last].end.Before(w.end) {
				merged[last].end = w.end
			}
		default:
			merged = append(merged, w)
		}
	}
	return merged
}
