// This file takes rights away. It is the last thing before the program: afterwards we may do nothing more.
// OCI process.user, capabilities, noNewPrivileges, rlimits; linux.seccomp.
package plan

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// Confine turns the stage, still root with every capability, into what the program is to be.
func Confine(c Container, h Host) []explain.Step { return confine(c, c.Spec.Process, h) }

func confine(c Container, p *specs.Process, h Host) []explain.Step {
	filter, steps := c.Filter, slices.Concat(untracedStep(), serveSteps(c.Spec, p), processSteps(p))
	seccomp := explain.Say("Filter system calls",
		"a small program in the kernel looks at each call and refuses those that containers need not", "01",
		kernel.SeccompFilter{Program: string(filter.Program), Flags: filter.Flags})
	// To install a filter one needs CAP_SYS_ADMIN or no_new_privs: without the latter it has to be now.
	early := len(filter.Program) > 0 && !p.NoNewPrivileges
	if early {
		steps = append(steps, seccomp)
	}
	steps = append(steps, userSteps(c, p, h)...)
	if p.NoNewPrivileges {
		steps = append(steps, explain.Say("Forbid new privileges",
			"from here on no set-user-ID program can raise anyone's rights", "01", kernel.ForbidNewPrivileges{}))
	}
	if len(filter.Program) > 0 && !early {
		steps = append(steps, seccomp)
	}
	return steps
}

// untracedStep: up to now the stage has more rights than the container's processes, which keeps them off. OCI has no word for it.
func untracedStep() []explain.Step {
	return []explain.Step{explain.Say("Keep others from tracing it",
		"once it has no more rights than a neighbour, that one could take its memory and its files", "01", kernel.ForbidTracing{})}
}

// processSteps set what needs rights to be set.
func processSteps(p *specs.Process) []explain.Step {
	var ops []explain.Op
	for _, l := range p.Rlimits {
		ops = append(ops, kernel.SetRlimit{Type: l.Type, Soft: l.Soft, Hard: l.Hard})
	}
	umask := uint32(0o022)
	if p.User.Umask != nil {
		umask = *p.User.Umask
	}
	ops = append(ops, kernel.SetUmask{Mask: umask})
	return []explain.Step{explain.Say("Set the process's limits",
		"limits that hold for one process: open files, stack, the modes of new files", "02", ops...)}
}

// userSteps change the user between the bounding set and the others: dropping from the bounding set needs CAP_SETPCAP, and
// leaving user 0 clears what was not asked to be kept. The directory is entered as the user, who may not be let in.
func userSteps(c Container, p *specs.Process, h Host) []explain.Step {
	sets := capabilitySets(p.Capabilities, h.Capabilities)
	var steps []explain.Step
	if p.User.UID != 0 {
		steps = append(steps, explain.Say("Hand over input and output",
			"to open /dev/stdout is to open a pipe or terminal, and that takes its owner", "01", kernel.OwnStdio{UID: int(p.User.UID)}))
	}
	steps = append(steps, explain.Say("Drop capabilities",
		"root is cut into some forty rights; what leaves the bounding set can never come back", "01",
		kernel.DropBounding{Keep: sets.Bounding}))
	steps = append(steps, explain.Say("Become the user", "a process's rights are its user's, its groups' and its capabilities'", "01",
		kernel.KeepCapabilities{},
		kernel.SetUser{UID: int(p.User.UID), GID: int(p.User.GID), Groups: p.User.AdditionalGids, KeepGroups: keepsGroups(c, p, h)},
		sets.op()).Kept("the program would run as someone else"))
	return append(steps, explain.Say("Enter the working directory", "programs begin somewhere", "01", kernel.Enter{Path: p.Cwd}))
}

// capabilities are masks of the five sets. What the host itself lacks can not be given: it is left out. The kernel
// refuses an ambient capability that is not permitted and inheritable, so such a one is left out too.
type capabilities struct{ Bounding, Effective, Permitted, Inheritable, Ambient uint64 }

func capabilitySets(asked *specs.LinuxCapabilities, have uint64) capabilities {
	if asked == nil {
		return capabilities{}
	}
	mask := func(names []string) uint64 {
		m, _ := kernel.CapabilityMask(names) // unknown names are warned of when the specification is read
		return m & have
	}
	return capabilities{Bounding: mask(asked.Bounding), Effective: mask(asked.Effective), Permitted: mask(asked.Permitted),
		Inheritable: mask(asked.Inheritable), Ambient: mask(asked.Ambient) & mask(asked.Permitted) & mask(asked.Inheritable)}
}

func (c capabilities) op() explain.Op {
	return kernel.SetCapabilities{Permitted: c.Permitted, Effective: c.Effective, Inheritable: c.Inheritable, Ambient: c.Ambient}
}
