package format

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// zipContainer reads zip archives (APPNOTE.TXT 4.3) from front to back, so that they may
// come from a pipe or lie in another archive:
//
//	┌ local header ┬ data ┬ data descriptor ┐ … ┌ central directory ┬ end ┐
//	└ name, sizes? ┴──────┴ sizes, if unknown ┘   └ one entry a file ───┴─────┘
//
// The central directory is read for one thing: it must list as many files as were found,
// or the archive shows different files to different readers.
var zipContainer = container{
	name:  "zip",
	match: func(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) },
	open: func(r *Reader, src *source, each func(string, io.Reader) error) error {
		z := &zipReader{src: src.Reader}
		defer z.close()
		for {
			more, err := z.next()
			if err != nil || !more {
				return err
			}
			content := r.expand(z, "zip")
			of := io.Reader(z)
			if strings.HasSuffix(z.name, "/") && z.refused == "" {
				// A folder, unless there is something in it.
				var first [1]byte
				n, err := io.ReadFull(content, first[:])
				if err == io.EOF {
					if err := z.finish(content); err != nil {
						return err
					}
					continue
				}
				if err != nil {
					of = endedReader{err}
				}
				of = io.MultiReader(bytes.NewReader(first[:n]), of)
			}
			if z.refused != "" {
				if err := r.damage(&Error{Member: memberPath(r.prefix, nameOf(z.name)), Reason: "zip: " + z.refused}); err != nil {
					return err
				}
			} else if err := each(nameOf(z.name), of); err != nil {
				return err
			}
			if err := z.finish(content); err != nil {
				return err
			}
		}
	},
}

const (
	zipLocalHeader      = 0x04034b50
	zipCentralHeader    = 0x02014b50
	zipDescriptor       = 0x08074b50
	zipEnd              = 0x06054b50
	zip64End            = 0x06064b50
	zip64Locator        = 0x07064b50
	zipStored           = 0
	zipDeflated         = 8
	zipBzip2            = 12
	zipZstd             = 93
	zipEncrypted        = 1 << 0
	zipSizesFollow      = 1 << 3
	zip64Extra          = 0x0001
	zipLocalHeaderBytes = 26 // behind the signature
)

type zipReader struct {
	src   *bufio.Reader
	count int64 // files found

	// The file at hand:
	name             string
	refused          string // why it cannot be read
	flags, method    uint16
	crc              uint32
	packed, unpacked uint64 // as the local header says
	data             *io.LimitedReader
	r                io.Reader // what it holds
	inflate          io.ReadCloser
	zstd             *zstd.Decoder
	sum              hash.Hash32
	n                uint64 // bytes given out
	ended            bool
}

// next reads the header of the next file; false at the central directory.
func (z *zipReader) next() (bool, error) {
	var b [zipLocalHeaderBytes]byte
	if _, err := io.ReadFull(z.src, b[:4]); err != nil {
		return false, cutOff(err)
	}
	switch binary.LittleEndian.Uint32(b[:]) {
	case zipLocalHeader:
	case zipCentralHeader:
		return false, z.directory()
	default:
		return false, fmt.Errorf("bytes % x where a file or the central directory should begin", b[:4])
	}
	if _, err := io.ReadFull(z.src, b[:]); err != nil {
		return false, cutOff(err)
	}
	le := binary.LittleEndian
	z.count++
	z.flags, z.method, z.crc = le.Uint16(b[2:]), le.Uint16(b[4:]), le.Uint32(b[10:])
	z.packed, z.unpacked = uint64(le.Uint32(b[14:])), uint64(le.Uint32(b[18:]))
	name, extra := make([]byte, le.Uint16(b[22:])), make([]byte, le.Uint16(b[24:]))
	if _, err := io.ReadFull(z.src, name); err != nil {
		return false, cutOff(err)
	}
	if _, err := io.ReadFull(z.src, extra); err != nil {
		return false, cutOff(err)
	}
	z.name, z.refused, z.n, z.ended = string(name), "", 0, false
	z.wide(extra)
	return true, z.open()
}

// wide takes sizes of 64 bits from the extra fields.
func (z *zipReader) wide(extra []byte) {
	le := binary.LittleEndian
	for len(extra) >= 4 {
		id, size := le.Uint16(extra), int(le.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			return
		}
		field := extra[:size]
		extra = extra[size:]
		if id != zip64Extra {
			continue
		}
		for _, at := range []*uint64{&z.unpacked, &z.packed} {
			if *at == 0xffffffff && len(field) >= 8 {
				*at, field = le.Uint64(field), field[8:]
			}
		}
	}
}

