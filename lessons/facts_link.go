// This file answers facts about the network of a process: links, addresses, routes, and the sysctls of its namespace.
package lessons

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
	"glassbox/kernel/look/links"
)

func linkKinds() []kind {
	return []kind{
		{"link {name} of {pid} is a port of {bridge}", linkPort},
		{"link {name} of {pid} is a {type}", linkType},
		{"link {name} of {pid} is absent", linkAbsent},
		{"link {name} of {pid} is up", linkUp},
		{"link {name} of {pid} has address {address}", linkAddress},
		{"link {name} of {pid} ends at {name} of {pid}", linkPeer},
		{"route to {destination} of {pid} goes via {gateway}", route},
		{"bridge {name} of {pid} has {mac} behind {port}", bridgeHas},
		{"sysctl {name} of {pid} is {value}", sysctl},
	}
}

func netns(word string) (string, error) {
	pid, err := process(word)
	return look.NamespacePath(pid, "net"), err
}

// linkOf finds a link; absent ones are no error.
func linkOf(name, word string) (found links.Link, there bool, evidence []string, err error) {
	file, err := netns(word)
	if err != nil {
		return found, false, nil, err
	}
	all, err := links.List(file)
	if err != nil {
		return found, false, nil, err
	}
	var names []string
	for _, l := range all {
		if l.Name == name {
			return l, true, []string{fmt.Sprintf("netlink in %s: %s", file, describe(l))}, nil
		}
		names = append(names, l.Name)
	}
	return found, false, []string{fmt.Sprintf("netlink in %s: the links are %s", file, strings.Join(names, ", "))}, nil
}

func describe(l links.Link) string {
	text := fmt.Sprintf("%d: %s %s, %s", l.Index, l.Name, l.Type, l.State)
	if l.Master != "" {
		text += ", port of " + l.Master
	}
	return strings.TrimRight(text+" "+strings.Join(l.Addresses, " "), " ")
}

// linkIs makes the answer to a question about a link that must be there for the answer to be yes.
func linkIs(args []string, is func(links.Link) bool) (finding, error) {
	l, there, evidence, err := linkOf(args[0], args[1])
	return finding{there && is(l), evidence}, err
}

func linkType(args []string) (finding, error) {
	return linkIs(args, func(l links.Link) bool { return l.Type == args[2] })
}

func linkUp(args []string) (finding, error) {
	return linkIs(args, func(l links.Link) bool { return l.Up })
}

func linkPort(args []string) (finding, error) {
	return linkIs(args, func(l links.Link) bool { return l.Master == args[2] })
}

func linkAddress(args []string) (finding, error) {
	return linkIs(args, func(l links.Link) bool {
		for _, a := range l.Addresses {
			if like(args[2], a) {
				return true
			}
		}
		return false
	})
}

func linkAbsent(args []string) (finding, error) {
	_, there, evidence, err := linkOf(args[0], args[1])
	return finding{!there, evidence}, err
}

// linkPeer compares the other end of a veth pair.
func linkPeer(args []string) (finding, error) {
	_, there, evidence, err := linkOf(args[0], args[1])
	if err != nil || !there {
		return finding{false, evidence}, err
	}
	file, err := netns(args[1])
	if err != nil {
		return finding{}, err
	}
	end, err := links.Peer(file, args[0])
	if errors.Is(err, links.ErrNoPeer) {
		return finding{false, append(evidence, err.Error())}, nil
	}
	if err != nil {
		return finding{}, err
	}
	there2, err := namespaceOf(args[3])
	evidence = append(evidence, fmt.Sprintf("its other end: %s in net:[%d]", end.Link.Name, end.Namespace))
	return finding{end.Link.Name == args[2] && end.Namespace == there2, evidence}, err
}

func namespaceOf(word string) (uint64, error) {
	pid, err := process(word)
	if err != nil {
		return 0, err
	}
	return look.Namespace(pid, "net")
}

func route(args []string) (finding, error) {
	file, err := netns(args[1])
	if err != nil {
		return finding{}, err
	}
	routes, err := links.Routes(file)
	if err != nil {
		return finding{}, err
	}
	var f finding
	for _, r := range routes {
		f.holds = f.holds || r.To == args[0] && r.Via == args[2]
		f.evidence = append(f.evidence, strings.TrimSpace(fmt.Sprintf("netlink in %s: route to %s via %s dev %s", file, r.To, r.Via, r.Link)))
	}
	if len(routes) == 0 {
		f.evidence = []string{"netlink in " + file + ": no routes"}
	}
	return f, nil
}

// bridgeHas looks into the forwarding table of a bridge or a VXLAN device. Behind the latter are hosts, not ports.
func bridgeHas(args []string) (finding, error) {
	file, err := netns(args[1])
	if err != nil {
		return finding{}, err
	}
	table, err := links.Forwarding(file, args[0])
	if err != nil {
		return finding{}, err
	}
	var f finding
	for _, e := range table {
		f.holds = f.holds || e.MAC == args[2] && (e.Port == args[3] || e.To == args[3])
		f.evidence = append(f.evidence, strings.TrimSpace(fmt.Sprintf("forwarding table of %s in %s: %s behind %s %s", args[0], file, e.MAC, e.Port, e.To)))
	}
	if len(table) == 0 {
		f.evidence = []string{fmt.Sprintf("forwarding table of %s in %s: empty", args[0], file)}
	}
	return f, nil
}

// sysctl reads a setting of the network namespace: /proc/sys/net shows the reader's, so we go there to read it.
func sysctl(args []string) (finding, error) {
	namespace, err := netns(args[1])
	if err != nil {
		return finding{}, err
	}
	file := "/proc/sys/" + strings.ReplaceAll(args[0], ".", "/")
	var text []byte
	err = look.Inside(namespace, unix.CLONE_NEWNET, func() (err error) {
		text, err = os.ReadFile(file)
		return err
	})
	if err != nil {
		return finding{}, fmt.Errorf("read the sysctl %s: %w", args[0], err)
	}
	value := strings.TrimSpace(string(text))
	return finding{value == args[2], []string{fmt.Sprintf("%s in %s: %s", file, namespace, value)}}, nil
}
