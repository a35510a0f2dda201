// This file publishes ports: a published port is one element of one of our table's maps.
package nft

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// Publish sends what arrives at a port of the host to a container.
type Publish struct {
	Proto    string // tcp or udp
	HostIP   string // empty: every address of the host
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
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EBUSY) {
		return &kernel.Error{Call: p.Call(), Err: err,
			Hint: fmt.Sprintf("port %d/%s is published by another container: choose another one", p.HostPort, p.Proto)}
	}
	return kernel.Fail(p, err)
}

func (p Publish) Call() string {
	return fmt.Sprintf("sendmsg(NETLINK_NETFILTER, [NFT_MSG_NEWSETELEM inet glassbox %s {%s : %s}])", p.mapName(), p.key(), p.value())
}

func (p Publish) Shell() string {
	return kernel.Quote("nft", fmt.Sprintf("add element inet glassbox %s { %s : %s }", p.mapName(), p.key(), p.value()))
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
	if errors.Is(err, unix.EEXIST) || errors.Is(err, unix.EBUSY) || errors.Is(err, unix.ENOENT) {
		return nil // another container's, or the whole table is gone
	}
	return kernel.Fail(u, err)
}

func (u Unpublish) Call() string {
	p := Publish(u)
	element := fmt.Sprintf("inet glassbox %s {%s : %s}", p.mapName(), p.key(), p.value())
	return fmt.Sprintf("sendmsg(NETLINK_NETFILTER, [NFT_MSG_NEWSETELEM %s, NFT_MSG_DELSETELEM %s])", element, element)
}

func (u Unpublish) Shell() string {
	p := Publish(u)
	element := fmt.Sprintf("element inet glassbox %s { %s : %s }", p.mapName(), p.key(), p.value())
	return kernel.Quote("nft", fmt.Sprintf("add %s; delete %s", element, element))
}

func (p Publish) mapName() string {
	if p.HostIP == "" {
		return everywhere().Name
	}
	return atAddress().Name
}

func (p Publish) key() string {
	if p.HostIP == "" {
		return fmt.Sprintf("%s . %d", p.Proto, p.HostPort)
	}
	return fmt.Sprintf("%s . %s . %d", p.HostIP, p.Proto, p.HostPort)
}

func (p Publish) value() string { return fmt.Sprintf("%s . %d", p.Addr, p.Port) }

// element is the port as the kernel keeps it: each value padded to a register of four bytes.
func (p Publish) element() (*nftables.Set, []nftables.SetElement, error) {
	to, err := netip.ParseAddr(p.Addr)
	if err != nil || !to.Is4() {
		return nil, nil, fmt.Errorf("container address %q: want an IPv4 address", p.Addr)
	}
	var proto byte = unix.IPPROTO_TCP
	switch p.Proto {
	case "tcp":
	case "udp":
		proto = unix.IPPROTO_UDP
	default:
		return nil, nil, fmt.Errorf("protocol %q: want tcp or udp", p.Proto)
	}
	key := append([]byte{proto, 0, 0, 0}, portBytes(p.HostPort)...)
	value := append(to.AsSlice(), portBytes(p.Port)...)
	if p.HostIP == "" {
		return everywhere(), []nftables.SetElement{{Key: key, Val: value}}, nil
	}
	at, err := netip.ParseAddr(p.HostIP)
	if err != nil || !at.Is4() {
		return nil, nil, fmt.Errorf("host address %q: want an IPv4 address", p.HostIP)
	}
	return atAddress(), []nftables.SetElement{{Key: append(at.AsSlice(), key...), Val: value}}, nil
}

func portBytes(port uint16) []byte { return append(binary.BigEndian.AppendUint16(nil, port), 0, 0) }
