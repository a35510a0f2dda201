// This file writes the elements of sets and maps.
package nft

import (
	"bytes"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

type set struct {
	raw      *nftables.Set
	elements []nftables.SetElement // by their keys
	lost     bool                  // it could not be read
}

func byKey(a, b nftables.SetElement) int {
	if c := bytes.Compare(a.Key, b.Key); c != 0 {
		return c
	}
	if a.IntervalEnd != b.IntervalEnd && a.IntervalEnd {
		return -1
	}
	return 0
}

func (s set) describe() Set {
	d := Set{Name: s.raw.Name, Key: s.raw.KeyType.Name, Lost: s.lost}
	switch {
	case s.ofVerdicts():
		d.Key, d.Value = "integer", "verdict"
	case s.raw.IsMap:
		d.Value = s.raw.DataType.Name
	}
	d.Elements = s.write(kindsOf(d.Key))
	for _, flag := range []struct {
		name string
		is   bool
	}{{"constant", s.raw.Constant}, {"interval", s.raw.Interval}, {"timeout", s.raw.HasTimeout}, {"dynamic", s.raw.Dynamic}} {
		if flag.is {
			d.Flags = append(d.Flags, flag.name)
		}
	}
	return d
}

// ofVerdicts tells a map from values to verdicts. The library forgets the kind of its keys; only the rule that uses it knows.
func (s set) ofVerdicts() bool { return s.raw.IsMap && s.raw.DataType.Name == "" }

// keySize is the length of the keys in bytes.
func (s set) keySize() uint32 {
	if len(s.elements) > 0 {
		return uint32(len(s.elements[0].Key))
	}
	return s.raw.KeyType.Bytes
}

func kindsOf(typ string) []string { return strings.Split(typ, " . ") }

// write prints all elements, their keys being of these kinds.
func (s set) write(keys []string) []Element {
	elements := []Element{}
	for i, e := range s.elements {
		if e.IntervalEnd {
			continue // written with its beginning, which stands before it
		}
		var end []byte
		if s.raw.Interval && i+1 < len(s.elements) {
			end = s.elements[i+1].Key
		}
		key := writeTuple(keys, e.Key)
		if end != nil && !s.raw.Concatenation {
			key = writeInterval(keys[0], e.Key, end)
		}
		if e.KeyEnd != nil {
			key = writeRanges(keys, e.Key, e.KeyEnd)
		}
		elements = append(elements, Element{Key: key, Value: s.value(e)})
	}
	return elements
}

func (s set) value(e nftables.SetElement) string {
	switch {
	case !s.raw.IsMap:
		return ""
	case s.ofVerdicts():
		return verdictText(readVerdict(e.Val))
	}
	return writeTuple(kindsOf(s.raw.DataType.Name), e.Val)
}

// readVerdict reads two netlink attributes, each with a head of four bytes: a number and, for jump and goto, a chain.
func readVerdict(data []byte) *expr.Verdict {
	v := &expr.Verdict{}
	if len(data) >= 8 {
		v.Kind = expr.VerdictKind(int32(big(data[4:8])))
	}
	if len(data) > 12 {
		v.Chain = string(bytes.TrimRight(data[12:], "\x00"))
	}
	return v
}

// inline prints the set as it stands in a rule: "{ 22, 80 }".
func (s set) inline(keys []string) string {
	if s.lost {
		return "{ ? }"
	}
	var parts []string
	for _, e := range s.write(keys) {
		part := e.Key
		if e.Value != "" {
			part += " : " + e.Value
		}
		parts = append(parts, part)
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// writeTuple prints values that follow each other: "tcp . 8080".
func writeTuple(kinds []string, data []byte) string { return writeRanges(kinds, data, data) }

// writeRanges prints a range for each of several values that follow each other, each padded to whole registers of four bytes.
func writeRanges(kinds []string, first, last []byte) string {
	if len(kinds) == 1 {
		return writeRange(kinds[0], first, last)
	}
	var parts []string
	for _, kind := range kinds {
		size := min(kindSize(kind), len(first), len(last))
		parts = append(parts, writeRange(kind, first[:size], last[:size]))
		next := min((size+3)/4*4, len(first), len(last))
		first, last = first[next:], last[next:]
	}
	return strings.Join(parts, " . ")
}

func kindSize(kind string) int {
	switch kind {
	case "inet_proto", "nf_proto", "icmp_type":
		return 1
	case "inet_service", "ether_type":
		return 2
	case "ether_addr":
		return 6
	case "ipv6_addr", "ifname":
		return 16
	}
	return 4
}
