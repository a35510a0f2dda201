// This file tests the drivers that are no bridge, on real devices.
package network

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel"
	"glassbox/kernel/cni"
	"glassbox/kernel/look"
)

// onHost does something on a thread in another network namespace, which then plays the host.
func onHost(t *testing.T, netns string, act func()) {
	t.Helper()
	done := make(chan error)
	go look.OnThrowawayThread(func() {
		defer close(done)
		fd, err := unix.Open(netns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
		}
		if err != nil {
			done <- err
			return
		}
		act()
	})
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// needs skips where the kernel has no such devices.
func needs(t *testing.T, devices string, n Network) {
	t.Helper()
	testkit.Need(t, testkit.Requirement{Name: devices, Met: func() error { return Supported(n, Host{}) }})
}

func TestMacvlan(t *testing.T) {
	freshHost(t)
	world := outside(t)
	n := userNetwork(t, Network{Name: "n", Driver: DriverMacvlan, Options: map[string]string{"parent": "uplink"}},
		Wanted{Subnets: []string{"203.0.113.0/24"}, Gateways: []string{"203.0.113.1"}})
	needs(t, "macvlan", n)
	a, b := sandboxOn(t, n, "aaaaaaaaaaaa", "203.0.113.7"), sandboxOn(t, n, "bbbbbbbbbbbb", "203.0.113.8")
	r := &explain.Runner{}
	attach(t, r, a)
	attach(t, runner(t), b)
	serve(t, a.Netns, "a")
	if fetch(world, "203.0.113.7:80") != "a" || !works(a.Netns, ping+"203.0.113.1") || !works(b.Netns, ping+"203.0.113.7") {
		t.Error("the container is not on the parent's network")
	}
	if mac := run(t, "nsenter --net="+world+" ip neighbour show 203.0.113.7"); !strings.Contains(mac, a.Endpoints[0].MAC) {
		t.Errorf("peers see another hardware address than %s: %s", a.Endpoints[0].MAC, mac)
	}
	if works("", ping+"203.0.113.7") {
		t.Error("the host reaches it over the same parent, which macvlan never does")
	}
	do(t, runner(t), DetachPlan(a, 0))
	if links := run(t, "nsenter --net="+a.Netns+" ip -br link"); strings.Contains(links, "eth0") {
		t.Errorf("still there: %s", links)
	}
	if err := r.Rollback(); err != nil {
		t.Error(err)
	}
}

func TestVLANIsMadeAndGoes(t *testing.T) {
	freshHost(t)
	outside(t)
	n := userNetwork(t, Network{Name: "n", Driver: DriverMacvlan, Options: map[string]string{"parent": "uplink.50"}}, Wanted{})
	if !n.Made {
		t.Error("a VLAN that is not there is not to be made")
	}
	if _, err := Fit(Network{Driver: DriverMacvlan, Bridge: "nowhere"}, Host{}); err == nil || !strings.Contains(err.Error(), "no link of that name") {
		t.Error(err)
	}
	needs(t, "802.1q", n)
	attach(t, runner(t), sandboxOn(t, n, "aaaaaaaaaaaa", "10.45.0.2"))
	if got := run(t, "ip -d link show uplink.50"); !strings.Contains(got, "vlan protocol 802.1Q id 50") {
		t.Error(got)
	}
	do(t, runner(t), RemovePlan(n, nil))
	if works("", "ip link show uplink.50") {
		t.Error("the VLAN's link is still there")
	}
}

func TestMissingKindsAreRefused(t *testing.T) {
	freshHost(t)
	n := Network{Driver: DriverIPvlan}
	err := Supported(n, Host{})
	there := works("", "ip link add p0 type veth peer name p1 && ip link add link p0 name i0 type ipvlan")
	if there != (err == nil) || err != nil && !strings.Contains(err.Error(), "modprobe ipvlan") {
		t.Errorf("ip says that ipvlan is there: %v; the probe: %v", there, err)
	}
}

// TestOverlay joins two hosts, 192.0.2.1 and .2, by a tunnel: of one container the peer knows where it is, of the other not.
func TestOverlay(t *testing.T) {
	freshHost(t)
	second := filepath.Join(t.TempDir(), "second")
	do(t, runner(t), []explain.Step{explain.Say("", "", "", kernel.NetnsCreate{Path: second})})
	run(t, "ip link add wire type veth peer name wire netns "+second+`
		ip address add 192.0.2.1/24 dev wire; ip link set wire up
		nsenter --net=`+second+" sh -e -c 'ip link set lo up; ip address add 192.0.2.2/24 dev wire; ip link set wire up'")
	network := func(peers string) Network {
		return userNetwork(t, Network{Name: "over", Driver: DriverOverlay, Options: map[string]string{"peers": peers}}, Wanted{Subnets: []string{"10.45.0.0/24"}})
	}
	a := sandboxOn(t, network("192.0.2.2=10.45.0.3"), "aaaaaaaaaaaa", "10.45.0.2")
	needs(t, "vxlan", a.Endpoints[0].Network)
	attach(t, runner(t), a)
	b := sandboxOn(t, network("192.0.2.1"), "bbbbbbbbbbbb", "10.45.0.3")
	far := &explain.Runner{}
	onHost(t, second, func() { attach(t, far, b) })
	tunnel := tunnelName(a.Endpoints[0].Network)
	seen := run(t, "ip neighbour show dev "+a.Endpoints[0].Network.Bridge+"; bridge fdb show dev "+tunnel)
	for _, want := range []string{"10.45.0.3 lladdr 02:42:0a:2d:00:03 PERMANENT", "02:42:0a:2d:00:03 dst 192.0.2.2 self permanent",
		"00:00:00:00:00:00 dst 192.0.2.2 self permanent"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is not in\n%s", want, seen)
		}
	}
	if !works(a.Netns, ping+"10.45.0.3") || !works(b.Netns, ping+"10.45.0.2") {
		t.Error("the hosts' containers do not reach each other")
	}
	if !works(a.Netns, ping+"-M do -s 1422 10.45.0.3") || works(a.Netns, ping+"-M do -s 1423 10.45.0.3") {
		t.Error("1450 bytes do not fit, or 1451 do")
	}
	run(t, "ip link set "+tunnel+" down")
	if works(a.Netns, ping+"10.45.0.3") {
		t.Error("without the tunnel it works too: the check above proves nothing")
	}
	onHost(t, second, func() {
		if err := far.Rollback(); err != nil {
			t.Error(err)
		}
		do(t, &explain.Runner{}, RemovePlan(b.Endpoints[0].Network, nil))
	})
	if links := run(t, "nsenter --net="+second+" ip -br link"); strings.Contains(links, "gbr") || strings.Contains(links, "gx") {
		t.Errorf("left behind: %s", links)
	}
}

