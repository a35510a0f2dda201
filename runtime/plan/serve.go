// This file says how the machine serves the program: scheduler, disks, memory nodes, profile. It comes while we have the
// rights for it. OCI process.scheduler, ioPriority, execCPUAffinity, apparmorProfile; linux.memoryPolicy, personality.
package plan

import (
	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// serveSteps are none for most containers.
func serveSteps(spec *specs.Spec, p *specs.Process) []explain.Step {
	var ops []explain.Op
	if s := p.Scheduler; s != nil {
		flags := make([]string, len(s.Flags))
		for i, f := range s.Flags {
			flags[i] = string(f)
		}
		ops = append(ops, kernel.SetScheduler{Policy: string(s.Policy), Flags: flags, Nice: s.Nice, Priority: s.Priority,
			Runtime: s.Runtime, Deadline: s.Deadline, Period: s.Period})
	}
	if io := p.IOPriority; io != nil {
		ops = append(ops, kernel.SetIOPriority{Class: string(io.Class), Priority: io.Priority})
	}
	if m := spec.Linux.MemoryPolicy; m != nil {
		flags := make([]string, len(m.Flags))
		for i, f := range m.Flags {
			flags[i] = string(f)
		}
		ops = append(ops, kernel.SetMemoryPolicy{Mode: string(m.Mode), Nodes: m.Nodes, Flags: flags})
	}
	if pers := spec.Linux.Personality; pers != nil {
		ops = append(ops, kernel.SetPersonality{Domain: string(pers.Domain)})
	}
	if len(ops) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Say how it is served", "who runs, reads and allocates first is a property of the process", "02", ops...)}
}

// profileSteps go by the host's /proc, as a container's own could be a forgery.
func profileSteps(p *specs.Process) []explain.Step {
	if p.ApparmorProfile == "" || p.ApparmorProfile == "unconfined" {
		return nil
	}
	return []explain.Step{explain.Say("Choose the AppArmor profile",
		"from execve on the kernel asks the profile, too, what the program may touch", "01",
		kernel.ChangeProfile{Name: p.ApparmorProfile}).Kept("the program would run without its profile")}
}

// keyringSteps come before the filter, which forbids most programs the use of keys.
func keyringSteps(c Container) []explain.Step {
	if c.CallersKeys {
		return nil
	}
	return []explain.Step{explain.Say("Join a keyring of its own", "keys hang on a login session and are inherited: those of its maker are not for it", "01",
		kernel.JoinKeyring{Name: "_ses." + c.ID})}
}

// affinityStep binds an exec to processors: before it moves into the cgroups, and again afterwards, for a cpuset changes that.
func affinityStep(cpus string) []explain.Step {
	if cpus == "" {
		return nil
	}
	return []explain.Step{explain.Say("Choose its processors", "an exec may run where the container's other processes do not", "02",
		kernel.SetAffinity{CPUs: cpus})}
}
