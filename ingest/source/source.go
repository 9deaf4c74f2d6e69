// Package source says where archives come from: what there is to read, and how it is opened.
//
//	path ──► Files.List ──► File (path, size, version) ──► Files.Open ──► bytes
//
// Local is the file system; the objects of S3 are another implementation (ingest/bucket).
package source

import (
	"context"
	"io"
	"regexp"
	"strings"
	"time"
)

// File is a file that may be an archive.
type File struct {
	Path     string
	Size     int64 // bytes
	Modified time.Time
	// Version tells the content from an earlier one at the same path, where the place has
	// such a thing (the ETag of S3); "" where it has not.
	Version string
}

// Files is a place where archives lie. It is safe for concurrent use.
type Files interface {
	// List calls found with each file at and below path, in no order that counts, and failed with what
	// cannot be listed; it goes on behind that. Folders of days outside of days may be left out.
	// An error says that ctx has ended.
	List(ctx context.Context, path string, days Days, found func(File), failed func(path string, err error)) error
	// Open opens a file as it was listed; where that can be told, a file that has
	// changed since is an error.
	Open(ctx context.Context, f File) (io.ReadCloser, error)
}

// Described is a place where files have metadata: S3.
type Described interface {
	// Metadata returns the metadata that whoever wrote a file gave it, by lower-case name.
	Metadata(ctx context.Context, path string) (map[string]string, error)
}

// Days are the days from which archives are wanted, as YYYYMMDD; "" is no bound.
type Days struct{ First, Last string }

// lateDays is how many days after an event its archive may be delivered, as far as folders are
// chosen by their dates: they name the day of delivery.
const lateDays = 2

// DaysOf returns the days of delivery for events from one time on and up to another, which is not
// included. Zero times are no bounds.
func DaysOf(from, to time.Time) Days {
	var d Days
	if !from.IsZero() {
		d.First = from.UTC().Format("20060102")
	}
	if !to.IsZero() {
		d.Last = to.UTC().AddDate(0, 0, lateDays).Format("20060102")
	}
	return d
}

// dated is the folder of a year, month or day below AWSLogs, at the end of a path.
var dated = regexp.MustCompile(`(?:^|/)AWSLogs/(?:[^/]+/)*?(\d{4})/(?:(\d{2})/(?:(\d{2})/)?)?$`)

// Wants reports whether a folder may hold archives of these days. path ends in "/". Only folders of
// the layout of trails are told by their dates, AWSLogs/…/YYYY/MM/DD/; all others may hold any.
func (d Days) Wants(path string) bool {
	if d == (Days{}) {
		return true
	}
	m := dated.FindStringSubmatch(path)
	if m == nil {
		return true
	}
	date := m[1] + m[2] + m[3]
	first, last := d.First, d.Last
	return (first == "" || date >= first[:min(len(date), len(first))]) && (last == "" || date <= last[:min(len(date), len(last))])
}

// Pruned reports whether there is any bound.
func (d Days) Pruned() bool { return d != (Days{}) }

// IsS3 reports whether a path names objects of S3.
func IsS3(path string) bool { return strings.HasPrefix(path, "s3://") }
