// This file looks for other firewalls in whose way our bridges are. It changes nothing.
package nft

import (
	"fmt"

	"github.com/google/nftables"
)

// Gates lists the forward chains that would stop the packets of a bridge: of iptables where the policy is to drop, and
// firewalld's. Chains that have our rules for it already do not.
func Gates(bridge string) ([]Gate, error) {
	chains, err := (&nftables.Conn{}).ListChains()
	if err != nil {
		return nil, fmt.Errorf("list the firewall's chains: %w", plain(err))
	}
	var found []Gate
	for _, c := range chains {
		g, ok := gateOf(c)
		if !ok {
			continue
		}
		ours, err := Admit{Gate: g, Bridge: bridge}.rules()
		if err != nil {
			return nil, fmt.Errorf("read the rules of %s: %w", g, err)
		}
		if len(ours) == 0 {
			found = append(found, g)
		}
	}
	return found, nil
}

func gateOf(c *nftables.Chain) (Gate, bool) {
	families := map[nftables.TableFamily]string{
		nftables.TableFamilyIPv4: "ip", nftables.TableFamilyIPv6: "ip6", nftables.TableFamilyINet: "inet"}
	family, known := families[c.Table.Family]
	if !known || c.Hooknum == nil || *c.Hooknum != *nftables.ChainHookForward {
		return Gate{}, false
	}
	drops := c.Policy != nil && *c.Policy == nftables.ChainPolicyDrop
	iptables := c.Table.Name == "filter" && c.Name == "FORWARD"
	firewalld := c.Table.Name == "firewalld" && c.Name == "filter_FORWARD"
	return Gate{Family: family, Table: c.Table.Name, Chain: c.Name}, firewalld || iptables && drops
}
