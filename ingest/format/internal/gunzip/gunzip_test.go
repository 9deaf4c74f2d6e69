package gunzip_test

import (
	"bytes"
	stdlib "compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"

	"github.com/ctlake/ctlake/ingest/format/internal/gunzip"
)

// read decompresses a file, and returns what came before an error.
func read(z *gunzip.Reader, file []byte, by func(io.Reader) io.Reader) ([]byte, error) {
	if err := z.Reset(file); err != nil {
		if err == io.EOF {
			return nil, nil
		}
		return nil, err
	}
	return io.ReadAll(by(z))
}

func whole(r io.Reader) io.Reader { return r }

// zipped compresses texts, a member each.
func zipped(level int, texts ...[]byte) []byte {
	var b bytes.Buffer
	for _, text := range texts {
		z, _ := stdlib.NewWriterLevel(&b, level)
		_, _ = z.Write(text)
		_ = z.Close()
	}
	return b.Bytes()
}

// texts are of different kinds and lengths.
func texts() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 300_000)
	for i := range random {
		random[i] = byte(r.Uint32())
	}
	var records, skewed bytes.Buffer
	for i := range 2000 {
		fmt.Fprintf(&records, `{"eventID":"%08x-%04x","eventName":"Describe%d","region":"us-east-%d"},`, r.Uint32(), r.Uint32()&0xffff, i%7, i%3)
		skewed.Write(bytes.Repeat([]byte{byte(r.ExpFloat64() * 12)}, 1+r.IntN(3))) // codes of up to 15 bits
	}
	return map[string][]byte{
		"empty": {}, "one byte": []byte("x"), "short": []byte("CloudTrail"), "random": random, "records": records.Bytes(),
		"skewed": bytes.Repeat(skewed.Bytes(), 20), "zeros": make([]byte, 400_000), "pairs": bytes.Repeat([]byte("ab"), 70_000),
		"twelve": bytes.Repeat([]byte("twelve bytes"), 9_000),
	}
}

func TestReaderReadsWhatOthersWrite(t *testing.T) {
	var z gunzip.Reader
	for name, text := range texts() {
		for _, level := range []int{stdlib.HuffmanOnly, stdlib.NoCompression, 1, 6, 9} {
			for _, members := range [][][]byte{{text}, {text, []byte("another"), text}} {
				file, want := zipped(level, members...), bytes.Join(members, nil)
				by := whole
				if level == 1 {
					by = iotest.HalfReader
				}
				got, err := read(&z, file, by)
				if err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%s, level %d, %d members: %d bytes of %d, %v", name, level, len(members), len(got), len(want), err)
				}
				if z.Consumed() != len(file) {
					t.Errorf("%s, level %d: %d bytes of %d consumed", name, level, z.Consumed(), len(file))
				}
			}
		}
	}
}

// like fails unless a file gives the same text as with klauspost/compress, and an error if that gives one.
func like(t *testing.T, z *gunzip.Reader, file []byte) {
	t.Helper()
	got, err := read(z, file, whole)
	var want []byte
	other, wantErr := gzip.NewReader(bytes.NewReader(file))
	if wantErr == nil {
		want, wantErr = io.ReadAll(other)
	}
	if wantErr == io.EOF {
		wantErr = nil
	}
	if (err == nil) != (wantErr == nil) || errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(wantErr, io.ErrUnexpectedEOF) {
		t.Fatalf("%x: error %v, not %v", file, err, wantErr)
	}
	// Of a file that is cut off, the other may leave out what the last bits say.
	if !bytes.Equal(got, want) && !(errors.Is(err, io.ErrUnexpectedEOF) && bytes.HasPrefix(got, want)) {
		t.Fatalf("%x: %d bytes and %v, not %d and %v", file, len(got), err, len(want), wantErr)
	}
}

func TestReaderOfBrokenFiles(t *testing.T) {
	var z gunzip.Reader
	text := texts()["records"][:3000]
	for _, level := range []int{stdlib.HuffmanOnly, stdlib.NoCompression, 6} {
		file := zipped(level, text, text[:200])
		for n := range file { // cut off
			like(t, &z, file[:n])
		}
		for i := 10; i < len(file); i++ { // a bit flipped
			broken := bytes.Clone(file)
			broken[i] ^= 1 << (i % 8)
			like(t, &z, broken)
		}
		like(t, &z, append(bytes.Clone(file), "garbage behind the last member"...))
		like(t, &z, append(bytes.Clone(file), 0))
	}
}

func TestReaderOfHeaders(t *testing.T) {
	var z gunzip.Reader
	f := func(flags byte, fields string, withCRC bool, want string) {
		t.Helper()
		file := zipped(6, []byte("text"))
		header := append([]byte{0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 0xff}, fields...)
		if withCRC {
			sum := crc32.ChecksumIEEE(header)
			header = append(header, byte(sum), byte(sum>>8))
		}
		got, err := read(&z, append(header, file[10:]...), whole)
		if message := fmt.Sprint(err); err == nil && string(got) != want || err != nil && message != want {
			t.Errorf("flags %x, %q: %q, %v, due is %s", flags, fields, got, err, want)
		}
		for n := 1; n < len(header); n++ {
			if err := z.Reset(header[:n]); err == nil || err == io.EOF {
				t.Errorf("flags %x, %d bytes of %d: %v", flags, n, len(header), err)
			}
		}
	}
	f(0, "", false, "text")
	f(8, "name\x00", false, "text")
	f(16, "comment\x00", false, "text")
	f(4, "\x03\x00abc", false, "text")
	f(2|4|8|16, "\x01\x00xname\x00comment\x00", true, "text")
	f(32, "", false, "gzip: invalid header")
	if err := z.Reset([]byte("\x1f\x8b\x08\x02\x00\x00\x00\x00\x00\xff\x00\x00")); err != gzip.ErrHeader {
		t.Errorf("a wrong checksum of the header: %v", err)
	}
}

// FuzzReader compares with klauspost/compress: deflate data behind a header, whatever its checksum.
func FuzzReader(f *testing.F) {
	for _, level := range []int{stdlib.HuffmanOnly, stdlib.NoCompression, 1, 6} {
		f.Add(zipped(level, []byte("CloudTrail CloudTrail records"), []byte("more"))[10:])
		f.Add(zipped(level, texts()["records"][:2000])[10:])
	}
	var z gunzip.Reader
	f.Fuzz(func(t *testing.T, data []byte) {
		like(t, &z, append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff}, data...))
	})
}
