// This file holds the one call that package unix offers only for all threads at once.
package kernel

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

func setgroups(gids []uint32) error {
	var first unsafe.Pointer
	if len(gids) > 0 {
		first = unsafe.Pointer(&gids[0])
	}
	_, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, uintptr(len(gids)), uintptr(first), 0)
	runtime.KeepAlive(gids)
	if errno != 0 {
		return errno
	}
	return nil
}
