// These tests follow real packets between namespaces that stand for two containers, the host and the world outside.
package trace

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"glassbox/internal/testkit"
	"glassbox/kernel/look/capture"
	"glassbox/kernel/nft"
)

func TestMain(m *testing.M) { os.Exit(testkit.Sandbox(m)) }

// ground is the test's own namespace as the host, with a bridge, two containers on it, and a world beyond an uplink.
type ground struct {
	a, b, world Place
	t           *testing.T
}

func newGround(t *testing.T) ground {
	testkit.Need(t, testkit.Root(), testkit.Binary("ip"), testkit.Binary("nft"))
	place := func(name string) Place {
		return Place{name, fmt.Sprintf("/proc/%d/ns/net", testkit.Unshared(t, "--net", "ip link set lo up"))}
	}
	g := ground{place("a"), place("b"), place("world"), t}
	sh(t, `ip link add br0 type bridge && ip address add 10.9.0.1/24 dev br0 && ip link set br0 up && sysctl -qw net.ipv4.ip_forward=1`)
	for name, c := range map[string]Place{"a": g.a, "b": g.b} {
		pid := strings.Split(c.Netns, "/")[2]
		sh(t, fmt.Sprintf(`ip link add v%[1]s type veth peer name eth0 netns %[2]s && ip link set v%[1]s master br0 up
nsenter --net=%[3]s sh -c "ip address add 10.9.0.%[4]d/24 dev eth0 && ip link set eth0 up && ip route add default via 10.9.0.1"`,
			name, pid, c.Netns, name[0]-'a'+2))
	}
	sh(t, "bridge link set dev vb hairpin on") // for b's own published port, where bridged frames pass the firewall
	pid := strings.Split(g.world.Netns, "/")[2]
	sh(t, `ip link add up0 type veth peer name eth0 netns `+pid+` && ip address add 203.0.113.1/24 dev up0 && ip link set up0 up
nsenter --net=`+g.world.Netns+` sh -c "ip address add 203.0.113.2/24 dev eth0 && ip link set eth0 up"
nft 'table ip t {
chain post { type nat hook postrouting priority srcnat; ip saddr 10.9.0.0/24 oifname up0 counter masquerade
	ip saddr 10.9.0.0/24 ct status dnat counter masquerade
}
chain pre { type nat hook prerouting priority dstnat; fib daddr type local tcp dport 8080 counter dnat to 10.9.0.3:80
}
chain out { type nat hook output priority -100; fib daddr type local tcp dport 8080 dnat to 10.9.0.3:80
}
chain through { type filter hook forward priority 0; }
}'`)
	t.Cleanup(func() {
		sh(t, "nft flush ruleset; ip link del va; ip link del vb; ip link del br0; ip link del up0; sysctl -qw net.ipv4.ip_forward=0")
	})
	return g
}

