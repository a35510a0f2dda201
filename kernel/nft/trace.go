// This file marks packets so that the kernel reports every rule they meet (man 8 nft, "nftrace"). The mark is set in a table of
// its own, which is gone when the packet has been followed. Several may be followed at once, each with a table of its own; its
// name says which process is to remove it.
package nft

import (
	"errors"
	"fmt"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// TracePrefix is how the names of these tables begin.
const TracePrefix = "glassbox_trace_"

// TraceTable names the table that exists while a process follows a packet; number keeps its packets apart.
func TraceTable(pid int, number uint16) string {
	return fmt.Sprintf("%s%d_%d", TracePrefix, pid, number)
}

// TraceTables lists those that there are now, with the process of each.
func TraceTables() (map[string]int, error) {
	tables, err := (&nftables.Conn{}).ListTablesOfFamily(nftables.TableFamilyINet)
	if err != nil {
		return nil, fmt.Errorf("list the tables of traces: %w", plain(err))
	}
	found := map[string]int{}
	for _, t := range tables {
		var pid, number int
		if n, err := fmt.Sscanf(t.Name, TracePrefix+"%d_%d", &pid, &number); n == 2 && err == nil {
			found[t.Name] = pid
		}
	}
	return found, nil
}

// TracePackets marks the packets of one flow: those of protocol Proto from port From to port To. For "icmp", From is the number
// of the echo, and of "tcp" only the packet that opens the connection is meant.
type TracePackets struct {
	Table    string
	Proto    string
	From, To uint16
}

func traceTable(name string) *nftables.Table {
	return &nftables.Table{Name: name, Family: nftables.TableFamilyINet}
}

func (t TracePackets) Do() error {
	c, table := &nftables.Conn{}, traceTable(t.Table)
	c.CreateTable(table)
	earliest := nftables.ChainPriority(-500)
	for name, hook := range map[string]*nftables.ChainHook{"prerouting": nftables.ChainHookPrerouting, "output": nftables.ChainHookOutput} {
		chain := c.AddChain(&nftables.Chain{Table: table, Name: name, Type: nftables.ChainTypeFilter,
			Hooknum: hook, Priority: &earliest})
		for _, protocol := range t.protocols() {
			c.AddRule(&nftables.Rule{Table: table, Chain: chain, Exprs: t.exprs(protocol)})
		}
	}
	return kernel.Fail(t, flush(c))
}

func (t TracePackets) protocols() []byte {
	switch t.Proto {
	case "tcp":
		return []byte{unix.IPPROTO_TCP}
	case "udp":
		return []byte{unix.IPPROTO_UDP}
	}
	return []byte{unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6}
}

func (t TracePackets) exprs(protocol byte) []expr.Any {
	is := []expr.Any{l4proto(first), equal([]byte{protocol})}
	switch t.Proto {
	case "tcp":
		const syn, flagsOffset = 2, 13
		is = join(is, transport(flagsOffset, 1, []byte{syn}), t.ports())
	case "udp":
		is = join(is, t.ports())
	default:
		request := map[byte]byte{unix.IPPROTO_ICMP: 8, unix.IPPROTO_ICMPV6: 128}[protocol]
		is = join(is, transport(0, 1, []byte{request}), transport(4, 2, binaryutil.BigEndian.PutUint16(t.From)))
	}
	return join(is, []expr.Any{
		&expr.Immediate{Register: first, Data: []byte{1}},
		&expr.Meta{Key: expr.MetaKeyNFTRACE, SourceRegister: true, Register: first},
	})
}

func (t TracePackets) ports() []expr.Any {
	return transport(0, 4, append(binaryutil.BigEndian.PutUint16(t.From), binaryutil.BigEndian.PutUint16(t.To)...))
}

func transport(offset, size uint32, value []byte) []expr.Any {
	return []expr.Any{&expr.Payload{DestRegister: first, Base: expr.PayloadBaseTransportHeader, Offset: offset, Len: size}, equal(value)}
}

func (t TracePackets) match() string {
	switch t.Proto {
	case "tcp":
		return fmt.Sprintf("tcp flags == syn tcp sport %d tcp dport %d", t.From, t.To)
	case "udp":
		return fmt.Sprintf("udp sport %d udp dport %d", t.From, t.To)
	}
	return fmt.Sprintf("meta l4proto { icmp, ipv6-icmp } @th,0,8 { 8, 128 } @th,32,16 %d", t.From)
}

// Call names the messages of the batch.
func (t TracePackets) Call() string {
	return "sendmsg(NETLINK_NETFILTER, [NFT_MSG_NEWTABLE inet " + t.Table +
		", NFT_MSG_NEWCHAIN prerouting, NFT_MSG_NEWCHAIN output, NFT_MSG_NEWRULE (nftrace set 1)])"
}

// Shell is what a person types.
func (t TracePackets) Shell() string {
	script := "nft create table inet " + t.Table
	for _, hook := range []string{"prerouting", "output"} {
		script += fmt.Sprintf(" && nft 'add chain inet %s %s { type filter hook %s priority -500 ; }'", t.Table, hook, hook) +
			fmt.Sprintf(" && nft 'add rule inet %s %s %s meta nftrace set 1'", t.Table, hook, t.match())
	}
	return script
}

// Undo takes the mark away again.
func (t TracePackets) Undo() explain.Op { return UntracePackets{Table: t.Table} }

// UntracePackets removes the table of TracePackets; it succeeds where there is none.
type UntracePackets struct{ Table string }

func (u UntracePackets) Do() error {
	c := &nftables.Conn{}
	c.DelTable(traceTable(u.Table))
	if err := flush(c); !errors.Is(err, unix.ENOENT) {
		return kernel.Fail(u, err)
	}
	return nil
}

func (u UntracePackets) Call() string {
	return "sendmsg(NETLINK_NETFILTER, [NFT_MSG_DELTABLE inet " + u.Table + "])"
}
func (u UntracePackets) Shell() string { return "nft delete table inet " + u.Table }
