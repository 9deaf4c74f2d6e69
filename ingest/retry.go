package ingest

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/ctlake/ctlake/ingest/source"
	"github.com/ctlake/ctlake/storage"
)

// ErrNothingToRetry is the cause of the error for an import without failures that could be read again.
var ErrNothingToRetry = errors.New("no archive of it failed that could be read again")

// FailedArchives returns the files in which an import met failures, in the order in which it met them.
func FailedArchives(ctx context.Context, lake *storage.Lake, importID string) ([]string, error) {
	if _, err := lake.FindImport(ctx, importID); err != nil {
		return nil, err
	}
	const page = 1000
	var paths []string
	seen := map[string]bool{}
	for after := int64(0); ; {
		failures, err := lake.ImportFailures(ctx, importID, after, page)
		if err != nil {
			return nil, err
		}
		for _, f := range failures {
			after = f.Number
			if f.Kind != storage.FailureOfInput {
				continue // it was imported
			}
			path := archiveOf(f.Path)
			if !seen[path] && path != "-" {
				seen[path] = true
				paths = append(paths, path)
			}
		}
		if len(failures) < page {
			break
		}
	}
	if len(paths) == 0 {
		return nil, ErrNothingToRetry
	}
	return slices.Clip(paths), nil
}

// archiveOf returns the file in which a member of an archive lies, or path itself.
func archiveOf(path string) string {
	if source.IsS3(path) {
		// Objects may be named anything, but names with the sign in them are not found in practice.
		archive, _, _ := strings.Cut(path, memberSign)
		return archive
	}
	for at := 0; ; {
		i := strings.Index(path[at:], memberSign)
		if i < 0 {
			return path
		}
		at += i
		if info, err := os.Stat(path[:at]); err == nil && info.Mode().IsRegular() {
			return path[:at]
		}
		at += len(memberSign)
	}
}
