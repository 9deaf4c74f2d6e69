package format

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// plainReader hides that a file lies in memory.
type plainReader struct{ io.Reader }

// readBoth reads a file as it comes and ahead, and holds that the outcome is the same.
func readBoth(t *testing.T, name string, file []byte) (collector, Verdict, error) {
	t.Helper()
	c, v, err := read(plainReader{bytes.NewReader(file)})
	for way, from := range map[string]io.Reader{"ahead": bytes.NewReader(file), "ahead, in small parts": iotest.HalfReader(bytes.NewReader(file))} {
		var seen collector
		r := NewReader(DefaultLimits)
		r.Ahead = true
		verdict, failed := r.Read(plainReader{from}, &seen)
		if !reflect.DeepEqual(seen, c) || verdict != v || fmt.Sprint(failed) != fmt.Sprint(err) {
			t.Errorf("%s, %s: %d records, %+v, %v; without that %d, %+v, %v", name, way, len(seen.records), verdict, failed, len(c.records), v, err)
		}
	}
	return c, v, err
}

// What is read ahead is what is there, of any size and wherever it is cut off or damaged.
func TestReadingAhead(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var text strings.Builder
	for text.WriteString(`{"Records":[` + event); text.Len() < 3*aheadBlocks*aheadBytes; {
		fmt.Fprintf(&text, `,{"eventVersion":"1.08","eventName":"E","eventSource":"s","eventID":"%x"}`, random.Uint64())
	}
	text.WriteString("]}")
	plain := []byte(text.String())
	for name, file := range map[string][]byte{"plain": plain, "gzip": gz(plain), "zstd": zst(plain), "gzip in gzip": gz(gz(plain)), "tar.gz": gz(tarred("x", string(plain), "y", file1))} {
		for range 2 {
			cut := file[:random.IntN(len(file))]
			readBoth(t, name+" cut off", cut)
			damaged := bytes.Clone(file)
			damaged[random.IntN(len(file))] ^= 0x10
			readBoth(t, name+" damaged", damaged)
		}
		if c, _, err := readBoth(t, name, file); err != nil || len(c.records) < 10_000 {
			t.Errorf("%s: %d records, %v", name, len(c.records), err)
		}
	}
}

// stoppingVisitor ends the reading at the first record.
type stoppingVisitor struct{ collector }

var errEnough = errors.New("enough")

func (*stoppingVisitor) Record(Record) error { return errEnough }

// panicking is a file of which reading panics behind the first part.
type panicking struct{ io.Reader }

func (p panicking) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if err == io.EOF {
		panic("on purpose")
	}
	return n, err
}

// However the reading ends, nobody reads on: the file may be closed.
func TestReadingAheadEnds(t *testing.T) {
	endless := func() io.Reader {
		return plainReader{io.MultiReader(strings.NewReader(`{"Records":[`+event+`,`), neverEnding{})}
	}
	for name, run := range map[string]func(r *Reader, from io.Reader) error{
		"by the visitor": func(r *Reader, from io.Reader) error {
			_, err := r.Read(from, &stoppingVisitor{})
			return err
		},
		"by a panic": func(r *Reader, _ io.Reader) (err error) {
			defer func() { err = fmt.Errorf("%v", recover()) }()
			_, err = r.Read(panicking{strings.NewReader(file1[:40])}, &collector{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			from := &watched{Reader: endless()}
			r := NewReader(DefaultLimits)
			r.Ahead = true
			done := make(chan error, 1)
			go func() { done <- run(r, from) }()
			select {
			case err := <-done:
				if !errors.Is(err, errEnough) && fmt.Sprint(err) != "on purpose" {
					t.Errorf("got %v", err)
				}
			case <-time.After(time.Minute):
				t.Fatal("the reading does not end")
			}
			from.Reader = nil // whoever reads now panics
		})
	}
}

type watched struct{ io.Reader }

// neverEnding is white space.
type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
