package synth

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
)

// gzipLevel is zlib's default, as good as what CloudTrail delivers.
const gzipLevel = 6

// Summary counts what an archive holds.
type Summary struct {
	// Files is the number of files, Records that of the records in them.
	Files, Records int
	// Events is the number of distinct events; Records = Events + Duplicates.
	Events, Duplicates int
	// Management, Data and NetworkActivity add up to Records.
	Management, Data, NetworkActivity int
	// Story is the number of distinct events of the story.
	Story int
	// RawBytes is the size of all files before compression, CompressedBytes on disk.
	RawBytes, CompressedBytes int64
}

// add counts a file.
func (s *Summary) add(f *File) {
	s.Files++
	s.Records += f.Records
	s.Duplicates += f.Duplicates
	s.Events = s.Records - s.Duplicates
	s.Management += f.Management
	s.Data += f.Data
	s.NetworkActivity += f.NetworkActivity
	s.Story += f.Story
	s.RawBytes += int64(len(f.Text))
}

// Write makes the archive that opts describe below dir, which is created if need be: gzip
// files at AWSLogs/[o-ORGID/]ACCOUNT/…, without name and time in their headers. Files that
// are there already under these names are replaced, others are left alone.
func Write(dir string, opts Options) (Summary, error) {
	var summary Summary
	g, err := New(opts)
	if err != nil {
		return summary, err
	}
	var packed bytes.Buffer
	zw, err := gzip.NewWriterLevel(&packed, gzipLevel)
	if err != nil {
		return summary, err
	}
	folder := ""
	for f := g.Next(); f != nil; f = g.Next() {
		packed.Reset()
		zw.Reset(&packed)
		zw.ModTime = time.Unix(0, 0) // written as 0: no time
		if _, err := zw.Write(f.Text); err != nil {
			return summary, fmt.Errorf("compress %s: %w", f.Path, err)
		}
		if err := zw.Close(); err != nil {
			return summary, fmt.Errorf("compress %s: %w", f.Path, err)
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		if parent := filepath.Dir(path); parent != folder {
			if err := os.MkdirAll(parent, 0o777); err != nil {
				return summary, fmt.Errorf("write archive: %w", err)
			}
			folder = parent
		}
		if err := os.WriteFile(path, packed.Bytes(), 0o666); err != nil {
			return summary, fmt.Errorf("write archive: %w", err)
		}
		summary.add(f)
		summary.CompressedBytes += int64(packed.Len())
	}
	return summary, nil
}
