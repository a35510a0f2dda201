// This test shows every op in words: read testdata/words.golden.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/internal/testkit"
)

func examples() []explain.Op {
	c := Clone{New: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWUSER, UIDs: []IDMap{{0, 100000, 65536}}, GIDs: []IDMap{{0, 100000, 65536}}}
	late := Clone{New: unix.CLONE_NEWTIME, Join: []Namespace{{unix.CLONE_NEWNET, "/proc/7/ns/net"}, {unix.CLONE_NEWNS, "/run/my ns"}},
		Offsets: []TimeOffset{{"boottime", 86400, 5}, {"monotonic", -1, 0}}}
	born := Clone{New: unix.CLONE_NEWPID, Cgroup: "/sys/fs/cgroup/box"}
	return []explain.Op{
		Mount{"proc", "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC, ""},
		Mount{"tmpfs", "/my tmp", "tmpfs", 0, "size=64k"}, Mount{"x", "/x", "x", unix.MS_RDONLY | 1<<40, "a,b"},
		Bind{"/a", "/b", false}, Bind{"/a", "/b", true},
		SetPropagation{"/", unix.MS_PRIVATE | unix.MS_REC}, SetPropagation{"/", unix.MS_SLAVE}, Unmount{"/a"}, Unmount{"."},
		MountIn{"/r", "tmpfs", "/dev", "tmpfs", unix.MS_STRICTATIME, "mode=755"}, BindIn{"/r", "/etc/hosts", "/etc/hosts", true},
		BindSelfIn{"/r", "/proc/sys"}, MaskIn{"/r", "/proc/kcore", false}, MaskIn{"/r", "/proc/acpi", true}, ReadonlyIn{"/r", "/proc/sys", unix.MS_NOSUID}, RemountIn{"/r", "/proc/sys", unix.MS_RDONLY}, RemountIn{"/r", "/x", 0},
		SetPropagationIn{"/r", "/x", unix.MS_UNBINDABLE | unix.MS_REC},
		EnsureDirIn{"/r", "/dev/pts", 0o755}, EnsureFileIn{"/r", "/etc/hosts"}, SymlinkIn{"/r", "pts/ptmx", "/dev/ptmx"},
		MknodIn{"/r", "/dev/null", unix.S_IFCHR | 0o666, 1, 3, 0, 0}, MknodIn{"/r", "/b", unix.S_IFBLK | 0o600, 8, 0, 0, 0}, MknodIn{"/r", "/p", unix.S_IFIFO | 0o600, 0, 0, 0, 0},
		Mkdir{"/a", 0o700}, EnsureDir{"/a/b", 0o755}, RemoveTree{"/a"}, WriteFile{"/f", "a line\n", 0o644}, WriteFile{"/f", "it's", 0o644}, Remove{"/f"}, ReplaceFile{"/f", "x", 0o644},
		SetSysctl{"net.ipv4.ip_forward", "1"}, SetSysctl{"net/ipv4/conf/eth0.1/rp_filter", "0"}, SetSysctlIn{"/r", "net.ipv4.ip_forward", "1"},
		CgroupCreate{"/sys/fs/cgroup/box"}, CgroupOwner{"/sys/fs/cgroup/box", 1000}, CgroupSet{"/sys/fs/cgroup/box/pids.max", "64"}, CgroupJoin{"/sys/fs/cgroup/box", 0}, CgroupJoin{"/sys/fs/cgroup/box", 42},
		CgroupDelegate{"/sys/fs/cgroup", []string{"cpu", "memory"}}, CgroupJoinSelf{"/sys/fs/cgroup/pids/box"}, CgroupRemove{"/sys/fs/cgroup/box"},
		CgroupSlice{"/sys/fs/cgroup/a.slice"}, CgroupLeave{"/sys/fs/cgroup/a.slice"},
		ScopeStart{Unit: "a.scope", Slice: "a-b.slice", Description: "container a", Properties: []UnitProperty{{"TasksMax", "t", []string{"9"}}}, Slices: []string{"a.slice", "a-b.slice"}},
		ScopeSet{"a.scope", []UnitProperty{{"TasksMax", "t", []string{"9"}}}}, ScopeStop{"a.scope"},
		DeviceFilter{"/sys/fs/cgroup/box", make([]DeviceRule, 3)},
		c, late, born, KillChild{}, Unshare{unix.CLONE_NEWCGROUP}, JoinMounts{"/proc/7/ns/mnt"}, JoinCgroups{"/proc/7/ns/cgroup"}, LoopbackUp{}, Chdir{"/r"}, Enter{"/home"}, PivotRoot{}, MoveRoot{},
		JoinNamespaces{[]Namespace{{unix.CLONE_NEWIPC, "/proc/7/ns/ipc"}, {unix.CLONE_NEWNET, "/proc/7/ns/net"}}}, JoinProcesses{"/proc/7/ns/pid"}, Spawn{Paths: []string{"/usr/bin/sh", "/bin/sh"}, Args: []string{"sh"}, Env: []string{"A=1"}, Sibling: true, Terminal: true}, Spawn{Paths: []string{"/bin/sh"}, Args: []string{"sh"}},
		Clone{}, Clone{Cgroup: "/sys/fs/cgroup/box"}, Find{Paths: []string{"/bin/sh"}}, AwaitStart{5, 6}, AtPace{Foretold: SetUmask{0o22}},
		RunHook{Path: "/bin/hook", Args: []string{"hook", "an argument"}, Env: []string{"A=1"}, Dir: "/b", Input: "{}", Seconds: 2},
		OpenTerminal{Root: "/r"}, OpenTerminal{Root: "/r", Console: true}, OpenTerminal{Root: "/", Visitor: true},
		SetHostname{"box"}, SetDomainname{"example"}, SetUser{UID: 1000, GID: 100, Groups: []uint32{10, 20}}, SetUser{UID: 0, GID: 0, Groups: nil}, OwnStdio{UID: 1000}, SetRlimit{"RLIMIT_NOFILE", 1024, 4096},
		SetOOMScore{-5}, SetUmask{0o22}, ForbidNewPrivileges{}, ForbidTracing{}, NewSession{}, CloseOnExec{3},
		SetAttributesIn{"/r", "/data", unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID, unix.MOUNT_ATTR_NOEXEC},
		CgroupSetEither{CgroupSet{"/sys/fs/cgroup/box/blkio.weight", "500"}, CgroupSet{"/sys/fs/cgroup/box/blkio.bfq.weight", "500"}},
		CopyUpIn{Root: "/r", Target: "/etc", Flags: unix.MS_NOSUID, Data: "mode=755"}, FillDir{"/r", "/data", "/v/_data", "/v/filling"}, BindPart{"/v/_data", "a/b", "/live/mount-0"}, UseMount{"/s/volumes/v/id", "/v/_data"}, LeaveMount{"/s/volumes/v/id", "/v/_data"}, BindFlagsIn{"/r", "/srv/data", "/data", true, unix.MS_RDONLY | unix.MS_NOSUID}, SetPropagationAbove{"/r", unix.MS_PRIVATE},
		UserNamespaceCreate{"/s/users", "/s/netns", []IDMap{{0, 100000, 65536}}, []IDMap{{0, 200000, 65536}}}, UserNamespaceRemove{"/s/users", "/s/netns"},
		MapMount{"/data", "/s/own", []IDMap{{0, 100000, 65536}}, []IDMap{{0, 200000, 65536}}}, ChangeGroup{"/data", 200000},
		MapTree{Source: "/data", Recursive: true, UIDs: []IDMap{{0, 1000, 1}}, GIDs: []IDMap{{0, 1000, 1}}}, PlaceTreeIn{"/r", "/data", "/data", 0, 9, true}, HoldTree{Source: "/r"}, PlaceTreeIn{"/r", ".", "/r", 0, 9, false},
		LinkOff6{"veth0"}, BareMounts{"/s/bare", []string{"/r", "/s"}}, BareMountsRemove{"/s/bare", nil},
		SetScheduler{Policy: "SCHED_BATCH", Nice: 5}, SetScheduler{Policy: "SCHED_FIFO", Priority: 10}, SetIOPriority{"IOPRIO_CLASS_BE", 6},
		SetAffinity{"0-3,7"}, SetMemoryPolicy{Mode: "MPOL_BIND", Nodes: "0-1"}, SetPersonality{"LINUX32"}, JoinKeyring{"_ses.box"}, ChangeProfile{"box"},
		Exec{"/bin/sh", []string{"sh", "-c", "echo $HOME"}, []string{"A=1", "B=x y"}}, ExecSelf{Args: []string{"glassbox: init", "3", "/bin/sh", "sh"}, Env: []string{"A=1"}},
	}
}

func TestWords(t *testing.T) {
	var b strings.Builder
	for _, op := range examples() {
		fmt.Fprintf(&b, "%s\n", reflect.TypeOf(op).Name())
		line(&b, "call", op.Call())
		line(&b, "shell", op.Shell())
		if u, ok := op.(explain.Undoer); ok {
			line(&b, "undo", u.Undo().Shell())
		}
	}
	testkit.Golden(t, "words.golden", b.String())
}

func line(b *strings.Builder, label, text string) {
	fmt.Fprintf(b, "  %-5s  %s\n", label, strings.ReplaceAll(text, "\n", "\n         "))
}

// testedElsewhere are files whose ops have tests of their own.
var testedElsewhere = map[string]bool{"netns.go": true, "link.go": true, "linkdelete.go": true, "linkmove.go": true, "address.go": true, "overlay.go": true, "linkvirtual.go": true, "linkvxlan.go": true, "seccomp.go": true, "capability.go": true}

// Every type with a Do is among the examples.
func TestWordsAreComplete(t *testing.T) {
	shown := map[string]bool{}
	for _, op := range examples() {
		shown[reflect.TypeOf(op).Name()] = true
	}
	files, err := filepath.Glob("*.go")
	must(t, err)
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		must(t, err)
		for _, m := range regexp.MustCompile(`(?m)^func \(\w+ (\w+)\) Do\(\) error`).FindAllStringSubmatch(string(text), -1) {
			if found++; !shown[m[1]] && !testedElsewhere[file] && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s: %s is not among the examples", file, m[1])
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d ops found: does this test still know how they are written?", found)
	}
}

// wantErrno holds that err is the errno, wrapped in an Error.
func wantErrno(t *testing.T, err, want error) {
	t.Helper()
	var wrapped *Error
	if !errors.Is(err, want) || (want != nil && !errors.As(err, &wrapped)) {
		t.Errorf("got %v, want %v", err, want)
	}
}
