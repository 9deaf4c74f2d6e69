package format

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// By bzip2 1.0.8 and zstd 1.5, of {"Records":[…]} with one event.
const (
	bzipped = "QlpoOTFBWSZTWWjD5dEAACGfgBAFYFACARkKLiOfCiAASGiJpk2oDRpieUKBoAAACEY+UFnrIG58gk3IZDBmM23+1PFqMVULi6zJdLsAeXDQwAc+o98XckU4UJBow+XR"
	zstded  = "KLUv/QRYHQIAlAN7IlJlY29yZHMiOlt7ImV2ZW50VmVyc2lvbiI6IjEuMDgiLE5hbWUiOiJFU291cmNlIjoicyJ9XX0CADMJXw7zCXVWX0g="
)

const file1 = `{"Records":[` + event + `]}`

func decode(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func gz(content []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(content)
	_ = z.Close()
	return b.Bytes()
}

func zst(content []byte) []byte {
	z, _ := zstd.NewWriter(nil)
	return z.EncodeAll(content, nil)
}

// tarred and zipped take names and contents by turns.
func tarred(files ...string) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		_ = w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o600, Size: int64(len(files[i+1]))})
		_, _ = io.WriteString(w, files[i+1])
	}
	_ = w.Close()
	return b.Bytes()
}

func zipped(files ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, _ := w.Create(files[i])
		_, _ = io.WriteString(f, files[i+1])
	}
	_ = w.Close()
	return b.Bytes()
}

// zippedRaw is a zip file whose local headers tell the sizes.
func zippedRaw(method uint16, name, content string) []byte {
	packed := []byte(content)
	if method == zip.Deflate {
		var p bytes.Buffer
		z, _ := flate.NewWriter(&p, 6)
		_, _ = io.WriteString(z, content)
		_ = z.Close()
		packed = p.Bytes()
	}
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateRaw(&zip.FileHeader{Name: name, Method: method, CRC32: crc32.ChecksumIEEE([]byte(content)),
		CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(len(content))})
	if err != nil {
		panic(err)
	}
	_, _ = f.Write(packed)
	_ = w.Close()
	return b.Bytes()
}

// zippedOnTheFly is a zip file of stored files whose sizes stand behind them.
func zippedOnTheFly(files ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, _ := w.CreateHeader(&zip.FileHeader{Name: files[i], Method: zip.Store})
		_, _ = io.WriteString(f, files[i+1])
	}
	_ = w.Close()
	return b.Bytes()
}

// zippedAs is a zip file of file1 twice, compressed by a method.
func zippedAs(method uint16, packed []byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range []string{"x", "y"} {
		f, _ := w.CreateRaw(&zip.FileHeader{Name: name, Method: method, CRC32: crc32.ChecksumIEEE([]byte(file1)),
			CompressedSize64: uint64(len(packed)), UncompressedSize64: uint64(len(file1))})
		_, _ = f.Write(packed)
	}
	_ = w.Close()
	return b.Bytes()
}

