package function

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/ctlake/ctlake/storage/types"
	"github.com/ctlake/ctlake/storage/vector"
)

// containsAddress tests whether an address lies in a network: the overload of
// "contains" that is about networks.
func containsAddress(Binding) (Kernel, error) {
	var last string // the network that was read last, which tends to be constant
	var prefix netip.Prefix
	return func(c *Call) (vector.Vector, error) {
		networks, addresses := vector.ViewOf[string](c.Args[0]), vector.ViewOf[types.Int128](c.Args[1])
		return each(c, func(i int) (bool, error) {
			if text := networks.Get(i); !prefix.IsValid() || text != last {
				var err error
				if prefix, err = parseNetwork(text); err != nil {
					return false, err
				}
				last = strings.Clone(text)
			}
			return prefix.Contains(netip.AddrFrom16([16]byte([]byte(addresses.Get(i).Bytes())))), nil
		})
	}, nil
}

func networkNeverFails(b Binding) bool {
	text, ok := constantOf[string](b, 0)
	if !ok {
		return false
	}
	_, err := parseNetwork(text)
	return err == nil
}

// mappedBits is how many bits come before an IPv4 address that is mapped into IPv6.
const mappedBits = 96

// parseNetwork reads an address and the length of its prefix, as a network of IPv6. The length of a dotted IPv4 address
// counts that address' bits, none of which may lie beyond the prefix; bits of an IPv6 address that do are ignored.
func parseNetwork(text string) (netip.Prefix, error) {
	none := netip.Prefix{}
	host, length, ok := strings.Cut(text, "/")
	if !ok {
		return none, invalid("Invalid CIDR")
	}
	address, err := netip.ParseAddr(host)
	if err != nil || address.Zone() != "" {
		return none, invalid("Invalid network IP address")
	}
	bits, err := strconv.ParseInt(length, 10, 32)
	switch {
	case err != nil || bits < 0:
		return none, invalid("Invalid prefix length")
	case bits > int64(address.BitLen()):
		return none, invalid("Invalid CIDR")
	}
	wide := netip.AddrFrom16(address.As16())
	if address.Is4() {
		bits += mappedBits
	}
	prefix := netip.PrefixFrom(wide, int(bits)).Masked()
	if address.Is4() && prefix.Addr() != wide {
		return none, invalid("Invalid CIDR")
	}
	return prefix, nil
}
