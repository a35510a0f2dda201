// This file compares what a process may do with what engines allow: Docker's default capabilities, the limits of process 1.
package xray

import (
	"slices"

	"glassbox/kernel/look"
)

// Difference is a set of capabilities beside Docker's default ones.
type Difference struct {
	Extra  []string `json:"extra"`  // has it, and a container of Docker does not by default
	Lacked []string `json:"lacked"` // the reverse
}

// usual is what Docker gives a container that asks for nothing.
func usual() []string {
	return []string{
		"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_MKNOD",
		"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
	}
}

func beside(set look.CapabilitySet) Difference {
	without := func(all, some []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(some, name) })
	}
	return Difference{Extra: without(set.Names, usual()), Lacked: without(usual(), set.Names)}
}

// readRlimits keeps the limits that are not those of process 1.
func (r *Report) readRlimits() error {
	first, err := look.Rlimits(1)
	if err != nil {
		return err
	}
	for _, l := range r.Process.Limits {
		if !slices.Contains(first, l) {
			r.Rlimits = append(r.Rlimits, l)
		}
	}
	return nil
}
