// This file describes a further program in a running container (exec).
package engine

import (
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// ExecProcess starts from the container's first process: its environment, directory, limits and rights. all are the
// capabilities that --privileged gives.
func ExecProcess(first *specs.Process, r ExecRequest, a Account, all []string) *specs.Process {
	p := *first
	p.Terminal, p.Args, p.ConsoleSize = r.TTY, r.Command, nil
	if r.WorkDir != "" {
		p.Cwd = r.WorkDir
	}
	p.User = a.User
	p.Env = slices.DeleteFunc(slices.Clone(p.Env), func(v string) bool { return strings.HasPrefix(v, "HOME=") })
	if r.TTY {
		p.Env = Merge(p.Env, "TERM=xterm")
	}
	p.Env = Merge(append(p.Env, "HOME="+a.Home), r.Env...)
	set := first.Capabilities.Bounding
	if r.Privileged {
		set = all
	}
	p.Capabilities = capabilitiesFor(set, a.UID)
	return &p
}
