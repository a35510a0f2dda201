// This file finds what will not be as it was asked for, and is no reason to stop. OCI config, "capabilities"; "mounts".
package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/kernel"
)

// Warnings are for whoever asked for the container.
func Warnings(c Container, h Host) []string {
	var all []string
	for _, m := range c.Spec.Mounts {
		if !strings.HasPrefix(m.Destination, "/") {
			all = append(all, fmt.Sprintf("mounts: destination %q is taken from /: relative ones are deprecated", m.Destination))
		}
	}
	if len(h.Undelegated) > 0 {
		all = append(all, fmt.Sprintf("cgroups: this user may make no group %s for %s: no limits, no pause and no statistics by them",
			c.CgroupPath(), strings.Join(h.Undelegated, ", ")))
	}
	return append(all, CapabilityWarnings(c.Spec.Process, h)...)
}

// CapabilityWarnings name the capabilities that the program will not have: nobody knows them, or the host itself lacks them.
func CapabilityWarnings(p *specs.Process, h Host) []string {
	if p.Capabilities == nil {
		return nil
	}
	var unknown, lacking []string
	var asked uint64
	for _, set := range [][]string{p.Capabilities.Bounding, p.Capabilities.Effective, p.Capabilities.Permitted,
		p.Capabilities.Inheritable, p.Capabilities.Ambient} {
		mask, strange := kernel.CapabilityMask(set)
		asked |= mask
		unknown = append(unknown, strange...)
	}
	if lacking = kernel.CapabilityNames(asked &^ h.Capabilities); len(lacking) > 0 {
		lacking = []string{"capabilities that the host itself lacks are left out: " + strings.Join(lacking, " ")}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		lacking = append(lacking, "unknown capabilities are left out: "+strings.Join(slices.Compact(unknown), " "))
	}
	return lacking
}
