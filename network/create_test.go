// This file tests what `network create` accepts and fills in, and how it refuses, before anything is built.
package network

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNewNetworkFillsIn(t *testing.T) {
	prefix := netip.MustParsePrefix
	first, err := New(Network{Name: "a", Driver: DriverBridge}, Wanted{}, Predefined(), []netip.Prefix{prefix("10.45.9.0/24")})
	if err != nil || first.Subnets[0].Prefix != prefix("10.46.0.0/16") || first.Subnets[0].Gateway.String() != "10.46.0.1" || first.MTU != 1500 ||
		first.Bridge != "gbr"+first.ID[:12] {
		t.Fatalf("%+v, %v", first, err)
	}
	second, err := New(Network{Name: "b", Driver: DriverBridge, IPv6: true}, Wanted{}, []Network{first}, nil)
	if err != nil || second.Subnets[0].Prefix != prefix("10.45.0.0/16") || !strings.HasPrefix(second.Subnets[1].Prefix.String(), "fd") {
		t.Errorf("%+v, %v", second.Subnets, err)
	}
	given, err := New(Network{Name: "c", Driver: DriverBridge, Options: map[string]string{"mtu": "1400", optionName: "br7"}},
		Wanted{Subnets: []string{"10.70.3.0/24", "fd00:1::/64"}, Gateways: []string{"10.70.3.254"}, Ranges: []string{"10.70.3.128/26"},
			Aux: map[string]string{"printer": "10.70.3.130"}}, nil, nil)
	s := given.Subnets[0]
	if err != nil || given.MTU != 1400 || given.Bridge != "br7" || s.Gateway.String() != "10.70.3.254" || s.Range != prefix("10.70.3.128/26") ||
		s.Aux["printer"].String() != "10.70.3.130" || given.Subnets[1].Gateway.String() != "fd00:1::1" || !given.IPv6 {
		t.Errorf("%+v, %v", given, err)
	}
}

func TestNewNetworkRefuses(t *testing.T) {
	there := []Network{{Name: "there", Bridge: "br7", Subnets: []Subnet{{Prefix: netip.MustParsePrefix("10.70.0.0/16")}}}}
	options := func(driver, name, value string) Network {
		return Network{Name: "n", Driver: driver, Options: map[string]string{name: value}}
	}
	plain := Network{Name: "n", Driver: DriverBridge}
	for want, c := range map[string]struct {
		n Network
		w Wanted
	}{
		"network with name there already exists":  {Network{Name: "there", Driver: DriverBridge}, Wanted{}},
		`network name "-n"`:                       {Network{Name: "-n", Driver: DriverBridge}, Wanted{}},
		`no network driver "tunnel"`:              {Network{Name: "n", Driver: "tunnel"}, Wanted{}},
		"pool overlaps with other one":            {plain, Wanted{Subnets: []string{"10.70.3.0/24"}}},
		"--subnet 10.70: want":                    {plain, Wanted{Subnets: []string{"10.70"}}},
		"at least 4 addresses":                    {plain, Wanted{Subnets: []string{"10.71.0.0/31"}}},
		"one IPv4 and one IPv6":                   {plain, Wanted{Subnets: []string{"10.71.0.0/24", "10.72.0.0/24"}}},
		"--gateway 10.9.0.1: no matching subnet":  {plain, Wanted{Subnets: []string{"10.71.0.0/24"}, Gateways: []string{"10.9.0.1"}}},
		"--ip-range 10.71.0.0/16: no matching":    {plain, Wanted{Subnets: []string{"10.71.0.0/24"}, Ranges: []string{"10.71.0.0/16"}}},
		"--aux-address a=b: no matching":          {plain, Wanted{Subnets: []string{"10.71.0.0/24"}, Aux: map[string]string{"a": "b"}}},
		"the bridge br7 is that of network there": {options(DriverBridge, optionName, "br7"), Wanted{}},
		"the driver bridge knows":                 {options(DriverBridge, "parent", "eth0"), Wanted{}},
		"--opt mtu=small":                         {options(DriverBridge, "mtu", "small"), Wanted{}},
		"--opt macvlan_mode=hub":                  {options(DriverMacvlan, "macvlan_mode", "hub"), Wanted{}},
		"an overlay has to know its other hosts":  {Network{Name: "n", Driver: DriverOverlay}, Wanted{}},
		"this overlay does not encrypt":           {options(DriverOverlay, "encrypted", ""), Wanted{}},
		`peer "host-b": want HOST`:                {options(DriverOverlay, "peers", "host-b"), Wanted{}},
		"--opt vni=0":                             {Network{Name: "n", Driver: DriverOverlay, Options: map[string]string{"peers": "192.0.2.1", "vni": "0"}}, Wanted{}},
		"give it with --opt conflist=FILE":        {Network{Name: "n", Driver: DriverCNI}, Wanted{}},
		"with the driver cni the addresses are":   {options(DriverCNI, "conflist", "x"), Wanted{Subnets: []string{"10.71.0.0/24"}}},
		"a link's name has at most 15 bytes":      {options(DriverBridge, optionName, "a-name-that-is-too-long"), Wanted{}},
	} {
		if n, err := New(c.n, c.w, there, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v %+v: %+v, %v: want %q", c.n, c.w, n, err, want)
		}
	}
}

