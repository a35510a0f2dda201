// This file deals with other firewalls. A packet passes the forward chains of all tables, and an accept of ours does not help it
// past the drop of another: Docker and many administrators set the policy of iptables' FORWARD to drop, firewalld rejects what is
// in none of its zones. So where such a chain stands, it is asked, by two rules at its head, to leave our bridges to our own
// table. To accept in one table decides nothing in the next: what our rules drop stays dropped.
package nft

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// Gate is a forward chain of another firewall that lets nothing pass by itself.
type Gate struct {
	Family string // ip, ip6 or inet, as nft writes it
	Table  string
	Chain  string
}

func (g Gate) String() string { return g.Family + " " + g.Table + " " + g.Chain }

func (g Gate) chain() *nftables.Chain {
	families := map[string]nftables.TableFamily{"ip": nftables.TableFamilyIPv4, "ip6": nftables.TableFamilyIPv6, "inet": nftables.TableFamilyINet}
	return &nftables.Chain{Name: g.Chain, Table: &nftables.Table{Name: g.Table, Family: families[g.Family]}}
}

// Admit asks another firewall to let a bridge's packets pass. Expel takes it back.
type Admit struct {
	Gate
	Bridge string
}

const admitComment = "glassbox decides about its bridges itself"

// exprs are those of `iptables -i BRIDGE -j ACCEPT` and `-o`, so that iptables -S can still print its chain.
func (a Admit) exprs() [][]expr.Any {
	name := &expr.Cmp{Op: expr.CmpOpEq, Register: first, Data: padded(a.Bridge)}
	return [][]expr.Any{
		join(oifname(name), counted(), verdict(expr.VerdictAccept)),
		join(iifname(name), counted(), verdict(expr.VerdictAccept)),
	}
}

func (a Admit) texts() []string {
	return []string{fmt.Sprintf("oifname %q counter accept", a.Bridge), fmt.Sprintf("iifname %q counter accept", a.Bridge)}
}

func (a Admit) Do() error {
	c, at := &nftables.Conn{}, a.chain()
	for _, exprs := range a.exprs() {
		c.InsertRule(&nftables.Rule{Table: at.Table, Chain: at, Exprs: exprs,
			UserData: userdata.AppendString(nil, userdata.TypeComment, admitComment)})
	}
	return kernel.Fail(a, flush(c))
}

func (a Admit) Call() string {
	return fmt.Sprintf("sendmsg(NETLINK_NETFILTER, [NFT_MSG_NEWRULE %s {%s}])", a.Gate, strings.Join(a.texts(), "}, NFT_MSG_NEWRULE "+a.Gate.String()+" {"))
}

func (a Admit) Shell() string {
	var lines []string
	for _, text := range a.texts() {
		lines = append(lines, fmt.Sprintf("insert rule %s %s comment %q", a.Gate, text, admitComment))
	}
	return kernel.Quote("nft", strings.Join(lines, "; "))
}

// Expel takes the two rules out of the other firewall's chain again.
type Expel Admit

// Do succeeds where the rules, or the firewall, are gone.
func (x Expel) Do() error {
	there, err := Admit(x).rules()
	if err != nil || len(there) == 0 {
		return kernel.Fail(x, err)
	}
	c := &nftables.Conn{}
	for _, r := range there {
		if err := c.DelRule(r); err != nil {
			return kernel.Fail(x, err)
		}
	}
	err = flush(c)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return kernel.Fail(x, err)
}

func (x Expel) Call() string {
	return fmt.Sprintf("sendmsg(NETLINK_NETFILTER, [NFT_MSG_DELRULE %s (ours for %q)])", x.Gate, x.Bridge)
}

func (x Expel) Shell() string {
	return fmt.Sprintf("nft -a list chain %s | sed -n '/%s.*# handle/s/.*handle //p' | xargs -r -n 1 nft delete rule %s handle",
		x.Gate, x.Bridge+`.*`+admitComment, x.Gate)
}

// rules finds ours in the chain.
func (a Admit) rules() ([]*nftables.Rule, error) {
	at := a.chain()
	there, err := (&nftables.Conn{}).GetRules(at.Table, at)
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, plain(err)
	}
	var found []*nftables.Rule
	for _, r := range there {
		for _, want := range a.exprs() {
			if reflect.DeepEqual(uncounted(r.Exprs), want) {
				r.Chain, r.Table = at, at.Table
				found = append(found, r)
			}
		}
	}
	return found, nil
}
