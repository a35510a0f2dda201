// Package cni hands a container's network over to CNI plugins: programs that make links, addresses and rules, as Kubernetes calls
// them. A cloud's network (a VPC) is joined by its provider's plugin and no other way. https://www.cni.dev/docs/spec
//
// It is apart from package kernel because of the library that it needs.
package cni

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/invoke"
	types100 "github.com/containernetworking/cni/pkg/types/100"

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
	Result    string // the file that gets the answer; what the library remembers lies beside it
	Ports     []Port `json:",omitempty"`
}

// Port is one that a plugin with the capability portMappings is to publish, as the conventions of CNI write it.
type Port struct {
	HostIP        string `json:"hostIP,omitempty"`
	HostPort      uint16 `json:"hostPort"`
	ContainerPort uint16 `json:"containerPort"`
	Protocol      string `json:"protocol"`
}

const portMappings = "portMappings"

// Del takes it back.
type Del Add

// path lists where the plugins are: Debian's place, then that of everybody else.
func path() []string {
	if dirs := os.Getenv("CNI_PATH"); dirs != "" {
		return filepath.SplitList(dirs)
	}
	return []string{"/usr/lib/cni", "/opt/cni/bin"}
}

// Read reads a configuration list and makes sure that its plugins are there.
func Read(file string) (list string, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the configuration list: %w", err)
	}
	parsed, err := libcni.ConfListFromBytes(data)
	if err != nil {
		return "", fmt.Errorf("read the configuration list %s: %w", file, err)
	}
	for _, p := range parsed.Plugins {
		if _, err := invoke.FindInPath(p.Network.Type, path()); err != nil {
			return "", fmt.Errorf("the configuration list %s: %w: install it there (Debian: containernetworking-plugins)", file, err)
		}
	}
	return string(data), nil
}

// MapsPorts says whether a plugin of a list can publish ports.
func MapsPorts(list string) bool {
	parsed, err := libcni.ConfListFromBytes([]byte(list))
	return err == nil && slices.ContainsFunc(parsed.Plugins, func(p *libcni.PluginConfig) bool { return p.Network.Capabilities[portMappings] })
}

func (a Add) load() (*libcni.CNIConfig, *libcni.NetworkConfigList, *libcni.RuntimeConf, error) {
	list, err := libcni.ConfListFromBytes([]byte(a.List))
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read the configuration list %s: %w", a.Conflist, err)
	}
	runtime := &libcni.RuntimeConf{ContainerID: a.Container, NetNS: a.Netns, IfName: a.Link}
	if len(a.Ports) > 0 { // the library hands them to the plugins alone that say they can have them
		runtime.CapabilityArgs = map[string]any{portMappings: a.Ports}
	}
	return libcni.NewCNIConfigWithCacheDir(path(), a.Result+".cache", nil), list, runtime, nil
}

func (a Add) Do() error {
	plugins, list, runtime, err := a.load()
	if err != nil {
		return err
	}
	result, err := plugins.AddNetworkList(context.Background(), list, runtime)
	if err != nil {
		return &kernel.Error{Call: a.Call(), Err: err, Hint: "plugins are looked for in " + strings.Join(path(), " and ")}
	}
	data, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return kernel.ReplaceFile{Path: a.Result, Content: string(data), Mode: 0o600}.Do()
}

func (a Add) Call() string {
	return fmt.Sprintf("execve(the plugins of %q, CNI_COMMAND=ADD)", a.Conflist)
}
func (a Add) Shell() string { return a.tool("add") }

func (a Add) Undo() explain.Op { return Del(a) }

// Do succeeds where there is nothing to take back, as the specification asks of every plugin.
func (d Del) Do() error {
	plugins, list, runtime, err := Add(d).load()
	if err != nil {
		return err
	}
	if _, err := os.Stat(d.Netns); err != nil {
		runtime.NetNS = "" // gone already, and what was in it
	}
	if err := plugins.DelNetworkList(context.Background(), list, runtime); err != nil {
		return &kernel.Error{Call: d.Call(), Err: err}
	}
	return os.RemoveAll(d.Result + ".cache")
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
	var r types100.Result
	if err := json.Unmarshal(data, &r); err != nil {
		return nil, fmt.Errorf("read the plugins' answer %s: %w", result, err)
	}
	var found []netip.Prefix
	for _, ip := range r.IPs {
		if p, err := netip.ParsePrefix(ip.Address.String()); err == nil {
			found = append(found, p)
		}
	}
	return found, nil
}

// Inverses lists an example of each op of this package that can be an inverse, for kernel.ReadJournal.
func Inverses() []explain.Op { return []explain.Op{Del{}} }
