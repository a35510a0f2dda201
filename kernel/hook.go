// This file runs a program of somebody else's and waits for it.
package kernel

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// RunHook runs a program to its end, in the namespaces of the calling thread. It fails when the program does, or when it
// takes longer than Seconds, and then says what the program wrote. man 2 execve; OCI config, "POSIX-platform Hooks".
type RunHook struct {
	Path    string
	Args    []string // with the program's name for itself in front; none: its path
	Env     []string
	Dir     string
	Input   string // to be read from standard input
	Seconds int    // 0: as long as it wants

	number int // of the op, among those that a deputy is told together
}

func (r RunHook) Do() error {
	if err := r.run(); err != nil {
		return &Error{Call: "run " + Quote(r.args()...), Err: err}
	}
	return nil
}

// run needs no goroutines to feed and to drain the program: both ends are files in memory.
func (r RunHook) run() error {
	in, err := memoryFile(r.Input)
	if err != nil {
		return err
	}
	defer unix.Close(in)
	out, err := memoryFile("")
	if err != nil {
		return err
	}
	defer unix.Close(out)
	pidfd := -1
	attr := &syscall.ProcAttr{Dir: r.Dir, Env: r.Env, Files: []uintptr{uintptr(in), uintptr(out), uintptr(out)},
		Sys: &syscall.SysProcAttr{PidFD: &pidfd, Setpgid: true}}
	pid := 0
	err = WithGivenSlack(func() (err error) {
		pid, err = syscall.ForkExec(r.Path, r.args(), attr)
		return err
	})
	if err != nil {
		return err
	}
	defer unix.Close(pidfd)
	late := r.await(pid, pidfd)
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &status, 0, nil); err != unix.EINTR {
			break
		}
	}
	switch {
	case late != nil:
		return late
	case status.Signaled():
		return fmt.Errorf("ended by %v%s", status.Signal(), said(out))
	case status.ExitStatus() != 0:
		return fmt.Errorf("exit code %d%s", status.ExitStatus(), said(out))
	}
	return nil
}

// await kills the program, and whatever it has started in its process group, when its time is over.
func (r RunHook) await(pid, pidfd int) error {
	if r.Seconds == 0 {
		return nil
	}
	poll := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(poll, r.Seconds*1000)
		switch {
		case err == unix.EINTR:
			continue
		case err == nil && n == 1:
			return nil
		case err == nil:
			err = fmt.Errorf("not done after %d s: killed", r.Seconds)
		}
		if kill := unix.Kill(-pid, unix.SIGKILL); kill != nil && kill != unix.ESRCH {
			return kill
		}
		return err
	}
}

// memoryFile is an open file that lies nowhere. man 2 memfd_create.
func memoryFile(content string) (int, error) {
	fd, err := unix.MemfdCreate("hook", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, fmt.Errorf("memfd_create: %w", err)
	}
	if _, err = unix.Pwrite(fd, []byte(content), 0); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("write what the program is to read: %w", err)
	}
	return fd, nil
}

// said is the end of what a program has written.
func said(fd int) string {
	const enough = 1000
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return ""
	}
	text := make([]byte, min(st.Size, enough))
	n, err := unix.Pread(fd, text, st.Size-int64(len(text)))
	if err != nil || n == 0 {
		return ""
	}
	return ": " + strings.TrimSpace(string(text[:n]))
}

// calls are for a deputy.
func (r RunHook) calls(m *making) error {
	m.run(program{
		start: call{number: unix.SYS_EXECVE, args: with{r.Path, vector(r.args()), vector(r.Env)}},
		dir:   r.Dir, input: r.Input, seconds: r.Seconds, name: Quote(r.args()...), number: r.number,
	})
	return nil
}

func (r RunHook) args() []string {
	if len(r.Args) == 0 {
		return []string{r.Path}
	}
	return r.Args
}

func (r RunHook) Call() string { return Exec{Path: r.Path, Args: r.args(), Env: r.Env}.Call() }

func (r RunHook) Shell() string {
	words := append([]string{"env", "-i"}, r.Env...)
	if r.Seconds > 0 {
		words = append(words, "timeout", "-s", "KILL", fmt.Sprint(r.Seconds))
	}
	words = append(append(words, r.Path), r.args()[1:]...)
	return "(cd " + quote(r.Dir) + " && printf %s " + quote(r.Input) + " | " + Quote(words...) + ")"
}
