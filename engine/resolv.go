// This file makes a container's resolv.conf. There are three kinds, as in Docker:
//
//	as the host has it        no network of its own, or none at all
//	without the host's own    on the default bridge: 127.0.0.1 is the container's own loopback in there
//	127.0.0.11                on a network whose members have names: the supervisor answers, and asks the host's servers
//
// man 5 resolv.conf.
package engine

import (
	"net/netip"
	"slices"
	"strings"

	"glassbox/engine/shim/wire"
)

// resolver is what a resolv.conf says.
type resolver struct {
	Servers         []string
	Search, Options []string
}

// readResolver reads a resolv.conf. The last search line counts, and "domain" is its old name.
func readResolver(text string) resolver {
	var r resolver
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		switch fields[0] {
		case "nameserver":
			r.Servers = append(r.Servers, fields[1])
		case "search", "domain":
			r.Search = fields[1:]
		case "options":
			r.Options = append(r.Options, fields[1:]...)
		}
	}
	return r
}

// asked puts what the user asked for in place of what the host has. A search for "." is none.
func (r resolver) asked(n Network) resolver {
	if len(n.DNS) > 0 {
		r.Servers = n.DNS
	}
	if len(n.Search) > 0 {
		r.Search = slices.DeleteFunc(slices.Clone(n.Search), func(s string) bool { return s == "." })
	}
	if len(n.Options) > 0 {
		r.Options = n.Options
	}
	return r
}

// outside drops the host's servers that a container can not reach: those on the host's loopback, and without IPv6 those of
// IPv6. What the user names stays. With none left, public ones stand in, as Docker has it.
func (r resolver) outside(n Network, ipv6 bool) resolver {
	if len(n.DNS) > 0 {
		return r
	}
	r.Servers = slices.DeleteFunc(slices.Clone(r.Servers), func(s string) bool {
		a, err := netip.ParseAddr(s)
		return err != nil || a.IsLoopback() || a.Is6() && !ipv6
	})
	return r.never()
}

func (r resolver) never() resolver {
	if len(r.Servers) == 0 {
		r.Servers = []string{"8.8.8.8", "8.8.4.4"}
	}
	return r
}

// served sends all questions to the container's supervisor, and returns the servers that it is to ask. A name without a dot is
// asked for as it is (ndots:0), for that is what containers' names look like.
func (r resolver) served() (inside resolver, upstream []string) {
	inside, upstream = r, r.never().Servers
	inside.Servers = []string{wire.NameServer}
	if !slices.ContainsFunc(r.Options, func(o string) bool { return strings.HasPrefix(o, "ndots:") }) {
		inside.Options = append(slices.Clone(r.Options), "ndots:0")
	}
	return inside, upstream
}

// text writes a resolv.conf, with the servers that are asked in the end as a comment for whoever looks for them.
func (r resolver) text(upstream []string) string {
	var b strings.Builder
	b.WriteString("# Made by glassbox for this container.\n")
	for _, s := range r.Servers {
		b.WriteString("nameserver " + s + "\n")
	}
	if len(r.Search) > 0 {
		b.WriteString("search " + strings.Join(r.Search, " ") + "\n")
	}
	if len(r.Options) > 0 {
		b.WriteString("options " + strings.Join(r.Options, " ") + "\n")
	}
	if len(upstream) > 0 {
		b.WriteString("# It asks " + strings.Join(upstream, ", ") + " for the names of the world.\n")
	}
	return b.String()
}

// nameServers reads those that the user gave; what is no address was refused when it was given.
func nameServers(list []string) []netip.Addr {
	var servers []netip.Addr
	for _, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			servers = append(servers, a)
		}
	}
	return servers
}
