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

func (t OpenTerminal) Do() error { return do(t) }
func (t OpenTerminal) calls(m *making) error {
	said := func(c call, name string) call {
		c.name = name
		return c
	}
	master := m.opens(said(find(m.root(t.Root), "/dev/pts/ptmx", unix.O_RDWR|unix.O_NOCTTY, 0), "open /dev/pts/ptmx"))
	ask := func(request int, arg any) call {
		return call{number: unix.SYS_IOCTL, args: with{master, request, arg}}
	}
	m.add(said(ask(unix.TIOCSPTLCK, words{0}), "unlock the terminal"))
	if t.Rows != 0 || t.Columns != 0 {
		m.add(said(ask(unix.TIOCSWINSZ, words{int(t.Rows) | int(t.Columns)<<16}), "set the terminal's size"))
	}
	slave := m.opens(said(ask(unix.TIOCGPTPEER, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC), "open the terminal's slave"))
	if t.Console {
		m.ensureFile(t.Root, "/dev/console")
		m.at(t.Root, "/dev/console", 0, false, func(_ descriptor, target any) {
			m.add(said(mount(ownFile(slave), target, "", unix.MS_BIND, ""), "bind /dev/console"))
		})
	}
	m.add(said(sending(t.Socket, master, "/dev/ptmx", 9), "send the terminal's master"))
	if !t.Visitor {
		m.add(call{number: unix.SYS_IOCTL, args: with{slave, unix.TIOCSCTTY, 0}, name: "make it the controlling terminal"})
	}
	for fd := range 3 {
		m.add(call{number: unix.SYS_DUP3, args: with{slave, fd, 0}})
	}
	m.close(slave)
	m.close(master)
	return nil
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
