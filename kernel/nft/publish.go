// This file publishes ports: a published port is one element of one of our table's maps.
package nft

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// Publish sends what arrives at a port of the host to a container.
type Publish struct {
	Proto    string // tcp, udp or sctp
	HostIP   string // empty: every address of the host that is of Addr's generation
	HostPort uint16
	Addr     string // the container's
	Port     uint16
}

// Do fails with EEXIST where the port is published already.
func (p Publish) Do() error {
	m, element, err := p.element()
	if err != nil {
		return kernel.Fail(p, err)
	}
	c := &nftables.Conn{}
	if err := c.SetAddElements(m, element); err != nil {
		return kernel.Fail(p, err)
	}
	err = flush(c)
	if taken(err) {
		return &kernel.Error{Call: p.Call(), Err: err,
			Hint: fmt.Sprintf("port %d/%s is published by another container: choose another one", p.HostPort, p.Proto)}
	}
	return kernel.Fail(p, err)
}

func taken(err error) bool { return errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EBUSY) }

func (p Publish) Call() string {
	return fmt.Sprintf("sendmsg(NETLINK_NETFILTER, [NFT_MSG_NEWSETELEM %s {%s : %s}])", p.mapName(), p.key(), p.value())
}

func (p Publish) Shell() string {
	return kernel.Quote("nft", fmt.Sprintf("add element %s { %s : %s }", p.mapName(), p.key(), p.value()))
}

func (p Publish) Undo() explain.Op { return Unpublish(p) }

// Unpublish takes a published port back, if it still leads to this container.
type Unpublish Publish

// Do adds the element and deletes it in one batch. So it succeeds where the element is gone already; and where the port
// leads to another container by now, adding is refused (EEXIST) and the whole batch with it: what is not ours stays.
func (u Unpublish) Do() error {
	m, element, err := Publish(u).element()
	if err != nil {
		return kernel.Fail(u, err)
	}
	c := &nftables.Conn{}
	if err := errors.Join(c.SetAddElements(m, element), c.SetDeleteElements(m, element)); err != nil {
		return kernel.Fail(u, err)
	}
	err = flush(c)
	if taken(err) || errors.Is(err, unix.ENOENT) {
		return nil // another container's, or the whole table is gone
	}
	return kernel.Fail(u, err)
}

func (u Unpublish) Call() string {
	p := Publish(u)
	element := fmt.Sprintf("%s {%s : %s}", p.mapName(), p.key(), p.value())
	return fmt.Sprintf("sendmsg(NETLINK_NETFILTER, [NFT_MSG_NEWSETELEM %s, NFT_MSG_DELSETELEM %s])", element, element)
}

func (u Unpublish) Shell() string {
	p := Publish(u)
	element := fmt.Sprintf("element %s { %s : %s }", p.mapName(), p.key(), p.value())
	return kernel.Quote("nft", fmt.Sprintf("add %s; delete %s", element, element))
}

func (p Publish) mapName() string { return "inet glassbox " + p.home(p.is6()).Name }

// home is the map that the port is in.
func (p Publish) home(is6 bool) *nftables.Set {
	kind := nftables.TypeIPAddr
	if is6 {
		kind = nftables.TypeIP6Addr
	}
	if p.HostIP == "" {
		return everywhere(kind)
	}
	return atAddress(kind)
}

func (p Publish) is6() bool {
	a, err := netip.ParseAddr(p.Addr)
	return err == nil && a.Is6()
}

func (p Publish) key() string {
	if p.HostIP == "" {
		return fmt.Sprintf("%s . %d", p.Proto, p.HostPort)
	}
	return fmt.Sprintf("%s . %s . %d", p.HostIP, p.Proto, p.HostPort)
}

func (p Publish) value() string { return fmt.Sprintf("%s . %d", p.Addr, p.Port) }

// protocols are those that have ports, by their names in -p.
func protocols() map[string]byte {
	return map[string]byte{"tcp": unix.IPPROTO_TCP, "udp": unix.IPPROTO_UDP, "sctp": unix.IPPROTO_SCTP}
}

// element is the port as the kernel keeps it: each value padded to a register of four bytes.
func (p Publish) element() (*nftables.Set, []nftables.SetElement, error) {
	to, err := netip.ParseAddr(p.Addr)
	if err != nil {
		return nil, nil, fmt.Errorf("container address %q: want an IP address", p.Addr)
	}
	proto, known := protocols()[p.Proto]
	if !known {
		return nil, nil, fmt.Errorf("protocol %q: want tcp, udp or sctp", p.Proto)
	}
	key := append([]byte{proto, 0, 0, 0}, portBytes(p.HostPort)...)
	if p.HostIP != "" {
		at, err := netip.ParseAddr(p.HostIP)
		if err != nil || at.Is4() != to.Is4() {
			return nil, nil, fmt.Errorf("host address %q: want an address of the same kind as the container's, %s", p.HostIP, to)
		}
		key = slices.Concat(at.AsSlice(), key)
	}
	return p.home(to.Is6()), []nftables.SetElement{{Key: key, Val: append(to.AsSlice(), portBytes(p.Port)...)}}, nil
}

func portBytes(port uint16) []byte { return append(binary.BigEndian.AppendUint16(nil, port), 0, 0) }
