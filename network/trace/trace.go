// Package trace sends one packet and reports the way that it really took: which devices saw it, which rules it met, what became
// of its addresses, and who answered. Nothing of it is read from books.
//
//	trace.go   Question, Path: what is asked and what came out; Run
//	probe.go   the packet: an echo request, the opening of a connection, or a datagram
//	watch.go   eyes in every namespace that it might pass
//	path.go    what they saw, in the order in which it happened
//	rules.go   the rules that the packet met on the host
//	print.go   for people
//
// The kernel says which device saw a packet (packet sockets) and which rule it met (nftables' trace). It does not say why a
// packet was dropped outside of rules, for instance by routing: then the path ends, and the settings that may be why are named.
// Only the host's rules are traced, and only for the way there: containers rarely have any, and an answer passes by what
// connection tracking has kept.
package trace

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"glassbox/explain"
	"glassbox/kernel/nft"
)

// Place is a network namespace, by the name that people know it under.
type Place struct {
	Name  string
	Netns string // its file
}

// Question asks for the way of one packet.
type Question struct {
	From     Place
	To       netip.Addr
	Port     uint16 // 0: an echo request (ping)
	Protocol string // "tcp" or "udp", with a port
	Host     Place
	Others   []Place // where else the packet may come by: the other containers
	Wait     time.Duration
}

// Kinds of hops.
const (
	Device     = "device"
	Switch     = "switch"     // what the bridge knows about the frame's target
	Rule       = "rule"       // of nftables
	Connection = "connection" // what connection tracking keeps
)

// Hop is one thing that happened to the packet.
type Hop struct {
	Place   string        `json:"place"`
	Kind    string        `json:"kind"`
	Device  string        `json:"device,omitempty"`
	Out     bool          `json:"out,omitempty"`    // it left by the device
	Packet  string        `json:"packet,omitempty"` // 10.44.0.2:5000 > 10.44.0.3:80
	Text    string        `json:"text,omitempty"`
	Verdict string        `json:"verdict,omitempty"` // of a rule
	After   time.Duration `json:"after_ns,omitempty"`
}

// Path is the way, and its end.
type Path struct {
	Protocol string   `json:"protocol"`
	Hops     []Hop    `json:"hops"`
	Back     []Hop    `json:"back,omitempty"` // the answer's
	Dropped  bool     `json:"dropped"`        // a rule did it: the last hop
	Answer   string   `json:"answer"`         // what came back, or that nothing did
	Answered bool     `json:"answered"`
	Notes    []string `json:"notes,omitempty"` // what the kernel does not tell
}

// Run sends the packet and follows it. The steps that mark it for the kernel are told to l and taken back.
func Run(q Question, l explain.Listener) (path Path, err error) {
	p, err := newProbe(q)
	if err != nil {
		return path, err
	}
	defer p.close()
	w, err := watch(q)
	if err != nil {
		return path, err
	}
	defer w.close()
	runner := &explain.Runner{Listener: l}
	defer func() { err = errors.Join(err, runner.Rollback()) }()
	err = runner.Run(explain.Say("Mark the packet",
		"the kernel reports each rule that a marked packet meets; the mark goes when the packet has gone", "08",
		nft.TracePackets{Table: nft.TraceTable(os.Getpid(), p.number), Proto: p.protocol(), From: p.number, To: q.Port}))
	if err != nil {
		return path, err
	}
	answer, answered, err := p.send()
	if err != nil {
		return path, err
	}
	path, err = w.path(p)
	path.Protocol, path.Answer, path.Answered = p.protocol(), answer, answered
	return path, err
}

// cookie makes the packet's content unlike any other's.
func cookie() []byte {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails
	return append([]byte("glassbox"), fmt.Sprintf("%x", b)...)
}
