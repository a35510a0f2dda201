// This file checks what is said of networks, in two namespaces that a veth pair joins.
package links

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

// waiting starts a process that waits in a network namespace of its own until the test ends.
func waiting(t *testing.T) (pid int) {
	t.Helper()
	return testkit.Unshared(t, "--net", "")
}

// ip runs lines for the program ip in a namespace.
func ip(t *testing.T, namespace, lines string) {
	t.Helper()
	c := exec.Command("nsenter", "--net="+namespace, "ip", "-batch", "-")
	c.Stdin = strings.NewReader(lines)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("ip: %v: %s", err, out)
	}
}

// pair builds host (a bridge with one port) and box (eth0, the port's other end).
func pair(t *testing.T) (host, box string, boxPID int) {
	t.Helper()
	hostPID, boxPID := waiting(t), waiting(t)
	host, box = look.NamespacePath(hostPID, "net"), look.NamespacePath(boxPID, "net")
	ip(t, host, `link add br0 type bridge
link add port0 type veth peer name eth0 netns `+strconv.Itoa(boxPID)+`
link set port0 master br0 up
link set br0 up
addr add 10.9.0.1/24 dev br0
`)
	ip(t, box, `link set eth0 address 02:00:00:00:00:09 mtu 1400 up
addr add 10.9.0.2/24 dev eth0
route add default via 10.9.0.1
neigh add 10.9.0.1 lladdr 02:00:00:00:00:01 nud permanent dev eth0
`)
	return host, box, boxPID
}

func TestLinks(t *testing.T) {
	host, box, _ := pair(t)
	eth0, err := Find(box, "eth0")
	if err != nil {
		t.Fatal(err)
	}
	if eth0.Type != "veth" || eth0.MAC != "02:00:00:00:00:09" || eth0.MTU != 1400 || !eth0.Up || eth0.State != "up" ||
		!slices.Contains(eth0.Addresses, "10.9.0.2/24") {
		t.Errorf("eth0 is %+v", eth0)
	}
	lo, err := Find(box, "lo")
	if err != nil || lo.Up || lo.Type != "device" || lo.Index != 1 {
		t.Errorf("lo is %+v, error %v", lo, err)
	}
	ports, err := Members(host, "br0")
	if err != nil || len(ports) != 1 || ports[0].Name != "port0" || ports[0].Master != "br0" {
		t.Errorf("ports of br0: %+v, error %v", ports, err)
	}
	if _, err := Find(host, "eth0"); err == nil {
		t.Error("the host's side shows the box's eth0")
	}
}

func TestRoutesAndNeighbours(t *testing.T) {
	_, box, _ := pair(t)
	routes, err := Routes(box)
	if err != nil {
		t.Fatal(err)
	}
	want := Route{To: "default", Via: "10.9.0.1", Link: "eth0", Scope: "universe", Protocol: "boot"}
	if !slices.Contains(routes, want) {
		t.Errorf("routes %+v; want one of them to be %+v", routes, want)
	}
	neighbours, err := Neighbours(box)
	if err != nil || !slices.Contains(neighbours, Neighbour{"10.9.0.1", "02:00:00:00:00:01", "eth0", "permanent"}) {
		t.Errorf("neighbours %+v, error %v", neighbours, err)
	}
}

func TestPeerInAnotherNamespace(t *testing.T) {
	host, box, boxPID := pair(t)
	inode, err := look.Namespace(boxPID, "net")
	if err != nil {
		t.Fatal(err)
	}
	end, err := Peer(host, "port0")
	if err != nil || end.Link.Name != "eth0" || end.Namespace != inode || end.File != box {
		t.Errorf("the other end of port0: %+v, error %v", end, err)
	}
	back, err := Peer(box, "eth0")
	if err != nil || back.Link.Name != "port0" || back.File != host || back.Link.PeerIndex != end.Link.Index {
		t.Errorf("the other end of eth0: %+v, error %v", back, err)
	}
}

func TestPeerInTheSameNamespace(t *testing.T) {
	ns := look.NamespacePath(waiting(t), "net")
	ip(t, ns, "link add left type veth peer name right\nlink add br0 type bridge\n")
	if end, err := Peer(ns, "left"); err != nil || end.Link.Name != "right" || end.File != "" {
		t.Errorf("the other end of left: %+v, error %v", end, err)
	}
	if _, err := Peer(ns, "br0"); err == nil || !strings.Contains(err.Error(), "bridge") {
		t.Errorf("a bridge has another end: %v", err)
	}
}

// A namespace that no process is in, kept by a bind mount as `ip netns add` makes it.
func TestPeerInAKeptNamespace(t *testing.T) {
	host := look.NamespacePath(waiting(t), "net")
	file := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("unshare", "--net="+file, "true").CombinedOutput(); err != nil {
		t.Fatalf("keep a namespace: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", file).CombinedOutput(); err != nil {
			t.Errorf("umount: %v: %s", err, out)
		}
	})
	ip(t, host, "link add out type veth peer name in netns "+file+"\n")
	if end, err := Peer(host, "out"); err != nil || end.Link.Name != "in" || end.File != file {
		t.Errorf("the other end of out: %+v, error %v", end, err)
	}
}

func TestOurOwnNetworkStays(t *testing.T) {
	before, err := look.Namespace(os.Getpid(), "net")
	if err != nil {
		t.Fatal(err)
	}
	ns := look.NamespacePath(waiting(t), "net")
	ip(t, ns, "link add only-there type bridge\n")
	for range 10 {
		if _, err := Find(ns, "only-there"); err != nil {
			t.Fatal(err)
		}
		if _, err := Find("", "only-there"); err == nil {
			t.Fatal("our own network shows the other namespace's bridge")
		}
	}
	if after, err := look.Namespace(os.Getpid(), "net"); err != nil || after != before {
		t.Errorf("looking moved this process from %d to %d (%v)", before, after, err)
	}
}

// Of many links the one that is asked for, and no other.
func TestAddressesOfOneLink(t *testing.T) {
	host, _, _ := pair(t)
	ip(t, host, `addr add 10.8.0.1/16 dev br0
addr add fd00:9::1/64 dev br0 nodad
addr add 10.7.0.1/24 dev port0
addr add 10.6.0.1 peer 10.6.0.2/32 dev lo
`)
	for name, want := range map[string][]string{"br0": {"10.9.0.1/24", "10.8.0.1/16", "fd00:9::1/64"}, "port0": {"10.7.0.1/24"}, "lo": {"10.6.0.1/32"}} {
		link, err := Find(host, name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		err = look.Inside(host, unix.CLONE_NEWNET, func() error {
			all, err := AddressesOf(link.Index)
			for _, a := range all {
				if !a.Addr().IsLinkLocalUnicast() {
					got = append(got, a.String())
				}
			}
			return err
		})
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q (%v)", name, got, want, err)
		}
	}
}
