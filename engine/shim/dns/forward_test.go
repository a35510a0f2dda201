// These tests stand in for the name servers of the world: good ones, slow ones, liars.
package dns

import (
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"glassbox/engine/shim/wire"
	"glassbox/internal/testkit"
)

// world answers at address:53 with what reply makes of a question; nil is silence.
func world(t *testing.T, address string, reply func(dnsmessage.Message, string) [][]byte) *atomic.Int32 {
	t.Helper()
	asked := &atomic.Int32{}
	packets, err := net.ListenPacket("udp", address+":53")
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", address+":53")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { packets.Close(); listener.Close() })
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := packets.ReadFrom(buf)
			if err != nil {
				return
			}
			asked.Add(1)
			for _, p := range reply(parsed(buf[:n]), "udp") {
				_, _ = packets.WriteTo(p, from)
			}
		}
	}()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			if packet, err := readMessage(c); err == nil {
				for _, p := range reply(parsed(packet), "tcp") {
					_ = writeMessage(c, p)
				}
			}
			c.Close()
		}
	}()
	return asked
}

func parsed(packet []byte) dnsmessage.Message {
	var m dnsmessage.Message
	_ = m.Unpack(packet) // the tests send nothing else
	return m
}

// says answers a question with n addresses that end in .1, .2, …
func says(m dnsmessage.Message, prefix string, n int, code dnsmessage.RCode) []byte {
	m.Response, m.RCode, m.Additionals = true, code, nil
	for i := range n {
		a := netip.MustParseAddr(fmt.Sprintf("%s%d", prefix, i+1)).As4()
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: typeA, Class: dnsmessage.ClassINET},
			Body:   &dnsmessage.AResource{A: a},
		})
	}
	packet, err := m.Pack()
	if err != nil {
		return nil
	}
	return packet
}

func good(m dnsmessage.Message, _ string) [][]byte {
	if m.Questions[0].Type != typeA || strings.HasPrefix(m.Questions[0].Name.String(), "nobody") {
		return [][]byte{says(m, "", 0, dnsmessage.RCodeNameError)}
	}
	return [][]byte{says(m, "198.51.100.", 1, 0)}
}

func silent(dnsmessage.Message, string) [][]byte { return nil }

func broken(m dnsmessage.Message, _ string) [][]byte {
	return [][]byte{says(m, "", 0, dnsmessage.RCodeServerFailure)}
}

// A server that fails or refuses to speak is passed over; one that says "no such name" is believed.
func TestForward(t *testing.T) {
	g := newGround(t, `{"Networks":["n1"],"Upstream":["127.0.1.1","127.0.1.2","127.0.1.3"]}`)
	g.enter("n1", "a", `{"Network":"mynet","Names":["web"],"Addresses":["10.45.0.2"]}`)
	failing, fine := world(t, "127.0.1.1", broken), world(t, "127.0.1.2", good)
	never := world(t, "127.0.1.3", good)
	g.serve()
	for _, network := range []string{"udp", "tcp"} {
		if got := lookUp(t, network, "example.org"); !slices.Equal(got, []string{"198.51.100.1"}) {
			t.Errorf("example.org over %s is %v", network, got)
		}
	}
	if got := lookUp(t, "udp", "nobody.example.org"); got != nil {
		t.Errorf("nobody.example.org is %v", got)
	}
	before := fine.Load()
	lookUp(t, "udp", "web")
	if failing.Load() == 0 || fine.Load() != before || never.Load() != 0 {
		t.Errorf("asked %d, %d (for our own name %d more) and %d times", failing.Load(), before, fine.Load()-before, never.Load())
	}
}

// While one question waits for a server that says nothing, all others are answered.
func TestSlowServer(t *testing.T) {
	g := newGround(t, `{"Networks":["n1"],"Upstream":["127.0.1.1","127.0.1.2"]}`)
	g.enter("n1", "a", `{"Network":"mynet","Names":["web"],"Addresses":["10.45.0.2"]}`)
	world(t, "127.0.1.1", silent)
	world(t, "127.0.1.2", good)
	g.serve()
	start, slow := time.Now(), make(chan time.Duration)
	go func() {
		exchangeUDP(t, wire.NameServer+":53", query(t, "example.org.", typeA, 0))
		slow <- time.Since(start)
	}()
	for range 100 {
		if got := lookUp(t, "udp", "web"); len(got) != 1 {
			t.Fatalf("web is %v", got)
		}
	}
	quick := time.Since(start)
	if took := <-slow; took < patience/2 || took > patience || quick > patience/4 {
		t.Errorf("the second server's answer came after %v, a hundred of ours within %v", took, quick)
	}
}

