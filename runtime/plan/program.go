// This file is the last step of a birth, and the whole plan of a visit: an exec into a running container.
package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// Last becomes the program that was found at path. Descriptors from closed on stay behind. With --init it is the reaper that
// is executed, and the program becomes its child; until then the reaper keeps the descriptor started, whose end says that all runs.
func Last(c Container, p *specs.Process, path string, closed uint, started int) []explain.Step {
	var last explain.Op = kernel.Exec{Path: path, Args: p.Args, Env: p.Env}
	if c.Init && p == c.Spec.Process {
		last = kernel.ExecSelf{Args: append([]string{"glassbox: init", strconv.Itoa(started), path}, p.Args...), Env: p.Env}
	}
	return []explain.Step{explain.Say("Become the program",
		"execve keeps the process, with its namespaces and limits, and replaces what it runs", "01",
		kernel.CloseOnExec{First: closed}, last).Kept("there is nothing else to run")}
}

// visited are the namespaces that a visitor joins first, with the rights of the host's root, who may join all, or with those over
// the user namespace. Three come later: the cgroup namespace, see cgroupNamespaceSteps, the mount namespace, and for the program alone
// the PID namespace: the container must not see the visitor, see kernel/deputy.go.
var visited = []struct {
	kind specs.LinuxNamespaceType
	file string
}{
	{specs.IPCNamespace, "ipc"}, {specs.UTSNamespace, "uts"}, {specs.NetworkNamespace, "net"}, {specs.TimeNamespace, "time"},
}

// Visit starts a visitor to a container. OCI has no word for it; runc and Docker call it exec.
func Visit(c Container, h Host, visitor *kernel.Child) explain.Step {
	return explain.Say("Start a process", "it will be the visitor: up to now it is one of the host's", "01",
		kernel.Clone{Child: visitor, Cgroup: bornIn(c, h)}).Kept("without the process nothing can be run")
}

// joinSteps: in a user namespace one is nobody, until one becomes its user 0.
func joinSteps(c Container, h Host, init int) []explain.Step {
	var all []kernel.Namespace
	for _, v := range visited {
		if hasNamespace(c.Spec, v.kind) {
			all = append(all, kernel.Namespace{Flag: cloneFlag(v.kind), Path: fmt.Sprintf("/proc/%d/ns/%s", init, v.file)})
		}
	}
	ops := []explain.Op{kernel.JoinNamespaces{Namespaces: all}}
	switch {
	case hasNamespace(c.Spec, specs.UserNamespace):
		user := kernel.JoinNamespaces{Namespaces: []kernel.Namespace{{Flag: cloneFlag(specs.UserNamespace), Path: fmt.Sprintf("/proc/%d/ns/user", init)}}}
		becomeRoot := kernel.SetUser{KeepGroups: true}
		if h.UID == 0 {
			ops = append(ops, user, becomeRoot)
		} else {
			ops = []explain.Op{user, becomeRoot, ops[0]}
		}
	case len(all) == 0:
		return nil
	}
	return []explain.Step{explain.Say("Join its namespaces",
		"a container is no place to enter: it is the namespaces of a process, joined one by one", "01", ops...).
		Kept("the program would run among the host's")}
}

// VisitOutside moves the visitor into the container's cgroups where it can not do so itself.
func VisitOutside(c Container, h Host, pid int) []explain.Step {
	dirs := CgroupDirs(c, h.Cgroups)
	if bornIn(c, h) != "" || joinsByItself(c, h) || len(dirs) == 0 {
		return nil
	}
	return []explain.Step{joinStep(dirs, pid)}
}

// VisitInside ends where Confine begins.
func VisitInside(c Container, p *specs.Process, init int, h Host) []explain.Step {
	var first, final string
	if a := p.ExecCPUAffinity; a != nil {
		first, final = a.Initial, a.Final
	}
	// What is written in /proc comes first: as another user one's own files there are root's, until one executes something.
	steps := slices.Concat(oomSteps(p), profileSteps(p), joinSteps(c, h, init), keyringSteps(c), affinityStep(first), selfJoinSteps(c, h), affinityStep(final))
	if hasNamespace(c.Spec, specs.CgroupNamespace) {
		steps = append(steps, joinCgroupNamespace(fmt.Sprintf("/proc/%d/ns/cgroup", init)))
	}
	if spawns(c) {
		steps = append(steps, explain.Say("Prepare to be born among its processes",
			"only children enter a PID namespace: the visitor itself stays out of the container's sight", "01",
			kernel.JoinProcesses{Path: fmt.Sprintf("/proc/%d/ns/pid", init)}).
			Kept("the program would see the host's processes"))
	}
	if hasNamespace(c.Spec, specs.MountNamespace) {
		steps = append(steps, explain.Say("Join the mount namespace",
			"from here on every path is the container's", "01", kernel.JoinMounts{Path: fmt.Sprintf("/proc/%d/ns/mnt", init)}).
			Kept("the program would run with the host's files"))
	}
	if p.Terminal {
		steps = append(steps, visitorsTerminal(p))
	}
	return slices.Concat(steps, confine(c, p, h))
}

// spawns tells whether a visitor's program is cloned by the visitor, rather than what it becomes.
func spawns(c Container) bool { return hasNamespace(c.Spec, specs.PIDNamespace) }

// LastVisit runs the visitor's program, which is at one of the paths.
func LastVisit(c Container, p *specs.Process, paths []string, closed uint) []explain.Step {
	return []explain.Step{explain.Say("Run the program", "what the container sees first of it has its rights and no more, and is not ours", "01",
		kernel.CloseOnExec{First: closed},
		kernel.Spawn{Paths: paths, Args: p.Args, Env: p.Env, Terminal: p.Terminal, Sibling: spawns(c)}).Kept("there is nothing else to run")}
}

// WithDescriptors returns the steps with the descriptors that only the one who carries them out knows: the socket that the
// terminal's master is sent over, this program, and the first of the mounts that were made outside.
func WithDescriptors(steps []explain.Step, socket, self, tree int) []explain.Step {
	for _, s := range steps {
		for i, op := range s.Ops {
			switch op := op.(type) {
			case kernel.OpenTerminal:
				op.Socket = socket
				s.Ops[i] = op
			case kernel.ExecSelf:
				op.Self = self
				s.Ops[i] = op
			case kernel.CopyUpIn:
				op.Self = self
				s.Ops[i] = op
			case kernel.PlaceTreeIn:
				op.First = tree
				s.Ops[i] = op
			}
		}
	}
	return steps
}

// RunsItself tells whether the stage executes this program: as the init, or for what is more than a list of calls.
func RunsItself(c Container) bool {
	return c.Init || slices.ContainsFunc(c.Spec.Mounts, func(m specs.Mount) bool { return readOptions(m.Options).copyUp })
}
