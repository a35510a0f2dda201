// This file starts a process in new namespaces, or in those of a running container.
package kernel

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel/look"
)

// Child is the process that a Clone starts: what it gets, and after Do its pid.
type Child struct {
	Argv  []string
	Env   []string
	Files []*os.File // its descriptors 0, 1, 2, …; nil: closed
	Link  int        // which of them it listens to
	PID   int
}

// Namespace is one to be joined.
type Namespace struct {
	Flag uintptr // CLONE_NEWNET …
	Path string  // /proc/PID/ns/net, or a file that such a link is bound to
}

// IDMap maps Size ids, from Container on inside to Host on outside. man 7 user_namespaces.
type IDMap struct{ Container, Host, Size int }

// TimeOffset shifts a clock in a new time namespace. man 7 time_namespaces.
type TimeOffset struct {
	Clock       string // monotonic or boottime
	Secs, Nanos int64
}

// Clone starts a deputy in new namespaces, in those of others, or in ours: a process that waits to be told what to do. It is executed
// anew, for the Go runtime is several threads, and fork copies just one. man 2 clone, man 2 setns, man 2 memfd_create.
type Clone struct {
	New     uintptr // CLONE_NEW* of the namespaces to make
	Join    []Namespace
	UIDs    []IDMap
	GIDs    []IDMap
	Offsets []TimeOffset
	Cgroup  string // the v2 group to be born in; empty: the parent's
	Child   *Child

	Unprivileged bool // by an ordinary user: see usermap.go
	Nested       bool // by the root of a user namespace, in which setgroups may be denied for good
}

// Do forks from a thread of its own when namespaces are joined: setns changes the calling thread alone, and its child inherits
// them. From another network namespace a thread comes back; otherwise it ends with its goroutine, for Go may not use it again.
func (c Clone) Do() error {
	// What we have inherited ourselves is not for the child: one directory of the host among it is a way out (CVE-2024-21626).
	if err := (CloseOnExec{First: 3}).Do(); err != nil {
		return err
	}
	switch {
	case c.joinsUser(), c.New&unix.CLONE_NEWTIME != 0, c.Unprivileged, c.Nested:
		return c.forkInto()
	case len(c.Join) == 0:
		return c.fork()
	case !slices.ContainsFunc(c.Join, func(ns Namespace) bool { return ns.Flag != unix.CLONE_NEWNET }):
		return elsewhere(JoinNamespaces{c.Join}.Do, c.fork)
	}
	done := make(chan error)
	go look.OnThrowawayThread(func() {
		err := JoinNamespaces{c.Join}.Do()
		if err == nil {
			err = c.fork()
		}
		done <- err
	})
	return <-done
}

func (c Clone) fork() error {
	exe, err := deputyImage(c.Child.Link)
	if err != nil {
		return err
	}
	defer exe.Close()
	// Above the descriptors that the child gets: those would take its place before the execve.
	self, err := unix.FcntlInt(exe.Fd(), unix.F_DUPFD_CLOEXEC, len(c.Child.Files))
	if err != nil {
		return fmt.Errorf("fcntl(F_DUPFD_CLOEXEC): %w", err)
	}
	defer unix.Close(self)
	files := make([]uintptr, len(c.Child.Files))
	for i, f := range c.Child.Files {
		files[i] = ^uintptr(0)
		if f != nil {
			files[i] = f.Fd()
		}
	}
	attr := &syscall.ProcAttr{Env: c.Child.Env, Files: files, Sys: &syscall.SysProcAttr{Cloneflags: c.New}}
	if c.New&unix.CLONE_NEWUSER != 0 {
		attr.Sys.UidMappings, attr.Sys.GidMappings = procMaps(c.UIDs), procMaps(c.GIDs)
		attr.Sys.GidMappingsEnableSetgroups = true
		attr.Sys.Credential = &syscall.Credential{}
	}
	if c.Cgroup != "" {
		group, err := os.Open(c.Cgroup)
		if err != nil {
			return err
		}
		defer group.Close()
		attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, int(group.Fd())
	}
	err = WithGivenSlack(func() (err error) {
		c.Child.PID, err = syscall.ForkExec(fmt.Sprintf("/proc/self/fd/%d", self), c.Child.Argv, attr)
		return err
	})
	runtime.KeepAlive(c.Child.Files)
	if err != nil {
		return refused(c.cloneCall(), err)
	}
	return nil
}

func procMaps(maps []IDMap) []syscall.SysProcIDMap {
	out := make([]syscall.SysProcIDMap, len(maps))
	for i, m := range maps {
		out[i] = syscall.SysProcIDMap{ContainerID: m.Container, HostID: m.Host, Size: m.Size}
	}
	return out
}

func setnsCall(path string, flag uintptr) string {
	return fmt.Sprintf("setns(%q, %s)", path, flagString(flag, cloneFlags))
}

func (c Clone) offsetsCall() string {
	return fmt.Sprintf("write(\"/proc/self/timens_offsets\", %q)", offsetLines(c.Offsets))
}

