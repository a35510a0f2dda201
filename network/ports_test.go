// This file tests --network and -p: how it is read, and how it is refused before anything is built.
package network

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
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
	only6, err := net.ListenPacket("udp6", "[::]:9005") // of IPv6 alone: Go asks for that
	if err != nil {
		t.Fatal(err)
	}
	defer only6.Close()
	for port, want := range map[Port]string{
		{"tcp", "", 9000, 0, 80}:            "port 9000/tcp is published by another container",
		{"tcp", "127.0.0.1", 9000, 0, 80}:   "port 9000/tcp is published by another container",
		{"tcp", "", 9001, 0, 80}:            "port 9001/tcp is published by another container",
		{"tcp", "", 9002, 0, 80}:            "port 9002/tcp is in use by a process of this host",
		{"tcp", "2001:db8::1", 9003, 0, 80}: "port 9003/tcp is published by another container",
		{"tcp", "192.0.2.77", 80, 0, 80}:    "the host has no address 192.0.2.77",
		{"tcp", "", 9000, 9002, 80}:         "port 9002/tcp is in use by a process of this host",
		{"udp", "", 9005, 0, 80}:            "port 9005/udp is in use by a process of this host",
		{"udp", "", 9000, 0, 80}:            "9000", {"tcp", "127.0.0.2", 9001, 0, 80}: "9001", {"tcp", "127.0.0.2", 9002, 0, 80}: "9002",
		{"sctp", "", 9000, 0, 80}: "9000", {"tcp", "", 9000, 9010, 80}: "9004", {"tcp", "2001:db8::1", 9004, 0, 80}: "9004",
	} {
		got, release, err := ClaimPorts([]Port{port}, nil)
		release()
		if err == nil && fmt.Sprint(got[0].HostPort) != want || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, %v: want %q", port, got, err, want)
		}
	}
	got, release, err := ClaimPorts([]Port{{Proto: "tcp", Port: 80}, {Proto: "tcp", Port: 80}}, nil)
	if err != nil || got[0].HostPort == 0 || got[0].HostPort == got[1].HostPort {
		t.Errorf("two random ports: %v, %v", got, err)
	}
	release()
}

// Between claim and publication nobody else gets the port, and whoever asks for a range gets the next.
func TestClaimsAtTheSameTime(t *testing.T) {
	freshHost(t)
	const many = 150
	seen := map[uint16]bool{}
	var releases []func()
	for range many {
		got, release, err := ClaimPorts([]Port{{Proto: "tcp", HostPort: 9000, Last: 9000 + many - 1, Port: 80}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[got[0].HostPort], releases = true, append(releases, release)
	}
	if len(seen) != many {
		t.Errorf("%d claims, %d ports", many, len(seen))
	}
	if got, _, err := ClaimPorts([]Port{{Proto: "tcp", HostPort: 9000, Port: 80}}, nil); err == nil {
		t.Errorf("claimed twice: %v", got)
	}
	for _, release := range releases {
		release()
	}
	if _, _, err := ClaimPorts([]Port{{Proto: "tcp", HostPort: 9000, Port: 80}}, []Port{{Proto: "tcp", HostPort: 9000, Port: 1}}); err == nil {
		t.Error("a port that CNI plugins publish is given out")
	}
	if _, release, err := ClaimPorts([]Port{{Proto: "tcp", HostPort: 9000, Port: 80}}, nil); err != nil {
		t.Errorf("released, and not to be had: %v", err)
	} else {
		release()
	}
}

// A published port that could not be reached is refused before anything is made.
func TestPublish(t *testing.T) {
	only4, both := testNetwork(), testNetwork()
	both.Subnets = append(slices.Clone(both.Subnets), Subnet{Prefix: netip.MustParsePrefix("fd00::/64")})
	on := func(n Network, addresses ...string) Endpoint {
		e := Endpoint{Network: n}
		for _, a := range addresses {
			e.Addresses = append(e.Addresses, netip.MustParseAddr(a))
		}
		return e
	}
	bridge, closed := on(only4, "10.44.0.2"), on(Network{Driver: DriverBridge, Internal: true}, "10.45.0.2")
	share, plugins := on(Network{Name: "m", Driver: DriverMacvlan}, "192.0.2.2"), on(Network{Driver: DriverCNI})
	mapping := on(Network{Driver: DriverCNI, Plugins: `{"cniVersion": "1.0.0", "name": "x", "plugins": [{"type": "portmap", "capabilities": {"portMappings": true}}]}`})
	for _, c := range []struct {
		want   string
		hostIP string
		ends   []Endpoint
	}{
		{"", "", []Endpoint{bridge}}, {"", "", nil}, {"", "", []Endpoint{closed, bridge, share}}, {"", "", []Endpoint{plugins, bridge}},
		{"", "2001:db8::1", []Endpoint{on(both, "10.44.0.2", "fd00::2")}},
		{"no addresses of that generation", "2001:db8::1", []Endpoint{bridge}},
		{"all networks of the container are internal", "", []Endpoint{closed}},
		{"network m (macvlan) is reached at its own address", "", []Endpoint{share, bridge}},
		{"made by CNI plugins", "", []Endpoint{plugins}}, {"", "", []Endpoint{mapping}},
	} {
		s := Sandbox{Endpoints: c.ends, Ports: []Port{{Proto: "tcp", HostIP: c.hostIP, HostPort: 80, Port: 80}}}
		err := s.Publish()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v: want %q", c.ends, err, c.want)
		}
		if published := len(s.Published()) > 0; published != (c.want == "" && len(c.ends) > 0) && s.Gateway() < 0 {
			t.Errorf("%+v: published: %v", c.ends, published)
		}
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
