// These tests send visitors: through the loop of image.go, and to where it may fail.
package kernel

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// visit runs a visitor up to its program, and returns what that prints.
func visit(t *testing.T, paced bool, ops ...Foretold) (out string, v *Visitor, err error) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	defer ours.Close()
	read, write, err := os.Pipe()
	must(t, err)
	defer read.Close()
	v = &Visitor{Child: &Child{Argv: []string{"visitor"}, Files: []*os.File{nil, write, os.Stderr, theirs}}, Socket: ours, Ops: ops, Paced: paced}
	start := StartVisitor{Visitor: v}
	must(t, start.Do())
	must(t, write.Close())
	must(t, theirs.Close())
	if err = v.proceed(); err != nil {
		must(t, start.Undo().Do())
		return "", v, err
	}
	said, err := io.ReadAll(read)
	must(t, err)
	must(t, collect(v.Child.PID))
	return string(said), v, nil
}

func (v *Visitor) proceed() error {
	if !v.Paced {
		return v.Run()
	}
	for n, op := range v.Ops {
		if err := (AtPace{Foretold: op, Visitor: v, N: n}).Do(); err != nil {
			return err
		}
	}
	return nil
}

func shellProgram(script string, before ...string) Spawn {
	return Spawn{Paths: append(before, "/bin/sh"), Args: []string{"sh", "-c", script}, Env: []string{"A=b c"}, Sibling: true}
}

func TestVisitor(t *testing.T) {
	for _, paced := range []bool{false, true} {
		for _, sibling := range []bool{false, true} {
			program := shellProgram(`echo $A; umask; pwd; ls /proc/self/fd`, "/nowhere/sh", "/etc/hostname/sh", "/etc")
			program.Sibling = sibling
			out, _, err := visit(t, paced, SetUmask{0o27}, Enter{"/usr"}, SetUser{UID: 0, GID: 7}, SetRlimit{"RLIMIT_NOFILE", 64, 64}, CloseOnExec{3}, program)
			must(t, err)
			if want := "b c\n0027\n/usr\n0\n1\n2\n"; out != want {
				t.Errorf("paced %v, sibling %v: got %q, want %q", paced, sibling, out, want)
			}
		}
	}
}

// What fails is named, the program does not run, and nobody is left to be collected.
func TestVisitorsFailures(t *testing.T) {
	first := unix.EACCES
	for name, c := range map[string]struct {
		ops    []Foretold
		failed int
		err    error
		before []syscall.Errno
		text   string
	}{
		"a directory":      {[]Foretold{SetUmask{0}, Enter{"/nowhere"}, shellProgram("true")}, 1, unix.ENOENT, nil, `chdir("/nowhere")`},
		"a number":         {[]Foretold{SetRlimit{"RLIMIT_NOFILE", 2, 1}, shellProgram("true")}, 0, unix.EINVAL, nil, "RLIMIT_NOFILE"},
		"a namespace":      {[]Foretold{JoinNamespaces{[]Namespace{{unix.CLONE_NEWNET, "/proc/self/ns/uts"}}}, shellProgram("true")}, 0, unix.EINVAL, nil, "CLONE_NEWNET"},
		"no program":       {[]Foretold{Spawn{Paths: []string{"/nowhere"}, Sibling: true}}, 0, unix.ENOENT, nil, `execve("/nowhere"`},
		"a program before": {[]Foretold{Spawn{Paths: []string{"/etc", "/nowhere"}, Sibling: true}}, 0, unix.ENOENT, []syscall.Errno{first}, `execve("/nowhere"`},
	} {
		for _, paced := range []bool{false, true} {
			out, v, err := visit(t, paced, c.ops...)
			var failed *VisitorError
			if !errors.As(err, &failed) || failed.Op != c.failed || !errors.Is(err, c.err) || !slices.Equal(failed.Before, c.before) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s, paced %v: got %q, %#v", name, paced, out, err)
			}
			if _, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
				t.Errorf("%s, paced %v: visitor %d has left somebody: %v", name, paced, v.Child.PID, err)
			}
		}
	}
}

// waiting starts a visitor that waits to be let go.
func waiting(t *testing.T, ops ...Foretold) *Visitor {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	theirs := os.NewFile(uintptr(fds[1]), "theirs")
	defer theirs.Close()
	v := &Visitor{Child: &Child{Argv: []string{"visitor"}, Files: []*os.File{theirs}}, Gated: true, Ops: ops, Socket: os.NewFile(uintptr(fds[0]), "ours")}
	t.Cleanup(func() { v.Socket.Close() })
	must(t, StartVisitor{Visitor: v}.Do())
	return v
}

// Where nobody is left to hear of it, a visitor that waits ends, and so does one that fails.
func TestVisitorEndsWithItsHost(t *testing.T) {
	for _, letGo := range []bool{false, true} {
		v := waiting(t, Enter{"/nowhere"}, shellProgram("true"))
		if letGo {
			must(t, v.Proceed(0))
		}
		must(t, v.Socket.Close())
		var status unix.WaitStatus
		_, err := unix.Wait4(v.Child.PID, &status, 0, nil)
		must(t, err)
		if !status.Signaled() && status.ExitStatus() != 125 {
			t.Errorf("let go %v: ended with %#x", letGo, status)
		}
	}
}

// One that is killed says nothing: that is no success.
func TestVisitorGone(t *testing.T) {
	v := waiting(t, shellProgram("true"))
	must(t, (KillChild{Child: v.Child}).Do())
	if err := v.Run(); !errors.Is(err, ErrVisitorGone) {
		t.Errorf("got %v, want %v", err, ErrVisitorGone)
	}
}
