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

// visited are the namespaces that a visitor joins before it is cloned, in the order in which rights allow it. Three come later,
// by the stage itself: the cgroup namespace, see namespaceSteps, the mount namespace, and for its child alone the PID
// namespace: the container must not see the stage, see kernel.Spawn. The time namespace is left out: only
// a process of a single thread may join one (EUSERS), and a Go program has several. A visitor keeps the host's clocks.
var visited = []struct {
	kind specs.LinuxNamespaceType
	file string
}{
	{specs.UserNamespace, "user"}, {specs.IPCNamespace, "ipc"}, {specs.UTSNamespace, "uts"}, {specs.NetworkNamespace, "net"},
}

// Visit starts a stage in the namespaces of the process init. OCI has no word for it; runc and Docker call it exec.
func Visit(c Container, h Host, init int, child *kernel.Child) explain.Step {
	op := kernel.Clone{Child: child, Cgroup: bornIn(c, h)}
	var ops []explain.Op
	if spawns(c) {
		ops = append(ops, kernel.AdoptOrphans{}) // the program is the stage's child, and outlives it
	}
	for _, v := range visited {
		if hasNamespace(c.Spec, v.kind) {
			op.Join = append(op.Join, kernel.Namespace{Flag: cloneFlag(v.kind), Path: fmt.Sprintf("/proc/%d/ns/%s", init, v.file)})
		}
	}
	return explain.Say("Start a process in its namespaces",
		"a container is no place to enter: it is the namespaces of a process, joined one by one", "01", append(ops, op)...).
		Kept("without the process nothing can be run")
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
	h.Stage.Init = init
	var first, final string
	if a := p.ExecCPUAffinity; a != nil {
		first, final = a.Initial, a.Final
	}
	steps := slices.Concat(keyringSteps(c), affinityStep(first), selfJoinSteps(c, h), affinityStep(final), oomSteps(p), profileSteps(p))
	if hasNamespace(c.Spec, specs.CgroupNamespace) {
		steps = append(steps, joinCgroupNamespace(fmt.Sprintf("/proc/%d/ns/cgroup", init)))
	}
	if spawns(c) {
		steps = append(steps, explain.Say("Prepare to be born among its processes",
			"only children enter a PID namespace: the stage stays out of the container's sight", "01",
			kernel.JoinProcesses{Path: fmt.Sprintf("/proc/%d/ns/pid", init)}).
			Kept("the program would see the host's processes"))
	}
	if hasNamespace(c.Spec, specs.MountNamespace) {
		steps = append(steps, explain.Say("Join the mount namespace",
			"from here on every path is the container's", "01", kernel.JoinMounts{Path: fmt.Sprintf("/proc/%d/ns/mnt", init)}).
			Kept("the program would run with the host's files"))
	}
	if p.Terminal {
		steps = append(steps, visitorsTerminal(c, p))
	}
	return slices.Concat(steps, confine(c, p, h, specs.StateRunning))
}

// spawns tells whether a visitor's program is a child of the stage, rather than what the stage becomes.
func spawns(c Container) bool { return hasNamespace(c.Spec, specs.PIDNamespace) }

// LastVisit runs the visitor's program. child receives its pid, if it is a child of the stage.
func LastVisit(c Container, p *specs.Process, path string, closed uint, child *kernel.Child) []explain.Step {
	if !spawns(c) {
		return Last(c, p, path, closed, 0)
	}
	return []explain.Step{explain.Say("Run the program", "what the container sees first of it has its rights and no more, and is not ours", "01",
		kernel.CloseOnExec{First: closed},
		kernel.Spawn{Path: path, Args: p.Args, Env: p.Env, Terminal: p.Terminal, Child: child}).Kept("there is nothing else to run")}
}

// WithDescriptors returns the steps with the descriptors that only the one who carries them out knows: the socket that the
// terminal's master is sent over, that of the one who decides system calls, and the first of the mounts that were made outside.
func WithDescriptors(steps []explain.Step, socket, agent, tree int) []explain.Step {
	for _, s := range steps {
		for i, op := range s.Ops {
			switch op := op.(type) {
			case kernel.OpenTerminal:
				op.Socket = socket
				s.Ops[i] = op
			case kernel.SeccompFilter:
				op.Socket = agent
				s.Ops[i] = op
			case kernel.PlaceTreeIn:
				op.First = tree
				s.Ops[i] = op
			}
		}
	}
	return steps
}
