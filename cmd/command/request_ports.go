// This file reads --expose and -p: [ADDRESS:][HOST:]CONTAINER[/PROTOCOL], where HOST and CONTAINER may be ranges of equal length.
package command

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func ports(c *cli.Context, r *engine.Request) error {
	for _, text := range c.StringSlice("publish") {
		list, err := parsePorts(text)
		if err != nil {
			return fmt.Errorf("-p %s: %w: write [ADDRESS:][HOST:]CONTAINER[/PROTOCOL], such as 8080:80", text, err)
		}
		r.Network.Ports = append(r.Network.Ports, list...)
	}
	r.Network.PublishAll = c.Bool("publish-all")
	for _, text := range c.StringSlice("expose") {
		list, err := parsePorts(text)
		if err != nil || strings.Contains(text, ":") {
			return fmt.Errorf("--expose %s: invalid port: write PORT or FROM-TO, with /udp or /sctp where it is not TCP", text)
		}
		for _, p := range list {
			r.Network.Expose = append(r.Network.Expose, fmt.Sprintf("%d/%s", p.Container, p.Protocol))
		}
	}
	return nil
}

func parsePorts(text string) ([]engine.Port, error) {
	text, protocol, given := strings.Cut(text, "/")
	if !given {
		protocol = "tcp"
	}
	if protocol = strings.ToLower(protocol); protocol != "tcp" && protocol != "udp" && protocol != "sctp" {
		return nil, fmt.Errorf("protocol %q is neither tcp, udp nor sctp", protocol)
	}
	address, host, inside, err := splitPort(text)
	if err != nil {
		return nil, err
	}
	first, last, err := portRange(inside)
	if err != nil {
		return nil, err
	}
	hostFirst, hostLast := 0, 0 // 0: one is drawn
	if host != "" {
		if hostFirst, hostLast, err = portRange(host); err != nil {
			return nil, err
		}
	}
	one := engine.Port{HostIP: address, Container: uint16(first), Protocol: protocol}
	if host != "" && first == last && hostFirst < hostLast { // one port of the container, and several to choose from
		one.Host, one.HostLast = uint16(hostFirst), uint16(hostLast)
		return []engine.Port{one}, nil
	}
	if host != "" && hostLast-hostFirst != last-first {
		return nil, fmt.Errorf("the ranges %s and %s are not of one length", host, inside)
	}
	var list []engine.Port
	for i := 0; first+i <= last; i++ {
		p := one
		p.Container = uint16(first + i)
		if host != "" {
			p.Host = uint16(hostFirst + i)
		}
		list = append(list, p)
	}
	return list, nil
}

// splitPort takes the address off first: an IPv6 address stands in brackets, for it has colons too.
func splitPort(text string) (address, host, inside string, err error) {
	if rest, ok := strings.CutPrefix(text, "["); ok {
		address, text, ok = strings.Cut(rest, "]:")
		if !ok {
			return "", "", "", fmt.Errorf("no ']:' after the address")
		}
	} else if strings.Count(text, ":") == 2 {
		address, text, _ = strings.Cut(text, ":")
	}
	if address != "" {
		ip, err := netip.ParseAddr(address)
		if err != nil {
			return "", "", "", fmt.Errorf("%q is no address", address)
		}
		if ip == netip.IPv6Loopback() {
			return "", "", "", fmt.Errorf("what is sent from ::1 can not leave the host: publish at 127.0.0.1, or at an address of an interface")
		}
		if address = ip.String(); ip == netip.IPv4Unspecified() {
			address = "" // every address, as without one
		}
	}
	host, inside, found := strings.Cut(text, ":")
	if !found {
		host, inside = "", text
	}
	return address, host, inside, nil
}

func portRange(text string) (first, last int, err error) {
	from, to, found := strings.Cut(text, "-")
	if !found {
		to = from
	}
	if first, err = portNumber(from); err != nil {
		return 0, 0, err
	}
	if last, err = portNumber(to); err != nil {
		return 0, 0, err
	}
	if last < first {
		return 0, 0, fmt.Errorf("the range %s runs backwards", text)
	}
	return first, last, nil
}

func portNumber(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("%q is no port (1 to 65535)", text)
	}
	return int(n), nil
}
