// This file makes sure that ports are free before anything is built. Three things can hold one: a process that listens on the host; a
// port published by us, which no process holds; nftables sends it on before any socket sees it; and one that CNI plugins publish.
package network

import (
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"glassbox/kernel/nft"
)

// ClaimPorts returns the ports with numbers for those that asked for any, or the reason why one can not be had. Until release is
// called, nobody else claims them: they are published by then, or given up. mapped are those that CNI plugins publish.
func ClaimPorts(ports, mapped []Port) (claimed []Port, release func(), err error) {
	if len(ports) == 0 {
		return nil, func() {}, nil
	}
	list, err := nft.Published()
	if err != nil {
		return nil, func() {}, err
	}
	taken := slices.Clone(mapped)
	for _, p := range list {
		taken = append(taken, Port{Proto: p.Proto, HostIP: p.HostIP, HostPort: p.HostPort, Port: p.Port})
	}
	var held reservations
	claimed, err = claim(ports, taken, bindable, held.reserve)
	if err != nil {
		held.release()
		return nil, func() {}, err
	}
	return claimed, held.release, nil
}

// claim asks bind for each port that nobody in taken has. bind returns the port that it got; reserve tells whether it was the first.
func claim(ports, taken []Port, bind func(Port) (uint16, error), reserve func(Port) bool) ([]Port, error) {
	var claimed []Port
	for _, p := range ports {
		got, err := claimOne(p, taken, bind, reserve)
		if err != nil {
			return nil, err
		}
		claimed, taken = append(claimed, got), append(taken, got)
	}
	return claimed, nil
}

func claimOne(p Port, taken []Port, bind func(Port) (uint16, error), reserve func(Port) bool) (Port, error) {
	tries := 100 // of a kernel that proposes ports which we have published
	if p.Last > 0 {
		tries = int(p.Last-p.HostPort) + 1
	}
	for i := range tries {
		try, got := p, p
		if p.Last > 0 { // one after the other
			try.HostPort = p.HostPort + uint16(i)
		}
		number, err := bind(try)
		got.HostPort, got.Last = number, 0
		switch {
		case err == nil && !clashes(got, taken) && reserve(got):
			return got, nil
		case p.Last > try.HostPort:
		case err != nil:
			return p, err
		case p.HostPort != 0:
			return p, fmt.Errorf("port %d/%s is published by another container: choose another one", number, p.Proto)
		}
	}
	return p, fmt.Errorf("publish %d/%s: found no free port of the host: give one", p.Port, p.Proto)
}

// reservations are sockets that hold nothing but names: those of ports that were claimed and are not published yet. A name without a
// file belongs to one network namespace, as ports do, and is free again when its holder dies. man 7 unix, "Abstract sockets".
type reservations []int

func (r *reservations) reserve(p Port) bool {
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	if err := unix.Bind(socket, &unix.SockaddrUnix{Name: fmt.Sprintf("@glassbox/port/%s/%s/%d", p.Proto, p.HostIP, p.HostPort)}); err != nil {
		unix.Close(socket)
		return false
	}
	*r = append(*r, socket)
	return true
}

func (r reservations) release() {
	for _, socket := range r {
		unix.Close(socket)
	}
}

func clashes(p Port, taken []Port) bool {
	for _, t := range taken {
		sameAddress := p.HostIP == t.HostIP || p.HostIP == "" || t.HostIP == ""
		if sameAddress && p.Proto == t.Proto && p.HostPort == t.HostPort {
			return true
		}
	}
	return false
}

// bindable binds a socket to the port and lets go of it. man 2 bind. No process holds a port that is published, as none does for
// kube-proxy: a process that binds it later gets no error, and no packets either.
func bindable(p Port) (uint16, error) {
	ip, kind, protocol := netip.IPv4Unspecified(), unix.SOCK_STREAM, 0
	if p.HostIP != "" {
		var err error
		if ip, err = netip.ParseAddr(p.HostIP); err != nil {
			return 0, fmt.Errorf("try port %d/%s: %w", p.HostPort, p.Proto, err)
		}
	}
	switch p.Proto {
	case "udp":
		kind = unix.SOCK_DGRAM
	case "sctp":
		protocol = unix.IPPROTO_SCTP
	}
	number, err := tryBind(ip, kind, protocol, int(p.HostPort))
	if protocol == unix.IPPROTO_SCTP && err == unix.EPROTONOSUPPORT { // then no process of this host can have the port
		number, err = tryBind(ip, kind, 0, int(p.HostPort))
	}
	if err == nil && p.HostIP == "" && protocol == 0 { // some listen at addresses of IPv6 alone
		if _, busy := tryBind(netip.IPv6Unspecified(), kind, protocol, int(number)); busy == unix.EADDRINUSE {
			err = busy
		}
	}
	if err != nil {
		return 0, refused(p, err)
	}
	return number, nil
}

func tryBind(ip netip.Addr, kind, protocol, port int) (uint16, error) {
	family := unix.AF_INET
	var address unix.Sockaddr
	if ip.Is6() {
		family, address = unix.AF_INET6, &unix.SockaddrInet6{Port: port, Addr: ip.As16()}
	} else {
		address = &unix.SockaddrInet4{Port: port, Addr: ip.As4()}
	}
	socket, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
	if err != nil {
		return 0, err
	}
	defer unix.Close(socket)
	if ip.Is6() {
		if err := unix.SetsockoptInt(socket, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return 0, err
		}
	}
	if kind == unix.SOCK_STREAM { // connections that have just ended do not count; a listener still does
		if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return 0, err
		}
	}
	if err := unix.Bind(socket, address); err != nil {
		return 0, err
	}
	got, err := unix.Getsockname(socket)
	if err != nil {
		return 0, err
	}
	if six, ok := got.(*unix.SockaddrInet6); ok {
		return uint16(six.Port), nil
	}
	return uint16(got.(*unix.SockaddrInet4).Port), nil
}

func refused(p Port, err error) error {
	switch err {
	case unix.EADDRINUSE:
		return fmt.Errorf("port %d/%s is in use by a process of this host: stop it ('ss -lnp' shows it) or choose another port: %w",
			p.HostPort, p.Proto, err)
	case unix.EADDRNOTAVAIL:
		return fmt.Errorf("publish port %d/%s: the host has no address %s ('ip address' shows them): %w", p.HostPort, p.Proto, p.HostIP, err)
	}
	return fmt.Errorf("try port %d/%s: %w", p.HostPort, p.Proto, err)
}
