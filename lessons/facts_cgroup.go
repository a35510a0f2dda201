// This file answers facts about cgroups. Lessons name a resource ("memory limit"); package look knows its file on v1 and v2.
package lessons

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"glassbox/kernel/look"
)

func cgroupKinds() []kind {
	return []kind{
		{"cgroup {resource} of {who} is at least {number}", atLeast},
		{"cgroup {resource} of {who} is {value}", limitIs},
		{"process {pid} is in cgroup {path} for {controller}", inCgroup},
	}
}

// limit reads one resource of a process, or of a cgroup given by its path: "/gblesson". A cgroup outlives its processes.
func limit(resource, who string) (look.Limit, []string, error) {
	layout, err := look.HostLayout()
	if err != nil {
		return look.Limit{}, nil, err
	}
	groups, err := groupsOf(layout, who)
	if err != nil {
		return look.Limit{}, nil, err
	}
	limits, err := look.LimitsOf(layout, groups)
	if err != nil {
		return look.Limit{}, nil, err
	}
	for _, l := range limits {
		if l.Resource == resource && l.Version != 0 {
			return l, []string{l.File + evidenceOf(l)}, nil
		}
	}
	return look.Limit{}, nil, fmt.Errorf("cgroup of %s: there is no %q here (glassbox look cgroup lists what is)", who, resource)
}

func evidenceOf(l look.Limit) string {
	if !l.Present {
		return fmt.Sprintf(" (cgroup v%d): no such file or entry", l.Version)
	}
	return strings.TrimRight(" "+l.Entry, " ") + fmt.Sprintf(" (cgroup v%d): %s", l.Version, l.Value)
}

func groupsOf(layout look.Layout, who string) ([]look.Membership, error) {
	if !strings.HasPrefix(who, "/") {
		pid, err := process(who)
		if err != nil {
			return nil, err
		}
		return look.CgroupOf(pid)
	}
	var groups []look.Membership
	for i, tree := range layout.Trees() {
		g := look.Membership{ID: i + 1, Controllers: tree.Controllers, Path: who}
		if tree.Point == layout.V2.Point {
			g.ID, g.Controllers = 0, nil
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// limitIs compares with a number, or with the word unlimited, which v1 and v2 spell differently.
func limitIs(args []string) (finding, error) {
	l, evidence, err := limit(args[0], args[1])
	if err != nil {
		return finding{}, err
	}
	return finding{l.Value == args[2] || args[2] == "unlimited" && unlimited(l.Value), evidence}, nil
}

// unlimited: v2 says "max" and has no file in its root, v1's quota says -1, v1's memory the largest number that is a whole number of pages.
func unlimited(value string) bool {
	n, err := strconv.ParseInt(value, 10, 64)
	return value == "max" || value == "" || err == nil && (n < 0 || n > 1<<62)
}

func atLeast(args []string) (finding, error) {
	l, evidence, err := limit(args[0], args[1])
	if err != nil {
		return finding{}, err
	}
	want, err := strconv.ParseInt(args[2], 10, 64)
	if err != nil {
		return finding{}, fmt.Errorf("%q is no number", args[2])
	}
	got, err := strconv.ParseInt(l.Value, 10, 64)
	return finding{err == nil && got >= want, evidence}, nil
}

func inCgroup(args []string) (finding, error) {
	pid, err := process(args[0])
	if err != nil {
		return finding{}, err
	}
	layout, err := look.HostLayout()
	if err != nil {
		return finding{}, err
	}
	groups, err := look.CgroupOf(pid)
	if err != nil {
		return finding{}, err
	}
	dir, version := look.CgroupDir(layout, groups, args[2])
	for _, g := range groups {
		if version == 2 && g.ID == 0 || version == 1 && slices.Contains(g.Controllers, args[2]) {
			return finding{like(args[1], g.Path), []string{fmt.Sprintf("/proc/%d/cgroup: %s, which is %s (cgroup v%d)", pid, g.Path, dir, version)}}, nil
		}
	}
	return finding{}, fmt.Errorf("no cgroup tree has the controller %q here", args[2])
}
