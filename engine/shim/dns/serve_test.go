// These tests ask the running server, as the programs in a container do.
package dns

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glassbox/engine/shim/wire"
)

func TestNamesOfANetwork(t *testing.T) {
	g := newGround(t, `{"Networks":["n1","n2"]}`)
	g.enter("n1", "a", `{"Network":"mynet","Names":["Web","www","0123456789ab"],"Addresses":["10.45.0.2","fd00::2"]}`)
	g.enter("n2", "b", `{"Network":"back.end","Names":["db"],"Addresses":["10.46.0.2"]}`)
	g.enter("n3", "c", `{"Network":"other","Names":["hidden"],"Addresses":["10.47.0.2"]}`)
	g.serve()
	both := []string{"10.45.0.2", "fd00::2"}
	for name, want := range map[string][]string{
		"web": both, "WEB": both, "www": both, "0123456789ab": both, "web.mynet": both,
		"db": {"10.46.0.2"}, "db.back.end": {"10.46.0.2"},
		"db.mynet": nil, "hidden": nil, "nobody": nil, "mynet": nil,
	} {
		for _, network := range []string{"udp", "tcp"} {
			got := lookUp(t, network, name)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s over %s: - want, + got\n%s", name, network, diff)
			}
		}
	}
}

func TestReverse(t *testing.T) {
	g := newGround(t, `{"Networks":["n1"]}`)
	g.enter("n1", "a", `{"Network":"mynet","Names":["web","www"],"Addresses":["10.45.0.2","fd00::2"]}`)
	g.serve()
	for address, want := range map[string]string{"10.45.0.2": "web.mynet.", "fd00::2": "web.mynet.", "10.45.0.3": ""} {
		got, err := resolver("udp").LookupAddr(context.Background(), address)
		if err != nil && !isNotFound(err) {
			t.Error(err)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}

// Names come and go while the server runs, also many times within one tick of the file system's clock.
func TestLiveNames(t *testing.T) {
	g := newGround(t, `{"Networks":[]}`)
	g.serve()
	for i := range 50 {
		address := fmt.Sprintf("10.45.0.%d", i+2)
		g.enter("n1", "a", fmt.Sprintf(`{"Network":"mynet","Names":["web"],"Addresses":[%q]}`, address))
		g.write(filepath.Join(g.dir, viewFile), `{"Networks":["n1"]}`)
		if got := lookUp(t, "udp", "web"); !slices.Equal(got, []string{address}) {
			t.Fatalf("web is %v, want %s", got, address)
		}
		if i%2 == 0 {
			g.write(filepath.Join(g.dir, viewFile), `{"Networks":[]}`)
		} else if err := os.Remove(filepath.Join(g.state, namesDir, "n1", "a")); err != nil {
			t.Fatal(err)
		}
		if got := lookUp(t, "udp", "web"); got != nil {
			t.Fatalf("web is still %v", got)
		}
	}
}

// Several containers of one name take turns.
func TestRoundRobin(t *testing.T) {
	g := newGround(t, `{"Networks":["n1"]}`)
	for i := range 4 {
		g.enter("n1", fmt.Sprint(i), fmt.Sprintf(`{"Network":"mynet","Names":["c%d","web"],"Addresses":["10.45.0.%d"]}`, i, i+2))
	}
	g.serve()
	first := map[string]int{}
	for range 200 {
		got := lookUp(t, "udp", "web")
		if len(got) != 4 {
			t.Fatalf("web is %v, want four addresses", got)
		}
		first[got[0]]++
	}
	for address, n := range first {
		if n < 20 || len(first) != 4 {
			t.Errorf("%s came first %d times of 200: %v", address, n, first)
		}
	}
}

// An answer too large for UDP says so, and the client gets the whole over TCP.
func TestTruncation(t *testing.T) {
	g := newGround(t, `{"Networks":["n1"]}`)
	for i := range 200 {
		g.enter("n1", fmt.Sprint(i), fmt.Sprintf(`{"Network":"mynet","Names":["c%d","web"],"Addresses":["10.45.1.%d"]}`, i, i+2))
	}
	g.serve()
	if got := lookUp(t, "tcp", "web"); len(got) != 200 {
		t.Errorf("over TCP there are %d addresses, want 200", len(got))
	}
	for size, most := range map[uint16]int{0: 512, 100: 512, 1000: 1000, 4096: 1232} {
		reply := exchangeUDP(t, wire.NameServer+":53", query(t, "web.", typeA, size))
		if len(reply) > most || len(reply) < most-40 || reply[2]&2 == 0 {
			t.Errorf("a client of %d bytes got %d, cut: %v", size, len(reply), reply[2]&2 != 0)
		}
	}
}

// Negative control: another namespace has no such server, and after Close ours has none.
func TestClose(t *testing.T) {
	g := newGround(t, `{"Networks":[]}`)
	s, err := Serve("/proc/self/ns/net", g.dir)
	if err != nil {
		t.Fatal(err)
	}
	if !listening(t) {
		t.Error("nobody listens at " + wire.NameServer)
	}
	s.Close()
	if listening(t) {
		t.Error("somebody still listens at " + wire.NameServer)
	}
	if _, err := Serve("/proc/self/ns/uts", g.dir); err == nil {
		t.Error("served in what is no network namespace")
	}
}

// listening looks into the kernel's table of UDP sockets.
func listening(t *testing.T) bool {
	table, err := os.ReadFile("/proc/self/net/udp")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(table), fmt.Sprintf("0B00007F:%04X", listenPort))
}
