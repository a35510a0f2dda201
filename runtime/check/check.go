// Package check reads a specification before anything is made of it, and refuses what can not be had: values that the OCI
// specification forbids, values that contradict each other, and parts that this runtime or this host does not have. It knows
// nothing of how things are done. What only the kernel can judge is left to the kernel: the birth is undone then.
package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// Spec refuses a specification. spec.Linux must be there.
func Spec(spec *specs.Spec) error {
	for _, part := range []func(*specs.Spec) error{version, rootNamed, process, hooks, annotations, mounts, namespaces, idMaps, names,
		sysctls, devices, netDevices, seccomp, paths, resources, lacking} {
		if err := part(spec); err != nil {
			return fmt.Errorf("config.json: %w", err)
		}
	}
	return nil
}

// Paths refuses a specification whose root file system is not there, or is something else. A plan may be made before it is, a
// container not.
func Paths(spec *specs.Spec, bundle string) error {
	if err := root(spec, bundle); err != nil {
		return fmt.Errorf("config.json: %w", err)
	}
	for _, m := range spec.Mounts {
		if err := boundProc(m, bundle); err != nil {
			return fmt.Errorf("config.json: %w", err)
		}
	}
	return nil
}

// Namespaces refuses a specification that joins namespaces which are not there, or are something else.
func Namespaces(spec *specs.Spec) error {
	for _, n := range spec.Linux.Namespaces {
		if n.Path == "" {
			continue
		}
		if err := isOfKind(n); err != nil {
			return fmt.Errorf("config.json: linux.namespaces: %s: %w", n.Type, err)
		}
	}
	return nil
}

// version accepts every 1.x: within a major version the specification only grows, and what is unknown is ignored.
func version(spec *specs.Spec) error {
	if spec.Version == "" {
		return fmt.Errorf("ociVersion is missing: write %q", specs.Version)
	}
	core, _, _ := strings.Cut(spec.Version, "+")
	core, _, _ = strings.Cut(core, "-")
	numbers := strings.Split(core, ".")
	for _, n := range numbers {
		if _, err := strconv.ParseUint(n, 10, 16); err != nil || len(numbers) != 3 || numbers[0] != "1" {
			return fmt.Errorf("ociVersion %q: this runtime knows versions 1.x, written as %q", spec.Version, specs.Version)
		}
	}
	return nil
}

func root(spec *specs.Spec, bundle string) error {
	path := spec.Root.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(bundle, path)
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return fmt.Errorf("root.path: %s is no directory: unpack the root file system there", path)
	}
	return nil
}

func rootNamed(spec *specs.Spec) error {
	if spec.Root == nil || spec.Root.Path == "" {
		return errors.New("root.path is missing: name the directory of the root file system")
	}
	return nil
}

func process(spec *specs.Spec) error {
	if spec.Process == nil {
		return errors.New("process is missing: name the program to run in process.args")
	}
	return processOf(spec.Process)
}

func hooks(spec *specs.Spec) error {
	if spec.Hooks == nil {
		return nil
	}
	h := spec.Hooks
	//lint:ignore SA1019 deprecated, and still in use
	for _, list := range [][]specs.Hook{h.Prestart, h.CreateRuntime, h.CreateContainer, h.StartContainer, h.Poststart, h.Poststop} {
		for _, hook := range list {
			if !filepath.IsAbs(hook.Path) {
				return fmt.Errorf("hooks: path %q: use an absolute path", hook.Path)
			}
			if hook.Timeout != nil && *hook.Timeout <= 0 {
				return fmt.Errorf("hooks: %s: timeout %d: use a number of seconds above 0, or leave it out", hook.Path, *hook.Timeout)
			}
		}
	}
	return nil
}

func annotations(spec *specs.Spec) error {
	if _, empty := spec.Annotations[""]; empty {
		return errors.New("annotations: a key is empty")
	}
	return nil
}
