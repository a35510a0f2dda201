// This file lists who is measured, and prepares the ground: a bundle for all, as the OCI runtime specification wants it.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ground is what every contender stands on.
type ground struct {
	bin     string // our programs
	bundle  string // config.json and rootfs/
	sleeper string // a bundle with the same root, whose program goes on
	state   string // where images and containers are kept
	run     string // where it is kept what runs: a tmpfs
}

func (g ground) rootfs() string { return filepath.Join(g.bundle, "rootfs") }

// runtimes are the command lines of the OCI runtimes, ours first.
func (g ground) runtimes() []string {
	return []string{filepath.Join(g.bin, "glassbox-oci"), "crun", "runc"}
}

func tables(g ground) []*table {
	run := &table{name: "run", title: "run a static true"}
	steps := &table{name: "steps", title: "create, start, delete"}
	visit := &table{name: "exec", title: "exec in a container"}
	for _, program := range g.runtimes() {
		name := filepath.Base(program)
		command := func(args ...string) []string {
			return append([]string{program, "--root", filepath.Join(g.run, name)}, args...)
		}
		run.contenders = append(run.contenders, &contender{name: name, steps: [][]string{command("run", "--bundle", g.bundle, "bench")}})
		steps.contenders = append(steps.contenders, &contender{name: name, steps: [][]string{
			command("create", "--bundle", g.bundle, "bench"), command("start", "bench"), command("delete", "--force", "bench")}})
		visit.contenders = append(visit.contenders, &contender{name: name, steps: [][]string{command("exec", "sleeper", "/bin/true")},
			before: command("run", "--detach", "--bundle", g.sleeper, "sleeper"), after: command("delete", "--force", "sleeper")})
	}
	run.contenders = append(run.contenders,
		&contender{name: "bwrap", steps: [][]string{{"bwrap", "--unshare-all", "--bind", g.rootfs(), "/", "--proc", "/proc", "--dev", "/dev", "/bin/true"}}},
		&contender{name: "unshare", steps: [][]string{{"unshare", "-mpnuif", "chroot", g.rootfs(), "/bin/true"}}},
		&contender{name: "glassbox run box true", steps: [][]string{g.engine("run", "--rm", "box", "true")}})
	return []*table{run, steps, visit}
}

// engine is a glassbox command whose state lies in our directory.
func (g ground) engine(args ...string) []string {
	return append([]string{filepath.Join(g.bin, "glassbox"), "--root", filepath.Join(g.state, "lib"),
		"--state", filepath.Join(g.run, "glassbox")}, args...)
}

// prepare makes the bundle in dir. Its only program is the busybox of our own image.
func prepare(dir string) (ground, error) {
	bin, err := filepath.Abs("bin")
	if err != nil {
		return ground{}, err
	}
	g := ground{bin: bin, bundle: filepath.Join(dir, "bundle"), sleeper: filepath.Join(dir, "sleeper"), state: filepath.Join(dir, "state"), run: filepath.Join(dir, "run")}
	for _, dir := range []string{g.sleeper, g.run, g.rootfs() + "/bin", g.rootfs() + "/proc", g.rootfs() + "/dev", g.rootfs() + "/sys"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return g, err
		}
	}
	if err := inMemory(g.run); err != nil {
		return g, err
	}
	argv := g.engine("run", "--rm", "--network", "none", "box", "cat", "/bin/busybox")
	busybox, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		return g, fmt.Errorf("take busybox out of the image: %w", err)
	}
	for _, name := range []string{"true", "sleep"} {
		if err := os.WriteFile(filepath.Join(g.rootfs(), "bin", name), busybox, 0o755); err != nil {
			return g, err
		}
	}
	if err := g.configure(g.bundle, "/bin/true"); err != nil {
		return g, err
	}
	return g, g.configure(g.sleeper, "/bin/sleep", "1000")
}

// inMemory makes a directory what /run is.
func inMemory(dir string) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("mount a tmpfs on %s: %w", dir, err)
	}
	return nil
}

// configure writes config.json: the default that a runtime proposes, with this program and without a terminal.
func (g ground) configure(bundle string, args ...string) error {
	program := filepath.Join(g.bin, "glassbox-oci")
	if runc, err := exec.LookPath("runc"); err == nil {
		program = runc
	}
	spec := exec.Command(program, "spec")
	spec.Dir = bundle
	if out, err := spec.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", spec, err, out)
	}
	path := filepath.Join(bundle, "config.json")
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
	process["terminal"], process["args"] = false, args
	config["root"] = map[string]any{"path": g.rootfs(), "readonly": true}
	if data, err = json.Marshal(config); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}
