// These tests hold the three files of /etc to Docker's.
package engine

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"glassbox/network"
)

const hostResolv = `# a comment
domain old.example
search corp.example lab.example
nameserver 127.0.0.53
nameserver 192.0.2.1
nameserver 2001:db8::1
options edns0 trust-ad
`

func TestResolv(t *testing.T) {
	const made = "# Made by glassbox for this container.\n"
	bridge := surroundings{Mode: network.ModeBridge, Resolv: hostResolv}
	named := bridge
	named.Networks = []string{"n1"}
	internal := named
	internal.Internal = true
	for _, c := range []struct {
		say      string
		with     surroundings
		n        Network
		want     string
		upstream []string
	}{
		{"the default bridge: what it can reach", bridge, Network{},
			"nameserver 192.0.2.1\nsearch corp.example lab.example\noptions edns0 trust-ad\n", nil},
		{"nothing left", surroundings{Mode: network.ModeBridge, Resolv: "nameserver ::1\n"}, Network{},
			"nameserver 8.8.8.8\nnameserver 8.8.4.4\n", nil},
		{"the user's", bridge, Network{DNS: []string{"127.0.0.1"}, Search: []string{"."}, Options: []string{"ndots:2"}},
			"nameserver 127.0.0.1\noptions ndots:2\n", nil},
		{"the host's", surroundings{Mode: network.ModeHost, Resolv: hostResolv}, Network{},
			"nameserver 127.0.0.53\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nsearch corp.example lab.example\noptions edns0 trust-ad\n", nil},
		{"a network with names", named, Network{},
			"nameserver 127.0.0.11\nsearch corp.example lab.example\noptions edns0 trust-ad ndots:0\n" +
				"# It asks 127.0.0.53, 192.0.2.1, 2001:db8::1 for the names of the world.\n",
			[]string{"127.0.0.53", "192.0.2.1", "2001:db8::1"}},
		{"the same with the user's", named, Network{DNS: []string{"192.0.2.9"}, Options: []string{"ndots:3"}, Search: []string{"x.example"}},
			"nameserver 127.0.0.11\nsearch x.example\noptions ndots:3\n# It asks 192.0.2.9 for the names of the world.\n", []string{"192.0.2.9"}},
		{"no way out", internal, Network{}, "nameserver 127.0.0.11\nsearch corp.example lab.example\noptions edns0 trust-ad ndots:0\n", nil},
	} {
		f, err := etcFor(Request{Network: c.n}, c.with)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(made+c.want, f.Resolv); diff != "" {
			t.Errorf("%s: - want, + got\n%s", c.say, diff)
		}
		if (f.View != nil) != (len(c.with.Networks) > 0) || f.View != nil && !cmp.Equal(f.View.Upstream, c.upstream) {
			t.Errorf("%s: the supervisor is told %+v", c.say, f.View)
		}
	}
}

func TestHosts(t *testing.T) {
	const usual = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n" +
		"ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
	at := netip.MustParseAddr
	bridge := surroundings{ID: strings.Repeat("ab", 32), Mode: network.ModeBridge, Addresses: []netip.Addr{at("10.44.0.2")}, Gateway: at("10.44.0.1")}
	two := bridge
	two.Addresses = []netip.Addr{at("10.44.0.2"), at("fd00::2")}
	hosting := surroundings{Mode: network.ModeHost, Hosts: "127.0.0.1 localhost\n192.0.2.7 box\n"}
	for _, c := range []struct {
		say  string
		with surroundings
		r    Request
		want string
	}{
		{"by its short id", bridge, Request{}, usual + "10.44.0.2\tabababababab\n"},
		{"with a domain", bridge, Request{Hostname: "web", Domainname: "example.org"}, usual + "10.44.0.2\tweb.example.org web\n"},
		{"with two addresses", two, Request{Hostname: "web"}, usual + "10.44.0.2\tweb\nfd00::2\tweb\n"},
		{"with lines of the user", bridge, Request{Hostname: "web", Network: Network{Hosts: []string{"db:10.9.8.7", "six:fd00::9", "host:host-gateway"}}},
			usual + "10.44.0.2\tweb\n10.9.8.7\tdb\nfd00::9\tsix\n10.44.0.1\thost\n"},
		{"on the host's network", hosting, Request{Hostname: "box", Network: Network{Hosts: []string{"me:host-gateway"}}},
			"127.0.0.1 localhost\n192.0.2.7 box\n127.0.0.1\tme\n"},
	} {
		f, err := etcFor(c.r, c.with)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, f.Hosts); diff != "" {
			t.Errorf("%s: - want, + got\n%s", c.say, diff)
		}
	}
	lonely := Request{Network: Network{Hosts: []string{"host:host-gateway"}}}
	if _, err := etcFor(lonely, surroundings{Mode: network.ModeNone}); err == nil {
		t.Error("a container without a network has a way to the host")
	}
}
