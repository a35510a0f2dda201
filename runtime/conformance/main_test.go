// Package conformance tests the clauses of the OCI runtime specification that runtime/CONFORMANCE.md lists, each by a
// container that is really made.
//
// This file: the bundle that every test starts from, and ways to run it.
package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/runtime/container"
	"glassbox/runtime/stage"
)

func TestMain(m *testing.M) {
	if stage.IsInside() {
		stage.Main()
	}
	if err := inPlace(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(testkit.Sandbox(m))
}

// inPlace executes the copy in the sandbox once more, by its path: it was executed from outside, and the runtime clones the
// mount that its own program lies on, which must be one of its own mount namespace.
func inPlace() error {
	path, err := os.Readlink("/proc/self/exe")
	if err != nil || os.Args[0] != "/proc/self/exe" {
		return err
	}
	return unix.Exec(path, append([]string{path}, os.Args[1:]...), os.Environ())
}

// box is a bundle under test.
type box struct {
	t        *testing.T
	dir      string
	spec     *specs.Spec
	warnings []string
}

// newBox makes a bundle whose root has busybox, and a specification that shares nothing with the host.
func newBox(t *testing.T) *box {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.Binary("busybox"))
	b := &box{t: t, dir: t.TempDir(), spec: defaultSpec()}
	check(t, os.Chmod(filepath.Dir(b.dir), 0o755)) // a user namespace's root must get here
	check(t, os.Chmod(b.dir, 0o755))
	for _, dir := range []string{"bin", "etc", "proc", "sys", "dev", "tmp"} {
		check(t, os.MkdirAll(filepath.Join(b.dir, "rootfs", dir), 0o755))
	}
	busybox, err := exec.LookPath("busybox")
	check(t, err)
	program, err := os.ReadFile(busybox)
	check(t, err)
	check(t, os.WriteFile(b.path("bin/busybox"), program, 0o755))
	for _, name := range strings.Fields("sh cat id ls stat mount sleep true false grep mkdir touch ps ip hostname chrt taskset nice ionice uname readlink tty stty pwd wc dd mknod umount") {
		check(t, os.Symlink("busybox", b.path("bin/"+name)))
	}
	return b
}

func defaultSpec() *specs.Spec {
	caps := []string{"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_MKNOD", "CAP_NET_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SYS_ADMIN"}
	return &specs.Spec{
		Version: specs.Version,
		Root:    &specs.Root{Path: "rootfs"},
		Process: &specs.Process{Cwd: "/", Args: []string{"true"}, Env: []string{"PATH=/bin", "HOME=/"},
			Capabilities: &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps}},
		Mounts: []specs.Mount{
			{Destination: "/proc", Type: "proc", Source: "proc"},
			{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "mode=755"}},
			{Destination: "/dev/pts", Type: "devpts", Source: "devpts", Options: []string{"newinstance", "ptmxmode=0666", "mode=0620"}},
		},
		Linux: &specs.Linux{Namespaces: []specs.LinuxNamespace{{Type: specs.PIDNamespace}, {Type: specs.NetworkNamespace},
			{Type: specs.IPCNamespace}, {Type: specs.UTSNamespace}, {Type: specs.MountNamespace}, {Type: specs.CgroupNamespace}}},
	}
}

// path is a file of the root file system, as the host names it.
func (b *box) path(name string) string { return filepath.Join(b.dir, "rootfs", name) }

func (b *box) script(text string) { b.spec.Process.Args = []string{"sh", "-c", text} }

func (b *box) options(out *os.File) container.Options {
	return container.Options{ID: "conformance-" + strings.NewReplacer("/", "-", "#", "-").Replace(b.t.Name()) + filepath.Base(b.dir), Bundle: b.dir, Root: filepath.Join(b.dir, "state"),
		Stdout: out, Stderr: out, Warn: func(text string) { b.warnings = append(b.warnings, text) }}
}

// output runs a script to its end and returns what it wrote.
func (b *box) output(script string) string {
	b.t.Helper()
	text, code, err := b.run(script)
	if err != nil || code != 0 {
		b.t.Fatalf("%s: exit code %d, %v\n%s", script, code, err, text)
	}
	return text
}

func (b *box) run(script string) (text string, code int, err error) {
	b.t.Helper()
	b.script(script)
	out := b.outFile()
	c, err := container.Run(b.spec, b.options(out))
	if err != nil {
		return read(b.t, out), -1, err
	}
	status, err := c.Wait()
	check(b.t, err)
	check(b.t, c.Delete(false))
	return read(b.t, out), stage.ExitCode(status), nil
}

// start runs a script in the background and deletes the container when the test is over.
func (b *box) start(script string) *container.Container {
	b.t.Helper()
	b.script(script)
	c, err := container.Run(b.spec, b.options(b.outFile()))
	check(b.t, err)
	b.t.Cleanup(func() { check(b.t, c.Delete(true)) })
	return c
}

// create is the first half of a start.
func (b *box) create(script string) (*container.Container, *os.File) {
	b.t.Helper()
	b.script(script)
	out := b.outFile()
	c, err := container.Create(b.spec, b.options(out))
	check(b.t, err)
	return c, out
}

func (b *box) visit(c *container.Container, p specs.Process, script string) (string, int) {
	b.t.Helper()
	p.Args = []string{"sh", "-c", script}
	out := b.outFile()
	v, err := c.Exec(&p, container.ExecOptions{Stdout: out, Stderr: out})
	check(b.t, err)
	status, err := v.Wait()
	check(b.t, err)
	return read(b.t, out), stage.ExitCode(status)
}

// refused makes the container and wants an error that has these words, with nothing left behind.
func (b *box) refused(words ...string) {
	b.t.Helper()
	before := mounts(b.t)
	_, _, err := b.run("true")
	if err == nil {
		b.t.Fatalf("the container runs, and should be refused with %q", words)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			b.t.Errorf("the error does not say %q: %v", w, err)
		}
	}
	if _, err := os.Stat(b.options(nil).Root + "/" + b.options(nil).ID); err == nil {
		b.t.Errorf("the state is still there")
	}
	if after := mounts(b.t); after != before {
		b.t.Errorf("the host's mounts have changed:\n%s\n%s", before, after)
	}
}

func (b *box) outFile() *os.File {
	b.t.Helper()
	f, err := os.CreateTemp(b.t.TempDir(), "out")
	check(b.t, err)
	b.t.Cleanup(func() { f.Close() })
	return f
}

func read(t *testing.T, f *os.File) string {
	t.Helper()
	data, err := os.ReadFile(f.Name())
	check(t, err)
	return string(data)
}

func mounts(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/mountinfo")
	check(t, err)
	return string(data)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if strings.TrimSpace(got) != want {
		t.Errorf("%s: %q, want %q", what, strings.TrimSpace(got), want)
	}
}

func pointer[T any](v T) *T { return &v }

func namespaceOf(t *testing.T, pid int, kind string) string {
	t.Helper()
	name := make([]byte, 64)
	n, err := unix.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, kind), name)
	check(t, err)
	return string(name[:n])
}

// waitFor waits until a container has made a file.
func waitFor(t *testing.T, path string) {
	t.Helper()
	for range 2500 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
	t.Fatalf("%s does not appear", path)
}
