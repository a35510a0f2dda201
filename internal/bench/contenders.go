// This file lists who is measured, and prepares the ground: one bundle for all, as the OCI runtime specification wants it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ground is what every contender stands on.
type ground struct {
	bin    string // our programs
	bundle string // config.json and rootfs/
	state  string // where the runtimes keep their state
}

func (g ground) rootfs() string { return filepath.Join(g.bundle, "rootfs") }

func contenders(g ground) []*contender {
	oci := func(program string) []string {
		return []string{program, "--root", filepath.Join(g.state, filepath.Base(program)), "run", "--bundle", g.bundle, "bench"}
	}
	return []*contender{
		{name: "glassbox-oci run", argv: oci(filepath.Join(g.bin, "glassbox-oci"))},
		{name: "crun run", argv: oci("crun")},
		{name: "runc run", argv: oci("runc")},
		{name: "bwrap", argv: []string{"bwrap", "--unshare-all", "--bind", g.rootfs(), "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"}},
		{name: "unshare", argv: []string{"unshare", "-mpnuif", "chroot", g.rootfs(), "/bin/true"}},
		{name: "glassbox run box true", argv: g.engine("run", "--rm", "box", "true")},
	}
}

// engine is a glassbox command whose state lies in our directory.
func (g ground) engine(args ...string) []string {
	return append([]string{filepath.Join(g.bin, "glassbox"), "--root", filepath.Join(g.state, "lib"),
		"--state", filepath.Join(g.state, "run")}, args...)
}

// prepare makes the bundle in dir. Its only program is the busybox of our own image.
func prepare(dir string) (ground, error) {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return ground{}, err
	}
	g := ground{bin: bin, bundle: filepath.Join(dir, "bundle"), state: filepath.Join(dir, "state")}
	for _, name := range []string{"bin", "proc", "dev", "sys"} {
		if err := os.MkdirAll(filepath.Join(g.rootfs(), name), 0o755); err != nil {
			return g, err
		}
	}
	argv := g.engine("run", "--rm", "--network", "none", "box", "cat", "/bin/busybox")
	busybox, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		return g, fmt.Errorf("take busybox out of the image: %w", err)
	}
	if err := os.WriteFile(filepath.Join(g.rootfs(), "bin/true"), busybox, 0o755); err != nil {
		return g, err
	}
	return g, g.configure()
}

// configure writes config.json: the default that a runtime proposes, running `true` without a terminal.
func (g ground) configure() error {
	program := filepath.Join(g.bin, "glassbox-oci")
	if runc, err := exec.LookPath("runc"); err == nil {
		program = runc
	}
	spec := exec.Command(program, "spec")
	spec.Dir = g.bundle
	if out, err := spec.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", spec, err, out)
	}
	path := filepath.Join(g.bundle, "config.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var config map[string]any
	if err := json.Unmarshal(data, &config); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	process, ok := config["process"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s: it has no process", path)
	}
	process["terminal"], process["args"] = false, []string{"/bin/true"}
	if data, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
