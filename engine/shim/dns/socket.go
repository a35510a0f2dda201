// This file makes the sockets by bare system calls, as the shim's program links no package net. A socket belongs to the network
// namespace of the thread that made it, for ever; so one visit to the container's namespace is enough.
package dns

import (
	"errors"
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

const queue = 1 << 20

// listen makes the server's socket for UDP or TCP.
func listen(kind int, at netip.AddrPort) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if kind == unix.SOCK_STREAM { // what is left of earlier conversations does not take the port
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	} else { // questions wait where the machine is too busy for us: the usual queue holds about 250
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, queue)
	}
	if err == nil {
		err = unix.Bind(fd, sockaddr(at))
	}
	if err == nil && kind == unix.SOCK_STREAM {
		err = unix.Listen(fd, unix.SOMAXCONN)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("bind: %w", err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), "names"), nil
}

// connect makes a socket that speaks with one name server. The thread's namespace decides which network it goes through.
func connect(kind int, to netip.AddrPort) (*os.File, error) {
	family, level, tellErrors := unix.AF_INET, unix.SOL_IP, unix.IP_RECVERR
	if to.Addr().Is6() {
		family, level, tellErrors = unix.AF_INET6, unix.SOL_IPV6, unix.IPV6_RECVERR
	}
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	// By default UDP does not hear that a network is unreachable, and would wait for an answer in vain. man 7 ip.
	err = unix.SetsockoptInt(fd, level, tellErrors, 1)
	if err == nil {
		err = unix.Connect(fd, sockaddr(to))
	}
	if err != nil && err != unix.EINPROGRESS {
		return nil, errors.Join(fmt.Errorf("connect to %v: %w", to, err), unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), to.String()), nil
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
}

// receive waits for one packet; Go's poller wakes us, so that waiting costs no thread.
func receive(socket *os.File, buf []byte) (n int, from unix.Sockaddr, err error) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, nil, err
	}
	var receiveErr error
	err = raw.Read(func(fd uintptr) bool {
		n, from, receiveErr = unix.Recvfrom(int(fd), buf, 0)
		return receiveErr != unix.EAGAIN
	})
	if err == nil {
		err = receiveErr
	}
	return n, from, err
}

// send sends one packet. One that can not be sent is lost, as packets are: the client asks again.
func send(socket *os.File, packet []byte, to unix.Sockaddr) {
	if len(packet) == 0 {
		return
	}
	if raw, err := socket.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Sendto(int(fd), packet, 0, to) })
	}
}
