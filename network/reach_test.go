// This file follows packets: who can reach whom through what the plan builds, and who no longer can when a step is left out.
package network

import (
	"fmt"
	"testing"

	"glassbox/explain"
)

const ping = "ping -c 1 -W 1 "

func TestContainersReachEachOther(t *testing.T) {
	freshHost(t)
	a, b := sandbox(t, "aaaaaaaaaaaa", "10.44.0.2"), sandbox(t, "bbbbbbbbbbbb", "10.44.0.3")
	r := runner(t)
	attach(t, r, a)
	if works(a.Netns, ping+"10.44.0.4") {
		t.Fatal("10.44.0.4 answers, and does not exist")
	}
	attach(t, r, b)
	for line, netns := range map[string]string{ping + "10.44.0.3": a.Netns, ping + "10.44.0.2": b.Netns, ping + "10.44.0.1": a.Netns} {
		if !works(netns, line) {
			t.Errorf("%s fails", line)
		}
	}
	if !works("", ping+"10.44.0.2") {
		t.Error("the host can not reach a container")
	}
}

// TestFirstPacketArrives: a container that sends as soon as it lives must not lose a second to a cable that is not yet live.
// Without LinkSettle about one in twenty does.
func TestFirstPacketArrives(t *testing.T) {
	freshHost(t)
	attach(t, runner(t), sandbox(t, "ffffffffffff", "10.44.9.9"))
	for i := range 20 {
		e := sandbox(t, fmt.Sprintf("%012x", i), fmt.Sprintf("10.44.0.%d", i+2))
		attach(t, runner(t), e)
		if !works(e.Netns, "ping -c 1 -W 0.5 10.44.0.1") {
			t.Errorf("container %d loses its first packet", i)
		}
	}
}

func TestContainerReachesTheWorld(t *testing.T) {
	for _, without := range []string{"", "Put the bridge under the rules", "Let the kernel forward packets",
		"Point the default route at the bridge", "Give the container an address"} {
		done := make(chan bool)
		go func() { // a new host for each: hosts are threads
			defer close(done)
			freshHost(t)
			world, e := outside(t), sandbox(t, "aaaaaaaaaaaa", "10.44.0.2")
			r := runner(t)
			if without != "" {
				r.Listener = explain.Without([]string{without})
			}
			plan := fullPlan(e)
			if without == "Give the container an address" {
				plan = plan[:len(plan)-1] // nor can there be a route then
			}
			if err := r.Run(plan...); err != nil {
				t.Error(err)
				return
			}
			if got, want := works(e.Netns, ping+"203.0.113.1"), without == ""; got != want {
				t.Errorf("without %q: the world answers: %v", without, got)
			}
			if works(world, ping+"10.44.0.2") {
				t.Errorf("without %q: the world reaches a container by itself", without)
			}
		}()
		<-done
	}
}

func TestPublishedPort(t *testing.T) {
	freshHost(t)
	world := outside(t)
	a := sandbox(t, "aaaaaaaaaaaa", "10.44.0.2",
		Port{Proto: "tcp", HostPort: 8080, Port: 80}, Port{Proto: "tcp", HostIP: "127.0.0.1", HostPort: 8082, Port: 80})
	b := sandbox(t, "bbbbbbbbbbbb", "10.44.0.3")
	attach(t, runner(t), b)
	r := &explain.Runner{}
	attach(t, r, a)
	serve(t, a.Netns, "a")
	serve(t, b.Netns, "b")

	checks := []struct {
		who, netns, at, want string
	}{
		{"the world", world, "203.0.113.2:8080", "a"},
		{"the world, a port that is not published", world, "203.0.113.2:8081", ""},
		{"the world, a port published at 127.0.0.1 alone", world, "203.0.113.2:8082", ""},
		{"the host at its address", "", "203.0.113.2:8080", "a"},
		{"the host at 127.0.0.1", "", "127.0.0.1:8080", "a"},
		{"the host at 127.0.0.1, published there", "", "127.0.0.1:8082", "a"},
		{"the host, published elsewhere", "", "203.0.113.2:8082", ""},
		{"another container", b.Netns, "203.0.113.2:8080", "a"},
		{"the container itself", a.Netns, "203.0.113.2:8080", "a"},
	}
	for _, c := range checks {
		if got := fetch(c.netns, c.at); got != c.want {
			t.Errorf("%s at %s: got %q, want %q", c.who, c.at, got, c.want)
		}
	}
	if err := r.Rollback(); err != nil {
		t.Fatal(err)
	}
	if fetch(world, "203.0.113.2:8080") != "" || fetch("", "127.0.0.1:8080") != "" {
		t.Error("the port is still published")
	}
}

// TestClosedFromOutside: forwarding makes the host a router, and a neighbour could send packets for containers to it.
func TestClosedFromOutside(t *testing.T) {
	freshHost(t)
	world, e := outside(t), sandbox(t, "aaaaaaaaaaaa", "10.44.0.2")
	attach(t, runner(t), e)
	serve(t, e.Netns, "a")
	run(t, "nsenter --net="+world+" ip route add 10.44.0.0/16 via 203.0.113.2")
	if fetch(world, "10.44.0.2:80") != "" {
		t.Error("the world reaches a port that is not published")
	}
	run(t, "nft flush chain inet glassbox forward")
	if fetch(world, "10.44.0.2:80") != "a" {
		t.Error("the world does not reach the port without the forward chain either: the check above proves nothing")
	}
}

// TestLoopbackIsGuarded: route_localnet must not open the host's own services at 127.0.0.1 to containers.
func TestLoopbackIsGuarded(t *testing.T) {
	freshHost(t)
	e := sandbox(t, "aaaaaaaaaaaa", "10.44.0.2")
	attach(t, runner(t), e)
	serve(t, "/proc/thread-self/ns/net", "host")
	run(t, `nsenter --net=`+e.Netns+` sh -e -c '
		ip link set lo down
		ip route flush table local
		ip route add local 10.44.0.2 dev eth0 table local
		ip route add 127.0.0.1 via 10.44.0.1 dev eth0 src 10.44.0.2
		echo 1 > /proc/sys/net/ipv4/conf/eth0/route_localnet'`)
	if fetch(e.Netns, "127.0.0.1:80") != "" {
		t.Error("a container reaches the host's loopback")
	}
	run(t, "nft flush chain inet glassbox guard")
	if fetch(e.Netns, "127.0.0.1:80") != "host" {
		t.Error("it does not without the guard either: the check above proves nothing")
	}
}
