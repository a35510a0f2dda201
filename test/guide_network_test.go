// This file runs the guide's commands about networks (section 5) as they are printed, with box in place of nginx and busybox.
package test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

// words are a command as the guide prints it.
func (p place) words(line string) result {
	p.t.Helper()
	return p.run(strings.Fields(line)...)
}

func (p place) mustWords(line string) string {
	p.t.Helper()
	return p.must(strings.Fields(line)...)
}

// eventually repeats a command until it prints what is wanted.
func (p place) eventually(want string, args ...string) {
	p.t.Helper()
	var last result
	for begin := time.Now(); time.Since(begin) < 5*time.Second; time.Sleep(20 * time.Millisecond) {
		if last = p.run(args...); strings.Contains(last.stdout+last.stderr, want) {
			return
		}
	}
	p.t.Errorf("never printed %q: %s", want, last)
}

// Where a name must not be known, --dns 127.0.0.1 says quickly that nobody else knows it: there is no name server.

// G5-06 to G5-09, D-48: a network, a server with a name, and a second container that finds it by that name.
func TestGuideNames(t *testing.T) {
	p := newPlace(t)
	p.mustWords("network create mynet")
	server := p.command(strings.Fields("run --name c1 --network mynet box httpd -f")...) // in the foreground, as printed
	client := p.command(strings.Fields("run --name c2 --network mynet box ping c1")...)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	p.eventually("running", "inspect", "--format", "{{.State.Status}}", "c1")
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	p.eventually("64 bytes from 10.", "logs", "c2")
	p.eventually("nameserver 127.0.0.11", "exec", "c2", "cat", "/etc/resolv.conf")
	// Made again, c1 has another address and is found under the same name.
	first := p.mustWords("exec c2 nslookup c1")
	p.mustWords("rm -f c1")
	if err := server.Wait(); err == nil {
		t.Error("a server that was killed ended well")
	}
	p.mustWords("run -d --name c9 --network mynet box sleep 1000")
	p.mustWords("run -d --name c1 --network mynet box httpd -f")
	if second := p.mustWords("exec c2 nslookup c1"); second == first || !strings.Contains(second, "Address: 10.") {
		t.Errorf("c1 was\n%sand is\n%s", first, second)
	}
	// The negative control: the default bridge knows no names, and neither does another network.
	p.mustWords("network create other")
	for _, network := range []string{"bridge", "other"} {
		if r := p.words("run --rm --dns 127.0.0.1 --network " + network + " box ping -c 1 -W 1 c1"); !strings.Contains(r.stderr, "bad address") {
			t.Errorf("on %s, c1 has a name: %s", network, r)
		}
	}
	p.mustWords("rm -f c1 c2 c9")
	if err := client.Wait(); err == nil {
		t.Error("a ping that was killed ended well")
	}
	p.mustWords("network rm mynet other")
}

// G5-16 to G5-18: a container that runs is put on two more networks, and taken off.
func TestGuideConnect(t *testing.T) {
	p := newPlace(t)
	before := p.settled()
	p.mustWords("network create net1")
	p.mustWords("network create net2")
	p.mustWords("run -d --name mycontainer --dns 127.0.0.1 box sleep 1000")
	p.mustWords("run -d --name one --dns 127.0.0.1 --network net1 box sleep 1000")
	p.mustWords("run -d --name two --network net2 box sleep 1000")
	p.mustWords("network connect net1 mycontainer")
	p.mustWords("network connect net2 mycontainer")
	for _, name := range []string{"one", "two"} {
		if r := p.words("exec mycontainer ping -c 1 -W 2 " + name); r.code != 0 {
			t.Errorf("mycontainer does not reach %s: %s", name, r)
		}
		if r := p.words("exec " + name + " ping -c 1 -W 2 mycontainer"); r.code != 0 {
			t.Errorf("%s does not reach mycontainer: %s", name, r)
		}
	}
	if r := p.words("exec one ping -c 1 -W 1 two"); !strings.Contains(r.stderr, "bad address") {
		t.Errorf("the two networks are one: %s", r)
	}
	if routes := p.mustWords("exec mycontainer ip route"); strings.Count(routes, "default") != 1 || !strings.Contains(routes, "eth2") {
		t.Errorf("the routes are\n%s", routes)
	}
	var drawing struct {
		Members     []struct{ Place, Device string }
		Differences []string
	}
	if err := json.Unmarshal([]byte(p.mustWords("network explain --json net2")), &drawing); err != nil || len(drawing.Members) != 2 || len(drawing.Differences) > 0 {
		t.Errorf("net2 is drawn as %+v (%v)", drawing, err)
	}
	p.mustWords("network disconnect net2 mycontainer")
	if links := p.mustWords("exec mycontainer ip -o link"); strings.Contains(links, "eth2") {
		t.Errorf("the device has stayed:\n%s", links)
	}
	if r := p.words("exec mycontainer ping -c 1 -W 1 two"); !strings.Contains(r.stderr, "bad address") {
		t.Errorf("the name has stayed: %s", r)
	}
	p.mustWords("rm -f mycontainer one two")
	p.mustWords("network rm net1 net2")
	if diff := testkit.Diff(before, p.settled()); strings.Contains(diff, "gbr") || strings.Contains(diff, "veth") || strings.Contains(diff, "/names/") {
		t.Errorf("left behind:\n%s", diff)
	}
}
