// This file lists rules and the names of sets by netlink messages of our own. The library can do it too, but fails as a whole
// at one rule that it can not read, and leaves out instructions that it does not know: "drop" would be left of "… drop".
package nft

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
)

// instruction is one of a rule's: its name, and what the library makes of it (nil: nothing).
type instruction struct {
	name string
	expr expr.Any
}

// rawRule is a rule as the kernel sends it.
type rawRule struct {
	handle       uint64
	instructions []instruction
	comment      string
}

// dump asks for all objects of a kind in the table.
func (r reader) dump(kind uint16, attributes ...netlink.Attribute) ([]netlink.Message, error) {
	data, err := netlink.MarshalAttributes(attributes)
	if err != nil {
		return nil, err
	}
	return r.socket.Execute(netlink.Message{
		Header: netlink.Header{
			Type:  netlink.HeaderType(unix.NFNL_SUBSYS_NFTABLES<<8 | kind),
			Flags: netlink.Request | netlink.Dump,
		},
		Data: append([]byte{byte(r.table.Family), unix.NFNETLINK_V0, 0, 0}, data...),
	})
}

func (r reader) rules(chain string) ([]rawRule, error) {
	messages, err := r.dump(unix.NFT_MSG_GETRULE,
		netlink.Attribute{Type: unix.NFTA_RULE_TABLE, Data: []byte(r.table.Name + "\x00")},
		netlink.Attribute{Type: unix.NFTA_RULE_CHAIN, Data: []byte(chain + "\x00")})
	if err != nil {
		return nil, err
	}
	var rules []rawRule
	for _, m := range messages {
		rule, err := readRule(r.table.Family, m.Data)
		if err != nil {
			return nil, fmt.Errorf("rule %d: %w", rule.handle, err)
		}
		rules = append(rules, rule)
	}
	return rules, nil
}

// setNames lists the sets and maps of the table, those without a name of their own included.
func (r reader) setNames() ([]string, error) {
	messages, err := r.dump(unix.NFT_MSG_GETSET, netlink.Attribute{Type: unix.NFTA_SET_TABLE, Data: []byte(r.table.Name + "\x00")})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range messages {
		err := attributes(m.Data[familyHeader:], func(a *netlink.AttributeDecoder) {
			if a.Type() == unix.NFTA_SET_NAME {
				names = append(names, a.String())
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return names, nil
}

// familyHeader is the length of struct nfgenmsg, with which every message begins.
const familyHeader = 4

func readRule(family nftables.TableFamily, data []byte) (rule rawRule, err error) {
	if len(data) < familyHeader {
		return rule, errors.New("the message is too short")
	}
	err = attributes(data[familyHeader:], func(a *netlink.AttributeDecoder) {
		switch a.Type() {
		case unix.NFTA_RULE_HANDLE:
			rule.handle = a.Uint64()
		case unix.NFTA_RULE_USERDATA:
			rule.comment, _ = userdata.GetString(a.Bytes(), userdata.TypeComment)
		case unix.NFTA_RULE_EXPRESSIONS:
			a.Do(func(list []byte) error {
				return attributes(list, func(a *netlink.AttributeDecoder) {
					a.Do(func(one []byte) error {
						i, err := readInstruction(family, one)
						rule.instructions = append(rule.instructions, i)
						return err
					})
				})
			})
		}
	})
	return rule, err
}

func readInstruction(family nftables.TableFamily, data []byte) (i instruction, err error) {
	var body []byte
	err = attributes(data, func(a *netlink.AttributeDecoder) {
		switch a.Type() {
		case unix.NFTA_EXPR_NAME:
			i.name = a.String()
		case unix.NFTA_EXPR_DATA:
			body = a.Bytes()
		}
	})
	i.expr = decode(family, i.name, body)
	return i, err
}

// attributes calls see for each attribute; numbers in nftables' messages are in the order of the network.
func attributes(data []byte, see func(*netlink.AttributeDecoder)) error {
	a, err := netlink.NewAttributeDecoder(data)
	if err != nil {
		return err
	}
	a.ByteOrder = binary.BigEndian
	for a.Next() {
		see(a)
	}
	return a.Err()
}

// decode returns nil for what the library can not read: the rule is shown nevertheless, as far as it can be.
func decode(family nftables.TableFamily, name string, data []byte) expr.Any {
	switch name {
	case "ct":
		return readConnection(data)
	case "notrack":
		return &expr.Notrack{}
	case "match":
		return &expr.Match{Name: extensionName(data)}
	case "target":
		return &expr.Target{Name: extensionName(data)}
	}
	e := emptyOf(name)
	if e == nil || expr.Unmarshal(byte(family), data, e) != nil {
		return nil
	}
	// The verdict is written into a register too, but is no data.
	if i, ok := e.(*expr.Immediate); ok && i.Register == unix.NFT_REG_VERDICT && len(i.Data) == 0 {
		e = &expr.Verdict{}
		if expr.Unmarshal(byte(family), data, e) != nil {
			return nil
		}
	}
	return e
}

// readConnection does what the library's Ct does not: it reads the direction, one byte, and sees when a value is set.
func readConnection(data []byte) expr.Any {
	e := &expr.Ct{}
	err := attributes(data, func(a *netlink.AttributeDecoder) {
		switch a.Type() {
		case unix.NFTA_CT_KEY:
			e.Key = expr.CtKey(a.Uint32())
		case unix.NFTA_CT_DREG:
			e.Register = a.Uint32()
		case unix.NFTA_CT_SREG:
			e.Register, e.SourceRegister = a.Uint32(), true
		case unix.NFTA_CT_DIRECTION:
			e.Direction = uint32(a.Uint8())
		}
	})
	if err != nil {
		return nil
	}
	return e
}

// extensionName reads the name of a match or target of iptables. The rest depends on the extension, and only it can read that.
func extensionName(data []byte) (name string) {
	err := attributes(data, func(a *netlink.AttributeDecoder) {
		if a.Type() == unix.NFTA_MATCH_NAME { // NFTA_TARGET_NAME is the same number
			name = a.String()
		}
	})
	if err != nil {
		return "?"
	}
	return name
}

// emptyOf makes an instruction of those that program.go knows.
func emptyOf(name string) expr.Any {
	return map[string]expr.Any{
		"bitwise": &expr.Bitwise{}, "cmp": &expr.Cmp{}, "counter": &expr.Counter{}, "fib": &expr.Fib{},
		"immediate": &expr.Immediate{}, "limit": &expr.Limit{}, "log": &expr.Log{}, "lookup": &expr.Lookup{},
		"masq": &expr.Masq{}, "meta": &expr.Meta{}, "nat": &expr.NAT{}, "objref": &expr.Objref{}, "payload": &expr.Payload{},
		"range": &expr.Range{}, "redir": &expr.Redir{}, "reject": &expr.Reject{},
	}[name]
}
