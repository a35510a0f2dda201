// This file looks at the network namespace of the test: links, addresses, routes and the nftables ruleset.
package testkit

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strings"

	"github.com/vishvananda/netlink"
)

// whole repeats a list that the kernel calls torn: something changed while it was being written.
func whole[T any](list func() ([]T, error)) (all []T, err error) {
	for range 100 {
		if all, err = list(); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	return all, err
}

func links() ([]string, error) {
	list, err := whole(netlink.LinkList)
	if err != nil {
		return nil, err
	}
	names := map[int]string{}
	for _, l := range list {
		names[l.Attrs().Index] = l.Attrs().Name
	}
	lines := make([]string, len(list))
	for i, l := range list {
		a := l.Attrs()
		lines[i] = fmt.Sprintf("%s %s mtu %d master %q %s", a.Name, l.Type(), a.MTU, names[a.MasterIndex], a.Flags&^net.FlagRunning) // running: some time after up
	}
	return lines, nil
}

func addresses() ([]string, error) {
	list, err := whole(func() ([]netlink.Addr, error) { return netlink.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, a := range list {
		if !a.IP.IsLinkLocalUnicast() { // made by the kernel out of the hardware address, some time after the link is up
			lines = append(lines, fmt.Sprintf("%s %s scope %d", a.Label, a.IPNet, a.Scope))
		}
	}
	return lines, nil
}

func routes() ([]string, error) {
	list, err := whole(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{}, netlink.RT_FILTER_TABLE)
	})
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, r := range list {
		link, err := netlink.LinkByIndex(r.LinkIndex)
		if errors.As(err, new(netlink.LinkNotFoundError)) {
			continue // gone since, and the route with it
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, fmt.Sprintf("%v via %v dev %s src %v", r.Dst, r.Gw, link.Attrs().Name, r.Src))
	}
	return lines, nil
}

// ruleset is what nft lists, one line an object, without what counts or numbers.
func ruleset() ([]string, error) {
	out, err := exec.Command("nft", "-j", "list", "ruleset").Output()
	if err != nil {
		return nil, fmt.Errorf("nft -j list ruleset: %w", err)
	}
	var list struct {
		Nftables []map[string]any `json:"nftables"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("nft -j list ruleset: %w", err)
	}
	var lines []string
	for _, object := range list.Nftables {
		if object["metainfo"] != nil {
			continue
		}
		text, err := json.Marshal(steady(object))
		if err != nil {
			return nil, err
		}
		lines = append(lines, strings.Trim(string(text), "{}"))
	}
	return lines, nil
}

// steady removes handles and counters from a JSON value.
func steady(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range []string{"handle", "packets", "bytes"} {
			delete(v, key)
		}
		for key := range v {
			v[key] = steady(v[key])
		}
	case []any:
		for i := range v {
			v[i] = steady(v[i])
		}
	}
	return v
}
