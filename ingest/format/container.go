package format

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	// maxContainers bounds how deep containers may lie in each other: a zip of tars of gzip files is three.
	maxContainers = 6
	// maxMembers bounds the files in one archive, all levels together.
	maxMembers = 10_000_000
	// sniffBytes is how much of a file is looked at to tell what it is: tar's magic lies at 257.
	sniffBytes = 512
)

// A container is a form of file that holds other files, or one in a compressed form.
type container struct {
	name  string
	match func(head []byte) bool
	// open reads src: it calls each for the files inside, one after the other. What each
	// returns is the caller's: it ends the reading.
	open func(r *Reader, src *source, each func(member string, content io.Reader) error) error
}

// containers in the order in which they are tried. The magic bytes exclude each other but
// for tar, which begins with a file name and therefore comes last.
var containers = []*container{&gzipContainer, &zstdContainer, &bzip2Container, &zipContainer, &tarContainer}

// strangers are the magic bytes of files that are told apart only to be named.
var strangers = []struct {
	magic, reason string
	holdsEvents   bool // they may hold events that this program does not get out
}{
	{"\xfd7zXZ\x00", "an xz-compressed file: this compression is not read; unpack it first", true},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive: this form is not read; unpack it first", true},
	{"Rar!\x1a\x07", "a RAR archive: this form is not read; unpack it first", true},
	{"\x04\x22\x4d\x18", "an lz4-compressed file: this compression is not read; unpack it first", true},
	{"\xff\x06\x00\x00sNaPpY", "a snappy-compressed file: this compression is not read; unpack it first", true},
	{"\x1f\x9d", "a file compressed by compress: this compression is not read; unpack it first", true},
	{"\x78\x01", "a zlib-compressed file: this compression is not read; unpack it first", true},
	{"\x78\x9c", "a zlib-compressed file: this compression is not read; unpack it first", true},
	{"\x78\xda", "a zlib-compressed file: this compression is not read; unpack it first", true},
	{"]\x00\x00", "an lzma-compressed file: this compression is not read; unpack it first", true},
	{"LZIP", "an lzip-compressed file: this compression is not read; unpack it first", true},
	{"\x89LZO\x00", "an lzop-compressed file: this compression is not read; unpack it first", true},
	{"Salted__", "an encrypted file (OpenSSL): decrypt it first", true},
	{"-----BEGIN PGP MESSAGE-----", "an encrypted file (PGP): decrypt it first", true},
	{"age-encryption.org/", "an encrypted file (age): decrypt it first", true},
	{"PAR1", "a Parquet file: ingest the CloudTrail archives that it was made from", false},
	{"ORC", "an ORC file: ingest the CloudTrail archives that it was made from", false},
	{"Obj\x01", "an Avro file: ingest the CloudTrail archives that it was made from", false},
	{"SQLite format 3\x00", "an SQLite database", false},
	{"PK\x05\x06", "an empty zip archive", false},
}

// appleDouble is how files begin in which macOS keeps, in archives, what belongs to another file beside its bytes.
const appleDouble = "\x00\x05\x16\x07"

// besideFile reports whether a member is named like such a file.
func besideFile(member string) bool {
	return strings.HasPrefix(member[strings.LastIndexByte(member, '/')+1:], "._")
}

// containerState is what a Reader keeps of the archive at hand and of its decompressors.
type containerState struct {
	file     countingReader // the archive itself
	memory   *bytes.Reader  // the archive if it lies in memory, with so many bytes to read
	behind   int64
	inflated *ahead // what the archive decompresses to, if that is done beside
	expanded int64  // what decompressors gave out, all levels together
	members  int64
	depth    int
	prefix   string     // the member at hand
	embedded *embedding // where the file at hand lies, if it is a string in a text
	inner    []*source  // free ones
	gunzip   []*gunzipper
}

// source is a file with a look at its beginning.
type source struct {
	*bufio.Reader
	counted *countingReader
	// memory is the file if it lies in memory: whoever reads all of it may take this instead of the Reader.
	memory *bytes.Reader
}

// head returns the beginning of the file.
func (s *source) head() ([]byte, error) {
	if s.memory == nil {
		return s.Peek(sniffBytes)
	}
	head := make([]byte, sniffBytes)
	n, err := s.memory.ReadAt(head, s.memory.Size()-int64(s.memory.Len()))
	return head[:n], err
}

const sourceBufferBytes = 32 << 10

// countingReader counts, and keeps an error: whoever looks ahead must not use it up.
type countingReader struct {
	r   io.Reader
	n   int64
	err error
}

func (c *countingReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.err = err
	return n, err
}

// begin reads the archive.
func (r *Reader) begin(file io.Reader) error {
	r.file = countingReader{r: file}
	r.expanded, r.members, r.depth, r.prefix = 0, 0, 0, ""
	src := r.takeSource(&r.file)
	src.memory, _ = file.(*bytes.Reader)
	if r.memory = src.memory; r.memory != nil {
		r.behind = int64(r.memory.Len())
	} else if r.Ahead {
		a := readAhead(file, func() int64 { return 0 })
		defer a.end()
		r.file.r = a
	}
	err := r.openSource(src)
	r.memory = nil
	return err
}

// consumed returns how much of the archive was read.
func (r *Reader) consumed() int64 {
	switch {
	case r.memory != nil:
		return r.behind - int64(r.memory.Len())
	case r.inflated != nil:
		return r.inflated.measured
	}
	return r.file.n
}

