// This file finds leaks in the kernel: what carries our names, and has no owner.
package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glassbox/kernel"
	"glassbox/kernel/look"
	"glassbox/kernel/look/links"
	"glassbox/kernel/nft"
	"glassbox/network"
)

// strayMounts lie in a directory of a container that does not run. Those on top come first.
func (e *Engine) strayMounts(o owners) ([]Leak, error) {
	mounts, err := look.Mounts(os.Getpid())
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, m := range slices.Backward(mounts) {
		for _, dir := range []string{e.dir(""), e.live("")} {
			rest, inside := strings.CutPrefix(m.Point, dir+"/")
			id, _, _ := strings.Cut(rest, "/")
			if inside && !o.ours(id) {
				leaks = append(leaks, strayed("mount", m.Point, o.absent(id), kernel.Unmount{Target: m.Point}))
			}
		}
	}
	return leaks, nil
}

// strayNamespaces are network namespaces without a container. With the last of them the kernel removes their links.
func (e *Engine) strayNamespaces(o owners) ([]Leak, error) {
	ids, err := names(filepath.Join(e.State, "netns"))
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, id := range ids {
		if !o.ours(id) {
			leaks = append(leaks, strayed("network namespace", e.netns(id), o.absent(id),
				kernel.NetnsRemove{Path: e.netns(id)}))
		}
	}
	return leaks, nil
}

// strayLinks are cables, named gb and the short id, without a container. One that is not plugged into a bridge any more was
// taken back: the kernel deletes it as soon as it comes to it.
func (e *Engine) strayLinks(o owners) ([]Leak, error) {
	list, err := links.List("")
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, l := range list {
		short, ours := strings.CutPrefix(l.Name, "gb")
		if ours && e.drew(short) && l.Master != "" && !o.owned(short) {
			leaks = append(leaks, strayed("link", l.Name, o.absent(short), kernel.LinkDelete{Name: l.Name}))
		}
	}
	return leaks, nil
}

// strayPorts lead to addresses of ours that no container has.
func (e *Engine) strayPorts(o owners) ([]Leak, error) {
	published, err := nft.Published()
	if err != nil {
		return nil, err
	}
	subnets, err := e.subnets()
	if err != nil {
		return nil, err
	}
	addresses := map[string]bool{}
	for id := range o.alive {
		sandbox, err := e.readSandbox(id)
		if err != nil {
			return nil, err
		}
		for _, a := range sandbox.Endpoints {
			for _, address := range a.Addresses {
				addresses[address.String()] = true
			}
		}
	}
	others, err := e.othersSubnets()
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, p := range published {
		if !addresses[p.Addr] && slices.ContainsFunc(subnets, within(p.Addr)) && !slices.ContainsFunc(others, within(p.Addr)) {
			port := network.Port{Proto: p.Proto, HostIP: p.HostIP, HostPort: p.HostPort, Port: p.Port}
			leaks = append(leaks, strayed("published port", port.String(), "no container has the address "+p.Addr, nft.Unpublish(p)))
		}
	}
	return leaks, nil
}

// strayCgroups are groups of our containers that do not run. All engines of the machine have theirs in one directory.
func (e *Engine) strayCgroups(o owners) ([]Leak, error) {
	layout, err := look.HostLayout()
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, tree := range layout.Trees() {
		parent := tree.Dir(cgroupParent)
		ids, err := names(parent)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			dir := filepath.Join(parent, id)
			if o.owned(id) || !exists(filepath.Join(dir, "cgroup.procs")) || !e.drew(id) && o.records[id] == nil {
				continue // it runs; or a file, or gone by now; or another engine's
			}
			leaks = append(leaks, strayed("cgroup", dir, o.absent(id), kernel.CgroupRemove{Path: dir}))
		}
	}
	return leaks, nil
}
