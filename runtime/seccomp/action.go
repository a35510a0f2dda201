// This file turns the names of actions and flags into the kernel's numbers.
package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// maxErrno is MAX_ERRNO: the kernel cuts larger numbers down to it.
const maxErrno = 4095

// action is what a filter returns: SECCOMP_RET_… with 16 bits of data.
func action(name specs.LinuxSeccompAction, data *uint) (uint32, error) {
	switch name {
	case specs.ActErrno, specs.ActTrace:
		return actionWithData(name, data)
	}
	if data != nil {
		return 0, fmt.Errorf("seccomp: %s carries no errnoRet: remove it", name)
	}
	switch name {
	case specs.ActKill, specs.ActKillThread:
		return unix.SECCOMP_RET_KILL_THREAD, nil
	case specs.ActKillProcess:
		return unix.SECCOMP_RET_KILL_PROCESS, nil
	case specs.ActTrap:
		return unix.SECCOMP_RET_TRAP, nil
	case specs.ActNotify:
		return unix.SECCOMP_RET_USER_NOTIF, nil
	case specs.ActLog:
		return unix.SECCOMP_RET_LOG, nil
	case specs.ActAllow:
		return unix.SECCOMP_RET_ALLOW, nil
	}
	return 0, fmt.Errorf("seccomp: unknown action %q: use a name such as %s", name, specs.ActErrno)
}

// actionWithData is for the two actions with a number to go with them; both say EPERM unless told.
func actionWithData(name specs.LinuxSeccompAction, data *uint) (uint32, error) {
	value, base, limit := uint(unix.EPERM), uint32(unix.SECCOMP_RET_ERRNO), uint(maxErrno)
	if name == specs.ActTrace {
		base, limit = unix.SECCOMP_RET_TRACE, unix.SECCOMP_RET_DATA
	}
	if data != nil {
		value = *data
	}
	if value > limit {
		return 0, fmt.Errorf("seccomp: errnoRet %d of %s is too large: use at most %d", value, name, limit)
	}
	return base | uint32(value), nil
}

// permits reports that the call goes through under this action, to be watched perhaps.
func permits(act uint32) bool {
	switch act & unix.SECCOMP_RET_ACTION_FULL {
	case unix.SECCOMP_RET_ALLOW, unix.SECCOMP_RET_LOG, unix.SECCOMP_RET_TRACE:
		return true
	}
	return false
}

// stricter compares actions as the kernel does when several filters answer: as signed numbers, the lowest wins.
func stricter(a, b uint32) bool {
	return int32(a&unix.SECCOMP_RET_ACTION_FULL) < int32(b&unix.SECCOMP_RET_ACTION_FULL)
}

// flags are the kernel's flags. A profile without a list of flags gets SPEC_ALLOW, as runc does: otherwise kernels before
// 5.16 slow the container's processors down against Spectre. An empty list gets none.
func flags(names []specs.LinuxSeccompFlag, notifies bool) (uint, error) {
	if names == nil {
		names = []specs.LinuxSeccompFlag{specs.LinuxSeccompFlagSpecAllow}
	}
	var set uint
	for _, name := range names {
		switch name {
		case "SECCOMP_FILTER_FLAG_TSYNC": // in the specification's text, not among its constants
			set |= unix.SECCOMP_FILTER_FLAG_TSYNC
		case specs.LinuxSeccompFlagLog:
			set |= unix.SECCOMP_FILTER_FLAG_LOG
		case specs.LinuxSeccompFlagSpecAllow:
			set |= unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW
		case specs.LinuxSeccompFlagWaitKillableRecv:
			set |= unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
		default:
			return 0, fmt.Errorf("seccomp: unknown flag %q: use a name such as %s", name, specs.LinuxSeccompFlagLog)
		}
	}
	return forListener(set, notifies), nil
}

// forListener fits the flags to whether somebody listens: only then may WAIT_KILLABLE_RECV be there, and TSYNC, whose
// failure would look like a listener's descriptor, must fail with ESRCH instead.
func forListener(set uint, notifies bool) uint {
	if !notifies {
		return set &^ unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
	}
	if set&unix.SECCOMP_FILTER_FLAG_TSYNC != 0 {
		set |= unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH
	}
	return set | unix.SECCOMP_FILTER_FLAG_NEW_LISTENER
}
