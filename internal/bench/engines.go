// This file lists the engines, what users call docker: ours, Docker with a daemon of its own, and Podman; all with the same image.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// cgroupParent is where Docker and Podman make their groups; without it they would share ours or make further ones.
const cgroupParent = "/glassbox-bench"

func (g ground) docker(args ...string) []string {
	return append([]string{"docker", "--host", "unix://" + g.socket()}, args...)
}

func (g ground) socket() string { return filepath.Join(g.state, "docker.sock") }

func (g ground) podman(args ...string) []string {
	return append([]string{"podman", "--root", filepath.Join(g.state, "podman"), "--runroot", filepath.Join(g.run, "podman"),
		"--tmpdir", filepath.Join(g.run, "podman-tmp"), "--storage-driver", "overlay", "--cgroup-manager", "cgroupfs", "--events-backend", "file"}, args...)
}

func engineTables(g ground) []*table {
	bridge := &table{name: "bridge", title: "run --rm box true"}
	none := &table{name: "none", title: "run --rm --network none"}
	visit := &table{name: "visit", title: "engine's exec of true"}
	limits := []string{"--cgroup-parent", cgroupParent, "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"} // its own are above what root has everywhere
	for _, e := range []struct {
		name    string
		command func(...string) []string
		flags   []string
	}{{"glassbox", g.engine, nil}, {"docker", g.docker, nil}, {"podman", g.podman, limits}} {
		run := func(args ...string) []string { return append(append(e.command("run"), e.flags...), args...) }
		bridge.contenders = append(bridge.contenders, &contender{name: e.name, steps: [][]string{run("--rm", "box", "true")}})
		none.contenders = append(none.contenders, &contender{name: e.name, steps: [][]string{run("--rm", "--network", "none", "box", "true")}})
		visit.contenders = append(visit.contenders, &contender{name: e.name, steps: [][]string{e.command("exec", "bench-sleeper", "true")},
			before: run("-d", "--name", "bench-sleeper", "--network", "none", "box", "sleep", "10000"), after: e.command("rm", "-f", "bench-sleeper")})
	}
	return []*table{bridge, none, visit}
}

// engines starts Docker's daemon, where there is one, and gives both peers our image. The function that it returns ends all.
func (g ground) engines() (end func() error, err error) {
	archive := filepath.Join(g.state, "box.tar")
	save := g.engine("save", "-o", archive, "box")
	if out, err := exec.Command(save[0], save[1:]...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("save the image: %w: %s", err, out)
	}
	stop, err := g.startDocker()
	if err != nil {
		return nil, err
	}
	for _, load := range [][]string{g.docker("load", "-i", archive), g.podman("load", "-i", archive)} {
		if _, err := exec.LookPath(load[0]); err != nil {
			continue // the tables will say that it is not installed
		}
		if out, err := exec.Command(load[0], load[1:]...).CombinedOutput(); err != nil {
			return nil, errors.Join(fmt.Errorf("give the image to %s: %w: %s", load[0], err, out), stop())
		}
	}
	return func() error {
		return errors.Join(stop(), sweepGroups())
	}, nil
}

// sweepGroups removes the groups that Podman leaves, and what it takes for groups: where the v2 tree is not mounted it writes into
// the tmpfs below.
func sweepGroups() error {
	below := "*" + cgroupParent + "*"
	for _, find := range [][]string{
		{"/sys/fs/cgroup", "-fstype", "tmpfs", "-path", below, "-type", "f", "-delete"},
		{"/sys/fs/cgroup", "-depth", "-type", "d", "-path", below, "-exec", "rmdir", "{}", "+"},
	} {
		if out, err := exec.Command("find", find...).CombinedOutput(); err != nil {
			return fmt.Errorf("remove the groups %s: %w: %s", cgroupParent, err, out)
		}
	}
	return nil
}

// startDocker waits until the daemon answers.
func (g ground) startDocker() (stop func() error, err error) {
	config := filepath.Join(g.state, "docker.json")
	if err := os.WriteFile(config, []byte("{}"), 0o600); err != nil { // not the machine's own configuration
		return nil, fmt.Errorf("write dockerd's configuration: %w", err)
	}
	daemon := exec.Command("dockerd", "--config-file", config, "--data-root", filepath.Join(g.state, "docker"), "--exec-root", filepath.Join(g.run, "docker"),
		"--pidfile", filepath.Join(g.state, "docker.pid"), "--host", "unix://"+g.socket(), "--cgroup-parent", cgroupParent, "--shutdown-timeout", "2")
	err = daemon.Start()
	if errors.Is(err, exec.ErrNotFound) {
		return func() error { return nil }, nil
	}
	if err != nil {
		return nil, fmt.Errorf("start dockerd: %w", err)
	}
	stop = func() error { return errors.Join(daemon.Process.Signal(unix.SIGTERM), daemon.Wait()) }
	for range 300 {
		ask := g.docker("version")
		if exec.Command(ask[0], ask[1:]...).Run() == nil {
			return stop, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("dockerd does not answer within 30 seconds"), stop())
}
