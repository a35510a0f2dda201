// This file holds our table's maps, chains and rules. A packet for a published port, from outside (a), from the host itself (b)
// or from a container (c), and one from a container to the world (d):
//
//	a,c  --> guard --> prerouting (destination becomes the container) --> forward --> postrouting
//	b    --> output (the same, for packets made here)                             --> postrouting
//	d    --> guard --> prerouting (no match)                          --> forward --> postrouting (source becomes the host)
//
// Answers need no rules: connection tracking reverses what was done to the first packet.
package nft

import (
	"fmt"
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

// maps: a published port is one element, so adding one never touches a rule, and finding one costs the same among thousands.
func maps() []*nftables.Set { return []*nftables.Set{everywhere(), atAddress()} }

// everywhere holds ports published on every address of the host.
func everywhere() *nftables.Set {
	return portMap("published", nftables.TypeInetProto, nftables.TypeInetService)
}

// atAddress holds ports published on one address of the host.
func atAddress() *nftables.Set {
	return portMap("published_at", nftables.TypeIPAddr, nftables.TypeInetProto, nftables.TypeInetService)
}

func portMap(name string, key ...nftables.SetDatatype) *nftables.Set {
	return &nftables.Set{Table: table(), Name: name, IsMap: true, Concatenation: true,
		KeyType: nftables.MustConcatSetType(key...), DataType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetService)}
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

func (t EnsureTable) rules() ([]rule, error) {
	subnet, err := netip.ParsePrefix(t.Subnet)
	if err != nil || !subnet.Addr().Is4() {
		return nil, fmt.Errorf("subnet %q: want an IPv4 network like 10.44.0.0/16", t.Subnet)
	}
	rules := translation("prerouting")
	rules = append(rules, translation("output")...)
	rules = append(rules, t.filter()...)
	return append(rules, t.masquerade(subnet.Masked())...), nil
}

// translation sends packets for a published port to the container. Where a map has no such element, the rule ends there.
func translation(chain string) []rule {
	return []rule{
		{chain, "fib daddr type local dnat ip to ip daddr . meta l4proto . th dport map @published_at",
			"ports published on one address",
			join(toThisHost(), ipv4(), dnat("published_at", destination(first), l4proto(second), port(third)))},
		{chain, "fib daddr type local dnat ip to meta l4proto . th dport map @published",
			"ports published on every address",
			join(toThisHost(), dnat("published", l4proto(first), port(second)))},
	}
}

// filter: containers may go anywhere; others reach them only through a published port. The guard pays for route_localnet, by
// which 127.0.0.1:PORT works on the host: without it a container could address the host's loopback (CVE-2020-8558).
func (t EnsureTable) filter() []rule {
	in, out := fmt.Sprintf("iifname %q", t.Bridge), fmt.Sprintf("oifname %q", t.Bridge)
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	return []rule{
		{"guard", in + " ip daddr 127.0.0.0/8 drop", "containers can not reach the host's loopback",
			join(iifname(t.Bridge), ipv4(), to(loopback), verdict(expr.VerdictDrop))},
		{"forward", in + " accept", "containers may go out", join(iifname(t.Bridge), verdict(expr.VerdictAccept))},
		{"forward", out + " ct state established,related accept", "answers may come in",
			join(oifname(t.Bridge), answers(), verdict(expr.VerdictAccept))},
		{"forward", out + " ct status dnat accept", "published ports may be reached",
			join(oifname(t.Bridge), translated(), verdict(expr.VerdictAccept))},
		{"forward", out + " drop", "nothing else comes in", join(oifname(t.Bridge), verdict(expr.VerdictDrop))},
	}
}

// masquerade gives packets the host's address: on the way out, because nobody outside has a route to a container; and on the
// way in where the answer would otherwise not come back through the host.
func (t EnsureTable) masquerade(subnet netip.Prefix) []rule {
	out := fmt.Sprintf("oifname %q", t.Bridge)
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	return []rule{
		{"postrouting", fmt.Sprintf("ip saddr %s oifname != %q masquerade", subnet, t.Bridge), "containers leave with the host's address",
			join(ipv4(), from(subnet), notOifname(t.Bridge), masquerade())},
		{"postrouting", fmt.Sprintf("%s ct status dnat ip saddr %s masquerade", out, subnet), "a container that asks for a published port",
			join(oifname(t.Bridge), translated(), ipv4(), from(subnet), masquerade())},
		{"postrouting", out + " ip saddr 127.0.0.0/8 masquerade", "the host asking at 127.0.0.1 for a published port",
			join(oifname(t.Bridge), ipv4(), from(loopback), masquerade())},
	}
}
