package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/storage/catalog"
)

// Verdict says what CloudTrail's digest files prove of an archive.
type Verdict string

// The verdicts, from the best to the worst.
const (
	// VerdictValid: a digest file whose signature was verified gives the SHA-256 of its text.
	VerdictValid Verdict = "VALID"
	// VerdictUnsigned: a digest file gives the SHA-256 of its text, but that digest file's signature could not be verified, for
	// want of the signature or of a key.
	VerdictUnsigned Verdict = "UNSIGNED"
	// VerdictNotCovered: no digest file names it.
	VerdictNotCovered Verdict = "NOT_COVERED"
	// VerdictUnlisted: no digest file names it, though those of the hour of its delivery and of the next one are there.
	VerdictUnlisted Verdict = "UNLISTED"
	// VerdictDigestInvalid: only digest files that are themselves invalid name it.
	VerdictDigestInvalid Verdict = "DIGEST_INVALID"
	// VerdictInvalid: a digest file gives another SHA-256 for the log file of this name.
	VerdictInvalid Verdict = "INVALID"
)

// Verdicts lists the verdicts, from the best to the worst.
var Verdicts = []Verdict{VerdictValid, VerdictUnsigned, VerdictNotCovered, VerdictUnlisted, VerdictDigestInvalid, VerdictInvalid}

// ArchiveVerdict is a verdict on an archive, or on a file inside it.
type ArchiveVerdict struct {
	Digest  [32]byte // SHA-256 of the archive, as in ImportedArchive
	Member  string   // the file inside it; "" for the archive itself
	Verdict Verdict
}

// Verification is what a verification of archives found.
type Verification struct {
	Archives []ArchiveVerdict
	// Findings are listed among the failures of the import.
	Findings []ImportFailure
	// Summary is JSON.
	Summary string
}

// Verified records what a verification found, in a transaction of its own: what was imported has been committed before. Verdicts
// on archives of which the store has no event are left out. One that says that no digest file names an archive does not replace another.
func (im *Import) Verified(ctx context.Context, v Verification) error {
	if im.dry != nil {
		return nil
	}
	in := catalog.VerdictCommit{Verification: catalog.Verification{ImportID: im.id, StoreID: im.store.ID, Summary: v.Summary},
		Weak: []string{string(VerdictNotCovered), string(VerdictUnlisted)}}
	in.Verdicts = make([]catalog.Verdict, len(v.Archives))
	for i, a := range v.Archives {
		in.Verdicts[i] = catalog.Verdict{Digest: hex.EncodeToString(a.Digest[:]), Member: a.Member, Verdict: string(a.Verdict)}
	}
	for _, f := range v.Findings {
		in.Failures = append(in.Failures, catalogFailure(f))
	}
	return im.lake.catalog.CommitVerdicts(ctx, in)
}

// ArchivePart takes note of an archive of which events were given to Write, but which does not count as imported. digest is zero if
// it is not known.
func (im *Import) ArchivePart(path string, digest [32]byte) {
	p := catalog.PartialArchive{StoreID: im.store.ID, ImportID: im.id, Path: path}
	if digest != [32]byte{} {
		p.Digest = hex.EncodeToString(digest[:])
	}
	im.parts = append(im.parts, p)
}

// memberSign stands between the name of an archive and that of a file inside it, in the column _archive.
const memberSign = "!/"

// Integrity is what is known of the archives of a store.
type Integrity struct {
	known map[[16]byte]uint8 // places in Verdicts, by the beginning of the SHA-256 of the name in _archive
}

// Of returns the verdict on what the column _archive names; false if it was never verified. Where a path
// held different contents at different times, it is the worst of the verdicts on them.
func (i *Integrity) Of(archive string) (Verdict, bool) {
	at, ok := i.known[archiveKey(archive)]
	if !ok {
		return "", false
	}
	return Verdicts[at], true
}

func archiveKey(archive string) [16]byte {
	sum := sha256.Sum256([]byte(archive))
	return [16]byte(sum[:16])
}

// Integrity returns the verdicts on the archives of the store, as they are now.
func (s *Snapshot) Integrity(ctx context.Context) (*Integrity, error) {
	i := &Integrity{known: map[[16]byte]uint8{}}
	// The contents of one path come one behind the other.
	var path string
	var members [][16]byte
	unknown, ambiguous := false, false
	done := func() {
		if unknown { // events of the path may be of a content that nobody looked at
			for _, m := range members {
				delete(i.known, m)
			}
		}
		members, unknown = members[:0], false
	}
	err := s.lake.catalog.Verdicts(ctx, s.Store.ID, func(v catalog.ArchiveVerdict) error {
		if v.Path != path {
			done()
		}
		path = v.Path
		ambiguous = ambiguous || strings.Contains(path, memberSign)
		at := slices.Index(Verdicts, Verdict(v.Verdict))
		if at < 0 {
			unknown = true
			return nil
		}
		name := v.Path
		if v.Member != "" {
			name += memberSign + v.Member
		}
		key := archiveKey(name)
		if before, ok := i.known[key]; !ok || int(before) < at {
			i.known[key] = uint8(at)
		}
		members = append(members, key)
		return nil
	})
	done()
	if err == nil && ambiguous {
		err = i.forgetNamesakes(ctx, s)
	}
	return i, err
}

// forgetNamesakes forgets the verdicts on files in archives whose names are also those of archives, or of files in archives, that were never
// verified: where a folder's name ends as if its files were in an archive, the column _archive does not say which they are.
func (i *Integrity) forgetNamesakes(ctx context.Context, s *Snapshot) error {
	unknown := map[[16]byte]bool{}
	err := s.lake.catalog.Verdicts(ctx, s.Store.ID, func(v catalog.ArchiveVerdict) error {
		if v.Verdict == "" {
			unknown[archiveKey(v.Path)] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.lake.catalog.Verdicts(ctx, s.Store.ID, func(v catalog.ArchiveVerdict) error {
		name := v.Path
		if v.Member != "" {
			name += memberSign + v.Member
		}
		for at := len(name); at >= 0; at = strings.LastIndex(name[:at], memberSign) {
			if unknown[archiveKey(name[:at])] {
				delete(i.known, archiveKey(name))
				break
			}
		}
		return nil
	})
}
