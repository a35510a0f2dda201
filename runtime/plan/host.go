// This file gathers the facts about the host that plans are made from. It only reads.
package plan

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/kernel"
	"glassbox/kernel/look"
)

// LookAtCgroups gathers what the birth depends on, which can not wait.
func LookAtCgroups() (Host, error) {
	h := Host{Paths: map[string]Kind{}, UID: os.Geteuid()}
	var err error
	if h.Cgroups, err = look.HostLayout(); err != nil {
		return Host{}, err
	}
	if tree, version := h.Cgroups.Where("cpuset"); version == 1 {
		if h.CPUs, err = firstLine(tree.Point + "/cpuset.cpus"); err != nil {
			return Host{}, err
		}
		if h.MemoryNodes, err = firstLine(tree.Point + "/cpuset.mems"); err != nil {
			return Host{}, err
		}
	}
	return h, nil
}

// Now is what was found, and the capabilities that we have today: all that a visit depends on.
func (h Host) Now(c Container) Host {
	h.Capabilities = kernel.BoundingSet()
	if newNamespace(c.Spec, specs.UserNamespace) {
		h.Capabilities = ^uint64(0) // whoever makes one has all of them inside
	}
	return h
}

// Look adds the rest to what LookAtCgroups has found.
func (h Host) Look(c Container) (Host, error) {
	h = h.Now(c)
	h.Delegable = delegable(c, h)
	if c.Spec.Linux != nil {
		h.lookAt(c.Spec.Linux.MaskedPaths)
		h.lookAt(c.Spec.Linux.ReadonlyPaths)
	}
	for _, m := range c.Spec.Mounts {
		if !readOptions(m.Options).bind && m.Type != "bind" {
			continue
		}
		source := m.Source
		if !filepath.IsAbs(source) {
			source = filepath.Join(c.Bundle, source)
		}
		h.lookAt([]string{source})
		if h.Paths[source] == Absent {
			return Host{}, fmt.Errorf("mount %s: the source %s does not exist on the host: make it first", m.Destination, source)
		}
	}
	return h, nil
}

func (h Host) lookAt(paths []string) {
	for _, p := range paths {
		switch info, err := os.Stat(p); {
		case err != nil: // absent, or as good as absent
		case info.IsDir():
			h.Paths[p] = Dir
		default:
			h.Paths[p] = File
		}
	}
}

func firstLine(path string) (string, error) {
	text, err := look.Text(path)
	line, _, _ := strings.Cut(text, "\n")
	return line, err
}
