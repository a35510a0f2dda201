// This file checks the process: of a container, and of an exec.
package check

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Process refuses a process that is to be run in a container.
func Process(p *specs.Process) error {
	if err := processOf(p); err != nil {
		return fmt.Errorf("the process to run: %w", err)
	}
	return nil
}

func processOf(p *specs.Process) error {
	switch {
	case len(p.Args) == 0:
		return errors.New("process.args is missing: name the program to run")
	case !filepath.IsAbs(p.Cwd):
		return fmt.Errorf("process.cwd %q: use an absolute path", p.Cwd)
	case p.OOMScoreAdj != nil && (*p.OOMScoreAdj < -1000 || *p.OOMScoreAdj > 1000):
		return fmt.Errorf("process.oomScoreAdj %d: use -1000 to 1000", *p.OOMScoreAdj)
	case p.User.Umask != nil && *p.User.Umask > 0o777:
		return fmt.Errorf("process.user.umask %d: use 0 to 511 (octal 777)", *p.User.Umask)
	}
	if err := environment(p.Env); err != nil {
		return err
	}
	if err := rlimits(p.Rlimits); err != nil {
		return err
	}
	return label(p)
}

// environment: the C library ignores a variable without "=", and so would hide the mistake.
func environment(env []string) error {
	for _, v := range env {
		if name, _, ok := strings.Cut(v, "="); !ok || name == "" || strings.ContainsRune(v, 0) {
			return fmt.Errorf("process.env %q: write NAME=VALUE", v)
		}
	}
	return nil
}

func rlimits(limits []specs.POSIXRlimit) error {
	for i, l := range limits {
		if l.Soft > l.Hard {
			return fmt.Errorf("process.rlimits: %s: the soft limit %d is above the hard limit %d", l.Type, l.Soft, l.Hard)
		}
		for _, other := range limits[:i] {
			if other.Type == l.Type {
				return fmt.Errorf("process.rlimits: %s is there twice", l.Type)
			}
		}
	}
	return nil
}