const conflist = `{"cniVersion": "1.0.0", "name": "made-by-plugins", "plugins": [
	{"type": "bridge", "bridge": "cni0", "isGateway": true, "ipam": {"type": "host-local", "dataDir": "DIR/ipam",
		"ranges": [[{"subnet": "10.88.5.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
	{"type": "tuning", "sysctl": {"net.ipv4.conf.IFNAME.arp_announce": "1"}}]}`

func TestCNI(t *testing.T) {
	freshHost(t)
	testkit.Need(t, testkit.Binary("/usr/lib/cni/bridge"))
	dir := t.TempDir()
	file := filepath.Join(dir, "made-by-plugins.conflist")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(conflist, "DIR", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	n := userNetwork(t, Network{Name: "n", Driver: DriverCNI, Options: map[string]string{"conflist": file}}, Wanted{})
	s := Sandbox{ID: "aaaaaaaaaaaa", Mode: ModeBridge, Netns: filepath.Join(dir, "netns"),
		Endpoints: []Endpoint{{Network: n, Link: "eth0", Result: filepath.Join(dir, "result")}}}
	r := &explain.Runner{}
	attach(t, r, s)
	addresses, err := cni.Addresses(s.Endpoints[0].Result)
	if err != nil || len(addresses) != 1 || !works("", ping+addresses[0].Addr().String()) {
		t.Errorf("the plugins gave %v, %v", addresses, err)
	}
	if err := r.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := (cni.Del(plugin(s, s.Endpoints[0]))).Do(); err != nil {
		t.Errorf("taken back twice: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "ipam", "*", "10.88.5.*")); len(left) != 0 || err != nil {
		t.Errorf("leases of the plugins are left: %v, %v", left, err)
	}
}

// A network is what its list said when it was made: a list that is changed, or gone, takes nothing back.
func TestCNIKeepsItsList(t *testing.T) {
	freshHost(t)
	testkit.Need(t, testkit.Binary("/usr/lib/cni/bridge"))
	dir := t.TempDir()
	file := filepath.Join(dir, "other-name.conflist")
	create := func(text string) (Network, error) {
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o600); err != nil {
			t.Fatal(err)
		}
		return New(Network{Name: "n", Driver: DriverCNI, Options: map[string]string{"conflist": file}}, Wanted{}, nil, nil)
	}
	for text, want := range map[string]string{"{": "read the configuration list " + file,
		strings.Replace(conflist, `"tuning"`, `"no-such-plugin"`, 1): `failed to find plugin "no-such-plugin"`} {
		if _, err := create(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want %q", text, err, want)
		}
	}
	n, err := create(conflist)
	if err != nil {
		t.Fatal(err)
	}
	s := Sandbox{ID: "bbbbbbbbbbbb", Mode: ModeBridge, Netns: filepath.Join(dir, "netns"),
		Endpoints: []Endpoint{{Network: n, Link: "eth0", Result: filepath.Join(dir, "result")}}}
	r := &explain.Runner{}
	attach(t, r, s)
	if line := plugin(s, s.Endpoints[0]).Shell(); !strings.Contains(line, "cnitool add made-by-plugins ") {
		t.Errorf("the shell's line is %s", line)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := r.Rollback(); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "ipam", "*", "10.88.5.*")); len(left) != 0 || err != nil {
		t.Errorf("leases of the plugins are left: %v, %v", left, err)
	}
}
