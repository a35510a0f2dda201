// Package nft looks at the firewall rules of a network namespace and prints them as `nft list ruleset` does, without needing
// that program. It changes nothing. man 8 nft.
//
//	rules.go      Tables: tables, chains, rules, sets and maps
//	read.go       asks the kernel for them
//	dump.go       rules as the kernel sends them, instruction by instruction
//	program.go    a rule is a small program: runs it in the head, noting what is compared with what
//	matches.go    the instructions that compare
//	statements.go the instructions that act
//	fields.go     which bytes of a packet have which name
//	values.go     how each kind of value is written
//	elements.go   sets and maps
//	intervals.go  ranges in them
//	render.go     Write
//
// It knows the instructions that nft makes for the usual rules; of others it prints the name in square brackets, and says that
// the rule could not be read wholly.
package nft

// Table is one table. Its rules touch packets beside those of all other tables.
type Table struct {
	Family string  `json:"family"` // "inet" (IPv4 and IPv6), "ip", "ip6", "arp", "bridge", "netdev"
	Name   string  `json:"name"`
	Sets   []Set   `json:"sets,omitempty"`
	Chains []Chain `json:"chains,omitempty"`
}

// Chain is a list of rules. One with a hook is called by the kernel for packets that pass there; others by jump and goto.
type Chain struct {
	Name     string `json:"name"`
	Type     string `json:"type,omitempty"`     // "filter", "nat", "route"
	Hook     string `json:"hook,omitempty"`     // "prerouting", "input", "forward", "output", "postrouting"
	Priority int    `json:"priority,omitempty"` // chains of one hook are called in this order
	Policy   string `json:"policy,omitempty"`   // what happens to packets that no rule decides about
	Rules    []Rule `json:"rules,omitempty"`
}

// Rule is one rule.
type Rule struct {
	Handle  uint64   `json:"handle"`
	Text    string   `json:"text"` // `iifname "glassbox0" ip daddr 127.0.0.0/8 drop`
	Comment string   `json:"comment,omitempty"`
	Counter *Counter `json:"counter,omitempty"`
	Partly  bool     `json:"partly,omitempty"` // not all of it could be read; [NAME] stands for an unknown instruction
}

// Counter is what a rule has seen so far.
type Counter struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// Set is a named set or map.
type Set struct {
	Name     string    `json:"name"`
	Key      string    `json:"key"`             // "inet_proto . inet_service"
	Value    string    `json:"value,omitempty"` // of a map
	Flags    []string  `json:"flags,omitempty"`
	Elements []Element `json:"elements"`
	Lost     bool      `json:"lost,omitempty"` // it could not be read, or not its elements
}

// Element is one element of a set, or one pair of a map.
type Element struct {
	Key   string `json:"key"`             // "tcp . 8080"
	Value string `json:"value,omitempty"` // "10.44.0.2 . 80"
}
