// This file tries our own firewall rules, in a network namespace that nobody else sees, and looks for firewalls of others in their way.
package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look/nft"
	rules "glassbox/kernel/nft"
)

// checkNftables writes the whole table: an expression of one rule may be in a module that is not there.
func checkNftables() finding {
	if os.Geteuid() != 0 {
		return notTried()
	}
	err := elsewhere(unix.CLONE_NEWNET, rules.EnsureTable{}.Do)
	if err == nil {
		return finding{State: fine, Found: "wrote our rules"}
	}
	f := finding{State: missing, Found: "our rules can not be written: " + errnoOf(err), Lost: "bridge networks, published ports",
		Remedy: remedyOf("nf_tables", "nft_chain_nat", "nft_nat", "nft_masq", "nft_ct", "nft_fib_inet")}
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP) {
		f.Found = "this kernel lacks a part of it: " + errnoOf(err)
	}
	return f
}

// checkFirewalls: a packet must pass every chain of the hook. Those of iptables (Docker's) and of firewalld get rules of ours for each
// bridge when it is built; what else drops is for its owner to open.
func checkFirewalls() finding {
	if os.Geteuid() != 0 {
		return notTried()
	}
	asked, others, err := forwardDrops()
	if err != nil {
		return finding{State: degraded, Found: "not known: " + err.Error(), Lost: "this check", Remedy: remedyOf("nf_tables")}
	}
	if len(others) > 0 {
		return finding{State: degraded, Found: others[0] + " drops what it has no rule for",
			Lost: "the way out of bridge networks, published ports", Remedy: letThrough(others[0])}
	}
	legacy, err := os.ReadFile("/proc/net/ip_tables_names")
	if err == nil && strings.Contains(string(legacy), "filter\n") {
		return finding{State: degraded, Found: "the older iptables has a filter table, which is not looked at",
			Lost: "perhaps the way out of bridge networks", Remedy: "iptables-legacy -S FORWARD must not say DROP: iptables-legacy -P FORWARD ACCEPT"}
	}
	if len(asked) > 0 {
		return finding{State: fine, Found: strings.Join(asked, ", ") + " drops: our bridges get rules in it"}
	}
	return finding{State: fine, Found: "none drops what is forwarded"}
}

// forwardDrops lists the forward chains of others that drop: those in which each bridge of ours gets rules, and the others.
func forwardDrops() (asked, others []string, err error) {
	gates, err := rules.Gates("no bridge") // nobody's name: what has rules for our bridges already is told as well
	if err != nil {
		return nil, nil, err
	}
	for _, g := range gates {
		asked = append(asked, g.String())
	}
	tables, err := nft.Tables("")
	if err != nil {
		return nil, nil, err
	}
	for _, t := range tables {
		for _, c := range t.Chains {
			name := fmt.Sprintf("%s %s %s", t.Family, t.Name, c.Name)
			if c.Hook == "forward" && c.Policy == "drop" && t.Name != "glassbox" && !slices.Contains(asked, name) && !slices.ContainsFunc(c.Rules, opens) {
				others = append(others, name)
			}
		}
	}
	return asked, others, nil
}

// opens tells whether a rule is one of letThrough's.
func opens(r nft.Rule) bool {
	return strings.Contains(r.Text, `"glassbox0"`) && strings.HasSuffix(r.Text, "accept")
}

// letThrough accepts both directions of all bridges. They are named glassbox0 or, of networks that users make, gbr and an id.
func letThrough(chain string) string {
	rule := func(match string) string {
		return fmt.Sprintf(`nft insert rule %s %s '{ "glassbox0", "gbr*" }' accept`, chain, match)
	}
	return rule("iifname") + "; " + rule("oifname")
}

// checkBridgeFilter: with br_netfilter loaded, what two containers of one network say to each other passes the firewall, too.
func checkBridgeFilter() finding {
	text, err := os.ReadFile("/proc/sys/net/bridge/bridge-nf-call-iptables")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{State: fine, Found: "br_netfilter is not loaded: bridges work without the firewall"}
	case err != nil:
		return finding{State: degraded, Found: err.Error(), Lost: "this check", Remedy: "sudo glassbox doctor"}
	case strings.TrimSpace(string(text)) == "0":
		return finding{State: fine, Found: "off"}
	}
	if f := checkFirewalls(); f.State != fine {
		return finding{State: degraded, Found: "on, and a firewall drops what is forwarded", Lost: "packets between containers of one network",
			Remedy: "sysctl -w net.bridge.bridge-nf-call-iptables=0"}
	}
	return finding{State: fine, Found: "on: bridged packets pass the firewall"}
}

// errnoOf is an error without the request, which for a whole table is long.
func errnoOf(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return errno.Error()
	}
	return err.Error()
}
