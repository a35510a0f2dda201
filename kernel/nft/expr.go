// This file holds the expressions that rules are made of: each loads something into a register, compares it, or decides. They
// are those that `nft --debug=netlink` shows for the rules' text, so that `nft list ruleset` can read them back.
package nft

import (
	"net/netip"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// A key of several values lies in registers of four bytes that follow each other; those at multiples of 16 bytes have names of
// their own (1, 2): first is one, and so is what lies behind an IPv6 address or a link's name.
const (
	first      = 1
	second     = unix.NFT_REG32_00 + 1
	third      = unix.NFT_REG32_00 + 2
	behindIPv6 = 2
	behindName = 2
	sixth      = unix.NFT_REG32_00 + 5
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

func ipv6() []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: first}, equal([]byte{unix.NFPROTO_IPV6})}
}

func iifname(match expr.Any) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: first}, match}
}

// noInput: `iif 0`.
func noInput() []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyIIF, Register: first}, equal(make([]byte, 4))}
}

func oifname(match expr.Any) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: first}, match}
}

// bothNames: `iifname . oifname @inside`.
func bothNames() []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyIIFNAME, Register: first},
		&expr.Meta{Key: expr.MetaKeyOIFNAME, Register: behindName}, in(inside())}
}

func in(s *nftables.Set) expr.Any { return &expr.Lookup{SourceRegister: first, SetName: s.Name} }

func notIn(s *nftables.Set) expr.Any {
	return &expr.Lookup{SourceRegister: first, SetName: s.Name, Invert: true}
}

// padded is a link's name as the kernel compares it.
func padded(link string) []byte {
	return append([]byte(link), make([]byte, max(0, unix.IFNAMSIZ-len(link)))...)
}

// Where the addresses are in an IPv4 header, and in an IPv6 header.
const (
	sourceOffset       = 12
	destinationOffset  = 16
	destination6Offset = 24
)

// to: `ip daddr SUBNET`.
func to(subnet netip.Prefix) []expr.Any { return addressIn(destinationOffset, subnet) }

// addressIn compares the bytes that the prefix fixes, which are whole ones.
func addressIn(offset uint32, subnet netip.Prefix) []expr.Any {
	size := subnet.Bits() / 8
	return []expr.Any{header(offset, uint32(size), first), equal(subnet.Addr().AsSlice()[:size])}
}

// notToLoopback6: `ip6 daddr != ::1`.
func notToLoopback6() []expr.Any {
	return []expr.Any{destination6(first), &expr.Cmp{Op: expr.CmpOpNeq, Register: first, Data: netip.IPv6Loopback().AsSlice()}}
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
func dnat(m *nftables.Set, key ...expr.Any) []expr.Any {
	family, behind := uint32(unix.NFPROTO_IPV4), uint32(second)
	if m.DataType.Bytes > 8 {
		family, behind = unix.NFPROTO_IPV6, behindIPv6
	}
	return append(key,
		&expr.Lookup{SourceRegister: first, DestRegister: first, IsDestRegSet: true, SetName: m.Name},
		&expr.NAT{Type: expr.NATTypeDestNAT, Family: family, Specified: true,
			RegAddrMin: first, RegAddrMax: first, RegProtoMin: behind, RegProtoMax: behind})
}

func destination(register uint32) expr.Any { return header(destinationOffset, 4, register) }

func destination6(register uint32) expr.Any { return header(destination6Offset, 16, register) }

func l4proto(register uint32) expr.Any {
	return &expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register}
}

// port is the destination port, which lies at the same place in TCP, UDP and SCTP.
func port(register uint32) expr.Any {
	return &expr.Payload{DestRegister: register, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2}
}

func counted() []expr.Any { return []expr.Any{&expr.Counter{}} }

func masquerade() []expr.Any { return []expr.Any{&expr.Masq{}} }

func verdict(kind expr.VerdictKind) []expr.Any { return []expr.Any{&expr.Verdict{Kind: kind}} }