func (c Clone) Call() string {
	lines := []string{CloseOnExec{First: 3}.Call()}
	for _, ns := range c.Join {
		lines = append(lines, setnsCall(ns.Path, ns.Flag))
	}
	if c.New&unix.CLONE_NEWTIME != 0 {
		lines = append(lines, "unshare(CLONE_NEWTIME)")
		if len(c.Offsets) > 0 {
			lines = append(lines, c.offsetsCall())
		}
	}
	lines = append(lines, memfdCall, sealCall, c.cloneCall())
	if c.New&unix.CLONE_NEWUSER != 0 {
		lines = append(lines, c.mapCalls()...)
	}
	link := 3
	if c.Child != nil && c.Child.Link > 0 {
		link = c.Child.Link
	}
	return strings.Join(append(lines, `execve("/memfd:glassbox")`, CloseOnExec{First: uint(link)}.Call()), "\n")
}

// cloneCall: the old clone has no room to name a cgroup. man 2 clone, CLONE_INTO_CGROUP.
func (c Clone) cloneCall() string {
	flags := c.New &^ unix.CLONE_NEWTIME
	if c.Cgroup == "" {
		return "clone(" + flagString(flags|uintptr(unix.SIGCHLD), cloneFlags) + ")"
	}
	words := "CLONE_INTO_CGROUP"
	if flags != 0 {
		words = flagString(flags, cloneFlags) + "|" + words
	}
	return fmt.Sprintf("clone3({flags=%s, exit_signal=SIGCHLD, cgroup=open(%q)})", words, c.Cgroup)
}

// Shell is unshare(1), run by nsenter(1) where namespaces are joined; where none are made, what comes after it is all done by
// nsenter(1). The command that it starts is left to the reader.
func (c Clone) Shell() string {
	var words []string
	if c.New == 0 && len(c.Join) == 0 {
		return "nsenter --target $PID --all"
	}
	if len(c.Join) > 0 {
		words = append(words, "nsenter")
		for _, ns := range c.Join {
			words = append(words, "--"+namespaceWord(ns.Flag)+"="+ns.Path)
		}
	}
	words = append(words, "unshare")
	for _, f := range cloneFlags {
		if f.bit != uintptr(unix.SIGCHLD) && c.New&f.bit != 0 {
			words = append(words, "--"+namespaceWord(f.bit))
		}
	}
	for _, m := range c.UIDs {
		words = append(words, fmt.Sprintf("--map-users=%d,%d,%d", m.Host, m.Container, m.Size))
	}
	for _, m := range c.GIDs {
		words = append(words, fmt.Sprintf("--map-groups=%d,%d,%d", m.Host, m.Container, m.Size))
	}
	for _, o := range c.Offsets {
		words = append(words, fmt.Sprintf("--%s=%d", o.Clock, o.Secs))
	}
	line := Quote(append(words, "--fork", "--kill-child")...)
	if c.Cgroup != "" { // a shell has no clone3: it moves the process afterwards
		line += "\n" + CgroupJoin{Path: c.Cgroup}.Shell()
	}
	return line
}

// Undo kills the child. A crash needs no inverse on disk: the child ends by itself when the socket to us closes.
func (c Clone) Undo() explain.Op { return KillChild{Child: c.Child} }

// KillChild ends a child and collects it.
type KillChild struct {
	Child *Child `json:"-"`
}

func (k KillChild) Do() error {
	if k.Child == nil || k.Child.PID == 0 {
		return nil
	}
	if err := unix.Kill(k.Child.PID, unix.SIGKILL); err != nil && err != unix.ESRCH {
		return Fail(k, err)
	}
	return Fail(k, collect(k.Child.PID))
}

// collect waits for the end of a child; if somebody else has, that is well.
func collect(pid int) error {
	for {
		_, err := unix.Wait4(pid, nil, 0, nil)
		switch err {
		case unix.EINTR:
		case unix.ECHILD:
			return nil
		default:
			return err
		}
	}
}
func (k KillChild) Call() string  { return "kill($PID, SIGKILL)" }
func (k KillChild) Shell() string { return "kill -9 $PID" }

// cloneFlags is in the order of strace; SIGCHLD rides in the same word.
var cloneFlags = []flagName{
	{unix.CLONE_NEWTIME, "CLONE_NEWTIME"}, {unix.CLONE_NEWNS, "CLONE_NEWNS"}, {unix.CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
	{unix.CLONE_NEWUTS, "CLONE_NEWUTS"}, {unix.CLONE_NEWIPC, "CLONE_NEWIPC"}, {unix.CLONE_NEWUSER, "CLONE_NEWUSER"},
	{unix.CLONE_NEWPID, "CLONE_NEWPID"}, {unix.CLONE_NEWNET, "CLONE_NEWNET"}, {uintptr(unix.SIGCHLD), "SIGCHLD"},
}

// namespaceWord is the long option of unshare(1) and nsenter(1).
func namespaceWord(flag uintptr) string {
	if flag == unix.CLONE_NEWNS {
		return "mount"
	}
	return strings.ToLower(strings.TrimPrefix(flagString(flag, cloneFlags), "CLONE_NEW"))
}

func mapLines(maps []IDMap) string {
	var b strings.Builder
	for _, m := range maps {
		fmt.Fprintf(&b, "%d %d %d\n", m.Container, m.Host, m.Size)
	}
	return b.String()
}

func offsetLines(offsets []TimeOffset) string {
	var b strings.Builder
	for _, o := range offsets {
		fmt.Fprintf(&b, "%s %d %d\n", o.Clock, o.Secs, o.Nanos)
	}
	return b.String()
}
