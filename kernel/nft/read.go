// This file reads our table and changes nothing: is it as it has to be, and which ports are taken?
package nft

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"
)

// InPlace says whether the kernel already has exactly these rules.
func (t EnsureTable) InPlace() (bool, error) {
	rules, err := t.rules()
	if err != nil {
		return false, err
	}
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
		if !same(there, rules, chain.name) {
			return false, nil
		}
	}
	return true, nil
}

func same(there []*nftables.Rule, want []rule, chain string) bool {
	for _, r := range want {
		if r.chain != chain {
			continue
		}
		if len(there) == 0 || !reflect.DeepEqual(there[0].Exprs, r.exprs) {
			return false
		}
		there = there[1:]
	}
	return len(there) == 0
}

// Published lists the ports that are published now, by whomever.
func Published() ([]Publish, error) {
	var all []Publish
	c := &nftables.Conn{}
	for _, m := range maps() {
		elements, err := c.GetSetElements(m)
		if absent(err) {
			continue // no table yet
		}
		if err != nil {
			return nil, fmt.Errorf("read the published ports: %w", plain(err))
		}
		for _, e := range elements {
			all = append(all, published(e))
		}
	}
	return all, nil
}

// published is the inverse of Publish.element.
func published(e nftables.SetElement) Publish {
	p := Publish{Proto: "tcp", Addr: ipv4String(e.Val), Port: binary.BigEndian.Uint16(e.Val[4:])}
	key := e.Key
	if len(key) == 12 {
		p.HostIP, key = ipv4String(key), key[4:]
	}
	if key[0] == unix.IPPROTO_UDP {
		p.Proto = "udp"
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

func ipv4String(b []byte) string { return netip.AddrFrom4([4]byte(b[:4])).String() }
