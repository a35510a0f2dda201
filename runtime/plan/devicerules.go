// This file says which devices the container's processes may open. OCI config-linux, "allowed device list".
package plan

import (
	"fmt"
	"path"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// harmless devices are allowed in every container: making any node, and using those that /dev is filled with, terminals too.
var harmless = []kernel.DeviceRule{
	{Allow: true, Type: "c", Major: -1, Minor: -1, Access: "m"}, {Allow: true, Type: "b", Major: -1, Minor: -1, Access: "m"},
	{Allow: true, Type: "c", Major: 1, Minor: 3, Access: "rwm"}, {Allow: true, Type: "c", Major: 1, Minor: 5, Access: "rwm"},
	{Allow: true, Type: "c", Major: 1, Minor: 7, Access: "rwm"}, {Allow: true, Type: "c", Major: 1, Minor: 8, Access: "rwm"},
	{Allow: true, Type: "c", Major: 1, Minor: 9, Access: "rwm"}, {Allow: true, Type: "c", Major: 5, Minor: 0, Access: "rwm"},
	{Allow: true, Type: "c", Major: 5, Minor: 1, Access: "rwm"}, {Allow: true, Type: "c", Major: 5, Minor: 2, Access: "rwm"},
	{Allow: true, Type: "c", Major: 136, Minor: -1, Access: "rwm"},
}

// DeviceRules are the rules of the specification, from "nothing" on, and then the harmless ones.
func DeviceRules(r *specs.LinuxResources) []kernel.DeviceRule {
	rules := []kernel.DeviceRule{{Type: "a", Major: -1, Minor: -1, Access: "rwm"}}
	if r != nil {
		for i, d := range r.Devices {
			if i == 0 && !d.Allow && deviceType(d.Type) == "a" {
				continue // that is where we begin
			}
			rules = append(rules, kernel.DeviceRule{Allow: d.Allow, Type: deviceType(d.Type), Major: deviceNumber(d.Major),
				Minor: deviceNumber(d.Minor), Access: orAll(d.Access)})
		}
	}
	return append(rules, harmless...)
}

// deviceRules are lines for devices.allow and devices.deny in v1, and one program attached to the group in v2.
func deviceRules(c Container, l look.Layout) []explain.Op {
	dir := l.Dir("devices", c.CgroupPath())
	if dir == "" {
		return nil
	}
	rules := DeviceRules(c.Spec.Linux.Resources)
	if _, version := l.Where("devices"); version == 2 {
		return []explain.Op{kernel.DeviceFilter{Path: dir, Rules: rules}}
	}
	var ops []explain.Op
	for _, r := range rules {
		file, value := "devices.deny", fmt.Sprintf("%s %s:%s %s", r.Type, star(r.Major), star(r.Minor), r.Access)
		if r.Allow {
			file = "devices.allow"
		}
		if r.Type == "a" {
			value = "a"
		}
		ops = append(ops, kernel.CgroupSet{File: path.Join(dir, file), Value: value})
	}
	return ops
}

func deviceType(t string) string {
	if t == "" {
		return "a"
	}
	return t
}

func deviceNumber(n *int64) int64 {
	if n == nil {
		return -1
	}
	return *n
}

func orAll(access string) string {
	if access == "" {
		return "rwm"
	}
	return access
}

func star(n int64) string {
	if n < 0 {
		return "*"
	}
	return fmt.Sprint(n)
}
