// This file follows packets between networks: who is apart from whom, who has no way out, and the same with IPv6.
package network

import (
	"slices"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
	"glassbox/kernel"
)

func TestNetworksAreApart(t *testing.T) {
	freshHost(t)
	one := userNetwork(t, Network{Name: "one", Driver: DriverBridge}, Wanted{Subnets: []string{"10.45.0.0/24"}})
	two := userNetwork(t, Network{Name: "two", Driver: DriverBridge}, Wanted{Subnets: []string{"10.46.0.0/24"}})
	a, b := sandboxOn(t, one, "aaaaaaaaaaaa", "10.45.0.2"), sandboxOn(t, one, "bbbbbbbbbbbb", "10.45.0.3")
	c := sandboxOn(t, two, "cccccccccccc", "10.46.0.2", Port{Proto: "tcp", HostPort: 8080, Port: 80})
	for _, s := range []Sandbox{a, b, c} {
		attach(t, runner(t), s)
	}
	serve(t, c.Netns, "c")
	dropped := func() string { return run(t, "nft list chain inet glassbox forward | grep 'nothing else comes in'") }
	before := dropped()
	if !works(a.Netns, ping+"10.45.0.3") {
		t.Error("members of one network do not reach each other")
	}
	if works(a.Netns, ping+"10.46.0.2") || fetch(a.Netns, "10.46.0.2:80") != "" {
		t.Error("members of different networks reach each other")
	}
	if dropped() == before {
		t.Error("the counter of what is dropped stands still: " + before)
	}
	if got := fetch(a.Netns, "10.45.0.1:8080"); got != "c" {
		t.Errorf("a port published by another network's container: %q", got)
	}
	if !strings.Contains(run(t, "nft list map inet glassbox published"), "tcp . 8080 counter packets 1 ") {
		t.Error("the connection was not counted:", run(t, "nft list map inet glassbox published"))
	}
	run(t, "nft flush chain inet glassbox forward")
	if !works(a.Netns, ping+"10.46.0.2") {
		t.Error("not even without the rules do they reach each other: the check above proves nothing")
	}
}

func TestInternalNetwork(t *testing.T) {
	freshHost(t)
	outside(t)
	n := userNetwork(t, Network{Name: "n", Driver: DriverBridge, Internal: true}, Wanted{Subnets: []string{"10.45.0.0/24"}})
	a, b := sandboxOn(t, n, "aaaaaaaaaaaa", "10.45.0.2"), sandboxOn(t, n, "bbbbbbbbbbbb", "10.45.0.3")
	attach(t, runner(t), a)
	attach(t, runner(t), b)
	if !works(a.Netns, ping+"10.45.0.3") {
		t.Error("members do not reach each other")
	}
	if route := run(t, "nsenter --net="+a.Netns+" ip route show default"); route != "" {
		t.Errorf("there is a way out: %s", route)
	}
	run(t, "nsenter --net="+a.Netns+" ip route add default via 10.45.0.1")
	if works(a.Netns, ping+"203.0.113.1") {
		t.Error("a container with a route of its own leaves an internal network")
	}
	run(t, "nft flush set inet glassbox closed; nft add element inet glassbox masqueraded '{ "+n.Bridge+" }'")
	if !works(a.Netns, ping+"203.0.113.1") {
		t.Error("not even from an open network: the check above proves nothing")
	}
}

func TestIPv6(t *testing.T) {
	freshHost(t)
	world := outside(t)
	run(t, "ip address add 2001:db8::2/64 dev uplink nodad; nsenter --net="+world+" ip address add 2001:db8::1/64 dev eth0 nodad")
	n := userNetwork(t, Network{Name: "n", Driver: DriverBridge}, Wanted{Subnets: []string{"10.45.0.0/24", "fd00:45::/64"}})
	a := sandboxOn(t, n, "aaaaaaaaaaaa", "10.45.0.2 fd00:45::2",
		Port{Proto: "tcp", HostPort: 8080, Port: 80}, Port{Proto: "tcp", HostIP: "2001:db8::2", HostPort: 8081, Port: 80})
	b := sandboxOn(t, n, "bbbbbbbbbbbb", "10.45.0.3 fd00:45::3")
	attach(t, runner(t), a)
	attach(t, runner(t), b)
	for line, netns := range map[string]string{"ping -6 -c 3 -i 0.2 -W 1 fd00:45::2": b.Netns, "ping -6 -c 3 -i 0.2 -W 1 2001:db8::1": a.Netns} {
		if !works(netns, line) {
			t.Errorf("%s has no answer in %s", line, netns)
		}
	}
	if works(world, "ping -6 -c 1 -W 1 fd00:45::2") {
		t.Error("the world reaches a container by itself")
	}
	run(t, "nsenter --net="+a.Netns+" sysctl -q -w net.ipv6.bindv6only=0")
	serve(t, a.Netns, "a")
	for at, want := range map[string]string{"[2001:db8::2]:8080": "a", "[2001:db8::2]:8081": "a", "203.0.113.2:8080": "a", "203.0.113.2:8081": ""} {
		if got := fetch(world, at); got != want {
			t.Errorf("the world at %s: got %q, want %q", at, got, want)
		}
	}
	if got := fetch(b.Netns, "[2001:db8::2]:8080"); got != "a" {
		t.Errorf("another container: %q", got)
	}
	if works("", "timeout 1 busybox wget -q -O - http://[::1]:8080/name") || !works("", "! timeout 0.5 busybox nc ::1 8080 < /dev/null && [ $? != 124 ]") {
		t.Error("[::1] is not closed at once")
	}
}

