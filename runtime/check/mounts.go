// This file checks the mounts.
package check

import (
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func mounts(spec *specs.Spec) error {
	for _, m := range spec.Mounts {
		if m.Destination == "" {
			return errors.New("mounts: a destination is missing")
		}
		if err := mount(spec, m); err != nil {
			return fmt.Errorf("mounts: %s: %w", m.Destination, err)
		}
	}
	return nil
}

func mount(spec *specs.Spec, m specs.Mount) error {
	asked := func(words ...string) bool {
		return slices.ContainsFunc(m.Options, func(o string) bool { return slices.Contains(words, o) })
	}
	bind := m.Type == "bind" || asked("bind", "rbind")
	mapped := len(m.UIDMappings) > 0
	switch {
	case mapped != (len(m.GIDMappings) > 0):
		return errors.New("uidMappings and gidMappings come together: add the other")
	case mapped || asked("idmap", "ridmap"):
		return mapping(spec, m, bind)
	case m.Type == "" && !bind && m.Source != "":
		return errors.New("neither a type nor the option bind: say what is to be mounted")
	}
	return nil
}

func mapping(spec *specs.Spec, m specs.Mount, bind bool) error {
	switch {
	case !bind:
		return errors.New("only a bind mount can have its ids mapped")
	case len(m.UIDMappings) == 0 && !makes(spec, specs.UserNamespace):
		return errors.New("idmap needs uidMappings and gidMappings, or a new user namespace to take them from")
	}
	return nil
}
