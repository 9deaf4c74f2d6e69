package format

import (
	"bytes"
	"compress/bzip2"
	"io"
)

// bzip2Container reads bzip2 files of one or several streams.
var bzip2Container = container{
	name: "bzip2",
	match: func(head []byte) bool {
		return len(head) > 10 && bytes.HasPrefix(head, []byte("BZh")) && head[3] >= '1' && head[3] <= '9' &&
			(bytes.Equal(head[4:10], []byte("\x31\x41\x59\x26\x53\x59")) || bytes.Equal(head[4:10], []byte("\x17\x72\x45\x38\x50\x90")))
	},
	open: func(_ *Reader, src *source, each func(string, io.Reader) error) error {
		return each("", bzip2.NewReader(src))
	},
}
