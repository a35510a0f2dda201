// This file runs a further program in a running container.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/runtime/container"
)

// words is a flag that may be given several times.
type words []string

func (w *words) String() string     { return strings.Join(*w, ",") }
func (w *words) Set(s string) error { *w = append(*w, s); return nil }

type execFlags struct {
	process, consoleSocket, pidFile, user, cwd, explain string
	tty, detach                                         bool
	env, caps                                           words
	preserve                                            int
}

func execute(g global, args []string) (int, error) {
	var e execFlags
	flags := newFlags("glassbox-oci exec", "[options] ID COMMAND [ARG...]")
	for _, name := range []string{"process", "p"} {
		flags.StringVar(&e.process, name, "", "JSON file with an OCI process, instead of a command")
	}
	for _, name := range []string{"tty", "t"} {
		flags.BoolVar(&e.tty, name, false, "give it a terminal")
	}
	for _, name := range []string{"detach", "d"} {
		flags.BoolVar(&e.detach, name, false, "do not wait for its end")
	}
	for _, name := range []string{"user", "u"} {
		flags.StringVar(&e.user, name, "", "uid[:gid]")
	}
	for _, name := range []string{"env", "e"} {
		flags.Var(&e.env, name, "NAME=VALUE, repeatable")
	}
	for _, name := range []string{"cap", "c"} {
		flags.Var(&e.caps, name, "add a capability, repeatable")
	}
	flags.StringVar(&e.cwd, "cwd", "", "working directory")
	flags.StringVar(&e.consoleSocket, "console-socket", "", "unix socket that the terminal's master is sent to")
	flags.StringVar(&e.pidFile, "pid-file", "", "write its pid here")
	flags.IntVar(&e.preserve, "preserve-fds", 0, "pass this many descriptors on, from 3")
	flags.StringVar(&e.explain, "explain", "", "tell each step on standard error, as text or json")
	id, err := containerFlags(flags, args)
	if err != nil {
		return 1, err
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	process, err := e.describe(c.Plan.Spec.Process, flags.Args()[1:])
	if err != nil {
		return 1, err
	}
	return e.run(c, process)
}

func (e *execFlags) run(c *container.Container, process *specs.Process) (int, error) {
	t, err := openTerminal(process, e.consoleSocket, e.detach)
	if err != nil {
		return 1, err
	}
	defer t.restore()
	l, err := listener(e.explain)
	if err != nil {
		return 1, err
	}
	p, err := c.Exec(process, container.ExecOptions{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		ConsoleSocket: t.socket, Preserve: preserved(e.preserve), PidFile: e.pidFile, Listener: l})
	if err != nil || e.detach {
		return 0, err
	}
	return t.attend(p)
}

// describe makes the process from a file, or from the container's own with what the flags change.
func (e *execFlags) describe(own *specs.Process, command []string) (*specs.Process, error) {
	if e.process != "" {
		data, err := os.ReadFile(e.process)
		if err != nil {
			return nil, fmt.Errorf("exec: read --process: %w", err)
		}
		p := &specs.Process{}
		return p, json.Unmarshal(data, p)
	}
	if len(command) == 0 {
		return nil, errors.New("exec: name the program to run after the container's id")
	}
	p := *own
	p.Args, p.Terminal = command, e.tty
	p.Env = append(slices.Clone(p.Env), e.env...)
	if e.cwd != "" {
		p.Cwd = e.cwd
	}
	if len(e.caps) > 0 {
		p.Capabilities = withCapabilities(p.Capabilities, e.caps)
	}
	if e.user == "" {
		return &p, nil
	}
	uid, gid, hasGroup := strings.Cut(e.user, ":")
	u, err := strconv.ParseUint(uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("exec: --user %q: use numbers, uid or uid:gid", e.user)
	}
	p.User = specs.User{UID: uint32(u)}
	if hasGroup {
		n, err := strconv.ParseUint(gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("exec: --user %q: use numbers, uid or uid:gid", e.user)
		}
		p.User.GID = uint32(n)
	}
	return &p, nil
}

func withCapabilities(own *specs.LinuxCapabilities, more []string) *specs.LinuxCapabilities {
	if own == nil {
		own = &specs.LinuxCapabilities{}
	}
	add := func(set []string) []string { return append(slices.Clone(set), more...) }
	return &specs.LinuxCapabilities{Bounding: add(own.Bounding), Effective: add(own.Effective), Permitted: add(own.Permitted),
		Inheritable: own.Inheritable, Ambient: own.Ambient}
}
