// This file finds out where a packet is to start and where to go, for `glassbox trace-packet`; package network/trace sends and
// follows it. Addresses are read from the kernel, not from the books.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel/look/links"
	"glassbox/network/trace"
)

// Host is how the host itself is called where a container could stand.
const Host = "host"

const hostNetns = "/proc/self/ns/net"

// TracePacket sends one packet from a container (or "host") to a container, an address, a name or a port of the host, and
// reports its way: TO, TO:PORT or TO:PORT/udp.
func (e *Engine) TracePacket(ctx context.Context, from, to string, l explain.Listener) (trace.Path, error) {
	q := trace.Question{Host: trace.Place{Name: Host, Netns: hostNetns}, Wait: 900 * time.Millisecond}
	var err error
	if q.From, err = e.traceStart(from); err != nil {
		return trace.Path{}, err
	}
	if q.Others, err = e.running(); err != nil {
		return trace.Path{}, err
	}
	target, port, protocol, err := splitTarget(to)
	if err != nil {
		return trace.Path{}, err
	}
	q.Port, q.Protocol = port, protocol
	if q.To, err = e.traceTarget(ctx, q.From, target); err != nil {
		return trace.Path{}, fmt.Errorf("trace a packet to %s: %w", to, err)
	}
	return trace.Run(q, l)
}

func (e *Engine) traceStart(ref string) (trace.Place, error) {
	if ref == Host {
		return trace.Place{Name: Host, Netns: hostNetns}, nil
	}
	r, err := e.find(ref)
	if err != nil {
		return trace.Place{}, err
	}
	netns, err := e.netnsOf(r)
	return trace.Place{Name: r.Name, Netns: netns}, err
}

// netnsOf returns the file of a running container's network namespace: its program's, so that it is true whatever the mode.
func (e *Engine) netnsOf(r *Record) (string, error) {
	status, err := e.status(r.ID)
	if err != nil {
		return "", err
	}
	if status.State != wire.Running {
		return "", fmt.Errorf("container %s does not run: glassbox start %s", r.Name, r.Name)
	}
	return fmt.Sprintf("/proc/%d/ns/net", status.PID), nil
}

// running lists the namespaces of all containers that run; several may share one.
func (e *Engine) running() ([]trace.Place, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	var places []trace.Place
	known := map[string]bool{}
	if own, err := os.Readlink(hostNetns); err == nil {
		known[own] = true
	}
	for _, id := range ids {
		r, err := e.readRecord(id)
		if err != nil {
			continue // it is being removed
		}
		netns, err := e.netnsOf(r)
		if err != nil {
			continue // it has ended: no packet comes by
		}
		if inode, err := os.Readlink(netns); err == nil && !known[inode] {
			known[inode] = true
			places = append(places, trace.Place{Name: r.Name, Netns: netns})
		}
	}
	return places, nil
}

// splitTarget reads TO[:PORT[/PROTOCOL]]; an IPv6 address with a port stands in brackets.
func splitTarget(to string) (target string, port uint16, protocol string, err error) {
	if _, err := netip.ParseAddr(to); err == nil {
		return to, 0, "", nil
	}
	rest, protocol, _ := strings.Cut(to, "/")
	target, text, found := strings.Cut(rest, ":")
	if strings.HasPrefix(rest, "[") {
		target, text, found = strings.Cut(rest[1:], "]")
		text = strings.TrimPrefix(text, ":")
		found = found && text != ""
	}
	if target == "" {
		target = Host
	}
	if !found && protocol == "" {
		return target, 0, "", nil
	}
	number, err := strconv.ParseUint(text, 10, 16)
	if err != nil || number == 0 || protocol != "" && protocol != "tcp" && protocol != "udp" {
		return "", 0, "", fmt.Errorf("%q: write TO, TO:PORT or TO:PORT/udp", to)
	}
	return target, uint16(number), protocol, nil
}

func (e *Engine) traceTarget(ctx context.Context, from trace.Place, target string) (netip.Addr, error) {
	if a, err := netip.ParseAddr(target); err == nil {
		return a, nil
	}
	if target == Host {
		return hostSeenFrom(from)
	}
	r, err := e.find(target)
	if err == nil {
		return e.nearestAddress(from, r)
	}
	if !errors.As(err, new(*NotFound)) {
		return netip.Addr{}, err
	}
	found, lookupErr := net.DefaultResolver.LookupNetIP(ctx, "ip", target)
	if lookupErr != nil || len(found) == 0 {
		return netip.Addr{}, errors.Join(err, lookupErr)
	}
	return found[0].Unmap(), nil
}

// hostSeenFrom is the gateway of a container, and loopback for the host itself.
func hostSeenFrom(from trace.Place) (netip.Addr, error) {
	if from.Netns == hostNetns {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
	}
	routes, err := links.Routes(from.Netns)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, r := range routes {
		if r.To == "default" && r.Via != "" {
			return netip.ParseAddr(r.Via)
		}
	}
	return netip.Addr{}, fmt.Errorf("%s has no route to the host", from.Name)
}

// nearestAddress chooses, of the addresses of a container, one on a network of the other's.
func (e *Engine) nearestAddress(from trace.Place, to *Record) (netip.Addr, error) {
	netns, err := e.netnsOf(to)
	if err != nil {
		return netip.Addr{}, err
	}
	theirs, err := outwardAddresses(netns)
	if err != nil {
		return netip.Addr{}, err
	}
	ours, err := outwardAddresses(from.Netns)
	if err != nil {
		return netip.Addr{}, err
	}
	if len(theirs) == 0 {
		return netip.Addr{}, fmt.Errorf("container %s has no address: it is on no network", to.Name)
	}
	for _, t := range theirs {
		for _, o := range ours {
			if o.Masked().Contains(t.Addr()) {
				return t.Addr(), nil
			}
		}
	}
	return theirs[0].Addr(), nil
}

// outwardAddresses lists the addresses of a namespace that others can reach.
func outwardAddresses(netns string) ([]netip.Prefix, error) {
	all, err := links.List(netns)
	if err != nil {
		return nil, err
	}
	var list []netip.Prefix
	for _, l := range all {
		for _, text := range l.Addresses {
			p, err := netip.ParsePrefix(text)
			if err == nil && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
				list = append(list, p)
			}
		}
	}
	return list, nil
}
