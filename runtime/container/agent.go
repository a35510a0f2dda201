// This file connects to a seccomp agent: somebody on the host who decides system calls of the container (SCMP_ACT_NOTIFY). We
// send it the descriptor to do so with, which we have from the stage. OCI config-linux, "Seccomp", listenerPath.
package container

import (
	"fmt"
	"os"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// dialAgent connects where the profile wants it, for the stage can not: the socket is out of its sight by then. Package net
// would cost start-up time.
func (c *Container) dialAgent() (*os.File, error) {
	s := c.Plan.Spec.Linux.Seccomp
	if s == nil || !slices.ContainsFunc(s.Syscalls, func(r specs.LinuxSyscall) bool { return r.Action == specs.ActNotify }) {
		return nil, nil
	}
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: s.ListenerPath}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("connect to linux.seccomp.listenerPath %s: %w: start the agent first", s.ListenerPath, err)
	}
	return os.NewFile(uintptr(fd), s.ListenerPath), nil
}

// introduce gives it the descriptor by which it decides calls, with what it has to know.
func introduce(agent, seccomp *os.File, state string) error {
	if err := unix.Sendmsg(int(agent.Fd()), []byte(state), unix.UnixRights(int(seccomp.Fd())), nil, 0); err != nil {
		return fmt.Errorf("send the listener to the one who decides (linux.seccomp.listenerPath): %w", err)
	}
	return nil
}
