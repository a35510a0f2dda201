// These tests draw a network of real devices, made by hand, so that no book of ours knows of it.
package topology

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Sandbox(m)) }

func build(t *testing.T) []Place {
	testkit.Need(t, testkit.Root(), testkit.Binary("ip"), testkit.Binary("nft"))
	script := `ip link add br0 type bridge
ip address add 10.9.0.1/24 dev br0
ip link set br0 address 02:42:0a:09:00:01 up
ip link add vx0 type vxlan id 42 dstport 4789 local 203.0.113.1
ip link set vx0 master br0 up
bridge fdb append 00:00:00:00:00:00 dev vx0 dst 203.0.113.9
ip link add up0 type veth peer name far0
ip address add 203.0.113.1/24 dev up0
ip link set up0 up && ip link set far0 up
ip route add default via 203.0.113.254
ip -6 address add 2001:db8::1/64 dev up0 nodad
ip -6 route add default via 2001:db8::254
nft 'table ip t {
map published { type inet_service : ipv4_addr; elements = { 8080 : 10.9.0.2 }
}
chain fwd1 { type filter hook forward priority 0; iifname "br0" counter accept
iifname "other" accept
}
}'
`
	var places []Place
	for i, name := range []string{"c1", "c2"} {
		pid := testkit.Unshared(t, "--net", "true")
		places = append(places, Place{name, fmt.Sprintf("/proc/%d/ns/net", pid)})
		script += fmt.Sprintf(`ip link add v%[1]d type veth peer name eth0 netns %[2]d
ip link set v%[1]d master br0 up
nsenter --net=/proc/%[2]d/ns/net ip address add 10.9.0.%[1]d/24 dev eth0
nsenter --net=/proc/%[2]d/ns/net ip link set eth0 address 02:42:0a:09:00:0%[1]d
`, i+2, pid)
	}
	if out, err := exec.Command("sh", "-ec", script).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return places
}

func TestDrawing(t *testing.T) {
	places := build(t)
	top, err := Read("mynet", "br0", "", places)
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddr
	gateways, books := []netip.Addr{at("10.9.0.1")}, []Booked{{"c1", at("10.9.0.2")}, {"c2", at("10.9.0.3")}}
	top.Compare(gateways, books)
	testkit.Golden(t, "drawing.txt", write(t, top.Write))
	svg := write(t, top.WriteSVG)
	wellFormed(t, svg)
	for _, piece := range []string{"c1", "eth0 10.9.0.3/24", "203.0.113.9", "v2", "via 203.0.113.254"} {
		if !strings.Contains(svg, piece) {
			t.Errorf("the SVG does not show %q", piece)
		}
	}
	// A bridge without IPv6 has no way out by it, and no line but the members' cables begins on the left of the bridge.
	if strings.Contains(svg, "2001:db8") || strings.Count(svg, "<line") != 2*3+1 {
		t.Errorf("the SVG shows what is not there:\n%s", svg)
	}
	// The negative controls: books that are wrong in each way.
	top.Compare([]netip.Addr{at("10.9.0.254")}, []Booked{{"c1", at("10.9.0.77")}, {"c9", at("10.9.0.9")}})
	testkit.Golden(t, "differences.txt", strings.Join(top.Difference, "\n")+"\n")
	none, err := Read("gone", "br9", "", places)
	if err != nil {
		t.Fatal(err)
	}
	none.Compare(gateways, books)
	if len(none.Difference) != 1 || !strings.Contains(write(t, none.Write), "no link br9") {
		t.Errorf("a bridge that is gone: %v", none.Difference)
	}
}

func write(t *testing.T, to func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := to(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("the SVG is not well formed: %v\n%s", err, text)
		}
	}
}
