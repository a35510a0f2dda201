// This file gives network devices of the host to the container. OCI config-linux, "Network Devices".
package plan

import (
	"fmt"
	"maps"
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
)

func netDeviceSteps(c Container, pid int) []explain.Step {
	var ops []explain.Op
	netns := "/proc/$PID/ns/net"
	if pid != 0 {
		netns = fmt.Sprintf("/proc/%d/ns/net", pid)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Spec.Linux.NetDevices)) {
		op := kernel.LinkMove{Name: name, To: c.Spec.Linux.NetDevices[name].Name, Netns: netns}
		if op.To == "" {
			op.To = name
		}
		ops = append(ops, op)
	}
	if len(ops) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Move network devices into it",
		"a network device is in one namespace: who gives it away has it no more", "04", ops...)}
}
