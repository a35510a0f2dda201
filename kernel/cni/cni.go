// Package cni hands a container's network over to CNI plugins: programs that make links, addresses and rules, as Kubernetes calls
// them. A cloud's network (a VPC) is joined by its provider's plugin and no other way. https://www.cni.dev/docs/spec
//
//	cni.go      the ops
//	list.go     a configuration list, and what each plugin of it is given to read
//	plugin.go   runs one plugin
//
// The specification is short, and libcni would bring a tracing library and an HTTP client into every program that can start a
// container: they would take as long to begin as all the rest.
package cni

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"glassbox/explain"
	"glassbox/kernel"
)

// Add runs the plugins of a configuration list for one link of a container.
type Add struct {
	Conflist  string // the file that the list was read from
	List      string // the list itself: what has connected a container must be what takes it back, whatever the file says by then
	Container string
	Netns     string
	Link      string // eth0
	Result    string // the file that gets the answer of the last plugin
	Ports     []Port `json:",omitempty"`
}

// Port is one that a plugin with the capability portMappings is to publish, as the conventions of CNI write it.
type Port struct {
	HostIP        string `json:"hostIP,omitempty"`
	HostPort      uint16 `json:"hostPort"`
	ContainerPort uint16 `json:"containerPort"`
	Protocol      string `json:"protocol"`
}

// Del takes it back.
type Del Add

// Do runs the plugins in their order. Each is given the answer of the one before it.
func (a Add) Do() error {
	list, err := parse(a.List)
	if err != nil {
		return fmt.Errorf("read the configuration list %s: %w", a.Conflist, err)
	}
	var answer json.RawMessage
	for _, p := range list.Plugins {
		if answer, err = a.ask("ADD", list, p, answer); err != nil {
			return &kernel.Error{Call: a.Call(), Err: err, Hint: "plugins are looked for in " + strings.Join(path(), " and ")}
		}
	}
	return kernel.ReplaceFile{Path: a.Result, Content: string(answer), Mode: 0o600}.Do()
}

func (a Add) Call() string {
	return fmt.Sprintf("execve(the plugins of %q, CNI_COMMAND=ADD)", a.Conflist)
}
func (a Add) Shell() string { return a.tool("add") }

func (a Add) Undo() explain.Op { return Del(a) }

// Do runs the plugins from the last to the first, and shows all of them the answer of the last. It succeeds where there is nothing
// to take back, as the specification asks of every plugin.
func (d Del) Do() error {
	list, err := parse(d.List)
	if err != nil {
		return fmt.Errorf("read the configuration list %s: %w", d.Conflist, err)
	}
	answer, err := os.ReadFile(d.Result)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if older(list.Version, "0.4.0") { // which showed nothing
		answer = nil
	}
	from := Add(d)
	if _, err := os.Stat(d.Netns); err != nil {
		from.Netns = "" // gone already, and what was in it
	}
	for _, p := range slices.Backward(list.Plugins) {
		if _, err := from.ask("DEL", list, p, answer); err != nil {
			return &kernel.Error{Call: d.Call(), Err: err}
		}
	}
	if err := os.Remove(d.Result); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (d Del) Call() string {
	return fmt.Sprintf("execve(the plugins of %q, CNI_COMMAND=DEL)", d.Conflist)
}
func (d Del) Shell() string { return Add(d).tool("del") }

// tool is the call of cnitool, which the makers of CNI offer for use by hand. It looks for the list of that name.
func (a Add) tool(verb string) string {
	var list struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal([]byte(a.List), &list) // Read has parsed it
	words := []string{"env", "CNI_PATH=" + strings.Join(path(), ":"), "NETCONFPATH=" + filepath.Dir(a.Conflist), "CNI_IFNAME=" + a.Link}
	if len(a.Ports) > 0 {
		ports, _ := json.Marshal(map[string]any{portMappings: a.Ports}) // of strings and numbers, it never fails
		words = append(words, "CAP_ARGS="+string(ports))
	}
	return kernel.Quote(append(words, "cnitool", verb, list.Name, a.Netns)...)
}

// Addresses reads from the answer which addresses the link got.
func Addresses(result string) ([]netip.Prefix, error) {
	data, err := os.ReadFile(result)
	if err != nil {
		return nil, err
	}
	var r struct {
		IPs []struct{ Address netip.Prefix }
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read the plugins' answer %s: %w", result, err)
	}
	found := make([]netip.Prefix, len(r.IPs))
	for i, ip := range r.IPs {
		found[i] = ip.Address
	}
	return found, nil
}

// Inverses lists an example of each op of this package that can be an inverse, for kernel.ReadJournal.
func Inverses() []explain.Op { return []explain.Op{Del{}} }
