// Command glassbox-oci is the OCI runtime: what Docker, Podman and containerd call to make a container out of a bundle. It is
// small and quick to start, because every container starts it three times: as the runtime, as the stage inside the new
// namespaces, and as the shim that looks after the container.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim"
	"glassbox/runtime/container"
	"glassbox/runtime/stage"
)

func main() {
	if stage.IsInside() {
		stage.Main() // we are the second copy of ourselves, already in the new namespaces: see runtime/stage
	}
	if shim.IsShim() {
		shim.Main() // we look after one container of the engine: see engine/shim
	}
	os.Exit(run(os.Args[1:]))
}

// global are the options before the command's name.
type global struct {
	root      string
	log       string
	logFormat string
	debug     bool
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
		{"state", "ID", "print the state as JSON", state},
		{"kill", "[--all] ID [SIGNAL]", "send a signal, SIGTERM if none is named", kill},
		{"delete", "[--force] ID", "remove a stopped container", remove},
		{"run", "[options] ID", "create, start, wait and delete", runOne},
		{"exec", "[options] ID COMMAND [ARG...]", "run a further program in a container", execute},
		{"list", "[-q] [--format table|json]", "list containers", list},
		{"spec", "[--bundle DIR]", "write a config.json to start from", writeSpec},
	}
}

func run(args []string) int {
	g := global{}
	flags := newFlags("glassbox-oci", "[global options] COMMAND")
	flags.StringVar(&g.root, "root", "/run/glassbox/oci", "directory for the state of containers")
	flags.StringVar(&g.log, "log", "", "file for error messages (default: standard error)")
	flags.StringVar(&g.logFormat, "log-format", "text", "text or json")
	flags.BoolVar(&g.debug, "debug", false, "accepted, as engines pass it")
	version := flags.Bool("version", false, "print the version")
	if code, ended := parse(flags, args); ended {
		return code
	}
	if *version {
		fmt.Printf("glassbox-oci version %s\nspec: %s\n", programVersion, specs.Version)
		return 0
	}
	name := flags.Arg(0)
	i := slices.IndexFunc(commands(), func(c command) bool { return c.name == name })
	if i < 0 {
		flags.Usage()
		return report(g, fmt.Errorf("unknown command %q: 'glassbox-oci --help' lists them", name), 1)
	}
	code, err := commands()[i].run(g, flags.Args()[1:])
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return code
	}
	var notRun *container.ExecError
	if errors.As(err, &notRun) {
		code = notRun.Code
	}
	return report(g, err, max(code, 1))
}
