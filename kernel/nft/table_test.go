// This file holds together the two forms of each rule: what we send must be what nft(8) reads back as the text that we tell.
package nft

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// apart runs a test on a thread, which is never given back, in a network namespace of its own.
func apart(test func()) {
	done := make(chan bool)
	go look.OnThrowawayThread(func() {
		defer close(done)
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			panic(err)
		}
		test()
	})
	<-done
}

// nft runs nft(8), which has to succeed.
func nft(t *testing.T, words ...string) string {
	t.Helper()
	out, err := exec.Command("nft", words...).CombinedOutput()
	if err != nil {
		t.Errorf("nft %v: %v: %s", words, err, out)
	}
	return string(out)
}

type doer interface{ Do() error }

func do(t *testing.T, ops ...doer) {
	t.Helper()
	for _, op := range ops {
		if err := op.Do(); err != nil {
			t.Error(err)
		}
	}
}

func inPlace(t *testing.T, want bool, what string, ask func() (bool, error)) {
	t.Helper()
	if there, err := ask(); there != want || err != nil {
		t.Errorf("%s: in place: %v, %v", what, there, err)
	}
}

func TestRulesReadBackAsTheirText(t *testing.T) {
	apart(func() {
		table := EnsureTable{}
		inPlace(t, false, "before", table.InPlace)
		do(t, table, AddBridge{Name: "br0"}, table) // what is in the sets stays
		inPlace(t, true, "after", table.InPlace)
		listing := nft(t, "list", "ruleset")
		for _, r := range rules() {
			if !strings.Contains(listing, r.text+` comment "`+r.comment+`"`) {
				t.Errorf("nft does not show %q in\n%s", r.text, listing)
			}
		}
		if !strings.Contains(listing, `"br0" . "br0"`) || !strings.Contains(listing, `{ "br0" }`) {
			t.Errorf("the bridge is not in its set:\n%s", listing)
		}
		nft(t, "flush", "chain", "inet", "glassbox", "postrouting")
		inPlace(t, false, "with rules missing", table.InPlace)
	})
}

func TestBridgesComeAndGo(t *testing.T) {
	apart(func() {
		open, closed := AddBridge{Name: "br0"}, AddBridge{Name: "br0", Closed: true}
		do(t, RemoveBridge{Name: "br0"}, EnsureTable{}, open, open)
		inPlace(t, true, "an open bridge", open.InPlace)
		inPlace(t, false, "as a closed one", closed.InPlace)
		do(t, AddBridge{Name: "a-long-name-123", Closed: true})
		do(t, RemoveBridge{Name: "br0"}, RemoveBridge{Name: "br0"})
		if list, err := Bridges(); err != nil || len(list) != 1 || list[0] != "a-long-name-123" {
			t.Errorf("left: %v, %v", list, err)
		}
		inPlace(t, false, "a removed bridge", open.InPlace)
	})
}

func TestOtherFirewalls(t *testing.T) {
	apart(func() {
		for _, line := range []string{
			"add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }",
			"add table ip6 filter; add chain ip6 filter FORWARD { type filter hook forward priority 0; policy accept; }",
			"add table inet firewalld; add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; policy accept; }",
			"add table inet mine; add chain inet mine forward { type filter hook forward priority 0; policy drop; }",
		} {
			nft(t, line)
		}
		gates, err := Gates("br0")
		if err != nil || len(gates) != 2 || gates[0].String() != "ip filter FORWARD" || gates[1].Table != "firewalld" {
			t.Fatalf("gates: %v, %v", gates, err)
		}
		before := nft(t, "list", "ruleset")
		for _, g := range gates {
			do(t, Admit{Gate: g, Bridge: "br0"})
		}
		if rest, err := Gates("br0"); len(rest) != 0 || err != nil {
			t.Errorf("still in the way: %v, %v", rest, err)
		}
		if out, err := exec.Command("iptables-nft", "-S", "FORWARD").CombinedOutput(); err == nil && !strings.Contains(string(out), "-A FORWARD -i br0") {
			t.Errorf("iptables shows: %s", out)
		}
		for range 2 {
			for _, g := range gates {
				do(t, Expel{Gate: g, Bridge: "br0"})
			}
		}
		if after := nft(t, "list", "ruleset"); after != before {
			t.Errorf("not as before:\n%s", after)
		}
	})
}

func TestNamesReadBackAsTheirText(t *testing.T) {
	apart(func() {
		r := RedirectNames{Netns: fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()), Address: "127.0.0.11", Port: 20053}
		do(t, r)
		before := nft(t, "list", "ruleset")
		do(t, r)
		if after := nft(t, "list", "ruleset"); after != before {
			t.Errorf("a second time changes it:\n%s", after)
		}
		for _, w := range r.rewrites() {
			if text := strings.Replace(w.text(r.Address), "counter", "counter packets 0 bytes 0", 1); !strings.Contains(before, text+"\n") {
				t.Errorf("nft does not show %q in\n%s", text, before)
			}
		}
	})
}

func TestWrongArguments(t *testing.T) {
	good := Publish{Proto: "tcp", HostPort: 1, Addr: "10.44.0.2", Port: 1}
	icmp, noAddr, mixed := good, good, good
	icmp.Proto, noAddr.Addr, mixed.HostIP = "icmp", "", "fd00::1"
	for want, op := range map[string]doer{
		`protocol "icmp": want tcp, udp or sctp`: icmp,
		`container address ""`:                   noAddr,
		`host address "fd00::1"`:                 mixed,
	} {
		if err := op.Do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
	}
}
