// These tests provoke each row of the table of hints: the kernel itself must answer with the errno that the row explains.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

// childDeeds are what a child does in surroundings where it must fail.
func childDeeds() map[string]func() error {
	return map[string]func() error{
		"mount proc":  Mount{Source: "proc", Target: "/proc", FSType: "proc"}.Do,
		"mount sysfs": Mount{Source: "sysfs", Target: "/sys", FSType: "sysfs"}.Do,
		"clone":       Clone{New: unix.CLONE_NEWUTS, Child: &Child{Argv: []string{waiterName}}}.Do,
		"clone past the limit": func() error {
			if err := (SetSysctl{Name: "user.max_uts_namespaces", Value: "0"}).Do(); err != nil {
				return err
			}
			return Clone{New: unix.CLONE_NEWUTS, Child: &Child{Argv: []string{waiterName}}}.Do()
		},
		"bare mounts":            makeBareMounts,
		"leave a protected copy": leaveProtected,
		"leave a clone":          func() error { return leaveWaiter(Clone{New: unix.CLONE_NEWPID}) },
		"leave a plain child":    leavePlain,
		"keys": func() error {
			for i := range 1000 {
				if _, err := unix.AddKey("user", fmt.Sprint("glassbox", i), []byte("x"), unix.KEY_SPEC_SESSION_KEYRING); err != nil {
					break // as many as one may have
				}
			}
			return JoinKeyring{Name: "glassbox-test"}.Do()
		},
		"filter": SeccompFilter{Program: refuse(unix.SYS_GETPPID, unix.EXDEV)}.Do,
		"raise a limit": func() error {
			if err := (SetRlimit{Type: "RLIMIT_CORE"}).Do(); err != nil {
				return err
			}
			return SetRlimit{Type: "RLIMIT_CORE", Soft: 1, Hard: 1}.Do()
		},
	}
}

// provocations lists, for each row in its order, a way to the errno.
func provocations() []func(t *testing.T) string {
	child := func(deed string, attr *syscall.SysProcAttr) func(*testing.T) string {
		return func(t *testing.T) string { return inChild(t, deed, attr) }
	}
	return []func(*testing.T) string{
		tooManyMounts,
		func(t *testing.T) string {
			dir := playground(t)
			shell(t, "cd "+dir, "mkdir lower upper other target; mount -t tmpfs x other; mkdir other/work")
			return outcome(Overlay{Lower: []string{dir + "/lower"}, Upper: dir + "/upper", Work: dir + "/other/work", Target: dir + "/target"})
		},
		child("mount proc", userNamespace(unix.CLONE_NEWNS)),
		child("mount sysfs", userNamespace(unix.CLONE_NEWNS)),
		func(t *testing.T) string { return outcome(Mount{"x", playground(t), "nosuchfs", 0, ""}) },
		func(t *testing.T) string { return onPrivateMounts(t, Chdir{playground(t)}, PivotRoot{}) },
		child("clone past the limit", userNamespace(unix.CLONE_NEWNS)),
		func(*testing.T) string { // this kernel lacks none; a combination that it refuses stands for it
			return outcome(Clone{New: unix.CLONE_NEWNS | unix.CLONE_FS, Child: &Child{Argv: []string{waiterName}}})
		},
		child("clone", nobody()),
		inUse,
		func(t *testing.T) string { return outcome(CgroupSet{group(t, "pids") + "/pids.max", "many"}) },
		func(t *testing.T) string {
			tree := "/sys/fs/cgroup/pids"
			if testkit.Cgroup2().Met() == nil {
				tree = "/sys/fs/cgroup"
			}
			return onPrivateMounts(t, Bind{Source: tree, Target: tree}, RemountIn{Root: "/", Target: tree, Flags: unix.MS_RDONLY}, CgroupCreate{tree + "/" + groupName()})
		},
		child("filter", nobody()),
		child("keys", nobody()),
		child("raise a limit", nobody()),
	}
}

func TestEveryHintIsProvoked(t *testing.T) {
	ways := provocations()
	if len(ways) != len(hints) {
		t.Fatalf("%d rows and %d provocations: each row needs one", len(hints), len(ways))
	}
	for i, h := range hints {
		t.Run(fmt.Sprintf("%s %v", h.call, h.errno), func(t *testing.T) {
			got := ways[i](t)
			if want := fmt.Sprintf(": %v (%s)", h.errno, h.text); !strings.HasPrefix(got, h.call) || !strings.HasSuffix(got, want) {
				t.Errorf("got  %q\nwant %q…%q", got, h.call, want)
			}
		})
	}
}

func outcome(op explain.Op) string {
	if err := op.Do(); err != nil {
		return err.Error()
	}
	return "it worked"
}

// onPrivateMounts does ops on a thread with a mount namespace of its own and returns the error of the last; the others must
// succeed. The namespace ends with the thread.
func onPrivateMounts(t *testing.T, ops ...explain.Op) string {
	t.Helper()
	got := make(chan string)
	go look.OnThrowawayThread(func() {
		ops = append([]explain.Op{Unshare{Flags: unix.CLONE_NEWNS}, SetPropagation{Target: "/", Type: unix.MS_PRIVATE | unix.MS_REC}}, ops...)
		for _, op := range ops[:len(ops)-1] {
			if err := op.Do(); err != nil {
				got <- "too early: " + err.Error()
				return
			}
		}
		got <- outcome(ops[len(ops)-1])
	})
	return <-got
}

// tooManyMounts doubles a tree of mounts until the namespace is full: 17 times, for 100000.
func tooManyMounts(t *testing.T) string {
	dir := playground(t)
	must(t, os.Mkdir(dir+"/a", 0o755))
	ops := []explain.Op{Mount{Source: "x", Target: dir + "/a", FSType: "tmpfs"}}
	for i := range 17 {
		sub := fmt.Sprintf("%s/a/%d", dir, i)
		ops = append(ops, Mkdir{Path: sub, Mode: 0o755}, Bind{Source: dir + "/a", Target: sub, Recursive: true})
	}
	return onPrivateMounts(t, ops...)
}

// inUse takes from a process the memory that it uses; v2 lets that happen, but not that a group of processes hands down controllers.
func inUse(t *testing.T) string {
	dir := group(t, "memory")
	child := waiter(t)
	must(t, CgroupJoin{Path: dir, PID: child.Process.Pid}.Do())
	if onlyV2() {
		return outcome(CgroupDelegate{Path: dir, Controllers: []string{"memory"}})
	}
	greedy := exec.Command("sh", "-c", "echo 0 > "+dir+"/tasks; x=$(head -c 4000000 /dev/zero | tr '\\0' x); echo full; read end")
	in, err := greedy.StdinPipe()
	must(t, err)
	out, err := greedy.StdoutPipe()
	must(t, err)
	must(t, greedy.Start())
	defer greedy.Wait()
	defer in.Close()
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	return outcome(CgroupSet{dir + "/memory.limit_in_bytes", "4096"})
}

// An error gives the errno to errors.Is, and without a hint it is the call and the errno alone.
func TestErrors(t *testing.T) {
	if Fail(Chdir{}, nil) != nil {
		t.Error("no error became one")
	}
	err := Chdir{Path: "/no/such"}.Do()
	if !errors.Is(err, unix.ENOENT) || err.Error() != `chdir("/no/such"): no such file or directory` {
		t.Errorf("got %q", err)
	}
	err = JoinMounts{Path: "/no/such"}.Do()
	if !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %q", err)
	}
}
