// This file names the bytes of a packet and the facts that the kernel knows about it.
package nft

import (
	"fmt"

	"github.com/google/nftables/expr"
)

// field is a place in a header.
type field struct {
	base         expr.PayloadBase
	protocol     string // whose header it must be; "" for any
	offset, size uint32
	name, kind   string
}

func fieldTable() []field {
	const link, network, transport = expr.PayloadBaseLLHeader, expr.PayloadBaseNetworkHeader, expr.PayloadBaseTransportHeader
	return []field{
		{link, "", 0, 6, "ether daddr", "ether_addr"},
		{link, "", 6, 6, "ether saddr", "ether_addr"},
		{link, "", 12, 2, "ether type", "ether_type"},
		{network, "ip", 8, 1, "ip ttl", "integer"},
		{network, "ip", 9, 1, "ip protocol", "inet_proto"},
		{network, "ip", 12, 4, "ip saddr", "ipv4_addr"},
		{network, "ip", 16, 4, "ip daddr", "ipv4_addr"},
		{network, "ip6", 6, 1, "ip6 nexthdr", "inet_proto"},
		{network, "ip6", 8, 16, "ip6 saddr", "ipv6_addr"},
		{network, "ip6", 24, 16, "ip6 daddr", "ipv6_addr"},
		{transport, "icmp", 0, 1, "icmp type", "icmp_type"},
		{transport, "icmp", 1, 1, "icmp code", "integer"},
		{transport, "ipv6-icmp", 0, 1, "icmpv6 type", "integer"},
		{transport, "tcp", 0, 2, "tcp sport", "inet_service"},
		{transport, "tcp", 2, 2, "tcp dport", "inet_service"},
		{transport, "udp", 0, 2, "udp sport", "inet_service"},
		{transport, "udp", 2, 2, "udp dport", "inet_service"},
		{transport, "", 0, 2, "th sport", "inet_service"},
		{transport, "", 2, 2, "th dport", "inet_service"},
	}
}

// fieldAt finds the field that begins at the place and is not shorter: the beginning of an address is a network.
func fieldAt(l *expr.Payload, network, transport string) field {
	for _, f := range fieldTable() {
		if f.base != l.Base || f.offset != l.Offset || l.Len > f.size {
			continue
		}
		if f.protocol == "" || f.protocol == network || f.protocol == transport {
			return f
		}
	}
	return field{name: fmt.Sprintf("@%s,%d,%d", baseName(l.Base), l.Offset*8, l.Len*8), kind: "integer", size: l.Len}
}

// implies tells that naming the field says what an earlier comparison said.
func (f field) implies(said string) bool {
	switch said {
	case "meta nfproto ipv4", "meta protocol ip":
		return f.protocol == "ip" || f.protocol == "icmp"
	case "meta nfproto ipv6", "meta protocol ip6":
		return f.protocol == "ip6" || f.protocol == "ipv6-icmp"
	case "meta iiftype ether":
		return f.base == expr.PayloadBaseLLHeader
	}
	return f.protocol != "" && said == "meta l4proto "+f.protocol
}

func baseName(b expr.PayloadBase) string {
	switch b {
	case expr.PayloadBaseLLHeader:
		return "ll"
	case expr.PayloadBaseNetworkHeader:
		return "nh"
	}
	return "th"
}

// metaField names what the kernel knows about a packet beside its bytes. nft leaves out "meta" before names that are plain.
func metaField(key expr.MetaKey) field {
	known := map[expr.MetaKey]field{
		expr.MetaKeyIIFNAME:  {name: "iifname", kind: "ifname", size: 16},
		expr.MetaKeyOIFNAME:  {name: "oifname", kind: "ifname", size: 16},
		expr.MetaKeyIIF:      {name: "iif", kind: "iface_index", size: 4},
		expr.MetaKeyOIF:      {name: "oif", kind: "iface_index", size: 4},
		expr.MetaKeyMARK:     {name: "meta mark", kind: "mark", size: 4},
		expr.MetaKeyL4PROTO:  {name: "meta l4proto", kind: "inet_proto", size: 1},
		expr.MetaKeyNFPROTO:  {name: "meta nfproto", kind: "nf_proto", size: 1},
		expr.MetaKeyPROTOCOL: {name: "meta protocol", kind: "ether_type", size: 2},
		expr.MetaKeySKUID:    {name: "meta skuid", kind: "uid", size: 4},
		expr.MetaKeySKGID:    {name: "meta skgid", kind: "gid", size: 4},
		expr.MetaKeyIIFTYPE:  {name: "meta iiftype", kind: "iface_type", size: 2},
		expr.MetaKeyLEN:      {name: "meta length", kind: "integer", size: 4},
	}
	if f, ok := known[key]; ok {
		return f
	}
	return field{name: fmt.Sprintf("meta %d", key), kind: "integer", size: 4}
}

// ctField names what connection tracking knows about a packet's connection: of both directions, or of one.
func ctField(key expr.CtKey, direction uint32) field {
	way := "ct original "
	if direction != 0 {
		way = "ct reply "
	}
	known := map[expr.CtKey]field{
		expr.CtKeySTATE:        {name: "ct state", kind: "ct_state", size: 4},
		expr.CtKeySTATUS:       {name: "ct status", kind: "ct_status", size: 4},
		expr.CtKeyMARK:         {name: "ct mark", kind: "mark", size: 4},
		expr.CtKeyPROTOSRC:     {name: way + "proto-src", kind: "inet_service", size: 2},
		expr.CtKeyPROTODST:     {name: way + "proto-dst", kind: "inet_service", size: 2},
		expr.CtKey(ctKeySrcIP): {name: way + "ip saddr", kind: "ipv4_addr", size: 4},
		expr.CtKey(ctKeyDstIP): {name: way + "ip daddr", kind: "ipv4_addr", size: 4},
	}
	if f, ok := known[key]; ok {
		return f
	}
	return field{name: fmt.Sprintf("ct %d", key), kind: "integer", size: 4}
}

// NFT_CT_SRC_IP and NFT_CT_DST_IP of linux/netfilter/nf_tables.h, for which there is no name in Go.
const ctKeySrcIP, ctKeyDstIP = 19, 20
