// This file holds the expressions that rules are made of: each loads something into a register, compares it, or decides. They
// are those that `nft --debug=netlink` shows for the rules' text, so that `nft list ruleset` can read them back.
package nft

import (
	"net/netip"
	"slices"

	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A key of several values lies in registers of four bytes that follow each other; the first is also called register 1.
const (
	first  = 1
	second = unix.NFT_REG32_00 + 1
	third  = unix.NFT_REG32_00 + 2
)

func join(parts ...[]expr.Any) []expr.Any { return slices.Concat(parts...) }

// toThisHost: `fib daddr type local`.
func toThisHost() []expr.Any {
	return []expr.Any{
		&expr.Fib{Register: first, FlagDADDR: true, ResultADDRTYPE: true},
		equal(binaryutil.NativeEndian.PutUint32(unix.RTN_LOCAL)),
	}
}

// ipv4 comes before each look into an IPv4 header: the table sees IPv6 packets too.
func ipv4() []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: first}, equal([]byte{unix.NFPROTO_IPV4})}
}

func iifname(link string) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: first}, equal(padded(link))}
}

func oifname(link string) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: first}, equal(padded(link))}
}

func notOifname(link string) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: first},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: first, Data: padded(link)}}
}

func padded(link string) []byte {
	return append([]byte(link), make([]byte, unix.IFNAMSIZ-len(link))...)
}

// Where the addresses are in an IPv4 header.
const (
	sourceOffset      = 12
	destinationOffset = 16
)

// from: `ip saddr SUBNET`.
func from(subnet netip.Prefix) []expr.Any { return addressIn(sourceOffset, subnet) }

// to: `ip daddr SUBNET`.
func to(subnet netip.Prefix) []expr.Any { return addressIn(destinationOffset, subnet) }

// addressIn compares the bytes that the prefix fixes; a prefix that ends within a byte needs a mask.
func addressIn(offset uint32, subnet netip.Prefix) []expr.Any {
	address, bits := subnet.Addr().AsSlice(), subnet.Bits()
	if bits%8 == 0 && bits > 0 {
		size := bits / 8
		return []expr.Any{header(offset, uint32(size), first), equal(address[:size])}
	}
	mask := binaryutil.BigEndian.PutUint32(^uint32(0) << (32 - bits))
	return []expr.Any{header(offset, 4, first),
		&expr.Bitwise{SourceRegister: first, DestRegister: first, Len: 4, Mask: mask, Xor: make([]byte, 4)}, equal(address)}
}

func header(offset, size, register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: size}
}

func equal(data []byte) expr.Any { return &expr.Cmp{Op: expr.CmpOpEq, Register: first, Data: data} }

// answers: `ct state established,related`.
func answers() []expr.Any {
	return anyBit(expr.CtKeySTATE, expr.CtStateBitESTABLISHED|expr.CtStateBitRELATED)
}

const statusDNAT = 1 << 5 // IPS_DST_NAT of linux/netfilter/nf_conntrack_common.h

// translated: `ct status dnat`.
func translated() []expr.Any { return anyBit(expr.CtKeySTATUS, statusDNAT) }

func anyBit(key expr.CtKey, bits uint32) []expr.Any {
	return []expr.Any{
		&expr.Ct{Key: key, Register: first},
		&expr.Bitwise{SourceRegister: first, DestRegister: first, Len: 4,
			Mask: binaryutil.NativeEndian.PutUint32(bits), Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: first, Data: make([]byte, 4)},
	}
}

// dnat: `dnat ip to KEY map @NAME`. The map's value, an address and a port, replaces the key in the registers. Ranges that end
// where they begin are what the kernel makes of a missing end; spelled out, rules read back equal those written.
func dnat(name string, key ...expr.Any) []expr.Any {
	return append(key,
		&expr.Lookup{SourceRegister: first, DestRegister: first, IsDestRegSet: true, SetName: name},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4, Specified: true,
			RegAddrMin: first, RegAddrMax: first, RegProtoMin: second, RegProtoMax: second})
}

func destination(register uint32) expr.Any { return header(destinationOffset, 4, register) }

func l4proto(register uint32) expr.Any {
	return &expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register}
}

// port is the destination port, which lies at the same place in TCP and UDP.
func port(register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}
}

func masquerade() []expr.Any { return []expr.Any{&expr.Masq{}} }

func verdict(kind expr.VerdictKind) []expr.Any { return []expr.Any{&expr.Verdict{Kind: kind}} }