func (z *zipReader) open() error {
	known := z.flags&zipSizesFollow == 0
	z.sum = crc32.NewIEEE()
	z.data = nil
	if known {
		if z.packed > 1<<62 {
			return errors.New("a file that claims to be longer than any can be")
		}
		z.data = &io.LimitedReader{R: z.src, N: int64(z.packed)}
		z.r = z.data
	}
	switch {
	case z.flags&zipEncrypted != 0:
		z.refused = "the file is encrypted"
	case z.method == zipStored && known:
		return nil
	case z.method == zipDeflated:
		var from io.Reader = z.src
		if known {
			from = bufio.NewReader(z.data)
		}
		if z.inflate == nil {
			z.inflate = flate.NewReader(from)
		} else if err := z.inflate.(flate.Resetter).Reset(from, nil); err != nil {
			return err
		}
		z.r = z.inflate
		return nil
	case z.method == zipBzip2 && known:
		z.r = bzip2.NewReader(z.data)
		return nil
	case z.method == zipZstd && known:
		if z.zstd == nil {
			var err error
			if z.zstd, err = newZstd(z.data); err != nil {
				return err
			}
		} else if err := z.zstd.Reset(z.data); err != nil {
			return err
		}
		z.r = z.zstd
		return nil
	case z.method == zipStored:
		z.r = &storedReader{z}
		return nil
	default:
		z.refused = fmt.Sprintf("compression method %d is not read", z.method)
	}
	if !known {
		return errors.New(z.refused + ", and nothing tells where the next one begins")
	}
	return nil
}

// close gives back what decompression took.
func (z *zipReader) close() {
	if z.zstd != nil {
		z.zstd.Close()
	}
}

// Read implements io.Reader: it gives out the file at hand, and checks it at its end.
func (z *zipReader) Read(p []byte) (int, error) {
	if z.ended {
		return 0, io.EOF
	}
	n, err := z.r.Read(p)
	_, _ = z.sum.Write(p[:n])
	z.n += uint64(n)
	if err != io.EOF {
		return n, err
	}
	if z.data != nil && z.data.N > 0 && z.method == zipStored {
		return n, io.ErrUnexpectedEOF
	}
	z.ended = true
	if z.data == nil {
		if err := z.descriptor(); err != nil {
			return n, err
		}
	}
	if z.sum.Sum32() != z.crc {
		return n, errors.New("invalid checksum")
	}
	return n, io.EOF
}

// storedReader reads a stored file whose length is not told before it, as archives that are made on the fly have them: it
// ends where a data descriptor tells the length and the checksum of just what was read.
type storedReader struct{ z *zipReader }

// Read implements io.Reader.
func (s *storedReader) Read(p []byte) (int, error) {
	const signatureBytes, wideBytes = 4, 24 // of a data descriptor: its signature; all of it with lengths of 64 bits
	src := s.z.src
	_, err := src.Peek(wideBytes)
	b, _ := src.Peek(src.Buffered())
	if len(b) < signatureBytes {
		return 0, cutOff(err)
	}
	if s.endsAt(b) {
		return 0, io.EOF
	}
	n := len(b) - signatureBytes + 1 // what may begin a signature waits for the rest of it
	if i := bytes.Index(b[1:], []byte("PK\x07\x08")); i >= 0 {
		n = i + 1
	}
	n = copy(p, b[:n])
	_, err = src.Discard(n)
	return n, err
}

// endsAt reports whether b begins with the descriptor of the file so far.
func (s *storedReader) endsAt(b []byte) bool {
	le := binary.LittleEndian
	switch {
	case len(b) < 16 || le.Uint32(b) != zipDescriptor || le.Uint32(b[4:]) != s.z.sum.Sum32():
		return false
	case uint64(le.Uint32(b[8:])) == s.z.n&0xffffffff && uint64(le.Uint32(b[12:])) == s.z.n&0xffffffff:
		return true
	}
	return len(b) >= 24 && le.Uint64(b[8:]) == s.z.n && le.Uint64(b[16:]) == s.z.n
}

