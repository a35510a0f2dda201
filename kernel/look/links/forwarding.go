// This file reads the forwarding table of a bridge: which hardware address is behind which port. man 8 bridge, "fdb".
package links

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Forward is one entry of a bridge's forwarding table.
type Forward struct {
	MAC     string `json:"mac"`
	Port    string `json:"port"`
	To      string `json:"to,omitempty"` // of a VXLAN device: the host behind which it is
	Learned bool   `json:"learned"`      // from a frame that passed; otherwise somebody entered it
}

// Forwarding lists the table of a bridge, or of a VXLAN device.
func Forwarding(namespace, name string) ([]Forward, error) {
	h, err := open(namespace)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	raw, err := Whole(h.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list the interfaces of %s: %w", nameOf(namespace), err)
	}
	found, err := Whole(func() ([]netlink.Neigh, error) { return h.NeighList(0, unix.AF_BRIDGE) })
	if err != nil {
		return nil, fmt.Errorf("list the forwarding table of %s in %s: %w", name, nameOf(namespace), err)
	}
	names := namesByIndex(raw)
	var table []Forward
	for _, n := range found {
		if names[n.MasterIndex] != name && names[n.LinkIndex] != name {
			continue
		}
		const permanent = netlink.NUD_PERMANENT | netlink.NUD_NOARP
		table = append(table, Forward{MAC: n.HardwareAddr.String(), Port: names[n.LinkIndex], To: address(n.IP), Learned: n.State&permanent == 0})
	}
	return table, nil
}
