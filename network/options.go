// This file reads --opt, the options of drivers, and says what is wrong with them before anything is made.
package network

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"glassbox/kernel/cni"
)

// The options that drivers know.
const (
	optionName       = "com.docker.network.bridge.name"
	optionMasquerade = "com.docker.network.bridge.enable_ip_masquerade"
	optionMTU        = "com.docker.network.driver.mtu"
	optionShortMTU   = "mtu"
	optionParent     = "parent"
	optionMacvlan    = "macvlan_mode"
	optionIPvlan     = "ipvlan_mode"
	optionPeers      = "peers"      // HOST[=ADDRESS+ADDRESS…],…
	optionPeersFile  = "peers-file" // the same, one a line
	optionVNI        = "com.docker.network.driver.overlay.vxlanid_list"
	optionShortVNI   = "vni"
	optionPort       = "port"
	optionLocal      = "local"
	optionConflist   = "conflist"
	optionEncrypted  = "encrypted"
)

const vxlanPort = 4789 // RFC 7348

// knownOptions lists what each driver understands.
func knownOptions(driver string) []string {
	common := []string{optionMTU, optionShortMTU}
	switch driver {
	case DriverBridge:
		return append(common, optionName, optionMasquerade)
	case DriverMacvlan:
		return append(common, optionParent, optionMacvlan)
	case DriverIPvlan:
		return append(common, optionParent, optionIPvlan)
	case DriverOverlay:
		return append(common, optionPeers, optionVNI, optionShortVNI, optionPort, optionLocal, optionPeersFile)
	}
	return []string{optionConflist}
}

// applyOptions puts what the options say into the network.
func applyOptions(n *Network) error {
	if _, asked := n.Options[optionEncrypted]; asked && n.Driver == DriverOverlay {
		return errors.New("--opt encrypted: this overlay does not encrypt: connect the hosts by WireGuard or IPsec, and let the peers be their addresses there")
	}
	known := knownOptions(n.Driver)
	for name := range n.Options {
		if !slices.Contains(known, name) {
			return fmt.Errorf("--opt %s: the driver %s knows %s", name, n.Driver, strings.Join(known, ", "))
		}
	}
	n.MTU = defaultMTU
	if n.Driver == DriverOverlay {
		n.MTU = overlayMTU
	}
	if n.onParent() {
		n.MTU = 0
	}
	if text := first2(n.Options[optionMTU], n.Options[optionShortMTU]); text != "" {
		mtu, err := strconv.Atoi(text)
		if err != nil || mtu < 68 || mtu > 65535 {
			return fmt.Errorf("--opt mtu=%s: want a number of bytes, 68 to 65535", text)
		}
		n.MTU = mtu
	}
	return driverOptions(n)
}

func driverOptions(n *Network) error {
	switch n.Driver {
	case DriverOverlay:
		n.Bridge = "gbr" + n.ID[:12]
		return checkOverlay(n)
	case DriverMacvlan, DriverIPvlan:
		return checkParent(n)
	case DriverCNI:
		if n.Options[optionConflist] == "" {
			return errors.New("the driver cni runs the plugins of a configuration list: give it with --opt conflist=FILE")
		}
		var err error
		n.Plugins, err = cni.Read(n.Options[optionConflist])
		return err
	}
	n.Bridge = first2(n.Options[optionName], "gbr"+n.ID[:12])
	if len(n.Bridge) > 15 {
		return fmt.Errorf("--opt %s=%s: a link's name has at most 15 bytes", optionName, n.Bridge)
	}
	return nil
}

func first2(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// checkParent also decides whether the parent is one that has to be made.
func checkParent(n *Network) error {
	if modes := map[string][]string{DriverMacvlan: {"bridge", "private", "vepa", "passthru"}, DriverIPvlan: {"l2", "l3", "l3s"}}[n.Driver]; !slices.Contains(modes, shareMode(*n)) {
		return fmt.Errorf("--opt %s_mode=%s: want %s", n.Driver, shareMode(*n), strings.Join(modes, ", "))
	}
	n.Bridge = n.Options[optionParent]
	if n.Bridge == "" {
		n.Bridge, n.Made, n.Internal = "gbd"+n.ID[:12], true, true
		return nil
	}
	if len(n.Bridge) > 15 {
		return fmt.Errorf("--opt parent=%s: a link's name has at most 15 bytes", n.Bridge)
	}
	return nil
}

// shareMode is how shares of one parent see each other.
func shareMode(n Network) string {
	if n.Driver == DriverIPvlan {
		return first2(n.Options[optionIPvlan], "l2")
	}
	return first2(n.Options[optionMacvlan], "bridge")
}

// vlanOf takes eth0.50 apart.
func vlanOf(link string) (parent string, id uint16, ok bool) {
	i := strings.LastIndex(link, ".")
	if i <= 0 {
		return "", 0, false
	}
	number, err := strconv.ParseUint(link[i+1:], 10, 12)
	return link[:i], uint16(number), err == nil && number > 0 && number < 4095
}

// overlay is what the options of an overlay say.
type overlay struct {
	vni   uint32
	port  uint16
	local string
	peers []peer
}

func checkOverlay(n *Network) error {
	if n.Options[optionPeersFile] != "" {
		text, err := os.ReadFile(n.Options[optionPeersFile])
		if err != nil {
			return fmt.Errorf("--opt peers-file: %w", err)
		}
		n.Options[optionPeers] = strings.Join(strings.Fields(string(text)), ",")
	}
	if n.Options[optionPeers] == "" {
		return errors.New("an overlay has to know its other hosts, for no cluster tells it: give --opt peers=ADDRESS,ADDRESS or --opt peers-file=FILE")
	}
	if _, err := parsePeers(n.Options[optionPeers]); err != nil {
		return err
	}
	if local := n.Options[optionLocal]; local != "" {
		if _, err := netip.ParseAddr(local); err != nil {
			return fmt.Errorf("--opt local=%s: want this host's address in the tunnel: %w", local, err)
		}
	}
	for _, name := range []string{optionVNI, optionShortVNI, optionPort} {
		if text := n.Options[name]; text != "" {
			if bits := map[bool]int{true: 16, false: 24}[name == optionPort]; !fits(text, bits) {
				return fmt.Errorf("--opt %s=%s: want a number of at most %d bits", name, text, bits)
			}
		}
	}
	return nil
}

func fits(text string, bits int) bool {
	n, err := strconv.ParseUint(text, 10, bits)
	return err == nil && n > 0
}

// overlayOf reads options that checkOverlay has accepted. Without a number of its own, a network gets one from its name, which is
// the same on all hosts.
func overlayOf(n Network) overlay {
	peers, _ := parsePeers(n.Options[optionPeers])
	o := overlay{port: vxlanPort, local: n.Options[optionLocal], peers: peers}
	if port, err := strconv.ParseUint(n.Options[optionPort], 10, 16); err == nil {
		o.port = uint16(port)
	}
	if vni, err := strconv.ParseUint(first2(n.Options[optionShortVNI], n.Options[optionVNI]), 10, 24); err == nil {
		o.vni = uint32(vni)
		return o
	}
	sum := fnv.New32a()
	sum.Write([]byte(n.Name)) //nolint:errcheck // a hash takes everything
	o.vni = 4096 + sum.Sum32()%(1<<24-4096)
	return o
}
