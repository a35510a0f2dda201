// This file tests --network and -p: how it is read, and how it is refused before anything is built.
package network

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glassbox/kernel/nft"
)

func TestParsePorts(t *testing.T) {
	for flag, want := range map[string][]Port{
		"80":                      {{"tcp", "", 0, 80}},
		"8080:80":                 {{"tcp", "", 8080, 80}},
		"53:5353/udp":             {{"udp", "", 53, 5353}},
		"127.0.0.1:8080:80":       {{"tcp", "127.0.0.1", 8080, 80}},
		"0.0.0.0:8080:80":         {{"tcp", "", 8080, 80}},
		"127.0.0.1::80":           {{"tcp", "127.0.0.1", 0, 80}},
		"8000-8001:80-81":         {{"tcp", "", 8000, 80}, {"tcp", "", 8001, 81}},
		"65534-65535:1-2/tcp":     {{"tcp", "", 65534, 1}, {"tcp", "", 65535, 2}},
		"10.0.0.1:80-80:8080":     {{"tcp", "10.0.0.1", 80, 8080}},
		"192.0.2.1:65535:65535":   {{"tcp", "192.0.2.1", 65535, 65535}},
		"127.0.0.1:9000:9000/udp": {{"udp", "127.0.0.1", 9000, 9000}},
	} {
		if got, err := ParsePorts(flag); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("-p %s: %v, %v", flag, got, err)
		}
	}
	for flag, want := range map[string]string{
		"": `port ""`, "web:80": `port "web"`, "0:80": `port "0"`, "70000:80": `port "70000"`, "80:80/icmp": `protocol "icmp"`,
		"8000-8001:80": "differ in length", "8001-8000:80-81": "goes down", "[::1]:80:80": "IPv6", "host:80:80": `host address "host"`,
	} {
		if got, err := ParsePorts(flag); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "HOSTPORT") {
			t.Errorf("-p %q: %v, %v: want an error with %s", flag, got, err, want)
		}
	}
}

func TestParseMode(t *testing.T) {
	for flag, want := range map[string][2]string{"": {"bridge", ""}, "bridge": {"bridge", ""}, "none": {"none", ""},
		"host": {"host", ""}, "container:abc": {"container", "abc"}} {
		if mode, id, err := ParseMode(flag); err != nil || string(mode) != want[0] || id != want[1] {
			t.Errorf("--network %q: %s, %s, %v", flag, mode, id, err)
		}
	}
	for _, flag := range []string{"container:", "container", "mynet"} {
		if _, _, err := ParseMode(flag); err == nil || !strings.Contains(err.Error(), "there is bridge") {
			t.Errorf("--network %q: %v", flag, err)
		}
	}
}

func TestClaimPorts(t *testing.T) {
	freshHost(t)
	for _, op := range []interface{ Do() error }{nft.EnsureTable{Bridge: "b", Subnet: "10.44.0.0/16"},
		nft.Publish{Proto: "tcp", HostPort: 9000, Addr: "10.44.0.2", Port: 80},
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
	for flag, want := range map[string]string{
		"9000:80":           "port 9000/tcp is published by another container",
		"127.0.0.1:9000:80": "port 9000/tcp is published by another container",
		"9001:80":           "port 9001/tcp is published by another container",
		"9002:80":           "port 9002/tcp is in use by a process of this host",
		"192.0.2.77:80:80":  "the host has no address 192.0.2.77",
		"9000:80/udp":       "", "127.0.0.2:9001:80": "", "127.0.0.2:9002:80": "", "80": "",
	} {
		ports, err := ParsePorts(flag)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ClaimPorts(ports)
		if want == "" && (err != nil || got[0].HostPort == 0) || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("-p %s: %v, %v: want %q", flag, got, err, want)
		}
	}
}

func TestChooseSubnet(t *testing.T) {
	prefix := netip.MustParsePrefix
	taken := Host{Routes: []netip.Prefix{prefix("10.44.7.0/24"), prefix("192.168.0.0/24")}}
	none := netip.Prefix{}
	if n, err := Choose("b", none, Host{}); err != nil || n.Subnet != prefix("10.44.0.0/16") || n.Gateway().String() != "10.44.0.1" {
		t.Error(n, err)
	}
	if n, err := Choose("b", none, taken); err != nil || n.Subnet != prefix("10.131.0.0/16") {
		t.Error("beside a route to 10.44.7.0/24:", n, err)
	}
	if _, err := Choose("b", prefix("192.168.0.0/16"), taken); err == nil || !strings.Contains(err.Error(), "overlaps") {
		t.Error(err)
	}
	there := Host{Subnet: prefix("10.44.0.0/16"), Routes: []netip.Prefix{prefix("10.44.0.0/16")}}
	if n, err := Choose("b", none, there); err != nil || n.Subnet != there.Subnet {
		t.Error("with the bridge's own route:", n, err)
	}
	if _, err := Choose("b", prefix("10.9.0.0/16"), there); err == nil || !strings.Contains(err.Error(), "ip link delete b") {
		t.Error(err)
	}
}
