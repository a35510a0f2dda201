// This file reads the flags of run about names: --hostname, --domainname, --dns and its like, --add-host.
package command

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func nameFlags() []cli.Flag {
	return []cli.Flag{
		flagText("hostname", "the machine's name inside", "h"),
		flagText("domainname", "the second half of the machine's name"),
		flagList("dns", "`ADDRESS` a name server, in place of the host's"),
		flagList("dns-search", "`DOMAIN` where to look for short names; \".\": nowhere"),
		&cli.StringSliceFlag{Name: "dns-option", Aliases: []string{"dns-opt"}, Usage: "`OPTION` of resolv.conf: ndots:2"},
		flagList("add-host", "`NAME:ADDRESS` a line of /etc/hosts; host-gateway is this host's address"),
		flagList("link", "not to be had: see --network"),
	}
}

// errLink says what took the place of --link.
var errLink = errors.New("--link: links belong to Docker's first networks, write into /etc/hosts and go stale: " +
	"make a network ('glassbox network create mynet'), run both containers with --network mynet, and each finds the other by name")

func naming(c *cli.Context, r *engine.Request) error {
	if len(c.StringSlice("link")) > 0 {
		return errLink
	}
	r.Hostname, r.Domainname = c.String("hostname"), c.String("domainname")
	r.Network.DNS, r.Network.Search, r.Network.Options = c.StringSlice("dns"), c.StringSlice("dns-search"), c.StringSlice("dns-option")
	for _, server := range r.Network.DNS {
		if _, err := netip.ParseAddr(server); err != nil {
			return fmt.Errorf("--dns %q: write the address of a name server, such as 192.0.2.1", server)
		}
	}
	for _, domain := range r.Network.Search {
		if strings.ContainsAny(domain, " \t\n") || domain == "" {
			return fmt.Errorf("--dns-search %q: write one domain, such as example.org", domain)
		}
	}
	for _, h := range c.StringSlice("add-host") {
		line, err := hostLine(h)
		if err != nil {
			return err
		}
		r.Network.Hosts = append(r.Network.Hosts, line)
	}
	return nil
}

// hostLine reads NAME:ADDRESS and NAME=ADDRESS, with brackets round the address or without: "db:10.0.0.2", "db=[fd00::2]".
func hostLine(text string) (string, error) {
	name, address, ok := cutAny(text, ":=")
	if inner, bracketed := strings.CutPrefix(address, "["); bracketed {
		address, bracketed = strings.CutSuffix(inner, "]")
		ok = ok && bracketed
	}
	if !ok || name == "" || address == "" || strings.ContainsAny(name, " \t\n") {
		return "", fmt.Errorf("--add-host %q: write NAME:ADDRESS", text)
	}
	if _, err := netip.ParseAddr(address); err != nil && address != engine.HostGateway {
		return "", fmt.Errorf("--add-host %q: %q is neither an address nor %s", text, address, engine.HostGateway)
	}
	return name + ":" + address, nil
}
