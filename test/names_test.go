// This file asks containers' name servers from inside, follows packets with trace-packet, and weighs a supervisor that serves names.
package test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// What `run` writes for names into a container.
func TestNameFlags(t *testing.T) {
	p := newPlace(t)
	p.mustWords("network create mynet")
	for _, c := range []struct{ flags, program, want string }{
		{"--network mynet", "tail -n +2 /etc/resolv.conf | head -1", "nameserver 127.0.0.11\n"},
		{"--network mynet --dns 192.0.2.9", "tail -1 /etc/resolv.conf", "# It asks 192.0.2.9 for the names of the world.\n"},
		{"--network mynet --dns-search . --dns-opt ndots:2", "grep -c search /etc/resolv.conf; grep options /etc/resolv.conf", "0\noptions ndots:2\n"},
		{"--network mynet --name me --network-alias self", "nslookup self | grep -c 10.", "1\n"},
		{"--hostname web --domainname example.org", "hostname; cat /etc/hostname; tail -1 /etc/hosts | cut -f 2", "web\nweb\nweb.example.org web\n"},
		{"--network mynet --name me --hostname host7", "nslookup host7 | grep -c 10.", "1\n"},
		{"--add-host a:192.0.2.1 --add-host b=192.0.2.2 --add-host c=[2001:db8::1]", "tail -3 /etc/hosts", "192.0.2.1\ta\n192.0.2.2\tb\n2001:db8::1\tc\n"},
		{"--network mynet --add-host up:host-gateway", "test $(grep -w up /etc/hosts | cut -f 1) = $(ip route | sed -n 's/default via \\([0-9.]*\\).*/\\1/p') && echo same", "same\n"},
		{"--network host --add-host up:host-gateway", "tail -1 /etc/hosts", "127.0.0.1\tup\n"},
	} {
		args := append([]string{"run", "--rm"}, strings.Fields(c.flags)...)
		if r := p.run(append(args, "box", "sh", "-c", c.program)...); r.stdout != c.want {
			t.Errorf("want %q: %s", c.want, r)
		}
	}
	for flags, want := range map[string]string{
		"--link web:db":                            "network create",
		"--dns nowhere":                            "write the address of a name server",
		"--add-host x:nowhere":                     "neither an address nor host-gateway",
		"--add-host x:[::1":                        "write NAME:ADDRESS",
		"--network none --add-host x:host-gateway": "no network that leads to the host",
	} {
		r := p.run(append(append([]string{"run", "--rm"}, strings.Fields(flags)...), "box", "true")...)
		if r.code != 125 || !strings.Contains(r.stderr, want) {
			t.Errorf("want code 125 and %q: %s", want, r)
		}
	}
	p.mustWords("network rm mynet")
}

// The files of names are where inspect says that they are.
func TestInspectNamesTheFilesOfNames(t *testing.T) {
	p := newPlace(t)
	p.mustWords("run -d --name web --hostname host7 --network none box sleep 1000")
	defer p.mustWords("rm -f web")
	for field, want := range map[string]string{"HostnamePath": "host7\n", "HostsPath": "127.0.0.1\tlocalhost", "ResolvConfPath": "#"} {
		path := strings.TrimSpace(p.mustWords("inspect --format {{." + field + "}} web"))
		if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s is %s, which holds %q and not %q: %v", field, path, text, want, err)
		}
	}
}

// A container that was started on the default bridge gets its name server when it is connected to a network with names.
func TestNameServerComesLater(t *testing.T) {
	p := newPlace(t)
	p.mustWords("network create mynet")
	p.mustWords("run -d --name c1 --dns 127.0.0.1 --network mynet box sleep 1000")
	p.mustWords("run -d --name old box sleep 1000")
	p.mustWords("network connect --alias elder mynet old")
	p.mustWords("exec old ping -c 1 -W 2 c1")
	p.mustWords("exec c1 ping -c 1 -W 2 elder")
	if got := p.mustWords("inspect --format {{.HostConfig.Dns}} c1"); got != "[127.0.0.1]\n" {
		t.Errorf("inspect tells the name servers as %q", got)
	}
	p.mustWords("network disconnect mynet old")
	if r := p.words("exec c1 ping -c 1 -W 1 elder"); !strings.Contains(r.stderr, "bad address") {
		t.Errorf("the alias has stayed: %s", r)
	}
	p.mustWords("rm -f c1 old")
	p.mustWords("network rm mynet")
}

type hop struct{ Place, Kind, Device, Text, Verdict string }

