// This file is all that cgroups ask for: a mkdir, a write, an rmdir. man 7 cgroups.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// CgroupCreate makes a group. LESSON: cgroup-create
type CgroupCreate struct{ Path string }

func (c CgroupCreate) Do() error {
	err := unix.Mkdir(c.Path, 0o755)
	if err == unix.ENOENT {
		// The group above is missing: it is shared with other containers and stays.
		if err = os.MkdirAll(parent(c.Path), 0o755); err == nil {
			err = unix.Mkdir(c.Path, 0o755)
		}
	}
	return Fail(c, err)
}

func (c CgroupCreate) Call() string     { return fmt.Sprintf("mkdir(%q, 0755)", c.Path) }
func (c CgroupCreate) Shell() string    { return Quote("mkdir", "-p", c.Path) }
func (c CgroupCreate) Undo() explain.Op { return CgroupRemove(c) }

// CgroupSet writes a limit. LESSON: cgroup-set
type CgroupSet struct{ File, Value string }

func (c CgroupSet) Do() error { return Fail(c, writeFile(c.File, c.Value, 0, 0)) }
func (c CgroupSet) Call() string {
	return fmt.Sprintf("write(%q, %q, %d)", c.File, c.Value, len(c.Value))
}
func (c CgroupSet) Shell() string { return echo(c.Value, c.File) }

// CgroupDelegate hands controllers of a v2 group down to the groups below it. What is handed down already is not written
// again: every write here waits until groups that were removed elsewhere have come to rest.
type CgroupDelegate struct {
	Path        string
	Controllers []string
}

func (c CgroupDelegate) Do() error {
	on, err := os.ReadFile(c.file())
	if err != nil {
		return Fail(c, err)
	}
	lacking := slices.DeleteFunc(slices.Clone(c.Controllers), func(name string) bool {
		return slices.Contains(strings.Fields(string(on)), name)
	})
	if len(lacking) == 0 {
		return nil
	}
	return Fail(c, writeFile(c.file(), plus(lacking), 0, 0))
}
func (c CgroupDelegate) file() string { return c.Path + "/cgroup.subtree_control" }
func (c CgroupDelegate) Call() string {
	return fmt.Sprintf("write(%q, %q, %d)", c.file(), plus(c.Controllers), len(plus(c.Controllers)))
}
func (c CgroupDelegate) Shell() string { return echo(plus(c.Controllers), c.file()) }

func plus(controllers []string) string { return "+" + strings.Join(controllers, " +") }

// CgroupJoin moves a process, with all its threads, into a group. LESSON: cgroup-join
type CgroupJoin struct {
	Path string
	PID  int // 0: not known yet, told as $PID
}

func (c CgroupJoin) Do() error {
	return Fail(c, writeFile(c.Path+"/cgroup.procs", strconv.Itoa(c.PID), 0, 0))
}
func (c CgroupJoin) pid() string {
	if c.PID == 0 {
		return "$PID"
	}
	return strconv.Itoa(c.PID)
}
func (c CgroupJoin) Call() string {
	return fmt.Sprintf("write(%q, %q, %d)", c.Path+"/cgroup.procs", c.pid(), len(c.pid()))
}
func (c CgroupJoin) Shell() string {
	return "echo " + c.pid() + " > " + Quote(c.Path+"/cgroup.procs")
}

// CgroupJoinSelf moves the calling thread, and no other, into a v1 group. Whoever is about to execve needs no more: the other
// threads end there.
type CgroupJoinSelf struct{ Path string }

func (c CgroupJoinSelf) Do() error { return do(c) }
func (c CgroupJoinSelf) calls(m *making) error {
	m.write(c.Path+"/tasks", "0", false)
	return nil
}
func (c CgroupJoinSelf) Call() string {
	return fmt.Sprintf("write(%q, \"0\", 1)", c.Path+"/tasks")
}
func (c CgroupJoinSelf) Shell() string { return "echo 0 > " + Quote(c.Path+"/tasks") }

// CgroupRemove removes a group. Processes still in it are killed first: the kernel refuses to remove a group with members,
// and what is left there has outlived its container.
type CgroupRemove struct{ Path string }

func (c CgroupRemove) Do() error {
	const patience = 10 * time.Second // the kernel may be busy with what the last member has written
	for begin := time.Now(); ; {
		err := unix.Rmdir(c.Path)
		switch {
		case err == nil, errors.Is(err, unix.ENOENT):
			return nil
		case !errors.Is(err, unix.EBUSY) || time.Since(begin) > patience:
			return Fail(c, err)
		}
		if err := c.evict(); err != nil {
			return Fail(c, err)
		}
		time.Sleep(time.Millisecond)
	}
}

// evict kills the members, and removes the groups below this one (a container may have made them). In this order: what is
// frozen in a v1 group below thaws, and so can die, only when this one has been thawed.
func (c CgroupRemove) evict() error {
	if err := KillCgroup(c.Path); err != nil {
		return err
	}
	entries, err := os.ReadDir(c.Path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := (CgroupRemove{Path: c.Path + "/" + e.Name()}).Do(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c CgroupRemove) Call() string  { return fmt.Sprintf("rmdir(%q)", c.Path) }
func (c CgroupRemove) Shell() string { return Quote("rmdir", c.Path) }

// CgroupOwner gives a group, or one of its files, to a user of the host. Where this kernel has no such file there is nothing to
// give. man 2 chown.
type CgroupOwner struct {
	Path string
	UID  int
}

func (c CgroupOwner) Do() error {
	err := unix.Chown(c.Path, c.UID, -1)
	if err == unix.ENOENT {
		return nil
	}
	return Fail(c, err)
}
func (c CgroupOwner) Call() string { return fmt.Sprintf("chown(%q, %d, -1)", c.Path, c.UID) }
func (c CgroupOwner) Shell() string {
	return "[ ! -e " + quote(c.Path) + " ] || " + Quote("chown", strconv.Itoa(c.UID), c.Path)
}

// KillCgroup sends SIGKILL to every process of the group: by cgroup.kill where the kernel has it (v2, Linux 5.14), one by one
// elsewhere. A frozen v1 group is thawed, for a frozen process does not die.
func KillCgroup(path string) error {
	if writeFile(path+"/cgroup.kill", "1", 0, 0) == nil {
		return nil
	}
	data, err := os.ReadFile(path + "/cgroup.procs")
	if errors.Is(err, unix.ENODEV) { // removed while it was open: systemd does that with a scope that is empty
		return nil
	}
	if err != nil {
		return err
	}
	for _, field := range strings.Fields(string(data)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return fmt.Errorf("read %s/cgroup.procs: %w", path, err)
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
			return err
		}
	}
	if err := writeFile(path+"/freezer.state", "THAWED", 0, 0); err != nil && err != unix.ENOENT && err != unix.ENODEV {
		return err
	}
	return nil
}

func parent(path string) string { return path[:strings.LastIndexByte(path, '/')] }
