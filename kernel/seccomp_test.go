// These tests install small filters, written by hand, on threads of their own.
package kernel

import (
	"encoding/binary"
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// refuse is a program that lets one call fail with an errno and allows the others.
func refuse(nr uint32, errno unix.Errno) string {
	var out []byte
	for _, ins := range []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jf: 1},
		{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET, K: unix.SECCOMP_RET_ALLOW},
	} {
		out = binary.NativeEndian.AppendUint16(out, ins.Code)
		out = append(out, ins.Jt, ins.Jf)
		out = binary.NativeEndian.AppendUint32(out, ins.K)
	}
	return string(out)
}

func TestSeccompFilter(t *testing.T) {
	getppid := func() unix.Errno {
		_, _, errno := unix.RawSyscall(unix.SYS_GETPPID, 0, 0, 0)
		return errno
	}
	onThread(t, func() {
		if errno := getppid(); errno != unix.EXDEV {
			t.Errorf("getppid: %v, want EXDEV", errno)
		}
	}, ForbidNewPrivileges{}, SeccompFilter{Program: refuse(unix.SYS_GETPPID, unix.EXDEV)})
	onThread(t, func() { // a thread without the filter
		if errno := getppid(); errno != 0 {
			t.Errorf("getppid: %v", errno)
		}
	})
}

func TestSeccompFilterErrors(t *testing.T) {
	tests := []struct {
		filter SeccompFilter
		want   unix.Errno
	}{
		{SeccompFilter{}, unix.EINVAL},
		{SeccompFilter{Program: "ABCDEFGH"}, unix.EINVAL},
		{SeccompFilter{Program: refuse(1, 1), Flags: 1 << 30}, unix.EINVAL},
		{SeccompFilter{Program: refuse(1, 1), Flags: unix.SECCOMP_FILTER_FLAG_NEW_LISTENER}, unix.ENOTSOCK},
	}
	for _, tt := range tests {
		onThread(t, func() {
			if err := tt.filter.Do(); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.filter.Call(), err, tt.want)
			}
		}, ForbidNewPrivileges{})
	}
}

// Neither no_new_privs nor CAP_SYS_ADMIN: the kernel refuses, and the error says what is missing.
func TestSeccompFilterNeedsPrivilege(t *testing.T) {
	needRoot(t)
	onThread(t, func() {
		err := SeccompFilter{Program: refuse(unix.SYS_GETPPID, unix.EXDEV)}.Do()
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, unix.EACCES) || e.Hint == "" {
			t.Errorf("got %v, want EACCES with a hint", err)
		}
	}, SetCapabilities{})
}