// TestNoAddressOfItsOwn: neither end of a cable gives itself an IPv6 address where the network has none to give. The control is a
// cable that nobody has told so.
func TestNoAddressOfItsOwn(t *testing.T) {
	freshHost(t)
	a, told := sandbox(t, "aaaaaaaaaaaa", "10.44.0.2"), sandbox(t, "bbbbbbbbbbbb", "10.44.0.3")
	attach(t, runner(t), told)
	do(t, runner(t), withoutOp[kernel.LinkOff6](withoutOp[kernel.LinkWithout6](attachPlan(a))))
	own := func(s Sandbox) []bool {
		return []bool{works("", "ip -6 address show "+s.Endpoints[0].Veth+" | grep fe80"), works(s.Netns, "ip -6 address show eth0 | grep fe80")}
	}
	for end := time.Now().Add(5 * time.Second); slices.Contains(own(a), false); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not even a cable that may has addresses of its own: the check below proves nothing")
		}
	}
	if slices.Contains(own(told), true) {
		t.Errorf("addresses of their own, here and inside: %v", own(told))
	}
}

// TestMoreThanOneNetwork plugs a container into a second network, and takes it off the first.
func TestMoreThanOneNetwork(t *testing.T) {
	freshHost(t)
	world := outside(t)
	one := userNetwork(t, Network{Name: "one", Driver: DriverBridge}, Wanted{Subnets: []string{"10.45.0.0/24"}})
	two := userNetwork(t, Network{Name: "two", Driver: DriverBridge}, Wanted{Subnets: []string{"10.46.0.0/24"}})
	s := sandboxOn(t, one, "aaaaaaaaaaaa", "10.45.0.2", Port{Proto: "tcp", HostPort: 8080, Port: 80})
	attach(t, runner(t), s)
	member := sandboxOn(t, two, "bbbbbbbbbbbb", "10.46.0.3")
	attach(t, runner(t), member)
	s.Endpoints = append(s.Endpoints, sandboxOn(t, two, s.ID, "10.46.0.2").Endpoints[0].Place(s.ID, 1))
	do(t, runner(t), EndpointPlan(s, 1))
	serve(t, s.Netns, "a")
	if !works(member.Netns, ping+"10.46.0.2") || !works(s.Netns, ping+"203.0.113.1") || fetch(world, "203.0.113.2:8080") != "a" {
		t.Error("on both networks, it does not reach all that it should")
	}
	if routes := run(t, "nsenter --net="+s.Netns+" ip route show default"); strings.Count(routes, "\n") != 1 || !strings.Contains(routes, "10.45.0.1") {
		t.Errorf("default routes: %s", routes)
	}
	do(t, runner(t), DetachPlan(s, 0))
	if links := run(t, "nsenter --net="+s.Netns+" ip -br link"); strings.Contains(links, "eth0") || !strings.Contains(links, "eth1") {
		t.Errorf("links: %s", links)
	}
	if !works(s.Netns, ping+"203.0.113.1") || fetch(world, "203.0.113.2:8080") != "a" {
		t.Error("the second network did not become the way out")
	}
}

// TestBesideAFirewallThatDrops: Docker and many administrators set the policy of iptables' FORWARD to drop.
func TestBesideAFirewallThatDrops(t *testing.T) {
	testkit.Need(t, testkit.Binary("iptables-nft"))
	freshHost(t)
	world := outside(t)
	run(t, "iptables-nft -P FORWARD DROP; nft add table inet firewalld")
	run(t, `nft 'add chain inet firewalld filter_FORWARD { type filter hook forward priority 10; policy accept; }'
		nft add rule inet firewalld filter_FORWARD ct state established,related accept
		nft add rule inet firewalld filter_FORWARD reject with icmpx admin-prohibited`)
	s := sandbox(t, "aaaaaaaaaaaa", "10.44.0.2", Port{Proto: "tcp", HostPort: 8080, Port: 80})
	attach(t, runner(t), s)
	serve(t, s.Netns, "a")
	if !works(s.Netns, ping+"203.0.113.1") || fetch(world, "203.0.113.2:8080") != "a" {
		t.Error("the other firewall stops our packets")
	}
	run(t, "nsenter --net="+world+" ip route add 10.44.0.0/16 via 203.0.113.2")
	if fetch(world, "10.44.0.2:80") != "" {
		t.Error("what the other firewall lets pass, ours does too")
	}
	if !strings.Contains(run(t, "iptables-nft -S FORWARD"), "-A FORWARD -i glassbox0") {
		t.Error("iptables does not show our rules:", run(t, "iptables-nft -S FORWARD"))
	}
	run(t, "iptables-nft -F FORWARD")
	if works(s.Netns, ping+"203.0.113.1") {
		t.Error("without the two rules it works too: the check above proves nothing")
	}
}
