// Command glassbox-oci is the OCI runtime: what Docker, Podman and containerd call to make a container out of a bundle. It is
// small and quick to start, because every container starts it: as the runtime, and as the shim that looks after the container.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim"
	"glassbox/kernel"
	"glassbox/runtime/container"
	"glassbox/runtime/stage"
)

func main() {
	if stage.IsInside() {
		stage.Main() // we are executed in a container, as its init: see runtime/stage
	}
	kernel.Begin()
	if shim.IsShim() {
		shim.Main() // we look after one container of the engine: see engine/shim
	}
	os.Exit(run(os.Args[1:]))
}

// global are the options before the command's name.
type global struct {
	root          string
	log           string
	logFormat     string
	systemdCgroup bool
}

// command is one verb of the command line.
type command struct {
	name, args, help string
	run              func(g global, args []string) (exitCode int, err error)
}

// commands lists the verbs; a function, for the list names functions that print it.
func commands() []command {
	return []command{
		{"create", "[options] ID", "make a container; its program waits for start", create},
		{"start", "ID", "run the program of a created container", start},
		{"run", "[options] ID", "create, start, wait and delete", runOne},
		{"exec", "[options] ID COMMAND [ARG...]", "run a further program in a container", execute},
		{"kill", "[--all] ID [SIGNAL]", "send a signal, SIGTERM if none is named", kill},
		{"delete", "[--force] ID", "remove a stopped container", remove},
		{"pause", "ID", "freeze every process of a container", pause},
		{"resume", "ID", "let them go on", resume},
		{"update", "[options] ID", "change the limits of a container", update},
		{"state", "ID", "print the state as JSON", state},
		{"list", "[-q] [--format table|json]", "list containers", list},
		{"ps", "[--format table|json] ID", "list the processes of a container", processes},
		{"events", "[--stats] [--interval 5s] ID", "print what a container uses, now and then", events},
		{"spec", "[--bundle DIR] [--rootless]", "write a config.json to start from", writeSpec},
		{"features", "", "print what this runtime can do, as JSON", printFeatures},
	}
}

func globalFlags(g *global) *flag.FlagSet {
	flags := newFlags("", "[global options] COMMAND")
	flags.StringVar(&g.root, "root", defaultRoot(), "directory for the state of containers")
	flags.StringVar(&g.log, "log", "", "file for errors and warnings (default: standard error)")
	flags.StringVar(&g.logFormat, "log-format", "text", "text or json")
	flags.BoolVar(&g.systemdCgroup, "systemd-cgroup", false, "cgroupsPath is slice:prefix:name, as engines write it beside systemd")
	flags.Bool("debug", false, "accepted, as engines give it; see --explain of create, run and exec")
	flags.String("rootless", "auto", "accepted, as engines give it")
	usage := flags.Usage
	flags.Usage = func() {
		usage()
		for _, c := range commands() {
			fmt.Fprintf(flags.Output(), "\n  %-9s %-32s %s", c.name, c.args, c.help)
		}
		fmt.Fprintln(flags.Output())
	}
	return flags
}

// defaultRoot is a place that the user may write to.
func defaultRoot() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && os.Geteuid() != 0 {
		return filepath.Join(dir, "glassbox-oci")
	}
	return "/run/glassbox/oci"
}

func run(args []string) int {
	g := global{}
	flags := globalFlags(&g)
	version := flags.Bool("version", false, "print the version")
	flags.BoolVar(version, "v", false, "short for --version")
	if err := parse(flags, args); err != nil {
		return g.finish(1, err)
	}
	if *version {
		printVersion()
		return 0
	}
	if g.logFormat != "text" && g.logFormat != "json" {
		return g.report(fmt.Errorf("--log-format=%s: use text or json", g.logFormat), 1)
	}
	name := flags.Arg(0)
	if name == "" {
		return g.report(errors.New("name a command: 'glassbox-oci --help' lists them"), 1)
	}
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
	if i < 0 {
		return g.report(fmt.Errorf("unknown command %q: 'glassbox-oci --help' lists them", name), 1)
	}
	return g.finish(commands()[i].run(g, flags.Args()[1:]))
}

// finish gives the exit code, and tells of the error.
func (g global) finish(code int, err error) int {
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err == nil:
		return code
	}
	var notRun *container.ExecError
	if errors.As(err, &notRun) {
		code = notRun.Code
	}
	return g.report(err, max(code, 1))
}

// printVersion prints the lines that engines look for, as runc does.
func printVersion() {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	fmt.Printf("glassbox-oci version %s\ncommit: %s\nspec: %s\ngo: %s\n", programVersion, commit, specs.Version, runtime.Version())
}