func TestContainers(t *testing.T) {
	f := func(name string, file []byte, records int, want string) {
		t.Helper()
		readBoth(t, name, file)
		reads(t, name, bytes.NewReader(file), records, want)
	}
	f("zstd", decode(zstded), 1, "")
	f("zstd, two frames and one to skip", append(append(zst([]byte(file1[:20])), 0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 'x'), zst([]byte(file1[20:]))...), 1, "")
	f("bzip2", decode(bzipped), 1, "")
	f("bzip2, two streams", append(decode(bzipped), decode(bzipped)...), 2, "")
	f("gzip in gzip", gz(gz([]byte(file1))), 1, "")
	f("tar", tarred("a/", "", "a/x.json", file1, "a/y.json.gz", string(gz([]byte(file1)))), 2, "")
	f("tar.gz", gz(tarred("x.json", file1)), 1, "")
	f("zip, sizes behind", zipped("a/", "", "a/x.json", file1, "y", file1), 2, "")
	f("zip, sizes before", zippedRaw(zip.Deflate, "x", file1), 1, "")
	f("zip of bzip2, as 7-Zip and Python make it", zippedAs(zipBzip2, decode(bzipped)), 2, "")
	f("zip of zstd", zippedAs(zipZstd, zst([]byte(file1))), 2, "")
	f("zip, stored, sizes behind", zippedOnTheFly("x", file1, "y", "PK\x07\x08 no end yet PK\x07", "z", string(gz([]byte(file1))), "e", ""), 2,
		"passed: y: at byte 0: no text; passed: e: at byte 0: an empty file")
	fly := zippedOnTheFly("x", file1)
	f("zip, stored, sizes behind, cut off", fly[:60], 0, "x: at byte 26 (/Records/0): zip: the file is cut off; at byte 0: zip: the file is cut off")
	f("zip, stored", zippedRaw(zip.Store, "x", file1), 1, "")
	f("zip of tar of gzip", zipped("t.tar", string(tarred("x.gz", string(gz([]byte(file1)))))), 1, "")
	f("what macOS adds", zipped("__MACOSX/._x", "\x00\x05\x16\x07", "x", file1), 1, "")
	f("nothing that holds records", tarred("a.txt", "hello", "b.txt", "hello"), 0,
		"passed: a.txt: at byte 0: no JSON; passed: b.txt: at byte 0: no JSON; ignored: an archive of 2 files without CloudTrail records; the first is no JSON")
	f("an empty tar", tarred(), 0, "ignored: no text")
	f("a zip of folders", zipped("a/", ""), 0, "ignored: an archive of no files")

	// One broken file does not hide the others.
	f("a broken file in a zip", zipped("x", string(gz([]byte(file1))[:40]), "y", file1), 1, "x: at byte 29 (/Records/0/eventVersion): gzip: the file is cut off")
	f("a malformed file in a tar", tarred("x", file1+"}", "y", file1), 2, "x: at byte 71: '}' where '{' or the end of the file should be")
	whole := zipped("x", file1, "y", file1)
	f("a zip that is cut off", whole[:len(whole)/2], 1, "y: at byte 26 (/Records/0): zip: the file is cut off; at byte 0: zip: the file is cut off")
	f("a zip without its directory", whole[:bytes.Index(whole, []byte("PK\x01\x02"))], 2, "at byte 0: zip: the file is cut off")
	broken := bytes.Clone(zippedRaw(zip.Store, "x", file1))
	broken[bytes.Index(broken, []byte("eventName"))] = 'E'
	f("a zip with a wrong checksum", broken, 0, "x: at byte 71: zip: invalid checksum")
	f("a zip that hides a file", append(zippedRaw(zip.Store, "x", file1)[:30+1+len(file1)], zippedRaw(zip.Store, "y", file1)...), 2,
		"at byte 0: zip: its directory lists 1 files, but it holds 2")
	locked := zippedRaw(zip.Store, "x", file1)
	locked[6] |= 1
	f("an encrypted zip", locked, 0, "x: at byte 0: zip: the file is encrypted")
	f("a tar that is cut off", tarred("x", file1, "y", file1)[:1600], 1, "y: at byte 64 (/Records/0): tar: the file is cut off; at byte 0: tar: the file is cut off")

	nested := []byte(file1)
	for range maxContainers {
		nested = gz(nested)
	}
	f("as deep as may be", nested, 1, "")
	f("too deep", gz(nested), 0, "at byte 0: more than 6 archives inside each other")
}

// Names of members are only shown: nothing is opened or made by them, and links are not followed.
func TestMembersThatPointOutside(t *testing.T) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "../../etc/cron.d/x", Typeflag: tar.TypeReg, Size: int64(len(file1))},
		{Name: "/etc/passwd", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"},
		{Name: "hard", Typeflag: tar.TypeLink, Linkname: "../../etc/passwd"},
		{Name: "null", Typeflag: tar.TypeChar},
	} {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			_, _ = io.WriteString(w, file1)
		}
	}
	_ = w.Close()
	c, _, err := read(&b)
	want := "[/etc/passwd: at byte 0: a link: links are not followed hard: at byte 0: a link: links are not followed null: at byte 0: a device]"
	if err != nil || len(c.records) != 1 || fmt.Sprint(c.passed) != want {
		t.Errorf("%d records, %v, %v", len(c.records), c.passed, err)
	}
}

func TestBombs(t *testing.T) {
	zeros := bytes.Repeat([]byte{' '}, 40<<20)
	for name, file := range map[string][]byte{
		"gzip":         gz(zeros),
		"gzip in gzip": gz(gz(bytes.Repeat([]byte{' '}, 64<<20))),
		"zstd":         zst(zeros),
		"zip":          zipped("a", string(zeros), "b", file1),
		"tar.gz":       gz(tarred("a", string(zeros))),
	} {
		c, _, err := read(bytes.NewReader(file))
		if !errors.Is(err, ErrExpansion) || len(c.records) > 0 {
			t.Errorf("%s: %d records, %v", name, len(c.records), err)
		}
		r := NewReader(DefaultLimits)
		r.Ahead = true
		if _, err := r.Read(plainReader{bytes.NewReader(file)}, &c); !errors.Is(err, ErrExpansion) || len(c.records) > 0 {
			t.Errorf("%s, read ahead: %d records, %v", name, len(c.records), err)
		}
	}
	_, err := NewReader(Limits{ExpandRatio: 1000, ExpandBytes: 100}).Read(bytes.NewReader(gz(bytes.Repeat([]byte(event), 5))), &collector{})
	if !errors.Is(err, ErrExpansion) || !strings.Contains(err.Error(), "more than 100 bytes") {
		t.Errorf("by size: %v", err)
	}
}

// A frame that asks for more memory than is given is refused.
func TestZstdWindow(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00} // a window of 2 GiB
	_, _, err := read(bytes.NewReader(frame))
	if err == nil || !strings.Contains(err.Error(), "zstd: window size exceeded") {
		t.Errorf("got %v", err)
	}
}
