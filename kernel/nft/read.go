// This file reads our table and changes nothing: is it as it has to be, and which ports are taken?
package nft

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// InPlace says whether the kernel already has exactly these rules.
func (t EnsureTable) InPlace() (bool, error) {
	c, err := nftables.New(nftables.AsLasting())
	if err != nil {
		return false, fmt.Errorf("read the nftables rules: %w", err)
	}
	defer c.CloseLasting()
	for _, chain := range chains() {
		there, err := c.GetRules(table(), chain.chain())
		if absent(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read the nftables rules: %w", plain(err))
		}
		if !same(there, chain.name) {
			return false, nil
		}
	}
	return true, nil
}

func same(there []*nftables.Rule, chain string) bool {
	for _, r := range rules() {
		if r.chain != chain {
			continue
		}
		if len(there) == 0 || !reflect.DeepEqual(uncounted(there[0].Exprs), r.exprs) {
			return false
		}
		there = there[1:]
	}
	return len(there) == 0
}

// uncounted sets counters back to nought, in our copy.
func uncounted(exprs []expr.Any) []expr.Any {
	for i, e := range exprs {
		if _, ok := e.(*expr.Counter); ok {
			exprs[i] = &expr.Counter{}
		}
	}
	return exprs
}

// InPlace says whether the bridge is in the sets that it has to be in, and in no other.
func (b AddBridge) InPlace() (bool, error) {
	want := map[string]bool{}
	for _, s := range b.sets() {
		want[s.Name] = true
	}
	c, err := nftables.New(nftables.AsLasting())
	if err != nil {
		return false, fmt.Errorf("read the sets of links: %w", err)
	}
	defer c.CloseLasting()
	for _, s := range sets() {
		elements, err := c.GetSetElements(s)
		if absent(err) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read the set %s: %w", s.Name, plain(err))
		}
		key := elementOf(s, b.Name)[0].Key
		there := slices.ContainsFunc(elements, func(e nftables.SetElement) bool { return bytes.Equal(e.Key, key) })
		if there != want[s.Name] {
			return false, nil
		}
	}
	return true, nil
}

// Bridges lists the links under our rules, by whomever they were put there.
func Bridges() ([]string, error) {
	var elements []nftables.SetElement
	err := settled(func(c *nftables.Conn) (err error) {
		elements, err = c.GetSetElements(bridges())
		return err
	})
	if err != nil && !absent(err) {
		return nil, fmt.Errorf("read the set of bridges: %w", plain(err))
	}
	var names []string
	for _, e := range elements {
		names = append(names, string(bytes.TrimRight(e.Key, "\x00")))
	}
	return names, nil
}

// Published lists the ports that are published now, by whomever.
func Published() ([]Publish, error) {
	var all []Publish
	err := settled(func(c *nftables.Conn) error {
		all = nil
		for _, m := range maps() {
			elements, err := c.GetSetElements(m)
			if err != nil && !absent(err) { // absent: no table yet
				return plain(err)
			}
			for _, e := range elements {
				all = append(all, published(e))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the published ports: %w", err)
	}
	return all, nil
}

// settled repeats a reading while which somebody changed rules, as nft itself does. The kernel sends a long list in parts, and what
// moves between two of them comes twice or not at all. Where changes do not cease for a second, the last reading counts.
func settled(read func(*nftables.Conn) error) error {
	var socket *netlink.Conn
	c, err := nftables.New(nftables.AsLasting(), nftables.WithSockOptions(func(s *netlink.Conn) error {
		socket = s
		return nil
	}))
	if err != nil {
		return err
	}
	defer c.CloseLasting()
	for begin := time.Now(); ; {
		before, err := newestChange(socket)
		if err == nil {
			err = read(c)
		}
		if err != nil {
			return err
		}
		after, err := newestChange(socket)
		if err != nil || bytes.Equal(before, after) || time.Since(begin) > time.Second {
			return err
		}
	}
}

// newestChange is what the kernel says of the newest change: its number, among other things that stay.
func newestChange(socket *netlink.Conn) ([]byte, error) {
	replies, err := socket.Execute(netlink.Message{
		Header: netlink.Header{Type: unix.NFNL_SUBSYS_NFTABLES<<8 | unix.NFT_MSG_GETGEN, Flags: netlink.Request},
		Data:   []byte{unix.AF_UNSPEC, unix.NFNETLINK_V0, 0, 0},
	})
	if err != nil || len(replies) == 0 {
		return nil, err
	}
	return replies[0].Data, nil
}

// published is the inverse of Publish.element.
func published(e nftables.SetElement) Publish {
	size := len(e.Val) - 4 // of an address
	p := Publish{Addr: addressString(e.Val[:size]), Port: binary.BigEndian.Uint16(e.Val[size:])}
	key := e.Key
	if len(key) > 8 {
		p.HostIP, key = addressString(key[:size]), key[size:]
	}
	for name, number := range protocols() {
		if key[0] == number {
			p.Proto = name
		}
	}
	p.HostPort = binary.BigEndian.Uint16(key[4:])
	return p
}

// absent tells whether there is no such table.
func absent(err error) bool { return errors.Is(plain(err), unix.ENOENT) }

// plain finds the errno in an error that the library passes on as text alone.
func plain(err error) error {
	for _, errno := range []unix.Errno{unix.ENOENT, unix.EPERM} {
		if err != nil && strings.Contains(err.Error(), errno.Error()) {
			return errno
		}
	}
	return err
}

func addressString(b []byte) string {
	a, _ := netip.AddrFromSlice(b) // four bytes or sixteen: our own maps
	return a.String()
}