// descriptor reads the sizes behind the data.
func (z *zipReader) descriptor() error {
	le := binary.LittleEndian
	b, err := z.src.Peek(4)
	if err != nil {
		return cutOff(err)
	}
	if le.Uint32(b) == zipDescriptor {
		_, _ = z.src.Discard(4)
	}
	const narrow, wide = 12, 20 // checksum and two sizes, of 32 or 64 bits
	if b, err = z.src.Peek(narrow + 4); len(b) < narrow {
		return cutOff(err)
	}
	z.crc = le.Uint32(b)
	size := narrow
	if len(b) < narrow+4 {
		// The archive ends here: whoever reads on finds that.
	} else if next := le.Uint32(b[narrow:]); next != zipLocalHeader && next != zipCentralHeader || uint64(le.Uint32(b[8:])) != z.n&0xffffffff {
		size = wide
	}
	_, err = z.src.Discard(size)
	return cutOff(err)
}

// finish passes over what is left of the file at hand; rest reads it, nil if it need not be read.
func (z *zipReader) finish(rest io.Reader) error {
	if z.data == nil || z.refused == "" && rest != nil && !z.ended {
		if rest == nil {
			rest = z
		}
		if _, err := io.Copy(io.Discard, rest); err != nil && z.data == nil {
			return err
		}
	}
	if z.data != nil {
		if _, err := io.Copy(io.Discard, z.data); err != nil {
			return err
		}
		if z.data.N > 0 {
			return io.ErrUnexpectedEOF
		}
	}
	return nil
}

// directory counts the files that the central directory lists; its first signature was read.
func (z *zipReader) directory() error {
	const headerBytes = 42 // behind the signature
	var b [headerBytes]byte
	le := binary.LittleEndian
	for listed := int64(1); ; listed++ {
		if _, err := io.ReadFull(z.src, b[:]); err != nil {
			return cutOff(err)
		}
		rest := int(le.Uint16(b[24:])) + int(le.Uint16(b[26:])) + int(le.Uint16(b[28:]))
		if _, err := z.src.Discard(rest); err != nil {
			return cutOff(err)
		}
		if _, err := io.ReadFull(z.src, b[:4]); err != nil {
			return cutOff(err)
		}
		if le.Uint32(b[:]) == zipCentralHeader {
			continue
		}
		if listed != z.count {
			return fmt.Errorf("its directory lists %d files, but it holds %d", listed, z.count)
		}
		return z.end(le.Uint32(b[:]))
	}
}

// end reads what is behind the entries of the central directory, of which a signature was read. It says nothing that is needed,
// but nothing may be behind it: what is there other readers take for the archive, and this one for the file.
func (z *zipReader) end(signature uint32) error {
	le := binary.LittleEndian
	var b [18]byte
	for {
		size, isEnd := 0, false
		switch signature {
		case zipEnd:
			size, isEnd = 18, true
		case zip64End:
			size = 8
		case zip64Locator:
			size = 16
		default:
			return fmt.Errorf("signature %08x where the end of the central directory should be", signature)
		}
		if _, err := io.ReadFull(z.src, b[:size]); err != nil {
			return cutOff(err)
		}
		switch {
		case isEnd:
			if _, err := z.src.Discard(int(le.Uint16(b[16:]))); err != nil { // a comment
				return cutOff(err)
			}
			if empty, err := onlyZeros(z.src); err != nil || empty {
				return err
			}
			return errors.New("there is something behind its end")
		case signature == zip64End:
			if _, err := io.CopyN(io.Discard, z.src, int64(le.Uint64(b[:])&math.MaxInt64)); err != nil {
				return cutOff(err)
			}
		}
		if _, err := io.ReadFull(z.src, b[:4]); err != nil {
			return cutOff(err)
		}
		signature = le.Uint32(b[:])
	}
}

// onlyZeros passes over zeros, with which archives may be filled up, and reports whether nothing else is left.
func onlyZeros(r *bufio.Reader) (bool, error) {
	for {
		head, err := r.Peek(sniffBytes)
		if len(bytes.Trim(head, "\x00")) > 0 {
			return false, nil
		}
		if len(head) == 0 {
			if err == io.EOF {
				err = nil
			}
			return err == nil, err
		}
		_, _ = r.Discard(len(head)) // it was peeked at
	}
}

// cutOff makes the end of input what it is inside a structure.
func cutOff(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
