// This file answers questions over TCP: each has its length before it, and one connection may carry many. RFC 7766.
package dns

import (
	"encoding/binary"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const (
	idle        = 10 * time.Second // how long a connection may be silent
	connections = 32               // at once; more wait in the kernel's queue
)

// streams accepts connections until the socket is closed. One that is open then ends with its next question, or in its time.
func (s *Server) streams() {
	seats := make(chan struct{}, connections)
	for {
		seats <- struct{}{}
		client, err := accept(s.tcp)
		if err != nil && s.closed.Load() {
			return
		}
		if err != nil { // no descriptors left: the client waits with us
			<-seats
			time.Sleep(100 * time.Millisecond)
			continue
		}
		go func() {
			defer func() { <-seats }()
			s.converse(client)
		}()
	}
}

func accept(listening *os.File) (*os.File, error) {
	raw, err := listening.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var acceptErr error
	err = raw.Read(func(l uintptr) bool {
		fd, _, acceptErr = unix.Accept4(int(l), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return acceptErr != unix.EAGAIN
	})
	if err == nil {
		err = acceptErr
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "client"), nil
}

// converse answers one question after the other.
func (s *Server) converse(client *os.File) {
	defer client.Close()
	for !s.closed.Load() {
		if client.SetDeadline(time.Now().Add(idle)) != nil {
			return
		}
		packet, err := readMessage(client)
		if err != nil {
			return
		}
		reply, q := s.ask(packet, overTCP)
		if q != nil {
			answered := make(chan []byte, 1)
			s.aside(q, func(reply []byte) { answered <- reply })
			reply = <-answered
		}
		if len(reply) == 0 || writeMessage(client, reply) != nil {
			return
		}
	}
}

func readMessage(from io.Reader) ([]byte, error) {
	var length [2]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	packet := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(from, packet)
	return packet, err
}

func writeMessage(to io.Writer, packet []byte) error {
	_, err := to.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packet))), packet...))
	return err
}
