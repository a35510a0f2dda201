// This file asks the kernel for its rules.
package nft

import (
	"fmt"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// Tables reads all rules of a network namespace: a file such as look.NamespacePath(pid, "net"), or "" for our own.
func Tables(namespace string) ([]Table, error) {
	c, err := open(namespace)
	if err != nil {
		return nil, fmt.Errorf("read the nftables rules: %w", err)
	}
	defer c.CloseLasting()
	raw, err := c.ListTables()
	if err != nil {
		return nil, fmt.Errorf("list the nftables tables: %w", err)
	}
	chains, err := c.ListChains()
	if err != nil {
		return nil, fmt.Errorf("list the nftables chains: %w", err)
	}
	var tables []Table
	for _, t := range raw {
		table, err := reader{c, t}.read(chains)
		if err != nil {
			return nil, fmt.Errorf("read the nftables table %s %s: %w", familyName(t.Family), t.Name, err)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// open opens a socket, which stays in the namespace in which it was opened.
func open(namespace string) (c *nftables.Conn, err error) {
	dial := func() error {
		c, err = nftables.New(nftables.AsLasting())
		return err
	}
	if namespace == "" {
		return c, dial()
	}
	return c, look.Inside(namespace, unix.CLONE_NEWNET, dial)
}

type reader struct {
	conn  *nftables.Conn
	table *nftables.Table
}

func (r reader) read(chains []*nftables.Chain) (Table, error) {
	t := Table{Family: familyName(r.table.Family), Name: r.table.Name}
	sets, err := r.sets()
	if err != nil {
		return t, err
	}
	byName := map[string]set{}
	for _, s := range sets {
		byName[s.raw.Name] = s
		if !s.raw.Anonymous {
			t.Sets = append(t.Sets, s.describe())
		}
	}
	for _, raw := range chains {
		if raw.Table.Name != t.Name || raw.Table.Family != r.table.Family {
			continue
		}
		c, err := r.chain(raw, byName)
		if err != nil {
			return t, err
		}
		t.Chains = append(t.Chains, c)
	}
	return t, nil
}

func (r reader) chain(raw *nftables.Chain, sets map[string]set) (Chain, error) {
	c := Chain{Name: raw.Name, Type: string(raw.Type)}
	if raw.Hooknum != nil && raw.Priority != nil {
		c.Hook, c.Priority = hookName(r.table.Family, *raw.Hooknum), int(*raw.Priority)
		c.Policy = "accept"
	}
	if raw.Policy != nil && *raw.Policy == nftables.ChainPolicyDrop {
		c.Policy = "drop"
	}
	rules, err := r.conn.GetRules(r.table, raw)
	if err != nil {
		return c, fmt.Errorf("list the rules of %s: %w", c.Name, err)
	}
	for _, rule := range rules {
		c.Rules = append(c.Rules, describe(rule, r.table.Family, sets))
	}
	return c, nil
}

func describe(raw *nftables.Rule, family nftables.TableFamily, sets map[string]set) Rule {
	p := &program{family: family, sets: sets}
	for _, e := range raw.Exprs {
		p.run(e)
	}
	r := Rule{Handle: raw.Handle, Text: p.text(), Counter: p.counter}
	r.Comment, _ = userdata.GetString(raw.UserData, userdata.TypeComment)
	return r
}

func (r reader) sets() ([]set, error) {
	raw, err := r.conn.GetSets(r.table)
	if err != nil {
		return nil, fmt.Errorf("list the sets: %w", err)
	}
	var sets []set
	for _, s := range raw {
		s.Table = r.table
		elements, err := r.conn.GetSetElements(s)
		if err != nil {
			return nil, fmt.Errorf("list the elements of %s: %w", s.Name, err)
		}
		slices.SortFunc(elements, byKey)
		sets = append(sets, set{s, elements})
	}
	return sets, nil
}

func familyName(f nftables.TableFamily) string {
	switch f {
	case nftables.TableFamilyINet:
		return "inet"
	case nftables.TableFamilyIPv4:
		return "ip"
	case nftables.TableFamilyIPv6:
		return "ip6"
	case nftables.TableFamilyARP:
		return "arp"
	case nftables.TableFamilyBridge:
		return "bridge"
	case nftables.TableFamilyNetdev:
		return "netdev"
	}
	return fmt.Sprintf("family %d", f)
}

// hookName: the numbers mean the same for every family but netdev, which has hooks of its own.
func hookName(f nftables.TableFamily, hook nftables.ChainHook) string {
	names := []string{"prerouting", "input", "forward", "output", "postrouting", "ingress"}
	if f == nftables.TableFamilyNetdev {
		names = []string{"ingress", "egress"}
	}
	if int(hook) < len(names) {
		return names[hook]
	}
	return fmt.Sprintf("hook %d", hook)
}
