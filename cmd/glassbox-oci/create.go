// This file holds create, run and start.
package main

import (
	"flag"
	"os"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/runtime/container"
	"glassbox/runtime/stage"
)

// birthFlags are common to create and run.
type birthFlags struct {
	bundle, consoleSocket, pidFile, explain string
	noPivot, callersKeys                    bool
	preserve                                int
}

func (b *birthFlags) add(flags *flag.FlagSet) {
	flags.StringVar(&b.bundle, "bundle", ".", "directory with config.json")
	flags.StringVar(&b.bundle, "b", ".", "short for --bundle")
	flags.StringVar(&b.consoleSocket, "console-socket", "", "unix socket that the terminal's master is sent to")
	flags.StringVar(&b.pidFile, "pid-file", "", "write the pid of the container's first process here")
	flags.BoolVar(&b.noPivot, "no-pivot", false, "move the root instead of pivot_root (on an initramfs)")
	flags.BoolVar(&b.callersKeys, "no-new-keyring", false, "leave it the caller's session keyring")
	flags.IntVar(&b.preserve, "preserve-fds", 0, "pass this many descriptors on, from 3")
	flags.StringVar(&b.explain, "explain", "", "tell each step on standard error, as text or json")
}

func (b *birthFlags) options(g global, id, bundle string) (container.Options, error) {
	o := container.Options{ID: id, Bundle: bundle, Root: g.root, PidFile: b.pidFile, NoPivot: b.noPivot, CallersKeys: b.callersKeys,
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Preserve: preserved(b.preserve), Warn: g.warn}
	var err error
	o.Listener, err = listener(b.explain)
	return o, err
}

func preserved(n int) []*os.File {
	files := make([]*os.File, n)
	for i := range files {
		files[i] = os.NewFile(uintptr(3+i), "preserved")
	}
	return files
}

// prepare reads the command line and the bundle.
func (b *birthFlags) prepare(g global, flags *flag.FlagSet, args []string) (*specs.Spec, container.Options, error) {
	seen := container.LookAhead()
	b.add(flags)
	id, _, err := containerFlags(flags, args, 0)
	if err != nil {
		return nil, container.Options{}, err
	}
	spec, bundle, err := loadBundle(b.bundle)
	if err != nil {
		return nil, container.Options{}, err
	}
	o, err := b.options(g, id, bundle)
	if o.Seen = seen; err != nil || !g.systemdCgroup || spec.Linux == nil {
		return spec, o, err
	}
	spec.Linux.CgroupsPath, o.Scope, err = systemdPlace(spec.Linux.CgroupsPath, id)
	return spec, o, err
}

func create(g global, args []string) (int, error) {
	var b birthFlags
	spec, o, err := b.prepare(g, newFlags("create", "[options] ID"), args)
	if err != nil {
		return 1, err
	}
	t, err := openTerminal(spec.Process, b.consoleSocket, true)
	if err != nil {
		return 1, err
	}
	o.ConsoleSocket = t.socket
	_, err = container.Create(spec, o)
	return 0, err
}

func start(g global, args []string) (int, error) {
	return onContainer(g, "start", args, (*container.Container).Start)
}

func runOne(g global, args []string) (int, error) {
	var b birthFlags
	flags := newFlags("run", "[options] ID")
	detach := flags.Bool("detach", false, "do not wait for the program's end")
	flags.BoolVar(detach, "d", false, "short for --detach")
	keep := flags.Bool("keep", false, "do not delete the container when it has ended")
	flags.Bool("no-subreaper", false, "accepted: we are no reaper of others' processes")
	spec, o, err := b.prepare(g, flags, args)
	if err != nil {
		return 1, err
	}
	t, err := openTerminal(spec.Process, b.consoleSocket, *detach)
	if err != nil {
		return 1, err
	}
	defer t.restore()
	o.ConsoleSocket, o.Meanwhile = t.socket, func() { t.signals = catchSignals() }
	c, err := container.Run(spec, o)
	if err != nil || *detach {
		return 0, err
	}
	code, err := t.attend(c)
	if err != nil || *keep {
		return code, err
	}
	return code, c.Delete(true)
}

// waitFor returns the exit code of a process.
func waitFor(w waiter) (int, error) {
	status, err := w.Wait()
	return stage.ExitCode(status), err
}
