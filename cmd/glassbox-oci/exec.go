// This file runs a further program in a running container.
package main

import (
	"flag"
	"os"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/runtime/container"
	"glassbox/runtime/plan"
)

// words is a flag that may be given several times.
type words []string

func (w *words) String() string     { return strings.Join(*w, ",") }
func (w *words) Set(s string) error { *w = append(*w, s); return nil }

type execFlags struct {
	process, consoleSocket, pidFile, user, cwd, explain string
	apparmor, label                                     string
	tty, detach, noNewPrivs, ignorePaused               bool
	env, caps, groups, cgroups                          words
	preserve                                            int
}

func (e *execFlags) add(flags *flag.FlagSet) {
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
	for _, name := range []string{"additional-gids", "g"} {
		flags.Var(&e.groups, name, "a further group by number, repeatable")
	}
	for _, name := range []string{"env", "e"} {
		flags.Var(&e.env, name, "NAME=VALUE, repeatable")
	}
	for _, name := range []string{"cap", "c"} {
		flags.Var(&e.caps, name, "add a capability, repeatable")
	}
	flags.BoolVar(&e.noNewPrivs, "no-new-privs", false, "no set-user-ID program may raise its rights")
	flags.StringVar(&e.apparmor, "apparmor", "", "AppArmor profile")
	flags.StringVar(&e.label, "process-label", "", "SELinux label")
	flags.Var(&e.cgroups, "cgroup", "[CONTROLLER[,…]:]GROUP below the container's, repeatable")
	flags.BoolVar(&e.ignorePaused, "ignore-paused", false, "wait in a paused container until it is resumed")
	flags.StringVar(&e.cwd, "cwd", "", "working directory")
	flags.StringVar(&e.consoleSocket, "console-socket", "", "unix socket that the terminal's master is sent to")
	flags.StringVar(&e.pidFile, "pid-file", "", "write its pid here")
	flags.IntVar(&e.preserve, "preserve-fds", 0, "pass this many descriptors on, from 3")
	flags.StringVar(&e.explain, "explain", "", "tell each step on standard error, as text or json")
	flags.Bool("no-subreaper", false, "accepted: we are no reaper of others' processes")
}

func execute(g global, args []string) (int, error) {
	var e execFlags
	flags := newFlags("exec", "[options] ID COMMAND [ARG...]")
	e.add(flags)
	if err := parse(flags, args); err != nil { // what follows the id is the program's
		return 1, err
	}
	if flags.NArg() == 0 {
		return 1, noContainer(flags)
	}
	c, err := container.Load(g.root, flags.Arg(0))
	if err != nil {
		return 1, err
	}
	process, err := e.describe(c.Plan.Spec.Process, flags.Args()[1:])
	if err != nil {
		return 1, err
	}
	for _, text := range plan.CapabilityWarnings(process, c.Host) {
		g.warn(text)
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
	subgroups, err := e.subgroups()
	if err != nil {
		return 1, err
	}
	p, err := c.Exec(process, container.ExecOptions{IgnorePaused: e.ignorePaused, Subgroups: subgroups,
		Meanwhile: func() { t.signals = catchSignals() },
		Stdin:     os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		ConsoleSocket: t.socket, Preserve: preserved(e.preserve), PidFile: e.pidFile, Listener: l})
	if err != nil {
		return 1, err
	}
	if e.detach {
		return 0, nil
	}
	return t.attend(p)
}
