// This file finds the mounted cgroup trees in mountinfo, from which a Layout is made.
package look

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// HostLayout looks at the cgroups that this process sees.
func HostLayout() (Layout, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Layout{}, fmt.Errorf("find the cgroups: %w", err)
	}
	trees, err := cgroupTrees(string(text))
	if err != nil {
		return Layout{}, fmt.Errorf("find the cgroups: %w", err)
	}
	trees = slices.DeleteFunc(trees, hidden)
	l := layoutOf(trees)
	if l.V2.Point == "" {
		return l, nil
	}
	controllers, err := os.ReadFile(l.V2.Point + "/cgroup.controllers")
	if err != nil {
		return Layout{}, fmt.Errorf("find the controllers of cgroup v2: %w", err)
	}
	l.V2.Controllers = strings.Fields(string(controllers))
	return l, nil
}

// LayoutOf works the layout out of the text of a mountinfo file and of the v2 root's cgroup.controllers.
func LayoutOf(mountinfo, controllers string) (Layout, error) {
	trees, err := cgroupTrees(mountinfo)
	if err != nil {
		return Layout{}, err
	}
	l := layoutOf(trees)
	if l.V2.Point != "" {
		l.V2.Controllers = strings.Fields(controllers)
	}
	return l, nil
}

// cgroupTrees picks the cgroup mounts before it reads them: a busy machine has thousands of others.
func cgroupTrees(mountinfo string) ([]Mount, error) {
	var trees []Mount
	for line := range strings.Lines(mountinfo) {
		if !strings.Contains(line, " - cgroup") {
			continue
		}
		m, err := parseMount(line)
		if err != nil {
			return nil, err
		}
		trees = append(trees, m)
	}
	return trees, nil
}

// hidden tells that a tree can not be reached: something else was mounted over it since, or its directory is gone.
func hidden(tree Mount) bool {
	var fs unix.Statfs_t
	if err := unix.Statfs(tree.Point, &fs); err != nil {
		return true
	}
	if tree.FSType == "cgroup2" {
		return fs.Type != unix.CGROUP2_SUPER_MAGIC
	}
	return fs.Type != unix.CGROUP_SUPER_MAGIC
}

func layoutOf(trees []Mount) Layout {
	l := Layout{V1: map[string]Hierarchy{}}
	for _, tree := range trees {
		h := Hierarchy{Point: tree.Point, Root: tree.Root}
		switch tree.FSType {
		case "cgroup2":
			if l.V2.Point == "" || (l.V2.Root != "/" && h.Root == "/") {
				l.V2 = h
			}
		case "cgroup":
			h.Controllers = v1Controllers(tree.SuperOptions)
			l.addV1(h)
		}
	}
	l.Mode = l.mode()
	return l
}

// addV1 keeps the first mount of each controller, unless a later one shows the whole tree.
func (l Layout) addV1(h Hierarchy) {
	for _, c := range h.Controllers {
		if old, ok := l.V1[c]; !ok || (old.Root != "/" && h.Root == "/") {
			l.V1[c] = h
		}
	}
}

// v1Controllers picks the controllers from the options of a v1 tree: "rw,cpu,cpuacct" or "rw,xattr,name=systemd".
func v1Controllers(options string) []string {
	var found []string
	for _, o := range strings.Split(options, ",") {
		switch o {
		case "blkio", "cpu", "cpuacct", "cpuset", "debug", "devices", "freezer", "hugetlb", "memory", "misc",
			"net_cls", "net_prio", "perf_event", "pids", "rdma":
			found = append(found, o)
		default:
			if strings.HasPrefix(o, "name=") {
				found = append(found, o)
			}
		}
	}
	return found
}
