// This file finds the mounted cgroup trees in mountinfo, from which a Layout is made.
package look

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// HostLayout looks at the cgroups that this process sees.
func HostLayout() (Layout, error) {
	trees, err := treesInSight()
	if err != nil {
		return Layout{}, fmt.Errorf("find the cgroups: %w", err)
	}
	l := layoutOf(trees)
	if l.V2.Point == "" {
		return l, nil
	}
	controllers, err := Text(l.V2.Point + "/cgroup.controllers")
	if err != nil {
		return Layout{}, fmt.Errorf("find the controllers of cgroup v2: %w", err)
	}
	l.V2.Controllers = strings.Fields(controllers)
	return l, nil
}

// treesInSight reads mountinfo until each of this process's cgroups has its tree. They are mounted when the machine starts; after
// them may come hundreds of containers with two mounts each, and every start would read them all. So it would if v2 had no tree in
// sight: the kernel names it in any case. Beside v1's trees it is looked for no further if it is in none of its usual places.
func treesInSight() ([]Mount, error) {
	wanted, err := Text("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	if !Unified() && !showsV2(CgroupPoint+"/unified") {
		wanted = withoutV2(wanted)
	}
	var trees []Mount
	var broken error
	err = pieces("/proc/self/mountinfo", func(lines string) (goOn bool) {
		found, err := cgroupTrees(lines)
		if err != nil {
			broken = err
			return false
		}
		trees = append(trees, slices.DeleteFunc(found, hidden)...)
		return len(found) == 0 || !layoutOf(trees).complete(wanted)
	})
	return trees, cmp.Or(broken, err)
}

// CgroupPoint is where cgroups are mounted: v2, or a directory with the trees of v1.
const CgroupPoint = "/sys/fs/cgroup"

// Unified tells whether v2 is mounted there.
func Unified() bool { return showsV2(CgroupPoint) }

func showsV2(dir string) bool { return !hidden(Mount{Point: dir, FSType: "cgroup2"}) }

// withoutV2 leaves out the line of v2, whose number is always 0.
func withoutV2(own string) string {
	var rest strings.Builder
	for line := range strings.Lines(own) {
		if !strings.HasPrefix(line, "0:") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// complete tells whether the layout has the whole tree of each line of a process's cgroup file: "4:cpu,cpuacct:/path", and "0::/path"
// of v2.
func (l Layout) complete(own string) bool {
	for line := range strings.Lines(own) {
		_, names, _ := strings.Cut(line, ":")
		names, _, _ = strings.Cut(names, ":")
		for name := range strings.SplitSeq(names, ",") {
			if name == "" && l.V2.Root != "/" || name != "" && l.V1[name].Root != "/" {
				return false
			}
		}
	}
	return true
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
