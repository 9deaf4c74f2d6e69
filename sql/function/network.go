package function

import (
	"net/netip"
	"strings"

	"github.com/ctlake/ctlake/sql"
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
			address := netip.AddrFrom16([16]byte([]byte(addresses.Get(i).Bytes())))
			return prefix.Contains(address.Unmap()), nil
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

func parseNetwork(text string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return prefix, invalid("Invalid CIDR: %s", sql.Printable(text, maxQuotedRunes))
	}
	return prefix.Masked(), nil
}
