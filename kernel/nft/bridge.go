// This file tells our table which links are bridges of ours: a bridge is one element of several sets.
package nft

import (
	"errors"
	"fmt"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// AddBridge puts a bridge under our rules, in one batch. One that is there already stays. All of its containers share it, so
// nothing takes it back but RemoveBridge.
type AddBridge struct {
	Name   string
	Closed bool // an internal network: no way out and none in
	Routed bool // its containers keep their own addresses on the way out
}

func (b AddBridge) Do() error {
	c := &nftables.Conn{}
	for _, s := range b.sets() {
		if err := c.SetAddElements(s, elementOf(s, b.Name)); err != nil {
			return kernel.Fail(b, err)
		}
	}
	return kernel.Fail(b, flush(c))
}

func (b AddBridge) sets() []*nftables.Set {
	list := []*nftables.Set{bridges(), inside()}
	if b.Closed {
		return append(list, closed())
	}
	if b.Routed {
		return list
	}
	return append(list, masqueraded())
}

func (b AddBridge) Call() string {
	var messages []string
	for _, s := range b.sets() {
		messages = append(messages, fmt.Sprintf("NFT_MSG_NEWSETELEM inet glassbox %s {%s}", s.Name, keyText(s, b.Name)))
	}
	return "sendmsg(NETLINK_NETFILTER, [" + strings.Join(messages, ", ") + "])"
}

func (b AddBridge) Shell() string {
	var lines []string
	for _, s := range b.sets() {
		lines = append(lines, fmt.Sprintf("add element inet glassbox %s { %s }", s.Name, keyText(s, b.Name)))
	}
	return kernel.Quote("nft", strings.Join(lines, "; "))
}

// RemoveBridge takes a bridge out of all sets.
type RemoveBridge struct{ Name string }

// Do succeeds where the bridge, or the table, is gone already: it is added first, in the same batch.
func (b RemoveBridge) Do() error {
	c := &nftables.Conn{}
	for _, s := range sets() {
		e := elementOf(s, b.Name)
		if err := errors.Join(c.SetAddElements(s, e), c.SetDeleteElements(s, e)); err != nil {
			return kernel.Fail(b, err)
		}
	}
	err := flush(c)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return kernel.Fail(b, err)
}

func (b RemoveBridge) Call() string {
	var messages []string
	for _, s := range sets() {
		element := fmt.Sprintf("inet glassbox %s {%s}", s.Name, keyText(s, b.Name))
		messages = append(messages, "NFT_MSG_NEWSETELEM "+element, "NFT_MSG_DELSETELEM "+element)
	}
	return "sendmsg(NETLINK_NETFILTER, [" + strings.Join(messages, ", ") + "])"
}

func (b RemoveBridge) Shell() string {
	var lines []string
	for _, s := range sets() {
		element := fmt.Sprintf("element inet glassbox %s { %s }", s.Name, keyText(s, b.Name))
		lines = append(lines, "add "+element, "delete "+element)
	}
	return kernel.Quote("nft", strings.Join(lines, "; "))
}

func elementOf(s *nftables.Set, link string) []nftables.SetElement {
	key := padded(link)
	if s.Concatenation {
		key = append(key, key...)
	}
	return []nftables.SetElement{{Key: key}}
}

func keyText(s *nftables.Set, link string) string {
	if s.Concatenation {
		return fmt.Sprintf("%q . %q", link, link)
	}
	return fmt.Sprintf("%q", link)
}
