// This file holds what users ask for about networks, beside what request.go has: the networks of a container, and new ones.
package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"glassbox/network"
)

// Attachment is a network that a container is to be on, and how.
type Attachment struct {
	Network string   // its name, or the beginning of its id
	Aliases []string // further names for those on the same network
	IP, IP6 string   // empty: the next one that is free
	MAC     string   // empty: made from the address
}

// NetworkRequest describes a network to make.
type NetworkRequest struct {
	Name, Driver      string
	Internal          bool
	IPv6, Attachable  bool
	Subnets, Gateways []string
	Ranges            []string
	Aux               map[string]string
	Options, Labels   map[string]string
}

// attachments are the networks of a container that has links of its own; --network bridge when nobody says otherwise.
func (n Network) attachments() []Attachment {
	if len(n.Attachments) > 0 || n.Detached {
		return n.Attachments
	}
	_, name, err := network.ParseMode(n.Mode)
	if err != nil || name == "" {
		return nil
	}
	return []Attachment{{Network: name}}
}

// networkMode reads --network. Of container:NAME, networkOwner knows the rest.
func networkMode(r Request) (network.Mode, error) {
	mode, _, err := network.ParseMode(r.Network.Mode)
	switch {
	case err != nil || mode == network.ModeBridge:
		return mode, err
	case len(r.Network.Attachments) > 1:
		return mode, fmt.Errorf("conflicting options: cannot attach both user-defined and non-user-defined network-modes: %s", r.Network.Mode)
	case len(r.Network.Ports) == 0 || mode == network.ModeHost:
		return mode, nil // with the host's network the container's ports are the host's already
	case mode == network.ModeContainer:
		return mode, fmt.Errorf("conflicting options: port publishing and the container type network mode: publish with -p of the container that is joined")
	}
	return mode, fmt.Errorf("-p with --network %s: a container without a network has no ports to publish", r.Network.Mode)
}

// checkAttachments finds the networks, and refuses what Docker refuses.
func (e *Engine) checkAttachments(r Request) error {
	mode, err := networkMode(r)
	if err != nil || mode != network.ModeBridge {
		return err
	}
	var seen []string
	for _, a := range r.Network.attachments() {
		n, err := e.book().Find(a.Network)
		if err != nil {
			return err
		}
		if slices.Contains(seen, n.ID) {
			return fmt.Errorf("network %s is given more than once", n.Name)
		}
		seen = append(seen, n.ID)
		if err := suits(a, n); err != nil {
			return err
		}
	}
	return nil
}

func suits(a Attachment, n network.Network) error {
	switch {
	case n.Driver == network.DriverHost || n.Driver == network.DriverNull:
		return fmt.Errorf("conflicting options: a container can not be on the network %s and on others", n.Name)
	case n.Default() && (a.IP != "" || a.IP6 != ""):
		return fmt.Errorf("invalid config for network bridge: user specified IP address is supported on user defined networks only: make one with 'glassbox network create'")
	case n.Default() && len(a.Aliases) > 0:
		return fmt.Errorf("invalid config for network bridge: network-scoped aliases are only supported for user-defined networks: make one with 'glassbox network create'")
	}
	return nil
}

// exposedPorts are those that the image and --expose name: "80/tcp".
func exposedPorts(r Request, image map[string]struct{}) []network.Port {
	words := slices.Concat(slices.Sorted(maps.Keys(image)), r.Network.Expose)
	slices.Sort(words)
	var ports []network.Port
	for _, word := range slices.Compact(words) {
		number, proto, _ := strings.Cut(word, "/")
		if port, err := strconv.ParseUint(number, 10, 16); err == nil {
			ports = append(ports, network.Port{Proto: proto, Port: uint16(port)})
		}
	}
	return ports
}
