// This file lets `network explain` draw the networks that are no bridges of ours, and two engines share one host.
package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

func sh(t *testing.T, line string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", line).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return string(out)
}

func TestExplainOtherDrivers(t *testing.T) {
	p := newPlace(t)
	testkit.Need(t, testkit.Binary("/usr/lib/cni/bridge"))
	sh(t, "ip link add gbxup type veth peer name gbxfar; ip address add 198.51.100.1/24 dev gbxup; ip link set gbxup up; ip link set gbxfar up")
	t.Cleanup(func() { sh(t, "ip link delete gbxup; ip link delete gbxcni || true") })
	conflist := filepath.Join(t.TempDir(), "gbx.conflist")
	if err := os.WriteFile(conflist, []byte(`{"cniVersion":"1.0.0","name":"gbx","plugins":[{"type":"bridge","bridge":"gbxcni","isGateway":true,
"ipam":{"type":"host-local","ranges":[[{"subnet":"10.97.0.0/24"}]],"dataDir":"`+t.TempDir()+`"}}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, flags, want string }{
		{"mv", "-d macvlan --subnet 198.51.100.0/24 --gateway 198.51.100.1 -o parent=gbxup", "c-mv  eth0 198.51.100.2/24 ─┐\n"},
		{"ov", "-d overlay --subnet 10.94.0.0/24 --opt vni=4242 --opt local=198.51.100.1 --opt peers=198.51.100.9",
			"is VXLAN network 4242. It sends frames for\n  unknown addresses to 198.51.100.9\n"},
		{"plug", "-d cni --opt conflist=" + conflist, "c-plug  eth0 10.97.0.2/24 ─── veth"},
	} {
		p.mustWords("network create " + c.flags + " " + c.name)
		p.mustWords("run -d --name c-" + c.name + " --network " + c.name + " box sleep 1000")
		got := p.mustWords("network explain " + c.name)
		mentions(t, got, c.want, "The books say the same.")
		p.mustWords("rm -f c-" + c.name)
		if got := p.words("network explain " + c.name).stdout; strings.Contains(got, "c-"+c.name) {
			t.Errorf("%s: a container that is gone is drawn:\n%s", c.name, got)
		}
		p.mustWords("network rm " + c.name)
	}
	for name, want := range map[string]string{"host": "those of the host", "none": "loopback alone"} {
		if r := p.words("network explain " + name); r.code != 1 || !strings.Contains(r.stderr, want) {
			t.Errorf("want %q: %s", want, r)
		}
	}
}

// The books of two engines may give a network the same subnet, as long as the bridge of one is there: that of the other was lost
// with the last boot, say. Its ports are none of the other's business; one that leads nowhere (the control) is.
func TestPortsOfAnotherEngine(t *testing.T) {
	first, second := newPlace(t), newPlace(t)
	second.mustWords("network create --subnet 10.98.0.0/24 shared")
	sh(t, "ip link delete $(ip -o -4 address show to 10.98.0.1 | cut -d ' ' -f 2)")
	first.mustWords("network create --subnet 10.98.0.0/24 shared")
	first.mustWords("run -d --name web --network shared -p 8088:80 box httpd -f")
	second.must("audit", "--fix")
	first.eventually("404", "run", "--rm", "--network", "host", "box", "wget", "-q", "-O", "-", "http://127.0.0.1:8088/")
	sh(t, "nft add element inet glassbox published '{ tcp . 8089 : 10.98.0.77 . 80 }'")
	if r := first.run("audit"); !strings.Contains(r.stdout, "8089") || strings.Contains(r.stdout, "8088") {
		t.Errorf("want only the port that leads nowhere: %s", r)
	}
	first.mustWords("rm -f web")
	first.must("audit", "--fix")
	for _, p := range []place{first, second} {
		p.mustWords("network rm shared")
	}
}

// Containers come and go while a network is drawn: that is neither an error nor a difference. A cable that somebody pulls out is one.
func TestExplainWhileContainersComeAndGo(t *testing.T) {
	p := newPlace(t)
	p.mustWords("network create busy")
	p.mustWords("run -d --name stays --network busy box sleep 1000")
	end := time.Now().Add(3 * time.Second)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for time.Now().Before(end) {
				p.mustWords("run --rm --network busy box true")
			}
		})
	}
	for time.Now().Before(end) {
		if got := p.mustWords("network explain busy"); strings.Contains(got, "Difference") {
			t.Errorf("seen while containers came and went:\n%s", got)
		}
	}
	all.Wait()
	cable := "gb" + strings.TrimSpace(p.mustWords("inspect -f {{.ID}} stays"))[:12]
	if out, err := exec.Command("ip", "link", "delete", cable).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	mentions(t, p.mustWords("network explain busy"), "Difference: the books have stays here")
	p.mustWords("rm -f stays")
	p.mustWords("network rm busy")
}
