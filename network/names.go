// This file writes the books of names: what containers are called on which network. Each container's supervisor reads them to
// answer DNS questions (package engine/shim/dns), so every entry is replaced in one moment and never half written.
//
//	STATE/names/NETWORK/CONTAINER        Names: of one container on one network
//	STATE/containers/CONTAINER/dns.json  View: what one container may ask for
package network

import (
	"encoding/json"
	"hash/crc32"
	"net/netip"
	"path/filepath"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/nft"
)

// Names is how one container is found on one network.
type Names struct {
	Network   string   // the network's name: "web.NETWORK" is found, too
	Names     []string // the container's name first, for it answers reverse questions; then aliases and the short id
	Addresses []netip.Addr
}

// View is what the supervisor of one container has to know: whose names it may hear, and who is asked for all others.
type View struct {
	Port     uint16   // where it listens: NamesPort
	Networks []string // ids
	Upstream []string // addresses of name servers; one of loopback is the host's own, and asked from there
	Search   []string
	Options  []string // "ndots:1", as in resolv.conf
}

// ViewFile is the file of a View in the live directory of its container.
const ViewFile = "dns.json"

// NamesDir is where the names of one network are kept below the state directory.
func NamesDir(state, network string) string { return filepath.Join(state, "names", network) }

// NamesPlan enters a container into the books of one network. Taking it back strikes it out.
func NamesPlan(state, network, container string, n Names) explain.Step {
	dir := NamesDir(state, network)
	return explain.Say("Enter the container's names",
		"whoever shares this network finds the container by name from now on", "09",
		kernel.EnsureDir{Path: dir, Mode: 0o711},
		kernel.ReplaceFile{Path: filepath.Join(dir, container), Content: text(n), Mode: 0o600})
}

// StrikeNames takes a container out of the books of one network.
func StrikeNames(state, network, container string) explain.Op {
	return kernel.Remove{Path: filepath.Join(NamesDir(state, network), container)}
}

// ViewPlan tells the container's supervisor what to answer; live is the container's live directory.
func ViewPlan(live string, v View) explain.Step {
	return explain.Say("Say whose names it may hear",
		"its supervisor answers at 127.0.0.11 for the networks it is on, and asks others for the rest", "09",
		kernel.ReplaceFile{Path: filepath.Join(live, ViewFile), Content: text(v), Mode: 0o600})
}

// NamesPort is where a container's supervisor listens for questions. Made from the id, it need not be told around. It lies below
// those that the kernel gives to clients, so in a new namespace nobody has it.
func NamesPort(id string) uint16 {
	const low, count = 16384, 16384
	return low + uint16(crc32.ChecksumIEEE([]byte(id))%count)
}

// RedirectPlan leads the questions that a container's programs send to port 53 of address to its supervisor.
func RedirectPlan(netns, id, address string) explain.Step {
	return explain.Say("Lead questions for names to the server",
		"it listens at another port, so that a name server in the container can have port 53 itself", "09",
		nft.RedirectNames{Netns: netns, Address: address, Port: NamesPort(id)})
}

// text can not fail: there is nothing in these types that JSON has no word for.
func text(v any) string {
	data, _ := json.Marshal(v)
	return string(data) + "\n"
}
