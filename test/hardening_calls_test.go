//go:build linux && amd64

// This file tries the system calls that Docker's default profile keeps from a container.
package test

import (
	"strings"
	"testing"

	moby "github.com/moby/profiles/seccomp"
)

// answers are what the profile gives where it is not EPERM. What it allows fails for another reason, or not at all.
var answers = map[string]string{"clone3": "ENOSYS", "getpid": "done", "ptrace": "ESRCH", "process_vm_readv": "done", "name_to_handle_at": "EFAULT"}

func TestCallsAreRefused(t *testing.T) {
	c := newCell(t)
	profile, err := moby.GetDefaultProfile(c.spec)
	must(t, err)
	open := answersIn(c.probe("calls"))
	for _, forbid := range []bool{false, true} {
		c.spec.Process.NoNewPrivileges = forbid // which decides when the filter is installed
		c.spec.Linux.Seccomp = profile
		got := answersIn(c.probe("calls"))
		changed := 0
		for name := range rawCalls {
			want := answers[name]
			if want == "" {
				want = "EPERM"
			}
			if got[name] != want {
				t.Errorf("%s: %s, want %s", name, got[name], want)
			}
			if open[name] != got[name] {
				changed++
			}
		}
		if changed < 10 {
			t.Errorf("without the profile %d calls are answered differently: this test proves little: %v", changed, open)
		}
	}
}

func answersIn(text string) map[string]string {
	all := map[string]string{}
	for line := range strings.Lines(text) {
		name, answer, _ := strings.Cut(strings.TrimSpace(line), ": ")
		all[name] = answer
	}
	return all
}