func sh(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-ec", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

func (g ground) follow(from Place, to string, port uint16, protocol string) string {
	g.t.Helper()
	path, err := Run(Question{From: from, To: netip.MustParseAddr(to), Port: port, Protocol: protocol,
		Host: Place{"host", "/proc/self/ns/net"}, Others: []Place{g.a, g.b}, Wait: 500 * time.Millisecond}, nil)
	var b bytes.Buffer
	if err == nil {
		err = path.Write(&b)
	}
	if err != nil {
		g.t.Error(err)
	}
	return b.String()
}

// inOrder tells whether the pieces occur one after the other.
func inOrder(text string, pieces ...string) bool {
	for _, p := range pieces {
		_, after, found := strings.Cut(text, p)
		if !found {
			return false
		}
		text = after
	}
	return true
}

func TestPaths(t *testing.T) {
	g := newGround(t)
	// Somebody answers at port 80 of b.
	sh(t, "nsenter --net="+g.b.Netns+" busybox httpd -p 80 -h /")
	t.Cleanup(func() { sh(t, "kill $(nsenter --net="+g.b.Netns+" ss -Hltnp | sed -n 's/.*pid=\\([0-9]*\\).*/\\1/p')") })
	host := Place{"host", "/proc/self/ns/net"}
	for _, c := range []struct {
		say  string
		got  string
		want []string
	}{
		{"a neighbour", g.follow(g.a, "10.9.0.3", 0, ""), []string{"a ", "out", "eth0", "10.9.0.2 > 10.9.0.3",
			"in", "va", "port of br0", "bridge br0", "is behind vb", "out", "vb", "b ", "in", "eth0", "Answer: an echo reply",
			"way back", "b ", "out", "eth0", "10.9.0.3 > 10.9.0.2", "host", "in", "vb", "out", "va", "a ", "in", "eth0"}},
		{"the world", g.follow(g.a, "203.0.113.2", 0, ""), []string{"a ", "in", "va", "in", "br0", "masquerade",
			"conntrack", "source translated: answers come as 203.0.113.2:0 > 203.0.113.1:0", "out", "up0", "203.0.113.1 > 203.0.113.2", "an echo reply",
			"way back", "in", "up0", "203.0.113.2 > 203.0.113.1", "conntrack", "translated back to 203.0.113.2:0 > 10.9.0.2:0", "out", "br0", "a ", "in", "eth0"}},
		{"a published port, from another container", g.follow(g.a, "203.0.113.1", 8080, "tcp"), []string{"in", "br0", "tcp dport 8080",
			"dnat to 10.9.0.3:80", "destination translated", "out", "br0", "out", "vb", "> 10.9.0.3:80", "b ", "accepted",
			"way back", "b ", "out", "eth0", "10.9.0.3:80 >", "host", "in", "br0", "translated back to 203.0.113.1:8080 >", "a ", "in", "203.0.113.1:8080 >"}},
		{"its own published port", g.follow(g.b, "203.0.113.1", 8080, "tcp"), []string{"1  b ", "out", "eth0", "10.9.0.3:", "> 203.0.113.1:8080",
			"host", "tcp dport 8080", "source and destination translated", "out", "vb", "b ", "in", "eth0", "10.9.0.1:", "Last seen in b", "accepted",
			"way back", "1  b ", "out", "eth0", "10.9.0.3:80 >", "host", "in", "vb", "b ", "in", "eth0", "203.0.113.1:8080 >"}},
		{"a published port, from the host", g.follow(host, "203.0.113.1", 8080, "tcp"), []string{"ip t out", "dnat", "out", "br0", "vb", "b ", "in", "accepted"}},
		{"a closed port", g.follow(g.a, "10.9.0.3", 81, "tcp"), []string{"b ", "in", "connection refused", "way back", "b ", "a "}},
		{"nobody", g.follow(g.a, "10.9.0.77", 0, ""), []string{"none", "no device has seen the packet"}},
		{"a datagram", g.follow(g.a, "10.9.0.3", 5353, "udp"), []string{"10.9.0.2:", "> 10.9.0.3:5353", "b ", "connection refused", "way back", "b ", "10.9.0.3 > 10.9.0.2"}},
	} {
		if !inOrder(c.got, c.want...) {
			t.Errorf("%s: want %q in\n%s", c.say, c.want, c.got)
		}
	}
	if out, err := exec.Command("nft", "list", "tables").CombinedOutput(); err != nil || strings.Contains(string(out), "trace") {
		t.Errorf("the mark is still there: %s (%v)", out, err)
	}
}

// Several at once see their own packets only, and one that was killed harms none of them.
func TestAtTheSameTime(t *testing.T) {
	g := newGround(t)
	killed := nft.TraceTable(1<<30, 7)
	if err := (nft.TracePackets{Table: killed, Proto: "icmp", From: 7}).Do(); err != nil {
		t.Fatal(err)
	}
	first := g.follow(g.a, "203.0.113.2", 0, "")
	if !strings.Contains(first, "masquerade") {
		t.Fatalf("alone it does not hear of the rule:\n%s", first)
	}
	alone := strings.Count(first, "\n")
	var together sync.WaitGroup
	texts := make([]string, 6)
	for i := range texts {
		together.Go(func() { texts[i] = g.follow([]Place{g.a, g.b}[i%2], "203.0.113.2", 0, "") })
	}
	together.Wait()
	for i, text := range texts {
		own, other := "10.9.0.2 ", "10.9.0.3 "
		if i%2 == 1 {
			own, other = other, own
		}
		if strings.Count(text, "\n") != alone || !strings.Contains(text, own) || strings.Contains(text, other) {
			t.Errorf("trace %d of several has not its own %d lines:\n%s", i, alone, text)
		}
	}
	left, err := nft.TraceTables()
	if err != nil || len(left) != 1 || left[killed] != 1<<30 {
		t.Errorf("tables now: %v (%v)", left, err)
	}
}

// The negative controls: a rule that drops is where the packet ends; what routing drops is said to be unknown.
func TestWhereItEnds(t *testing.T) {
	g := newGround(t)
	sh(t, `nft add rule ip t through ip daddr 203.0.113.2 counter drop`)
	got := g.follow(g.a, "203.0.113.2", 0, "")
	if !inOrder(got, "in", "br0", "ip t through: ip daddr 203.0.113.2 counter packets 1 ", "-> drop", "a rule drops it", "none within") || strings.Contains(got, "up0") {
		t.Errorf("a rule that drops is not where it ends:\n%s", got)
	}
	sh(t, `nft flush chain ip t through; sysctl -qw net.ipv4.ip_forward=0`)
	got = g.follow(g.a, "203.0.113.2", 0, "")
	if !inOrder(got, "in", "br0", "none within", "not seen to leave host", "ip_forward is 0") {
		t.Errorf("a host that does not forward is not named:\n%s", got)
	}
}

// What passed before the packet is no answer to it: a number that is not known yet is zero, and zeros are in many packets.
func TestWhatIsAnAnswer(t *testing.T) {
	p := &probe{q: Question{To: netip.MustParseAddr("10.9.0.3"), Port: 80}}
	other := capture.Packet{Protocol: "icmp", Payload: make([]byte, 32)}
	if p.answers(other, nil) {
		t.Error("a packet that passed before is taken for an answer")
	}
	p.sequence = 0x01020304
	complaint := capture.Packet{Protocol: "icmp", Payload: append(make([]byte, 32), 1, 2, 3, 4)}
	if p.answers(other, nil) || !p.answers(complaint, nil) {
		t.Error("a complaint about the packet is not told from others")
	}
}
