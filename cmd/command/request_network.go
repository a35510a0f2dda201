// This file reads --network, which may be given several times, and what is said of the networks with it.
package command

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/network"
)

func networkFlags() []cli.Flag {
	return []cli.Flag{
		flagList("network", "`NETWORK` a network's name, bridge (also without this flag), none, host or container:NAME; or name=…,alias=…,ip=…; may be repeated", "net"),
		flagList("network-alias", "a further name on the network", "net-alias"),
		flagText("ip", "the container's IPv4 address, on a network that you made"),
		flagText("ip6", "the container's IPv6 address"),
		flagText("mac-address", "the hardware address"),
		flagList("publish", "`[ADDRESS:][HOST:]CONTAINER[/udp]` a port of the host for one of the container", "p"),
		flagSwitch("publish-all", "any port of the host for each that the image or --expose names", "P"),
		flagList("expose", "`PORT[/udp]` a port that the program listens at; nothing is opened by that"),
		flagList("sysctl", "`NAME=VALUE` a kernel parameter of the container's namespaces"),
	}
}

// networks reads the flags that say on which networks the container is.
func networks(c *cli.Context, r *engine.Request) error {
	given := c.StringSlice("network")
	if len(given) == 0 {
		given = []string{"bridge"}
	}
	for _, text := range given {
		a, err := attachment(text)
		if err != nil {
			return err
		}
		r.Network.Attachments = append(r.Network.Attachments, a)
	}
	first := &r.Network.Attachments[0]
	first.Aliases = append(first.Aliases, c.StringSlice("network-alias")...)
	for name, into := range map[string]*string{"ip": &first.IP, "ip6": &first.IP6, "mac-address": &first.MAC} {
		if c.IsSet(name) {
			*into = c.String(name)
		}
	}
	if err := checkAttachment(*first); err != nil {
		return err
	}
	r.Network.Mode = first.Network
	return plainMode(&r.Network)
}

// plainMode leaves the list out where the mode says it all, and refuses details of what is no network.
func plainMode(n *engine.Network) error {
	a := n.Attachments[0]
	detailed := len(a.Aliases) > 0 || a.IP != "" || a.IP6 != "" || a.MAC != ""
	mode, _, err := network.ParseMode(n.Mode)
	if err != nil {
		return err
	}
	if mode != network.ModeBridge && detailed {
		return fmt.Errorf("conflicting options: an address or alias and --network %s: they need a network of the container's own", n.Mode)
	}
	if len(n.Attachments) == 1 && !detailed {
		n.Attachments = nil
	}
	return nil
}

// attachment reads NAME, or name=NAME,alias=ALIAS,ip=ADDRESS,ip6=ADDRESS,mac-address=ADDRESS.
func attachment(text string) (engine.Attachment, error) {
	if !strings.Contains(text, "=") {
		return engine.Attachment{Network: text}, nil
	}
	var a engine.Attachment
	for word := range strings.SplitSeq(text, ",") {
		name, value, _ := strings.Cut(word, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "name":
			a.Network = value
		case "alias":
			a.Aliases = append(a.Aliases, value)
		case "ip":
			a.IP = value
		case "ip6":
			a.IP6 = value
		case "mac-address":
			a.MAC = value
		default:
			return a, fmt.Errorf("--network %s: unknown field %q: there are name, alias, ip, ip6 and mac-address", text, name)
		}
	}
	if a.Network == "" {
		return a, fmt.Errorf("--network %s: say which one: name=NETWORK", text)
	}
	return a, checkAttachment(a)
}

func checkAttachment(a engine.Attachment) error {
	for _, address := range []string{a.IP, a.IP6} {
		if _, err := netip.ParseAddr(address); address != "" && err != nil {
			return fmt.Errorf("invalid address %q: want one such as 10.45.0.7 or fd00::7", address)
		}
	}
	if mac, err := net.ParseMAC(a.MAC); a.MAC != "" && (err != nil || len(mac) != 6 || mac[0]&1 == 1) {
		return fmt.Errorf("invalid MAC address %q: want six bytes such as 02:42:0a:2d:00:07, the first of them even: odd ones are those of groups", a.MAC)
	}
	return nil
}
