// This file says in Docker's words what was asked for of the host.
package engine

import (
	"net/netip"
	"strconv"

	api "github.com/moby/moby/api/types/container"
	docker "github.com/moby/moby/api/types/network"

	"glassbox/network"
)

func hostConfig(r Request) *api.HostConfig {
	h := &api.HostConfig{
		NetworkMode: api.NetworkMode(orElse(r.Network.Mode, string(network.ModeBridge))), PortBindings: bindings(publishedPorts(r)),
		PublishAllPorts: r.Network.PublishAll,
		DNS:             nameServers(r.Network.DNS), DNSSearch: r.Network.Search, DNSOptions: r.Network.Options, ExtraHosts: r.Network.Hosts,
		Sysctls: r.Network.Sysctls,

		CapAdd: r.Security.CapAdd, CapDrop: r.Security.CapDrop, Privileged: r.Security.Privileged,
		ReadonlyRootfs: r.Security.ReadOnly, SecurityOpt: r.Security.Options, GroupAdd: r.Groups,

		AutoRemove: r.AutoRemove, Init: &r.Init, RestartPolicy: restartPolicy(r.Upkeep.Restart), Runtime: "glassbox-oci",
		LogConfig: api.LogConfig{Type: orElse(r.Upkeep.Log.Driver, "json-file"), Config: r.Upkeep.Log.Options},

		Resources: resources(r), ShmSize: orElse(r.Limits.ShmSize, 64<<20),
	}
	if r.Limits.OOMScoreAdj != nil {
		h.OomScoreAdj = *r.Limits.OOMScoreAdj
	}
	namespaceModes(h, r)
	hostMounts(h, r)
	return h
}

// bindings lists the host's ends of published ports. What was checked when it was asked for can be read.
func bindings(ports []network.Port) docker.PortMap {
	all := docker.PortMap{}
	for _, p := range ports {
		inside, ok := docker.PortFrom(p.Port, docker.IPProtocol(p.Proto))
		address, err := netip.ParseAddr(orElse(p.HostIP, "0.0.0.0"))
		if ok && err == nil {
			all[inside] = append(all[inside], docker.PortBinding{HostIP: address, HostPort: strconv.Itoa(int(p.HostPort))})
		}
	}
	return all
}
