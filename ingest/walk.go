package ingest

import (
	"context"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/ingest/source"
)

// file is a file that may be an archive.
type file struct {
	source.File
	// at is when the archive was delivered, as its name says (YYYYMMDDTHHmm), or
	// the day of its folder: only the order in which archives are read follows from it.
	at string
	// stream is what the path "-" means.
	stream io.Reader
}

// unreadable is a path that could not be listed.
type unreadable struct {
	path string
	err  error
}

// walk lists the files at and below paths, oldest delivery first, so that the
// events of a day arrive together, whatever tree they lie in.
func (o *Options) walk(ctx context.Context) (found []file, failed []unreadable, err error) {
	days := source.DaysOf(o.From, o.To)
	for _, root := range o.Paths {
		if root == "-" && o.Stdin != nil {
			found = append(found, file{File: source.File{Path: root}, stream: o.Stdin})
			continue
		}
		if err := o.filesOf(root).List(ctx, root, days,
			func(f source.File) { found = append(found, file{File: f, at: deliveredAt(f.Path)}) },
			func(path string, err error) { failed = append(failed, unreadable{path, err}) }); err != nil {
			return nil, nil, err
		}
	}
	slices.SortFunc(found, inOrder)
	return slices.CompactFunc(found, func(a, b file) bool { return a.Path == b.Path }), failed, nil
}

// inOrder compares files by delivery, then by path.
func inOrder(a, b file) int {
	if c := strings.Compare(a.at, b.at); c != 0 {
		return c
	}
	return strings.Compare(a.Path, b.Path)
}

// filesOf returns the place where a path lies.
func (o *Options) filesOf(path string) source.Files {
	switch {
	case source.IsS3(path) && o.Buckets != nil:
		return o.Buckets
	case o.Files != nil:
		return o.Files
	}
	return source.Local{}
}

var (
	inName   = regexp.MustCompile(`[_-](\d{8}T\d{4})`)
	inFolder = regexp.MustCompile(`/(\d{4})/(\d{2})/(\d{2})/[^/]*$`)
)

func deliveredAt(path string) string {
	path = filepath.ToSlash(path)
	if m := inName.FindStringSubmatch(path[strings.LastIndexByte(path, '/')+1:]); m != nil {
		return m[1]
	}
	if m := inFolder.FindStringSubmatch(path); m != nil {
		return m[1] + m[2] + m[3]
	}
	return ""
}
