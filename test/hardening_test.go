// This file makes the cells of the hardening tests: each published attack is really tried against glassbox-oci on this kernel
// and has to fail, and each has a control, where the same attack succeeds on something without the protection.
package test

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// cell is a bundle with one program in it, the probe, that does what an attacker would.
type cell struct {
	t    *testing.T
	oci  string
	dir  string
	id   string
	spec *specs.Spec
	user uint32   // whose runtime it is
	born *os.File // the cgroup of v2 that the runtime begins in; nil: the test's own
}

// dockerCaps are those that Docker leaves to root.
var dockerCaps = strings.Fields(`CAP_CHOWN CAP_DAC_OVERRIDE CAP_FSETID CAP_FOWNER CAP_MKNOD CAP_NET_RAW CAP_SETGID CAP_SETUID
	CAP_SETFCAP CAP_SETPCAP CAP_NET_BIND_SERVICE CAP_SYS_CHROOT CAP_KILL CAP_AUDIT_WRITE`)

func newCell(t *testing.T) *cell {
	t.Helper()
	testkit.Need(t, testkit.Root(), static())
	dir := t.TempDir()
	c := &cell{t: t, oci: testkit.Program(t, "glassbox-oci"), dir: dir, id: "cell" + filepath.Base(filepath.Dir(dir)) + filepath.Base(dir)}
	c.id = strings.NewReplacer("/", "", "#", "").Replace(c.id)
	must(t, os.Mkdir(c.path(""), 0o755))
	c.propose()
	c.bind(self(t), probePath, "ro")
	whole := *c // an attack may have changed the runtime that c names
	t.Cleanup(whole.clear)
	return c
}

// propose begins with the specification that glassbox-oci proposes.
func (c *cell) propose(words ...string) {
	c.t.Helper()
	must(c.t, c.command(nil, append([]string{"spec", "--bundle", c.dir}, words...)...).Run())
	text, err := os.ReadFile(filepath.Join(c.dir, "config.json"))
	must(c.t, err)
	c.spec = &specs.Spec{}
	must(c.t, json.Unmarshal(text, c.spec))
	c.spec.Root.Readonly = false
	c.spec.Process.Terminal, c.spec.Process.NoNewPrivileges = false, false
	// The probe is a Go program, which would open the files of its cgroup for itself.
	c.spec.Process.Env = append(c.spec.Process.Env, "GODEBUG=containermaxprocs=0")
	c.give(dockerCaps...)
}

// clear deletes the container, if there is one. Its first process has become our child, and as long as we do not collect it, a
// PID namespace that it is a member of does not end.
func (c *cell) clear() {
	c.t.Helper()
	pid := c.state().Pid
	c.oneself("delete", "--force", c.id)
	if pid == 0 {
		return
	}
	if _, err := unix.Wait4(pid, nil, 0, nil); err != nil && !errors.Is(err, unix.ECHILD) {
		c.t.Error(err)
	}
}

// static: in an empty root file system no program finds its dynamic linker.
func static() testkit.Requirement {
	return testkit.Requirement{Name: "static test program", Met: func() error {
		file, err := elf.Open("/proc/self/exe")
		if err != nil {
			return err
		}
		defer file.Close()
		if file.Section(".interp") != nil {
			return errors.New("build it with CGO_ENABLED=0")
		}
		return nil
	}}
}

// self is the test program, which in a cell is the probe.
func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	must(t, err)
	return path
}

func (c *cell) give(caps ...string) {
	c.spec.Process.Capabilities = &specs.LinuxCapabilities{Bounding: caps, Effective: caps, Permitted: caps}
}

func (c *cell) bind(source, destination string, options ...string) {
	c.mount(specs.Mount{Destination: destination, Type: "bind", Source: source, Options: append(options, "bind")})
}

func (c *cell) mount(m specs.Mount) { c.spec.Mounts = append(c.spec.Mounts, m) }

