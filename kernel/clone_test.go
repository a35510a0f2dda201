// These tests start copies of the test program in namespaces and look at them from outside.
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

// cloned carries out a Clone whose child waits until the end of the test.
func cloned(t *testing.T, c Clone) int {
	t.Helper()
	testkit.Need(t, testkit.Root())
	theirs, ours, err := os.Pipe()
	must(t, err)
	c.Child = &Child{Argv: []string{waiterName}, Files: []*os.File{theirs, nil, os.Stderr}}
	must(t, c.Do())
	must(t, theirs.Close())
	t.Cleanup(func() {
		ours.Close()
		must(t, c.Undo().Do())
		must(t, c.Undo().Do()) // who is gone already is no error
		if err := unix.Kill(c.Child.PID, 0); err != unix.ESRCH {
			t.Errorf("the child is still there: %v", err)
		}
	})
	return c.Child.PID
}

var kinds = map[string]uintptr{"mnt": unix.CLONE_NEWNS, "pid": unix.CLONE_NEWPID, "net": unix.CLONE_NEWNET, "uts": unix.CLONE_NEWUTS,
	"ipc": unix.CLONE_NEWIPC, "user": unix.CLONE_NEWUSER, "cgroup": unix.CLONE_NEWCGROUP, "time": unix.CLONE_NEWTIME}

// same lists the kinds of namespaces that two processes share.
func same(t *testing.T, a, b int) map[string]bool {
	t.Helper()
	shared := map[string]bool{}
	for kind := range kinds {
		one, err := look.Namespace(a, kind)
		must(t, err)
		other, err := look.Namespace(b, kind)
		must(t, err)
		shared[kind] = one == other
	}
	return shared
}

func TestCloneMakesWhatIsAsked(t *testing.T) {
	one := []IDMap{{Container: 0, Host: 0, Size: 1}}
	for kind, flag := range kinds {
		t.Run(kind, func(t *testing.T) {
			c := Clone{New: flag}
			if kind == "user" {
				c.UIDs, c.GIDs = one, one
			}
			for other, shared := range same(t, os.Getpid(), cloned(t, c)) {
				if shared == (other == kind) {
					t.Errorf("the %s namespace is shared: %v", other, shared)
				}
			}
		})
	}
	t.Run("control: none", func(t *testing.T) {
		for kind, shared := range same(t, os.Getpid(), cloned(t, Clone{})) {
			if !shared {
				t.Errorf("a new %s namespace was made", kind)
			}
		}
	})
}

func TestCloneJoins(t *testing.T) {
	host := cloned(t, Clone{New: unix.CLONE_NEWUTS | unix.CLONE_NEWNET | unix.CLONE_NEWPID | unix.CLONE_NEWIPC})
	var join []Namespace
	for _, kind := range []string{"uts", "net", "pid"} {
		join = append(join, Namespace{Flag: kinds[kind], Path: look.NamespacePath(host, kind)})
	}
	guest := cloned(t, Clone{Join: join, New: unix.CLONE_NEWNS})
	for kind, shared := range same(t, host, guest) {
		if want := kind != "mnt" && kind != "ipc"; shared != want {
			t.Errorf("%s: shared %v, want %v", kind, shared, want)
		}
	}
	for kind, shared := range same(t, os.Getpid(), cloned(t, Clone{})) { // the thread that joined has not come back to work
		if !shared {
			t.Errorf("our own %s namespace has changed", kind)
		}
	}
}

