// This file says who the process is, and what it may use: names, ids, limits. Capabilities and seccomp have files of their own.
package kernel

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// SetHostname names the machine, in the UTS namespace of the caller. man 2 sethostname. LESSON: sethostname
type SetHostname struct{ Name string }

func (s SetHostname) Do() error { return do(s) }
func (s SetHostname) calls(m *making) error {
	m.add(call{number: unix.SYS_SETHOSTNAME, args: with{s.Name, len(s.Name)}})
	return nil
}
func (s SetHostname) Call() string  { return fmt.Sprintf("sethostname(%q, %d)", s.Name, len(s.Name)) }
func (s SetHostname) Shell() string { return Quote("hostname", s.Name) }

// SetDomainname names the NIS domain. man 2 setdomainname.
type SetDomainname struct{ Name string }

func (s SetDomainname) Do() error { return do(s) }
func (s SetDomainname) calls(m *making) error {
	m.add(call{number: unix.SYS_SETDOMAINNAME, args: with{s.Name, len(s.Name)}})
	return nil
}
func (s SetDomainname) Call() string {
	return fmt.Sprintf("setdomainname(%q, %d)", s.Name, len(s.Name))
}
func (s SetDomainname) Shell() string { return Quote("domainname", s.Name) }

// SetUser changes the user, the group and the further groups of the calling thread alone, by raw system calls: Go's own wrappers
// change all threads, and this thread is about to execve. man 7 credentials.
type SetUser struct {
	UID, GID   int
	Groups     []uint32
	KeepGroups bool // setgroups is denied in its user namespace
}

func (s SetUser) Do() error { return do(s) }

func (s SetUser) calls(m *making) error {
	told := s.lines()
	if !s.KeepGroups {
		groups := []byte{}
		for _, id := range s.Groups {
			groups = binary.NativeEndian.AppendUint32(groups, id)
		}
		m.add(call{number: unix.SYS_SETGROUPS, args: with{len(s.Groups), groups}})
	}
	m.add(call{number: unix.SYS_SETRESGID, args: with{s.GID, s.GID, s.GID}}, call{number: unix.SYS_SETRESUID, args: with{s.UID, s.UID, s.UID}})
	for i := range m.list {
		m.list[i].name = told[i]
	}
	return nil
}

func (s SetUser) Call() string { return strings.Join(s.lines(), "\n") }

func (s SetUser) lines() []string {
	lines := []string{fmt.Sprintf("setresgid(%d, %d, %d)", s.GID, s.GID, s.GID), fmt.Sprintf("setresuid(%d, %d, %d)", s.UID, s.UID, s.UID)}
	if s.KeepGroups {
		return lines
	}
	return append([]string{fmt.Sprintf("setgroups(%d, %v)", len(s.Groups), s.Groups)}, lines...)
}

func (s SetUser) Shell() string {
	groups := "--clear-groups"
	switch {
	case s.KeepGroups:
		groups = "--keep-groups"
	case len(s.Groups) > 0:
		groups = "--groups=" + strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Groups), " ", ","), "[]")
	}
	return Quote("setpriv", "--reuid="+strconv.Itoa(s.UID), "--regid="+strconv.Itoa(s.GID), groups)
}

// SetRlimit sets a resource limit of the process. man 2 prlimit.
type SetRlimit struct {
	Type       string // RLIMIT_NOFILE …
	Soft, Hard uint64
}

// rlimits gives the numbers; man 2 prlimit.
var rlimits = map[string]int{
	"RLIMIT_AS": unix.RLIMIT_AS, "RLIMIT_CORE": unix.RLIMIT_CORE, "RLIMIT_CPU": unix.RLIMIT_CPU,
	"RLIMIT_DATA": unix.RLIMIT_DATA, "RLIMIT_FSIZE": unix.RLIMIT_FSIZE, "RLIMIT_LOCKS": unix.RLIMIT_LOCKS,
	"RLIMIT_MEMLOCK": unix.RLIMIT_MEMLOCK, "RLIMIT_MSGQUEUE": unix.RLIMIT_MSGQUEUE, "RLIMIT_NICE": unix.RLIMIT_NICE,
	"RLIMIT_NOFILE": unix.RLIMIT_NOFILE, "RLIMIT_NPROC": unix.RLIMIT_NPROC, "RLIMIT_RSS": unix.RLIMIT_RSS,
	"RLIMIT_RTPRIO": unix.RLIMIT_RTPRIO, "RLIMIT_RTTIME": unix.RLIMIT_RTTIME,
	"RLIMIT_SIGPENDING": unix.RLIMIT_SIGPENDING, "RLIMIT_STACK": unix.RLIMIT_STACK,
}

