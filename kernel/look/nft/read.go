// This file asks the kernel for its rules.
package nft

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// Tables reads all rules of a network namespace: a file such as look.NamespacePath(pid, "net"), or "" for our own.
func Tables(namespace string) ([]Table, error) {
	c, socket, err := open(namespace)
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
		table, err := reader{c, socket, t}.read(chains)
		if errors.Is(err, unix.ENOENT) {
			continue // removed while we read
		}
		if err != nil {
			return nil, fmt.Errorf("read the nftables table %s %s: %w", familyName(t.Family), t.Name, err)
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// open opens a socket, which stays in the namespace in which it was opened. The library shows it only to who sets its options.
func open(namespace string) (c *nftables.Conn, socket *netlink.Conn, err error) {
	dial := func() error {
		c, err = nftables.New(nftables.AsLasting(), nftables.WithSockOptions(func(s *netlink.Conn) error {
			socket = s
			return nil
		}))
		return err
	}
	if namespace == "" {
		err = dial()
		return c, socket, err
	}
	err = look.Inside(namespace, unix.CLONE_NEWNET, dial)
	return c, socket, err
}

type reader struct {
	conn   *nftables.Conn
	socket *netlink.Conn // the same
	table  *nftables.Table
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
	rules, err := r.rules(raw.Name)
	if err != nil {
		return c, fmt.Errorf("list the rules of %s: %w", c.Name, err)
	}
	for _, rule := range rules {
		c.Rules = append(c.Rules, describe(rule, r.table.Family, sets))
	}
	return c, nil
}

func describe(raw rawRule, family nftables.TableFamily, sets map[string]set) Rule {
	p := &program{family: family, sets: sets}
	for _, i := range raw.instructions {
		p.run(i)
	}
	return Rule{Handle: raw.handle, Text: p.text(), Comment: raw.comment, Counter: p.counter, Partly: p.lost}
}

func (r reader) sets() ([]set, error) {
	names, err := r.setNames()
	if err != nil {
		return nil, fmt.Errorf("list the sets: %w", err)
	}
	var sets []set
	for _, name := range names {
		sets = append(sets, r.set(name))
	}
	return sets, nil
}

// set reads one set. Of one with values of a kind that the library does not know, only the name is shown.
func (r reader) set(name string) set {
	raw, err := r.conn.GetSetByName(r.table, name)
	if err != nil {
		return set{raw: &nftables.Set{Name: name, Anonymous: strings.HasPrefix(name, "__")}, lost: true}
	}
	raw.Table = r.table
	elements, err := r.conn.GetSetElements(raw)
	slices.SortFunc(elements, byKey)
	return set{raw, elements, err != nil || raw.KeyType.Name == ""}
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
