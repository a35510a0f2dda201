// This file runs a package's tests in mount, network, UTS and IPC namespaces of their own, so that no test touches the
// machine's mounts, links, rules, hostname. Cgroups and processes stay the machine's: they are watched by State.
package testkit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// inSandbox marks, in the environment, the copy of the test program that is inside.
const inSandbox = "GLASSBOX_TEST_SANDBOX"

// Sandbox runs the tests of m in the sandbox and returns the exit code:
//
//	func TestMain(m *testing.M) { os.Exit(testkit.Sandbox(m)) }
//
// Inside, lo is up and temporary directories lie on a tmpfs that goes away with the mount namespace. The test program is a
// child subreaper: what its children leave behind becomes its own child, and State sees it. Without root the tests run
// outside, where their needs skip them.
func Sandbox(m *testing.M) int {
	if os.Getenv(inSandbox) == "" && os.Geteuid() == 0 {
		code, err := reexec()
		if err != nil {
			fmt.Fprintln(os.Stderr, "sandbox:", err)
			return 1
		}
		return code
	}
	if os.Getenv(inSandbox) != "" {
		if err := furnish(); err != nil {
			fmt.Fprintln(os.Stderr, "sandbox:", err)
			return 1
		}
	}
	return m.Run()
}

// reexec starts the test program again, in new namespaces. Go makes the mounts private when it unshares them.
func reexec() (int, error) {
	runtime.LockOSThread() // the kernel sends Pdeathsig when the thread ends that forked
	tmp, err := os.MkdirTemp("", "glassbox-test-")
	if err != nil {
		return 0, err
	}
	// By its path: what /proc/self/exe leads to would belong to the old mount namespace for ever.
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	again := exec.Command(self, os.Args[1:]...)
	again.Env = append(os.Environ(), inSandbox+"=1", "TMPDIR="+tmp)
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.SysProcAttr = &unix.SysProcAttr{
		Unshareflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC,
		Pdeathsig:    unix.SIGKILL,
	}
	runErr := again.Run()
	if err := os.Remove(tmp); err != nil { // the tmpfs on it went with the namespace
		return 0, err
	}
	if exit := (*exec.ExitError)(nil); errors.As(runErr, &exit) {
		return max(exit.ExitCode(), 1), nil // -1 means a signal
	}
	return 0, runErr
}

// leaveOthers drops the mounts of other containers of this machine, of which a new mount namespace has a copy: they would vanish
// from here at any time, with the directories that they are on.
func leaveOthers() error {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return fmt.Errorf("find the mounts of other containers: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		about, kind, _ := strings.Cut(line, " - ")
		at := strings.Fields(about)[4]
		ofContainer := strings.HasPrefix(kind, "overlay ") || strings.HasPrefix(kind, "nsfs ")
		if !ofContainer || strings.Count(at, "/") == 1 { // "/" and "/usr" are the machine's own
			continue
		}
		if err := unix.Unmount(at, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("leave %s, a mount of another container: %w", at, err)
		}
	}
	return nil
}

func furnish() error {
	if err := unix.Mount("tmpfs", os.TempDir(), "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mount a tmpfs on %s: %w", os.TempDir(), err)
	}
	if err := leaveOthers(); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("become a child subreaper: %w", err)
	}
	// A new network namespace takes this over from the machine's first one.
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("0"), 0); err != nil {
		return fmt.Errorf("switch forwarding off: %w", err)
	}
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return fmt.Errorf("find lo: %w", err)
	}
	return netlink.LinkSetUp(lo)
}
