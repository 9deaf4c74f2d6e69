package function

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base32"
	"encoding/base64"
	bytes "encoding/binary"
	"hash"
	"hash/crc32"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// encoding registers a pair of functions, of which one writes bytes as text and the other reads it.
func encoding(name, what, example, result string, encode func(dst []byte, s string) []byte, decode func(dst []byte, s string) ([]byte, error)) (_, _ registered) {
	return scalar("binary", "to_"+name, "Writes bytes in "+what, "to_"+name+"("+example+")", result,
			Overload{Params: "varbinary", Result: "varchar", NeverFails: true,
				New: unaryText(func(dst []byte, s string) ([]byte, error) { return encode(dst, s), nil })}),
		scalar("binary", "from_"+name, "Reads bytes that are written in "+what, "to_"+name+"(from_"+name+"('"+result+"'))", result,
			Overload{Params: "varchar", Result: "varbinary", New: unaryText(decode)},
			Overload{Params: "varbinary", Result: "varbinary", New: unaryText(decode)})
}

func encode64(e *base64.Encoding) func(dst []byte, s string) []byte {
	return func(dst []byte, s string) []byte { return e.AppendEncode(dst, []byte(s)) }
}

// decode64 reads base64 with the two characters that the alphabets differ in. Padding may
// be left out; where it begins it must be whole. Bits beyond the last byte do not count.
func decode64(c62, c63 byte) func(dst []byte, s string) ([]byte, error) {
	var values [256]int8
	for i := range values {
		values[i] = -1
	}
	for i := range 26 {
		values['A'+i], values['a'+i] = int8(i), int8(26+i)
	}
	for i := range 10 {
		values['0'+i] = int8(52 + i)
	}
	values[c62], values[c63] = 62, 63
	return func(dst []byte, s string) ([]byte, error) {
		if len(s) == 1 {
			return dst, invalid("Input byte[] should at least have 2 bytes for base64 bytes")
		}
		bits, count, at := uint32(0), 0, 0
		for ; at < len(s) && s[at] != '='; at++ {
			v := values[s[at]]
			if v < 0 {
				return dst, invalid("Illegal base64 character %x", s[at])
			}
			if bits, count = bits<<6|uint32(v), count+1; count == 4 {
				dst = append(dst, byte(bits>>16), byte(bits>>8), byte(bits))
				bits, count = 0, 0
			}
		}
		if at < len(s) { // padding
			at++
			if count < 2 || count == 2 && !strings.HasPrefix(s[at:], "=") {
				return dst, invalid("Input byte array has wrong 4-byte ending unit")
			}
			if count == 2 {
				at++
			}
		}
		switch count {
		case 1:
			return dst, invalid("Last unit does not have enough valid bits")
		case 2:
			dst = append(dst, byte(bits>>4))
		case 3:
			dst = append(dst, byte(bits>>10), byte(bits>>2))
		}
		if at < len(s) {
			return dst, invalid("Input byte array has incorrect ending byte at %d", at)
		}
		return dst, nil
	}
}

// decode32 reads base32, with or without padding.
func decode32(dst []byte, s string) ([]byte, error) {
	s = strings.TrimRight(s, "=")
	switch n := utf8.RuneCountInString(s); n % 8 {
	case 1, 3, 6:
		return dst, invalid("Invalid input length %d", n)
	}
	bits, count := uint32(0), 0
	for _, r := range s {
		var v rune
		switch {
		case r >= 'A' && r <= 'Z':
			v = r - 'A'
		case r >= '2' && r <= '7':
			v = r - '2' + 26
		case r <= ' ' || r == 0x7f:
			return dst, invalid("Unrecognized character: 0x%x", r)
		default:
			return dst, invalid("Unrecognized character: %c", r)
		}
		if bits, count = bits<<5|uint32(v), count+5; count >= 8 {
			count -= 8
			dst = append(dst, byte(bits>>count))
		}
	}
	return dst, nil
}

func encodeHex(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		dst = append(dst, digits[s[i]>>4], digits[s[i]&15])
	}
	return dst
}

func decodeHex(dst []byte, s string) ([]byte, error) {
	if len(s)%2 != 0 {
		return dst, invalid("invalid input length %d", len(s))
	}
	digit := func(c byte) (byte, error) {
		switch {
		case c >= '0' && c <= '9':
			return c - '0', nil
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			return c | 0x20 - 'a' + 10, nil
		}
		return 0, invalid("not a hexadecimal digit: \"%c\" = %d", uint16(int8(c)), int8(c))
	}
	for i := 0; i < len(s); i += 2 {
		high, err := digit(s[i])
		if err != nil {
			return dst, err
		}
		low, err := digit(s[i+1])
		if err != nil {
			return dst, err
		}
		dst = append(dst, high<<4|low)
	}
	return dst, nil
}

var (
	_, _ = encoding("base64", "base64", "X'0102ff'", "AQL/", encode64(base64.StdEncoding), decode64('+', '/'))
	_, _ = encoding("base64url", "base64 for addresses", "X'0102ff'", "AQL_", encode64(base64.URLEncoding), decode64('-', '_'))
	_, _ = encoding("base32", "base32", "X'0102ff'", "AEBP6===",
		func(dst []byte, s string) []byte { return base32.StdEncoding.AppendEncode(dst, []byte(s)) }, decode32)
	_, _ = encoding("hex", "hexadecimal digits", "X'0102ff'", "0102FF", encodeHex, decodeHex)
)