func TestCloneErrorsNameTheCall(t *testing.T) {
	for _, c := range []struct {
		op   Clone
		want string
	}{
		{Clone{Join: []Namespace{{unix.CLONE_NEWNET, "/no/such"}}}, `setns("/no/such", CLONE_NEWNET): no such file or directory`},
		{Clone{Join: []Namespace{{unix.CLONE_NEWNET, "/proc/self/ns/uts"}}}, `setns("/proc/self/ns/uts", CLONE_NEWNET): invalid argument`},
		// A time namespace is joined by a process of one thread only, and a Go program has several.
		{Clone{Join: []Namespace{{unix.CLONE_NEWTIME, "/proc/self/ns/time"}}}, `setns("/proc/self/ns/time", CLONE_NEWTIME): too many users`},
		{Clone{New: unix.CLONE_NEWTIME, Offsets: []TimeOffset{{"sundial", 1, 0}}}, `write("/proc/self/timens_offsets", "sundial 1 0\n"): invalid argument`},
	} {
		testkit.Need(t, testkit.Root())
		c.op.Child = &Child{Argv: []string{waiterName}}
		if err := c.op.Do(); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

func TestTimeOffsets(t *testing.T) {
	pid := cloned(t, Clone{New: unix.CLONE_NEWTIME, Offsets: []TimeOffset{{"boottime", 86400, 0}, {"monotonic", 3600, 5}}})
	got := strings.Join(strings.Fields(content(t, fmt.Sprintf("/proc/%d/timens_offsets", pid))), " ")
	if got != "monotonic 3600 5 boottime 86400 0" {
		t.Errorf("the kernel has %q", got)
	}
}

func TestIDMaps(t *testing.T) {
	pid := cloned(t, Clone{New: unix.CLONE_NEWUSER, UIDs: []IDMap{{0, 100000, 10}, {10, 0, 1}}, GIDs: []IDMap{{0, 200000, 65536}}})
	uids, err := look.IDMap(pid, "uid_map")
	must(t, err)
	p, err := look.ReadProcess(pid)
	must(t, err)
	if fmt.Sprint(uids) != "[{0 100000 10} {10 0 1}]" || p.UID.Real != 100000 || p.GID.Real != 200000 {
		t.Errorf("map %v, user %d, group %d", uids, p.UID.Real, p.GID.Real)
	}
}

// The attack of CVE-2019-5736: /proc/PID/exe of a process that runs our program is kept open, and written to when nobody runs
// the program any more and the kernel would let it through. Through our own mount it never does, and a deputy is no copy of it.
func TestOwnProgramCanNotBeWritten(t *testing.T) {
	testkit.Need(t, testkit.Root())
	self, err := os.Executable()
	must(t, err)
	copied := t.TempDir() + "/program"
	shell(t, "cp "+self+" "+copied)
	for _, c := range []struct {
		deed string
		want error
	}{{"leave a clone", unix.EPERM}, {"leave a protected copy", unix.EROFS}, {"leave a plain child", nil}} {
		if err := attack(t, leave(t, copied, c.deed)); err != c.want {
			t.Errorf("%s: %v, want %v", c.deed, err, c.want)
		}
	}
}

// leave lets a copy of the test program start a waiter and end.
func leave(t *testing.T, program, deed string) (pid int) {
	t.Helper()
	theirs, ours, err := os.Pipe()
	must(t, err)
	t.Cleanup(func() { ours.Close() })
	parent := exec.Command(program)
	parent.Args, parent.Stdin = []string{doerName, deed}, theirs
	out, err := parent.Output()
	must(t, err)
	must(t, theirs.Close())
	if _, err := fmt.Sscan(string(out), &pid); err != nil {
		t.Fatalf("%s: %q", deed, out)
	}
	return pid
}

// leaveWaiter is leave's other half, in the copy.
func leaveWaiter(op Clone) error {
	op.Child = &Child{Argv: []string{waiterName}, Files: []*os.File{os.Stdin}}
	err := op.Do()
	fmt.Print(op.Child.PID)
	return err
}

// leaveProtected starts it by the descriptor that a container's init is started by.
func leaveProtected() error {
	exe, err := ProtectedSelf()
	if err != nil {
		return err
	}
	pid, err := syscall.ForkExec(fmt.Sprintf("/proc/self/fd/%d", exe.Fd()), []string{waiterName}, &syscall.ProcAttr{Files: []uintptr{0}})
	fmt.Print(pid)
	return err
}

func leavePlain() error {
	pid, err := syscall.ForkExec("/proc/self/exe", []string{waiterName}, &syscall.ProcAttr{Files: []uintptr{0}})
	fmt.Print(pid)
	return err
}

// attack opens the program of a process, ends the process, and opens the same file to write.
func attack(t *testing.T, pid int) error {
	t.Helper()
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/exe", pid), unix.O_PATH|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, KillChild{Child: &Child{PID: pid}}.Do()) // ours by now: the test is a subreaper
	w, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		_, err = unix.Write(w, []byte("overwritten"))
		unix.Close(w)
	}
	return err
}

// What a process sets for itself is read back as the kernel shows it; the shell's way gives the same.
func TestIdentityOps(t *testing.T) {
	testkit.Need(t, testkit.Root())
	for _, c := range []struct {
		op, back  explain.Op
		see, want string
	}{
		{SetHostname{"glass"}, SetHostname{"before"}, "uname -n", "glass"},
		{SetDomainname{"example"}, SetDomainname{"before"}, "cat /proc/sys/kernel/domainname", "example"},
		{SetOOMScore{321}, SetOOMScore{0}, "cat /proc/self/oom_score_adj", "321"},
		{SetUmask{0o27}, SetUmask{0o22}, "umask", "0027"},
		{SetRlimit{"RLIMIT_NOFILE", 123, 4000}, SetRlimit{"RLIMIT_NOFILE", 456, 4000}, "ulimit -Sn; ulimit -Hn", "123\n4000"},
	} {
		must(t, c.back.Do())
		if strings.TrimSpace(shell(t, c.see)) == c.want {
			t.Fatalf("%s: so it was before: the test proves nothing", c.op.Call())
		}
		if typed := strings.TrimSpace(shell(t, c.op.Shell(), c.see)); typed != c.want {
			t.Errorf("%s: %q, want %q", c.op.Shell(), typed, c.want)
		}
		must(t, c.back.Do())
		must(t, c.op.Do())
		if did := strings.TrimSpace(shell(t, c.see)); did != c.want {
			t.Errorf("%s: %q, want %q", c.op.Call(), did, c.want)
		}
		must(t, c.back.Do())
	}
	wantErrno(t, SetRlimit{Type: "RLIMIT_FISH"}.Do(), unix.EINVAL)
}

func TestSetUser(t *testing.T) {
	testkit.Need(t, testkit.Root())
	want := "Uid:\t1000\t1000\t1000\t1000\nGid:\t100\t100\t100\t100\nGroups:\t10 20"
	op := SetUser{UID: 1000, GID: 100, Groups: []uint32{20, 10}}
	see := func(status string) string {
		var lines []string
		for line := range strings.Lines(status) {
			if strings.HasPrefix(line, "Uid:") || strings.HasPrefix(line, "Gid:") || strings.HasPrefix(line, "Groups:") {
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		return strings.Join(lines, "\n")
	}
	onThread(t, func() {
		if got := see(threadStatus(t)); got != want {
			t.Errorf("got %q", got)
		}
	}, op)
	if got := see(shell(t, op.Shell()+" cat /proc/self/status")); got != want {
		t.Errorf("%s: %q", op.Shell(), got)
	}
	if got := see(threadStatus(t)); got == want {
		t.Error("another thread has changed as well")
	}
}

// The descriptors of the child must not take the place of the one that its program is executed from.
func TestCloneWithManyDescriptors(t *testing.T) {
	testkit.Need(t, testkit.Root())
	c := Clone{Child: &Child{Argv: []string{waiterName}, Files: make([]*os.File, 64)}}
	must(t, c.Do())
	must(t, c.Undo().Do())
}

// In v2 a process can be born in a group; it is there before it does anything.
func TestCloneIntoCgroup(t *testing.T) {
	dir := group(t, "unified")
	pid := cloned(t, Clone{New: unix.CLONE_NEWPID | unix.CLONE_NEWUSER, Cgroup: dir,
		UIDs: []IDMap{{0, 100000, 1}}, GIDs: []IDMap{{0, 100000, 1}}})
	if got := content(t, dir+"/cgroup.procs"); got != fmt.Sprint(pid) {
		t.Errorf("in the group: %q, want %d", got, pid)
	}
	if err := (Clone{Cgroup: dir + "/none", Child: &Child{Argv: []string{waiterName}}}).Do(); !errors.Is(err, unix.ENOENT) {
		t.Errorf("a group that is not there: %v", err)
	}
}
