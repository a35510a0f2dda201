// This file makes the bundles of these tests, and looks for what is left when they are over.
package container

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel"
	eyes "glassbox/kernel/look"
	"glassbox/runtime/stage"
)

func TestMain(m *testing.M) {
	switch {
	case stage.IsInside():
		stage.Main()
	case os.Args[0] == makerName:
		makeAndPause(os.Args[1], os.Args[2])
	}
	os.Exit(testkit.Sandbox(m))
}

// box is a bundle and a place for its container's state.
type box struct {
	t      testing.TB
	dir    string
	spec   *specs.Spec
	before testkit.State
}

// groups is the cgroup under which all containers of this test program are.
func groups() string { return fmt.Sprintf("glassbox-test-%d", os.Getpid()) }

const id = "box"

// newBox makes a bundle whose program is a script in busybox's sh. When the test is over, nothing may be left of it.
func newBox(t testing.TB, script string) *box {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.Binary("busybox"))
	b := &box{t: t, dir: t.TempDir(), spec: proposal(script)}
	b.spec.Linux.CgroupsPath = "/" + groups() + "/" + id
	program, err := exec.LookPath("busybox")
	must(t, err)
	for _, line := range [][]string{{"mkdir", "-p", "rootfs/bin", "state"}, {"cp", program, "rootfs/bin/busybox"}} {
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Dir = b.dir
		must(t, cmd.Run())
	}
	for _, name := range strings.Fields("sh cat id ls sleep true false grep kill mknod touch hostname unshare wc stty tty head") {
		must(t, os.Symlink("busybox", filepath.Join(b.dir, "rootfs/bin", name)))
	}
	b.before = b.picture()
	t.Cleanup(b.end)
	return b
}

// end holds that a test left nothing behind.
func (b *box) end() {
	if left := testkit.Diff(b.before, b.picture()); left != "" {
		b.t.Errorf("left behind:\n%s", left)
	}
	layout, err := eyes.HostLayout()
	must(b.t, err)
	for _, tree := range layout.Trees() {
		must(b.t, kernel.CgroupRemove{Path: tree.Dir("/" + groups())}.Do())
	}
}

func (b *box) picture() testkit.State {
	b.t.Helper()
	return testkit.Snapshot(b.t, testkit.Watch{Cgroups: []string{id}, Dirs: []string{b.dir + "/state"}})
}

func proposal(script string) *specs.Spec {
	caps := []string{"CAP_CHOWN", "CAP_KILL", "CAP_MKNOD", "CAP_SYS_ADMIN"}
	return &specs.Spec{
		Version: specs.Version, Hostname: "glass", Root: &specs.Root{Path: "rootfs"},
		Process: &specs.Process{Args: []string{"sh", "-c", script}, Cwd: "/", Env: []string{"PATH=/bin"},
			Capabilities: &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps}},
		Mounts: []specs.Mount{{Destination: "/proc", Type: "proc", Source: "proc"}, {Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"mode=755"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"newinstance", "ptmxmode=0666"}}},
		Linux: &specs.Linux{
			Namespaces: []specs.LinuxNamespace{{Type: specs.PIDNamespace}, {Type: specs.NetworkNamespace}, {Type: specs.IPCNamespace},
				{Type: specs.UTSNamespace}, {Type: specs.MountNamespace}, {Type: specs.CgroupNamespace}},
			MaskedPaths: []string{"/proc/keys", "/proc/kcore"}, ReadonlyPaths: []string{"/proc/sys"},
		},
	}
}

func (b *box) options() Options { return Options{ID: id, Bundle: b.dir, Root: b.dir + "/state"} }

// output runs the container to its end; what it wrote, and its exit code.
func (b *box) output(change func(o *Options)) (string, int) {
	b.t.Helper()
	r, w, err := os.Pipe()
	must(b.t, err)
	defer r.Close()
	o := b.options()
	o.Stdout, o.Stderr = w, w
	if change != nil {
		change(&o)
	}
	c, err := Run(b.spec, o)
	must(b.t, err)
	must(b.t, w.Close())
	text, err := io.ReadAll(r)
	must(b.t, err)
	code := await(b.t, c)
	must(b.t, c.Delete(false))
	return string(text), code
}

func await(t testing.TB, w interface {
	Wait() (unix.WaitStatus, error)
}) int {
	t.Helper()
	status, err := w.Wait()
	must(t, err)
	return stage.ExitCode(status)
}

// ended deletes the container with force and collects its process.
func (b *box) ended(c *Container) {
	b.t.Helper()
	must(b.t, c.Delete(true))
	b.reap()
}

// reap waits for every process that has become ours. The test program is a subreaper: none can hide.
func (b *box) reap() {
	b.t.Helper()
	for {
		if _, err := unix.Wait4(-1, nil, 0, nil); errors.Is(err, unix.ECHILD) {
			return
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func ptr[T any](v T) *T { return &v }

func codeOf(err error) int {
	var notRun *ExecError
	if errors.As(err, &notRun) {
		return notRun.Code
	}
	return -1
}
