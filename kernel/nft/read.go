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

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
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
	elements, err := (&nftables.Conn{}).GetSetElements(bridges())
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
