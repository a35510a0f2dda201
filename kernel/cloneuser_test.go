// These tests join user namespaces.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func namespacesOf(pid int, kinds ...string) []Namespace {
	flags := map[string]uintptr{"user": unix.CLONE_NEWUSER, "pid": unix.CLONE_NEWPID, "net": unix.CLONE_NEWNET, "uts": unix.CLONE_NEWUTS, "ipc": unix.CLONE_NEWIPC}
	var all []Namespace
	for _, k := range kinds {
		all = append(all, Namespace{Flag: flags[k], Path: fmt.Sprintf("/proc/%d/ns/%s", pid, k)})
	}
	return all
}

var someIDs = []IDMap{{Container: 0, Host: 100000, Size: 1000}}

func TestCloneJoinsAUserNamespace(t *testing.T) {
	first := cloned(t, Clone{New: unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWUTS, UIDs: someIDs, GIDs: someIDs})
	second := cloned(t, Clone{Join: namespacesOf(first, "user", "net", "uts", "pid"), New: unix.CLONE_NEWIPC})
	shared := same(t, first, second)
	for kind, want := range map[string]bool{"user": true, "net": true, "uts": true, "pid": true, "ipc": false, "mnt": true} {
		if shared[kind] != want {
			t.Errorf("%s: shared is %v, want %v", kind, shared[kind], want)
		}
	}
	if uid := statusLine(t, second, "Uid:"); !strings.HasPrefix(uid, "100000") {
		t.Errorf("it is user %s, want the namespace's root", uid)
	}
	if shared := same(t, os.Getpid(), second); shared["user"] {
		t.Error("it shares our user namespace")
	}
}

func TestCloneJoinsAUserNamespaceInACgroup(t *testing.T) {
	dir := group(t, "unified")
	first := cloned(t, Clone{New: unix.CLONE_NEWUSER, UIDs: someIDs, GIDs: someIDs})
	second := cloned(t, Clone{Join: namespacesOf(first, "user"), Cgroup: dir})
	if procs := content(t, dir+"/cgroup.procs"); procs != fmt.Sprint(second) {
		t.Errorf("the group has %q, want %d", procs, second)
	}
}

func TestCloneThatCanNotJoinAUserNamespace(t *testing.T) {
	first := rootless(t)
	wrong := namespacesOf(first, "user", "net")
	wrong[1].Path = fmt.Sprintf("/proc/%d/ns/uts", first)
	for name, c := range map[string]struct {
		join  []Namespace
		words string
		errno error
	}{
		"no user 0":        {namespacesOf(first, "user"), "setresuid(0, 0, 0)", unix.EINVAL},
		"our own":          {namespacesOf(os.Getpid(), "user"), "setns", unix.EINVAL},
		"another's kind":   {wrong, "CLONE_NEWNET", unix.EINVAL},
		"nothing is there": {[]Namespace{{Flag: unix.CLONE_NEWUSER, Path: filepath.Join(t.TempDir(), "user")}}, "user", unix.ENOENT},
	} {
		child := &Child{Argv: []string{waiterName}}
		err := Clone{Join: c.join, Child: child}.Do()
		if !errors.Is(err, c.errno) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: %v", name, err)
		}
		if child.PID != 0 {
			t.Errorf("%s: there is a child %d", name, child.PID)
		}
	}
}

// rootless is a process whose user namespace has no user 0.
func rootless(t *testing.T) int {
	t.Helper()
	five := []syscall.SysProcIDMap{{ContainerID: 5, HostID: 5, Size: 1}}
	in, ours, err := os.Pipe()
	must(t, err)
	pid, err := syscall.ForkExec("/proc/self/exe", []string{waiterName}, &syscall.ProcAttr{Files: []uintptr{in.Fd()},
		Sys: &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, UidMappings: five, GidMappings: five}})
	must(t, err)
	must(t, in.Close())
	t.Cleanup(func() {
		ours.Close()
		must(t, KillChild{Child: &Child{PID: pid}}.Do())
	})
	return pid
}

func statusLine(t *testing.T, pid int, name string) string {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			return strings.TrimSpace(rest)
		}
	}
	t.Fatalf("no %s", name)
	return ""
}
