// This file is the driver cni: the container's link is made by plugins, not by us.
package network

import (
	"glassbox/explain"
	"glassbox/kernel/cni"
)

func plugin(s Sandbox, e Endpoint) cni.Add {
	return cni.Add{Conflist: e.Network.Options[optionConflist], List: e.Network.Plugins, Container: s.ID, Netns: s.Netns, Link: e.Link, Result: e.Result}
}

func pluginPlan(s Sandbox, e Endpoint) []explain.Step {
	return []explain.Step{explain.Say("Let CNI plugins connect the container",
		"whoever runs the network outside has a program that knows how to join it", lesson9, plugin(s, e))}
}
