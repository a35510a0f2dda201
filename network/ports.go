// This file holds published ports.
package network

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
)

// Port is one published port.
type Port struct {
	Proto    string // tcp, udp or sctp
	HostIP   string // empty: every address of the host
	HostPort uint16 // 0: any that is free (ClaimPorts chooses)
	Last     uint16 // with HostPort: any that is free from there to here; 0: none but that
	Port     uint16 // the container's
}

// Publish decides who publishes the ports of a container: we, at the endpoint that Gateway gives, or, where there is none, the plugins
// of a CNI network. It says why nobody can, with the networks that it is on. One that is on none may come to another later.
func (s *Sandbox) Publish() error {
	if len(s.Ports) == 0 || len(s.Endpoints) == 0 {
		return nil
	}
	i, plugged := s.Gateway(), slices.IndexFunc(s.Endpoints, func(e Endpoint) bool { return e.Network.Driver == DriverCNI })
	switch {
	case i < 0 && plugged >= 0:
		return s.Endpoints[plugged].mapPorts(s.Ports)
	case i < 0:
		return errors.New("-p: all networks of the container are internal: nobody outside could reach its ports")
	case !s.Endpoints[i].Network.bridged():
		n := s.Endpoints[i].Network
		return fmt.Errorf("-p: a container on network %s (%s) is reached at its own address, without a port of the host: leave -p out, or name a bridge network first", n.Name, n.Driver)
	}
	for _, p := range s.Ports {
		if len(publications(p, s.Endpoints[i])) == 0 {
			return fmt.Errorf("-p %s: the network %s has no addresses of that generation (--ipv6 of 'glassbox network create' makes one that has)", p, s.Endpoints[i].Network.Name)
		}
	}
	return nil
}

// Published are the ports that lead into the container now. While it is taken off the networks that they came by, none does.
func (s Sandbox) Published() []Port {
	if i := s.Gateway(); i >= 0 && s.Endpoints[i].Network.bridged() {
		return s.Ports
	}
	for _, e := range s.Endpoints {
		if len(e.Mapped) > 0 {
			return e.Mapped
		}
	}
	return nil
}

// String prints it as `ps` does.
func (p Port) String() string {
	ip := p.HostIP
	if ip == "" {
		ip = "0.0.0.0"
	}
	return fmt.Sprintf("%s->%d/%s", net.JoinHostPort(ip, strconv.Itoa(int(p.HostPort))), p.Port, p.Proto)
}
