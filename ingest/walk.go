package ingest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// source is a file that may be an archive.
type source struct {
	path string
	size int64
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

// walk lists the regular files at and below paths, oldest delivery first, so that the
// events of a day arrive together, whatever tree they lie in. Links are followed where
// they are named in paths, not below.
func walk(paths []string, stdin io.Reader) ([]source, []unreadable) {
	var found []source
	var failed []unreadable
	for _, root := range paths {
		if root == "-" && stdin != nil {
			found = append(found, source{path: root, stream: stdin})
			continue
		}
		info, err := os.Stat(root)
		if err != nil {
			failed = append(failed, unreadable{root, plain(err)})
			continue
		}
		if !info.IsDir() {
			found = append(found, source{path: root, size: info.Size(), at: deliveredAt(root)})
			continue
		}
		// A link to a folder is a folder if it ends in a separator.
		_ = filepath.WalkDir(root+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
			path = filepath.Clean(path)
			if err != nil {
				failed = append(failed, unreadable{path, plain(err)})
				if d != nil && d.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if !d.Type().IsRegular() {
				return nil
			}
			info, err := d.Info()
			if err != nil {
				failed = append(failed, unreadable{path, plain(err)})
				return nil
			}
			found = append(found, source{path: path, size: info.Size(), at: deliveredAt(path)})
			return nil
		})
	}
	slices.SortFunc(found, func(a, b source) int {
		if c := strings.Compare(a.at, b.at); c != 0 {
			return c
		}
		return strings.Compare(a.path, b.path)
	})
	return slices.CompactFunc(found, func(a, b source) bool { return a.path == b.path }), failed
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

// plain strips the operation and path that the caller adds in words of its own.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
