// This file follows a client of UDP whose container is replaced while it goes on asking.
package network

import (
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/nft"
)

// TestFlowFollowsThePort: the same client, from the same port, reaches the container that has the published port now. The control:
// it goes on to the old one where connection tracking is not told to forget.
func TestFlowFollowsThePort(t *testing.T) {
	freshHost(t)
	world := outside(t)
	client := socketIn(t, world, func() (net.Conn, error) { return net.Dial("udp4", "203.0.113.2:9000") })
	port := Port{Proto: "udp", HostPort: 9000, Port: 80}
	var last *explain.Runner
	for i, name := range []string{"a", "b", "c"} {
		if last != nil {
			unpublish(t, port, i+1)
		}
		s := sandbox(t, "0123456789a"+name, "10.44.0."+string(rune('2'+i)), port)
		plan := wholePlan(t, s)
		if name == "c" {
			plan = withoutOp[nft.ForgetFlows](plan)
		}
		last = runner(t)
		do(t, last, plan)
		echo(t, s.Netns, name)
		want := name
		if name == "c" {
			want = "b"
		}
		if got := ask(t, client); got != want {
			t.Errorf("after container %s came: %q answers, not %s", name, got, want)
		}
	}
}

// unpublish takes the port from the container at 10.44.0.N, which lives on, so that it shows who is asked.
func unpublish(t *testing.T, p Port, n int) {
	t.Helper()
	op := nft.Unpublish{Proto: p.Proto, HostPort: p.HostPort, Addr: "10.44.0." + string(rune('0'+n)), Port: p.Port}
	if err := op.Do(); err != nil {
		t.Fatal(err)
	}
}

// withoutOp leaves out the ops of one type.
func withoutOp[O explain.Op](plan []explain.Step) []explain.Step {
	for i := range plan {
		plan[i].Ops = slices.DeleteFunc(slices.Clone(plan[i].Ops), func(op explain.Op) bool {
			_, is := op.(O)
			return is
		})
	}
	return plan
}

func socketIn[S any](t *testing.T, netns string, open func() (S, error)) (s S) {
	t.Helper()
	err := kernel.InNetns(netns, func() (err error) {
		s, err = open()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// echo answers every datagram in a namespace with a name and what was asked.
func echo(t *testing.T, netns, name string) {
	t.Helper()
	socket := socketIn(t, netns, func() (net.PacketConn, error) { return net.ListenPacket("udp4", ":80") })
	t.Cleanup(func() { socket.Close() })
	go func() {
		buf := make([]byte, 256)
		for {
			n, from, err := socket.ReadFrom(buf)
			if err != nil {
				return
			}
			_, _ = socket.WriteTo([]byte(name+string(buf[:n])), from) // a client that has gone is no matter
		}
	}()
}

func ask(t *testing.T, client net.Conn) string {
	t.Helper()
	buf := make([]byte, 256)
	question := time.Now().String() // answers to earlier ones may come late
	for range 5 {
		if _, err := client.Write([]byte(question)); err != nil {
			t.Fatal(err)
		}
		if err := client.SetReadDeadline(time.Now().Add(300 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for {
			n, err := client.Read(buf)
			if err != nil {
				break
			}
			if name, ours := strings.CutSuffix(string(buf[:n]), question); ours {
				return name
			}
		}
	}
	return ""
}
