// This file writes values as nft does. A kind is one of nft's data types; its name comes from there.
package nft

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// write prints the bytes of a value of a kind.
func write(kind string, data []byte) string {
	switch kind {
	case "ipv4_addr", "ipv6_addr":
		if a, ok := netip.AddrFromSlice(data); ok {
			return a.String()
		}
	case "inet_service":
		return strconv.FormatUint(big(data), 10)
	case "inet_proto":
		return named(big(data), map[uint64]string{1: "icmp", 6: "tcp", 17: "udp", 58: "ipv6-icmp", 132: "sctp"})
	case "ifname":
		return writeName(data)
	case "unknown": // in whatever order of bytes
		return fmt.Sprintf("0x%x", data)
	case "ether_addr":
		return net.HardwareAddr(data).String()
	case "mark", "realm":
		return fmt.Sprintf("0x%08x", host(data))
	case "iface_index":
		return named(host(data), map[uint64]string{1: `"lo"`})
	case "iface_type":
		return named(host(data), map[uint64]string{unix.ARPHRD_ETHER: "ether", unix.ARPHRD_LOOPBACK: "loopback"})
	case "uid", "gid":
		return strconv.FormatUint(host(data), 10)
	case "nf_proto":
		return named(big(data), map[uint64]string{unix.NFPROTO_IPV4: "ipv4", unix.NFPROTO_IPV6: "ipv6"})
	case "ether_type":
		return named(big(data), map[uint64]string{unix.ETH_P_IP: "ip", unix.ETH_P_IPV6: "ip6", unix.ETH_P_ARP: "arp"})
	case "icmp_type":
		return named(big(data), map[uint64]string{0: "echo-reply", 3: "destination-unreachable", 5: "redirect",
			8: "echo-request", 11: "time-exceeded"})
	case "fib_addrtype":
		return named(host(data), map[uint64]string{1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast",
			6: "blackhole", 7: "unreachable", 8: "prohibit"})
	case "ct_state":
		return flagNames(host(data), ctStates())
	case "ct_status":
		return flagNames(host(data), ctStatuses())
	}
	return strconv.FormatUint(big(data), 10)
}

// writeName prints the name of an interface. One without the closing zero is the beginning of a name: "veth*".
func writeName(data []byte) string {
	name, _, closed := bytes.Cut(data, []byte{0})
	if !closed && len(data) < unix.IFNAMSIZ {
		return strconv.Quote(string(name) + "*")
	}
	return strconv.Quote(string(name))
}

// big reads a number in the order of the network.
func big(data []byte) (n uint64) {
	for _, b := range data {
		n = n<<8 | uint64(b)
	}
	return n
}

// host reads a number in the order of this machine's processor.
func host(data []byte) uint64 {
	switch len(data) {
	case 8:
		return binary.NativeEndian.Uint64(data)
	case 4:
		return uint64(binary.NativeEndian.Uint32(data))
	case 2:
		return uint64(binary.NativeEndian.Uint16(data))
	}
	return big(data)
}

func named(n uint64, names map[uint64]string) string {
	if name, ok := names[n]; ok {
		return name
	}
	return strconv.FormatUint(n, 10)
}

// bit is one flag with its name.
type bit struct {
	mask uint64
	name string
}

func ctStates() []bit {
	return []bit{{1, "invalid"}, {2, "established"}, {4, "related"}, {8, "new"}, {64, "untracked"}}
}

func ctStatuses() []bit {
	return []bit{{1, "expected"}, {2, "seen-reply"}, {4, "assured"}, {8, "confirmed"}, {16, "snat"}, {32, "dnat"}, {512, "dying"}}
}

// flagNames names the flags that are set; unnamed ones remain a number.
func flagNames(n uint64, names []bit) string {
	var set []string
	for _, b := range names {
		if n&b.mask != 0 {
			set, n = append(set, b.name), n&^b.mask
		}
	}
	if n != 0 || len(set) == 0 {
		set = append(set, fmt.Sprintf("0x%x", n))
	}
	return strings.Join(set, ",")
}