// digest registers a function of a hash, and that of a message authentication code.
func digest(name, example string, h func() hash.Hash) registered {
	return scalar("binary", name, "Returns the "+strings.ToUpper(name)+" hash of bytes", "to_hex("+name+"(to_utf8('a')))", example,
		Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: func(b Binding) (Kernel, error) {
			d := h()
			var scratch []byte // what d is given must not be a string's own bytes
			return unaryText(func(dst []byte, s string) ([]byte, error) {
				scratch = append(scratch[:0], s...)
				d.Reset()
				d.Write(scratch)
				return d.Sum(dst), nil
			})(b)
		}})
}

func authentication(name, result string, h func() hash.Hash) registered {
	return scalar("binary", name, "Returns the "+strings.ToUpper(strings.TrimPrefix(name, "hmac_"))+" message authentication code of bytes with a key",
		"to_hex("+name+"(to_utf8('a'), to_utf8('k')))", result,
		Overload{Params: "varbinary,varbinary", Result: "varbinary", NeverFails: true, New: binary(func(s, key string) string {
			d := hmac.New(h, []byte(key))
			d.Write([]byte(s))
			return string(d.Sum(nil))
		})})
}

var (
	_ = digest("md5", "0CC175B9C0F1B6A831C399E269772661", md5.New)
	_ = digest("sha1", "86F7E437FAA5A7FCE15D1DDCB9EAEAEA377667B8", sha1.New)
	_ = digest("sha256", "CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB", sha256.New)
	_ = digest("sha512", "1F40FC92DA241694750979EE6CF582F2D5D7D28E18335DE05ABC54D0560E0F5302860C652BF08D560252AA5E74210546F369FBBBCE8C12CFC7957B2652FE9A75", sha512.New)
	_ = authentication("hmac_md5", "DDCF3D210049E7135F61AFFAE73731CD", md5.New)
	_ = authentication("hmac_sha1", "40E7D441CADB17B07F050341AA23A6820ED81C8B", sha1.New)
	_ = authentication("hmac_sha256", "78DA91511E675587F5B9DF78BEDEBAF5560DA2ABB88162EE875DCDF744951D9E", sha256.New)
	_ = authentication("hmac_sha512", "82E0C15E0D62AB17984BEA225BF7D28AD54F343DD6520C283C3A2CD43852A2F79C349CC9B7583317399EE38D722489B45A942667E55BC38C42A5BB203C0900C7", sha512.New)
)

var _ = scalar("binary", "xxhash64", "Returns the xxHash64 hash of bytes", "to_hex(xxhash64(to_utf8('a')))", "D24EC4F1A98C6E5B",
	Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unaryText(func(dst []byte, s string) ([]byte, error) {
		return bytes.BigEndian.AppendUint64(dst, xxhash.Sum64String(s)), nil
	})})

var _ = scalar("binary", "crc32", "Returns the CRC-32 checksum of bytes", "crc32(to_utf8('a'))", "3904355907",
	Overload{Params: "varbinary", Result: "bigint", NeverFails: true, New: unary(func(s string) int64 {
		return int64(crc32.ChecksumIEEE([]byte(s)))
	})})

// fixedWidth registers a pair of functions between numbers and bytes of a fixed number.
func fixedWidth[T int64 | float64](name, number, example, result, complaint string, width int, write func(T) string, read func(string) T) (_, _ registered) {
	return scalar("binary", "to_"+name, "Writes a number in "+name+" form", "to_hex(to_"+name+"("+example+"))", result,
			Overload{Params: number, Result: "varbinary", NeverFails: true, New: unary(write)}),
		scalar("binary", "from_"+name, "Reads a number in "+name+" form", "from_"+name+"(to_"+name+"("+example+"))", example,
			Overload{Params: "varbinary", Result: number, New: unaryErr(func(s string) (T, error) {
				if len(s) != width {
					return 0, invalid("%s", strings.ReplaceAll(complaint, "%", strconv.Itoa(len(s))))
				}
				return read(s), nil
			})})
}

var (
	_, _ = fixedWidth("big_endian_64", "bigint", "1", "0000000000000001", "expected 8-byte input, but got instead: %", 8,
		func(x int64) string { return string(bytes.BigEndian.AppendUint64(nil, uint64(x))) },
		func(s string) int64 { return int64(bytes.BigEndian.Uint64([]byte(s))) })
	_, _ = fixedWidth("big_endian_32", "integer", "1", "00000001", "expected 4-byte input, but got instead: %", 4,
		func(x int64) string { return string(bytes.BigEndian.AppendUint32(nil, uint32(x))) },
		func(s string) int64 { return int64(int32(bytes.BigEndian.Uint32([]byte(s)))) })
	_, _ = fixedWidth("ieee754_64", "double", "1.0", "3FF0000000000000", "Input floating-point value must be exactly 8 bytes long", 8,
		func(x float64) string {
			if math.IsNaN(x) {
				return "\x7f\xf8\x00\x00\x00\x00\x00\x00" // one NaN of all
			}
			return string(bytes.BigEndian.AppendUint64(nil, math.Float64bits(x)))
		},
		func(s string) float64 { return math.Float64frombits(bytes.BigEndian.Uint64([]byte(s))) })
	_, _ = fixedWidth("ieee754_32", "real", "1.0", "3F800000", "Input floating-point value must be exactly 4 bytes long", 4,
		func(x float64) string { return string(bytes.BigEndian.AppendUint32(nil, math.Float32bits(float32(x)))) },
		func(s string) float64 { return float64(math.Float32frombits(bytes.BigEndian.Uint32([]byte(s)))) })
)
