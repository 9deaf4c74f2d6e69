package types

import (
	"net/netip"
	"strings"
)

// ParseUUID casts text of the form 8-4-4-4-12 hexadecimal digits to uuid.
func ParseUUID(text string) (x Int128, err error) {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	invalid := func() error { return errorf(CodeInvalidCast, "Cannot cast value to UUID: %s", text) }
	if len(text) != len(form) {
		if strings.Count(text, "-") != 4 {
			return Int128{}, invalid()
		}
		return Int128{}, errorf(CodeInvalidCast, "Invalid UUID string length: %d", len(text))
	}
	for i := range len(form) {
		c := text[i]
		if form[i] == '-' {
			if c != '-' {
				return Int128{}, invalid()
			}
			continue
		}
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return Int128{}, invalid()
		}
		x = Int128{x.Hi<<4 | int64(x.Lo>>60), x.Lo<<4 | uint64(c)}
	}
	return x, nil
}

// UUIDFromBytes casts varbinary to uuid.
func UUIDFromBytes(b string) (Int128, error) {
	if len(b) != 16 {
		return Int128{}, errorf(CodeInvalidCast, "Invalid UUID binary length: %d", len(b))
	}
	return int128OfBytes([16]byte([]byte(b))), nil
}

// ParseIPAddress casts text, an address of IPv4 or IPv6 without a zone, to ipaddress.
func ParseIPAddress(text string) (Int128, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return Int128{}, errorf(CodeInvalidCast, "Cannot cast value to IPADDRESS: %s", text)
	}
	return int128OfBytes(a.As16()), nil
}

// IPAddressFromBytes casts varbinary, 4 or 16 bytes in network order, to ipaddress.
func IPAddressFromBytes(b string) (Int128, error) {
	a, ok := netip.AddrFromSlice([]byte(b))
	if !ok {
		return Int128{}, errorf(CodeInvalidCast, "Invalid IP address binary length: %d", len(b))
	}
	return int128OfBytes(a.As16()), nil
}

// Bytes returns the 16 bytes of a uuid or ipaddress in network order: their cast to varbinary.
func (x Int128) Bytes() string {
	b := x.bytes()
	return string(b[:])
}
