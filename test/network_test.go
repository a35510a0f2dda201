// These tests use networks as people do: the commands of a course, typed one after the other.
package test

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

// mentions checks that a text has all of these in it.
func mentions(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestNetworkCommands(t *testing.T) {
	p := newPlace(t)
	p.must("network", "ls")
	before := p.settled()
	id := strings.TrimSpace(p.must("network", "create", "--label", "tier=front", "--opt", "mtu=1400", "--aux-address", "router=10.71.0.9",
		"--subnet", "10.71.0.0/24", "--ip-range", "10.71.0.8/29", "mynet"))
	mentions(t, p.must("network", "ls"), "NETWORK ID", "bridge    bridge    local", "host      host", "mynet     bridge", "none      null")
	if got := p.must("network", "ls", "-q", "--no-trunc", "--filter", "label=tier=front"); got != id+"\n" {
		t.Errorf("ls --filter label: %q", got)
	}
	if got := p.must("network", "inspect", "-f", "{{range .IPAM.Config}}{{.Subnet}} {{.Gateway}}{{end}} {{.Options.mtu}}", id[:6]); got != "10.71.0.0/24 10.71.0.1 1400\n" {
		t.Errorf("inspect: %q", got)
	}
	p.must("run", "-d", "--name", "c1", "--network", "mynet", "--network-alias", "web", "box", "sleep", "100")
	mentions(t, p.must("run", "--rm", "--network", "name=mynet,ip=10.71.0.77", "box", "sh", "-c", "ip addr show eth0; ping -c 1 c1; nslookup web"),
		"mtu 1400", "10.71.0.77/24", "(10.71.0.8)", "1 packets received", "Address: 10.71.0.8")
	var all []struct {
		Containers map[string]struct{ Name, IPv4Address string }
	}
	if err := json.Unmarshal([]byte(p.must("network", "inspect", "mynet")), &all); err != nil || len(all[0].Containers) != 1 {
		t.Errorf("inspect: %v, %v", all, err)
	}
	p.must("create", "--name", "on-host", "--network", "host", "box", "true")
	for want, words := range map[string][]string{
		"or connected to host network":               {"network", "connect", "mynet", "on-host"},
		"--ingress: a swarm's services meet there":   {"network", "create", "--ingress", "other"},
		"--ipv4=false: every network":                {"network", "create", "--ipv4=false", "other"},
		"network with name mynet already exists":     {"network", "create", "mynet"},
		"pool overlaps with other one":               {"network", "create", "--subnet", "10.71.0.0/16", "other"},
		"has active endpoints (c1)":                  {"network", "rm", "mynet"},
		"is a pre-defined network and cannot be":     {"network", "rm", "bridge"},
		"network nope not found":                     {"run", "--network", "nope", "box", "true"},
		"address 10.71.0.8 is already in use":        {"run", "--network", "mynet", "--ip", "10.71.0.8", "box", "true"},
		"no configured subnet contains it":           {"run", "--network", "mynet", "--ip", "10.9.0.8", "box", "true"},
		"supported on user defined networks only":    {"run", "--ip", "10.44.0.8", "box", "true"},
		"only supported for user-defined networks":   {"run", "--network-alias", "x", "box", "true"},
		"cannot attach both user-defined and non":    {"run", "--network", "host", "--network", "mynet", "box", "true"},
		"containers of one network find each other":  {"network", "connect", "--link", "c1:x", "mynet", "c1"},
		"endpoint with name c1 already exists":       {"network", "connect", "mynet", "c1"},
		"container c1 is not connected to network b": {"network", "disconnect", "bridge", "c1"},
		"what is sent from ::1 can not leave":        {"run", "-p", "[::1]:80:80", "box", "true"},
	} {
		if r := p.run(words...); r.code == 0 || !strings.Contains(r.stderr, want) {
			t.Errorf("want %q: %s", want, r)
		}
	}
	p.must("rm", "-f", "c1", "on-host")
	if got := p.must("network", "prune", "-f"); got != "Deleted Networks:\nmynet\n\n" {
		t.Errorf("prune: %q", got)
	}
	p.sameAs(before)
}

// sameAs compares the kernel's state with a picture of it, rules apart that are there for all networks.
func (p place) sameAs(before testkit.State) {
	p.t.Helper()
	if r := p.run("audit"); !strings.Contains(r.stdout, "nothing is left behind") {
		p.t.Error(r)
	}
	after := p.settled()
	for _, kind := range []string{"link", "address", "route"} {
		if a, b := fmt.Sprint(before[kind]), fmt.Sprint(after[kind]); a != b {
			p.t.Errorf("%s before and after:\n%s\n%s", kind, a, b)
		}
	}
}

// TestJoinsNetworksWhileItRuns is the guide's: two networks for one container, which is no way between them.
func TestJoinsNetworksWhileItRuns(t *testing.T) {
	p := newPlace(t)
	for _, n := range []string{"net1", "net2"} {
		p.must("network", "create", n)
		p.must("run", "-d", "--name", "member-of-"+n, "--network", n, "box", "sleep", "100")
	}
	p.must("run", "-d", "--name", "mycontainer", "-p", "18080:80", "box", "httpd", "-f", "-h", "/etc")
	p.must("network", "connect", "net1", "mycontainer")
	p.must("network", "connect", "--alias", "db", "net2", "mycontainer")
	mentions(t, p.must("exec", "mycontainer", "ip", "-o", "-4", "addr"), "eth0", "eth1", "eth2")
	mentions(t, p.must("exec", "mycontainer", "sh", "-c", "ping -c 1 member-of-net1; ping -c 1 member-of-net2; ip route"), "default via")
	mentions(t, p.must("exec", "member-of-net2", "ping", "-c", "1", "db"), "1 packets received")
	for _, n := range []string{"db", "member-of-net2"} {
		if r := p.run("exec", "member-of-net1", "timeout", "1", "ping", "-c", "1", n); r.code == 0 {
			t.Errorf("members of net1 find %s", n)
		}
	}
	p.must("network", "disconnect", "bridge", "mycontainer") // its way out, and where its port was published
	mentions(t, p.must("exec", "mycontainer", "ip", "route", "show", "default"), "default via 10.")
	if out, err := exec.Command("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18080/hostname").CombinedOutput(); err != nil {
		t.Errorf("the published port moved nowhere: %v %s", err, out)
	}
	p.must("network", "disconnect", "net1", "mycontainer")
	if got := p.must("exec", "mycontainer", "ip", "-o", "-4", "addr"); strings.Contains(got, "eth1") || !strings.Contains(got, "eth2") {
		t.Error(got)
	}
	p.must("rename", "member-of-net2", "renamed")
	mentions(t, p.must("exec", "mycontainer", "ping", "-c", "1", "renamed"), "1 packets received")
	p.must("stop", "-t", "0", "mycontainer")
	p.must("network", "connect", "net1", "mycontainer") // when it does not run, too
	p.must("start", "mycontainer")
	if got := p.must("inspect", "-f", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}", "mycontainer"); got != "net1 net2 \n" {
		t.Errorf("after a restart it is on %q", got)
	}
	p.removeAll()
}

