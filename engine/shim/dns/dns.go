// Package dns answers the questions for names that one container asks at 127.0.0.11: names of containers on its networks from
// the books that package network writes, all others by asking the name servers of the host. It runs in the container's
// supervisor.
//
//	dns.go      Server: one container's name server, from its start to its end
//	socket.go   sockets in the container's network namespace, by bare system calls
//	stream.go   questions over TCP
//	books.go    who is called what: the files, read again when they have changed
//	zone.go     what the books say about one name or address
//	answer.go   a question's answer, as far as we know it ourselves
//	reply.go    writing answers that fit
//	forward.go  asking others
//
// We listen on a port that nobody else wants, and rules in the container's namespace, which the engine makes, send port 53 of our
// address there. So a program in the container may have port 53 of every address, as in Docker.
package dns

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/kernel"
)

// Server is the name server of one container.
type Server struct {
	netns  string // the file of the container's network namespace
	books  *books
	udp    *os.File
	tcp    *os.File
	asking chan struct{} // one for each question that waits for others
	closed atomic.Bool
}

// most is how many questions may wait for others at once. A client that floods is told SERVFAIL beyond that.
const most = 256

// Serve answers in the namespace of the file netns for the container whose live directory is dir, until Close.
func Serve(netns, dir string) (*Server, error) {
	var v view
	if err := readJSON(filepath.Join(dir, viewFile), &v); err != nil {
		return nil, fmt.Errorf("serve names: %w", err)
	}
	at := netip.AddrPortFrom(netip.MustParseAddr(wire.NameServer), v.Port)
	s := &Server{netns: netns, books: openBooks(dir), asking: make(chan struct{}, most)}
	err := kernel.InNetns(netns, func() (err error) {
		if s.udp, err = listen(unix.SOCK_DGRAM, at); err != nil {
			return err
		}
		s.tcp, err = listen(unix.SOCK_STREAM, at)
		return err
	})
	if errors.Is(err, unix.EADDRINUSE) {
		err = fmt.Errorf("%w: a program in the container has that port: restart the container", err)
	}
	if err != nil {
		s.closeFiles()
		return nil, fmt.Errorf("serve names at %v in %s: %w", at, netns, err)
	}
	go s.datagrams()
	go s.streams()
	return s, nil
}

// Close ends the server. Its sockets would keep the container's namespace alive, and with it the cable.
func (s *Server) Close() {
	s.closed.Store(true)
	s.closeFiles()
}

func (s *Server) closeFiles() {
	for _, f := range []*os.File{s.udp, s.tcp} {
		if f != nil {
			f.Close()
		}
	}
}

// Served tells whether a container with this live directory has a name server of its own.
func Served(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, viewFile))
	return err == nil
}

// datagrams answers over UDP. What we know ourselves is answered at once, in the order of the questions; a question for others
// waits beside, so that a slow server holds up nobody else.
func (s *Server) datagrams() {
	buf := make([]byte, largestQuestion)
	for {
		n, from, err := receive(s.udp, buf)
		if err != nil && s.closed.Load() {
			return
		}
		if err != nil {
			continue // one packet's misfortune
		}
		reply, question := s.ask(buf[:n], overUDP)
		if question == nil {
			send(s.udp, reply, from)
			continue
		}
		s.aside(question, func(reply []byte) { send(s.udp, reply, from) })
	}
}

// ask gives the answer, or else the question that others have to answer.
func (s *Server) ask(packet []byte, over transport) ([]byte, *question) {
	zone, err := s.books.zone()
	return answer(zone, err, packet, over, rand.IntN)
}

// aside asks others and then hands over the reply.
func (s *Server) aside(q *question, reply func([]byte)) {
	select {
	case s.asking <- struct{}{}:
	default:
		reply(q.failure())
		return
	}
	q.packet = append([]byte(nil), q.packet...) // the buffer is for the next question
	go func() {
		defer func() { <-s.asking }()
		reply(s.forward(q))
	}()
}
