package format

import (
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// Text of UTF-16 is what PowerShell makes of a program's output that it writes to a file. It is decoded
// on the way: offsets are those of the text as UTF-8.

// utf16Order returns the byte order of a text of UTF-16, nil if it is none: by its byte order mark, or by
// the zeros in an opening bracket and what follows it.
func utf16Order(head []byte) binary.ByteOrder {
	const looked = 4
	if len(head) < looked {
		return nil
	}
	opens := func(c byte) bool { return bytes.IndexByte([]byte("{[\" \t\r\n"), c) >= 0 }
	switch {
	case head[0] == 0xff && head[1] == 0xfe, opens(head[0]) && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return binary.LittleEndian
	case head[0] == 0xfe && head[1] == 0xff, head[0] == 0 && opens(head[1]) && head[2] == 0 && head[3] != 0:
		return binary.BigEndian
	}
	return nil
}

// fromUTF16 has the window begin again with its text decoded, if that is UTF-16.
func (w *window) fromUTF16() {
	order := utf16Order(w.buf[w.at:])
	if order == nil || w.base != 0 {
		return
	}
	rest := io.Reader(w.src)
	if w.err != nil {
		rest = endedReader{w.err}
	}
	w.reset(&utf16Reader{src: io.MultiReader(bytes.NewReader(bytes.Clone(w.buf)), rest), order: order})
}

// endedReader is a source that has ended.
type endedReader struct{ err error }

func (e endedReader) Read([]byte) (int, error) { return 0, e.err }

// utf16Reader decodes UTF-16 to UTF-8. Halves of pairs become U+FFFD.
type utf16Reader struct {
	src   io.Reader
	order binary.ByteOrder
	raw   [4096]byte // what is read at once
	have  int        // bytes in raw that are not decoded
	high  rune       // the first half of a pair; 0 is none
	ready []byte     // decoded
	err   error
}

// Read implements io.Reader.
func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.ready) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.src.Read(u.raw[u.have:])
		u.have += n
		u.err = err
		u.decode()
	}
	n := copy(p, u.ready)
	u.ready = u.ready[n:]
	return n, nil
}

// decode decodes the whole units in raw, and at the end what is left.
func (u *utf16Reader) decode() {
	at := 0
	for ; at+1 < u.have; at += 2 {
		c := rune(u.order.Uint16(u.raw[at:]))
		switch {
		case u.high != 0 && utf16.DecodeRune(u.high, c) != utf8.RuneError:
			u.ready = utf8.AppendRune(u.ready, utf16.DecodeRune(u.high, c))
			u.high = 0
			continue
		case u.high != 0:
			u.ready = utf8.AppendRune(u.ready, utf8.RuneError)
			u.high = 0
		}
		const firstHigh, firstLow = 0xd800, 0xdc00
		if c >= firstHigh && c < firstLow {
			u.high = c
			continue
		}
		u.ready = utf8.AppendRune(u.ready, c)
	}
	u.have = copy(u.raw[:], u.raw[at:u.have])
	if u.err != nil && (u.have > 0 || u.high != 0) {
		u.ready = utf8.AppendRune(u.ready, utf8.RuneError)
		u.have, u.high = 0, 0
	}
}
