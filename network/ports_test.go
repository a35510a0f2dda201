// This file tests --network and -p: how it is read, and how it is refused before anything is built.
package network

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"glassbox/kernel/nft"
)

func TestParseMode(t *testing.T) {
	for flag, want := range map[string][2]string{"": {"bridge", "bridge"}, "bridge": {"bridge", "bridge"}, "none": {"none", ""},
		"host": {"host", ""}, "container:abc": {"container", "abc"}, "mynet": {"bridge", "mynet"}} {
		if mode, id, err := ParseMode(flag); err != nil || string(mode) != want[0] || id != want[1] {
			t.Errorf("--network %q: %s, %s, %v", flag, mode, id, err)
		}
	}
	if _, _, err := ParseMode("container:"); err == nil || !strings.Contains(err.Error(), "container:NAME") {
		t.Errorf("--network container: %v", err)
	}
}

func TestClaimPorts(t *testing.T) {
	freshHost(t)
	run(t, "ip address add 2001:db8::1/64 dev lo nodad")
	for _, op := range []interface{ Do() error }{nft.EnsureTable{},
		nft.Publish{Proto: "tcp", HostPort: 9000, Addr: "10.44.0.2", Port: 80},
		nft.Publish{Proto: "tcp", HostIP: "2001:db8::1", HostPort: 9003, Addr: "fd00::2", Port: 80},
		nft.Publish{Proto: "tcp", HostIP: "127.0.0.1", HostPort: 9001, Addr: "10.44.0.2", Port: 80}} {
		if err := op.Do(); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp4", "127.0.0.1:9002")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for port, want := range map[Port]string{
		{"tcp", "", 9000, 0, 80}:            "port 9000/tcp is published by another container",
		{"tcp", "127.0.0.1", 9000, 0, 80}:   "port 9000/tcp is published by another container",
		{"tcp", "", 9001, 0, 80}:            "port 9001/tcp is published by another container",
		{"tcp", "", 9002, 0, 80}:            "port 9002/tcp is in use by a process of this host",
		{"tcp", "2001:db8::1", 9003, 0, 80}: "port 9003/tcp is published by another container",
		{"tcp", "192.0.2.77", 80, 0, 80}:    "the host has no address 192.0.2.77",
		{"tcp", "", 9000, 9002, 80}:         "port 9002/tcp is in use by a process of this host",
		{"udp", "", 9000, 0, 80}:            "9000", {"tcp", "127.0.0.2", 9001, 0, 80}: "9001", {"tcp", "127.0.0.2", 9002, 0, 80}: "9002",
		{"sctp", "", 9000, 0, 80}: "9000", {"tcp", "", 9000, 9010, 80}: "9004", {"tcp", "2001:db8::1", 9004, 0, 80}: "9004",
	} {
		got, err := ClaimPorts([]Port{port})
		if err == nil && fmt.Sprint(got[0].HostPort) != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, %v: want %q", port, got, err, want)
		}
	}
	if got, err := ClaimPorts([]Port{{Proto: "tcp", Port: 80}, {Proto: "tcp", Port: 80}}); err != nil || got[0].HostPort == 0 || got[0].HostPort == got[1].HostPort {
		t.Errorf("two random ports: %v, %v", got, err)
	}
}

func TestChooseSubnet(t *testing.T) {
	prefix := netip.MustParsePrefix
	taken := []netip.Prefix{prefix("10.44.7.0/24"), prefix("192.168.0.0/24")}
	there := Host{Present: true, Subnets: []netip.Prefix{prefix("fd00::/64"), prefix("10.9.0.0/16")}}
	for _, c := range []struct {
		host   Host
		routes []netip.Prefix
		want   string
	}{{Host{}, nil, "10.44.0.0/16"}, {Host{}, taken, "10.131.0.0/16"}, {there, taken, "10.9.0.0/16"}} {
		n, err := Choose(Predefined()[0], c.host, c.routes)
		if err != nil || n.Subnets[0].Prefix != prefix(c.want) || n.Subnets[0].Gateway != firstAddress(prefix(c.want)) {
			t.Errorf("%v: %v, %v", c, n.Subnets, err)
		}
	}
}
