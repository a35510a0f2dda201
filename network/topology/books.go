// This file compares what the kernel says with what the books say.
package topology

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
)

// Booked is what the books say of one container on the network.
type Booked struct {
	Place   string
	Address netip.Addr // zero where others give addresses out: CNI
}

// Compare notes where the kernel and the books differ.
func (t *Topology) Compare(gateways []netip.Addr, members []Booked) {
	t.Difference = []string{}
	differ := func(format string, args ...any) { t.Difference = append(t.Difference, fmt.Sprintf(format, args...)) }
	if t.Link.Type == "none" {
		if len(members) > 0 {
			differ("the books have %d containers on it, and the kernel has no link %s", len(members), t.Link.Name)
		}
		return
	}
	for _, g := range gateways {
		if !holds(t.Link.Addresses, g) {
			differ("the books give %s the address %v, and it has %v", t.Link.Name, g, t.Link.Addresses)
		}
	}
	for _, b := range members {
		at := slices.IndexFunc(t.Members, func(m Member) bool {
			return m.Place == b.Place && (!b.Address.IsValid() || holds(m.Addresses, b.Address))
		})
		if at < 0 {
			differ("the books have %s here at %v, and no cable leads to that", b.Place, b.Address)
		}
	}
	for _, m := range t.Members {
		if !slices.ContainsFunc(members, func(b Booked) bool { return b.Place == m.Place }) {
			// The cable tells one from another, also where the namespace has no name yet, or no more.
			differ("%s is connected by %s, and the books know nothing of it", m.Place, cmp.Or(m.Port, m.Device))
		}
	}
}

func holds(addresses []string, a netip.Addr) bool {
	return slices.ContainsFunc(addresses, func(text string) bool {
		p, err := netip.ParsePrefix(text)
		return err == nil && p.Addr() == a
	})
}

// network is the subnet of an address with a prefix length, as rules name it.
func network(address string) string {
	p, err := netip.ParsePrefix(address)
	if err != nil {
		return address
	}
	return p.Masked().String()
}