type path struct {
	Hops, Back        []hop
	Dropped, Answered bool
	Answer            string
}

func (p place) trace(from, to string) path {
	p.t.Helper()
	var way path
	if err := json.Unmarshal([]byte(p.must("trace-packet", "--json", from, to)), &way); err != nil {
		p.t.Fatal(err)
	}
	return way
}

// Between neighbours, by a published port, and into another network, where a rule drops it (the control).
func TestTracePacket(t *testing.T) {
	p := newPlace(t)
	p.mustWords("network create mynet")
	p.mustWords("run -d --name web --network mynet -p 8080:80 box httpd -f")
	p.mustWords("run -d --name c2 --network mynet box sleep 1000")
	p.mustWords("run -d --name other box sleep 1000")
	p.eventually("404", "exec", "c2", "wget", "-q", "-O", "-", "http://web/")
	for _, to := range []string{"web", "web:80", "host:8080"} {
		way := p.trace("c2", to)
		n := len(way.Hops)
		if !way.Answered || n < 4 || way.Hops[0].Place != "c2" || way.Hops[n-1].Place != "web" || way.Hops[n-1].Device != "eth0" {
			t.Errorf("c2 to %s: %+v", to, way)
		}
		if n := len(way.Back); n < 4 || way.Back[0].Place != "web" || way.Back[n-1].Place != "c2" || way.Back[n-1].Device != "eth0" {
			t.Errorf("back from %s: %+v", to, way.Back)
		}
	}
	translated := false
	for _, h := range p.trace("host", ":8080").Hops {
		translated = translated || h.Kind == "rule" && strings.Contains(h.Text, "@published")
	}
	if !translated {
		t.Error("the rule of the published port is not reported")
	}
	if way := p.trace("other", "web"); way.Answered || !way.Dropped || way.Hops[len(way.Hops)-1].Verdict != "drop" {
		t.Errorf("from another network: %+v", way)
	}
	p.mustWords("rm -f web c2 other")
	p.mustWords("network rm mynet")
}

// What a trace that was killed has left is found and taken back; that of one which is at work is not.
func TestTraceIsKilled(t *testing.T) {
	p := newPlace(t)
	p.must("audit")
	const dead = "glassbox_trace_1073741824_7"
	alive := fmt.Sprintf("glassbox_trace_%d_7", os.Getpid())
	for _, table := range []string{dead, alive} {
		if out, err := exec.Command("nft", "add", "table", "inet", table).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if r := p.run("audit"); r.code != 1 || !strings.Contains(r.stdout, dead) || strings.Contains(r.stdout, alive) {
		t.Errorf("audit: %s", r)
	}
	p.must("audit", "--fix")
	p.must("audit")
	if out, err := exec.Command("nft", "delete", "table", "inet", alive).CombinedOutput(); err != nil {
		t.Errorf("the table of a living trace is gone: %s", out)
	}
}

// A supervisor that serves names stays small, and idle when nobody asks.
func TestNameServerIsSmall(t *testing.T) {
	p := newPlace(t)
	p.mustWords("network create mynet")
	p.mustWords("run -d --name c1 --network mynet box sleep 1000")
	p.must("exec", "c1", "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9; do nslookup c1; done")
	time.Sleep(1200 * time.Millisecond) // it makes itself small after a second
	pid := p.supervisor(strings.TrimSpace(p.mustWords("inspect --format {{.State.Pid}} c1")))
	first := cpuTicks(t, pid)
	time.Sleep(time.Second)
	if ticks := cpuTicks(t, pid) - first; ticks > 0 {
		t.Errorf("it used %d hundredths of a second in a second without questions", ticks)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(text)[0])
	if t.Logf("resident: %d kB", kb); err != nil || kb > 8<<10 {
		t.Errorf("%d kB are resident, at most 8 MB (%v)", kb, err)
	}
	p.mustWords("rm -f c1")
	p.mustWords("network rm mynet")
}

// supervisor is the parent of a container's first process.
func (p place) supervisor(pid string) int {
	p.t.Helper()
	fields := stat(p.t, pid)
	parent, err := strconv.Atoi(fields[1])
	if err != nil {
		p.t.Fatal(err)
	}
	return parent
}

func cpuTicks(t *testing.T, pid int) int {
	t.Helper()
	fields := stat(t, strconv.Itoa(pid))
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return user + system
}

// stat are the fields of /proc/PID/stat after the program's name, which may have blanks in it.
func stat(t testing.TB, pid string) []string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text[strings.LastIndex(string(text), ")")+1:]))
}
