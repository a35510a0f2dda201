// Package nft holds the requests for our own nftables table, `table inet glassbox`. It is apart from package kernel so that
// programs that never filter packets do not carry the code for it. The rules never change: a network is elements of the table's
// sets, a published port an element of its maps; so each change is one atomic batch, and several engines can share the table.
//
//	table.go     EnsureTable: sets, maps, chains and rules, in one batch
//	rules.go     the rules, as a person types them and as the kernel runs them
//	sets.go      the sets and maps
//	expr.go      the expressions that rules are made of
//	bridge.go    AddBridge RemoveBridge: which links are ours
//	publish.go   Publish Unpublish: one element of a map each
//	admit.go     Admit Expel: the one thing we ask of other firewalls' tables
//	read.go      what is there
//
// See what is there with `nft list table inet glassbox`. man 8 nft.
package nft

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/nftables"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

const tableName = "glassbox"

func table() *nftables.Table {
	return &nftables.Table{Name: tableName, Family: nftables.TableFamilyINet}
}

// EnsureTable makes our table what it has to be; rules that are there are replaced, what is in sets and maps stays. It is shared,
// so nothing takes it back.
type EnsureTable struct{}

func (t EnsureTable) Do() error {
	c := &nftables.Conn{}
	c.AddTable(table())
	for _, s := range slices.Concat(sets(), maps()) {
		if err := c.AddSet(s, nil); err != nil {
			return kernel.Fail(t, err)
		}
	}
	for _, chain := range chains() {
		c.AddChain(chain.chain())
	}
	c.FlushTable(table())
	for _, r := range rules() {
		c.AddRule(r.rule())
	}
	return kernel.Fail(t, flush(c))
}

// Call names the messages of the batch; the rules themselves are easier to read in Shell.
func (t EnsureTable) Call() string {
	messages := []string{"NFT_MSG_NEWTABLE inet glassbox"}
	for _, s := range slices.Concat(sets(), maps()) {
		messages = append(messages, "NFT_MSG_NEWSET "+s.Name)
	}
	for _, c := range chains() {
		messages = append(messages, "NFT_MSG_NEWCHAIN "+c.name)
	}
	messages = append(messages, "NFT_MSG_DELRULE (all)")
	messages = append(messages, fmt.Sprintf("NFT_MSG_NEWRULE (%d of them)", len(rules())))
	return "sendmsg(NETLINK_NETFILTER, [" + strings.Join(messages, ", ") + "])"
}

func (t EnsureTable) Shell() string {
	// A table of ours is complete; and nft would take its maps, which were made by another program, for different ones.
	lines := []string{"nft list table inet glassbox > /dev/null 2>&1 || nft -f - <<'END'", "add table inet glassbox"}
	for _, s := range sets() {
		lines = append(lines, fmt.Sprintf("add set inet glassbox %s { type %s ; }", s.Name, s.KeyType.Name))
	}
	for _, m := range maps() {
		lines = append(lines, fmt.Sprintf("add map inet glassbox %s { type %s : %s ; counter ; }", m.Name, m.KeyType.Name, m.DataType.Name))
	}
	for _, c := range chains() {
		lines = append(lines, fmt.Sprintf("add chain inet glassbox %s { type %s hook %s priority %d ; }", c.name, c.kind, c.hook, c.priority))
	}
	lines = append(lines, "flush table inet glassbox")
	for _, r := range rules() {
		lines = append(lines, fmt.Sprintf("add rule inet glassbox %s %s comment %q", r.chain, r.text, r.comment))
	}
	return strings.Join(append(lines, "END"), "\n")
}

// flush sends the batch. The library wraps each answer; what counts is the errno in it.
func flush(c *nftables.Conn) error {
	err := c.Flush()
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

// Inverses lists an example of each op of this package that can be an inverse, for kernel.ReadJournal.
func Inverses() []explain.Op { return []explain.Op{Unpublish{}} }
