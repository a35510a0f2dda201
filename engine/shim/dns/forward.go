// This file asks others for names that are in no book. From where matters: a server on loopback is the host's own and is asked
// from the host's network; every other one is asked from the container's, as Docker does, so that the rules for the container's
// packets hold for its questions too. A container on internal networks alone is given no servers.
package dns

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// patience is how long all servers together have to answer: less than the five seconds after which clients ask again.
const patience = 4 * time.Second

const port = 53 // of name servers

// servers is how many are asked, as resolv.conf has it. man 5 resolv.conf, MAXNS.
const servers = 3

// forward asks one server after the other and returns the first answer that is one.
func (s *Server) forward(q *question) []byte {
	upstream := q.upstream[:min(len(q.upstream), servers)]
	for _, address := range upstream {
		reply, err := s.exchange(q, netip.AddrPortFrom(address, port), patience/time.Duration(len(upstream)))
		if err == nil && !unwilling(reply) {
			return q.cut(reply)
		}
	}
	return q.failure()
}

// exchange asks one server over the transport that the client has chosen.
func (s *Server) exchange(q *question, server netip.AddrPort, wait time.Duration) ([]byte, error) {
	kind := unix.SOCK_DGRAM
	if q.over == overTCP {
		kind = unix.SOCK_STREAM
	}
	var socket *os.File
	dial := func() (err error) {
		socket, err = connect(kind, server)
		return err
	}
	err := error(nil)
	if server.Addr().IsLoopback() {
		err = dial()
	} else {
		err = kernel.InNetns(s.netns, dial)
	}
	if err != nil {
		return nil, err
	}
	defer socket.Close()
	if err := socket.SetDeadline(time.Now().Add(wait)); err != nil {
		return nil, fmt.Errorf("ask %v: %w", server, err)
	}
	return q.over.exchange(socket, q.packet)
}

// exchange sends the question under a number of our own, drawn by lot like the port: who wants to slip us an answer must guess
// both. An answer to something else is not taken.
func (over transport) exchange(socket *os.File, question []byte) ([]byte, error) {
	sent := append([]byte(nil), question...)
	number := uint16(rand.Uint32())
	binary.BigEndian.PutUint16(sent, number)
	write, next := datagram(socket)
	if over == overTCP {
		write = func(packet []byte) error { return writeMessage(socket, packet) }
		next = func() ([]byte, error) { return readMessage(socket) }
	}
	if err := write(sent); err != nil {
		return nil, err
	}
	for {
		reply, err := next()
		if err != nil {
			return nil, err
		}
		if answers(reply, sent) {
			copy(reply, question[:2])
			return reply, nil
		}
	}
}

func datagram(socket *os.File) (write func([]byte) error, next func() ([]byte, error)) {
	buf := make([]byte, largestQuestion)
	write = func(packet []byte) error {
		_, err := socket.Write(packet)
		return err
	}
	next = func() ([]byte, error) {
		n, err := socket.Read(buf)
		if errors.Is(err, io.EOF) { // an empty packet is no end
			err = nil
		}
		return buf[:n], err
	}
	return write, next
}

// answers tells whether a reply is to that question: the same number, the same name.
func answers(reply, question []byte) bool {
	var theirs, ours dnsmessage.Parser
	got, err := theirs.Start(reply)
	asked, ourErr := ours.Start(question)
	if err != nil || ourErr != nil || !got.Response || got.ID != asked.ID {
		return false
	}
	a, err := theirs.Question()
	b, ourErr := ours.Question()
	if err == dnsmessage.ErrSectionDone { // an error without the question in it
		return got.RCode != dnsmessage.RCodeSuccess
	}
	return err == nil && ourErr == nil && a.Type == b.Type && a.Class == b.Class && strings.EqualFold(a.Name.String(), b.Name.String())
}

// unwilling tells whether a server can not or will not answer, so that the next is asked.
func unwilling(reply []byte) bool {
	code := dnsmessage.RCode(reply[3] & 0xf)
	return code == dnsmessage.RCodeServerFailure || code == dnsmessage.RCodeRefused
}

// cut makes sure that an answer fits where the question came from.
func (q *question) cut(reply []byte) []byte {
	if len(reply) <= q.limit || q.over == overTCP {
		return reply
	}
	short, err := q.write(dnsmessage.RCode(reply[3]&0xf), nil, true)
	if err != nil {
		return q.failure()
	}
	return short
}
