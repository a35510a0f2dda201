// This file: user namespaces, made and joined. config-linux.md, "Namespaces", "User namespace mappings".
package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/runtime/container"
)

// mapped is a box whose ids 0 to 65535 are the host's 100000 to 165535.
func mapped(t *testing.T) *box {
	t.Helper()
	b := newBox(t)
	ids := []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
	b.spec.Linux.Namespaces = append(b.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	b.spec.Linux.UIDMappings, b.spec.Linux.GIDMappings = ids, ids
	check(t, filepath.Walk(b.path("/"), func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 100000, 100000)
	}))
	return b
}

func TestUserNamespaceIsMade(t *testing.T) {
	b := mapped(t)
	out := b.output("id -u; cat /proc/self/uid_map; stat -c %u /bin/busybox; echo x > /dev/null")
	want(t, "uid, map, owner", strings.Join(strings.Fields(out), " "), "0 0 100000 65536 0")
}

func TestExecJoinsAUserNamespace(t *testing.T) {
	b := mapped(t)
	c := b.start("sleep 100")
	p, score := *b.spec.Process, 7
	p.OOMScoreAdj = &score
	out, code := b.visit(c, p, "for n in user pid net mnt uts ipc cgroup; do readlink /proc/self/ns/$n; done; id -u; cat /proc/self/oom_score_adj; grep CapBnd /proc/self/status; ps | grep -c sleep")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	lines := strings.Fields(out)
	for i, kind := range []string{"user", "pid", "net", "mnt", "uts", "ipc", "cgroup"} {
		want(t, kind, lines[i], namespaceOf(t, c.PID(), kind))
	}
	if namespaceOf(t, c.PID(), "user") == namespaceOf(t, os.Getpid(), "user") {
		t.Error("the container has no user namespace of its own")
	}
	want(t, "uid", lines[7], "0")
	want(t, "OOM score", lines[8], "7")
}

func TestExecAsAUserInAUserNamespace(t *testing.T) {
	b := mapped(t)
	c := b.start("sleep 100")
	p := *b.spec.Process
	p.User = specs.User{UID: 1000, GID: 1001, AdditionalGids: []uint32{7}}
	out, _ := b.visit(c, p, "id -u; id -g; id -G; grep CapEff /proc/self/status")
	want(t, "who", strings.Join(strings.Fields(out), " "), "1000 1001 1001 7 CapEff: 0000000000000000")
}

// terminal runs a script that has a terminal and returns what it writes there.
func (b *box) terminal(c *container.Container, p specs.Process, script string) string {
	b.t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(b.t, err)
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	defer ours.Close()
	p.Args, p.Terminal = []string{"sh", "-c", script}, true
	v, err := c.Exec(&p, container.ExecOptions{ConsoleSocket: theirs})
	theirs.Close()
	check(b.t, err)
	master, err := kernel.ReceiveFile(ours)
	check(b.t, err)
	defer master.Close()
	text := make([]byte, 4096)
	n := 0
	for {
		more, err := master.Read(text[n:])
		if n += more; err != nil {
			break
		}
	}
	_, err = v.Wait()
	check(b.t, err)
	return strings.ReplaceAll(string(text[:n]), "\r", "")
}

func TestExecWithATerminal(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *box{"plain": newBox, "user namespace": mapped} {
		t.Run(name, func(t *testing.T) {
			b := make(t)
			c := b.start("sleep 100")
			p := *b.spec.Process
			p.ConsoleSize = &specs.Box{Height: 25, Width: 81}
			out := b.terminal(c, p, "tty; stty size; echo hello > /dev/tty")
			want(t, "terminal", strings.Join(strings.Fields(out), " "), "/dev/pts/0 25 81 hello")
		})
	}
}

func TestUserNamespaceIsJoinedByPath(t *testing.T) {
	first := mapped(t)
	c := first.start("sleep 100")
	b := mapped(t)
	b.spec.Linux.UIDMappings, b.spec.Linux.GIDMappings = nil, nil
	for i, n := range b.spec.Linux.Namespaces {
		if n.Type == specs.UserNamespace || n.Type == specs.NetworkNamespace {
			b.spec.Linux.Namespaces[i].Path = fmt.Sprintf("/proc/%d/ns/%s", c.PID(), strings.TrimSuffix(string(n.Type), "work"))
		}
	}
	out := b.output("readlink /proc/self/ns/user; readlink /proc/self/ns/net; readlink /proc/self/ns/pid; id -u; mount -t tmpfs none /tmp && echo mine")
	lines := strings.Fields(out)
	want(t, "user", lines[0], namespaceOf(t, c.PID(), "user"))
	want(t, "net", lines[1], namespaceOf(t, c.PID(), "net"))
	if lines[2] == namespaceOf(t, c.PID(), "pid") || lines[2] == namespaceOf(t, os.Getpid(), "pid") {
		t.Error("it has no PID namespace of its own")
	}
	want(t, "the new mount namespace belongs to the user namespace", strings.Join(lines[3:], " "), "0 mine")
}

func TestJoinedNamespaceHasToBeOfItsKind(t *testing.T) {
	for _, kind := range []specs.LinuxNamespaceType{specs.NetworkNamespace, specs.UserNamespace, specs.PIDNamespace, specs.MountNamespace} {
		t.Run(string(kind), func(t *testing.T) {
			b := newBox(t)
			b.spec.Linux.Namespaces = append([]specs.LinuxNamespace{{Type: kind, Path: "/proc/self/ns/uts"}},
				without(b.spec.Linux.Namespaces, kind)...)
			b.refused(string(kind), "/proc/self/ns/uts", "uts")
		})
	}
}

func without(all []specs.LinuxNamespace, kind specs.LinuxNamespaceType) []specs.LinuxNamespace {
	var rest []specs.LinuxNamespace
	for _, n := range all {
		if n.Type != kind {
			rest = append(rest, n)
		}
	}
	return rest
}
