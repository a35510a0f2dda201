// This file is the driver cni: the container's link is made by plugins, not by us.
package network

import (
	"fmt"

	"glassbox/explain"
	"glassbox/kernel/cni"
)

func plugin(s Sandbox, e Endpoint) cni.Add {
	a := cni.Add{Conflist: e.Network.Options[optionConflist], List: e.Network.Plugins, Container: s.ID, Netns: s.Netns, Link: e.Link, Result: e.Result}
	for _, p := range e.Mapped {
		a.Ports = append(a.Ports, cni.Port{HostIP: p.HostIP, HostPort: p.HostPort, ContainerPort: p.Port, Protocol: p.Proto})
	}
	return a
}

// mapPorts hands ports over to the plugins.
func (e *Endpoint) mapPorts(ports []Port) error {
	if !cni.MapsPorts(e.Network.Plugins) {
		return fmt.Errorf(`-p: network %s is made by CNI plugins, and none of them publishes ports: leave -p out, or make a network of a list with {"type": "portmap", "capabilities": {"portMappings": true}}`,
			e.Network.Name)
	}
	e.Mapped = ports
	return nil
}

func pluginPlan(s Sandbox, e Endpoint) []explain.Step {
	return []explain.Step{explain.Say("Let CNI plugins connect the container",
		"whoever runs the network outside has a program that knows how to join it", lesson9, plugin(s, e))}
}
