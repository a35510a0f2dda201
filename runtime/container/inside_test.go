// These tests look at a container with its own eyes: what was asked for is what its programs see.
package container

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
	eyes "glassbox/kernel/look"
	"glassbox/runtime/seccomp"
)

// Each row asks for one thing and sees it; the control is the same look without asking.
func TestWhatIsAskedIsSeen(t *testing.T) {
	for _, c := range []struct {
		name          string
		ask           func(s *specs.Spec)
		script        string
		want, control string
	}{
		{"host name", func(s *specs.Spec) { s.Hostname = "box" }, "hostname", "box", "glass"},
		{"working directory", func(s *specs.Spec) { s.Process.Cwd = "/bin" }, "pwd", "/bin", "/"},
		{"environment", func(s *specs.Spec) { s.Process.Env = append(s.Process.Env, "A=x y") }, `echo "$A"`, "x y", ""},
		{"user and groups", func(s *specs.Spec) {
			s.Process.User = specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{10, 20}}
		},
			"echo $(id -u) $(id -g) $(id -G)", "1000 100 100 10 20", "0 0 0"},
		{"umask", func(s *specs.Spec) { s.Process.User.Umask = ptr(uint32(0o077)) }, "umask", "0077", "0022"},
		{"rlimits", func(s *specs.Spec) {
			s.Process.Rlimits = []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 100, Hard: 200}, {Type: "RLIMIT_CORE", Soft: 0, Hard: 0}}
		},
			"[ $(ulimit -Sn) -eq 100 ] && [ $(ulimit -Hn) -eq 200 ] && echo yes || echo no", "yes", "no"},
		{"no new privileges", func(s *specs.Spec) { s.Process.NoNewPrivileges = true }, "grep NoNewPrivs /proc/self/status", "NoNewPrivs:\t1", "NoNewPrivs:\t0"},
		{"OOM score", func(s *specs.Spec) { s.Process.OOMScoreAdj = ptr(345) }, "cat /proc/self/oom_score_adj", "345", "0"},
		{"masked file", func(s *specs.Spec) { s.Linux.MaskedPaths = []string{"/proc/version"} }, "wc -c < /proc/version | grep -qx 0 && echo empty || echo full", "empty", "full"},
		{"masked directory", func(s *specs.Spec) { s.Linux.MaskedPaths = []string{"/proc/fs"} }, "ls /proc/fs | wc -l | grep -qx 0 && echo empty || echo full", "empty", "full"},
		{"read-only path", func(s *specs.Spec) { s.Linux.ReadonlyPaths = []string{"/proc/sys"} },
			"{ echo x > /proc/sys/kernel/domainname; } 2>/dev/null && echo written || echo refused", "refused", "written"},
		{"read-only root", func(s *specs.Spec) { s.Root.Readonly = true }, "touch /file 2>/dev/null && echo made || echo refused", "refused", "made"},
		{"sysctl", func(s *specs.Spec) { s.Linux.Sysctl = map[string]string{"kernel.msgmax": "4096"} }, "cat /proc/sys/kernel/msgmax", "4096", "8192"},
		{"device", func(s *specs.Spec) {
			s.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/own", Type: "c", Major: 1, Minor: 5, FileMode: ptr(os.FileMode(0o640)), GID: ptr(uint32(7))}}
		}, "stat -c '%a %g %t %T' /dev/own 2>&1 | grep -v stat:", "640 7 1 5", ""},
		{"device rules", func(s *specs.Spec) {
			s.Linux.Resources = &specs.LinuxResources{Devices: []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}}
		},
			"mknod /dev/log-of-host c 1 11 && (: > /dev/log-of-host) 2>/dev/null && echo opened || echo refused", "opened", "refused"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBox(t, c.script)
			b.spec.Linux.ReadonlyPaths, b.spec.Linux.MaskedPaths = nil, nil
			if got, _ := b.output(nil); strings.TrimSpace(got) != c.control {
				t.Errorf("without asking: %q, want %q", got, c.control)
			}
			must(t, os.RemoveAll(b.dir+"/rootfs/file"))
			c.ask(b.spec)
			if got, _ := b.output(nil); strings.TrimSpace(got) != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Capabilities are read from outside, by the kernel's own account of the process.
