// This file gives the program's input and output to its user.
package kernel

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// OwnStdio makes a user the owner of the descriptors 0, 1 and 2 where they are pipes, sockets or terminals. Reading and writing
// needs no owner, but opening /dev/stdout once more does, and servers are fond of that. Files and /dev/null, which others
// use, too, are left alone. man 2 fchown.
type OwnStdio struct {
	UID int

	files    []*os.File // what they will be for a deputy
	terminal bool       // it is one that the deputy has opened
}

// Do is for a deputy alone.
func (o OwnStdio) Do() error { return Fail(o, unix.ENOSYS) }

// calls are for a deputy, whose descriptors are ours still.
func (o OwnStdio) calls(m *making) error {
	for fd, file := range o.files[:3] {
		var st unix.Stat_t
		if !o.terminal && (file == nil || unix.Fstat(int(file.Fd()), &st) != nil || !handedOver(st) || int(st.Uid) == o.UID) {
			continue
		}
		m.add(call{number: unix.SYS_FCHOWN, args: with{fd, o.UID, -1}, may: errnos(unix.EPERM, unix.EINVAL)})
	}
	return nil
}

// handedOver picks what the one who started us made for this program alone. A terminal is a character device of the majors
// that are for Unix98 pseudo-terminals, 136 to 143.
func handedOver(st unix.Stat_t) bool {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO, unix.S_IFSOCK:
		return true
	case unix.S_IFCHR:
		major := unix.Major(st.Rdev)
		return major >= 136 && major <= 143
	}
	return false
}

func (o OwnStdio) Call() string {
	return fmt.Sprintf("fchown(0, %d, -1)\nfchown(1, %d, -1)\nfchown(2, %d, -1)", o.UID, o.UID, o.UID)
}

func (o OwnStdio) Shell() string {
	return fmt.Sprintf("chown %d /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2", o.UID)
}
