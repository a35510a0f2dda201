// This file checks that rules and sets of others, which package nft can not read wholly, hide neither themselves nor the rest.
package nft

import (
	"strings"
	"testing"

	"github.com/google/nftables"
)

func TestShowsWhatItCanNotReadWholly(t *testing.T) {
	tables := loaded(t, sandbox(t), "testdata/unread.nft")
	got := printed(t, tables)
	for _, want := range []string{
		"\t\ttcp dport 22 accept\n", "\t\ttcp dport 23 drop\n", // the neighbours, before and after: read wholly
		"\t\t[numgen] ? vmap { 0x00000000 : accept, 0x01000000 : drop } # handle", "\t\t[dynset] drop # handle", "\t\t[exthdr] # handle", "[payload] # handle",
		"counter name \"c\"\n", "limit name \"l\" accept\n",
		"\tset odd {\n\t\t# could not be read, see 'nft list ruleset'\n", "\tset plain {\n\t\ttype ipv4_addr\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
	for _, c := range tables[0].Chains {
		for _, r := range c.Rules {
			if r.Partly != strings.Contains(r.Text, "[") || r.Handle == 0 {
				t.Errorf("rule %d, %q: partly is %v", r.Handle, r.Text, r.Partly)
			}
		}
	}
}

// An instruction that is known by name, with contents that are not: what came before it in the registers is no longer true.
func TestInstructionThatIsMalformed(t *testing.T) {
	inet := nftables.TableFamilyINet
	if decode(inet, "cmp", []byte{1, 0}) != nil || decode(inet, "nosuch", nil) != nil {
		t.Error("nonsense was decoded")
	}
	r := describe(rawRule{handle: 7, instructions: []instruction{{name: "cmp"}}}, inet, nil)
	if !r.Partly || r.Text != "[cmp]" || r.Handle != 7 {
		t.Errorf("got %+v", r)
	}
	for _, data := range []string{"", "\x01\x00\x00\x00\x03", "\x01\x00\x00\x00\xff\xff\x04\x00"} {
		if _, err := readRule(inet, []byte(data)); err == nil {
			t.Errorf("%q was read as a rule", data)
		}
	}
}
