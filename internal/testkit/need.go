// Package testkit is what the tests share: needs that are named when they are missing, a sandbox of namespaces to run in,
// pictures of the kernel's state to compare, golden files, and the built programs.
//
// This file: needs. A skip is loud and has a reason, and where the test must run it is a failure: MUST_RUN=1 forbids every
// skip, MUST_RUN=root,nft those for these needs; MAY_SKIP=systemd allows some for what this kind of machine can not have.
package testkit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Requirement is something of the machine that a test can not do without.
type Requirement struct {
	Name string
	Met  func() error
}

// Root is the right to make namespaces, mounts and cgroups.
func Root() Requirement {
	return Requirement{"root", func() error {
		if os.Geteuid() != 0 {
			return errors.New("run the tests as root")
		}
		return nil
	}}
}

// Binary is a program in PATH.
func Binary(name string) Requirement {
	return Requirement{name, func() error {
		_, err := exec.LookPath(name)
		return err
	}}
}

// FileSystem is a filesystem type that the kernel has, or loads as a module: "overlay".
func FileSystem(name string) Requirement {
	return Requirement{name, func() error {
		fd, err := unix.Fsopen(name, unix.FSOPEN_CLOEXEC)
		if err != nil {
			return fmt.Errorf("fsopen(%q): %w; try: modprobe %s", name, err, name)
		}
		return unix.Close(fd)
	}}
}

// Processors are as many as the test binds something to.
func Processors(n int) Requirement {
	return Requirement{"processors", func() error {
		if runtime.NumCPU() < n {
			return fmt.Errorf("this machine has %d, not %d", runtime.NumCPU(), n)
		}
		return nil
	}}
}

// Cgroup2 is a machine whose whole cgroup tree is of version 2. (statfs tells: on a hybrid machine /sys/fs/cgroup is a tmpfs.)
func Cgroup2() Requirement {
	return Requirement{"cgroup2", func() error {
		var fs unix.Statfs_t
		if err := unix.Statfs("/sys/fs/cgroup", &fs); err != nil {
			return err
		}
		if fs.Type != unix.CGROUP2_SUPER_MAGIC {
			return errors.New("/sys/fs/cgroup is no cgroup2 filesystem: this machine is hybrid or of version 1")
		}
		return nil
	}}
}

// Need skips the test unless all requirements are met.
func Need(t testing.TB, needs ...Requirement) {
	t.Helper()
	for _, need := range needs {
		err := need.Met()
		switch {
		case err == nil:
		case mustRun(os.Getenv("MUST_RUN"), os.Getenv("MAY_SKIP"), need.Name):
			t.Fatalf("needs %s, and MUST_RUN forbids a skip: %v", need.Name, err)
		default:
			t.Skipf("SKIPPED: needs %s: %v", need.Name, err)
		}
	}
}

func mustRun(must, may, name string) bool {
	if slices.Contains(strings.Split(may, ","), name) {
		return false
	}
	return must == "1" || slices.Contains(strings.Split(must, ","), name)
}
