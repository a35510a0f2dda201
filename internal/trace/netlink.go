//go:build linux && amd64

// This file takes netlink messages apart: one Call for each message that is not a question.
package trace

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func (p printer) netlink(nr uint64, args [6]uint64) []Call {
	protocol, ok := p.netlinkProtocol(args[0])
	if !ok {
		return nil
	}
	var calls []Call
	for message := p.sent(nr, args); len(message) >= unix.SizeofNlMsghdr; {
		length, kind := binary.NativeEndian.Uint32(message), binary.NativeEndian.Uint16(message[4:])
		if name := messageName(protocol, kind); name != "" {
			calls = append(calls, Call{PID: p.pid, Name: name, Text: "netlink(" + name + ")"})
		}
		next := (uint64(length) + 3) &^ 3
		if next < unix.SizeofNlMsghdr || next > uint64(len(message)) {
			break
		}
		message = message[next:]
	}
	return calls
}

// sent reads what is sent: sendto(fd, buf, len), or sendmsg(fd, msghdr) with an array of buffers.
func (p printer) sent(nr uint64, args [6]uint64) []byte {
	if nr == unix.SYS_SENDTO {
		return p.bytes(args[1], args[2])
	}
	header := p.bytes(args[1], 32) // struct msghdr: name, namelen, iov, iovlen
	if len(header) < 32 {
		return nil
	}
	iov, count := binary.NativeEndian.Uint64(header[16:]), binary.NativeEndian.Uint64(header[24:])
	var data []byte
	for vector := p.bytes(iov, min(count, 1024)*16); len(vector) >= 16; vector = vector[16:] {
		data = append(data, p.bytes(binary.NativeEndian.Uint64(vector), binary.NativeEndian.Uint64(vector[8:]))...)
	}
	return data
}

// netlinkProtocol asks the socket itself, by way of a copy of the descriptor.
func (p printer) netlinkProtocol(fd uint64) (int, bool) {
	pidfd, err := unix.PidfdOpen(p.leader(), 0)
	if err != nil {
		return 0, false
	}
	defer unix.Close(pidfd)
	sock, err := unix.PidfdGetfd(pidfd, int(int32(fd)), 0)
	if err != nil {
		return 0, false
	}
	defer unix.Close(sock)
	domain, err := unix.GetsockoptInt(sock, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil || domain != unix.AF_NETLINK {
		return 0, false
	}
	protocol, err := unix.GetsockoptInt(sock, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	return protocol, err == nil
}

// leader is the process that the thread belongs to; a pidfd is of a process.
func (p printer) leader() int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		return p.pid
	}
	_, rest, _ := strings.Cut(string(status), "Tgid:")
	leader := p.pid
	if _, err := fmt.Sscan(rest, &leader); err != nil {
		return p.pid
	}
	return leader
}

// messageName is empty for what changes nothing: questions (rtnetlink numbers them 2 modulo 4), and the frame of a batch.
func messageName(protocol int, kind uint16) string {
	switch {
	case protocol == unix.NETLINK_ROUTE && kind >= unix.RTM_BASE && kind%4 != 2:
		if name := routeMessages[kind]; name != "" {
			return name
		}
		return fmt.Sprintf("RTM_%d", kind)
	case protocol == unix.NETLINK_NETFILTER && kind>>8 == unix.NFNL_SUBSYS_NFTABLES:
		return nftMessages[kind&0xff]
	case protocol == unix.NETLINK_NETFILTER && kind > unix.NFNL_MSG_BATCH_END:
		return fmt.Sprintf("NFNL_%#x", kind)
	}
	return ""
}

var routeMessages = map[uint16]string{
	unix.RTM_NEWLINK: "RTM_NEWLINK", unix.RTM_DELLINK: "RTM_DELLINK", unix.RTM_SETLINK: "RTM_SETLINK",
	unix.RTM_NEWADDR: "RTM_NEWADDR", unix.RTM_DELADDR: "RTM_DELADDR",
	unix.RTM_NEWROUTE: "RTM_NEWROUTE", unix.RTM_DELROUTE: "RTM_DELROUTE",
	unix.RTM_NEWNEIGH: "RTM_NEWNEIGH", unix.RTM_DELNEIGH: "RTM_DELNEIGH",
	unix.RTM_NEWNSID: "RTM_NEWNSID",
}

var nftMessages = map[uint16]string{
	unix.NFT_MSG_NEWTABLE: "NFT_MSG_NEWTABLE", unix.NFT_MSG_DELTABLE: "NFT_MSG_DELTABLE",
	unix.NFT_MSG_NEWCHAIN: "NFT_MSG_NEWCHAIN", unix.NFT_MSG_DELCHAIN: "NFT_MSG_DELCHAIN",
	unix.NFT_MSG_NEWRULE: "NFT_MSG_NEWRULE", unix.NFT_MSG_DELRULE: "NFT_MSG_DELRULE",
	unix.NFT_MSG_NEWSET: "NFT_MSG_NEWSET", unix.NFT_MSG_DELSET: "NFT_MSG_DELSET",
	unix.NFT_MSG_NEWSETELEM: "NFT_MSG_NEWSETELEM", unix.NFT_MSG_DELSETELEM: "NFT_MSG_DELSETELEM",
}
