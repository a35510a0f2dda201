// This file makes sure that ports are free before anything is built. Two things can hold one: a process that listens on the
// host, and a port published by us, which no process holds; nftables sends it on before any socket sees it.
package network

import (
	"fmt"

	"golang.org/x/sys/unix"

	"net/netip"

	"glassbox/kernel/nft"
)

// ClaimPorts returns the ports with numbers for those that asked for any, or the reason why one can not be had. Nothing holds
// a port until it is published: who comes second then is refused by the kernel.
func ClaimPorts(ports []Port) ([]Port, error) {
	if len(ports) == 0 {
		return nil, nil
	}
	list, err := nft.Published()
	if err != nil {
		return nil, err
	}
	var taken []Port
	for _, p := range list {
		taken = append(taken, Port{Proto: p.Proto, HostIP: p.HostIP, HostPort: p.HostPort, Port: p.Port})
	}
	return claim(ports, taken, bindable)
}

// claim asks bind for each port that nobody in taken has. bind returns the port that it got.
func claim(ports, taken []Port, bind func(Port) (uint16, error)) ([]Port, error) {
	var claimed []Port
	for _, p := range ports {
		got, err := claimOne(p, taken, bind)
		if err != nil {
			return nil, err
		}
		claimed, taken = append(claimed, got), append(taken, got)
	}
	return claimed, nil
}

func claimOne(p Port, taken []Port, bind func(Port) (uint16, error)) (Port, error) {
	const tries = 100 // of a kernel that proposes ports which we have published
	for range tries {
		number, err := bind(p)
		if err != nil {
			return p, err
		}
		got := p
		got.HostPort = number
		if !clashes(got, taken) {
			return got, nil
		}
		if p.HostPort != 0 {
			return p, fmt.Errorf("port %d/%s is published by another container: choose another one", p.HostPort, p.Proto)
		}
	}
	return p, fmt.Errorf("publish %d/%s: found no free port of the host: give one", p.Port, p.Proto)
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

// bindable binds a socket to the port and lets go of it. man 2 bind.
func bindable(p Port) (uint16, error) {
	kind := unix.SOCK_STREAM
	if p.Proto == "udp" {
		kind = unix.SOCK_DGRAM
	}
	socket, err := unix.Socket(unix.AF_INET, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("try port %d/%s: %w", p.HostPort, p.Proto, err)
	}
	defer unix.Close(socket)
	if p.Proto == "tcp" { // connections that have just ended do not count; a listener still does
		if err := unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
			return 0, fmt.Errorf("try port %d/%s: %w", p.HostPort, p.Proto, err)
		}
	}
	address := &unix.SockaddrInet4{Port: int(p.HostPort)}
	if p.HostIP != "" {
		ip, err := netip.ParseAddr(p.HostIP)
		if err != nil {
			return 0, fmt.Errorf("try port %d/%s: %w", p.HostPort, p.Proto, err)
		}
		address.Addr = ip.As4()
	}
	if err := unix.Bind(socket, address); err != nil {
		return 0, refused(p, err)
	}
	got, err := unix.Getsockname(socket)
	if err != nil {
		return 0, fmt.Errorf("try port %d/%s: %w", p.HostPort, p.Proto, err)
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
