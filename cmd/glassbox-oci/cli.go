// This file holds what every command needs: flags, the bundle, the listener of --explain.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel/quickjson"
)

const programVersion = "0.1.0"

// newFlags makes the flags of a command. Package flag takes -name and --name alike, "=" or the next word for the value.
func newFlags(name, args string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a bad flag is told of once, in main
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: glassbox-oci %s %s\n\n", name, args)
		flags.PrintDefaults()
	}
	return flags
}

// parse reads the flags up to the first other word; --help is answered here, and ends the command with flag.ErrHelp.
func parse(flags *flag.FlagSet, args []string) error {
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(os.Stdout)
		flags.Usage()
		return err
	}
	if err != nil {
		return fmt.Errorf("%s: %w: 'glassbox-oci %s --help' lists the flags", flags.Name(), err, flags.Name())
	}
	return nil
}

// parseAll reads flags wherever they stand, as crun does, and returns the other words.
func parseAll(flags *flag.FlagSet, args []string) ([]string, error) {
	var words []string
	for {
		if err := parse(flags, args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

// containerFlags parses the flags of a command that is about one container; rest are at most that many words after its id.
func containerFlags(flags *flag.FlagSet, args []string, most int) (id string, rest []string, err error) {
	words, err := parseAll(flags, args)
	if err == nil && len(words) == 0 {
		err = noContainer(flags)
	}
	if err == nil {
		err = noMore(flags, words, 1+most)
	}
	if err != nil {
		return "", nil, err
	}
	return words[0], words[1:], nil
}

// parseNone is for the commands that take flags alone.
func parseNone(flags *flag.FlagSet, args []string) error {
	words, err := parseAll(flags, args)
	if err != nil {
		return err
	}
	return noMore(flags, words, 0)
}

// noMore refuses words that the command has no use for: one of them may be the container that was meant.
func noMore(flags *flag.FlagSet, words []string, most int) error {
	if len(words) <= most {
		return nil
	}
	return fmt.Errorf("%s: a word too many: %q: 'glassbox-oci %s --help' shows how", flags.Name(), words[most], flags.Name())
}

func noContainer(flags *flag.FlagSet) error {
	return fmt.Errorf("%s: name the container: 'glassbox-oci %s --help' shows how", flags.Name(), flags.Name())
}

// loadBundle reads config.json. Unknown fields are ignored, as the OCI specification wants it; the rest is for package check.
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
	if err := quickjson.Unmarshal(data, spec); err != nil {
		return nil, "", fmt.Errorf("%s/config.json: %w", dir, err)
	}
	return spec, dir, nil
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
