// These tests make groups of their own in the machine's cgroups, and remove them again.
package kernel

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

func groupName() string { return fmt.Sprintf("glassbox-test-%d", os.Getpid()) }

// onlyV2 tells whether this machine has nothing but v2.
func onlyV2() bool { return testkit.Cgroup2().Met() == nil }

// group makes a group in the tree of a controller, "unified" for the v2 tree.
func group(t *testing.T, controller string) string {
	t.Helper()
	testkit.Need(t, testkit.Root())
	tree := "/sys/fs/cgroup/" + controller
	if onlyV2() {
		tree = "/sys/fs/cgroup"
		if controller != "unified" {
			must(t, CgroupDelegate{Path: tree, Controllers: []string{controller}}.Do())
		}
	}
	if _, err := os.Stat(tree + "/cgroup.procs"); err != nil {
		t.Skipf("SKIPPED: this machine has no tree of cgroups at %s", tree)
	}
	dir := tree + "/" + groupName()
	op := CgroupCreate{Path: dir}
	must(t, op.Do())
	t.Cleanup(func() { must(t, op.Undo().Do()) })
	return dir
}

// waiter starts a child that lives as long as the test.
func waiter(t *testing.T) *exec.Cmd {
	t.Helper()
	child := exec.Command("/proc/self/exe")
	child.Args = []string{waiterName}
	in, err := child.StdinPipe()
	must(t, err)
	must(t, child.Start())
	t.Cleanup(func() {
		in.Close()
		child.Wait()
	})
	return child
}

func content(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	return strings.TrimSpace(string(text))
}

func TestCgroupOps(t *testing.T) {
	dir := group(t, "pids")
	inner, aside := dir+"/new/box", dir+"/new/aside"
	must(t, CgroupCreate{aside}.Do())
	if onlyV2() {
		must(t, CgroupDelegate{dir, []string{"pids"}}.Do())
		must(t, CgroupDelegate{dir + "/new", []string{"pids"}}.Do())
	}
	child := waiter(t).Process.Pid
	layout, err := look.HostLayout()
	must(t, err)
	memberOf := func() string { // as the kernel tells of the child
		groups, err := look.CgroupOf(child)
		must(t, err)
		in, _ := look.CgroupDir(layout, groups, "pids")
		return in
	}
	for _, c := range []struct {
		op   explain.Op
		see  func() string
		want string
	}{
		{CgroupCreate{inner}, func() string { _, err := os.Stat(inner + "/pids.max"); return fmt.Sprint(err) }, "<nil>"},
		{CgroupSet{inner + "/pids.max", "7"}, func() string { return content(t, inner+"/pids.max") }, "7"},
		{CgroupJoin{inner, child}, memberOf, inner},
	} {
		for _, how := range []string{"Do", "Shell"} {
			if c.see() == c.want {
				t.Fatalf("%s: it is %q beforehand: the test proves nothing", c.op.Call(), c.want)
			}
			if how == "Do" {
				must(t, c.op.Do())
			} else {
				shell(t, c.op.Shell())
			}
			if got := c.see(); got != c.want {
				t.Errorf("%s of %s: %q, want %q", how, c.op.Call(), got, c.want)
			}
			switch op := c.op.(type) { // back, for the second way
			case CgroupCreate:
				must(t, op.Undo().Do())
			case CgroupSet:
				must(t, CgroupSet{op.File, "max"}.Do())
			case CgroupJoin:
				must(t, CgroupJoin{aside, child}.Do())
			}
		}
		must(t, c.op.Do())
	}
}

// A name that is taken can not be claimed a second time, and what is above it stays when it goes.
func TestCgroupCreateClaims(t *testing.T) {
	dir := group(t, "pids")
	op := CgroupCreate{Path: dir + "/above/box"}
	must(t, op.Do())
	wantErrno(t, op.Do(), unix.EEXIST)
	must(t, op.Undo().Do())
	must(t, op.Undo().Do())
	if _, err := os.Stat(dir + "/above"); err != nil {
		t.Errorf("the shared group above is gone: %v", err)
	}
}

// A thread that joins by itself leaves the others of its process where they are. In v2 only a whole process can.
func TestCgroupJoinSelf(t *testing.T) {
	dir := group(t, "pids")
	if onlyV2() {
		wantErrno(t, CgroupJoinSelf{Path: dir}.Do(), unix.ENOENT)
		return
	}
	onThread(t, func() {
		if got := content(t, dir+"/tasks"); got != strconv.Itoa(unix.Gettid()) {
			t.Errorf("members are %q, want the thread %d alone", got, unix.Gettid())
		}
	}, CgroupJoinSelf{Path: dir})
	out := shell(t, CgroupJoinSelf{Path: dir}.Shell(), "cat /proc/self/cgroup")
	if !strings.Contains(out, ":pids:/"+groupName()+"\n") {
		t.Errorf("the shell that wrote 0 is in\n%s", out)
	}
}

// Removing a group ends who is still in it, groups below included, and frozen ones too.
func TestCgroupRemoveKills(t *testing.T) {
	trees := []string{"pids", "unified", "freezer"}
	if onlyV2() {
		trees = []string{"unified"}
	}
	for _, tree := range trees {
		t.Run(tree, func(t *testing.T) {
			dir := group(t, tree)
			box, below := CgroupCreate{dir + "/box"}, CgroupCreate{dir + "/box/a/b"}
			must(t, box.Do())
			must(t, below.Do())
			children := []*exec.Cmd{waiter(t), waiter(t)}
			must(t, CgroupJoin{box.Path, children[0].Process.Pid}.Do())
			must(t, CgroupJoin{below.Path, children[1].Process.Pid}.Do())
			freeze := map[string]CgroupSet{"freezer": {box.Path + "/freezer.state", "FROZEN"}, "unified": {box.Path + "/cgroup.freeze", "1"}}
			if op, ok := freeze[tree]; ok {
				must(t, op.Do())
			}
			outsider := waiter(t)
			must(t, box.Undo().Do())
			if _, err := os.Stat(box.Path); !os.IsNotExist(err) {
				t.Errorf("the group is still there (%v)", err)
			}
			for _, child := range children {
				child.Wait()
				if status := child.ProcessState.Sys().(syscall.WaitStatus); status.Signal() != unix.SIGKILL {
					t.Errorf("a member ended with %v", child.ProcessState)
				}
			}
			must(t, outsider.Process.Signal(syscall.Signal(0))) // the control: who was no member lives
		})
	}
}
