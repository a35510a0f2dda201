// This file sends one rtnetlink request and waits for the kernel's answer. A message is kept as named parts (netlinkpart.go),
// so that the bytes sent and the words told come from the same values.
//
//	us --> kernel   nlmsghdr, fixed header, attributes
//	us <-- kernel   NLMSG_ERROR with an errno (0 = done) and, when refused, a sentence in the kernel's own words
//
// man 7 netlink, rtnetlink.
package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// message is one request: what to do, to what (the fixed header), and the attributes.
type message struct {
	name  string // RTM_NEWLINK
	kind  uint16
	flags uint16 // NLM_F_*, besides NLM_F_REQUEST and NLM_F_ACK, which are always there
	head  part
	attrs []attr
}

// How a request treats an object that exists: refuse, or make it as asked.
const (
	exclusive = unix.NLM_F_CREATE | unix.NLM_F_EXCL
	ensure    = unix.NLM_F_CREATE | unix.NLM_F_REPLACE
)

var netlinkFlags = []flagName{
	{unix.NLM_F_REPLACE, "NLM_F_REPLACE"}, {unix.NLM_F_EXCL, "NLM_F_EXCL"}, {unix.NLM_F_CREATE, "NLM_F_CREATE"},
	{unix.NLM_F_APPEND, "NLM_F_APPEND"},
}

// call prints the message; netns is the namespace of the socket, empty for our own.
func (m message) call(netns string) string {
	var attrs []string
	for _, a := range m.attrs {
		attrs = append(attrs, a.String())
	}
	in := ""
	if netns != "" {
		in = fmt.Sprintf(" in %q", netns)
	}
	return fmt.Sprintf("sendto(NETLINK_ROUTE%s, {%s, %s, %s, [%s]})",
		in, m.name, flagString(uintptr(m.flags), netlinkFlags), m.head, strings.Join(attrs, ", "))
}

// send makes the request in the network namespace that the file netns shows, or in our own when netns is empty.
func (m message) send(netns string) error {
	socket, err := routeSocket(netns)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	e := encoder{socket: socket}
	defer e.close()
	body, err := m.body(&e)
	if err != nil {
		return err
	}
	if err := unix.Sendto(socket, body, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	return receiveAnswer(socket)
}

func (m message) body(e *encoder) ([]byte, error) {
	head, err := m.head.encode(e)
	if err != nil {
		return nil, err
	}
	attrs, err := encodeAttrs(e, m.attrs)
	if err != nil {
		return nil, err
	}
	b := binary.NativeEndian.AppendUint32(nil, uint32(unix.SizeofNlMsghdr+len(head)+len(attrs)))
	b = binary.NativeEndian.AppendUint16(b, m.kind)
	b = binary.NativeEndian.AppendUint16(b, m.flags|unix.NLM_F_REQUEST|unix.NLM_F_ACK)
	b = append(b, make([]byte, 8)...) // sequence and port: one request on one socket needs neither
	return append(append(b, head...), attrs...), nil
}

// routeSocket opens a socket in netns. A socket stays in the namespace where it was opened, so the thread can go home at once.
func routeSocket(netns string) (socket int, err error) {
	open := func() error {
		socket, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
		if err != nil {
			return fmt.Errorf("socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE): %w", err)
		}
		// The kernel explains a refusal in words. A kernel older than 4.12 can not; its errno has to do.
		_ = unix.SetsockoptInt(socket, unix.SOL_NETLINK, unix.NETLINK_EXT_ACK, 1)
		return nil
	}
	if netns == "" {
		return socket, open()
	}
	err = InNetns(netns, open)
	return socket, err
}

// receiveAnswer reads the NLMSG_ERROR message that ends every request. rtnetlink works while sendto runs, so it is there.
func receiveAnswer(socket int) error {
	b := make([]byte, 8192)
	n, _, err := unix.Recvfrom(socket, b, 0)
	if err != nil {
		return fmt.Errorf("recvfrom(NETLINK_ROUTE): %w", err)
	}
	const answer = unix.SizeofNlMsghdr + 4 // the errno, negative
	if n < answer || binary.NativeEndian.Uint16(b[4:]) != unix.NLMSG_ERROR {
		return fmt.Errorf("recvfrom(NETLINK_ROUTE): %d bytes that are no answer", n)
	}
	errno := unix.Errno(-int32(binary.NativeEndian.Uint32(b[unix.SizeofNlMsghdr:])))
	if errno == 0 {
		return nil
	}
	if words := explanation(b[:n]); words != "" {
		return fmt.Errorf("%w: %s", errno, words)
	}
	return errno
}

// explanation finds NLMSGERR_ATTR_MSG, which follows the copy of the request that was refused.
func explanation(b []byte) string {
	const copied = unix.SizeofNlMsghdr + 4
	flags := binary.NativeEndian.Uint16(b[6:])
	if flags&unix.NLM_F_ACK_TLVS == 0 || len(b) < copied+unix.SizeofNlMsghdr {
		return ""
	}
	skip := unix.SizeofNlMsghdr
	if flags&unix.NLM_F_CAPPED == 0 {
		skip = int(binary.NativeEndian.Uint32(b[copied:]))
	}
	for rest := b[min(copied+aligned(skip), len(b)):]; len(rest) >= unix.SizeofNlAttr; {
		size := int(binary.NativeEndian.Uint16(rest))
		if size < unix.SizeofNlAttr || size > len(rest) {
			return ""
		}
		if binary.NativeEndian.Uint16(rest[2:]) == unix.NLMSGERR_ATTR_MSG {
			return string(bytes.TrimRight(rest[unix.SizeofNlAttr:size], "\x00"))
		}
		rest = rest[min(aligned(size), len(rest)):]
	}
	return ""
}

// aligned rounds up to four bytes, netlink's grain.
func aligned(n int) int { return (n + 3) &^ 3 }
