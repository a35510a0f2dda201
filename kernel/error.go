// This file turns an errno into a sentence: the call as a reader would write it, and what to do about it.
package kernel

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Error is a request that the kernel refused. Unwrap gives the errno.
type Error struct {
	Call string // as strace prints it
	Err  error
	Hint string // the remedy; may be empty
}

func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Call + ": " + e.Err.Error()
	}
	return fmt.Sprintf("%s: %v (%s)", e.Call, e.Err, e.Hint)
}

func (e *Error) Unwrap() error { return e.Err }

// Fail says that op failed with err; nil stays nil.
func Fail(op explain.Op, err error) error {
	if err == nil {
		return nil
	}
	call, _, _ := strings.Cut(op.Call(), "\n")
	return refused(call, err)
}

// refused says which call of an op that makes several has failed.
func refused(call string, err error) error {
	return &Error{Call: call, Err: err, Hint: hint(call, err)}
}

// hints says what an errno means where its usual text misleads. A test provokes each.
var hints = []struct {
	call  string
	errno syscall.Errno
	text  string
}{
	{"mount(", unix.ENOSPC, "the mount namespace holds too many mounts: see /proc/sys/fs/mount-max"},
	{"mount(\"overlay\"", unix.EINVAL, "upperdir and workdir must lie on one file system that is not itself an overlay"},
	{"mount(\"proc\"", unix.EPERM, "a user namespace may mount /proc only with a PID namespace of its own"},
	{"mount(\"sysfs\"", unix.EPERM, "a user namespace may mount /sys only with a network namespace of its own"},
	{"mount(", unix.ENODEV, "this kernel does not have the file system: see /proc/filesystems"},
	{"pivot_root(", unix.EINVAL, "the new root must be a mount point, and neither it nor its parent may be shared"},
	{"clone", unix.ENOSPC, "too many namespaces: see /proc/sys/user/max_*_namespaces"},
	{"clone", unix.EINVAL, "this kernel lacks one of these namespaces"},
	{"clone", unix.EPERM, "new namespaces need CAP_SYS_ADMIN: run it as root, or with a user namespace (glassbox-oci spec --rootless)"},
	{"write(\"/sys/fs/cgroup", unix.EBUSY, "its members use more than that (v1), or it has processes where v2 wants only groups below"},
	{"write(\"/sys/fs/cgroup", unix.EINVAL, "the kernel does not accept this value here"},
	{"mkdir(\"/sys/fs/cgroup", unix.EROFS, "cgroups are mounted read-only here, as inside another container"},
	{"seccomp(", unix.EACCES, "a filter needs no_new_privs or CAP_SYS_ADMIN"},
	{"keyctl(", unix.EDQUOT, "this user has as many keys as it may: see /proc/key-users; --no-new-keyring does without"},
	{"prlimit(", unix.EPERM, "raising a hard limit needs CAP_SYS_RESOURCE"},
}

func hint(call string, err error) string {
	for _, h := range hints {
		if strings.HasPrefix(call, h.call) && errors.Is(err, h.errno) {
			return h.text
		}
	}
	return ""
}
