// This file finds networks and keeps those apart who want to change them.
package engine

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"

	"glassbox/network"
)

// book is where the networks that users made are kept.
func (e *Engine) book() network.Book { return network.Book{Dir: filepath.Join(e.Root, "networks")} }

// note is what stands on the links of this engine: whose they are.
func (e *Engine) note() string { return notePrefix + e.State }

const notePrefix = "glassbox "

// lockNetworks lets one command at a time change what the containers of this network namespace share: bridges, leases, rules. The
// lock is the namespace itself, for engines with other directories share the same links.
func (e *Engine) lockNetworks() (unlock func(), err error) {
	unlock, err = lockDir("/proc/self/ns/net")
	if err != nil {
		return nil, fmt.Errorf("wait for others who change networks: %w", err)
	}
	return unlock, nil
}

// findNetwork finds a network and looks at what there is of it on the host. The predefined bridge gets its link and addresses now.
func (e *Engine) findNetwork(ref string) (network.Network, network.Host, error) {
	n, err := e.book().Find(ref)
	if err != nil {
		return n, network.Host{}, err
	}
	if n.Default() {
		return e.defaultNetwork(n)
	}
	host, err := network.Look(n)
	return n, host, err
}

// defaultNetwork finds the link of the predefined bridge: glassbox0, unless another engine of this machine has containers on that;
// then the next number.
func (e *Engine) defaultNetwork(n network.Network) (network.Network, network.Host, error) {
	for i := range 100 {
		n.Bridge = strings.TrimSuffix(network.DefaultBridge, "0") + fmt.Sprint(i)
		host, err := network.Look(n)
		if err != nil {
			return n, host, err
		}
		if host.Note != e.note() && host.Note != "" && inUse(strings.TrimPrefix(host.Note, notePrefix)) {
			continue
		}
		var routes []netip.Prefix
		if !host.Present {
			if routes, err = network.Routes(); err != nil {
				return n, host, err
			}
		}
		n, err = network.Choose(n, host, routes)
		return n, host, err
	}
	return n, network.Host{}, fmt.Errorf("find a link for the network bridge: 100 engines on this machine have one each: remove those that are not used")
}

// inUse tells whether the engine with that state directory has containers on its predefined bridge.
func inUse(state string) bool {
	other := &Engine{State: state}
	leases, err := network.Leases(other.leases(network.Predefined()[0].ID))
	return err != nil || len(leases) > 0
}
