// This file holds together the two forms of each rule: what we send must be what nft(8) reads back as the text that we tell.
package nft

import (
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRulesReadBackAsTheirText(t *testing.T) {
	for _, subnet := range []string{"10.0.0.0/8", "10.44.0.0/16", "10.44.16.0/20", "10.44.1.0/24", "10.44.1.8/29"} {
		done := make(chan bool)
		go func() {
			defer close(done)
			freshNetns(t)
			readBack(t, EnsureTable{Bridge: "br0", Subnet: subnet})
		}()
		<-done
	}
}

// freshNetns puts the goroutine's thread, which is never given back, into a network namespace of its own.
func freshNetns(t *testing.T) {
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatal(err)
	}
}

func readBack(t *testing.T, e EnsureTable) {
	if there, err := e.InPlace(); there || err != nil {
		t.Errorf("before: in place: %v, %v", there, err)
	}
	for range 2 { // it is repeated for each container
		if err := e.Do(); err != nil {
			t.Error(err)
			return
		}
	}
	if there, err := e.InPlace(); !there || err != nil {
		t.Errorf("after: in place: %v, %v", there, err)
	}
	other := EnsureTable{Bridge: e.Bridge, Subnet: "172.16.0.0/12"}
	if there, err := other.InPlace(); there || err != nil {
		t.Errorf("of another subnet: in place: %v, %v", there, err)
	}
	listing, err := exec.Command("nft", "list", "ruleset").CombinedOutput()
	if err != nil {
		t.Errorf("nft list ruleset: %v: %s", err, listing)
	}
	rules, err := e.rules()
	if err != nil {
		t.Error(err)
	}
	for _, r := range rules {
		if !strings.Contains(string(listing), r.text+` comment "`+r.comment+`"`) {
			t.Errorf("nft does not show %q in\n%s", r.text, listing)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	good := Publish{Proto: "tcp", HostPort: 1, Addr: "10.44.0.2", Port: 1}
	sctp, noAddr, ipv6 := good, good, good
	sctp.Proto, noAddr.Addr, ipv6.HostIP = "sctp", "", "::1"
	for want, op := range map[string]interface{ Do() error }{
		`subnet "10.44": want an IPv4 network`: EnsureTable{Bridge: "b", Subnet: "10.44"},
		`protocol "sctp": want tcp or udp`:     sctp,
		`container address ""`:                 noAddr,
		`host address "::1"`:                   ipv6,
	} {
		if err := op.Do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: want %s", err, want)
		}
	}
}
