// This file reads which cgroups a process is in: man 7 cgroups, "/proc/pid/cgroup".
package look

import (
	"fmt"
	"strconv"
	"strings"
)

// Membership is a process's place in one tree of cgroups.
type Membership struct {
	ID          int      `json:"id"`          // of the tree; 0 is cgroup v2
	Controllers []string `json:"controllers"` // empty for v2, where the tree decides
	Path        string   `json:"path"`        // as seen from the reader's cgroup namespace
}

// CgroupOf lists the cgroups of a process, one for each tree.
func CgroupOf(pid int) ([]Membership, error) {
	text, err := readProc(pid, "cgroup")
	if err != nil {
		return nil, err
	}
	return ParseCgroups(text)
}

// ParseCgroups reads the text of a cgroup file: "4:memory:/box", and "0::/box" for v2.
func ParseCgroups(text string) ([]Membership, error) {
	var found []Membership
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		id, err := strconv.Atoi(parts[0])
		if err != nil || len(parts) < 3 {
			return nil, fmt.Errorf("read the cgroups: not a cgroup: %q", line)
		}
		m := Membership{ID: id, Path: parts[2]}
		if parts[1] != "" {
			m.Controllers = strings.Split(parts[1], ",")
		}
		found = append(found, m)
	}
	return found, nil
}

// CgroupDir is the directory of the cgroup that limits a process's use of what a controller counts, and the version of
// cgroups there; version 0 if no tree has the controller.
func CgroupDir(l Layout, groups []Membership, controller string) (dir string, version int) {
	tree, version := l.Where(controller)
	for _, g := range groups {
		if version == 2 && g.ID == 0 || version == 1 && sharesOne(g.Controllers, tree.Controllers) {
			return tree.Dir(g.Path), version
		}
	}
	return "", 0
}

func sharesOne(a, b []string) bool {
	for _, x := range a {
		for _, y := range b {
			if x == y {
				return true
			}
		}
	}
	return false
}
