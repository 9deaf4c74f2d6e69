package types

import (
	"archive/zip"
	_ "embed"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"time"
)

// zoneinfo is the IANA time zone database, release 2025c, as Go distributes it: a file in
// the form of RFC 8536 for each zone. The binary carries it, so that a zone means the
// same on every machine, whatever database that has.
//
//go:embed zoneinfo.zip
var zoneinfo string

// maxZoneBytes bounds the file of a zone.
const maxZoneBytes = 1 << 20

var zoneFiles = sync.OnceValue(func() map[string]*zip.File {
	archive, err := zip.NewReader(strings.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		panic(fmt.Sprintf("embedded time zones: %v", err)) // it is part of the program
	}
	files := map[string]*zip.File{}
	for _, f := range archive.File {
		files[f.Name] = f
	}
	return files
})

// LoadLocation returns the zone of a name of the IANA database, in the database that
// the program carries, which time.LoadLocation asks last. Its error is fs.ErrNotExist for names
// that are none.
func LoadLocation(name string) (*time.Location, error) {
	if name == "UTC" {
		return time.UTC, nil
	}
	f := zoneFiles()[name]
	if f == nil || strings.HasSuffix(name, "/") {
		return nil, fmt.Errorf("time zone %q: %w", name, fs.ErrNotExist)
	}
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxZoneBytes))
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(name, data)
}
