// This file is what the books say about one name or address.
package dns

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// zone is all that one container can be told without asking others.
type zone struct {
	addresses map[string][]netip.Addr // of a name, in small letters, without the last dot
	names     map[netip.Addr]string   // of an address: CONTAINER.NETWORK
	upstream  []netip.Addr
	keepBare  bool // a name without a dot is not for others
}

func newZone(v view, all []entry) *zone {
	z := &zone{addresses: map[string][]netip.Addr{}, names: map[netip.Addr]string{}, upstream: v.Upstream}
	for _, o := range v.Options {
		// Who sets ndots means names without that many dots to be completed first. Docker keeps such questions, too.
		if dots, ok := strings.CutPrefix(o, "ndots:"); ok && dots != "0" {
			z.keepBare = true
		}
	}
	for _, e := range all {
		z.enter(e)
	}
	return z
}

// enter makes a container known by each of its names, alone and before the name of the network.
func (z *zone) enter(e entry) {
	for i, name := range e.Names {
		for _, full := range []string{name, name + "." + e.Network} {
			full = strings.ToLower(full)
			for _, a := range e.Addresses {
				if !slices.Contains(z.addresses[full], a) {
					z.addresses[full] = append(z.addresses[full], a)
				}
			}
		}
		for _, a := range e.Addresses {
			if i == 0 {
				z.names[a] = name + "." + e.Network
			}
		}
	}
}

// reversed reads the name under which DNS asks for the name of an address: 2.0.45.10.in-addr.arpa is 10.45.0.2.
func reversed(name string) (netip.Addr, bool) {
	if digits, ok := strings.CutSuffix(name, ".ip6.arpa"); ok {
		return reversed6(digits)
	}
	numbers, ok := strings.CutSuffix(name, ".in-addr.arpa")
	parts := strings.Split(numbers, ".")
	if !ok || len(parts) != 4 {
		return netip.Addr{}, false
	}
	slices.Reverse(parts)
	a, err := netip.ParseAddr(strings.Join(parts, "."))
	return a, err == nil && a.Is4()
}

// reversed6 reads 32 hexadecimal digits with dots between them, the last first.
func reversed6(digits string) (netip.Addr, bool) {
	parts := strings.Split(digits, ".")
	if len(parts) != 32 {
		return netip.Addr{}, false
	}
	var b [16]byte
	for i, digit := range parts {
		n, err := strconv.ParseUint(digit, 16, 4)
		if err != nil {
			return netip.Addr{}, false
		}
		b[15-i/2] |= byte(n) << (4 * (i % 2))
	}
	return netip.AddrFrom16(b), true
}
