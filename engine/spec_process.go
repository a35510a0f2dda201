// This file describes the program: its arguments, environment, user and rights.
package engine

import (
	"fmt"
	"path"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func processSpec(r Request, image v1.Config, p Place) (*specs.Process, error) {
	args, err := commandLine(r, image)
	if err != nil {
		return nil, err
	}
	dir := r.WorkDir
	if dir == "" {
		dir = image.WorkingDir
	}
	if r.WorkDir != "" && !path.IsAbs(r.WorkDir) {
		return nil, fmt.Errorf("--workdir %s: it needs to be an absolute path", r.WorkDir)
	}
	// An image's relative directory is meant from the root, as Docker's image builder means it.
	dir = path.Join("/", dir)
	rights, err := capabilities(r.Security, p.Rights, p.Account.UID)
	if err != nil {
		return nil, err
	}
	options, err := SecurityOptions(r.Security.Options)
	if err != nil {
		return nil, err
	}
	return &specs.Process{
		Terminal:        r.TTY,
		User:            p.Account.User,
		Args:            args,
		Env:             environment(r, image, p),
		Cwd:             dir,
		Capabilities:    rights,
		Rlimits:         r.Limits.Rlimits,
		NoNewPrivileges: options.NoNewPrivileges,
		OOMScoreAdj:     r.Limits.OOMScoreAdj,
		ApparmorProfile: options.AppArmor,
	}, nil
}

// environment is Docker's, in Docker's order; a later value of a name replaces the earlier one in its place.
func environment(r Request, image v1.Config, p Place) []string {
	env := []string{defaultPath, "HOSTNAME=" + hostnameFor(r, p)}
	if r.TTY {
		env = append(env, "TERM=xterm")
	}
	env = Merge(env, image.Env...)
	env = Merge(env, r.Env...)
	if !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "HOME=") }) {
		env = append(env, "HOME="+p.Account.Home)
	}
	return env
}

// Merge adds variables, "NAME=value", to an environment. A bare NAME takes that variable away.
func Merge(env []string, more ...string) []string {
	env = slices.Clone(env)
	for _, v := range more {
		name, _, valued := strings.Cut(v, "=")
		i := slices.IndexFunc(env, func(old string) bool { return strings.HasPrefix(old, name+"=") })
		switch {
		case i >= 0 && valued:
			env[i] = v
		case i >= 0:
			env = slices.Delete(env, i, i+1)
		case valued:
			env = append(env, v)
		}
	}
	return env
}

func capabilities(s Security, all []string, uid uint32) (*specs.LinuxCapabilities, error) {
	set, err := chooseCapabilities(s, all)
	if err != nil {
		return nil, err
	}
	return capabilitiesFor(set, uid), nil
}

// capabilitiesFor gives root the chosen set. Others get it as their bound alone: by execve(2) a program of theirs starts with
// none, whatever its parent had, so a setuid program is the only way up. man 7 capabilities.
func capabilitiesFor(set []string, uid uint32) *specs.LinuxCapabilities {
	if uid != 0 {
		return &specs.LinuxCapabilities{Bounding: set}
	}
	return &specs.LinuxCapabilities{Bounding: set, Effective: set, Permitted: set}
}

// chooseCapabilities starts with the default set, or all; ALL in add or drop comes first, single names after it.
func chooseCapabilities(s Security, all []string) ([]string, error) {
	add, err := capabilityNames("--cap-add", s.CapAdd)
	if err != nil {
		return nil, err
	}
	drop, err := capabilityNames("--cap-drop", s.CapDrop)
	if err != nil {
		return nil, err
	}
	set := defaultCapabilities()
	switch {
	case s.Privileged:
		return all, nil
	case slices.Contains(add, "CAP_ALL"):
		set = all
	case slices.Contains(drop, "CAP_ALL"):
		set = nil
	}
	var chosen []string
	for _, c := range knownCapabilities() {
		if (slices.Contains(set, c) || slices.Contains(add, c)) && !slices.Contains(drop, c) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

func capabilityNames(flag string, given []string) ([]string, error) {
	var names []string
	for _, g := range given {
		name := "CAP_" + strings.TrimPrefix(strings.ToUpper(g), "CAP_")
		if name != "CAP_ALL" && !slices.Contains(knownCapabilities(), name) {
			return nil, fmt.Errorf("%s: unknown capability %q: 'man 7 capabilities' lists them", flag, g)
		}
		names = append(names, name)
	}
	return names, nil
}