// removeAll removes the containers, running or not.
func (p place) removeAll() {
	p.t.Helper()
	p.must(append([]string{"rm", "-f"}, strings.Fields(p.must("ps", "-aq"))...)...)
}

func TestPortsThatArePublished(t *testing.T) {
	p := newPlace(t)
	for _, proto := range []string{"tcp", "udp"} {
		p.must("run", "-d", "--rm", "-p", "127.0.0.1:18090-18099:7000/"+proto, "box", "sh", "-c", "sleep 100")
	}
	p.must("run", "-d", "--name", "all", "--expose", "80", "--expose", "90-91/udp", "-P", "box", "sleep", "100")
	var ports map[string][]struct{ HostPort string }
	if err := json.Unmarshal([]byte(p.must("inspect", "-f", "{{json .NetworkSettings.Ports}}", "all")), &ports); err != nil || len(ports) != 3 || ports["91/udp"][0].HostPort == "0" {
		t.Errorf("-P: %v, %v", ports, err)
	}
	p.must("run", "-d", "--name", "quiet", "--expose", "80", "box", "sleep", "100")
	if got := p.must("inspect", "-f", "{{json .Config.ExposedPorts}} {{json .NetworkSettings.Ports}}", "quiet"); got != `{"80/tcp":{}} {"80/tcp":null}`+"\n" {
		t.Errorf("a port that is only exposed: %s", got)
	}
	var all sync.WaitGroup
	for range 8 { // at the same time, out of one range that is just large enough
		all.Go(func() { p.must("run", "-d", "--label", "range", "-p", "18110-18117:80", "box", "sleep", "100") })
	}
	all.Wait()
	if got := strings.Fields(p.must("ps", "--filter", "label=range", "--format", "{{.Ports}}")); len(slices.Compact(slices.Sorted(slices.Values(got)))) != 8 {
		t.Errorf("eight containers have the ports %v", got)
	}
	p.must("run", "-d", "-p", "18100:80/sctp", "box", "sleep", "100")
	mentions(t, p.must("ps"), "127.0.0.1:18090->7000/tcp", "127.0.0.1:18090->7000/udp", "18100->80/sctp")
	listener, err := net.Listen("tcp4", "127.0.0.1:18101")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	before := p.must("ps", "-aq")
	for want, port := range map[string]string{"port 18101/tcp is in use by a process": "18101:80", "port 18100/sctp is published by another": "18100:1/sctp"} {
		if r := p.run("run", "-d", "-p", port, "box", "true"); r.code != 125 || !strings.Contains(r.stderr, want) {
			t.Errorf("want %q: %s", want, r)
		}
	}
	if after := p.must("ps", "-aq"); strings.Count(after, "\n") > strings.Count(before, "\n")+2 {
		t.Errorf("a port that can not be had left containers: %s", after)
	}
	p.removeAll()
}

