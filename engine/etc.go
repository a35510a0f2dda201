// This file makes the three files in /etc that say who and where a container is: hosts, hostname, resolv.conf. An image can not
// know them, so they are mounted over those of the image, as Docker does.
package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/network"
)

// HostGateway is what --add-host takes for the address of the host, as the container sees it.
const HostGateway = "host-gateway"

// etcFiles are the texts, and with names what the container's supervisor has to know.
type etcFiles struct {
	Hosts, Hostname, Resolv string
	View                    *network.View
}

// surroundings are what the files are made from besides the request.
type surroundings struct {
	Hosts, Resolv string // the host's files
	ID            string
	Mode          network.Mode
	Addresses     []netip.Addr // the container's own
	Gateway       netip.Addr   // the host's address on the container's network
	Networks      []string     // those with names, by id
	Internal      bool         // no way out
}

// hostEtc reads the host's own files.
func hostEtc() (s surroundings, err error) {
	for path, text := range map[string]*string{"/etc/hosts": &s.Hosts, "/etc/resolv.conf": &s.Resolv} {
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s, fmt.Errorf("read the host's names: %w", err)
		}
		*text = string(data)
	}
	return s, nil
}

// etc makes the texts for a container that is connected so.
func (e *Engine) etc(r Request, c network.Sandbox) (etcFiles, error) {
	s, err := hostEtc()
	if err != nil {
		return etcFiles{}, err
	}
	s.ID, s.Mode, s.Internal = c.ID, c.Mode, c.Gateway() < 0
	for i, end := range c.Endpoints {
		s.Addresses = append(s.Addresses, end.Addresses...)
		if subnet, ok := end.Network.V4(); ok && i == max(c.Gateway(), 0) {
			s.Gateway = subnet.Gateway
		}
		if !end.Network.Default() {
			s.Networks = append(s.Networks, end.Network.ID)
		}
	}
	return etcFor(r, s)
}

// etcFor writes the texts.
func etcFor(r Request, s surroundings) (etcFiles, error) {
	f := etcFiles{Hostname: hostnameFor(r, Place{ID: s.ID}) + "\n"}
	res := readResolver(s.Resolv).asked(r.Network)
	switch {
	case len(s.Networks) > 0:
		inside, upstream := res.served()
		if s.Internal {
			upstream = nil
		}
		f.Resolv = inside.text(upstream)
		f.View = &network.View{Port: network.NamesPort(s.ID), Networks: s.Networks, Upstream: upstream, Search: inside.Search, Options: r.Network.Options}
	case s.Mode == network.ModeBridge:
		f.Resolv = res.outside(r.Network, false).text(nil)
	default:
		f.Resolv = res.text(nil)
	}
	added, err := addedHosts(r.Network.Hosts, s)
	f.Hosts = hosts(r, s) + added
	return f, err
}

// hosts is the host's own file for a container that shares its network: there, the host's names are true.
func hosts(r Request, s surroundings) string {
	if s.Mode == network.ModeHost {
		return s.Hosts
	}
	var b strings.Builder
	b.WriteString("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\n" +
		"ff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n")
	own := s.Addresses
	if len(own) == 0 {
		own = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1})}
	}
	name := hostnameFor(r, Place{ID: s.ID})
	if r.Domainname != "" {
		name += "." + r.Domainname
	}
	if short, _, ok := strings.Cut(name, "."); ok {
		name += " " + short
	}
	for _, a := range own {
		fmt.Fprintf(&b, "%s\t%s\n", a, name)
	}
	return b.String()
}

// addedHosts are the lines of --add-host.
func addedHosts(list []string, s surroundings) (string, error) {
	var b strings.Builder
	for _, h := range list {
		name, address, _ := strings.Cut(h, ":")
		if address == HostGateway {
			switch {
			case s.Mode == network.ModeHost:
				address = "127.0.0.1"
			case s.Gateway.IsValid():
				address = s.Gateway.String()
			default:
				return "", fmt.Errorf("--add-host %s: the container has no network that leads to the host: give it one with --network", h)
			}
		}
		fmt.Fprintf(&b, "%s\t%s\n", address, name)
	}
	return b.String(), nil
}

// etcPlan writes the files, in place: they are mounted one by one, so a new file under the old name would not be seen inside.
func (e *Engine) etcPlan(id string, f etcFiles) []explain.Step {
	dir := e.live(id)
	plan := []explain.Step{explain.Say("Write hosts, hostname and resolv.conf",
		"a container's name, address and name servers can not be in its image, so they are mounted over it", "04",
		kernel.WriteFile{Path: dir + "/hosts", Mode: 0o644, Content: f.Hosts},
		kernel.WriteFile{Path: dir + "/hostname", Mode: 0o644, Content: f.Hostname},
		kernel.WriteFile{Path: dir + "/resolv.conf", Mode: 0o644, Content: f.Resolv},
	).Kept("the container's /etc could not be mounted")}
	if f.View != nil {
		plan = append(plan, network.ViewPlan(e.live(id), *f.View))
	} else if exists(e.live(id, network.ViewFile)) { // it has left its last network with names
		plan = append(plan, network.ViewPlan(e.live(id), network.View{}))
	}
	return plan
}
