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
	"encoding/hex"
	"hash"
	"hash/crc32"
	"math"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/ctlake/ctlake/sql"
)

// encoding registers a pair of functions, of which one writes bytes as text and the other reads it.
func encoding(name, what, example, result string, encode func(string) string, decode func(string) (string, error)) (_, _ registered) {
	read := func(s string) (string, error) {
		b, err := decode(s)
		if err != nil {
			return "", invalid("Cannot decode %s: '%s'", what, sql.Printable(s, maxQuotedRunes))
		}
		return b, nil
	}
	return scalar("binary", "to_"+name, "Writes bytes in "+what, "to_"+name+"("+example+")", result,
			Overload{Params: "varbinary", Result: "varchar", NeverFails: true, New: unary(encode)}),
		scalar("binary", "from_"+name, "Reads bytes that are written in "+what, "to_"+name+"(from_"+name+"('"+result+"'))", result,
			Overload{Params: "varchar", Result: "varbinary", New: unaryErr(read)},
			Overload{Params: "varbinary", Result: "varbinary", New: unaryErr(read)})
}

func encode64(e *base64.Encoding) func(string) string {
	return func(s string) string { return e.EncodeToString([]byte(s)) }
}

// decode64 reads text with or without padding.
func decode64(e *base64.Encoding) func(string) (string, error) {
	raw := e.WithPadding(base64.NoPadding)
	return func(s string) (string, error) {
		b, err := raw.DecodeString(strings.TrimRight(s, "="))
		return string(b), err
	}
}

var (
	_, _ = encoding("base64", "base64", "X'0102ff'", "AQL/", encode64(base64.StdEncoding), decode64(base64.StdEncoding))
	_, _ = encoding("base64url", "base64 for addresses", "X'0102ff'", "AQL_", encode64(base64.URLEncoding), decode64(base64.URLEncoding))
	_, _ = encoding("base32", "base32", "X'0102ff'", "AEBP6===",
		func(s string) string { return base32.StdEncoding.EncodeToString([]byte(s)) },
		func(s string) (string, error) {
			b, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimRight(s, "="))
			return string(b), err
		})
	_, _ = encoding("hex", "hexadecimal digits", "X'0102ff'", "0102FF",
		func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
		func(s string) (string, error) {
			b, err := hex.DecodeString(s)
			return string(b), err
		})
)

// digest registers a function of a hash, and that of a message authentication code.
func digest(name, example string, h func() hash.Hash) registered {
	return scalar("binary", name, "Returns the "+strings.ToUpper(name)+" hash of bytes", "to_hex("+name+"(to_utf8('a')))", example,
		Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unary(func(s string) string {
			d := h()
			d.Write([]byte(s))
			return string(d.Sum(nil))
		})})
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
	Overload{Params: "varbinary", Result: "varbinary", NeverFails: true, New: unary(func(s string) string {
		return string(bytes.BigEndian.AppendUint64(nil, xxhash.Sum64String(s)))
	})})

var _ = scalar("binary", "crc32", "Returns the CRC-32 checksum of bytes", "crc32(to_utf8('a'))", "3904355907",
	Overload{Params: "varbinary", Result: "bigint", NeverFails: true, New: unary(func(s string) int64 {
		return int64(crc32.ChecksumIEEE([]byte(s)))
	})})

// fixedWidth registers a pair of functions between numbers and bytes of a fixed number.
func fixedWidth[T int64 | float64](name, number, example, result string, width int, write func(T) string, read func(string) T) (_, _ registered) {
	return scalar("binary", "to_"+name, "Writes a number in "+name+" form", "to_hex(to_"+name+"("+example+"))", result,
			Overload{Params: number, Result: "varbinary", NeverFails: true, New: unary(write)}),
		scalar("binary", "from_"+name, "Reads a number in "+name+" form", "from_"+name+"(to_"+name+"("+example+"))", example,
			Overload{Params: "varbinary", Result: number, New: unaryErr(func(s string) (T, error) {
				if len(s) != width {
					return 0, invalid("expected %d-byte input, but got instead: %d", width, len(s))
				}
				return read(s), nil
			})})
}

var (
	_, _ = fixedWidth("big_endian_64", "bigint", "1", "0000000000000001", 8,
		func(x int64) string { return string(bytes.BigEndian.AppendUint64(nil, uint64(x))) },
		func(s string) int64 { return int64(bytes.BigEndian.Uint64([]byte(s))) })
	_, _ = fixedWidth("big_endian_32", "integer", "1", "00000001", 4,
		func(x int64) string { return string(bytes.BigEndian.AppendUint32(nil, uint32(x))) },
		func(s string) int64 { return int64(int32(bytes.BigEndian.Uint32([]byte(s)))) })
	_, _ = fixedWidth("ieee754_64", "double", "1.0", "3FF0000000000000", 8,
		func(x float64) string { return string(bytes.BigEndian.AppendUint64(nil, math.Float64bits(x))) },
		func(s string) float64 { return math.Float64frombits(bytes.BigEndian.Uint64([]byte(s))) })
	_, _ = fixedWidth("ieee754_32", "real", "1.0", "3F800000", 4,
		func(x float64) string { return string(bytes.BigEndian.AppendUint32(nil, math.Float32bits(float32(x)))) },
		func(s string) float64 { return float64(math.Float32frombits(bytes.BigEndian.Uint32([]byte(s)))) })
)
