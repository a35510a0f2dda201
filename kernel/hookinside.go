// This file runs a program of somebody else's from inside a container: what RunHook is for a deputy, which has no goroutines, no
// memory to speak of, and must not fall for what the program leaves behind.
package kernel

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// What is said of a hook that has failed: four words, the siginfo_t of its end, and the last of what it has written.
const (
	hookNumber  = 8
	hookLate    = 16
	hookSeconds = 24
	hookInfo    = 32
	hookText    = hookInfo + 128
	hookSaid    = hookText + 1000
)

// program is what run runs.
type program struct {
	start   call // its execve
	dir     string
	input   string
	seconds int    // 0: as long as it wants
	name    string // what is said of it
	number  int    // of the op
}

// run adds the calls that run a program and wait for its end. waitid takes the pidfd: as PID 1 we are the parent of all that the
// program leaves behind, too. man 2 clone, "CLONE_PIDFD"; man 2 waitid.
func (m *making) run(p program) {
	begun, ended, bad, end := new(mark), new(mark), new(mark), new(mark)
	first := len(m.list)
	in := m.opens(call{number: unix.SYS_MEMFD_CREATE, args: with{"hook", unix.MFD_CLOEXEC}})
	m.add(call{number: unix.SYS_PWRITE64, args: with{in, p.input, len(p.input), 0}})
	out := m.opens(call{number: unix.SYS_MEMFD_CREATE, args: with{"hook", unix.MFD_CLOEXEC}})
	pidfd := m.opens(call{number: unix.SYS_CLONE, args: with{unix.CLONE_PIDFD | int(unix.SIGCHLD), 0, room(8), 0, 0}, then: begun})
	m.child(call{number: unix.SYS_SETPGID, args: with{0, 0}}, call{number: unix.SYS_DUP3, args: with{in, 0, 0}},
		call{number: unix.SYS_DUP3, args: with{out, 1, 0}}, call{number: unix.SYS_DUP3, args: with{out, 2, 0}})
	if p.dir != "" {
		m.child(call{number: unix.SYS_CHDIR, args: with{p.dir}})
	}
	m.child(p.start)

	said := room(hookSaid + 8)
	for i, word := range []int{saidHook, p.number, 0, p.seconds} {
		binary.NativeEndian.PutUint64(said.content[8*i:], uint64(word))
	}
	const groupToo, exited = 4, 1 // PIDFD_SIGNAL_PROCESS_GROUP, CLD_EXITED
	wait := call{number: unix.SYS_WAITID, args: with{unix.P_PIDFD, pidfd, within{said, hookInfo}, unix.WEXITED, 0}}
	m.here(begun)
	if p.seconds > 0 {
		m.add(call{number: unix.SYS_PPOLL, args: with{words{pollIn(pidfd)}, 1, words{p.seconds, 0}, 0, 0}, then: ended})
		m.add(call{number: noCall, saves: &within{said, hookLate}}, call{number: unix.SYS_PIDFD_SEND_SIGNAL, args: with{pidfd, int(unix.SIGKILL), 0, groupToo}, may: errnos(unix.EINVAL, unix.ESRCH)},
			call{number: unix.SYS_PIDFD_SEND_SIGNAL, args: with{pidfd, int(unix.SIGKILL), 0, 0}, may: errnos(unix.ESRCH)}, wait)
		m.jump(bad)
	}
	m.here(ended)
	wait.check, wait.may, wait.or = &check{said, hookInfo + 8, 0xffffffff, exited, unix.ECHILD}, errnos(unix.ECHILD), bad
	m.add(wait, call{number: noCall, check: &check{said, hookInfo + 24, 0xffffffff, 0, unix.ECHILD}, may: errnos(unix.ECHILD), or: bad})
	m.jump(end)
	m.here(bad)
	m.add(call{number: unix.SYS_LSEEK, args: with{out, 0, unix.SEEK_SET}},
		call{number: unix.SYS_LSEEK, args: with{out, hookText - hookSaid, unix.SEEK_END}, may: errnos(unix.EINVAL)},
		call{number: unix.SYS_READ, args: with{out, within{said, hookText}, hookSaid - hookText}},
		call{number: unix.SYS_WRITE, args: with{report{}, said, hookSaid}},
		call{number: unix.SYS_EXIT_GROUP, args: with{125}})
	m.here(end)
	m.close(pidfd)
	m.close(out)
	m.close(in)
	for i := range m.list[first:] {
		m.list[first+i].name = "run " + p.name
	}
}

// child adds calls that the child makes.
func (m *making) child(calls ...call) {
	for _, c := range calls {
		c.apart = true
		m.add(c)
	}
}

// hookFailure is what run has said.
func hookFailure(op Foretold, said []byte) error {
	word := func(at int) int { return int(binary.NativeEndian.Uint32(said[at:])) }
	text := ""
	if wrote := strings.TrimSpace(strings.TrimRight(string(said[hookText:]), "\x00")); wrote != "" {
		text = ": " + wrote
	}
	call, _, _ := strings.Cut(op.Call(), "\n")
	if hook, ok := op.(RunHook); ok {
		call = "run " + Quote(hook.args()...)
	}
	switch status := word(hookInfo + 24); {
	case word(hookLate) != 0:
		return &Error{Call: call, Err: fmt.Errorf("not done after %d s: killed", word(hookSeconds))}
	case word(hookInfo+8) != 1:
		return &Error{Call: call, Err: fmt.Errorf("ended by %v%s", unix.Signal(status), text)}
	default:
		return &Error{Call: call, Err: fmt.Errorf("exit code %d%s", status, text)}
	}
}
