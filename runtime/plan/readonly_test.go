// This file holds that cgroups which are to be read-only are so in every mount that shows them: CVE-2023-25809 was a way that
// had been forgotten. On a host with v2 alone no other test of this machine may get there.
package plan

import (
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// writable lists the targets of a step whose last mount or remount is not read-only.
func writable(s explain.Step) []string {
	last := map[string]uintptr{}
	for _, op := range s.Ops {
		switch op := op.(type) {
		case kernel.MountIn:
			last[op.Target] = op.Flags
		case kernel.BindIn:
			last[op.Target] = 0
		case kernel.BindFlagsIn:
			last[op.Target] = op.Flags
		case kernel.RemountIn:
			last[op.Target] = op.Flags
		}
	}
	var all []string
	for target, flags := range last {
		if flags&unix.MS_RDONLY == 0 {
			all = append(all, target)
		}
	}
	return all
}

func TestCgroupsAreShownReadonly(t *testing.T) {
	for _, layout := range []string{"v1", "v2", "hybrid"} {
		for _, namespace := range []bool{true, false} {
			c := container(t, func(c *Container) {
				if !namespace {
					c.Spec.Linux.Namespaces = slices.DeleteFunc(c.Spec.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == specs.CgroupNamespace })
				}
			})
			for _, m := range c.Spec.Mounts {
				if m.Type != "cgroup" {
					continue
				}
				if left := writable(cgroupMount(c, host(layout), m, readOptions(m.Options))); len(left) > 0 {
					t.Errorf("%s, namespace %v: can be written: %q", layout, namespace, left)
				}
				if len(writable(cgroupMount(c, host(layout), m, readOptions([]string{"nosuid"})))) == 0 { // the control
					t.Errorf("%s, namespace %v: this would be read-only in any case", layout, namespace)
				}
			}
		}
	}
}
