// This file writes ranges of values: as a network where they are one, else by their ends.
package nft

import (
	"bytes"
	"math/bits"
	"net/netip"
)

// writeInterval prints what lies between begin and the first value after it: as a network if it is one.
func writeInterval(kind string, begin, after []byte) string {
	last := before(after)
	first, ok := netip.AddrFromSlice(begin)
	if bytes.Equal(begin, last) {
		return write(kind, begin)
	}
	if ok && (kind == "ipv4_addr" || kind == "ipv6_addr") {
		if length, isNetwork := prefixLength(begin, last); isNetwork {
			return netip.PrefixFrom(first, length).String()
		}
	}
	return write(kind, begin) + "-" + write(kind, last)
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
