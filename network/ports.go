// This file reads -p [[HOSTIP:][HOSTPORT]:]PORT[/tcp|udp], where both ports may be ranges of one length.
package network

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Port is one published port.
type Port struct {
	Proto    string // tcp or udp
	HostIP   string // empty: every address of the host
	HostPort uint16 // 0: any that is free (ClaimPorts chooses)
	Port     uint16 // the container's
}

// String prints it as `ps` does.
func (p Port) String() string {
	ip := p.HostIP
	if ip == "" {
		ip = "0.0.0.0"
	}
	return fmt.Sprintf("%s:%d->%d/%s", ip, p.HostPort, p.Port, p.Proto)
}

// ParsePorts reads one -p; a range gives several ports.
func ParsePorts(flag string) ([]Port, error) {
	ports, err := parsePorts(flag)
	if err != nil {
		return nil, fmt.Errorf("-p %q: %w (want [[HOSTIP:]HOSTPORT:]PORT[/tcp|udp])", flag, err)
	}
	return ports, nil
}

func parsePorts(flag string) ([]Port, error) {
	rest, proto, given := strings.Cut(flag, "/")
	if !given {
		proto = "tcp"
	}
	if proto != "tcp" && proto != "udp" {
		return nil, fmt.Errorf("protocol %q", proto)
	}
	hostIP, host, inside, err := splitPorts(rest)
	if err != nil {
		return nil, err
	}
	first, last, err := portRange(inside)
	if err != nil {
		return nil, err
	}
	var hostFirst, hostLast uint16
	if host != "" {
		if hostFirst, hostLast, err = portRange(host); err != nil {
			return nil, err
		}
		if hostLast-hostFirst != last-first {
			return nil, fmt.Errorf("the ranges %s and %s differ in length", host, inside)
		}
	}
	var ports []Port
	for i := 0; i <= int(last-first); i++ {
		p := Port{Proto: proto, HostIP: hostIP, Port: first + uint16(i)}
		if host != "" {
			p.HostPort = hostFirst + uint16(i)
		}
		ports = append(ports, p)
	}
	return ports, nil
}

// splitPorts takes HOSTIP:HOST:INSIDE apart; the parts on the left may be missing.
func splitPorts(s string) (hostIP, host, inside string, err error) {
	parts := strings.Split(s, ":")
	switch len(parts) {
	case 1:
		return "", "", parts[0], nil
	case 2:
		return "", parts[0], parts[1], nil
	case 3:
	default:
		return "", "", "", fmt.Errorf("%d colons, and IPv6 addresses are not supported", len(parts)-1)
	}
	ip, err := netip.ParseAddr(parts[0])
	if err != nil || !ip.Is4() {
		return "", "", "", fmt.Errorf("host address %q: want an IPv4 address", parts[0])
	}
	if ip.IsUnspecified() {
		return "", parts[1], parts[2], nil
	}
	return ip.String(), parts[1], parts[2], nil
}

func portRange(s string) (first, last uint16, err error) {
	a, b, isRange := strings.Cut(s, "-")
	if first, err = portNumber(a); err != nil || !isRange {
		return first, first, err
	}
	if last, err = portNumber(b); err != nil {
		return 0, 0, err
	}
	if last < first {
		return 0, 0, fmt.Errorf("range %q goes down", s)
	}
	return first, last, nil
}

func portNumber(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("port %q: want 1 to 65535", s)
	}
	return uint16(n), nil
}
