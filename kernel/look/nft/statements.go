// This file takes the instructions that act.
package nft

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

func (p *program) runStatement(instruction expr.Any) bool {
	switch e := instruction.(type) {
	case *expr.Verdict:
		p.print("%s", verdictText(e))
	case *expr.Counter:
		p.counter = &Counter{Packets: e.Packets, Bytes: e.Bytes}
		p.print("counter packets %d bytes %d", e.Packets, e.Bytes)
	case *expr.NAT:
		p.print("%s", p.nat(e))
	case *expr.Masq:
		p.print("masquerade%s", flags(e.Random, e.FullyRandom, e.Persistent))
	case *expr.Redir:
		p.print("%s", p.redirect(e))
	case *expr.Reject:
		p.print("%s", p.reject(e))
	case *expr.Log:
		p.print("%s", logText(e))
	case *expr.Limit:
		p.print("%s", limitText(e))
	case *expr.Objref:
		p.print("%s name %q", objectName(e.Type), e.Name)
	case *expr.Notrack:
		p.print("notrack")
	case *expr.Target:
		p.print("xt target %q", e.Name)
	default:
		return false
	}
	return true
}

func objectName(typ int) string {
	names := []string{unix.NFT_OBJECT_COUNTER: "counter", unix.NFT_OBJECT_QUOTA: "quota", unix.NFT_OBJECT_CT_HELPER: "ct helper",
		unix.NFT_OBJECT_LIMIT: "limit"}
	if typ < len(names) && names[typ] != "" {
		return names[typ]
	}
	return fmt.Sprintf("object of kind %d", typ)
}

func verdictText(v *expr.Verdict) string {
	switch v.Kind {
	case expr.VerdictJump:
		return "jump " + v.Chain
	case expr.VerdictGoto:
		return "goto " + v.Chain
	}
	name, known := map[expr.VerdictKind]string{
		expr.VerdictAccept: "accept", expr.VerdictDrop: "drop", expr.VerdictReturn: "return", expr.VerdictContinue: "continue",
		expr.VerdictBreak: "break", expr.VerdictQueue: "queue", expr.VerdictStolen: "stolen", expr.VerdictRepeat: "repeat",
		expr.VerdictStop: "stop",
	}[v.Kind]
	if !known {
		return fmt.Sprintf("verdict %d", v.Kind)
	}
	return name
}

// nat prints "dnat ip to 10.44.0.2:80". In a table for both, the family has to be said.
func (p *program) nat(e *expr.NAT) string {
	verb := "snat"
	if e.Type == expr.NATTypeDestNAT {
		verb = "dnat"
	}
	kind := "ipv4_addr"
	if e.Family == unix.NFPROTO_IPV6 {
		kind = "ipv6_addr"
	}
	if p.family == nftables.TableFamilyINet {
		verb += map[string]string{"ipv4_addr": " ip", "ipv6_addr": " ip6"}[kind]
	}
	return verb + " to " + p.natTarget(e, kind) + flags(e.Random, e.FullyRandom, e.Persistent)
}

func (p *program) natTarget(e *expr.NAT, kind string) string {
	if e.RegAddrMin == 0 {
		return ":" + p.constant(e.RegProtoMin, "inet_service")
	}
	target := p.constant(e.RegAddrMin, kind)
	if e.RegProtoMin == 0 || p.at(e.RegAddrMin).pair {
		return target
	}
	if kind == "ipv6_addr" {
		target = "[" + target + "]"
	}
	return target + ":" + p.constant(e.RegProtoMin, "inet_service")
}

func (p *program) redirect(e *expr.Redir) string {
	if e.RegisterProtoMin == 0 {
		return "redirect"
	}
	return "redirect to :" + p.constant(e.RegisterProtoMin, "inet_service")
}

func flags(random, fullyRandom, persistent bool) string {
	var names []string
	for _, f := range []struct {
		is   bool
		name string
	}{{random, "random"}, {fullyRandom, "fully-random"}, {persistent, "persistent"}} {
		if f.is {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " " + strings.Join(names, ",")
}

// reject prints what the sender is told; "port unreachable", the usual answer, by saying nothing.
func (p *program) reject(e *expr.Reject) string {
	usual := uint8(3)
	kind, names := "icmp", []string{"net-unreachable", "host-unreachable", "prot-unreachable", "port-unreachable"}
	switch {
	case e.Type == unix.NFT_REJECT_TCP_RST:
		return "reject with tcp reset"
	case e.Type == unix.NFT_REJECT_ICMPX_UNREACH:
		kind, names = "icmpx", []string{"no-route", "port-unreachable", "host-unreachable", "admin-prohibited"}
		usual = 1
	case p.network == "ip6" || p.family == nftables.TableFamilyIPv6:
		kind, names = "icmpv6", []string{"no-route", "admin-prohibited", "2", "addr-unreachable", "port-unreachable"}
		usual = 4
	}
	if e.Code == usual {
		return "reject"
	}
	if int(e.Code) < len(names) {
		return "reject with " + kind + " " + names[e.Code]
	}
	return fmt.Sprintf("reject with %s %d", kind, e.Code)
}

func logText(e *expr.Log) string {
	if e.Key&(1<<unix.NFTA_LOG_PREFIX) == 0 {
		return "log"
	}
	return "log prefix " + strconv.Quote(strings.TrimRight(string(e.Data), "\x00"))
}

func limitText(e *expr.Limit) string {
	over, unit := "", "second"
	if e.Over {
		over = "over "
	}
	switch e.Unit {
	case expr.LimitTimeMinute:
		unit = "minute"
	case expr.LimitTimeHour:
		unit = "hour"
	case expr.LimitTimeDay:
		unit = "day"
	case expr.LimitTimeWeek:
		unit = "week"
	}
	if e.Type == expr.LimitTypePktBytes {
		return fmt.Sprintf("limit rate %s%d bytes/%s", over, e.Rate, unit)
	}
	text := fmt.Sprintf("limit rate %s%d/%s", over, e.Rate, unit)
	if e.Burst != 0 && e.Burst != 5 { // 5 is what nft takes for granted
		text += fmt.Sprintf(" burst %d packets", e.Burst)
	}
	return text
}
