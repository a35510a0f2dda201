// These tests kill whoever connects a container, at every step.
package test

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A run on a network with names and a published port: after each step everything is killed, then audited.
func TestKilledOnANetwork(t *testing.T) {
	p := newPlace(t)
	words := []string{"--network", "mynet", "--network-alias", "web", "-p", "18120:80"}
	p.must("network", "create", "--ipv6", "mynet")
	p.must(told(words...)...)
	before := p.settled()
	steps := p.stepping(1<<20, words...).finish()
	for k := range steps {
		s := p.stepping(k, words...)
		ids := p.ids()
		p.killAll()
		s.finish()
		if r := p.run("audit", "--fix"); r.code != 0 {
			t.Fatalf("after a crash at step %d (%s): %s", k+1, s.title, r)
		}
		if diff := p.changes(before, ids...); diff != "" {
			t.Fatalf("a crash at step %d (%s) has left behind:\n%s", k+1, s.title, diff)
		}
	}
	p.must("network", "rm", "mynet")
}

// A container that runs, and a second network: the command is killed at each step, and given again. Then the container is
// removed, or taken off both networks.
func TestKilledWhileConnecting(t *testing.T) {
	p := newPlace(t)
	for _, n := range []string{"net1", "net2"} {
		p.must("network", "create", n)
	}
	p.must("run", "--rm", "--network", "net1", "--network", "net2", "box", "true")
	before := p.settled()
	connect := []string{"network", "connect", "--step", "--alias", "web", "net2", "member"}
	steps := 1
	for k := 0; k < steps; k++ {
		p.must("run", "-d", "--name", "member", "--network", "net1", "-p", "18121:80", "box", "sleep", "100")
		if k == 0 {
			steps = p.steppingThrough(1<<20, connect...).finish()
			p.must("network", "disconnect", "net2", "member")
		}
		s := p.steppingThrough(k, connect...)
		if err := unix.Kill(s.cmd.Process.Pid, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		s.finish()
		if k%2 == 0 {
			p.must("network", "connect", "net2", "member")
			if links := p.must("exec", "member", "ip", "-o", "-4", "addr"); strings.Count(links, "eth") != 4 { // two lines, each twice
				t.Errorf("after a crash at step %d (%s) and a second try: %s", k+1, s.title, links)
			}
			p.must("network", "disconnect", "net1", "member")
		}
		p.must("rm", "-f", "member")
		p.sameAs(before)
	}
	if steps < 4 {
		t.Errorf("to connect takes %d steps only?", steps)
	}
	p.must("network", "rm", "net1", "net2")
}