func TestPoolRespectsRangeAndOthers(t *testing.T) {
	p := pool(t, "10.44.0.0/24")
	p.Range, p.Aux = netip.MustParsePrefix("10.44.0.8/30"), map[string]netip.Addr{"router": netip.MustParseAddr("10.44.0.9")}
	var got []string
	for range 3 {
		got = append(got, allocate(t, p, "c").String())
	}
	if strings.Join(got, " ") != "10.44.0.8 10.44.0.10 10.44.0.11" {
		t.Errorf("got %v", got)
	}
	if _, err := p.Allocate("d"); err == nil || !strings.Contains(err.Error(), "all of 10.44.0.8/30 are in use") {
		t.Error(err)
	}
	for address, want := range map[string]string{"10.44.0.77": "", "10.44.0.8": "already in use", "10.44.0.9": "already in use",
		"10.44.0.1": "already in use", "10.44.0.255": "already in use", "10.45.0.1": "no configured subnet contains it"} {
		if err := p.Take(netip.MustParseAddr(address), "d"); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
	six := pool(t, "fd00::/64")
	if a := allocate(t, six, "c").String(); a != "fd00::2" {
		t.Errorf("the first IPv6 address is %s", a)
	}
}

func TestMACFollowsTheAddress(t *testing.T) {
	for address, want := range map[string]string{"10.45.0.2": "02:42:0a:2d:00:02", "fd00::1:2": "02:42:00:01:00:02"} {
		if got := MACOf(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestBook(t *testing.T) {
	b := Book{Dir: t.TempDir()}
	for _, name := range []string{"one", "two"} {
		n := Network{ID: NewID(), Name: name, Driver: DriverBridge, Options: map[string]string{"mtu": "1400"}}
		entry, err := b.Entry(n)
		if err == nil {
			err = entry.Do()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	two, err := b.Find("two")
	if err != nil || two.Options["mtu"] != "1400" {
		t.Fatal(two, err)
	}
	if got, err := b.Find(two.ID[:20]); err != nil || got.Name != "two" {
		t.Errorf("by the beginning of its id: %v, %v", got.Name, err)
	}
	if _, err := b.Find("three"); err == nil || err.Error() != "network three not found ('glassbox network ls' lists them)" {
		t.Error(err)
	}
	if list, err := b.List(); err != nil || len(list) != 5 || list[0].Name != "bridge" {
		t.Errorf("%v, %v", list, err)
	}
	if err := b.Remove(two).Do(); err != nil {
		t.Error(err)
	}
	if _, err := b.Find("two"); err == nil {
		t.Error("it is still in the book")
	}
}
