// This file: seccomp. config-linux.md, "Seccomp", "The Container Process State". What a filter decides is tested in package
// seccomp.
package conformance

import (
	"encoding/binary"
	"encoding/json"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// asked is what an agent has received.
type asked struct {
	state specs.ContainerProcessState
	err   error
}

// agent answers the first call of one container with errno, and hands over the state that came with the listener.
func agent(t *testing.T, path string, errno unix.Errno) <-chan asked {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	check(t, err)
	done := make(chan asked, 1)
	go func() {
		state, err := attend(l, errno)
		l.Close() // before anybody listens here anew
		done <- asked{state, err}
	}()
	return done
}

func attend(l *net.UnixListener, errno unix.Errno) (state specs.ContainerProcessState, err error) {
	conn, err := l.AcceptUnix()
	if err != nil {
		return state, err
	}
	defer conn.Close()
	data, rights := make([]byte, 8192), make([]byte, unix.CmsgSpace(4))
	n, m, _, _, err := conn.ReadMsgUnix(data, rights)
	if err != nil {
		return state, err
	}
	if err := json.Unmarshal(data[:n], &state); err != nil {
		return state, err
	}
	messages, err := unix.ParseSocketControlMessage(rights[:m])
	if err != nil {
		return state, err
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return state, err
	}
	defer unix.Close(fds[0])
	return state, answer(fds[0], errno)
}

// answer receives a struct seccomp_notif and sends a struct seccomp_notif_resp. man 2 seccomp_unotify.
func answer(listener int, errno unix.Errno) error {
	const receive, send = 0xc0502100, 0xc0182101
	call, reply := make([]byte, 80), make([]byte, 24)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), receive, uintptr(unsafe.Pointer(&call[0]))); e != 0 {
		return e
	}
	copy(reply, call[:8]) // the id
	binary.NativeEndian.PutUint32(reply[16:], uint32(-int32(errno)))
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(listener), send, uintptr(unsafe.Pointer(&reply[0]))); e != 0 {
		return e
	}
	return nil
}

func notifying(path string) *specs.LinuxSeccomp {
	return &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, ListenerPath: path, ListenerMetadata: "meta",
		Syscalls: []specs.LinuxSyscall{{Names: []string{"mkdir", "mkdirat"}, Action: specs.ActNotify}}}
}

func TestSeccompListener(t *testing.T) {
	for _, noNewPrivileges := range []bool{true, false} {
		b := newBox(t)
		b.spec.Process.NoNewPrivileges = noNewPrivileges
		path := filepath.Join(b.dir, "agent")
		b.spec.Linux.Seccomp = notifying(path)
		heard := agent(t, path, unix.EXDEV)
		text, _, err := b.run("mkdir /made")
		check(t, err)
		if !strings.Contains(text, "ross-device link") {
			t.Errorf("the call was not answered by the agent: %s", text)
		}
		a := <-heard
		check(t, a.err)
		s := a.state
		if s.Metadata != "meta" || len(s.Fds) != 1 || s.Fds[0] != specs.SeccompFdName || s.Pid == 0 || s.State.Pid != s.Pid ||
			s.State.Status != specs.StateCreating || s.State.Bundle != b.dir {
			t.Errorf("the agent was told %+v", s)
		}
	}
}

func TestSeccompListenerOfAnExec(t *testing.T) {
	b := newBox(t)
	path := filepath.Join(b.dir, "agent")
	b.spec.Linux.Seccomp = notifying(path)
	first := agent(t, path, unix.EPERM)
	c := b.start("mkdir /x; sleep 100")
	a := <-first
	check(t, a.err)
	second := agent(t, path, unix.EXDEV)
	out, _ := b.visit(c, *b.spec.Process, "mkdir /y")
	if !strings.Contains(out, "ross-device link") {
		t.Errorf("the exec says %s", out)
	}
	a = <-second
	check(t, a.err)
	if s := a.state; s.State.Status != specs.StateRunning || s.Pid == c.PID() || s.State.Pid != c.PID() {
		t.Errorf("the agent was told %+v", a.state)
	}
}

func TestSeccompThatCanNotBe(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Seccomp = notifying(filepath.Join(b.dir, "nobody"))
	b.refused("listenerPath", "nobody")
	b.spec.Linux.Seccomp.ListenerPath = ""
	b.refused("listenerMetadata")
	b.spec.Linux.Seccomp.ListenerMetadata = ""
	b.refused("listenerPath")
	b.spec.Linux.Seccomp = notifying("/x")
	b.spec.Linux.Seccomp.Syscalls[0].Names = []string{"sendmsg"}
	b.refused("sendmsg")
	b.spec.Linux.Seccomp.Syscalls[0].Names = nil
	b.refused("names no system call")
	b.spec.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: "SCMP_ACT_DANCE"}
	b.refused("SCMP_ACT_DANCE")
	b.spec.Linux.Seccomp = &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, DefaultErrnoRet: pointer(uint(1))}
	b.refused("errnoRet")
}
