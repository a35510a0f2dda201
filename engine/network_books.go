// This file finds networks and keeps those apart who want to change them.
package engine

import (
	"errors"
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

// maxBridges is how many engines of one network namespace may have a predefined bridge.
const maxBridges = 100

func defaultBridge(number int) string {
	return strings.TrimSuffix(network.DefaultBridge, "0") + fmt.Sprint(number)
}

// defaultNetwork finds the link of the predefined bridge: the one that this engine has already, wherever its containers are; else
// glassbox0, unless another engine of this machine has containers on that; then the next number.
func (e *Engine) defaultNetwork(n network.Network) (network.Network, network.Host, error) {
	n.Bridge = network.DefaultBridge
	host, err := network.Look(n)
	if err != nil || host.Note == e.note() {
		return e.addressed(n, host, err)
	}
	for number := 1; number < maxBridges; number++ { // glassbox0 is not ours
		note, err := network.Note(defaultBridge(number))
		if err != nil || note == e.note() {
			n.Bridge = defaultBridge(number)
			host, lookErr := network.Look(n)
			return e.addressed(n, host, errors.Join(err, lookErr))
		}
	}
	for number := range maxBridges {
		n.Bridge = defaultBridge(number)
		host, err := network.Look(n)
		if err != nil || host.Note == "" || !inUse(strings.TrimPrefix(host.Note, notePrefix)) {
			return e.addressed(n, host, err)
		}
	}
	return n, host, fmt.Errorf("find a link for the network bridge: %d engines on this machine have one each: remove those that are not used", maxBridges)
}

// addressed completes the predefined bridge once its link is known.
func (e *Engine) addressed(n network.Network, host network.Host, err error) (network.Network, network.Host, error) {
	var routes []netip.Prefix
	if err == nil && !host.Present {
		routes, err = network.Routes()
	}
	if err != nil {
		return n, host, err
	}
	n, err = network.Choose(n, host, routes)
	return n, host, err
}

// inUse tells whether the engine with that state directory has containers on its predefined bridge.
func inUse(state string) bool {
	other := &Engine{State: state}
	leases, err := network.Leases(other.leases(network.Predefined()[0].ID))
	return err != nil || len(leases) > 0
}
