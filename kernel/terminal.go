// This file opens a pseudo-terminal inside a container's root. man 7 pty, man 4 pts.
package kernel

import (
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// OpenTerminal takes a new terminal from the devpts in Root, makes it the controlling terminal and the descriptors 0, 1 and 2
// of this process, and sends its master over Socket. The slave is opened through the master (TIOCGPTPEER): a path could be
// swapped under our hands (CVE-2025-52565).
type OpenTerminal struct {
	Root          string
	Console       bool // bind it to /dev/console too
	Rows, Columns uint16
	Socket        int  // descriptor of a unix socket
	Visitor       bool // its program leads a session later on, and makes it the controlling terminal
}

func (t OpenTerminal) Do() error { return Fail(t, t.open()) }

func (t OpenTerminal) open() error {
	master, err := OpenIn(t.Root, "/dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY)
	if err != nil {
		return fmt.Errorf("open /dev/pts/ptmx: %w", err)
	}
	defer unix.Close(master)
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		return fmt.Errorf("unlock the terminal: %w", err)
	}
	if t.Rows != 0 || t.Columns != 0 {
		if err := unix.IoctlSetWinsize(master, unix.TIOCSWINSZ, &unix.Winsize{Row: t.Rows, Col: t.Columns}); err != nil {
			return fmt.Errorf("set the terminal's size: %w", err)
		}
	}
	slave, err := openPeer(master)
	if err != nil {
		return fmt.Errorf("open the terminal's slave: %w", err)
	}
	defer unix.Close(slave)
	if err := t.bindConsole(slave); err != nil {
		return fmt.Errorf("bind /dev/console: %w", err)
	}
	if err := unix.Sendmsg(t.Socket, []byte("/dev/ptmx"), unix.UnixRights(master), nil, 0); err != nil {
		return fmt.Errorf("send the terminal's master: %w", err)
	}
	if err := unix.IoctlSetInt(slave, unix.TIOCSCTTY, 0); err != nil {
		return fmt.Errorf("make it the controlling terminal: %w", err)
	}
	for fd := range 3 {
		if err := unix.Dup3(slave, fd, 0); err != nil {
			return fmt.Errorf("dup2 to %d: %w", fd, err)
		}
	}
	return nil
}

// calls are for a visitor, whose root is the container's.
func (t OpenTerminal) calls() ([]call, error) {
	how := words{unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC, 0, unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	list := []call{
		{number: unix.SYS_OPENAT2, args: []any{unix.AT_FDCWD, "/dev/pts/ptmx", how, 24}, opens: true, name: "open /dev/pts/ptmx"},
		{number: unix.SYS_IOCTL, args: []any{descriptor(0), unix.TIOCSPTLCK, words{0}}, name: "unlock the terminal"},
	}
	if t.Rows != 0 || t.Columns != 0 {
		size := words{int(t.Rows) | int(t.Columns)<<16}
		list = append(list, call{number: unix.SYS_IOCTL, args: []any{descriptor(0), unix.TIOCSWINSZ, size}, name: "set the terminal's size"})
	}
	list = append(list, call{number: unix.SYS_IOCTL, args: []any{descriptor(0), unix.TIOCGPTPEER, unix.O_RDWR | unix.O_NOCTTY | unix.O_CLOEXEC},
		opens: true, name: "open the terminal's slave"}, sending(t.Socket, "/dev/ptmx", 9))
	for fd := range 3 {
		list = append(list, call{number: unix.SYS_DUP3, args: []any{descriptor(1), fd, 0}})
	}
	return append(list, closing(0), closing(1)), nil
}

func openPeer(master int) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(master), unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func (t OpenTerminal) bindConsole(slave int) error {
	if !t.Console {
		return nil
	}
	if err := (EnsureFileIn{Root: t.Root, Path: "/dev/console"}).Do(); err != nil {
		return err
	}
	return at(t.Root, "/dev/console", func(target string) error {
		return unix.Mount(fmt.Sprintf("/proc/self/fd/%d", slave), target, "", unix.MS_BIND, "")
	})
}

func (t OpenTerminal) Call() string {
	pts := path.Join(t.Root, "/dev/pts")
	call := fmt.Sprintf("open(%q, O_RDWR|O_NOCTTY)\nioctl(TIOCGPTPEER)\n", path.Join(pts, "ptmx"))
	if t.Console {
		call += fmt.Sprintf("mount(%q, %q, NULL, MS_BIND, NULL)\n", path.Join(pts, "$N"), path.Join(t.Root, "/dev/console"))
	}
	call += "sendmsg(SCM_RIGHTS)"
	if !t.Visitor {
		call += "\nioctl(TIOCSCTTY)"
	}
	return call
}

func (t OpenTerminal) Shell() string { return "" }

// ReceiveFile takes the descriptor that OpenTerminal sent from the other end of the socket.
func ReceiveFile(socket *os.File) (*os.File, error) {
	data, rights := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(int(socket.Fd()), data, rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("receive the terminal: %w", err)
	}
	file, err := fileOf(rights[:n])
	if err != nil {
		return nil, fmt.Errorf("receive the terminal: %w", err)
	}
	return file, nil
}

// fileOf takes the descriptor out of a control message. man 7 unix, SCM_RIGHTS.
func fileOf(control []byte) (*os.File, error) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil || len(messages) == 0 {
		return nil, fmt.Errorf("the message carries no descriptor (%v)", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fds[0]), "received"), nil
}