// join takes the place of a new namespace by the one of another cell's process.
func (c *cell) join(kind specs.LinuxNamespaceType, path string) {
	for i := range c.spec.Linux.Namespaces {
		if c.spec.Linux.Namespaces[i].Type == kind {
			c.spec.Linux.Namespaces[i].Path = path
		}
	}
}

// path is a file of the root file system, as the host names it.
func (c *cell) path(name string) string { return filepath.Join(c.dir, "rootfs", name) }

// file makes a file of the root file system, and returns its name there.
func (c *cell) file(name, content string) string {
	c.t.Helper()
	must(c.t, os.MkdirAll(filepath.Dir(c.path(name)), 0o755))
	must(c.t, os.WriteFile(c.path(name), []byte(content), 0o755))
	return name
}

// link makes a symbolic link in the root file system.
func (c *cell) link(to, name string) {
	c.t.Helper()
	must(c.t, os.MkdirAll(filepath.Dir(c.path(name)), 0o755))
	must(c.t, os.Symlink(to, c.path(name)))
}

func (c *cell) write() {
	c.t.Helper()
	text, err := json.Marshal(c.spec)
	must(c.t, err)
	must(c.t, os.WriteFile(filepath.Join(c.dir, "config.json"), text, 0o644))
}

// command is glassbox-oci with these words; leaked are descriptors 3, 4 … that it inherits without having asked for them.
func (c *cell) command(leaked []*os.File, words ...string) *exec.Cmd {
	cmd := exec.Command(c.oci, append([]string{"--root", filepath.Join(c.dir, "state")}, words...)...)
	cmd.ExtraFiles = leaked
	if c.user != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.user, Gid: c.user}}
		if c.born != nil {
			cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(c.born.Fd())
		}
	}
	return cmd
}

func (c *cell) oneself(words ...string) result {
	c.t.Helper()
	return finished(c.t, c.command(nil, words...))
}

// run runs a command line in the cell to its end.
func (c *cell) run(args ...string) result {
	c.t.Helper()
	c.spec.Process.Args = args
	c.write()
	return c.oneself("run", "--bundle", c.dir, c.id)
}

// probe runs the probe and wants it to succeed.
func (c *cell) probe(args ...string) string {
	c.t.Helper()
	r := c.run(append([]string{probePath}, args...)...)
	if r.code != 0 {
		c.t.Fatal(r)
	}
	return r.stdout
}

// background makes a container with the probe that goes on when the command has ended. What it says ends up in the file.
func (c *cell) background(words []string, args ...string) (said string) {
	c.t.Helper()
	c.spec.Process.Args = append([]string{probePath}, args...)
	c.write()
	said = filepath.Join(c.dir, "said")
	out, err := os.Create(said)
	must(c.t, err)
	defer out.Close()
	cmd := c.command(nil, append(words, "--bundle", c.dir, c.id)...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		c.t.Fatalf("%v: %s", err, contents(c.t, said))
	}
	return said
}

// watcher runs the probe in the background.
func (c *cell) watcher(args ...string) (said string) {
	c.t.Helper()
	said = c.background([]string{"run", "--detach"}, args...)
	waitFor(c.t, "the probe to begin", func() bool { return strings.Contains(contents(c.t, said), "begin") })
	return said
}

func (c *cell) exec(args ...string) result {
	c.t.Helper()
	return c.oneself(append([]string{"exec", c.id}, args...)...)
}

// pid is that of the cell's first process.
func (c *cell) pid() string {
	c.t.Helper()
	return strconv.Itoa(c.state().Pid)
}

// state is empty where there is no container.
func (c *cell) state() (state specs.State) {
	c.t.Helper()
	if r := c.oneself("state", c.id); r.code == 0 {
		must(c.t, json.Unmarshal([]byte(r.stdout), &state))
	}
	return state
}

func finished(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", cmd, err)
	}
	return result{cmd.Args[1:], out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}