func TestCapabilities(t *testing.T) {
	names := func(s eyes.CapabilitySet) string { return strings.Join(s.Names, " ") }
	b := newBox(t, "exec sleep 1000")
	b.spec.Process.User.UID = 1000
	b.spec.Process.Capabilities = &specs.LinuxCapabilities{Bounding: []string{"CAP_KILL", "CAP_CHOWN"}, Permitted: []string{"CAP_KILL", "CAP_CHOWN"},
		Effective: []string{"CAP_KILL"}, Inheritable: []string{"CAP_KILL"}, Ambient: []string{"CAP_KILL"}}
	c, err := Run(b.spec, b.options())
	must(t, err)
	p, err := eyes.ReadProcess(c.PID())
	must(t, err)
	has := p.Capabilities
	got := []string{names(has.Bounding), names(has.Permitted), names(has.Effective), names(has.Inheritable), names(has.Ambient)}
	want := []string{"CAP_CHOWN CAP_KILL", "CAP_KILL", "CAP_KILL", "CAP_KILL", "CAP_KILL"} // execve leaves an ordinary user the ambient ones
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	b.ended(c)
}

// The limits are read back from outside.
func TestCgroupLimits(t *testing.T) {
	b := newBox(t, "exec sleep 1000")
	b.spec.Linux.Resources = &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20))}, Pids: &specs.LinuxPids{Limit: ptr(int64(33))},
		CPU: &specs.LinuxCPU{Quota: ptr(int64(50000)), Period: ptr(uint64(100000))}}
	c, err := Run(b.spec, b.options())
	must(t, err)
	defer b.ended(c)
	read := func(pid int) map[string]string {
		limits, err := eyes.CgroupLimits(pid)
		must(t, err)
		values := map[string]string{}
		for _, l := range limits {
			values[l.Resource] = l.Value
		}
		return values
	}
	inside, outside := read(c.PID()), read(os.Getpid())
	for resource, want := range map[string]string{"memory limit": "67108864", "pids limit": "33", "cpu quota": "50000", "cpu period": "100000"} {
		if inside[resource] != want {
			t.Errorf("%s is %q, want %q", resource, inside[resource], want)
		}
		if outside[resource] == want && resource != "cpu period" {
			t.Errorf("%s is %q for the test, too: this proves nothing", resource, want)
		}
	}
	pids, err := c.Processes()
	if err != nil || len(pids) != 1 || pids[0] != c.PID() {
		t.Errorf("processes %v (%v), want %d alone", pids, err, c.PID())
	}
}

// Docker's default profile: what a container has no business with is refused, though it has the right for it.
func TestSeccomp(t *testing.T) {
	const script = "unshare -U true 2>/dev/null && echo made || echo refused"
	b := newBox(t, script)
	if got, _ := b.output(nil); got != "made\n" {
		t.Errorf("without a profile: %q", got)
	}
	profile, err := seccomp.Default([]string{"CAP_CHOWN"})
	must(t, err)
	for _, nnp := range []bool{false, true} {
		b.spec.Linux.Seccomp, b.spec.Process.NoNewPrivileges = profile, nnp
		if got, _ := b.output(nil); got != "refused\n" {
			t.Errorf("no new privileges %v: %q", nnp, got)
		}
	}
	b.spec.Process.Args = []string{"sleep", "1000"}
	c, err := Run(b.spec, b.options())
	must(t, err)
	p, err := eyes.ReadProcess(c.PID())
	if err != nil || p.Seccomp != "filter" {
		t.Errorf("seccomp is %q (%v)", p.Seccomp, err)
	}
	b.ended(c)
}

