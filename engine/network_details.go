// This file tells about networks, in the words of Docker's API.
package engine

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	api "github.com/moby/moby/api/types/container"
	docker "github.com/moby/moby/api/types/network"

	"glassbox/kernel/cni"
	"glassbox/network"
)

// member is a running container that is on a network.
type member struct {
	id, name string
	network.Endpoint
}

func listNames(members []member) string {
	var names []string
	for _, m := range members {
		names = append(names, m.name)
	}
	return strings.Join(names, ", ")
}

// members lists the running containers that are on a network; of all networks, where no id is given.
func (e *Engine) members(id string) ([]member, error) {
	containers, err := names(filepath.Join(e.State, "containers"))
	if err != nil {
		return nil, err
	}
	var found []member
	for _, c := range containers {
		sandbox, err := e.readSandbox(c)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, end := range sandbox.Endpoints {
			if id != "" && end.Network.ID != id {
				continue
			}
			m := member{id: c, name: ShortID(c), Endpoint: end}
			if r, err := e.readRecord(c); err == nil {
				m.name = r.Name
			}
			found = append(found, m)
		}
	}
	return found, nil
}

// Networks lists the networks, by name. The predefined bridge has addresses where it is built.
func (e *Engine) Networks() ([]network.Network, error) {
	list, err := e.book().List()
	if err != nil {
		return nil, err
	}
	for i, n := range list {
		if n.Default() {
			if list[i], _, err = e.defaultNetwork(n); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// InspectNetwork returns everything that is known of a network.
func (e *Engine) InspectNetwork(_ context.Context, ref string) (*docker.Inspect, error) {
	n, err := e.book().Find(ref)
	if err == nil && n.Default() {
		n, _, err = e.defaultNetwork(n)
	}
	if err != nil {
		return nil, err
	}
	members, err := e.members(n.ID)
	if err != nil {
		return nil, err
	}
	d := &docker.Inspect{Network: docker.Network{
		Name: n.Name, ID: n.ID, Created: n.Created, Scope: n.Scope, Driver: n.Driver, Internal: n.Internal,
		Attachable: n.Attachable, EnableIPv6: n.IPv6, Options: optionsOf(n), Labels: orEmpty(n.Labels),
		IPAM: docker.IPAM{Driver: "default", Options: map[string]string{}, Config: []docker.IPAMConfig{}},
	}, Containers: map[string]docker.EndpointResource{}}
	_, d.EnableIPv4 = n.V4()
	for _, s := range n.Subnets {
		d.IPAM.Config = append(d.IPAM.Config, docker.IPAMConfig{Subnet: s.Prefix, IPRange: s.Range, Gateway: s.Gateway, AuxAddress: s.Aux})
	}
	for _, m := range members {
		d.Containers[m.id] = m.resource()
	}
	return d, nil
}

// optionsOf adds what the options would have said of a bridge that got its name from us.
func optionsOf(n network.Network) map[string]string {
	all := map[string]string{}
	for name, value := range n.Options {
		all[name] = value
	}
	if n.Driver == network.DriverBridge {
		all["com.docker.network.bridge.name"] = n.Bridge
	}
	return all
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func (m member) resource() docker.EndpointResource {
	r := docker.EndpointResource{Name: m.name, EndpointID: endpointID(m.id, m.Endpoint)}
	if mac, err := net.ParseMAC(m.MAC); err == nil {
		r.MacAddress = docker.HardwareAddr(mac)
	}
	for _, p := range m.prefixes() {
		if p.Addr().Is4() {
			r.IPv4Address = p
		} else {
			r.IPv6Address = p
		}
	}
	return r
}

// prefixes are the endpoint's addresses. Those that CNI plugins gave are in their answer.
func (m member) prefixes() []netip.Prefix {
	if m.Network.Driver == network.DriverCNI {
		given, err := cni.Addresses(m.Result)
		if err != nil {
			return nil // it has not been connected yet
		}
		return given
	}
	var all []netip.Prefix
	for _, a := range m.Addresses {
		all = append(all, prefixed(m.Endpoint, a))
	}
	return all
}

// prefixed is one of the endpoint's addresses with the length of its subnet's prefix.
func prefixed(end network.Endpoint, a netip.Addr) netip.Prefix {
	p, err := netip.ParsePrefix(end.CIDR(a))
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// endpointID is an id that nothing else has: half the container's, half the network's.
func endpointID(container string, end network.Endpoint) string {
	return container[:min(len(container), 32)] + end.Network.ID[:32]
}

// networkSettings are the part of a container's details that its network fills.
func networkSettings(s network.Sandbox) NetworkSettings {
	set := NetworkSettings{NetworkSettings: api.NetworkSettings{
		SandboxID: s.ID, SandboxKey: s.Netns, Ports: bindings(s.Published()), Networks: map[string]*docker.EndpointSettings{},
	}}
	for i, end := range s.Endpoints {
		settings := settingsOf(s.ID, end)
		set.Networks[end.Network.Name] = settings
		if i == max(s.Gateway(), 0) && settings.IPAddress.IsValid() {
			set.IPAddress, set.IPPrefixLen = settings.IPAddress.String(), settings.IPPrefixLen
			set.Gateway, set.MacAddress = settings.Gateway.String(), end.MAC
		}
	}
	return set
}

func settingsOf(id string, end network.Endpoint) *docker.EndpointSettings {
	m := member{id: id, Endpoint: end}.resource()
	s := &docker.EndpointSettings{NetworkID: end.Network.ID, EndpointID: m.EndpointID, MacAddress: m.MacAddress, Aliases: end.Aliases,
		IPAddress: m.IPv4Address.Addr(), GlobalIPv6Address: m.IPv6Address.Addr()}
	s.IPPrefixLen = max(m.IPv4Address.Bits(), 0)
	if subnet, ok := end.Network.V4(); ok {
		s.Gateway = subnet.Gateway
	}
	if subnet, ok := end.Network.V6(); ok {
		s.IPv6Gateway, s.GlobalIPv6PrefixLen = subnet.Gateway, subnet.Prefix.Bits()
	}
	return s
}

// expose notes the ports at which the program says that it listens. Those of them that are not published lead nowhere.
func expose(d *Details, r *Record, image v1.Config) {
	d.Config.ExposedPorts = docker.PortSet{}
	for _, p := range append(publishedPorts(r.Request), exposedPorts(r.Request, image.ExposedPorts)...) {
		port, ok := docker.PortFrom(p.Port, docker.IPProtocol(p.Proto))
		if !ok {
			continue
		}
		d.Config.ExposedPorts[port] = struct{}{}
		if _, published := d.NetworkSettings.Ports[port]; !published && d.State.Running {
			d.NetworkSettings.Ports[port] = nil
		}
	}
}
