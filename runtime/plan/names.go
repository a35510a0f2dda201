// This file names the machine and sets its kernel parameters.
package plan

import (
	"maps"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// workSteps make the working directory where the image has none, as other runtimes do.
func workSteps(c Container) []explain.Step {
	if c.Spec.Process.Cwd == "/" {
		return nil
	}
	return []explain.Step{explain.Say("Make the working directory", "the image need not have it", "03",
		kernel.EnsureDirIn{Root: c.Rootfs(), Path: c.Spec.Process.Cwd, Mode: 0o755})}
}

func nameSteps(spec *specs.Spec) []explain.Step {
	var ops []explain.Op
	if spec.Hostname != "" {
		ops = append(ops, kernel.SetHostname{Name: spec.Hostname})
	}
	if spec.Domainname != "" {
		ops = append(ops, kernel.SetDomainname{Name: spec.Domainname})
	}
	if len(ops) == 0 {
		return nil
	}
	step := explain.Say("Name the machine", "the UTS namespace starts as a copy of the host's, with the host's name", "01", ops...)
	if !hasNamespace(spec, specs.UTSNamespace) {
		step = step.Kept("the host would be renamed")
	}
	return []explain.Step{step}
}

// sysctlSteps write while the host's /proc is still in sight, for containers that have none. Which namespace a parameter belongs to
// is decided by the writer, not by the /proc it goes through.
func sysctlSteps(c Container) []explain.Step {
	values := c.Spec.Linux.Sysctl
	if len(values) == 0 {
		return nil
	}
	var ops []explain.Op
	for _, name := range slices.Sorted(maps.Keys(values)) {
		ops = append(ops, kernel.SetSysctlIn{Root: c.Rootfs(), Name: name, Value: values[name]})
	}
	return []explain.Step{explain.Say("Set kernel parameters",
		"parameters of the network and IPC belong to the namespace of the one who writes them", "01", ops...)}
}

// oomSteps, too, go by the host's /proc.
func oomSteps(p *specs.Process) []explain.Step {
	if p.OOMScoreAdj == nil {
		return nil
	}
	return []explain.Step{explain.Say("Set its place in the OOM order",
		"when memory runs out the kernel kills who scores highest", "02", kernel.SetOOMScore{Score: *p.OOMScoreAdj})}
}
