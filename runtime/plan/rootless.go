// This file is about an ordinary user's containers: what he may not do is found out before it is tried. Cgroups are root's;
// where a user may make some, root (systemd, for a user's session) has given him a part of the tree.
// man 7 user_namespaces; man 7 cgroups, "Cgroups delegation".
package plan

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/kernel/look"
)

// Rootless tells whether this process may do less than root: for another user, and for the root of a user namespace. The first
// user namespace has a fixed number.
func Rootless() bool {
	if os.Geteuid() != 0 {
		return true
	}
	ns, err := os.Readlink("/proc/self/ns/user")
	return err == nil && ns != "user:[4026531837]"
}

// keepsGroups: who maps himself alone may not drop a group, for it might be there to keep him out of something. Of a namespace
// that he joins we do not know how it was mapped.
func keepsGroups(c Container, p *specs.Process, h Host) bool {
	alone := h.UID != 0 && newNamespace(c.Spec, specs.UserNamespace) && kernel.OnlyItself(idMaps(c.Spec.Linux.GIDMappings))
	joins := h.UID != 0 && !newNamespace(c.Spec, specs.UserNamespace) && len(p.User.AdditionalGids) == 0
	return alone || joins || h.NoSetgroups
}

// Delegated returns h with the trees alone in which this user may make the container's group.
func (h Host) Delegated(c Container) (Host, error) {
	group := c.CgroupPath()
	groups, err := firstLine("/proc/self/setgroups")
	if err != nil {
		return h, fmt.Errorf("may groups be dropped here: %w", err)
	}
	h.Rootless, h.NoSetgroups = true, groups == "deny"
	if h.Cgroups.Mode == look.ModeV2 {
		return h.delegatedV2(group)
	}
	trees := map[string]look.Hierarchy{}
	for controller, tree := range h.Cgroups.V1 {
		if mayWrite(nearest(tree.Dir(group))) {
			trees[controller] = tree
		} else if !strings.HasPrefix(controller, "name=") {
			h.Undelegated = append(h.Undelegated, controller)
		}
	}
	slices.Sort(h.Undelegated)
	h.Cgroups.V1 = trees
	return h, nil
}

// delegatedV2: to be born in a group one needs the right to move processes between it and one's own.
func (h Host) delegatedV2(group string) (Host, error) {
	own, err := ownGroup()
	if err != nil {
		return h, err
	}
	dir := nearest(h.Cgroups.V2.Dir(group))
	if !mayWrite(dir) || !mayWrite(path.Join(h.Cgroups.V2.Dir(common(own, group)), "cgroup.procs")) {
		h.Cgroups.Mode, h.Undelegated = look.ModeNone, h.Cgroups.V2.Controllers
		return h, nil
	}
	on, err := firstLine(path.Join(dir, "cgroup.controllers"))
	if err != nil {
		return h, fmt.Errorf("which controllers are delegated: %w", err)
	}
	h.Undelegated = slices.DeleteFunc(slices.Clone(h.Cgroups.V2.Controllers), func(c string) bool {
		return slices.Contains(strings.Fields(on), c)
	})
	h.Cgroups.V2.Controllers = strings.Fields(on)
	return h, nil
}

// ownGroup is where this process is in the v2 tree.
func ownGroup() (string, error) {
	groups, err := look.CgroupOf(os.Getpid())
	if err != nil {
		return "", err
	}
	for _, g := range groups {
		if g.ID == 0 {
			return g.Path, nil
		}
	}
	return "/", nil
}

// DelegatedPath is where an ordinary user's container goes in v2, if the specification does not say: beside the group that this
// process is in. Below it there can be no limits: a group that has processes hands down no controllers.
func (h Host) DelegatedPath(id string) (string, error) {
	if h.Cgroups.Mode != look.ModeV2 {
		return "", nil
	}
	own, err := ownGroup()
	return path.Join(path.Dir(own), "glassbox-"+id), err
}

// nearest is the directory itself or the first above it that exists.
func nearest(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == "/" {
			return dir
		}
		dir = path.Dir(dir)
	}
}

func mayWrite(file string) bool { return unix.Access(file, unix.W_OK) == nil }

// common is the longest path that both begin with.
func common(a, b string) string {
	for !strings.HasPrefix(b+"/", strings.TrimSuffix(a, "/")+"/") {
		a = path.Dir(a)
	}
	return a
}

// refuseGroups: a group that is asked for and can not be had is no detail.
func refuseGroups(c Container, h Host) error {
	if keepsGroups(c, c.Spec.Process, h) && len(c.Spec.Process.User.AdditionalGids) > 0 {
		return fmt.Errorf("process.user.additionalGids: only this user's group is mapped: map more in linux.gidMappings, by /etc/subgid")
	}
	return nil
}