// The program has the descriptors that it was given and no others; a leaked one of the host is a way out (CVE-2024-21626).
func TestDescriptors(t *testing.T) {
	secret, err := os.Open("/")
	must(t, err)
	defer secret.Close()
	_, err = unix.FcntlInt(secret.Fd(), unix.F_SETFD, 0) // a careless caller: it is inherited by whoever is started plainly
	must(t, err)
	b := newBox(t, "exec sleep 1000")
	out, err := os.Create(b.dir + "/out")
	must(t, err)
	defer out.Close()
	given := func(o *Options) { o.Stdin, o.Stdout, o.Stderr = out, out, out }
	plain := exec.Command("sh", "-c", "ls -l /proc/self/fd")
	if text, err := plain.Output(); err != nil || !strings.Contains(string(text), fmt.Sprintf(" %d -> /\n", secret.Fd())) {
		t.Errorf("control: the secret is not inherited by others either (%v):\n%s", err, text)
	}
	for _, c := range []struct {
		name   string
		change func(o *Options)
		want   string
	}{
		{"three", given, "0=out 1=out 2=out"},
		{"no input", func(o *Options) { o.Stdout, o.Stderr = out, out }, "0=null 1=out 2=out"},
		{"nothing", func(*Options) {}, "0=null 1=null 2=null"},
		{"two more", func(o *Options) { given(o); o.Preserve = []*os.File{out, out} }, "0=out 1=out 2=out 3=out 4=out"},
	} {
		for _, make := range []func(*specs.Spec, Options) (*Container, error){Run, createAndStart} {
			o := b.options()
			c.change(&o)
			made, err := make(b.spec, o)
			must(t, err)
			if got := descriptors(t, made.PID()); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
			visitor, err := made.Exec(b.spec.Process, ExecOptions{Stdin: o.Stdin, Stdout: o.Stdout, Stderr: o.Stderr, Preserve: o.Preserve})
			must(t, err)
			if got := descriptors(t, visitor.PID); got != c.want {
				t.Errorf("%s, by exec: %s, want %s", c.name, got, c.want)
			}
			must(t, unix.Kill(visitor.PID, unix.SIGKILL)) // PID 1 can not end before its visitors are collected: by us
			await(t, visitor)
			b.ended(made)
		}
	}
}

func createAndStart(spec *specs.Spec, o Options) (*Container, error) {
	c, err := Create(spec, o)
	if err != nil {
		return nil, err
	}
	return c, c.Start()
}

// descriptors lists those of a process, each with the last part of what it leads to.
func descriptors(t *testing.T, pid int) string {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	must(t, err)
	var list []string
	for _, e := range entries {
		target, err := os.Readlink(dir + "/" + e.Name())
		must(t, err)
		list = append(list, e.Name()+"="+filepath.Base(target))
	}
	return strings.Join(list, " ")
}

// The terminal's master comes over a socket; the program has the other end as its controlling terminal and as /dev/console.
func TestTerminal(t *testing.T) {
	b := newBox(t, "tty; stty size; [ -t 0 ] && echo terminal; echo hello > /dev/console; read line; echo $line")
	b.spec.Process.Terminal, b.spec.Process.ConsoleSize = true, &specs.Box{Height: 33, Width: 77}
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	defer ours.Close()
	o := b.options()
	o.ConsoleSocket = theirs
	c, err := Run(b.spec, o)
	must(t, err)
	must(t, theirs.Close())
	master, err := kernel.ReceiveFile(ours)
	must(t, err)
	defer master.Close()
	_, err = master.WriteString("typed\n")
	must(t, err)
	if code := await(t, c); code != 0 {
		t.Errorf("exit code %d", code)
	}
	var text []byte
	for buffer := make([]byte, 1000); ; { // ends with EIO when the last program has closed the terminal
		n, err := master.Read(buffer)
		if text = append(text, buffer[:n]...); err != nil {
			break
		}
	}
	for _, want := range []string{"/dev/pts/0\r\n", "33 77\r\n", "terminal\r\n", "hello\r\n", "typed\r\ntyped\r\n"} {
		if !strings.Contains(strings.Replace(string(text), "typed\r\n/dev", "/dev", 1)+"typed\r\n", want) {
			t.Errorf("the terminal shows %q, want %q in it", text, want)
		}
	}
	must(t, c.Delete(false))
}