// TestHostsLinksVanish: somebody deletes the bridge, the rules and a container's namespace by hand.
// Some parameters of the network belong to a link, and the last link of many takes a while. The container's first process sets them.
func TestParameterOfALink(t *testing.T) {
	p := newPlace(t)
	const many = 8
	var all []string
	for i := range many {
		name := fmt.Sprint("net", i)
		p.must("network", "create", name)
		all = append(all, "--network", name)
	}
	link := fmt.Sprintf("conf/eth%d/proxy_arp", many-1)
	run := append([]string{"run", "--rm", "--sysctl", "net.ipv4." + strings.ReplaceAll(link, "/", ".") + "=1"}, all...)
	if got := p.must(append(run, "box", "cat", "/proc/sys/net/ipv4/"+link)...); got != "1\n" {
		t.Errorf("%s: %q", link, got)
	}
}

func TestHostsLinksVanish(t *testing.T) {
	p := newPlace(t)
	p.must("network", "create", "mynet")
	bridge := strings.TrimSpace(p.must("network", "inspect", "-f", `{{index .Options "com.docker.network.bridge.name"}}`, "mynet"))
	id := strings.TrimSpace(p.must("run", "-d", "--name", "victim", "--network", "mynet", "-p", "18110:80", "box", "sleep", "100"))
	for _, line := range []string{"ip link delete " + bridge, "nft delete table inet glassbox", "umount -l " + p.state + "/netns/" + id} {
		if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
			t.Fatalf("%s: %s", line, out)
		}
	}
	p.must("rm", "-f", "victim")
	mentions(t, p.must("audit"), "nothing is left behind")
	p.must("run", "-d", "--name", "healed", "--network", "mynet", "-p", "18110:80", "box", "httpd", "-f", "-h", "/etc")
	if out, err := exec.Command("busybox", "wget", "-q", "-O", "-", "http://127.0.0.1:18110/hostname").CombinedOutput(); err != nil {
		t.Errorf("the next container did not put things right: %v %s", err, out)
	}
	p.removeAll()
	p.must("network", "rm", "mynet")
}

// TestTwoEnginesShareNothing: both have containers on a network called bridge, in one network namespace.
func TestTwoEnginesShareNothing(t *testing.T) {
	p, q := newPlace(t), newPlace(t)
	for _, place := range []place{p, q} {
		place.must("run", "-d", "--name", "cc", "-p", "80", "box", "sleep", "100")
	}
	one, two := p.must("inspect", "-f", "{{.NetworkSettings.Gateway}}", "cc"), q.must("inspect", "-f", "{{.NetworkSettings.Gateway}}", "cc")
	if one == two {
		t.Errorf("both are on the bridge at %s", one)
	}
	for _, place := range []place{p, q} {
		mentions(t, place.must("audit", "--fix"), "nothing is left behind")
		mentions(t, place.must("exec", "cc", "ping", "-c", "1", strings.TrimSpace(place.must("inspect", "-f", "{{.NetworkSettings.Gateway}}", "cc"))), "1 packets received")
	}
	q.must("rm", "-f", "cc")
	p.must("rm", "-f", "cc")
	q.must("run", "--rm", "box", "true") // takes the first bridge over, now that nobody needs it
}

// TestStartsAndStopsInParallel: 20 at a time, and a network that comes and goes between them. Nothing may be left.
// CROWD=60s makes it as long as it was promised for.
func TestStartsAndStopsInParallel(t *testing.T) {
	p := newPlace(t)
	p.must("network", "create", "busy")
	p.must("run", "--rm", "--network", "busy", "box", "true")
	before := p.settled()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			for end := time.Now().Add(crowdTime(t)); time.Now().Before(end); {
				r := p.run("run", "--rm", "--network", "busy", "-p", fmt.Sprintf("%d:80", 20000+i), "box", "ip", "-o", "-4", "addr", "show", "eth0")
				if r.code != 0 || !strings.Contains(r.stdout, "inet 10.") {
					t.Error(r)
					return
				}
			}
		})
	}
	all.Wait()
	p.sameAs(before)
	mentions(t, p.must("network", "rm", "busy"), "busy")
}
