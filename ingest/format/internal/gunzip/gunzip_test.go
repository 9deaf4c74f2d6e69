package gunzip

import (
	"bufio"
	"bytes"
	stdgzip "compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/gzip"

	"github.com/ctlake/ctlake/ingest/synth"
)

// packed returns text as a gzip file of a level.
func packed(t testing.TB, text []byte, level int) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := stdgzip.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(text) // to memory
	_ = w.Close()
	return out.Bytes()
}

// unpacked reads a file to its end or its fault, with a buffer of some size.
func unpacked(file io.Reader, buffer int) ([]byte, error) {
	var r Reader
	if err := r.Reset(bufio.NewReaderSize(file, buffer)); err != nil {
		return nil, err
	}
	return io.ReadAll(&r)
}

// expected is what the standard library makes of a file.
func expected(file []byte) ([]byte, error) {
	r, err := stdgzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// texts of different natures.
func texts(t testing.TB) map[string][]byte {
	t.Helper()
	rng := rand.New(rand.NewSource(1))
	noise := make([]byte, 100_000)
	rng.Read(noise)
	skewed := make([]byte, 100_000) // long codes
	for i := range skewed {
		for skewed[i] = 0; skewed[i] < 40 && rng.Intn(2) == 0; skewed[i]++ {
		}
	}
	var far bytes.Buffer // matches at every distance, overlapping ones too
	for far.Len() < 200_000 {
		from, n := rng.Intn(40_000)+1, rng.Intn(300)
		for range n {
			if from > far.Len() || rng.Intn(200) == 0 {
				far.WriteByte(byte(rng.Intn(256)))
				continue
			}
			far.WriteByte(far.Bytes()[far.Len()-from])
		}
	}
	return map[string][]byte{
		"nothing": nil, "a byte": []byte("x"), "zeros": make([]byte, 300_000), "noise": noise, "skewed": skewed,
		"far": far.Bytes(), "records": records(t), "periods": bytes.Repeat([]byte("abcdefg"), 20_000),
	}
}

// records is the text of an archive.
func records(t testing.TB) []byte {
	t.Helper()
	g, err := synth.New(synth.Options{Events: 500, Days: 1, Accounts: 3, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(g.Next().Text)
}

func TestWhatWasPackedComesOut(t *testing.T) {
	for name, text := range texts(t) {
		for _, level := range []int{stdgzip.HuffmanOnly, 0, 1, 6, 9} {
			file := packed(t, text, level)
			for how, r := range map[string]io.Reader{"whole": bytes.NewReader(file), "halves": iotest.HalfReader(bytes.NewReader(file)),
				"last bytes with the end": iotest.DataErrReader(bytes.NewReader(file))} {
				got, err := unpacked(r, 4<<10)
				if err != nil || !bytes.Equal(got, text) {
					t.Errorf("%s, level %d, %s: %d of %d bytes, %v", name, level, how, len(got), len(text), err)
				}
			}
		}
	}
}

func TestMembersFollowOneAnother(t *testing.T) {
	one, two := packed(t, []byte("one"), 9), packed(t, []byte("two"), 0)
	f := func(file []byte, want string, wantErr error) {
		t.Helper()
		got, err := unpacked(iotest.OneByteReader(bytes.NewReader(file)), 16)
		if string(got) != want || !errors.Is(err, wantErr) {
			t.Errorf("got %q, %v; want %q, %v", got, err, want, wantErr)
		}
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	f(join(one, two, one), "onetwoone", nil)
	f(join(one, two[:5]), "one", io.ErrUnexpectedEOF)
	f(join(one, make([]byte, 20)), "one", ErrHeader)
	f(one[:len(one)-1], "one", io.ErrUnexpectedEOF)
	f(nil, "", io.EOF)
	broken := bytes.Clone(one)
	broken[len(broken)-8] ^= 1
	f(join(broken, two), "one", ErrChecksum)

	var named bytes.Buffer
	w := stdgzip.NewWriter(&named)
	w.Name, w.Comment, w.Extra = "a", "b", []byte{1, 2, 3}
	_, _ = w.Write([]byte("text")) // to memory
	_ = w.Close()
	f(named.Bytes(), "text", nil)
	w.Reset(&named)
	w.Name = strings.Repeat("a", maxNameBytes)
	_ = w.Close()
	f(named.Bytes(), "text", ErrHeader)
}

// TestWhatComesIsGivenOut: of a file that is still written, all that was flushed can be read.
func TestWhatComesIsGivenOut(t *testing.T) {
	in, out := io.Pipe()
	go func() {
		w := stdgzip.NewWriter(out)
		_, _ = w.Write([]byte("the first part"))
		_ = w.Flush()
		// Nothing more comes: whoever waits for it waits for ever.
	}()
	var r Reader
	if err := r.Reset(bufio.NewReader(in)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len("the first part"))
	if _, err := io.ReadFull(&r, got); err != nil || string(got) != "the first part" {
		t.Errorf("%q, %v", got, err)
	}
}

// agrees compares with the standard library on a file that may be broken: both accept it with the same
// text or both refuse it, and then neither text contradicts the other.
func agrees(t *testing.T, file []byte) {
	t.Helper()
	want, wantErr := expected(file)
	got, err := unpacked(bytes.NewReader(file), 64)
	if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
		t.Fatalf("%d bytes, %v; the standard library has %d bytes, %v\n%x", len(got), err, len(want), wantErr, file)
	}
	if n := min(len(got), len(want)); !bytes.Equal(got[:n], want[:n]) {
		t.Fatalf("another text than the standard library's before a fault (%v, %v)\n%x", err, wantErr, file)
	}
}

func TestDamage(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	text := records(t)[:6_000]
	for _, level := range []int{stdgzip.HuffmanOnly, 0, 1, 6, 9} {
		file := packed(t, text, level)
		for cut := 0; cut < len(file); cut += 1 + len(file)/60 {
			agrees(t, file[:cut])
		}
		for range 100 {
			damaged := bytes.Clone(file)
			for range 1 + rng.Intn(3) {
				damaged[rng.Intn(len(damaged))] ^= 1 << rng.Intn(8)
			}
			agrees(t, damaged)
		}
	}
}

func FuzzReader(f *testing.F) {
	for _, level := range []int{stdgzip.HuffmanOnly, 0, 1, 9} {
		f.Add(packed(f, records(f)[:1500], level))
		f.Add(packed(f, []byte("abcabcabcabc"), level))
	}
	f.Fuzz(func(t *testing.T, file []byte) { agrees(t, file) })
}

func BenchmarkRead(b *testing.B) {
	text := records(b)
	file := packed(b, text, 6)
	buffer := make([]byte, 64<<10)
	drain := func(b *testing.B, r io.Reader) {
		for {
			if _, err := r.Read(buffer); err == io.EOF {
				return
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run(fmt.Sprint("own ", len(file), " of ", len(text)), func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		var r Reader
		for b.Loop() {
			if err := r.Reset(bufio.NewReaderSize(bytes.NewReader(file), 32<<10)); err != nil {
				b.Fatal(err)
			}
			drain(b, &r)
		}
	})
	b.Run("klauspost", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		var r gzip.Reader
		for b.Loop() {
			if err := r.Reset(bufio.NewReaderSize(bytes.NewReader(file), 32<<10)); err != nil {
				b.Fatal(err)
			}
			drain(b, &r)
		}
	})
}
