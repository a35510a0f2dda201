// This file sends a container's questions for names to the port where its supervisor listens, in the container's own namespace.
// So port 53 stays free in there for a name server of the container's own. Docker does this with address translation. Here the
// port is rewritten in each packet, there and back: that needs no connection tracking, which would weigh all the packets of
// the container.
package nft

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// NamesTable is the table of RedirectNames.
const NamesTable = "glassbox_dns"

const questions = 53 // the port that resolv.conf means

// RedirectNames rewrites, in the namespace of the file Netns, port 53 of Address to Port, and the answers' port back. It has no
// inverse: it goes with its namespace.
type RedirectNames struct {
	Netns   string
	Address string
	Port    uint16
}

// rewrite is one rule: packets of a protocol from or to the address have one port and get another.
type rewrite struct {
	proto   string
	answers bool // from the address
	is, set uint16
}

func (r RedirectNames) rewrites() []rewrite {
	var list []rewrite
	for _, proto := range []string{"udp", "tcp"} {
		list = append(list, rewrite{proto, false, questions, r.Port}, rewrite{proto, true, r.Port, questions})
	}
	return list
}

func (w rewrite) text(address string) string {
	addr, port := "daddr", "dport"
	if w.answers {
		addr, port = "saddr", "sport"
	}
	return fmt.Sprintf("ip %s %s %s %s %d counter %[3]s %[4]s set %[6]d", addr, address, w.proto, port, w.is, w.set)
}

// Where TCP and UDP have their checksum.
const tcpChecksum, udpChecksum = 16, 6

func (w rewrite) exprs(address netip.Addr) []expr.Any {
	addr, port := uint32(destinationOffset), uint32(2)
	if w.answers {
		addr, port = sourceOffset, 0
	}
	proto, checksum := protocols()[w.proto], uint32(udpChecksum)
	if w.proto == "tcp" {
		checksum = tcpChecksum
	}
	return join(
		[]expr.Any{header(addr, 4, first), equal(address.AsSlice()), l4proto(first), equal([]byte{proto})},
		transport(port, 2, binaryutil.BigEndian.PutUint16(w.is)), counted(),
		[]expr.Any{
			&expr.Immediate{Register: first, Data: binaryutil.BigEndian.PutUint16(w.set)},
			&expr.Payload{OperationType: expr.PayloadWrite, SourceRegister: first, Base: expr.PayloadBaseTransportHeader,
				Offset: port, Len: 2, CsumType: expr.CsumTypeInet, CsumOffset: checksum},
		})
}

// Do leaves a table that is there already as it is: all come from here, whole. (To delete it first would cost ten milliseconds: the
// kernel waits until no processor uses the old rules.)
func (r RedirectNames) Do() error {
	address, err := netip.ParseAddr(r.Address)
	if err != nil || !address.Is4() {
		return kernel.Fail(r, fmt.Errorf("address %q: want one of IPv4", r.Address))
	}
	err = kernel.InNetns(r.Netns, func() error {
		c, t := &nftables.Conn{}, &nftables.Table{Name: NamesTable, Family: nftables.TableFamilyIPv4}
		c.CreateTable(t)
		chain := c.AddChain(&nftables.Chain{Table: t, Name: "output", Type: nftables.ChainTypeFilter,
			Hooknum: nftables.ChainHookOutput, Priority: nftables.ChainPriorityRaw})
		for _, w := range r.rewrites() {
			c.AddRule(&nftables.Rule{Table: t, Chain: chain, Exprs: w.exprs(address)})
		}
		return flush(c)
	})
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return kernel.Fail(r, err)
}

// Call names the messages of the batch.
func (r RedirectNames) Call() string {
	return fmt.Sprintf("setns(%q, CLONE_NEWNET)\nsendmsg(NETLINK_NETFILTER, [NFT_MSG_NEWTABLE ip %[2]s, "+
		"NFT_MSG_NEWCHAIN output, NFT_MSG_NEWRULE (%[3]d of them)])", r.Netns, NamesTable, len(r.rewrites()))
}

func (r RedirectNames) Shell() string {
	nft := "nsenter " + kernel.Quote("--net="+r.Netns) + " nft "
	lines := []string{nft + "list table ip " + NamesTable + " > /dev/null 2>&1 || " + nft + "-f - <<'END'", "add table ip " + NamesTable,
		"add chain ip " + NamesTable + " output { type filter hook output priority raw ; }"}
	for _, w := range r.rewrites() {
		lines = append(lines, "add rule ip "+NamesTable+" output "+w.text(r.Address))
	}
	return strings.Join(append(lines, "END"), "\n")
}
