// This file reads the cgroups of a process, what they limit, and what a cgroup above them limits: the tightest bound counts.
package xray

import (
	"path"
	"slices"
	"strconv"

	"glassbox/kernel/look"
	"glassbox/kernel/look/devices"
)

// Cgroups are a process's places in all trees, and what they mean.
type Cgroups struct {
	Mode   string            `json:"mode"` // v2, hybrid, v1
	Groups []look.Membership `json:"groups"`
	Limits []look.Limit      `json:"limits"` // of its own cgroups, with what is used
	Bounds []look.Limit      `json:"bounds"` // the nearest cgroup, it or one above, that bounds memory, processors, processes

	Devices *devices.Allowed `json:"devices,omitempty"` // nil: could not be read
}

func (r *Report) readCgroups(pid int) error {
	layout, err := look.HostLayout()
	if err != nil {
		return err
	}
	r.Cgroups.Mode = layout.Mode
	if r.Cgroups.Groups, err = look.CgroupOf(pid); err != nil {
		return err
	}
	if r.Cgroups.Limits, err = look.LimitsOf(layout, r.Cgroups.Groups); err != nil {
		return err
	}
	r.Cgroups.Bounds, err = bounds(layout, r.Cgroups.Groups)
	return err
}

// bounds climbs from the cgroups of a process to the roots of their trees.
func bounds(layout look.Layout, groups []look.Membership) ([]look.Limit, error) {
	var found []look.Limit
	known := map[string]bool{}
	for {
		limits, err := look.LimitsOf(layout, groups)
		if err != nil {
			return nil, err
		}
		for _, l := range limits {
			if isBound(l) && !known[l.Resource] {
				known[l.Resource] = true
				found = append(found, l)
			}
		}
		above, climbed := parents(groups)
		if !climbed {
			return found, nil
		}
		groups = above
	}
}

func isBound(l look.Limit) bool {
	switch l.Resource {
	case "memory limit", "cpu quota", "pids limit":
		// v1 writes "no limit" as -1 or as the largest number of pages, v2 as "max".
		n, err := strconv.ParseInt(l.Value, 10, 64)
		return l.Present && err == nil && n >= 0 && n < 1<<62
	}
	return false
}

// parents are the cgroups above. "/.." is one that lies outside of the reader's cgroup namespace, whose files can not be seen.
func parents(groups []look.Membership) (above []look.Membership, climbed bool) {
	for _, g := range groups {
		if g.Path != "/" {
			g.Path, climbed = path.Dir(g.Path), true
		}
		above = append(above, g)
	}
	return above, climbed
}

// bounded tells whether something bounds a resource: "memory limit".
func (c Cgroups) bounded(resource string) bool {
	for _, l := range c.Bounds {
		if l.Resource == resource {
			return true
		}
	}
	return false
}

// readDevices needs root on v2, where a program in the kernel decides.
func (r *Report) readDevices(pid int) error {
	allowed, err := devices.Of(pid)
	if err == nil {
		r.Cgroups.Devices = &allowed
	}
	return err
}

// everyDevice tells that no rule denies a device; false, too, where the rules could not be read.
func (c Cgroups) everyDevice() bool {
	return c.Devices != nil && !slices.ContainsFunc(c.Devices.Lists, denies)
}

// denies goes through rules of which the first that matches decides: a denial behind one that allows everything has no effect.
func denies(list devices.List) bool {
	for _, r := range list.Rules {
		if !r.Allow {
			return true
		}
		if r.Type == "a" && r.Major == -1 && r.Minor == -1 && r.Access == "rwm" {
			return false
		}
	}
	return true
}