// open reads a file: a container or a text.
func (r *Reader) open(content io.Reader) error { return r.openSource(r.takeSource(content)) }

func (r *Reader) openSource(src *source) error {
	defer r.returnSource(src)
	head, err := src.head()
	if err != nil && err != io.EOF && len(head) == 0 {
		return r.readError(err)
	}
	for _, c := range containers {
		if c.match(head) {
			return r.enter(c, src)
		}
	}
	if r.prefix != "" && besideFile(r.prefix) && bytes.HasPrefix(head, []byte(appleDouble)) {
		return nil
	}
	for _, s := range strangers {
		if bytes.HasPrefix(head, []byte(s.magic)) {
			if s.holdsEvents && r.each == nil {
				return &Error{Member: r.prefix, Reason: s.reason}
			}
			if r.each == nil {
				return r.textDone(s.reason)
			}
		}
	}
	if r.each != nil {
		if err := r.each(r.prefix, src); err != nil {
			return r.readError(err)
		}
		return nil
	}
	return r.readText(src)
}

func (r *Reader) takeSource(content io.Reader) *source {
	if n := len(r.inner); n > 0 {
		src := r.inner[n-1]
		r.inner = r.inner[:n-1]
		*src.counted = countingReader{r: content}
		src.Reset(src.counted)
		return src
	}
	counted := &countingReader{r: content}
	return &source{Reader: bufio.NewReaderSize(counted, sourceBufferBytes), counted: counted}
}

func (r *Reader) returnSource(s *source) {
	s.counted.r, s.memory = nil, nil
	r.inner = append(r.inner, s)
}

// enter reads the files inside a container.
func (r *Reader) enter(c *container, src *source) error {
	if r.depth == maxContainers {
		return &Error{Member: r.prefix, Reason: fmt.Sprintf("more than %d archives inside each other", maxContainers)}
	}
	r.depth++
	outer := r.prefix
	defer func() { r.depth, r.prefix = r.depth-1, outer }()
	err := c.open(r, src, func(member string, content io.Reader) error {
		if member == "" { // the one file of a compressed one
			if r.Ahead && r.depth == 1 && r.memory == nil {
				a := readAhead(content, func() int64 { return r.file.n })
				r.inflated, content = a, a
				defer func() {
					a.end()
					r.inflated = nil
				}()
			}
			return r.open(r.expand(content, c.name))
		}
		if r.members++; r.members > maxMembers {
			return &Error{Member: outer, Reason: fmt.Sprintf("more than %d files in one archive", maxMembers)}
		}
		r.prefix = memberPath(outer, member)
		err := r.open(r.expand(content, c.name))
		r.prefix = outer
		var located *Error
		if errors.As(err, &located) && !errors.Is(err, ErrExpansion) {
			// This file is broken; the next one may not be.
			return r.damage(located)
		}
		return err
	})
	if err == nil {
		return nil
	}
	return r.containerError(c.name, err)
}

// memberPath names a file inside a container, the way URLs of archives do. It is a name to show; no file is made by it.
func memberPath(outer, member string) string {
	const maxNameBytes = 1024
	if len(member) > maxNameBytes {
		member = member[:maxNameBytes] + "…"
	}
	if outer == "" {
		return member
	}
	return outer + "!/" + member
}

// containerError says of an error in which container it arose.
func (r *Reader) containerError(name string, err error) error {
	var located *Error
	var visitors visitorError
	if errors.As(err, &located) || errors.As(err, &visitors) {
		return err
	}
	return &Error{Member: r.prefix, Reason: name + ": " + reasonOf(err), Err: err}
}

func (r *Reader) readError(err error) error {
	var located *Error
	if errors.As(err, &located) {
		return located
	}
	return &Error{Member: r.prefix, Reason: reasonOf(err), Err: err}
}

func reasonOf(err error) string {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return "the file is cut off"
	}
	return err.Error()
}

// expansion is what a container gives out: it is bounded, and says where errors happen.
type expansion struct {
	of   *Reader
	r    io.Reader
	name string
	// member is where it lies: when it is read, and finds what is wrong, another file may be at hand.
	member string
	n      int64
}

// expand returns what a container of the name gives out for the file at hand.
func (r *Reader) expand(content io.Reader, name string) *expansion {
	return &expansion{of: r, r: content, name: name, member: r.prefix}
}

func (e *expansion) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.n += int64(n)
	r := e.of
	r.expanded += int64(n)
	l := r.limits
	switch {
	case r.expanded > max(freeExpansion, l.ExpandRatio*r.consumed()):
		return 0, &Error{Member: e.member, Offset: e.n, Err: ErrExpansion, Reason: fmt.Sprintf(
			"the archive expands to more than %d times its size: it looks like a decompression bomb", l.ExpandRatio)}
	case r.expanded > l.ExpandBytes:
		return 0, &Error{Member: e.member, Offset: e.n, Err: ErrExpansion, Reason: fmt.Sprintf(
			"the archive expands to more than %d bytes", l.ExpandBytes)}
	case err == nil || err == io.EOF:
		return n, err
	}
	var located *Error
	if errors.As(err, &located) {
		return n, err
	}
	return n, &Error{Member: e.member, Offset: e.n, Reason: e.name + ": " + reasonOf(err), Err: err}
}
