// This file holds what every command needs: flags, the bundle, errors printed once.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
)

const programVersion = "0.1.0"

func newFlags(name, args string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: %s %s\n\n", name, args)
		if name == "glassbox-oci" {
			for _, c := range commands() {
				fmt.Fprintf(flags.Output(), "  %-8s %s\n", c.name, c.help)
			}
			fmt.Fprintln(flags.Output())
		}
		flags.PrintDefaults()
	}
	return flags
}

// parse tells whether the program ends here: after --help, or after a bad flag, which package flag has reported.
func parse(flags *flag.FlagSet, args []string) (code int, ended bool) {
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0, true
	case err != nil:
		return 1, true
	}
	return 0, false
}

// containerFlags parses the flags of a command that is about one container.
func containerFlags(flags *flag.FlagSet, args []string) (id string, err error) {
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	if flags.NArg() == 0 {
		return "", fmt.Errorf("%s: name the container: %s --help", flags.Name(), flags.Name())
	}
	return flags.Arg(0), nil
}

// loadBundle reads config.json. Unknown fields are ignored, as the OCI specification wants it.
func loadBundle(dir string) (*specs.Spec, string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, "", err
	}
	data, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, "", fmt.Errorf("%s holds no config.json: name the bundle with --bundle, or write one with 'glassbox-oci spec'", dir)
	}
	if err != nil {
		return nil, "", err
	}
	spec := &specs.Spec{}
	if err := json.Unmarshal(data, spec); err != nil {
		return nil, "", fmt.Errorf("%s/config.json: %w", dir, err)
	}
	return spec, dir, nil
}

// report prints an error once: where the engine asked for it, and as it asked.
func report(g global, err error, code int) int {
	fmt.Fprintf(os.Stderr, "glassbox-oci: %v\n", err)
	if g.log == "" {
		return code
	}
	f, openErr := os.OpenFile(g.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if openErr != nil {
		fmt.Fprintf(os.Stderr, "glassbox-oci: open the log: %v\n", openErr)
		return code
	}
	defer f.Close()
	if g.logFormat == "json" {
		line, _ := json.Marshal(map[string]string{"level": "error", "msg": err.Error(), "time": time.Now().Format(time.RFC3339)})
		fmt.Fprintf(f, "%s\n", line)
	} else {
		fmt.Fprintf(f, "time=%q level=error msg=%q\n", time.Now().Format(time.RFC3339), err.Error())
	}
	return code
}

// listener makes the listener of --explain.
func listener(mode string) (explain.Listener, error) {
	switch mode {
	case "":
		return nil, nil
	case "text", "json":
		return &explain.Print{W: os.Stderr, Style: explain.Style{JSON: mode == "json"}}, nil
	}
	return nil, fmt.Errorf("--explain=%s: use text or json", mode)
}
