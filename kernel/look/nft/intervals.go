// This file writes ranges of values: as a network or the beginning of a name where they are one, else by their ends.
package nft

import (
	"bytes"
	"math/bits"
	"net/netip"
)

// writeInterval prints what lies between begin and the first value after it.
func writeInterval(kind string, begin, after []byte) string {
	return writeRange(kind, begin, before(after))
}

// writeRange prints what lies between two values, both included: as a network, or as all names that begin alike, if it is one.
func writeRange(kind string, first, last []byte) string {
	if bytes.Equal(first, last) {
		return write(kind, first)
	}
	switch kind {
	case "ipv4_addr", "ipv6_addr":
		address, ok := netip.AddrFromSlice(first)
		if length, isNetwork := prefixLength(first, last); ok && isNetwork {
			return netip.PrefixFrom(address, length).String()
		}
	case "ifname":
		beginning := bytes.TrimRight(first, "\x00")
		if rest, alike := bytes.CutPrefix(last, beginning); alike && len(bytes.Trim(rest, "\xff")) == 0 {
			return writeName(beginning) // without its zeros
		}
	}
	return write(kind, first) + "-" + write(kind, last)
}

func before(number []byte) []byte {
	n := bytes.Clone(number)
	for i := len(n) - 1; i >= 0; i-- {
		n[i]--
		if n[i] != 0xff {
			break
		}
	}
	return n
}

// prefixLength tells how many leading bits first and last share, if the rest is all zeros in one and all ones in the other.
func prefixLength(first, last []byte) (length int, isNetwork bool) {
	mask := make([]byte, len(first))
	for i := range first {
		mask[i] = ^(first[i] ^ last[i])
		if first[i]&^mask[i] != 0 {
			return 0, false
		}
	}
	return maskLength(mask)
}

// maskLength counts the leading ones of a mask that has no others.
func maskLength(mask []byte) (length int, ok bool) {
	for i, b := range mask {
		ones := bits.LeadingZeros8(^b)
		length += ones
		if ones == 8 {
			continue
		}
		rest := bytes.TrimLeft(mask[i+1:], "\x00")
		return length, b<<ones == 0 && len(rest) == 0
	}
	return length, true
}
