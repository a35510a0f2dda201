//go:build linux && amd64

// This file is the list of calls that change something, with the shape of their arguments.
package trace

import "golang.org/x/sys/unix"

// shape says how a call is printed: a letter for each argument, in order.
//
//	s string, with descriptors in it looked up   t string as it is   p path   @ directory of the path that follows   f descriptor, printed as its path
//	b buffer, its length follows   v list of strings   d decimal   o octal   x hexadecimal   - not printed
//	m MS_* flags   n CLONE_NEW* flags   c O_* flags   i number of an ioctl
//	u MNT_* flags   r prctl option   l resource and new limits
type shape struct {
	name, args string
	changes    func(args [6]uint64) bool // nil: always
}

// shapes is keyed by the number of the call.
var shapes = map[uint64]shape{
	// Mounts.
	unix.SYS_MOUNT:         {"mount", "spsms", nil},
	unix.SYS_UMOUNT2:       {"umount2", "pu", nil},
	unix.SYS_PIVOT_ROOT:    {"pivot_root", "ss", nil},
	unix.SYS_CHROOT:        {"chroot", "p", nil},
	unix.SYS_OPEN_TREE:     {"open_tree", "@px", hasFlag(2, unix.OPEN_TREE_CLONE)},
	unix.SYS_MOVE_MOUNT:    {"move_mount", "@p@px", nil},
	unix.SYS_MOUNT_SETATTR: {"mount_setattr", "@pxx", nil},
	unix.SYS_FSOPEN:        {"fsopen", "sx", nil},
	unix.SYS_FSCONFIG:      {"fsconfig", "fdss", nil},
	unix.SYS_FSMOUNT:       {"fsmount", "fxx", nil},

	// Namespaces and programs.
	unix.SYS_CLONE:         {"clone", "n", hasFlag(0, newNamespaces)},
	unix.SYS_UNSHARE:       {"unshare", "n", hasFlag(0, newNamespaces)},
	unix.SYS_SETNS:         {"setns", "fn", nil},
	unix.SYS_SETHOSTNAME:   {"sethostname", "b", nil},
	unix.SYS_SETDOMAINNAME: {"setdomainname", "b", nil},
	unix.SYS_EXECVE:        {"execve", "pv", nil},
	unix.SYS_EXECVEAT:      {"execveat", "@pv", nil},

	// Files.
	unix.SYS_OPEN:      {"open", "pco", hasFlag(1, unix.O_CREAT|unix.O_TRUNC)},
	unix.SYS_OPENAT:    {"open", "@pco", hasFlag(2, unix.O_CREAT|unix.O_TRUNC)},
	unix.SYS_CREAT:     {"creat", "po", nil},
	unix.SYS_TRUNCATE:  {"truncate", "pd", nil},
	unix.SYS_FTRUNCATE: {"truncate", "fd", nil},
	unix.SYS_WRITE:     {"write", "fb", nil},
	unix.SYS_PWRITE64:  {"write", "fb", nil},
	unix.SYS_WRITEV:    {"writev", "f", nil},
	unix.SYS_MKDIR:     {"mkdir", "po", nil},
	unix.SYS_MKDIRAT:   {"mkdir", "@po", nil},
	unix.SYS_RMDIR:     {"rmdir", "p", nil},
	unix.SYS_UNLINK:    {"unlink", "p", nil},
	unix.SYS_UNLINKAT:  {"unlinkat", "@px", nil},
	unix.SYS_RENAME:    {"rename", "pp", nil},
	unix.SYS_RENAMEAT:  {"rename", "@p@p", nil},
	unix.SYS_RENAMEAT2: {"rename", "@p@px", nil},
	unix.SYS_LINK:      {"link", "pp", nil},
	unix.SYS_LINKAT:    {"link", "@p@px", nil},
	unix.SYS_SYMLINK:   {"symlink", "tp", nil},
	unix.SYS_SYMLINKAT: {"symlink", "t@p", nil},
	unix.SYS_MKNOD:     {"mknod", "pox", nil},
	unix.SYS_MKNODAT:   {"mknod", "@pox", nil},
	unix.SYS_CHMOD:     {"chmod", "po", nil},
	unix.SYS_FCHMOD:    {"chmod", "fo", nil},
	unix.SYS_FCHMODAT:  {"chmod", "@po", nil},
	unix.SYS_FCHMODAT2: {"chmod", "@po", nil},
	unix.SYS_CHOWN:     {"chown", "pdd", nil},
	unix.SYS_LCHOWN:    {"chown", "pdd", nil},
	unix.SYS_FCHOWN:    {"fchown", "ddd", nil},
	unix.SYS_FCHOWNAT:  {"chown", "@pdd", nil},
	unix.SYS_SETXATTR:  {"setxattr", "ps", nil},
	unix.SYS_LSETXATTR: {"setxattr", "ps", nil},
	unix.SYS_FSETXATTR: {"setxattr", "fs", nil},

	// Identity and rights.
	unix.SYS_SETUID:      {"setuid", "d", nil},
	unix.SYS_SETGID:      {"setgid", "d", nil},
	unix.SYS_SETREUID:    {"setreuid", "dd", nil},
	unix.SYS_SETREGID:    {"setregid", "dd", nil},
	unix.SYS_SETRESUID:   {"setresuid", "ddd", nil},
	unix.SYS_SETRESGID:   {"setresgid", "ddd", nil},
	unix.SYS_SETGROUPS:   {"setgroups", "d", nil},
	unix.SYS_CAPSET:      {"capset", "", nil},
	unix.SYS_PRCTL:       {"prctl", "rx", changingPrctl},
	unix.SYS_SECCOMP:     {"seccomp", "xx", func(args [6]uint64) bool { return args[0] <= unix.SECCOMP_SET_MODE_FILTER }},
	unix.SYS_PRLIMIT64:   {"prlimit", "dl", func(args [6]uint64) bool { return args[2] != 0 }},
	unix.SYS_UMASK:       {"umask", "o", nil},
	unix.SYS_CHDIR:       {"chdir", "p", nil},
	unix.SYS_FCHDIR:      {"chdir", "f", nil},
	unix.SYS_SETSID:      {"setsid", "", nil},
	unix.SYS_CLOSE_RANGE: {"close_range", "d", nil},
	unix.SYS_BPF:         {"bpf", "d", nil},
	unix.SYS_IOCTL:       {"ioctl", "i", func(args [6]uint64) bool { return ioctlNames[args[1]] != "" }},
	unix.SYS_KEYCTL: {"keyctl", "d", func(args [6]uint64) bool {
		return args[0] == unix.KEYCTL_JOIN_SESSION_KEYRING || args[0] == unix.KEYCTL_SETPERM
	}},
	unix.SYS_PERSONALITY: {"personality", "x", func(args [6]uint64) bool {
		return uint32(args[0]) != 0xffffffff // that only asks
	}},
}

const newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
	unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET | unix.CLONE_NEWTIME

func hasFlag(arg int, flags uint64) func([6]uint64) bool {
	return func(args [6]uint64) bool { return args[arg]&flags != 0 }
}

func changingPrctl(args [6]uint64) bool {
	return prctlNames[args[0]] != ""
}

var ioctlNames = map[uint64]string{
	unix.TIOCSCTTY:    "TIOCSCTTY",
	unix.SIOCSIFFLAGS: "SIOCSIFFLAGS",
}

var prctlNames = map[uint64]string{
	unix.PR_CAPBSET_DROP:        "PR_CAPBSET_DROP",
	unix.PR_SET_NO_NEW_PRIVS:    "PR_SET_NO_NEW_PRIVS",
	unix.PR_SET_DUMPABLE:        "PR_SET_DUMPABLE",
	unix.PR_SET_KEEPCAPS:        "PR_SET_KEEPCAPS",
	unix.PR_SET_SECCOMP:         "PR_SET_SECCOMP",
	unix.PR_SET_SECUREBITS:      "PR_SET_SECUREBITS",
	unix.PR_SET_CHILD_SUBREAPER: "PR_SET_CHILD_SUBREAPER",
	unix.PR_CAP_AMBIENT:         "PR_CAP_AMBIENT",
}
