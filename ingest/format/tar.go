package format

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// tarContainer reads tar archives (POSIX ustar and pax, GNU, and the old form without magic).
// Only regular files are read: links, devices and folders are passed over, whatever they point at.
var tarContainer = container{
	name:  "tar",
	match: isTar,
	open: func(r *Reader, src *source, each func(string, io.Reader) error) error {
		t := tar.NewReader(src)
		for {
			h, err := t.Next()
			if err == io.EOF {
				// Other readers may go on behind the end, where archives were put one behind the other.
				if empty, err := onlyZeros(src.Reader); err != nil || empty {
					return err
				}
				if head, _ := src.Peek(sniffBytes); !isTar(head) {
					return errors.New("there is something behind its end")
				}
				t = tar.NewReader(src)
				continue
			}
			if err != nil {
				return err
			}
			switch h.Typeflag {
			case tar.TypeReg, tar.TypeGNUSparse:
			case tar.TypeDir, tar.TypeXGlobalHeader:
				continue
			default:
				if err := r.passed(&Error{Member: memberPath(r.prefix, h.Name), Reason: tarLink(h)}); err != nil {
					return err
				}
				continue
			}
			if err := each(nameOf(h.Name), t); err != nil {
				return err
			}
		}
	},
}

// nameOf names a member that has no name.
func nameOf(name string) string {
	if name == "" {
		return "(no name)"
	}
	return name
}

func tarLink(h *tar.Header) string {
	switch h.Typeflag {
	case tar.TypeSymlink, tar.TypeLink:
		return "a link: links are not followed"
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		return "a device"
	}
	return "no regular file"
}

// isTar reports whether head is a tar header: by its magic, or for the old form by its checksum.
func isTar(head []byte) bool {
	const blockBytes, magicAt, sumAt, sumBytes = 512, 257, 148, 8
	if len(head) < blockBytes {
		return false
	}
	field := strings.TrimRight(strings.TrimLeft(string(head[sumAt:sumAt+sumBytes]), " "), " \x00")
	want, err := strconv.ParseInt(field, 8, 32)
	if err != nil {
		return false
	}
	sum := int64(0)
	for i, c := range head[:blockBytes] {
		if i >= sumAt && i < sumAt+sumBytes {
			c = ' '
		}
		sum += int64(c)
	}
	return sum == want && (bytes.HasPrefix(head[magicAt:], []byte("ustar")) || head[0] != 0)
}
