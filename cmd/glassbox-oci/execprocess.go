// This file describes the program of an exec: by a file, or by the container's own process with what the flags change.
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
)

func (e *execFlags) describe(own *specs.Process, command []string) (*specs.Process, error) {
	if e.process != "" {
		return readProcess(e.process)
	}
	if len(command) == 0 {
		return nil, errors.New("exec: name the program to run after the container's id")
	}
	p := *own
	p.Args, p.Terminal = command, e.tty
	p.Env = append(slices.Clone(p.Env), e.env...)
	p.NoNewPrivileges = p.NoNewPrivileges || e.noNewPrivs
	if e.cwd != "" {
		p.Cwd = e.cwd
	}
	if e.apparmor != "" {
		p.ApparmorProfile = e.apparmor
	}
	if e.label != "" {
		p.SelinuxLabel = e.label
	}
	if len(e.caps) > 0 {
		p.Capabilities = withCapabilities(p.Capabilities, e.caps)
	}
	return &p, e.setUser(&p)
}

// readProcess reads an OCI process. What is left out has no default there, but a program must begin somewhere.
func readProcess(path string) (*specs.Process, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("exec: read --process: %w", err)
	}
	p := &specs.Process{Cwd: "/"}
	if err := json.Unmarshal(data, p); err != nil {
		return nil, fmt.Errorf("exec: read --process %s: %w", path, err)
	}
	if len(p.Args) == 0 {
		return nil, fmt.Errorf("exec: %s: args is missing: name the program to run", path)
	}
	return p, nil
}

func (e *execFlags) setUser(p *specs.Process) error {
	if e.user != "" {
		uid, gid, hasGroup := strings.Cut(e.user, ":")
		p.User = specs.User{}
		if err := setID(&p.User.UID, uid, "--user"); err != nil {
			return err
		}
		if hasGroup {
			if err := setID(&p.User.GID, gid, "--user"); err != nil {
				return err
			}
		}
	}
	for _, word := range e.groups {
		var gid uint32
		if err := setID(&gid, word, "--additional-gids"); err != nil {
			return err
		}
		p.User.AdditionalGids = append(slices.Clip(p.User.AdditionalGids), gid)
	}
	return nil
}

func setID(id *uint32, word, flag string) error {
	n, err := strconv.ParseUint(word, 10, 32)
	if err != nil {
		return fmt.Errorf("exec: %s %q: use numbers: the names are the image's", flag, word)
	}
	*id = uint32(n)
	return nil
}

func withCapabilities(own *specs.LinuxCapabilities, more []string) *specs.LinuxCapabilities {
	if own == nil {
		own = &specs.LinuxCapabilities{}
	}
	add := func(set []string) []string { return append(slices.Clone(set), more...) }
	return &specs.LinuxCapabilities{Bounding: add(own.Bounding), Effective: add(own.Effective), Permitted: add(own.Permitted),
		Inheritable: own.Inheritable, Ambient: own.Ambient}
}

// subgroups reads --cgroup: "sub", or "cpu,memory:sub", as runc has it.
func (e *execFlags) subgroups() (map[string]string, error) {
	groups := map[string]string{}
	for _, word := range e.cgroups {
		controllers, group, named := strings.Cut(word, ":")
		switch {
		case !named && len(e.cgroups) > 1:
			return nil, fmt.Errorf("exec: --cgroup %q holds for all controllers: give it once, or name controllers as cpu:GROUP", word)
		case !named:
			controllers, group = "", word
		case controllers == "" || strings.Contains(group, ":"):
			return nil, fmt.Errorf("exec: --cgroup %q: write [CONTROLLER[,CONTROLLER...]:]GROUP", word)
		}
		for _, c := range strings.Split(controllers, ",") {
			if _, twice := groups[c]; twice {
				return nil, fmt.Errorf("exec: --cgroup: the controller %q is there twice", c)
			}
			groups[c] = group
		}
	}
	return groups, nil
}
