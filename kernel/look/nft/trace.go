// This file listens to what the kernel reports of packets that bear the mark "nftrace": each rule that they met, and where they
// ended. Rules that did not match are not reported. man 8 nft, "monitor trace".
package nft

import (
	"errors"
	"fmt"
	"slices"
	"syscall"

	"github.com/google/nftables"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// Met is one meeting of a packet with a chain's rule, or with the end of a chain.
type Met struct {
	Packet  uint32 `json:"packet"` // the kernel's number for it
	Family  string `json:"family"`
	Table   string `json:"table"`
	Chain   string `json:"chain"`
	Handle  uint64 `json:"handle,omitempty"` // of the rule; 0: no rule decided
	Kind    string `json:"kind"`             // "rule", "return", "policy"
	Verdict string `json:"verdict"`          // "accept", "drop", "continue", "jump NAME" …
	In      int    `json:"in,omitempty"`     // index of the device by which it came
	Out     int    `json:"out,omitempty"`    // by which it will leave, where that is decided already

	Transport []byte `json:"-"` // the beginning of the packet's TCP, UDP or ICMP header; only the first report at a hook has it
}

// Tracer hears the reports of one network namespace.
type Tracer struct{ fd int }

// Listen begins to listen in a namespace, "" for our own.
func Listen(namespace string) (*Tracer, error) {
	t := &Tracer{}
	dial := func() (err error) {
		t.fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_NETFILTER)
		return err
	}
	err := dial
	if namespace != "" {
		err = func() error { return look.Inside(namespace, unix.CLONE_NEWNET, dial) }
	}
	if err := err(); err != nil {
		return nil, fmt.Errorf("listen to the reports of nf_tables: %w", err)
	}
	// Bound as well as a member: who has no number yet is taken for the sender, the kernel, and hears nothing.
	reports := &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1 << (unix.NFNLGRP_NFTRACE - 1)}
	if err := unix.Bind(t.fd, reports); err != nil {
		return nil, errors.Join(fmt.Errorf("listen to the reports of nf_tables: %w", err), t.Close())
	}
	return t, nil
}

// Close stops listening.
func (t *Tracer) Close() error { return unix.Close(t.fd) }

// Heard returns what has been reported so far, in order. It does not wait: the kernel reports a rule while it passes the packet
// on, so once the packet has arrived the reports are there.
func (t *Tracer) Heard() ([]Met, error) {
	var all []Met
	buffer := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(t.fd, buffer, 0)
		if err == unix.EAGAIN {
			return all, nil
		}
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return all, fmt.Errorf("hear the reports of nf_tables: %w", err)
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			return all, fmt.Errorf("read a report of nf_tables: %w", err)
		}
		for _, m := range messages {
			if m.Header.Type != unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_TRACE || len(m.Data) < familyHeader {
				continue
			}
			met, err := readMet(slices.Clone(m.Data)) // the buffer is read into again
			if err != nil {
				return all, fmt.Errorf("read a report of nf_tables: %w", err)
			}
			all = append(all, met)
		}
	}
}

func readMet(data []byte) (Met, error) {
	met := Met{Family: familyName(nftables.TableFamily(data[0]))}
	policy := ""
	err := attributes(data[familyHeader:], func(a *netlink.AttributeDecoder) {
		switch a.Type() {
		case unix.NFTA_TRACE_ID:
			met.Packet = a.Uint32()
		case unix.NFTA_TRACE_TABLE:
			met.Table = a.String()
		case unix.NFTA_TRACE_CHAIN:
			met.Chain = a.String()
		case unix.NFTA_TRACE_RULE_HANDLE:
			met.Handle = a.Uint64()
		case unix.NFTA_TRACE_TYPE:
			met.Kind = traceKind(a.Uint32())
		case unix.NFTA_TRACE_IIF:
			met.In = int(a.Uint32())
		case unix.NFTA_TRACE_OIF:
			met.Out = int(a.Uint32())
		case unix.NFTA_TRACE_TRANSPORT_HEADER:
			met.Transport = a.Bytes()
		case unix.NFTA_TRACE_POLICY:
			policy = verdictName(int32(a.Uint32()), "")
		case unix.NFTA_TRACE_VERDICT:
			a.Do(func(b []byte) error { return readMetVerdict(b, &met.Verdict) })
		}
	})
	if policy != "" {
		met.Verdict = policy
	}
	return met, err
}

func readMetVerdict(data []byte, text *string) error {
	var code int32
	chain := ""
	err := attributes(data, func(a *netlink.AttributeDecoder) {
		switch a.Type() {
		case unix.NFTA_VERDICT_CODE:
			code = int32(a.Uint32())
		case unix.NFTA_VERDICT_CHAIN:
			chain = a.String()
		}
	})
	*text = verdictName(code, chain)
	return err
}

func traceKind(number uint32) string {
	switch number {
	case unix.NFT_TRACETYPE_RULE:
		return "rule"
	case unix.NFT_TRACETYPE_RETURN:
		return "return"
	}
	return "policy"
}

func verdictName(code int32, chain string) string {
	switch code {
	case 0:
		return "drop"
	case 1:
		return "accept"
	case 2:
		return "stolen"
	case 3:
		return "queue"
	case unix.NFT_JUMP:
		return "jump " + chain
	case unix.NFT_GOTO:
		return "goto " + chain
	case unix.NFT_RETURN:
		return "return"
	}
	return "continue"
}