// Nobody answers: the client hears so before it gives up by itself.
func TestAllSilent(t *testing.T) {
	g := newGround(t, `{"Networks":[],"Upstream":["127.0.1.1","127.0.1.2","127.0.1.3","127.0.1.4"]}`)
	for i := range 4 {
		world(t, fmt.Sprintf("127.0.1.%d", i+1), silent)
	}
	g.serve()
	start := time.Now()
	reply := exchangeUDP(t, wire.NameServer+":53", query(t, "example.org.", typeA, 0))
	took := time.Since(start)
	if dnsmessage.RCode(reply[3]&0xf) != dnsmessage.RCodeServerFailure || took > patience+time.Second/2 {
		t.Errorf("%x after %v", reply, took)
	}
}

// Answers to questions that were not asked are not taken, even from the right address.
func TestLiar(t *testing.T) {
	g := newGround(t, `{"Networks":[],"Upstream":["127.0.1.1"]}`)
	world(t, "127.0.1.1", func(m dnsmessage.Message, _ string) [][]byte {
		wrongNumber, wrongName := m, m
		wrongNumber.ID++
		wrongName.Questions = []dnsmessage.Question{{Name: dnsmessage.MustNewName("bank.example."), Type: typeA, Class: 1}}
		return [][]byte{says(wrongNumber, "203.0.113.", 1, 0), says(wrongName, "203.0.113.", 1, 0), {1}, {}, says(m, "198.51.100.", 1, 0)}
	})
	g.serve()
	reply := parsed(exchangeUDP(t, wire.NameServer+":53", query(t, "example.org.", typeA, 0)))
	if len(reply.Answers) != 1 || reply.ID != 0x1234 || !strings.Contains(reply.Answers[0].GoString(), "198, 51") {
		t.Errorf("the liar was believed: %s", reply.GoString())
	}
}

// A large answer of others is cut like our own, and comes whole over TCP.
func TestForwardTruncates(t *testing.T) {
	g := newGround(t, `{"Networks":[],"Upstream":["127.0.1.1"]}`)
	world(t, "127.0.1.1", func(m dnsmessage.Message, _ string) [][]byte { return [][]byte{says(m, "198.51.100.", 100, 0)} })
	g.serve()
	reply := exchangeUDP(t, wire.NameServer+":53", query(t, "example.org.", typeA, 0))
	if m := parsed(reply); len(reply) > smallest || !m.Truncated {
		t.Errorf("%d bytes, cut: %v", len(reply), m.Truncated)
	}
	c, err := net.Dial("tcp", wire.NameServer+":53")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for range 2 { // one connection, two questions
		if err := writeMessage(c, query(t, "example.org.", typeA, 0)); err != nil {
			t.Fatal(err)
		}
		packet, err := readMessage(c)
		if m := parsed(packet); err != nil || len(m.Answers) != 100 || m.Truncated {
			t.Errorf("over TCP there are %d answers (%v)", len(m.Answers), err)
		}
	}
}

// A server that can not be reached is known at once: a router on the way says so.
func TestUnreachable(t *testing.T) {
	testkit.Need(t, testkit.Binary("dig"))
	g := newGround(t, `{"Networks":[],"Upstream":["203.0.113.9"]}`)
	pid := testkit.Unshared(t, "--net", "ip link set lo up")
	sh(t, fmt.Sprintf(`ip link add gate type veth peer name eth0 netns %[1]d; ip address add 10.9.0.1/24 dev gate; ip link set gate up
nsenter --net=/proc/%[1]d/ns/net sh -ec "ip address add 10.9.0.2/24 dev eth0; ip link set eth0 up; ip route add default via 10.9.0.1"
sysctl -qw net.ipv4.ip_forward=1`, pid))
	t.Cleanup(func() { sh(t, "sysctl -qw net.ipv4.ip_forward=0; ip link delete gate") })
	g.serveIn(fmt.Sprintf("/proc/%d/ns/net", pid))
	start := time.Now()
	out, err := exec.Command("nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", pid), "dig", "+tries=1", "@"+wire.NameServer, "example.org").CombinedOutput()
	if took := time.Since(start); err != nil || took > patience/2 || !strings.Contains(string(out), "SERVFAIL") {
		t.Errorf("after %v: %v\n%s", took, err, out)
	}
}

func sh(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-ec", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}