// Do uses prlimit directly: Go's Setrlimit remembers RLIMIT_NOFILE and puts it back at the next exec.
func (s SetRlimit) Do() error { return do(s) }

func (s SetRlimit) calls(m *making) error {
	number, ok := rlimits[s.Type]
	if !ok {
		return unix.EINVAL
	}
	m.add(call{number: unix.SYS_PRLIMIT64, args: with{0, number, words{uintptr(s.Soft), uintptr(s.Hard)}, 0}})
	return nil
}

func (s SetRlimit) Call() string {
	return fmt.Sprintf("prlimit(0, %s, {rlim_cur=%d, rlim_max=%d})", s.Type, s.Soft, s.Hard)
}

func (s SetRlimit) Shell() string {
	return fmt.Sprintf("prlimit --pid $$ --%s=%d:%d", strings.ToLower(strings.TrimPrefix(s.Type, "RLIMIT_")), s.Soft, s.Hard)
}

// SetOOMScore says how readily the kernel kills this process when memory runs out: -1000 never, 1000 first. man 5 proc.
type SetOOMScore struct{ Score int }

func (s SetOOMScore) value() string { return strconv.Itoa(s.Score) }
func (s SetOOMScore) Do() error     { return do(s) }
func (s SetOOMScore) calls(m *making) error {
	m.write("/proc/self/oom_score_adj", s.value(), true)
	return nil
}

func (s SetOOMScore) Call() string {
	return fmt.Sprintf("write(\"/proc/self/oom_score_adj\", %q, %d)", s.value(), len(s.value()))
}
func (s SetOOMScore) Shell() string { return "echo " + s.value() + " > /proc/self/oom_score_adj" }

// SetUmask sets the mask for new files. man 2 umask.
type SetUmask struct{ Mask uint32 }

func (s SetUmask) Do() error { return do(s) }

// calls: the result is the mask that held before.
func (s SetUmask) calls(m *making) error {
	m.add(call{number: unix.SYS_UMASK, args: with{int(s.Mask)}})
	return nil
}
func (s SetUmask) Call() string  { return fmt.Sprintf("umask(%#o)", s.Mask) }
func (s SetUmask) Shell() string { return fmt.Sprintf("umask %04o", s.Mask) }

// ForbidNewPrivileges makes execve ignore set-user-ID bits and file capabilities, for good. man 2 prctl, PR_SET_NO_NEW_PRIVS.
type ForbidNewPrivileges struct{}

func (f ForbidNewPrivileges) Do() error { return do(f) }
func (f ForbidNewPrivileges) calls(m *making) error {
	m.add(prctl(unix.PR_SET_NO_NEW_PRIVS, 1))
	return nil
}
func (f ForbidNewPrivileges) Call() string  { return "prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)" }
func (f ForbidNewPrivileges) Shell() string { return "setpriv --no-new-privs" }

// ForbidTracing shuts others out of the process until its execve, all but those with CAP_SYS_PTRACE: no ptrace, and in /proc no
// look at its memory, descriptors and directories. A container could take them from the stage (CVE-2016-9962).
// man 2 prctl, PR_SET_DUMPABLE.
type ForbidTracing struct{}

func (f ForbidTracing) Do() error { return do(f) }
func (f ForbidTracing) calls(m *making) error {
	m.add(prctl(unix.PR_SET_DUMPABLE, 0))
	return nil
}
func (f ForbidTracing) Call() string  { return "prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)" }
func (f ForbidTracing) Shell() string { return "" }

// NewSession makes the process the leader of a new session, without a controlling terminal. man 2 setsid.
type NewSession struct{}

func (n NewSession) Do() error { return do(n) }
func (n NewSession) calls(m *making) error {
	m.add(call{number: unix.SYS_SETSID})
	return nil
}
func (n NewSession) Call() string  { return "setsid()" }
func (n NewSession) Shell() string { return "setsid" }
