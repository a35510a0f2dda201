// This file holds our table's chains and rules. A packet for a published port, from outside (a), from the host itself (b)
// or from a container (c), and one from a container to the world (d):
//
//	a,c  --> guard --> prerouting (destination becomes the container) --> forward --> postrouting
//	b    --> output (the same, for packets made here)                             --> postrouting
//	d    --> guard --> prerouting (no match)                          --> forward --> postrouting (source becomes the host)
//
// Answers need no rules: connection tracking reverses what was done to the first packet.
package nft

import (
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"
)

type chain struct {
	name, kind, hook string
	number           nftables.ChainHook
	priority         nftables.ChainPriority // raw -300, dstnat -100, filter 0, srcnat 100
}

func chains() []chain {
	return []chain{
		{"guard", "filter", "prerouting", unix.NF_INET_PRE_ROUTING, -300},
		{"prerouting", "nat", "prerouting", unix.NF_INET_PRE_ROUTING, -100},
		{"output", "nat", "output", unix.NF_INET_LOCAL_OUT, -100},
		{"forward", "filter", "forward", unix.NF_INET_FORWARD, 0},
		{"postrouting", "nat", "postrouting", unix.NF_INET_POST_ROUTING, 100},
	}
}

func (c chain) chain() *nftables.Chain {
	return &nftables.Chain{Table: table(), Name: c.name, Type: nftables.ChainType(c.kind),
		Hooknum: &c.number, Priority: &c.priority}
}

// rule is one rule twice: text as a person types it, exprs as the kernel runs it. A test holds them together.
type rule struct {
	chain, text, comment string
	exprs                []expr.Any
}

func (r rule) rule() *nftables.Rule {
	return &nftables.Rule{Table: table(), Chain: &nftables.Chain{Name: r.chain, Table: table()}, Exprs: r.exprs,
		UserData: userdata.AppendString(nil, userdata.TypeComment, r.comment)}
}

func rules() []rule {
	all := append(translation("prerouting"), translation("output")...)
	return append(append(all, filter()...), hiding()...)
}

// translation sends packets for a published port to the container. Where a map has no such element, the rule ends there. IPv6 has
// no route_localnet: what is sent from ::1 can not leave lo. So a port is closed there, rather than silent, and programs that
// ask for "localhost" go on to 127.0.0.1 at once.
func translation(chain string) []rule {
	return []rule{
		{chain, "fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @published_at",
			"ports published on one address",
			join(toThisHost(), ipv4(), dnat(atAddress(nftables.TypeIPAddr), destination(first), l4proto(second), port(third)))},
		{chain, "fib daddr type local dnat ip to meta l4proto . th dport map @published",
			"ports published on every address",
			join(toThisHost(), dnat(everywhere(nftables.TypeIPAddr), l4proto(first), port(second)))},
		{chain, "ip6 daddr != ::1 fib daddr type local dnat ip6 to ip6 daddr . meta l4proto . th dport map @published_at6",
			"ports published on one IPv6 address",
			join(ipv6(), notToLoopback6(), toThisHost(), dnat(atAddress(nftables.TypeIP6Addr), destination6(first), l4proto(behindIPv6), port(sixth)))},
		{chain, "ip6 daddr != ::1 fib daddr type local dnat ip6 to meta l4proto . th dport map @published6",
			"ports published on every IPv6 address",
			join(ipv6(), notToLoopback6(), toThisHost(), dnat(everywhere(nftables.TypeIP6Addr), l4proto(first), port(second)))},
	}
}

// filter keeps networks apart: containers may go anywhere but to another network; others reach them only through a published
// port. The guard pays for route_localnet, by which 127.0.0.1:PORT works on the host: without it a container could address the
// host's loopback (CVE-2020-8558). What is dropped is counted.
func filter() []rule {
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	return []rule{
		{"guard", "iifname @bridges ip daddr 127.0.0.0/8 drop", "containers can not reach the host's loopback",
			join(iifname(in(bridges())), ipv4(), to(loopback), verdict(expr.VerdictDrop))},
		{"forward", "iifname . oifname @inside accept", "what stays on its bridge (seen here with br_netfilter)",
			join(bothNames(), verdict(expr.VerdictAccept))},
		{"forward", "iifname @closed counter packets 0 bytes 0 drop", "an internal network has no way out",
			join(iifname(in(closed())), counted(), verdict(expr.VerdictDrop))},
		{"forward", "oifname @closed counter packets 0 bytes 0 drop", "and none in",
			join(oifname(in(closed())), counted(), verdict(expr.VerdictDrop))},
		{"forward", "oifname @bridges ct state established,related accept", "answers may come in",
			join(oifname(in(bridges())), answers(), verdict(expr.VerdictAccept))},
		{"forward", "oifname @bridges ct status dnat accept", "published ports may be reached",
			join(oifname(in(bridges())), translated(), verdict(expr.VerdictAccept))},
		{"forward", "oifname @bridges counter packets 0 bytes 0 drop", "nothing else comes in, from outside or another network",
			join(oifname(in(bridges())), counted(), verdict(expr.VerdictDrop))},
		{"forward", "iifname @bridges accept", "containers may go out",
			join(iifname(in(bridges())), verdict(expr.VerdictAccept))},
	}
}

// hiding gives packets the host's address: on the way out, because nobody outside has a route to a container; and on the
// way in where the answer would otherwise not come back through the host. A packet has no input here when the host made it, also
// at 127.0.0.1, or when br_netfilter shows one that a bridge passes on.
func hiding() []rule {
	return []rule{
		{"postrouting", "iifname @masqueraded oifname != @bridges masquerade", "containers leave with the host's address",
			join(iifname(in(masqueraded())), oifname(notIn(bridges())), masquerade())},
		{"postrouting", "iifname . oifname @inside ct status dnat masquerade", "a container that asks for a port published on its own bridge",
			join(bothNames(), translated(), masquerade())},
		{"postrouting", "iif 0 oifname @bridges ct status dnat masquerade", "the host, or with br_netfilter a container, that asks for a published port",
			join(noInput(), oifname(in(bridges())), translated(), masquerade())},
	}
}
