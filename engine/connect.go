// This file connects a container: the books first (ports, the lease of an address), then the endpoint whose plan package network
// makes, then the three files in /etc that say who and where it is.
package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/network"
)

// networkMode reads --network. Of container:NAME, networkOwner knows the rest.
func networkMode(r Request) (network.Mode, error) {
	mode, _, err := network.ParseMode(r.Network.Mode)
	switch {
	case err != nil || mode == network.ModeBridge || len(r.Network.Ports) == 0:
		return mode, err
	case mode == network.ModeContainer:
		return mode, errors.New("conflicting options: port publishing and the container type network mode: publish with -p of the container that is joined")
	}
	return mode, fmt.Errorf("-p with --network %s: only a bridge has ports to publish", mode)
}

func (e *Engine) pool(n network.Network) network.Pool {
	return network.Pool{Dir: filepath.Join(e.State, "leases"), Subnet: n.Subnet}
}

// endpoint describes the container's place in the network and leases its address. It changes nothing else, and with lease
// false nothing at all: the address is then an example.
func (e *Engine) endpoint(id string, r Request, lease bool) (network.Endpoint, network.Host, error) {
	end := network.Endpoint{ID: id, Netns: e.netns(id)}
	var host network.Host
	var err error
	if end.Mode, err = networkMode(r); err == nil && end.Mode == network.ModeContainer {
		err = e.joinEndpoint(&end, r)
	}
	if err != nil || end.Mode != network.ModeBridge {
		return end, host, err
	}
	if host, err = network.Look(network.DefaultBridge); err != nil {
		return end, host, err
	}
	if end.Network, err = network.Choose(network.DefaultBridge, netip.Prefix{}, host); err != nil {
		return end, host, err
	}
	if end.Ports, err = network.ClaimPorts(wantedPorts(r)); err != nil {
		return end, host, err
	}
	if !lease {
		end.Address = end.Network.Gateway().Next()
		return end, host, nil
	}
	end.Address, err = e.pool(end.Network).Allocate(id)
	return end, host, err
}

func wantedPorts(r Request) []network.Port {
	var ports []network.Port
	for _, p := range r.Network.Ports {
		proto := p.Protocol
		if proto == "" {
			proto = "tcp"
		}
		ports = append(ports, network.Port{Proto: proto, HostIP: p.HostIP, HostPort: p.Host, Port: p.Container})
	}
	return ports
}

// keepEndpoint notes what was leased, for inspect and for release.
func (e *Engine) keepEndpoint(end network.Endpoint) error {
	return writeJSON(e.live(end.ID, endpointFile), end)
}

// readEndpoint returns the zero Endpoint for a container that does not run.
func (e *Engine) readEndpoint(id string) (network.Endpoint, error) {
	var end network.Endpoint
	data, err := os.ReadFile(e.live(id, endpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return end, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &end)
	}
	if err != nil {
		return end, fmt.Errorf("read the endpoint of %s: %w", ShortID(id), err)
	}
	return end, nil
}

// releaseAddress gives the lease back.
func (e *Engine) releaseAddress(end network.Endpoint) error {
	if !end.Address.IsValid() {
		return nil
	}
	return e.pool(end.Network).Release(end.Address, end.ID)
}

// etcPlan writes the three files that belong to a container rather than to its image. Docker does the same: an image can not
// know the name, the address or the name servers.
func (e *Engine) etcPlan(id string, r Request, end network.Endpoint, resolv string) []explain.Step {
	dir := e.live(id, "etc")
	hostname := hostnameFor(r, Place{ID: id})
	return []explain.Step{explain.Say("Write hosts, hostname and resolv.conf",
		"a container's name, address and name servers can not be in its image, so they are mounted over it", "04",
		kernel.EnsureDir{Path: dir, Mode: 0o755},
		kernel.WriteFile{Path: dir + "/hosts", Mode: 0o644, Content: hosts(hostname, r, end)},
		kernel.WriteFile{Path: dir + "/hostname", Mode: 0o644, Content: hostname + "\n"},
		kernel.WriteFile{Path: dir + "/resolv.conf", Mode: 0o644, Content: resolv},
	).Kept("the container's /etc could not be mounted")}
}

func hosts(hostname string, r Request, end network.Endpoint) string {
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n")
	for _, h := range r.Network.Hosts {
		if name, address, ok := strings.Cut(h, ":"); ok {
			fmt.Fprintf(&b, "%s\t%s\n", address, name)
		}
	}
	address := "127.0.0.1"
	if end.Address.IsValid() {
		address = end.Address.String()
	}
	fmt.Fprintf(&b, "%s\t%s\n", address, hostname)
	return b.String()
}

// resolvConf is the host's, without the name servers that only the host itself can reach: 127.0.0.1 is the container's own
// loopback in there. With none left, public ones stand in, as Docker has it.
func resolvConf(r Request, mode network.Mode) (string, error) {
	if len(r.Network.DNS) > 0 {
		return "nameserver " + strings.Join(r.Network.DNS, "\nnameserver ") + "\n", nil
	}
	data, err := os.ReadFile("/etc/resolv.conf")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the host's name servers: %w", err)
	}
	if mode != network.ModeBridge {
		return string(data), nil
	}
	var b strings.Builder
	servers := 0
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) == 2 && fields[0] == "nameserver" {
			if a, err := netip.ParseAddr(fields[1]); err != nil || a.IsLoopback() || a.Is6() {
				continue
			}
			servers++
		}
		b.WriteString(line)
	}
	if servers == 0 {
		b.WriteString("nameserver 8.8.8.8\nnameserver 8.8.4.4\n")
	}
	return b.String(), nil
}
